-- no transaction
-- In which language somebody is written to. Empty where nobody has said so: they are written to in English. The table is
-- large, so the constraint is added without a look at the rows, which are looked at beside the sign-ups.

ALTER TABLE accounts ADD COLUMN IF NOT EXISTS language text;

ALTER TABLE accounts DROP CONSTRAINT IF EXISTS accounts_language_check,
    ADD CONSTRAINT accounts_language_check CHECK (language IN ('de', 'en')) NOT VALID;

ALTER TABLE accounts VALIDATE CONSTRAINT accounts_language_check;

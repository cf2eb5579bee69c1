DROP TRIGGER accounts_invited_by ON accounts;
DROP FUNCTION accounts_fill_invited_by();
ALTER TABLE accounts DROP COLUMN invited_by;
DROP TABLE inviters;
ALTER TABLE invites DROP COLUMN counted;

-- What members may give away, who brought whom, and which branches are shut.

-- Whether an invite is taken out of its maker's budget. What exists was made by admins.
ALTER TABLE invites ADD COLUMN counted boolean NOT NULL DEFAULT false;

-- What is kept of an account as somebody who brings others; also the row that people queue for who give invites away,
-- sign up with them, or freeze the branch.
CREATE TABLE inviters (
    account_id uuid NOT NULL CONSTRAINT inviters_pkey PRIMARY KEY,
    budget bigint,
    frozen boolean NOT NULL DEFAULT false,
    ruled_at timestamptz,
    ruled_by uuid,
    note text,
    CONSTRAINT inviters_budget_check CHECK (budget >= 0),
    CONSTRAINT inviters_ruling_check CHECK (
        (ruled_at IS NULL) = (ruled_by IS NULL) AND (ruled_at IS NOT NULL OR (NOT frozen AND note IS NULL))
    )
) WITH (fillfactor = 80);

-- Who brought an account: the maker of its invite. It follows from what is kept, and neither ever changes; it stands
-- here as well so that the tree can be walked and paged by one index. The database fills it in by itself, so that it
-- is right whichever version of the program opens the account. Those who are there already get theirs, and both tables
-- their indexes, in the step `while_selling`.
ALTER TABLE accounts ADD COLUMN invited_by uuid;
CREATE FUNCTION accounts_fill_invited_by() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.invited_by := (SELECT i.created_by FROM invites i WHERE i.id = NEW.invite_id);
    RETURN NEW;
END
$$;
CREATE TRIGGER accounts_invited_by BEFORE INSERT OR UPDATE OF invite_id, invited_by ON accounts
    FOR EACH ROW EXECUTE FUNCTION accounts_fill_invited_by();

-- Who did what to what. Rows are added with what they tell of, given their place in the chain once, and never touched
-- again: the triggers refuse that to everybody who does not take them away first.

CREATE TABLE audit_acts (
    id uuid NOT NULL CONSTRAINT audit_acts_pkey PRIMARY KEY,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    actor_name text,
    request text,
    act text NOT NULL,
    subject_kind text NOT NULL,
    -- No foreign keys: what is told outlives what it tells of.
    subject_id uuid NOT NULL,
    organisation_id uuid,
    -- Kept to the letter, because it is sealed.
    state_before json,
    state_after json,
    seq bigint,
    row_mac bytea,
    link bytea,
    CONSTRAINT audit_acts_seq_key UNIQUE (seq),
    CONSTRAINT audit_acts_actor_kind_check CHECK (actor_kind IN ('account', 'provider', 'system', 'command_line')),
    CONSTRAINT audit_acts_actor_check
        CHECK ((actor_kind = 'account') = (actor_id IS NOT NULL) AND (actor_kind = 'provider') = (actor_name IS NOT NULL)),
    CONSTRAINT audit_acts_seal_check CHECK (
        (seq IS NULL AND row_mac IS NULL AND link IS NULL)
        OR (seq >= 1 AND octet_length(row_mac) = 32 AND octet_length(link) = 32)
    )
);
CREATE INDEX audit_acts_at_idx ON audit_acts (at, id);
CREATE INDEX audit_acts_subject_idx ON audit_acts (subject_id, at, id);
CREATE INDEX audit_acts_actor_idx ON audit_acts (actor_id, at, id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_acts_organisation_idx ON audit_acts (organisation_id, at, id) WHERE organisation_id IS NOT NULL;
CREATE INDEX audit_acts_unsealed_idx ON audit_acts (at, id) WHERE seq IS NULL;

-- One row: the end of the chain. Before the first act is sealed it says so.
CREATE TABLE audit_head (
    id smallint NOT NULL DEFAULT 1 CONSTRAINT audit_head_pkey PRIMARY KEY,
    seq bigint NOT NULL,
    link bytea,
    seal bytea,
    CONSTRAINT audit_head_id_check CHECK (id = 1),
    CONSTRAINT audit_head_seq_check CHECK (seq >= 0),
    CONSTRAINT audit_head_seal_check CHECK (
        (seq = 0 AND link IS NULL AND seal IS NULL)
        OR (seq > 0 AND octet_length(link) = 32 AND octet_length(seal) = 32)
    )
);
INSERT INTO audit_head (seq) VALUES (0);

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION audit_seal_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.seq IS NULL AND NEW.seq IS NOT NULL
        AND (NEW.id, NEW.at, NEW.actor_kind, NEW.actor_id, NEW.actor_name, NEW.request, NEW.act, NEW.subject_kind,
             NEW.subject_id, NEW.organisation_id, NEW.state_before::text, NEW.state_after::text)
        IS NOT DISTINCT FROM
            (OLD.id, OLD.at, OLD.actor_kind, OLD.actor_id, OLD.actor_name, OLD.request, OLD.act, OLD.subject_kind,
             OLD.subject_id, OLD.organisation_id, OLD.state_before::text, OLD.state_after::text)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit_acts is append-only: UPDATE is refused' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION audit_head_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq > OLD.seq THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit_head moves forward only' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_acts_update BEFORE UPDATE ON audit_acts FOR EACH ROW EXECUTE FUNCTION audit_seal_once();
CREATE TRIGGER audit_acts_delete BEFORE DELETE ON audit_acts FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_acts_truncate BEFORE TRUNCATE ON audit_acts FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_update BEFORE UPDATE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_head_forward();
CREATE TRIGGER audit_head_delete BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_truncate BEFORE TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

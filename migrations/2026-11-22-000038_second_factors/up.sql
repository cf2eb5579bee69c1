-- Second factors, wishes for another address, and where on the network sessions are used.

CREATE TABLE second_factors (
    account_id uuid NOT NULL CONSTRAINT second_factors_pkey PRIMARY KEY,
    -- What the secret is derived from; the secret itself is nowhere.
    factor_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    -- Null until the first code came: before that nobody is asked for one.
    confirmed_at timestamptz,
    -- The newest time step of which a code was used.
    last_step bigint,
    -- Keyed hashes of the recovery codes that were not used.
    recovery bytea[] NOT NULL,
    wrong bigint NOT NULL DEFAULT 0,
    wrong_since timestamptz,
    CONSTRAINT second_factors_recovery_check CHECK (cardinality(recovery) <= 10),
    CONSTRAINT second_factors_wrong_check CHECK (wrong >= 0 AND (wrong = 0) = (wrong_since IS NULL))
) WITH (fillfactor = 80);

CREATE TABLE email_changes (
    id uuid NOT NULL CONSTRAINT email_changes_pkey PRIMARY KEY,
    account_id uuid NOT NULL,
    session_id uuid NOT NULL,
    old_email text NOT NULL,
    new_email text NOT NULL,
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    made_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT email_changes_email_check CHECK (new_email = lower(new_email) AND new_email <> old_email),
    CONSTRAINT email_changes_ended_at_check CHECK (made_at IS NULL OR ended_at IS NULL)
);
CREATE INDEX email_changes_account_idx ON email_changes (account_id, asked_at DESC, id DESC);
CREATE INDEX email_changes_expires_at_idx ON email_changes (expires_at);

-- A /24 of IPv4 or a /48 of IPv6; null of sessions of before, and of those that the former version opens.
ALTER TABLE sessions
    ADD COLUMN network text,
    ADD COLUMN last_network text;

-- Invites, accounts, sessions and links that work once.

CREATE TABLE invites (
    id uuid NOT NULL CONSTRAINT invites_pkey PRIMARY KEY,
    code_hash bytea NOT NULL CONSTRAINT invites_code_hash_key UNIQUE,
    max_uses bigint NOT NULL,
    used bigint NOT NULL DEFAULT 0,
    expires_at timestamptz,
    revoked_at timestamptz,
    email text,
    note text,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT invites_code_hash_check CHECK (octet_length(code_hash) = 32),
    CONSTRAINT invites_used_check CHECK (used >= 0 AND used <= max_uses)
);
CREATE INDEX invites_created_at_idx ON invites (created_at DESC, id DESC);
CREATE INDEX invites_created_by_idx ON invites (created_by, created_at DESC, id DESC);

CREATE TABLE accounts (
    id uuid NOT NULL CONSTRAINT accounts_pkey PRIMARY KEY,
    -- In its canonical spelling, so that equality is enough.
    email text NOT NULL CONSTRAINT accounts_email_key UNIQUE,
    email_verified_at timestamptz,
    password_hash text,
    first_name text NOT NULL,
    last_name text NOT NULL,
    role text NOT NULL,
    status text NOT NULL,
    profile jsonb NOT NULL,
    invite_id uuid,
    -- Address and name in lower case, by the rules of the program and not of the server's locale.
    search_text text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT accounts_email_check CHECK (email = lower(email)),
    CONSTRAINT accounts_role_check CHECK (role IN ('member', 'admin')),
    CONSTRAINT accounts_status_check
        CHECK (status IN ('active', 'pending', 'suspended', 'rejected', 'deleted'))
);
CREATE INDEX accounts_created_at_idx ON accounts (created_at DESC, id DESC);
CREATE INDEX accounts_status_idx ON accounts (status, created_at DESC, id DESC);
CREATE INDEX accounts_admins_idx ON accounts (id) WHERE role = 'admin' AND status = 'active';

CREATE TABLE sessions (
    id uuid NOT NULL CONSTRAINT sessions_pkey PRIMARY KEY,
    account_id uuid NOT NULL,
    generation bigint NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    user_agent text,
    CONSTRAINT sessions_generation_check CHECK (generation >= 0)
) WITH (fillfactor = 80);
CREATE INDEX sessions_account_idx ON sessions (account_id, created_at DESC, id DESC) WHERE ended_at IS NULL;
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
CREATE INDEX sessions_ended_at_idx ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE account_one_times (
    id uuid NOT NULL CONSTRAINT account_one_times_pkey PRIMARY KEY,
    account_id uuid NOT NULL,
    purpose text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT account_one_times_purpose_check CHECK (purpose IN ('reset_password', 'verify_email'))
);
CREATE INDEX account_one_times_account_idx ON account_one_times (account_id, purpose) WHERE used_at IS NULL;
CREATE INDEX account_one_times_expires_at_idx ON account_one_times (expires_at);

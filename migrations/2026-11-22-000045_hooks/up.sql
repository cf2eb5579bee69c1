-- Addresses of organisers that are called when something happens to a booking, and what came of each call.

CREATE TABLE hooks (
    id uuid NOT NULL CONSTRAINT hooks_pkey PRIMARY KEY,
    organisation_id uuid NOT NULL,
    url text NOT NULL,
    description text NOT NULL,
    -- What it calls for; everything when there is none.
    kinds text[] NOT NULL,
    -- What its secret is derived from, beside its id; the secret itself is nowhere.
    generation bigint NOT NULL,
    rotated_at timestamptz,
    failing_since timestamptz,
    failures bigint NOT NULL,
    off_at timestamptz,
    off_why text,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT hooks_generation_check CHECK (generation > 0),
    CONSTRAINT hooks_off_check CHECK (
        (off_at IS NULL) = (off_why IS NULL) AND off_why IN ('by_hand', 'failing', 'gone')
    )
) WITH (fillfactor = 80);
CREATE INDEX hooks_organisation_idx ON hooks (organisation_id, created_at, id);

CREATE TABLE hook_calls (
    id uuid NOT NULL CONSTRAINT hook_calls_pkey PRIMARY KEY,
    hook_id uuid NOT NULL CONSTRAINT hook_calls_hook_fkey REFERENCES hooks ON DELETE CASCADE,
    message text NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    state text NOT NULL,
    turn bigint NOT NULL,
    tries bigint NOT NULL,
    tried_at timestamptz,
    next_at timestamptz,
    status bigint,
    said text,
    created_at timestamptz NOT NULL,
    CONSTRAINT hook_calls_message_key UNIQUE (hook_id, message),
    CONSTRAINT hook_calls_state_check CHECK (state IN ('waiting', 'failing', 'done', 'failed'))
) WITH (fillfactor = 80);
CREATE INDEX hook_calls_hook_idx ON hook_calls (hook_id, created_at DESC, id DESC);
CREATE INDEX hook_calls_state_idx ON hook_calls (hook_id, state, created_at DESC, id DESC);
CREATE INDEX hook_calls_created_at_idx ON hook_calls (created_at);

-- Hooks are still to be told.
ALTER TABLE published ADD COLUMN to_hooks boolean NOT NULL DEFAULT false;
CREATE INDEX published_hooks_idx ON published (place) WHERE to_hooks;
DROP INDEX published_old_idx;
CREATE INDEX published_old_idx ON published (at) WHERE NOT to_stream AND NOT to_hooks;

-- Work owed after a commit, and answers to requests that may be repeated.

CREATE TABLE effects (
    id uuid NOT NULL CONSTRAINT effects_pkey PRIMARY KEY,
    domain text NOT NULL,
    -- Kept as it was written; nothing looks inside.
    body json NOT NULL,
    due_at timestamptz NOT NULL,
    leased_until timestamptz,
    attempts bigint NOT NULL DEFAULT 0,
    last_error text,
    parked_at timestamptz,
    CONSTRAINT effects_attempts_check CHECK (attempts >= 0),
    CONSTRAINT effects_parked_check CHECK (parked_at IS NULL OR last_error IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX effects_due_idx ON effects (due_at, id) WHERE parked_at IS NULL;
CREATE INDEX effects_parked_idx ON effects (parked_at, id) WHERE parked_at IS NOT NULL;

CREATE TABLE idempotency_keys (
    caller_id uuid NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    begun_at timestamptz NOT NULL,
    in_flight_until timestamptz NOT NULL,
    status integer,
    location text,
    body bytea,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller_id, key),
    CONSTRAINT idempotency_keys_fingerprint_check CHECK (octet_length(fingerprint) = 32),
    CONSTRAINT idempotency_keys_answer_check CHECK ((status IS NULL) = (body IS NULL))
);
CREATE INDEX idempotency_keys_begun_at_idx ON idempotency_keys (begun_at);

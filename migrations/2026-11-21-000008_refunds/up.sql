-- What is promised to those who cancel, what buyers ask of staff, refunds that somebody decides, and long work.

CREATE TABLE cancellation_policies (
    event_id uuid NOT NULL CONSTRAINT cancellation_policies_pkey PRIMARY KEY
        CONSTRAINT cancellation_policies_event_fkey REFERENCES events ON DELETE CASCADE,
    -- One that cannot be read promises nothing; the program says so instead of failing.
    body jsonb NOT NULL,
    changed_at timestamptz NOT NULL
);

ALTER TABLE bookings
    -- The promise as it was when the booking was made; never changed.
    ADD COLUMN promise jsonb,
    ADD COLUMN request jsonb,
    -- Set while a request waits for its answer.
    ADD COLUMN asked_at timestamptz,
    DROP CONSTRAINT bookings_status_check,
    ADD CONSTRAINT bookings_status_check
        CHECK (status IN ('pending_payment', 'confirmed', 'cancelled', 'expired')) NOT VALID;
CREATE INDEX bookings_event_idx ON bookings (event_id, id);
CREATE INDEX bookings_asked_idx ON bookings (asked_at, id) WHERE asked_at IS NOT NULL;

ALTER TABLE refunds
    ADD COLUMN tickets uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN decided_by uuid,
    ADD COLUMN note text,
    -- The refund that failed and that this one makes again.
    ADD COLUMN again_id uuid,
    DROP CONSTRAINT refunds_reason_check,
    ADD CONSTRAINT refunds_reason_check
        CHECK (reason IN ('overpaid', 'no_places', 'cancelled', 'event_cancelled', 'staff')) NOT VALID;

ALTER TABLE incidents
    DROP CONSTRAINT incidents_kind_check,
    ADD CONSTRAINT incidents_kind_check CHECK (
        kind IN ('wrong_amount', 'wrong_currency', 'wrong_mode', 'second_charge', 'refund_failed', 'bad_policy')
    ) NOT VALID;

CREATE TABLE jobs (
    id uuid NOT NULL CONSTRAINT jobs_pkey PRIMARY KEY,
    kind text NOT NULL,
    event_id uuid NOT NULL CONSTRAINT jobs_event_fkey REFERENCES events ON DELETE CASCADE,
    organisation_id uuid NOT NULL,
    -- Who asked for it, if it was a person who had logged in.
    account_id uuid,
    status text NOT NULL,
    done bigint NOT NULL,
    total bigint NOT NULL,
    -- The booking at which it stands.
    last_id uuid,
    report jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT jobs_event_key UNIQUE (event_id, kind),
    CONSTRAINT jobs_kind_check CHECK (kind IN ('cancel_event')),
    CONSTRAINT jobs_status_check CHECK (status IN ('running', 'done')),
    CONSTRAINT jobs_done_check CHECK (done >= 0 AND total >= 0)
);

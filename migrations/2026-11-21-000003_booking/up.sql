-- Holds, bookings with their money, tickets and the door.
--
-- Buyers, holders and scanners are accounts, and ticket types belong to events: other domains, named by id without
-- a foreign key. What money hangs on (booking, payment, refund, ticket) is tied by foreign keys.

CREATE TABLE holds (
    id uuid NOT NULL CONSTRAINT holds_pkey PRIMARY KEY,
    event_id uuid NOT NULL,
    buyer_id uuid NOT NULL,
    items jsonb NOT NULL,
    total_minor bigint NOT NULL,
    currency text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT holds_total_check CHECK (total_minor >= 0)
);
CREATE INDEX holds_event_buyer_idx ON holds (event_id, buyer_id);
CREATE INDEX holds_expires_at_idx ON holds (expires_at, event_id);

CREATE TABLE bookings (
    id uuid NOT NULL CONSTRAINT bookings_pkey PRIMARY KEY,
    reference text NOT NULL CONSTRAINT bookings_reference_key UNIQUE,
    event_id uuid NOT NULL CONSTRAINT bookings_event_fkey REFERENCES events,
    buyer_id uuid NOT NULL,
    hold_id uuid NOT NULL CONSTRAINT bookings_hold_key UNIQUE,
    status text NOT NULL,
    items jsonb NOT NULL,
    attendees jsonb NOT NULL,
    total_minor bigint NOT NULL,
    currency text NOT NULL,
    created_at timestamptz NOT NULL,
    pay_by timestamptz NOT NULL,
    decided_at timestamptz,
    CONSTRAINT bookings_status_check CHECK (status IN ('pending_payment', 'confirmed', 'expired')),
    CONSTRAINT bookings_total_check CHECK (total_minor >= 0),
    CONSTRAINT bookings_decided_at_check CHECK ((status = 'pending_payment') = (decided_at IS NULL))
) WITH (fillfactor = 90);
CREATE INDEX bookings_buyer_idx ON bookings (buyer_id, created_at DESC, id DESC);
CREATE INDEX bookings_event_buyer_idx ON bookings (event_id, buyer_id);
CREATE INDEX bookings_pending_idx ON bookings (event_id, buyer_id) WHERE status = 'pending_payment';

CREATE TABLE payments (
    id uuid NOT NULL CONSTRAINT payments_pkey PRIMARY KEY,
    booking_id uuid NOT NULL CONSTRAINT payments_booking_fkey REFERENCES bookings,
    attempt bigint NOT NULL,
    provider text NOT NULL,
    account text NOT NULL,
    live boolean NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    session text,
    charge text,
    paid_minor bigint,
    paid_currency text,
    checkout_url text,
    success_url text,
    cancel_url text,
    problem text,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT payments_attempt_key UNIQUE (booking_id, attempt),
    CONSTRAINT payments_provider_check CHECK (provider IN ('stripe', 'paypal')),
    CONSTRAINT payments_amount_check CHECK (amount_minor >= 0),
    CONSTRAINT payments_paid_check
        CHECK ((paid_minor IS NULL) = (paid_currency IS NULL) AND paid_minor >= 0),
    CONSTRAINT payments_status_check CHECK (
        status IN ('created', 'open', 'processing', 'paid', 'failed', 'closed', 'mismatched')
    )
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX payments_session_key ON payments (provider, session) WHERE session IS NOT NULL;
CREATE UNIQUE INDEX payments_charge_key ON payments (provider, charge) WHERE charge IS NOT NULL;

CREATE TABLE refunds (
    id uuid NOT NULL CONSTRAINT refunds_pkey PRIMARY KEY,
    booking_id uuid NOT NULL CONSTRAINT refunds_booking_fkey REFERENCES bookings,
    -- Its place among the booking's refunds, from 1.
    number bigint NOT NULL,
    payment_id uuid NOT NULL CONSTRAINT refunds_payment_fkey REFERENCES payments,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    reason text NOT NULL,
    status text NOT NULL,
    reference text,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT refunds_number_key UNIQUE (booking_id, number),
    CONSTRAINT refunds_amount_check CHECK (amount_minor > 0),
    CONSTRAINT refunds_reason_check CHECK (reason IN ('overpaid', 'no_places')),
    CONSTRAINT refunds_status_check CHECK (status IN ('created', 'in_transit', 'done', 'failed', 'uncertain'))
);
CREATE INDEX refunds_payment_idx ON refunds (payment_id);

CREATE TABLE tickets (
    id uuid NOT NULL CONSTRAINT tickets_pkey PRIMARY KEY,
    booking_id uuid NOT NULL CONSTRAINT tickets_booking_fkey REFERENCES bookings,
    event_id uuid NOT NULL,
    ticket_type_id uuid NOT NULL,
    holder_id uuid NOT NULL,
    attendee jsonb,
    version bigint NOT NULL,
    status text NOT NULL,
    issued_at timestamptz NOT NULL,
    checked_in_at timestamptz,
    CONSTRAINT tickets_version_check CHECK (version >= 0),
    CONSTRAINT tickets_status_check CHECK (status IN ('valid', 'checked_in', 'cancelled', 'transferred'))
) WITH (fillfactor = 90);
CREATE INDEX tickets_booking_idx ON tickets (booking_id);
CREATE INDEX tickets_holder_idx ON tickets (holder_id, issued_at DESC, id DESC);
CREATE INDEX tickets_living_idx ON tickets (event_id, holder_id, ticket_type_id)
    WHERE status IN ('valid', 'checked_in');

CREATE TABLE scans (
    id uuid NOT NULL CONSTRAINT scans_pkey PRIMARY KEY,
    scanner_id uuid NOT NULL,
    nonce text,
    ticket_id uuid,
    event_id uuid,
    verdict text NOT NULL,
    checked_in_at timestamptz,
    at timestamptz NOT NULL,
    CONSTRAINT scans_nonce_key UNIQUE (scanner_id, nonce),
    CONSTRAINT scans_verdict_check CHECK (
        verdict IN ('admitted', 'already_checked_in', 'cancelled', 'wrong_event', 'not_yet', 'unknown')
    )
);

CREATE TABLE notices (
    provider text NOT NULL,
    id text NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT notices_pkey PRIMARY KEY (provider, id)
);

CREATE TABLE incidents (
    id uuid NOT NULL CONSTRAINT incidents_pkey PRIMARY KEY,
    kind text NOT NULL,
    booking_id uuid NOT NULL CONSTRAINT incidents_booking_fkey REFERENCES bookings,
    payment_id uuid NOT NULL,
    evidence text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT incidents_kind_check CHECK (
        kind IN ('wrong_amount', 'wrong_currency', 'wrong_mode', 'second_charge', 'refund_failed')
    )
);
CREATE INDEX incidents_booking_idx ON incidents (booking_id);

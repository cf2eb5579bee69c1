-- What happens outside: refunds made on a provider's own pages, disputes, and mails that were taken.

ALTER TABLE refunds
    DROP CONSTRAINT refunds_reason_check,
    ADD CONSTRAINT refunds_reason_check CHECK (
        reason IN ('overpaid', 'no_places', 'cancelled', 'event_cancelled', 'staff', 'external')
    ) NOT VALID;
-- A refund is noted once, whoever tells of it.
CREATE UNIQUE INDEX refunds_reference_key ON refunds (payment_id, reference) WHERE reference IS NOT NULL;

ALTER TABLE incidents
    DROP CONSTRAINT incidents_kind_check,
    ADD CONSTRAINT incidents_kind_check CHECK (
        kind IN (
            'wrong_amount', 'wrong_currency', 'wrong_mode', 'second_charge', 'refund_failed', 'bad_policy',
            'disputed', 'dispute_lost'
        )
    ) NOT VALID;

CREATE TABLE disputes (
    id uuid NOT NULL CONSTRAINT disputes_pkey PRIMARY KEY,
    booking_id uuid NOT NULL CONSTRAINT disputes_booking_fkey REFERENCES bookings,
    -- Its place among the booking's disputes, from 1.
    number bigint NOT NULL,
    payment_id uuid NOT NULL CONSTRAINT disputes_payment_fkey REFERENCES payments,
    reference text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    fee_minor bigint,
    fee_currency text,
    reason text NOT NULL,
    status text NOT NULL,
    contradicted boolean NOT NULL,
    answer_by timestamptz,
    opened_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT disputes_number_key UNIQUE (booking_id, number),
    CONSTRAINT disputes_reference_key UNIQUE (payment_id, reference),
    CONSTRAINT disputes_amount_check CHECK (amount_minor >= 0),
    CONSTRAINT disputes_fee_check CHECK ((fee_minor IS NULL) = (fee_currency IS NULL) AND fee_minor >= 0),
    CONSTRAINT disputes_status_check CHECK (status IN ('open', 'won', 'lost'))
);

-- How far each account at a provider was looked at.
CREATE TABLE looks (
    provider text NOT NULL,
    account text NOT NULL,
    live boolean NOT NULL,
    looked_at timestamptz NOT NULL,
    until timestamptz,
    CONSTRAINT looks_pkey PRIMARY KEY (provider, account, live)
);

-- Mails about bookings that a mail server took.
CREATE TABLE deliveries (
    effect_id uuid NOT NULL CONSTRAINT deliveries_pkey PRIMARY KEY,
    booking_id uuid NOT NULL CONSTRAINT deliveries_booking_fkey REFERENCES bookings,
    what text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX deliveries_booking_idx ON deliveries (booking_id);

CREATE INDEX scans_ticket_idx ON scans (ticket_id);
CREATE INDEX notices_at_idx ON notices (provider, at);

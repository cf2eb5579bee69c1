-- The return desk: tickets that wait to be sold again.

CREATE TABLE returns (
    id uuid NOT NULL CONSTRAINT returns_pkey PRIMARY KEY,
    ticket_id uuid NOT NULL CONSTRAINT returns_ticket_fkey REFERENCES tickets,
    booking_id uuid NOT NULL CONSTRAINT returns_booking_fkey REFERENCES bookings,
    event_id uuid NOT NULL,
    ticket_type_id uuid NOT NULL,
    holder_id uuid NOT NULL,
    price_minor bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    decided_at timestamptz,
    -- Where places are seats: it is sold again when this one is.
    seat_id uuid,
    CONSTRAINT returns_price_check CHECK (price_minor >= 0),
    CONSTRAINT returns_status_check
        CHECK (status IN ('waiting', 'sold', 'refunded', 'taken_back', 'given_back', 'cancelled')),
    CONSTRAINT returns_decided_at_check CHECK ((status = 'waiting') = (decided_at IS NULL))
) WITH (fillfactor = 80);
-- A ticket waits once.
CREATE UNIQUE INDEX returns_waiting_key ON returns (ticket_id) WHERE status = 'waiting';
CREATE INDEX returns_waiting_idx ON returns (event_id, created_at, id) WHERE status = 'waiting';
CREATE INDEX returns_waiting_seat_idx ON returns (event_id, seat_id) WHERE status = 'waiting' AND seat_id IS NOT NULL;
CREATE INDEX returns_event_idx ON returns (event_id, created_at DESC, id DESC);
CREATE INDEX returns_holder_idx ON returns (holder_id, created_at DESC, id DESC);
CREATE INDEX returns_ticket_idx ON returns (ticket_id);
CREATE INDEX returns_booking_idx ON returns (booking_id);

ALTER TABLE tickets
    DROP CONSTRAINT tickets_status_check,
    ADD CONSTRAINT tickets_status_check
        CHECK (status IN ('valid', 'checked_in', 'cancelled', 'transferred', 'returned')) NOT VALID;
ALTER TABLE refunds
    DROP CONSTRAINT refunds_reason_check,
    ADD CONSTRAINT refunds_reason_check CHECK (
        reason IN ('overpaid', 'no_places', 'cancelled', 'event_cancelled', 'staff', 'external', 'resold')
    ) NOT VALID;

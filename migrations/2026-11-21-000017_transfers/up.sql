-- Tickets that are handed on from one member to another.

CREATE TABLE transfers (
    id uuid NOT NULL CONSTRAINT transfers_pkey PRIMARY KEY,
    ticket_id uuid NOT NULL CONSTRAINT transfers_ticket_fkey REFERENCES tickets,
    booking_id uuid NOT NULL CONSTRAINT transfers_booking_fkey REFERENCES bookings,
    event_id uuid NOT NULL,
    from_id uuid NOT NULL,
    -- Absent when the address that was named is no member's.
    to_id uuid,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    decided_at timestamptz,
    CONSTRAINT transfers_status_check
        CHECK (status IN ('offered', 'accepted', 'declined', 'withdrawn', 'expired')),
    CONSTRAINT transfers_parties_check CHECK (from_id <> to_id)
);
-- A ticket is offered to one member at a time.
CREATE UNIQUE INDEX transfers_offered_key ON transfers (ticket_id) WHERE status = 'offered';
CREATE INDEX transfers_ticket_idx ON transfers (ticket_id);
CREATE INDEX transfers_booking_idx ON transfers (booking_id);
CREATE INDEX transfers_from_idx ON transfers (from_id, created_at DESC, id DESC);
CREATE INDEX transfers_to_idx ON transfers (to_id, created_at DESC, id DESC) WHERE to_id IS NOT NULL;

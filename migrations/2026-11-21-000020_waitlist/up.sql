-- The waiting list: who comes next, and the offers that are made.

CREATE TABLE waitlist_entries (
    id uuid NOT NULL CONSTRAINT waitlist_entries_pkey PRIMARY KEY,
    event_id uuid NOT NULL CONSTRAINT waitlist_entries_event_fkey REFERENCES events ON DELETE CASCADE,
    buyer_id uuid NOT NULL,
    -- Any one of these; any that is shown when there are none.
    ticket_types uuid[] NOT NULL,
    quantity bigint NOT NULL,
    max_price_minor bigint,
    max_price_currency text,
    -- Its place in the order of the event.
    number bigint NOT NULL,
    status text NOT NULL,
    joined_at timestamptz NOT NULL,
    hold_id uuid,
    offered_at timestamptz,
    expires_at timestamptz,
    decided_at timestamptz,
    CONSTRAINT waitlist_entries_number_key UNIQUE (event_id, number),
    CONSTRAINT waitlist_entries_status_check
        CHECK (status IN ('waiting', 'offered', 'accepted', 'expired', 'left')),
    CONSTRAINT waitlist_entries_quantity_check CHECK (quantity > 0),
    CONSTRAINT waitlist_entries_price_check
        CHECK ((max_price_minor IS NULL) = (max_price_currency IS NULL) AND max_price_minor >= 0),
    CONSTRAINT waitlist_entries_offer_check CHECK ((status <> 'offered') OR (hold_id IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX waitlist_entries_waiting_idx ON waitlist_entries (event_id, number) WHERE status = 'waiting';
-- One living entry per buyer and event.
CREATE UNIQUE INDEX waitlist_entries_living_key ON waitlist_entries (buyer_id, event_id)
    WHERE status IN ('waiting', 'offered');
CREATE INDEX waitlist_entries_buyer_idx ON waitlist_entries (event_id, buyer_id, number DESC);

-- Whose offer a hold is; that an entry has one offer at a time is a key that the step `while_selling` builds.
ALTER TABLE holds ADD COLUMN entry_id uuid;

ALTER TABLE sales
    ADD COLUMN offers_by_hand boolean NOT NULL DEFAULT false,
    ADD COLUMN takes_returns boolean NOT NULL DEFAULT true;

-- The ledger: every movement of money as a transfer, written once. And what a booking says about its money beside
-- what it says already: whose sale it is, what the platform keeps of it, and which attempt bought it.

-- The former version writes bookings without these for a while: absent means the organisation of the event, and
-- nothing for the platform.
ALTER TABLE bookings
    ADD COLUMN organisation_id uuid,
    ADD COLUMN platform_fee_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN paid_by uuid,
    ADD CONSTRAINT bookings_platform_fee_check
        CHECK (platform_fee_minor >= 0 AND platform_fee_minor <= total_minor) NOT VALID;
UPDATE bookings b SET
    organisation_id = (SELECT e.organisation_id FROM events e WHERE e.id = b.event_id),
    paid_by = CASE WHEN b.status = 'confirmed' THEN (
        SELECT p.id FROM payments p
        WHERE p.booking_id = b.id AND p.status = 'paid'
            AND NOT EXISTS (SELECT FROM refunds r WHERE r.payment_id = p.id)
        ORDER BY p.attempt LIMIT 1
    ) END;

CREATE TABLE ledger_entries (
    -- Made of its cause, so that nothing is posted twice.
    id uuid NOT NULL CONSTRAINT ledger_entries_pkey PRIMARY KEY,
    kind text NOT NULL,
    reversal boolean NOT NULL,
    from_account text NOT NULL,
    to_account text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    organisation_id uuid,
    event_id uuid,
    booking_id uuid CONSTRAINT ledger_entries_booking_fkey REFERENCES bookings,
    payment_id uuid,
    refund_id uuid,
    dispute_id uuid,
    at timestamptz NOT NULL,
    CONSTRAINT ledger_entries_accounts_check CHECK (from_account <> to_account),
    CONSTRAINT ledger_entries_amount_check CHECK (amount_minor > 0),
    CONSTRAINT ledger_entries_kind_check CHECK (
        kind IN (
            'charge', 'sale', 'platform_fee', 'difference', 'refund_decided', 'refund_done', 'dispute_lost',
            'dispute_fee', 'dispute_borne', 'provider_fee', 'adjustment'
        )
    )
);
CREATE INDEX ledger_entries_at_idx ON ledger_entries (at DESC, id DESC);
CREATE INDEX ledger_entries_booking_idx ON ledger_entries (booking_id, at DESC, id DESC);
CREATE INDEX ledger_entries_event_idx ON ledger_entries (event_id, at DESC, id DESC);
CREATE INDEX ledger_entries_organisation_idx ON ledger_entries (organisation_id, at DESC, id DESC);
CREATE INDEX ledger_entries_from_idx ON ledger_entries (from_account, at DESC, id DESC);
CREATE INDEX ledger_entries_to_idx ON ledger_entries (to_account, at DESC, id DESC);

-- Not even the program that writes it can change it.
CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER ledger_entries_unchanging BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER ledger_entries_unemptied BEFORE TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

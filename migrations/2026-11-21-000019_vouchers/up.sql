-- Vouchers: codes that make tickets cheaper, open hidden ticket types, or keep places; and ticket types that are not
-- handed on.

CREATE TABLE vouchers (
    id uuid NOT NULL CONSTRAINT vouchers_pkey PRIMARY KEY,
    event_id uuid NOT NULL CONSTRAINT vouchers_event_fkey REFERENCES events ON DELETE CASCADE,
    -- A keyed hash of event and code: the code itself is nowhere.
    code_hash bytea NOT NULL CONSTRAINT vouchers_code_key UNIQUE,
    -- What it does, as the program reads it; beside it stands what is searched by.
    body jsonb NOT NULL,
    -- The places that it keeps; the type is named without a foreign key, as in holds and bookings.
    reserve_type_id uuid,
    reserve_places bigint,
    keeps boolean NOT NULL,
    valid_until timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT vouchers_reserve_check CHECK (
        (reserve_type_id IS NULL) = (reserve_places IS NULL) AND reserve_places > 0
        AND (NOT keeps OR reserve_type_id IS NOT NULL)
    )
);
CREATE INDEX vouchers_event_idx ON vouchers (event_id, created_at DESC, id DESC);
-- Whoever reads a sale asks this for every ticket type.
CREATE INDEX vouchers_reserve_idx ON vouchers (reserve_type_id) WHERE keeps;
CREATE INDEX vouchers_ending_idx ON vouchers (valid_until, event_id) WHERE keeps AND valid_until IS NOT NULL;

-- Their indexes are built, and their checks looked at, in the step `while_selling`.
ALTER TABLE holds
    ADD COLUMN voucher_id uuid,
    ADD COLUMN discount_minor bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT holds_discount_check
        CHECK (discount_minor >= 0 AND (voucher_id IS NOT NULL OR discount_minor = 0)) NOT VALID;

ALTER TABLE bookings
    ADD COLUMN voucher_id uuid CONSTRAINT bookings_voucher_fkey REFERENCES vouchers,
    ADD COLUMN discount_minor bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT bookings_discount_check
        CHECK (discount_minor >= 0 AND (voucher_id IS NOT NULL OR discount_minor = 0)) NOT VALID;

ALTER TABLE ticket_types
    -- Kept by vouchers, beside what is held and sold.
    ADD COLUMN reserved bigint NOT NULL DEFAULT 0,
    ADD COLUMN transferable boolean NOT NULL DEFAULT true,
    ADD CONSTRAINT ticket_types_reserved_check CHECK (reserved >= 0 AND held + sold + reserved <= quantity);

-- Money by hand, and what those who run events look through and decide about.

ALTER TABLE payments
    DROP CONSTRAINT payments_provider_check,
    ADD CONSTRAINT payments_provider_check
        CHECK (provider IN ('stripe', 'paypal', 'bank_transfer', 'cash')) NOT VALID;

ALTER TABLE incidents
    ADD COLUMN refund_id uuid,
    -- What a person decided, by whom, when and why; absent while nobody has.
    ADD COLUMN resolved jsonb;
CREATE INDEX incidents_open_idx ON incidents (id DESC) WHERE resolved IS NULL;

CREATE INDEX bookings_organisation_idx ON bookings (organisation_id, id DESC);
CREATE INDEX payments_moving_idx ON payments (changed_at DESC, id DESC)
    WHERE status IN ('created', 'open', 'processing');
CREATE INDEX refunds_unfinished_idx ON refunds (changed_at DESC, id DESC) WHERE status <> 'done';

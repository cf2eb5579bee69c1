DROP INDEX refunds_unfinished_idx;
DROP INDEX payments_moving_idx;
DROP INDEX bookings_organisation_idx;
ALTER TABLE incidents DROP COLUMN resolved, DROP COLUMN refund_id;
ALTER TABLE payments
    DROP CONSTRAINT payments_provider_check,
    ADD CONSTRAINT payments_provider_check CHECK (provider IN ('stripe', 'paypal')) NOT VALID;

-- How often taking the money was refused after the buyer had agreed: part of the next try's idempotency key.
ALTER TABLE payments
    ADD COLUMN declines bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT payments_declines_check CHECK (declines >= 0);

-- What was sold again was given back by staff as far as an older program knows, and what waits is cancelled there.
UPDATE refunds SET reason = 'staff' WHERE reason = 'resold';
UPDATE tickets SET status = 'cancelled' WHERE status = 'returned';
ALTER TABLE refunds
    DROP CONSTRAINT refunds_reason_check,
    ADD CONSTRAINT refunds_reason_check CHECK (
        reason IN ('overpaid', 'no_places', 'cancelled', 'event_cancelled', 'staff', 'external')
    ) NOT VALID;
ALTER TABLE tickets
    DROP CONSTRAINT tickets_status_check,
    ADD CONSTRAINT tickets_status_check CHECK (status IN ('valid', 'checked_in', 'cancelled', 'transferred')) NOT VALID;
DROP TABLE returns;

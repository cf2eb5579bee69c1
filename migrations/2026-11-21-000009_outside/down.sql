DROP INDEX notices_at_idx;
DROP INDEX scans_ticket_idx;
DROP TABLE deliveries;
DROP TABLE looks;
DROP TABLE disputes;

DELETE FROM incidents WHERE kind IN ('disputed', 'dispute_lost');
ALTER TABLE incidents
    DROP CONSTRAINT incidents_kind_check,
    ADD CONSTRAINT incidents_kind_check CHECK (
        kind IN ('wrong_amount', 'wrong_currency', 'wrong_mode', 'second_charge', 'refund_failed', 'bad_policy')
    ) NOT VALID;

DROP INDEX refunds_reference_key;
DELETE FROM refunds WHERE reason = 'external';
ALTER TABLE refunds
    DROP CONSTRAINT refunds_reason_check,
    ADD CONSTRAINT refunds_reason_check
        CHECK (reason IN ('overpaid', 'no_places', 'cancelled', 'event_cancelled', 'staff')) NOT VALID;

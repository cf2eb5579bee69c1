DROP INDEX payments_wrong_idx;
DELETE FROM incidents WHERE kind = 'overdrawn';
ALTER TABLE incidents
    DROP COLUMN organisation_id,
    DROP CONSTRAINT incidents_kind_check,
    ADD CONSTRAINT incidents_kind_check CHECK (
        kind IN (
            'wrong_amount', 'wrong_currency', 'wrong_mode', 'second_charge', 'refund_failed', 'bad_policy',
            'disputed', 'dispute_lost'
        )
    ) NOT VALID;
ALTER TABLE payments
    DROP COLUMN organisation_id,
    DROP COLUMN charged_at;

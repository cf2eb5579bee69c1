DELETE FROM incidents WHERE kind = 'used_and_given_up';
ALTER TABLE incidents
    DROP CONSTRAINT incidents_kind_check,
    ADD CONSTRAINT incidents_kind_check CHECK (
        kind IN (
            'wrong_amount', 'wrong_currency', 'wrong_mode', 'second_charge', 'refund_failed', 'overdrawn',
            'bad_policy', 'disputed', 'dispute_lost'
        )
    ) NOT VALID;

-- When a charge became known, and whose it is: what a day was paid is walked by the one, what an organiser looks through
-- by the other.

ALTER TABLE payments
    ADD COLUMN organisation_id uuid,
    ADD COLUMN charged_at timestamptz;
UPDATE payments p SET
    organisation_id = (SELECT e.organisation_id FROM bookings b JOIN events e ON e.id = b.event_id WHERE b.id = p.booking_id),
    charged_at = CASE WHEN p.paid_minor IS NOT NULL THEN p.changed_at END;
CREATE INDEX payments_organisation_idx ON payments (organisation_id, id DESC);
CREATE INDEX payments_charged_idx ON payments (charged_at, id) WHERE charged_at IS NOT NULL;
CREATE INDEX payments_wrong_idx ON payments (status, id DESC) WHERE status IN ('failed', 'mismatched');

ALTER TABLE incidents
    ADD COLUMN organisation_id uuid,
    DROP CONSTRAINT incidents_kind_check,
    ADD CONSTRAINT incidents_kind_check CHECK (
        kind IN (
            'wrong_amount', 'wrong_currency', 'wrong_mode', 'second_charge', 'refund_failed', 'overdrawn',
            'bad_policy', 'disputed', 'dispute_lost'
        )
    ) NOT VALID;
UPDATE incidents i SET
    organisation_id = (SELECT e.organisation_id FROM bookings b JOIN events e ON e.id = b.event_id WHERE b.id = i.booking_id);
CREATE INDEX incidents_organisation_idx ON incidents (organisation_id, id DESC);

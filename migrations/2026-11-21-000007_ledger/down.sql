DROP TABLE ledger_entries;
DROP FUNCTION ledger_is_append_only();
ALTER TABLE bookings DROP COLUMN paid_by, DROP COLUMN platform_fee_minor, DROP COLUMN organisation_id;

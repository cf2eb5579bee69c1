-- Attempts to pay by what is asked for: those with a status or a provider, the latest booking first.

-- A large table: `CREATE INDEX CONCURRENTLY` by hand goes ahead of this step.
CREATE INDEX IF NOT EXISTS payments_status_idx ON payments (status, provider, booking_id DESC, attempt DESC);

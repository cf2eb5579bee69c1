-- no transaction
-- What takes long on tables that are large: the steps before only say what is new, and here it is carried out beside the
-- sales. Each paragraph is a command of its own and may be repeated.

-- Who brought the accounts that were there before it was kept.
DO $$
DECLARE
    last uuid := '00000000-0000-0000-0000-000000000000';
    upto uuid;
BEGIN
    LOOP
        SELECT id INTO upto FROM (SELECT id FROM accounts WHERE id > last ORDER BY id LIMIT 1000) part
        ORDER BY id DESC LIMIT 1;
        EXIT WHEN upto IS NULL;
        UPDATE accounts a SET invited_by = i.created_by FROM invites i
        WHERE i.id = a.invite_id AND a.id > last AND a.id <= upto AND a.invited_by IS DISTINCT FROM i.created_by;
        COMMIT;
        last := upto;
    END LOOP;
END
$$;

-- Before `door` nothing was kept of a check-in that was taken back but the ticket as it was before; since then a ticket is
-- what follows from its scans. Of the old ones, each that admitted and is not the check-in that counts was taken back.
DO $$
DECLARE
    last uuid := '00000000-0000-0000-0000-000000000000';
    upto uuid;
BEGIN
    LOOP
        SELECT id INTO upto FROM (SELECT id FROM tickets WHERE id > last ORDER BY id LIMIT 1000) part
        ORDER BY id DESC LIMIT 1;
        EXIT WHEN upto IS NULL;
        INSERT INTO scans (id, scanner_id, ticket_id, event_id, verdict, at, way, reason)
        SELECT gen_random_uuid(), s.scanner_id, t.id, t.event_id, 'undone', s.at + interval '1 microsecond', 'out',
            'Taken back before this was kept'
        FROM tickets t CROSS JOIN LATERAL (
            SELECT o.scanner_id, o.at FROM scans o
            WHERE o.ticket_id = t.id AND o.verdict = 'admitted' AND (t.checked_in_at IS NULL OR o.at < t.checked_in_at)
                -- Told later: since then, and never taken back by what is not kept.
                AND o.told_at IS NULL
            ORDER BY o.at DESC, o.id DESC LIMIT 1
        ) s
        WHERE t.id > last AND t.id <= upto
            AND NOT EXISTS (SELECT FROM scans u WHERE u.ticket_id = t.id AND u.verdict = 'undone');
        COMMIT;
        last := upto;
    END LOOP;
END
$$;

-- Where `places` was applied while it still had this, an event that somebody looked at could not be deleted.
ALTER TABLE address_views DROP CONSTRAINT IF EXISTS address_views_event_fkey;

CREATE INDEX CONCURRENTLY IF NOT EXISTS invites_counted_idx ON invites (created_by) WHERE counted;

CREATE INDEX CONCURRENTLY IF NOT EXISTS accounts_invited_by_idx ON accounts (invited_by, created_at DESC, id DESC)
    WHERE invited_by IS NOT NULL;

CREATE INDEX CONCURRENTLY IF NOT EXISTS accounts_roots_idx ON accounts (created_at DESC, id DESC)
    WHERE invited_by IS NULL;

CREATE INDEX CONCURRENTLY IF NOT EXISTS holds_voucher_idx ON holds (voucher_id) WHERE voucher_id IS NOT NULL;

CREATE INDEX CONCURRENTLY IF NOT EXISTS bookings_voucher_idx ON bookings (voucher_id, created_at DESC, id DESC)
    WHERE voucher_id IS NOT NULL;

-- One living offer per entry.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS holds_entry_key ON holds (entry_id) WHERE entry_id IS NOT NULL;

CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_event_idx ON tickets (event_id, id);

CREATE INDEX CONCURRENTLY IF NOT EXISTS scans_event_idx ON scans (event_id, at, id);

CREATE INDEX CONCURRENTLY IF NOT EXISTS scans_conflicts_idx ON scans (event_id, at, id) WHERE flags IS NOT NULL;

ALTER TABLE holds VALIDATE CONSTRAINT holds_discount_check;

ALTER TABLE bookings VALIDATE CONSTRAINT bookings_discount_check;

ALTER TABLE bookings VALIDATE CONSTRAINT bookings_platform_fee_check;

ALTER TABLE bookings VALIDATE CONSTRAINT bookings_status_check;

ALTER TABLE payments VALIDATE CONSTRAINT payments_provider_check;

ALTER TABLE refunds VALIDATE CONSTRAINT refunds_reason_check;

ALTER TABLE incidents VALIDATE CONSTRAINT incidents_kind_check;

ALTER TABLE tickets VALIDATE CONSTRAINT tickets_status_check;

ALTER TABLE scans VALIDATE CONSTRAINT scans_way_check;

ALTER TABLE scans VALIDATE CONSTRAINT scans_offline_check;

ALTER TABLE scans VALIDATE CONSTRAINT scans_verdict_check;

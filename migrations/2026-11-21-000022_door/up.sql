-- The door both ways, and scans that were made without a network.

-- How many are inside with a ticket, and when its codes died; null as long as nothing but a check-in was said.
ALTER TABLE tickets ADD COLUMN presence jsonb;
CREATE INDEX tickets_event_idx ON tickets (event_id, id);

ALTER TABLE scans
    ADD COLUMN way text NOT NULL DEFAULT 'in',
    -- The verdict that somebody at the door overruled.
    ADD COLUMN overruled text,
    ADD COLUMN reason text,
    -- Which of its ticket's codes was scanned.
    ADD COLUMN version bigint,
    -- By the clock of a scanner without a network, and when it was told.
    ADD COLUMN said_at timestamptz,
    ADD COLUMN told_at timestamptz,
    -- What somebody has to know of it; null for what went as it should.
    ADD COLUMN flags jsonb,
    ADD COLUMN after_id uuid,
    ADD CONSTRAINT scans_way_check CHECK (way IN ('in', 'out')),
    ADD CONSTRAINT scans_offline_check CHECK ((said_at IS NULL) = (told_at IS NULL)),
    DROP CONSTRAINT scans_verdict_check,
    ADD CONSTRAINT scans_verdict_check CHECK (
        verdict IN (
            'admitted', 'already_checked_in', 'cancelled', 'wrong_event', 'not_yet', 'unknown', 'left',
            'not_inside', 'undone'
        )
    );
CREATE INDEX scans_event_idx ON scans (event_id, at, id);
CREATE INDEX scans_conflicts_idx ON scans (event_id, at, id) WHERE flags IS NOT NULL;

-- Until now nothing was kept of a check-in that was taken back but the ticket as it was before; from now on a ticket is
-- what follows from its scans. Of the old ones, each that admitted and is not the check-in that counts was taken back.
INSERT INTO scans (id, scanner_id, ticket_id, event_id, verdict, at, way, reason)
SELECT gen_random_uuid(), s.scanner_id, t.id, t.event_id, 'undone', s.at + interval '1 microsecond', 'out',
    'Taken back before this was kept'
FROM tickets t CROSS JOIN LATERAL (
    SELECT o.scanner_id, o.at FROM scans o
    WHERE o.ticket_id = t.id AND o.verdict = 'admitted' AND (t.checked_in_at IS NULL OR o.at < t.checked_in_at)
    ORDER BY o.at DESC, o.id DESC LIMIT 1
) s;

-- The door both ways, and scans that were made without a network.

-- How many are inside with a ticket, and when its codes died; null as long as nothing but a check-in was said.
ALTER TABLE tickets ADD COLUMN presence jsonb;

-- Indexes, checks and what is missing of the past follow in the step `while_selling`.
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
    ADD CONSTRAINT scans_way_check CHECK (way IN ('in', 'out')) NOT VALID,
    ADD CONSTRAINT scans_offline_check CHECK ((said_at IS NULL) = (told_at IS NULL)) NOT VALID,
    DROP CONSTRAINT scans_verdict_check,
    ADD CONSTRAINT scans_verdict_check CHECK (
        verdict IN (
            'admitted', 'already_checked_in', 'cancelled', 'wrong_event', 'not_yet', 'unknown', 'left',
            'not_inside', 'undone'
        )
    ) NOT VALID;

-- The older program knows neither exits nor what was taken back.
DELETE FROM scans WHERE verdict IN ('left', 'not_inside', 'undone');
ALTER TABLE scans
    DROP CONSTRAINT scans_verdict_check,
    ADD CONSTRAINT scans_verdict_check CHECK (
        verdict IN ('admitted', 'already_checked_in', 'cancelled', 'wrong_event', 'not_yet', 'unknown')
    ) NOT VALID,
    DROP COLUMN after_id,
    DROP COLUMN flags,
    DROP COLUMN told_at,
    DROP COLUMN said_at,
    DROP COLUMN version,
    DROP COLUMN reason,
    DROP COLUMN overruled,
    DROP COLUMN way;
ALTER TABLE tickets DROP COLUMN presence;

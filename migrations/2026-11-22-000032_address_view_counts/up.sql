-- no transaction
-- How often somebody was shown an exact place within an hour, and when for the last time.

ALTER TABLE address_views
    ADD COLUMN IF NOT EXISTS views bigint NOT NULL DEFAULT 1,
    -- Null of what was shown once, and so of every row of before and of what the former version writes.
    ADD COLUMN IF NOT EXISTS last_viewed_at timestamptz,
    DROP CONSTRAINT IF EXISTS address_views_views_check,
    ADD CONSTRAINT address_views_views_check CHECK (
        CASE WHEN last_viewed_at IS NULL THEN views = 1
            ELSE views > 1 AND last_viewed_at >= viewed_at AND last_viewed_at < hour + interval '1 hour'
        END
    ) NOT VALID,
    -- Rows are counted on where they are.
    SET (fillfactor = 80);

ALTER TABLE address_views VALIDATE CONSTRAINT address_views_views_check;

-- What was kept stays as it is, and is counted on: nothing else.
CREATE OR REPLACE FUNCTION address_views_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- By itself, because there is no row to look at when the table is emptied.
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.event_id, NEW.account_id, NEW.hour, NEW.viewed_at, NEW.request)
                IS NOT DISTINCT FROM (OLD.event_id, OLD.account_id, OLD.hour, OLD.viewed_at, OLD.request)
            AND NEW.views > OLD.views
            AND NEW.last_viewed_at >= coalesce(OLD.last_viewed_at, OLD.viewed_at)
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'views of addresses are append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

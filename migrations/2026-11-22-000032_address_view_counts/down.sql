CREATE OR REPLACE FUNCTION address_views_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'views of addresses are append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
ALTER TABLE address_views
    RESET (fillfactor),
    DROP CONSTRAINT address_views_views_check,
    DROP COLUMN last_viewed_at,
    DROP COLUMN views;

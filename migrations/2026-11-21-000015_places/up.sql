-- Where events are, as coarsely as anybody may search for it; to whom exact places were shown; addresses of calendars.

-- The number of the cell of the map that a place lies in, by the steps of `events::grid`, where it is explained. Computed
-- here, so that it is right also for events that the former version writes. Events are few: the table is written anew.
ALTER TABLE events ADD COLUMN cell integer GENERATED ALWAYS AS (
    CASE WHEN latitude IS NOT NULL AND longitude IS NOT NULL THEN
        (floor(latitude * 20 + 0.5)::integer + 1800) * 7200
        + mod(
            CASE
                WHEN abs(floor(latitude * 20 + 0.5)) >= 1600 THEN floor(longitude * 20 / 10 + 0.5)::integer * 10
                WHEN abs(floor(latitude * 20 + 0.5)) >= 1200 THEN floor(longitude * 20 / 2 + 0.5)::integer * 2
                ELSE floor(longitude * 20 + 0.5)::integer
            END + 3600,
            7200
        )
    END
) STORED;
CREATE INDEX events_cell_idx ON events (cell, ends_at) WHERE cell IS NOT NULL;

CREATE TABLE address_views (
    -- No foreign key: who was shown the place of an event stays known when the event is deleted.
    event_id uuid NOT NULL,
    account_id uuid NOT NULL,
    -- The hour that the row stands for, by UTC: one row per account, event and hour.
    hour timestamptz NOT NULL,
    viewed_at timestamptz NOT NULL,
    request text,
    CONSTRAINT address_views_pkey PRIMARY KEY (event_id, account_id, hour),
    CONSTRAINT address_views_hour_check CHECK (viewed_at >= hour AND viewed_at < hour + interval '1 hour')
);
CREATE INDEX address_views_at_idx ON address_views (event_id, viewed_at DESC, account_id DESC);

-- Not even the program that writes it can change it.
CREATE FUNCTION address_views_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'views of addresses are append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER address_views_unchanging BEFORE UPDATE OR DELETE ON address_views
    FOR EACH ROW EXECUTE FUNCTION address_views_are_append_only();
CREATE TRIGGER address_views_unemptied BEFORE TRUNCATE ON address_views
    FOR EACH STATEMENT EXECUTE FUNCTION address_views_are_append_only();

-- One address per account; the secret in it is kept as a keyed hash.
CREATE TABLE calendar_feeds (
    account_id uuid NOT NULL CONSTRAINT calendar_feeds_pkey PRIMARY KEY,
    token_hash bytea NOT NULL CONSTRAINT calendar_feeds_token_key UNIQUE,
    created_at timestamptz NOT NULL,
    CONSTRAINT calendar_feeds_token_check CHECK (octet_length(token_hash) = 32)
);

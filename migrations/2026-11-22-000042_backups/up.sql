-- What is known of backups: where they lie is the truth, and this is what is shown and by what alarm is raised.

CREATE TABLE backups (
    id uuid NOT NULL CONSTRAINT backups_pkey PRIMARY KEY,
    asked_at timestamptz NOT NULL,
    -- What it is called where it lies; null before it is made.
    name text CONSTRAINT backups_name_key UNIQUE,
    bytes bigint,
    row_count bigint,
    -- What was found of it.
    record jsonb,
    failed_at timestamptz,
    failure text,
    -- The instant that it shows, when a store was made of it and nothing was wrong; else null.
    good_at timestamptz,
    CONSTRAINT backups_name_check CHECK (
        (name IS NULL) = (bytes IS NULL) AND (name IS NULL) = (row_count IS NULL) AND (name IS NULL) = (record IS NULL)
        AND (good_at IS NULL OR name IS NOT NULL)
    ),
    CONSTRAINT backups_bytes_check CHECK (bytes >= 0 AND row_count >= 0),
    CONSTRAINT backups_failure_check CHECK ((failed_at IS NULL) = (failure IS NULL))
);
CREATE INDEX backups_asked_at_idx ON backups (asked_at DESC, id DESC);
CREATE INDEX backups_good_at_idx ON backups (good_at) WHERE good_at IS NOT NULL;

-- One row, made when somebody comes for the first time: what is being done, and since when. Whoever wants to do something
-- with a backup locks it.
CREATE TABLE backup_desk (
    id smallint NOT NULL CONSTRAINT backup_desk_pkey PRIMARY KEY,
    job jsonb,
    ended bigint NOT NULL DEFAULT 0,
    asked_at timestamptz,
    watched_since timestamptz,
    told_at timestamptz,
    compared_at timestamptz,
    CONSTRAINT backup_desk_id_check CHECK (id = 1),
    CONSTRAINT backup_desk_ended_check CHECK (ended >= 0)
);

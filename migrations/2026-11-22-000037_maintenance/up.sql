-- Whether anything may be changed. One row, made when something is said for the first time.

CREATE TABLE maintenance (
    id smallint NOT NULL CONSTRAINT maintenance_pkey PRIMARY KEY,
    -- Since when nothing is to be changed; null while everything may be.
    since timestamptz,
    until timestamptz,
    message text,
    doors_open boolean NOT NULL DEFAULT true,
    CONSTRAINT maintenance_id_check CHECK (id = 1),
    CONSTRAINT maintenance_since_check CHECK (since IS NOT NULL OR (until IS NULL AND message IS NULL AND doors_open))
);

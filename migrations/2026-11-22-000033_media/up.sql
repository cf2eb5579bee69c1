-- Private media: what is being sent, what members were sent, albums of pictures, and recordings of sets.

CREATE TABLE uploads (
    id uuid NOT NULL CONSTRAINT uploads_pkey PRIMARY KEY,
    by_id uuid NOT NULL,
    kind text NOT NULL,
    filename text NOT NULL,
    size bigint NOT NULL,
    format text NOT NULL,
    part_size bigint NOT NULL,
    -- What the object store calls its parts.
    parts text NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT uploads_kind_check CHECK (kind IN ('image', 'set')),
    CONSTRAINT uploads_size_check CHECK (size >= 0 AND part_size > 0),
    CONSTRAINT uploads_status_check CHECK (status IN ('open', 'completed', 'taken', 'dropped'))
);
CREATE INDEX uploads_sender_idx ON uploads (by_id, created_at DESC, id DESC) WHERE status IN ('open', 'completed');
CREATE INDEX uploads_overdue_idx ON uploads (expires_at, id) WHERE status IN ('open', 'completed');

-- What a member was sent in a month (202606 is June 2026), in bytes. Neither index has a column that changes, so that rows
-- are counted on where they are.
CREATE TABLE egress (
    account_id uuid NOT NULL,
    month integer NOT NULL,
    signed bigint NOT NULL DEFAULT 0,
    served bigint NOT NULL DEFAULT 0,
    CONSTRAINT egress_pkey PRIMARY KEY (account_id, month),
    CONSTRAINT egress_month_check CHECK (month % 100 BETWEEN 1 AND 12),
    CONSTRAINT egress_bytes_check CHECK (signed >= 0 AND served >= 0)
) WITH (fillfactor = 80);
CREATE INDEX egress_month_idx ON egress (month, account_id);

-- Links that were given out and counted, until they end.
CREATE TABLE egress_links (
    account_id uuid NOT NULL,
    -- SHA-256, because a link may be long.
    link bytea NOT NULL,
    until timestamptz NOT NULL,
    CONSTRAINT egress_links_pkey PRIMARY KEY (account_id, link),
    CONSTRAINT egress_links_link_check CHECK (octet_length(link) = 32)
);
CREATE INDEX egress_links_until_idx ON egress_links (until);

CREATE TABLE albums (
    id uuid NOT NULL CONSTRAINT albums_pkey PRIMARY KEY,
    title text NOT NULL,
    -- No reference: an album outlives its event.
    event_id uuid,
    access text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT albums_access_check CHECK (access IN ('members', 'attendees')),
    CONSTRAINT albums_attendees_check CHECK (access <> 'attendees' OR event_id IS NOT NULL)
);
CREATE INDEX albums_created_idx ON albums (created_at DESC, id DESC);

CREATE TABLE pictures (
    id uuid NOT NULL CONSTRAINT pictures_pkey PRIMARY KEY,
    album_id uuid NOT NULL CONSTRAINT pictures_album_fkey REFERENCES albums,
    filename text NOT NULL,
    original_bytes bigint NOT NULL,
    original text,
    status text NOT NULL,
    reason text,
    pass uuid,
    width bigint NOT NULL,
    height bigint NOT NULL,
    thumbhash bytea NOT NULL,
    renditions jsonb NOT NULL,
    taken_at timestamptz,
    caption text,
    published_at timestamptz,
    removal_asked boolean NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    -- Its place in the order of the album.
    sorted_at timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(taken_at, created_at)) STORED,
    CONSTRAINT pictures_status_check CHECK (status IN ('processing', 'ready', 'failed')),
    CONSTRAINT pictures_reason_check CHECK ((status = 'failed') = (reason IS NOT NULL)),
    CONSTRAINT pictures_pass_check CHECK (status <> 'ready' OR pass IS NOT NULL),
    CONSTRAINT pictures_size_check CHECK (original_bytes >= 0 AND width >= 0 AND height >= 0)
);
CREATE INDEX pictures_album_idx ON pictures (album_id, sorted_at, id);
-- What members see: the order, the count and the cover of an album.
CREATE INDEX pictures_visible_idx ON pictures (album_id, sorted_at, id)
    WHERE published_at IS NOT NULL AND NOT removal_asked AND status = 'ready';
-- All of an album in the order in which they are locked.
CREATE INDEX pictures_locked_idx ON pictures (album_id, id);

CREATE TABLE removals (
    id uuid NOT NULL CONSTRAINT removals_pkey PRIMARY KEY,
    -- No reference: the wish outlives the picture, as proof that it has gone.
    picture_id uuid NOT NULL,
    album_id uuid NOT NULL,
    by_id uuid,
    reason text,
    asked_at timestamptz NOT NULL,
    status text NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    note text,
    keys text[] NOT NULL,
    proof jsonb NOT NULL,
    links_end_at timestamptz,
    removed_at timestamptz,
    CONSTRAINT removals_status_check CHECK (status IN ('asked', 'removing', 'removed', 'refused')),
    CONSTRAINT removals_decided_check CHECK (status = 'asked' OR decided_at IS NOT NULL),
    CONSTRAINT removals_removed_check CHECK (status <> 'removed' OR removed_at IS NOT NULL)
);
-- One wish that counts per picture.
CREATE UNIQUE INDEX removals_living_key ON removals (picture_id) WHERE status <> 'refused';
CREATE INDEX removals_asked_idx ON removals (asked_at DESC, id DESC);
CREATE INDEX removals_by_idx ON removals (by_id, asked_at DESC, id DESC) WHERE by_id IS NOT NULL;

CREATE TABLE music_sets (
    id uuid NOT NULL CONSTRAINT music_sets_pkey PRIMARY KEY,
    title text NOT NULL,
    artist text NOT NULL,
    -- No reference: a recording outlives its event.
    event_id uuid,
    recorded_at timestamptz,
    tracklist jsonb NOT NULL,
    downloads jsonb NOT NULL,
    filename text NOT NULL,
    original_bytes bigint NOT NULL,
    original text,
    status text NOT NULL,
    reason text,
    progress bigint NOT NULL,
    pass uuid,
    duration_ms bigint NOT NULL,
    integrated_lufs double precision,
    true_peak_dbtp double precision,
    range_lu double precision,
    renditions jsonb NOT NULL,
    zooms jsonb NOT NULL,
    published_at timestamptz,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT music_sets_status_check CHECK (status IN ('processing', 'ready', 'failed')),
    CONSTRAINT music_sets_reason_check CHECK ((status = 'failed') = (reason IS NOT NULL)),
    CONSTRAINT music_sets_pass_check CHECK (status <> 'ready' OR pass IS NOT NULL),
    CONSTRAINT music_sets_progress_check CHECK (progress BETWEEN 0 AND 100),
    CONSTRAINT music_sets_size_check CHECK (original_bytes >= 0 AND duration_ms >= 0),
    CONSTRAINT music_sets_loudness_check
        CHECK (num_nonnulls(integrated_lufs, true_peak_dbtp, range_lu) IN (0, 3))
) WITH (fillfactor = 80);
CREATE INDEX music_sets_created_idx ON music_sets (created_at DESC, id DESC);
CREATE INDEX music_sets_audible_idx ON music_sets (created_at DESC, id DESC)
    WHERE published_at IS NOT NULL AND status = 'ready';

-- Where members stopped listening: written every few seconds by all who listen, so no index has a column that changes.
CREATE TABLE music_positions (
    account_id uuid NOT NULL,
    set_id uuid NOT NULL CONSTRAINT music_positions_set_fkey REFERENCES music_sets ON DELETE CASCADE,
    at_ms bigint NOT NULL,
    said_at timestamptz NOT NULL,
    CONSTRAINT music_positions_pkey PRIMARY KEY (account_id, set_id),
    CONSTRAINT music_positions_at_check CHECK (at_ms >= 0)
) WITH (fillfactor = 80);
CREATE INDEX music_positions_set_idx ON music_positions (set_id);

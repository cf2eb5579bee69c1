-- Organisations, events, ticket types, and the sale that buyers of one event queue for.

CREATE TABLE organisations (
    id uuid NOT NULL CONSTRAINT organisations_pkey PRIMARY KEY,
    name text NOT NULL,
    slug text NOT NULL CONSTRAINT organisations_slug_key UNIQUE,
    created_at timestamptz NOT NULL
);

CREATE TABLE organisation_members (
    organisation_id uuid NOT NULL
        CONSTRAINT organisation_members_organisation_fkey REFERENCES organisations,
    account_id uuid NOT NULL,
    standing text NOT NULL,
    added_at timestamptz NOT NULL,
    CONSTRAINT organisation_members_pkey PRIMARY KEY (organisation_id, account_id),
    CONSTRAINT organisation_members_standing_check CHECK (standing IN ('owner', 'manager', 'door'))
);
CREATE INDEX organisation_members_account_idx ON organisation_members (account_id, organisation_id);

CREATE TABLE events (
    id uuid NOT NULL CONSTRAINT events_pkey PRIMARY KEY,
    organisation_id uuid NOT NULL CONSTRAINT events_organisation_fkey REFERENCES organisations,
    slug text NOT NULL CONSTRAINT events_slug_key UNIQUE,
    title text NOT NULL,
    description text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    doors_at timestamptz,
    timezone text NOT NULL,
    currency text NOT NULL,
    capacity bigint,
    area text NOT NULL,
    address text,
    latitude double precision,
    longitude double precision,
    address_visible_from timestamptz,
    base_price_minor bigint,
    base_price_currency text,
    hold_seconds bigint NOT NULL,
    visibility text NOT NULL,
    tags text[] NOT NULL,
    images text[] NOT NULL,
    status text NOT NULL,
    -- Title, description and area in lower case, by the rules of the program and not of the server's locale.
    search_text text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT events_ends_at_check CHECK (ends_at > starts_at),
    CONSTRAINT events_capacity_check CHECK (capacity >= 0),
    CONSTRAINT events_base_price_check
        CHECK ((base_price_minor IS NULL) = (base_price_currency IS NULL) AND base_price_minor >= 0),
    CONSTRAINT events_visibility_check CHECK (visibility IN ('public', 'members')),
    CONSTRAINT events_status_check
        CHECK (status IN ('draft', 'published', 'deactivated', 'cancelled', 'ended'))
);
CREATE INDEX events_starts_at_idx ON events (starts_at, id);
CREATE INDEX events_ends_at_idx ON events (ends_at);
CREATE INDEX events_organisation_idx ON events (organisation_id, starts_at, id);

-- The hot row of an event. Kept narrow, with room on the page for the next version of it, and without an index on
-- what changes, so that an update touches one page and no index (HOT).
CREATE TABLE sales (
    event_id uuid NOT NULL CONSTRAINT sales_pkey PRIMARY KEY
        CONSTRAINT sales_event_fkey REFERENCES events ON DELETE CASCADE,
    capacity bigint,
    taken bigint NOT NULL DEFAULT 0,
    CONSTRAINT sales_taken_check CHECK (taken >= 0 AND taken <= capacity)
) WITH (fillfactor = 50);

CREATE TABLE ticket_types (
    id uuid NOT NULL CONSTRAINT ticket_types_pkey PRIMARY KEY,
    event_id uuid NOT NULL CONSTRAINT ticket_types_event_fkey REFERENCES events ON DELETE CASCADE,
    name text NOT NULL,
    description text NOT NULL,
    price_minor bigint NOT NULL,
    currency text NOT NULL,
    quantity bigint NOT NULL,
    held bigint NOT NULL DEFAULT 0,
    sold bigint NOT NULL DEFAULT 0,
    max_per_user bigint,
    max_per_order bigint,
    sales_start timestamptz,
    sales_end timestamptz,
    hidden boolean NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT ticket_types_price_check CHECK (price_minor >= 0),
    CONSTRAINT ticket_types_stock_check CHECK (held >= 0 AND sold >= 0 AND held + sold <= quantity)
) WITH (fillfactor = 50);
CREATE INDEX ticket_types_event_idx ON ticket_types (event_id, position, id);

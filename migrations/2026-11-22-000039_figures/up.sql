-- Figures: sums of what happened on each day, and how every event stands. The worker counts them from bookings, tickets and
-- the ledger; nothing that sells reads or writes them.

CREATE TABLE day_figures (
    organisation_id uuid NOT NULL,
    -- No reference: what has a day was sold, and is not deleted.
    event_id uuid NOT NULL,
    -- By the clocks of the event's place.
    day date NOT NULL,
    -- All zeros: orders as a whole, and what belongs to no type.
    ticket_type_id uuid NOT NULL,
    -- Why money went back, of rows that are about that alone and stand in others as well; else nothing.
    reason text NOT NULL,
    currency text NOT NULL,
    tickets bigint NOT NULL,
    orders bigint NOT NULL,
    vouchered bigint NOT NULL,
    discount bigint NOT NULL,
    refunds bigint NOT NULL,
    sold bigint NOT NULL,
    sold_with_voucher bigint NOT NULL,
    differences bigint NOT NULL,
    refunded bigint NOT NULL,
    unearned bigint NOT NULL,
    gone bigint NOT NULL,
    disputed bigint NOT NULL,
    platform_fees bigint NOT NULL,
    provider_fees bigint NOT NULL,
    dispute_fees bigint NOT NULL,
    CONSTRAINT day_figures_pkey PRIMARY KEY (event_id, day, ticket_type_id, reason, currency)
);
CREATE INDEX day_figures_day_idx ON day_figures (day);
CREATE INDEX day_figures_organisation_idx ON day_figures (organisation_id, day);

CREATE TABLE event_figures (
    event_id uuid NOT NULL CONSTRAINT event_figures_pkey PRIMARY KEY
        CONSTRAINT event_figures_event_fkey REFERENCES events ON DELETE CASCADE,
    organisation_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    body jsonb NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX event_figures_starts_at_idx ON event_figures (starts_at);
CREATE INDEX event_figures_organisation_idx ON event_figures (organisation_id, starts_at);

-- One row: how far was counted, and whose turn it is to count.
CREATE TABLE figure_looks (
    id smallint NOT NULL CONSTRAINT figure_looks_pkey PRIMARY KEY,
    looked_at timestamptz,
    -- What happened until then is counted.
    until timestamptz,
    -- Whether every event was counted from its beginning.
    whole boolean NOT NULL DEFAULT false,
    -- The event up to which they were gone through, in the order of their ids.
    last_id uuid,
    CONSTRAINT figure_looks_id_check CHECK (id = 1)
);

-- Halls with their seats, the seats of events, and who has which.

CREATE TABLE venue_templates (
    id uuid NOT NULL CONSTRAINT venue_templates_pkey PRIMARY KEY,
    organisation_id uuid NOT NULL CONSTRAINT venue_templates_organisation_fkey REFERENCES organisations,
    name text NOT NULL,
    -- How large it is, so that lists need not read the seats.
    sections bigint NOT NULL,
    seats bigint NOT NULL,
    body jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX venue_templates_created_at_idx ON venue_templates (created_at, id);

ALTER TABLE events
    ADD COLUMN venue_template_id uuid CONSTRAINT events_venue_template_fkey REFERENCES venue_templates;
CREATE INDEX events_venue_template_idx ON events (venue_template_id) WHERE venue_template_id IS NOT NULL;

-- The seats of an event, a copy of its hall's.
CREATE TABLE event_seatings (
    event_id uuid NOT NULL CONSTRAINT event_seatings_pkey PRIMARY KEY
        CONSTRAINT event_seatings_event_fkey REFERENCES events ON DELETE CASCADE,
    version bigint NOT NULL,
    body jsonb NOT NULL
);

ALTER TABLE ticket_types ADD COLUMN section_id uuid;
ALTER TABLE tickets ADD COLUMN seat jsonb;

-- At most one claim on a seat of an event, by the hold that took it. One that ended may be taken over. What changes is
-- in no index but the key, so that an update touches one page (HOT).
CREATE TABLE seat_claims (
    event_id uuid NOT NULL,
    seat_id uuid NOT NULL,
    section_id uuid NOT NULL,
    hold_id uuid NOT NULL,
    state text NOT NULL,
    until timestamptz,
    at timestamptz NOT NULL,
    CONSTRAINT seat_claims_pkey PRIMARY KEY (event_id, seat_id),
    CONSTRAINT seat_claims_state_check CHECK (state IN ('held', 'booked', 'sold')),
    CONSTRAINT seat_claims_until_check CHECK ((state = 'held') = (until IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX seat_claims_section_idx ON seat_claims (event_id, section_id);

-- What others are told of bookings: a row for each change, kept by the transaction that makes it, until it was sent and for
-- a while after that.

-- Counts the changes of a booking; what is told has the number that it had by then. It costs nothing beside what is written
-- of a changed booking anyway.
ALTER TABLE bookings ADD COLUMN revision bigint NOT NULL DEFAULT 1;

CREATE TABLE published (
    booking_id uuid NOT NULL,
    number bigint NOT NULL,
    -- Given while the booking is locked, so that of one booking it grows with the number.
    place bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    organisation_id uuid NOT NULL,
    event_id uuid NOT NULL,
    part smallint NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    body json NOT NULL,
    -- Still to be sent to the stream.
    to_stream boolean NOT NULL,
    CONSTRAINT published_pkey PRIMARY KEY (booking_id, number),
    CONSTRAINT published_number_check CHECK (number > 0),
    CONSTRAINT published_part_check CHECK (part BETWEEN 0 AND 15)
) WITH (fillfactor = 90);
CREATE INDEX published_stream_idx ON published (part, place) WHERE to_stream;
-- Entered when a row was sent, and not when it is kept.
CREATE INDEX published_old_idx ON published (at) WHERE NOT to_stream;

-- Who sends a part has it until then. A row is made when a part is taken for the first time.
CREATE TABLE stream_parts (
    part smallint NOT NULL CONSTRAINT stream_parts_pkey PRIMARY KEY,
    leased_until timestamptz NOT NULL,
    CONSTRAINT stream_parts_part_check CHECK (part BETWEEN 0 AND 15)
);

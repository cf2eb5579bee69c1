-- Places that several ticket types share, and limits over all types of an event.

CREATE TABLE quotas (
    id uuid NOT NULL CONSTRAINT quotas_pkey PRIMARY KEY,
    event_id uuid NOT NULL CONSTRAINT quotas_event_fkey REFERENCES events ON DELETE CASCADE,
    name text NOT NULL,
    quantity bigint NOT NULL,
    -- Held or sold, over the ticket types that share it.
    taken bigint NOT NULL DEFAULT 0,
    CONSTRAINT quotas_taken_check CHECK (taken >= 0 AND taken <= quantity)
) WITH (fillfactor = 50);
CREATE INDEX quotas_event_idx ON quotas (event_id, id);

ALTER TABLE ticket_types
    ADD COLUMN quota_id uuid CONSTRAINT ticket_types_quota_fkey REFERENCES quotas;
CREATE INDEX ticket_types_quota_idx ON ticket_types (quota_id) WHERE quota_id IS NOT NULL;

ALTER TABLE events
    ADD COLUMN max_per_user bigint,
    ADD COLUMN max_per_order bigint;

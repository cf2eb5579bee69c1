-- no transaction
-- What is owed is claimed by domain, so that work of many minutes has a lane of its own. The index by time alone stays for the
-- former version, which claims whatever is due.

CREATE INDEX CONCURRENTLY IF NOT EXISTS effects_lane_idx ON effects (domain, due_at, id) WHERE parked_at IS NULL;

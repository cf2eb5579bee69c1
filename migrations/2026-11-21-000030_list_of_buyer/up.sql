-- no transaction
-- Somebody's entries on all waiting lists, for what is told to them of themselves; and what `given_up` left unchecked.

CREATE INDEX CONCURRENTLY IF NOT EXISTS waitlist_entries_history_idx
    ON waitlist_entries (buyer_id, joined_at DESC, id DESC);

ALTER TABLE incidents VALIDATE CONSTRAINT incidents_kind_check;

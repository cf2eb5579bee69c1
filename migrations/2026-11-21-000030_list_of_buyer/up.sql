-- Somebody's entries on all waiting lists, for what is told to them of themselves. On a large table it is built with
-- CREATE INDEX CONCURRENTLY before.

CREATE INDEX IF NOT EXISTS waitlist_entries_history_idx ON waitlist_entries (buyer_id, joined_at DESC, id DESC);

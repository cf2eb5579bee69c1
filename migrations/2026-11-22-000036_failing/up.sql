-- no transaction
-- Admins look for what failed and is tried again: little among much that only waits. An error is written when a try ends and
-- not when one begins, so that taking work up touches no index.

CREATE INDEX CONCURRENTLY IF NOT EXISTS effects_failing_idx ON effects (due_at, id)
    WHERE parked_at IS NULL AND last_error IS NOT NULL;

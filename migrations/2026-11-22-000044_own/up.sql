-- no transaction
-- What is kept about somebody is found by who it is, so that they can take all of it with them. Beside the partial indexes on
-- sessions, links and uploads, which stay for what is asked all the time: these have what ended as well.

CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_owner_idx ON sessions (account_id, created_at DESC, id DESC);

CREATE INDEX CONCURRENTLY IF NOT EXISTS account_one_times_owner_idx
    ON account_one_times (account_id, created_at DESC, id DESC);

CREATE INDEX CONCURRENTLY IF NOT EXISTS holds_buyer_idx ON holds (buyer_id, created_at DESC, id DESC);

CREATE INDEX CONCURRENTLY IF NOT EXISTS scans_scanner_idx ON scans (scanner_id, at DESC, id DESC);

CREATE INDEX CONCURRENTLY IF NOT EXISTS address_views_account_idx
    ON address_views (account_id, viewed_at DESC, event_id DESC);

CREATE INDEX CONCURRENTLY IF NOT EXISTS uploads_by_idx ON uploads (by_id, created_at DESC, id DESC);

CREATE INDEX CONCURRENTLY IF NOT EXISTS albums_by_idx ON albums (created_by, created_at DESC, id DESC);

CREATE INDEX CONCURRENTLY IF NOT EXISTS pictures_by_idx ON pictures (created_by, created_at DESC, id DESC);

CREATE INDEX CONCURRENTLY IF NOT EXISTS music_sets_by_idx ON music_sets (created_by, created_at DESC, id DESC);

-- Who was erased before names on bookings were forgotten is forgotten there, too. Owed twice, it is done once.
INSERT INTO effects (id, domain, body, due_at)
SELECT gen_random_uuid(), 'booking.forgetting', json_build_object('kind', 'names', 'account', a.id), now()
FROM accounts a WHERE a.status = 'deleted';

-- And of whatever device they used, and where, nothing is kept.
UPDATE sessions s SET user_agent = NULL, network = NULL, last_network = NULL
FROM accounts a WHERE a.id = s.account_id AND a.status = 'deleted'
    AND num_nonnulls(s.user_agent, s.network, s.last_network) > 0;

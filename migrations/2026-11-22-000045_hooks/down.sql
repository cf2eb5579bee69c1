DROP INDEX published_old_idx;
ALTER TABLE published DROP COLUMN to_hooks;
CREATE INDEX published_old_idx ON published (at) WHERE NOT to_stream;
DROP TABLE hook_calls;
DROP TABLE hooks;

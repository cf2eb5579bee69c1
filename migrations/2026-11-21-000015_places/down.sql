DROP TABLE calendar_feeds;
DROP TABLE address_views;
DROP FUNCTION address_views_are_append_only();
DROP INDEX events_cell_idx;
ALTER TABLE events DROP COLUMN cell;

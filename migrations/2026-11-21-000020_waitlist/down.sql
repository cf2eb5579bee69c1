ALTER TABLE sales
    DROP COLUMN offers_by_hand,
    DROP COLUMN takes_returns;
ALTER TABLE holds DROP COLUMN entry_id;
DROP TABLE waitlist_entries;

ALTER TABLE events
    DROP COLUMN max_per_user,
    DROP COLUMN max_per_order;
ALTER TABLE ticket_types DROP COLUMN quota_id;
DROP TABLE quotas;

ALTER TABLE sessions
    DROP COLUMN network,
    DROP COLUMN last_network;
DROP TABLE email_changes;
DROP TABLE second_factors;

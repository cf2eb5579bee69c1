DROP INDEX payments_status_idx;

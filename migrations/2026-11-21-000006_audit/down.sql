DROP TABLE audit_head, audit_acts;
DROP FUNCTION audit_refuse, audit_seal_once, audit_head_forward;

DROP TABLE idempotency_keys, effects;

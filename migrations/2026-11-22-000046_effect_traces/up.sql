-- In which trace something was owed, as a `traceparent`: empty where none are made, and of what the former version owes.

ALTER TABLE effects ADD COLUMN trace text;

ALTER TABLE payments DROP COLUMN declines;

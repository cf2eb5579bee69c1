DROP TABLE stream_parts;
DROP TABLE published;
ALTER TABLE bookings DROP COLUMN revision;

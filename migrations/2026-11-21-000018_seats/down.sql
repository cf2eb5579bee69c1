DROP TABLE seat_claims;
ALTER TABLE tickets DROP COLUMN seat;
ALTER TABLE ticket_types DROP COLUMN section_id;
DROP TABLE event_seatings;
ALTER TABLE events DROP COLUMN venue_template_id;
DROP TABLE venue_templates;

DROP TABLE music_positions;
DROP TABLE music_sets;
DROP TABLE removals;
DROP TABLE pictures;
DROP TABLE albums;
DROP TABLE egress_links;
DROP TABLE egress;
DROP TABLE uploads;

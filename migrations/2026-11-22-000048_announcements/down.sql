DROP TABLE left_lists;
DROP TABLE announcement_recipients;
DROP TABLE announcements;

DROP TABLE mail_reports;
DROP TABLE suppressions;
DROP TABLE letters;

DROP TABLE backup_desk;
DROP TABLE backups;

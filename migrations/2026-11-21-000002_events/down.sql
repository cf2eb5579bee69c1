DROP TABLE ticket_types, sales, events, organisation_members, organisations;

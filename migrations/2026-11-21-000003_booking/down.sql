DROP TABLE incidents, notices, scans, tickets, refunds, payments, bookings, holds;

-- Copies the one booking of each event, with its ticket, and what was paid for it with its entries in the ledger and the
-- notice that told of it, many times over the last thirty days.
SET synchronous_commit = off;
SET work_mem = '256MB';

-- As the program makes them (UUIDv7): milliseconds first, so that what is new stands at the end of an index.
CREATE FUNCTION pg_temp.id(at timestamptz, salt text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(salt), 1, 3)
        || '8' || substr(md5(salt), 4, 15))::uuid
$$;

CREATE TEMP TABLE copies AS
SELECT booking_id, event_id, number, at,
    pg_temp.id(at, 'booking ' || number) AS new_booking_id,
    pg_temp.id(at, 'hold ' || number) AS new_hold_id,
    pg_temp.id(at, 'ticket ' || number) AS new_ticket_id,
    pg_temp.id(at, 'payment ' || number) AS new_payment_id,
    -- Twelve letters and digits, spread over the whole range.
    translate(upper(lpad(to_hex((number * 6364136223847) % (1::bigint << 48)), 12, '0')), '01', 'GH') AS reference,
    md5('buyer ' || number % 200000)::uuid AS buyer_id
FROM (
    SELECT booking_id, event_id, number, now() - interval '30 days' + number * interval '2 seconds' AS at
    FROM (
        SELECT b.id AS booking_id, b.event_id, row_number() OVER (ORDER BY md5(b.id::text || copy)) AS number
        FROM bookings b
        CROSS JOIN LATERAL generate_series(1, CASE
            WHEN b.event_id = :hot THEN :of_hot WHEN b.total_minor > 0 THEN :of_paid ELSE :of_each END) AS copy
    ) AS numbered
) AS dated;

INSERT INTO bookings SELECT new.* FROM copies c JOIN bookings b ON b.id = c.booking_id
CROSS JOIN LATERAL jsonb_populate_record(b, jsonb_build_object(
    'id', c.new_booking_id, 'reference', c.reference, 'buyer_id', c.buyer_id, 'hold_id', c.new_hold_id,
    'created_at', c.at, 'pay_by', c.at, 'decided_at', c.at,
    'paid_by', CASE WHEN b.paid_by IS NOT NULL THEN c.new_payment_id END)) AS new
ORDER BY c.number;

INSERT INTO tickets SELECT new.* FROM copies c JOIN tickets t ON t.booking_id = c.booking_id
CROSS JOIN LATERAL jsonb_populate_record(t, jsonb_build_object(
    'id', c.new_ticket_id, 'booking_id', c.new_booking_id, 'holder_id', c.buyer_id, 'issued_at', c.at)) AS new
ORDER BY c.number;

INSERT INTO payments SELECT new.* FROM copies c JOIN payments p ON p.booking_id = c.booking_id
CROSS JOIN LATERAL jsonb_populate_record(p, jsonb_build_object(
    'id', c.new_payment_id, 'booking_id', c.new_booking_id, 'session', p.session || c.number,
    'charge', p.charge || c.number, 'created_at', c.at, 'changed_at', c.at, 'charged_at', c.at)) AS new
ORDER BY c.number;

INSERT INTO ledger_entries SELECT new.* FROM copies c JOIN ledger_entries l ON l.booking_id = c.booking_id
CROSS JOIN LATERAL jsonb_populate_record(l, jsonb_build_object(
    'id', md5(l.id::text || c.number)::uuid, 'booking_id', c.new_booking_id, 'payment_id', c.new_payment_id,
    'at', c.at)) AS new
ORDER BY c.number;

INSERT INTO notices SELECT 'stripe', 'evt_copy_' || c.number, 'checkout.session.completed', c.at
FROM copies c JOIN payments p ON p.booking_id = c.booking_id;

UPDATE ticket_types t SET sold = t.sold + n.copies
FROM (SELECT event_id, count(*) AS copies FROM copies GROUP BY event_id) AS n WHERE n.event_id = t.event_id;
UPDATE sales s SET taken = s.taken + n.copies
FROM (SELECT event_id, count(*) AS copies FROM copies GROUP BY event_id) AS n WHERE n.event_id = s.event_id;

VACUUM (ANALYZE);

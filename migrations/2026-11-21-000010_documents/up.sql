-- Taxes in prices, whom invoices are from, and documents about money whose numbers have no gap.

ALTER TABLE ticket_types ADD COLUMN vat_basis_points integer NOT NULL DEFAULT 0
    CONSTRAINT ticket_types_vat_check CHECK (vat_basis_points BETWEEN 0 AND 10000);

CREATE TABLE organisation_billing (
    organisation_id uuid NOT NULL CONSTRAINT organisation_billing_pkey PRIMARY KEY
        CONSTRAINT organisation_billing_organisation_fkey REFERENCES organisations,
    name text NOT NULL,
    address text NOT NULL,
    vat_id text,
    iban text,
    number_prefix text NOT NULL,
    updated_at timestamptz NOT NULL
);

-- The row that whoever issues a document waits for: its lock is what makes numbers without a gap.
CREATE TABLE document_series (
    organisation_id uuid NOT NULL,
    year integer NOT NULL,
    last bigint NOT NULL,
    CONSTRAINT document_series_pkey PRIMARY KEY (organisation_id, year),
    CONSTRAINT document_series_last_check CHECK (last > 0)
) WITH (fillfactor = 50);

CREATE TABLE documents (
    id uuid NOT NULL CONSTRAINT documents_pkey PRIMARY KEY,
    organisation_id uuid NOT NULL,
    year integer NOT NULL,
    serial bigint NOT NULL,
    number text NOT NULL,
    kind text NOT NULL,
    -- Why there is one: `payment:<id>`, `refund:<id>`, `cancels:<id>`, `replaces:<id>`.
    origin text NOT NULL CONSTRAINT documents_origin_key UNIQUE,
    event_id uuid NOT NULL,
    booking_id uuid NOT NULL CONSTRAINT documents_booking_fkey REFERENCES bookings,
    issued_at timestamptz NOT NULL,
    -- All that is printed.
    body jsonb NOT NULL,
    CONSTRAINT documents_serial_key UNIQUE (organisation_id, year, serial),
    CONSTRAINT documents_number_key UNIQUE (organisation_id, number),
    CONSTRAINT documents_serial_check CHECK (serial > 0),
    CONSTRAINT documents_kind_check CHECK (kind IN ('receipt', 'invoice', 'credit_note', 'cancellation'))
);
CREATE INDEX documents_issued_at_idx ON documents (issued_at, id);
CREATE INDEX documents_organisation_idx ON documents (organisation_id, issued_at, id);
CREATE INDEX documents_event_idx ON documents (event_id, issued_at, id);
CREATE INDEX documents_booking_idx ON documents (booking_id, issued_at);

-- What was issued is final, whoever asks: a wrong document is cancelled by another one.
CREATE FUNCTION documents_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'documents are append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER documents_final_trigger BEFORE UPDATE OR DELETE ON documents
    FOR EACH ROW EXECUTE FUNCTION documents_are_final();
CREATE TRIGGER documents_final_table_trigger BEFORE TRUNCATE ON documents
    FOR EACH STATEMENT EXECUTE FUNCTION documents_are_final();

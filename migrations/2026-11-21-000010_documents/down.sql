DROP TABLE documents, document_series, organisation_billing;
DROP FUNCTION documents_are_final;
ALTER TABLE ticket_types DROP COLUMN vat_basis_points;

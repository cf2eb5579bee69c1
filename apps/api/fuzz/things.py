"""What fields of bodies name, by what stands before the same ids in a path."""

FIELDS = {
    "organisation_id": "organisations",
    "event_id": "events",
    "ticket_type_id": "ticket-types",
    "account_id": "users",
    "hold_id": "hold",
    "ticket_ids": "tickets",
}

"""Where ids of things belong: in paths and in bodies; and which calls nobody is answered well."""

import re

# What fields of bodies name.
FIELDS = {
    "organisation_id": "organisations",
    "event_id": "events",
    "ticket_type_id": "ticket-types",
    "ticket_type_ids": "ticket-types",
    "unlocks": "ticket-types",
    "account_id": "users",
    "hold_id": "hold",
    "ticket_ids": "tickets",
    "section_id": "sections",
    "quota_id": "quotas",
    "seat_id": "seats",
    # In bodies only seats are named so.
    "id": "seats",
    "seat_ids": "seats",
    "venue_template_id": "venue-templates",
    "voucher": "voucher-codes",
    "album_id": "albums",
    "ids": "images",
    "upload_id": "recordings",
}

# What parameters of paths name, where it is something else than what stands before them.
PARAMETERS = {
    "GET /invites/{code}": {"code": "codes"},
    "GET /events/{event}": {"event": "events"},
    "GET /events/{id}/seats": {"id": "seated"},
    "GET /calendar/{token}.ics": {"token": "calendars"},
    "GET /users/{user_id}/tickets": {"user_id": "me"},
    "DELETE /users/me/invites/{id}": {"id": "gifts"},
    "GET /bookings/{id}": {"id": "own bookings"},
    "POST /bookings/{id}/pay": {"id": "own pending"},
    "GET /bookings/{id}/cancellation-preview": {"id": "own bookings"},
    "POST /bookings/{id}/cancel": {"id": "own bookings"},
    "POST /bookings/{id}/request-cancel": {"id": "own bookings"},
    "GET /bookings/{id}/documents": {"id": "own paid"},
    "POST /bookings/{id}/invoice": {"id": "own paid"},
    "POST /tickets/{id}/return": {"id": "giving back"},
    "DELETE /tickets/{id}/return": {"id": "given back"},
    "POST /tickets/{id}/undo-check-in": {"id": "checked"},
    "GET /transfers/{id}": {"id": "outgoing"},
    "DELETE /transfers/{id}": {"id": "outgoing"},
    "POST /transfers/{id}/accept": {"id": "incoming"},
    "POST /transfers/{id}/decline": {"id": "unwanted"},
    "GET /waitlist/status/{event_id}": {"event_id": "full"},
    "DELETE /waitlist/{event_id}": {"event_id": "full"},
    "PUT /admin/events/{id}": {"id": "drafts"},
    "DELETE /admin/events/{id}": {"id": "drafts"},
    "POST /admin/events/{id}/cancel": {"id": "ending"},
    "POST /admin/events/{id}/publish": {"id": "drafts"},
    "PUT /admin/events/{id}/seats": {"id": "seated"},
    "DELETE /admin/organisations/{id}": {"id": "bare organisations"},
    "POST /admin/organisations/{id}/hooks": {"id": "calling"},
    "DELETE /admin/organisations/{id}/members/{account_id}": {"account_id": "members"},
    "POST /admin/announcements/{id}/cancel": {"id": "scheduled announcements"},
    "POST /admin/bookings/{id}/mark-paid": {"id": "awaiting"},
    "POST /admin/bookings/{id}/refund": {"id": "free bookings"},
    "POST /admin/bookings/{id}/cancellation-request": {"id": "asked"},
    "GET /admin/mail/{id}/attachments/{place}": {"place": "places"},
    "POST /admin/events/{id}/reachability/{ticket_id}/resend": {"id": "held", "ticket_id": "held tickets"},
    "POST /gallery/images/{id}/removal-request": {"id": "asked for"},
    "POST /admin/removal-requests/{id}/agree": {"id": "to be agreed"},
    "POST /admin/removal-requests/{id}/refuse": {"id": "to be refused"},
    "POST /admin/uploads/{id}/complete": {"id": "whole uploads"},
    "POST /admin/sets/{id}/retry": {"id": "failed sets"},
    "GET /music/sets/{id}/hls/{pass}/{file}": {"id": "heard", "pass": "passes", "file": "playlists"},
}

# What stands before an id, where things have another name.
BEFORE = {
    "entries": "full", "stats": "full", "notify": "full", "settings": "full", "tree": "users", "me": "users",
}


def named(method, path):
    """What each parameter of a path names."""
    short = path.removeprefix("/api/v1")
    found = {name: BEFORE.get(part, part) for part, name in re.findall(r"([\w-]+)/\{(\w+)\}", short)}
    found.update(PARAMETERS.get(f"{method.upper()} {short}", {}))
    return found


# Calls that nobody is answered well here, and why.
NEVER = {
    "DELETE /api/v1/admin/jobs/{id}": "no job has failed",
    "GET /api/v1/admin/backups/{id}": "nobody said where backups go, and there is none",
    "GET /api/v1/events/{id}/stream": "its answer goes on for ever",
    "GET /api/v1/tickets/{id}/google-wallet": "no service account is configured",
    "POST /api/v1/admin/backups": "nobody said where backups go",
    "POST /api/v1/admin/backups/{id}/verify": "nobody said where backups go",
    "POST /api/v1/admin/bookings/{id}/refunds/{refund_id}/retry": "no refund has failed",
    "POST /api/v1/admin/daily-close/{date}/tasks/{id}/resolve": "every day that is closed is right",
    "POST /api/v1/admin/jobs/{id}/retry": "no job has failed",
    "POST /api/v1/auth/change-email": "its token is in a mail",
    "POST /api/v1/auth/change-password": "all others log in with the old one",
    "POST /api/v1/auth/refresh": "its token is known to a session of its own only",
    "POST /api/v1/auth/reset-password": "its token is in a mail",
    "POST /api/v1/users/me/totp/confirm": "its code is shown by a device, and all others log in without",
    "POST /api/v1/users/me/totp/recovery-codes": "its code is shown by a device",
    "DELETE /api/v1/users/me/totp": "its code is shown by a device",
    "DELETE /api/v1/admin/mail/{id}/suppression": "no mail came back",
    "POST /api/v1/webhooks/mail": "its signature is that of whoever passes reports on",
    "POST /api/v1/webhooks/paypal": "its signature is the provider's",
}

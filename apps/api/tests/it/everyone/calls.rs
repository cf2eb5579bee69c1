//! What is asked of each call, and which there are.

use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A body that gets as far as the question of who may.
pub(super) fn body(route: &str) -> Value {
    let id = "01900000-0000-7000-8000-000000000000";
    match route.split_once(' ').map_or("", |(_, path)| path) {
        "/api/v1/admin/payments/incidents/{id}/resolve" => json!({"resolution": "nothing", "note": "seen"}),
        "/api/v1/admin/bookings/{id}/mark-paid" => json!({"provider": "cash"}),
        "/api/v1/users/me/mail-preferences" => json!({"news": true, "events": true}),
        "/api/v1/admin/maintenance" => json!({"read_only": false}),
        "/api/v1/admin/daily-close/{date}/tasks/{id}/resolve" => json!({"note": "seen"}),
        "/api/v1/tickets/{id}/transfer" => json!({"email": "friend@example.org"}),
        "/api/v1/admin/events/{id}/check-in/sync" => json!({"scans": [
            {"nonce": "x", "code": "x", "at": "2031-01-01T20:00:00Z", "verdict": "admitted"},
        ]}),
        "/api/v1/waitlist" => json!({"event_id": id}),
        "/api/v1/admin/waitlist/notify/{event_id}" => json!({"count": 1}),
        "/api/v1/admin/waitlist/settings/{event_id}" => json!({"offers": "manual", "returns_allowed": true}),
        "/api/v1/tickets/verify" => json!({"code": "x", "event_id": id}),
        "/api/v1/admin/events/{id}/reachability/{ticket_id}/resend" => json!({"to": "account"}),
        "/api/v1/admin/mail/test" => json!({"template": "tickets"}),
        "/api/v1/admin/organisations" => json!({"name": "Other people", "slug": "other-people"}),
        "/api/v1/admin/organisations/{id}" => json!({"name": "Other people"}),
        "/api/v1/admin/organisations/{id}/members" => json!({"account_id": id, "role": "door"}),
        "/api/v1/admin/bookings/{id}/refund" => json!({"reason": "because"}),
        "/api/v1/admin/bookings/{id}/cancellation-request" => json!({"decision": "refuse"}),
        "/api/v1/admin/documents/{id}/cancel" => json!({"reason": "wrong"}),
        "/api/v1/admin/organisations/{id}/billing" | "/api/v1/bookings/{id}/invoice" => {
            json!({"name": "House", "address": "Street 1"})
        }
        "/api/v1/admin/organisations/{id}/hooks" | "/api/v1/admin/hooks/{id}" => {
            json!({"url": "http://127.0.0.1:9/hook"})
        }
        "/api/v1/admin/users/{id}" => json!({"status": "active"}),
        "/api/v1/admin/users/{id}/invite-budget" => json!({"budget": 1}),
        "/api/v1/admin/events" | "/api/v1/admin/events/{id}" => json!({
            "organisation_id": id, "title": "Night", "starts_at": "2031-01-01T20:00:00Z",
            "ends_at": "2031-01-02T02:00:00Z", "timezone": "Europe/Berlin", "currency": "EUR",
            "location": {"area": "Centre"},
        }),
        "/api/v1/admin/events/{id}/vouchers" | "/api/v1/admin/vouchers/{id}" => json!({"percent": 10}),
        "/api/v1/admin/albums" => json!({"title": "The night"}),
        "/api/v1/admin/images" if route.starts_with("PATCH") => json!({"ids": [id], "published": true}),
        "/api/v1/admin/images" | "/api/v1/admin/images/retry" | "/api/v1/admin/jobs/retry" => {
            json!({"ids": [id]})
        }
        "/api/v1/admin/images/{id}" => json!({"caption": "Lights"}),
        "/api/v1/admin/sets" => json!({"title": "The night", "artist": "Ada", "upload_id": id}),
        "/api/v1/music/sets/{id}/position" => json!({"seconds": 1}),
        "/api/v1/admin/uploads" => {
            json!({"kind": "set", "filename": "night.mp3", "size": 5, "content_type": "audio/mpeg"})
        }
        "/api/v1/admin/venue-templates" => json!({"organisation_id": id, "name": "The hall"}),
        "/api/v1/admin/venue-templates/{id}" | "/api/v1/admin/venue-templates/{id}/sections/{section_id}" => {
            json!({"name": "The hall"})
        }
        "/api/v1/admin/venue-templates/{id}/sections" => {
            json!({"name": "Stalls", "row_start": "A", "row_end": "C", "seats_per_row": 10})
        }
        "/api/v1/admin/events/{id}/seats" => json!({"seats": []}),
        "/api/v1/admin/events/{id}/quotas" | "/api/v1/admin/quotas/{id}" => {
            json!({"name": "The hall", "quantity": 10})
        }
        "/api/v1/admin/events/{id}/ticket-types" | "/api/v1/admin/ticket-types/{id}" => {
            json!({"name": "Entry", "price": {"amount": 1000, "currency": "EUR"}, "quantity": 10})
        }
        _ => json!({}),
    }
}

/// Every call of the document, as method and path.
pub(super) fn served() -> BTreeSet<String> {
    let document = synesthesie::http::openapi::document();
    let paths = document.paths.paths.iter();
    paths
        .flat_map(|(path, item)| {
            let methods = synesthesie::http::missing::methods(item).into_iter();
            methods.map(move |method| format!("{method} {path}"))
        })
        .collect()
}

//! Every route × every role: whoever adds a route says here whom it is for.

use crate::harness::{Answer, Client, TestApp, answer, method};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Whom a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    /// Everybody, also without a token.
    Everybody,
    /// Whoever is logged in; what belongs to others does not exist for them.
    Users,
    /// Admins, and those who run the event or organisation in question, or stand at its door.
    Organisers,
    /// Admins alone.
    Admins,
}

use For::{Admins, Everybody, Organisers, Users};

const ROUTES: &[(For, &str)] = &[
    (Everybody, "GET /docs"),
    // The scanner's page; what it asks for is asked with a token.
    (Everybody, "GET /door"),
    (Everybody, "GET /door/camera.mjs"),
    (Everybody, "GET /door/list.mjs"),
    (Everybody, "GET /door/page.css"),
    (Everybody, "GET /door/page.mjs"),
    (Everybody, "GET /door/qr/decode.js"),
    (Everybody, "GET /door/qr/index.js"),
    (Everybody, "GET /door/scanner.mjs"),
    (Everybody, "GET /door/worker.js"),
    (Everybody, "GET /events/{event}"),
    (Everybody, "GET /health/live"),
    (Everybody, "GET /health/ready"),
    (Everybody, "GET /metrics"),
    (Everybody, "GET /openapi.json"),
    (Everybody, "GET /reset-password"),
    (Everybody, "GET /verify-email"),
    (Everybody, "POST /api/v1/auth/register"),
    (Everybody, "POST /api/v1/auth/login"),
    (Everybody, "POST /api/v1/auth/refresh"),
    (Everybody, "POST /api/v1/auth/forgot-password"),
    (Everybody, "POST /api/v1/auth/reset-password"),
    (Everybody, "POST /api/v1/auth/verify-email"),
    (Everybody, "GET /api/v1/invites/{code}"),
    // Signed by the provider instead.
    (Everybody, "POST /api/v1/webhooks/stripe"),
    (Everybody, "POST /api/v1/webhooks/paypal"),
    // A browser that comes back from a provider has no token.
    (Everybody, "GET /api/v1/payments/{id}/return"),
    // Open to the public if the event is.
    (Everybody, "GET /api/v1/events"),
    (Everybody, "GET /api/v1/events/upcoming"),
    (Everybody, "GET /api/v1/events/{event}"),
    // Calendar programs cannot log in: the address is the secret.
    (Everybody, "GET /api/v1/calendar/{token}.ics"),
    (Users, "POST /api/v1/auth/logout"),
    (Users, "POST /api/v1/auth/logout-all"),
    (Users, "POST /api/v1/auth/change-password"),
    (Users, "GET /api/v1/users/me"),
    (Users, "PATCH /api/v1/users/me"),
    (Users, "DELETE /api/v1/users/me"),
    (Users, "GET /api/v1/users/me/export"),
    (Users, "GET /api/v1/users/me/sessions"),
    (Users, "DELETE /api/v1/users/me/sessions/{id}"),
    (Users, "GET /api/v1/users/me/invites"),
    (Users, "POST /api/v1/users/me/invites"),
    (Users, "DELETE /api/v1/users/me/invites/{id}"),
    (Users, "GET /api/v1/events/{id}/ticket-types"),
    (Users, "GET /api/v1/events/{id}/availability"),
    (Users, "GET /api/v1/events/{id}/sections"),
    (Users, "GET /api/v1/events/{id}/seats"),
    (Users, "GET /api/v1/events/{id}/stream"),
    (Users, "GET /api/v1/events/{id}/calendar.ics"),
    (Users, "POST /api/v1/users/me/calendar"),
    (Users, "GET /api/v1/users/me/calendar"),
    (Users, "DELETE /api/v1/users/me/calendar"),
    (Users, "POST /api/v1/seats/hold"),
    (Users, "DELETE /api/v1/seats/hold/{hold_id}"),
    (Users, "GET /api/v1/seats/hold/{hold_id}"),
    (Users, "GET /api/v1/seats/hold/{hold_id}/validate"),
    (Users, "POST /api/v1/bookings/confirm"),
    (Users, "GET /api/v1/bookings/{id}"),
    (Users, "POST /api/v1/bookings/{id}/pay"),
    (Users, "GET /api/v1/bookings/{id}/cancellation-preview"),
    (Users, "POST /api/v1/bookings/{id}/cancel"),
    (Users, "POST /api/v1/bookings/{id}/request-cancel"),
    // Of those who run the event; for others there is none.
    (Users, "GET /api/v1/jobs/{id}"),
    (Users, "GET /api/v1/users/bookings"),
    (Users, "GET /api/v1/users/{user_id}/tickets"),
    (Users, "POST /api/v1/tickets/{id}/transfer"),
    (Users, "GET /api/v1/users/me/transfers"),
    (Users, "GET /api/v1/transfers/{id}"),
    (Users, "POST /api/v1/transfers/{id}/accept"),
    (Users, "POST /api/v1/transfers/{id}/decline"),
    (Users, "DELETE /api/v1/transfers/{id}"),
    (Users, "GET /api/v1/tickets/{id}"),
    (Users, "POST /api/v1/tickets/{id}/return"),
    (Users, "DELETE /api/v1/tickets/{id}/return"),
    (Users, "GET /api/v1/users/me/returns"),
    (Users, "POST /api/v1/waitlist"),
    (Users, "GET /api/v1/waitlist/status/{event_id}"),
    (Users, "DELETE /api/v1/waitlist/{event_id}"),
    (Organisers, "GET /api/v1/admin/waitlist/entries/{event_id}"),
    (Organisers, "GET /api/v1/admin/waitlist/stats/{event_id}"),
    (Organisers, "POST /api/v1/admin/waitlist/notify/{event_id}"),
    (Organisers, "GET /api/v1/admin/waitlist/settings/{event_id}"),
    (Organisers, "PUT /api/v1/admin/waitlist/settings/{event_id}"),
    (Organisers, "GET /api/v1/admin/events/{id}/returns"),
    (Users, "GET /api/v1/tickets/{id}/qr.png"),
    (Users, "GET /api/v1/tickets/{id}/qr.svg"),
    (Users, "GET /api/v1/tickets/{id}/ticket.pdf"),
    (Users, "GET /api/v1/tickets/{id}/pass.pkpass"),
    (Users, "GET /api/v1/tickets/{id}/google-wallet"),
    // Also for those who run the event.
    (Users, "GET /api/v1/bookings/{id}/documents"),
    (Users, "POST /api/v1/bookings/{id}/invoice"),
    (Users, "GET /api/v1/documents/{id}.pdf"),
    (Organisers, "GET /api/v1/admin/documents"),
    (Organisers, "GET /api/v1/admin/documents.csv"),
    (Organisers, "POST /api/v1/admin/documents/{id}/cancel"),
    (Organisers, "GET /api/v1/admin/organisations/{id}/billing"),
    (Organisers, "PUT /api/v1/admin/organisations/{id}/billing"),
    (Organisers, "POST /api/v1/tickets/verify"),
    (Organisers, "POST /api/v1/tickets/{id}/undo-check-in"),
    (Organisers, "GET /api/v1/admin/events/{id}/check-in/stats"),
    (Organisers, "GET /api/v1/admin/events/{id}/check-in/bundle"),
    (Organisers, "GET /api/v1/admin/events/{id}/check-in/conflicts"),
    (Organisers, "POST /api/v1/admin/events/{id}/check-in/sync"),
    (Organisers, "GET /api/v1/admin/payments/disputes/{id}/evidence"),
    (Organisers, "GET /api/v1/admin/events"),
    (Organisers, "GET /api/v1/admin/organisations"),
    (Organisers, "POST /api/v1/admin/events"),
    (Organisers, "GET /api/v1/admin/events/{id}"),
    (Organisers, "PUT /api/v1/admin/events/{id}"),
    (Organisers, "DELETE /api/v1/admin/events/{id}"),
    (Organisers, "POST /api/v1/admin/events/{id}/deactivate"),
    (Organisers, "POST /api/v1/admin/events/{id}/publish"),
    (Organisers, "POST /api/v1/admin/events/{id}/duplicate"),
    (Organisers, "GET /api/v1/admin/events/{id}/address-views"),
    (Organisers, "POST /api/v1/admin/events/{id}/cancel"),
    (Organisers, "GET /api/v1/admin/events/{id}/cancellation-policy"),
    (Organisers, "POST /api/v1/admin/events/{id}/cancellation-policy"),
    (Organisers, "PUT /api/v1/admin/events/{id}/cancellation-policy"),
    (Organisers, "GET /api/v1/admin/events/{id}/bookings"),
    (Organisers, "GET /api/v1/admin/bookings/{id}"),
    (Organisers, "POST /api/v1/admin/bookings/{id}/refund"),
    (Organisers, "POST /api/v1/admin/bookings/{id}/refunds/{refund_id}/retry"),
    (Organisers, "POST /api/v1/admin/bookings/{id}/cancellation-request"),
    (Organisers, "GET /api/v1/admin/cancellation-requests"),
    (Organisers, "GET /api/v1/admin/events/{id}/publish-check"),
    (Organisers, "GET /api/v1/admin/venue-templates"),
    (Organisers, "POST /api/v1/admin/venue-templates"),
    (Organisers, "GET /api/v1/admin/venue-templates/{id}"),
    (Organisers, "PUT /api/v1/admin/venue-templates/{id}"),
    (Organisers, "DELETE /api/v1/admin/venue-templates/{id}"),
    (Organisers, "GET /api/v1/admin/venue-templates/{id}/sections"),
    (Organisers, "POST /api/v1/admin/venue-templates/{id}/sections"),
    (Organisers, "PUT /api/v1/admin/venue-templates/{id}/sections/{section_id}"),
    (Organisers, "DELETE /api/v1/admin/venue-templates/{id}/sections/{section_id}"),
    (Organisers, "PUT /api/v1/admin/events/{id}/seats"),
    (Organisers, "GET /api/v1/admin/events/{id}/quotas"),
    (Organisers, "POST /api/v1/admin/events/{id}/quotas"),
    (Organisers, "PUT /api/v1/admin/quotas/{id}"),
    (Organisers, "DELETE /api/v1/admin/quotas/{id}"),
    (Organisers, "GET /api/v1/admin/events/{id}/vouchers"),
    (Organisers, "POST /api/v1/admin/events/{id}/vouchers"),
    (Organisers, "GET /api/v1/admin/vouchers/{id}"),
    (Organisers, "PUT /api/v1/admin/vouchers/{id}"),
    (Organisers, "DELETE /api/v1/admin/vouchers/{id}"),
    (Organisers, "GET /api/v1/admin/vouchers/{id}/uses"),
    (Organisers, "GET /api/v1/admin/events/{id}/ticket-types"),
    (Organisers, "POST /api/v1/admin/events/{id}/ticket-types"),
    (Organisers, "PUT /api/v1/admin/ticket-types/{id}"),
    (Organisers, "DELETE /api/v1/admin/ticket-types/{id}"),
    (Organisers, "GET /api/v1/admin/organisations/{id}"),
    (Organisers, "GET /api/v1/admin/organisations/{id}/members"),
    (Organisers, "POST /api/v1/admin/organisations/{id}/members"),
    (Organisers, "DELETE /api/v1/admin/organisations/{id}/members/{account_id}"),
    (Organisers, "GET /api/v1/admin/bookings"),
    (Organisers, "GET /api/v1/admin/payments"),
    (Organisers, "GET /api/v1/admin/payments/stuck"),
    (Organisers, "GET /api/v1/admin/payments/incidents"),
    (Organisers, "POST /api/v1/admin/payments/incidents/{id}/resolve"),
    (Organisers, "POST /api/v1/admin/bookings/{id}/mark-paid"),
    (Organisers, "POST /api/v1/admin/refunds/{id}/mark-sent"),
    (Organisers, "GET /api/v1/admin/ledger"),
    (Organisers, "GET /api/v1/admin/ledger/balances"),
    (Organisers, "GET /api/v1/admin/ledger/export"),
    (Organisers, "GET /api/v1/admin/audit"),
    (Organisers, "GET /api/v1/admin/audit/export"),
    (Admins, "GET /api/v1/admin/users"),
    (Admins, "PATCH /api/v1/admin/users/{id}"),
    (Admins, "GET /api/v1/admin/users/{id}/invite-budget"),
    (Admins, "PUT /api/v1/admin/users/{id}/invite-budget"),
    (Admins, "GET /api/v1/admin/invites/tree"),
    (Admins, "POST /api/v1/admin/invites/tree/{account}/freeze"),
    (Admins, "POST /api/v1/admin/invites/tree/{account}/unfreeze"),
    (Admins, "GET /api/v1/admin/invites"),
    (Admins, "POST /api/v1/admin/invites"),
    (Admins, "DELETE /api/v1/admin/invites/{id}"),
    (Admins, "POST /api/v1/admin/organisations"),
    (Admins, "PATCH /api/v1/admin/organisations/{id}"),
    (Admins, "DELETE /api/v1/admin/organisations/{id}"),
    (Admins, "GET /api/v1/admin/jobs"),
    (Admins, "POST /api/v1/admin/jobs/{id}/retry"),
    (Admins, "GET /api/v1/admin/daily-close"),
    (Admins, "GET /api/v1/admin/daily-close/{date}"),
    (Admins, "POST /api/v1/admin/daily-close/{date}"),
    (Admins, "POST /api/v1/admin/daily-close/{date}/tasks/{id}/resolve"),
    (Admins, "GET /api/v1/admin/mail"),
    (Admins, "GET /api/v1/admin/mail/{id}/attachments/{place}"),
];

/// A body that gets as far as the question of who may.
pub(crate) fn body(route: &str) -> Value {
    let id = "01900000-0000-7000-8000-000000000000";
    match route.split_once(' ').map_or("", |(_, path)| path) {
        "/api/v1/admin/payments/incidents/{id}/resolve" => json!({"resolution": "nothing", "note": "seen"}),
        "/api/v1/admin/bookings/{id}/mark-paid" => json!({"provider": "cash"}),
        "/api/v1/admin/daily-close/{date}/tasks/{id}/resolve" => json!({"note": "seen"}),
        "/api/v1/tickets/{id}/transfer" => json!({"email": "friend@example.org"}),
        "/api/v1/admin/events/{id}/check-in/sync" => json!({"scans": [
            {"nonce": "x", "code": "x", "at": "2031-01-01T20:00:00Z", "verdict": "admitted"},
        ]}),
        "/api/v1/waitlist" => json!({"event_id": id}),
        "/api/v1/admin/waitlist/notify/{event_id}" => json!({"count": 1}),
        "/api/v1/admin/waitlist/settings/{event_id}" => json!({"offers": "manual", "returns_allowed": true}),
        "/api/v1/tickets/verify" => json!({"code": "x", "event_id": id}),
        "/api/v1/admin/organisations" => json!({"name": "Other people", "slug": "other-people"}),
        "/api/v1/admin/organisations/{id}" => json!({"name": "Other people"}),
        "/api/v1/admin/organisations/{id}/members" => json!({"account_id": id, "role": "door"}),
        "/api/v1/admin/bookings/{id}/refund" => json!({"reason": "because"}),
        "/api/v1/admin/bookings/{id}/cancellation-request" => json!({"decision": "refuse"}),
        "/api/v1/admin/documents/{id}/cancel" => json!({"reason": "wrong"}),
        "/api/v1/admin/organisations/{id}/billing" | "/api/v1/bookings/{id}/invoice" => {
            json!({"name": "House", "address": "Street 1"})
        }
        "/api/v1/admin/users/{id}" => json!({"status": "active"}),
        "/api/v1/admin/users/{id}/invite-budget" => json!({"budget": 1}),
        "/api/v1/admin/events" | "/api/v1/admin/events/{id}" => json!({
            "organisation_id": id, "title": "Night", "starts_at": "2031-01-01T20:00:00Z",
            "ends_at": "2031-01-02T02:00:00Z", "timezone": "Europe/Berlin", "currency": "EUR",
            "location": {"area": "Centre"},
        }),
        "/api/v1/admin/events/{id}/vouchers" | "/api/v1/admin/vouchers/{id}" => json!({"percent": 10}),
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

async fn call(client: &Client, route: &str) -> Answer {
    let (name, pattern) = route.split_once(' ').unwrap();
    let path: Vec<&str> = pattern
        .split('/')
        .map(|part| match part {
            "{place}" => "0",
            "{token}.ics" => "Q6Xn5o0wJvY4cQ7yq1mZkq3o5x6rQe9b0uJfTn8sVYE.ics",
            "{id}.pdf" => "01900000-0000-7000-8000-000000000000.pdf",
            part if part.starts_with('{') => "01900000-0000-7000-8000-000000000000",
            part => part,
        })
        .collect();
    let request = client.request(method(name), &path.join("/"));
    answer(if name == "GET" { request } else { request.json(&body(route)) }).await
}

/// Every call of the document, as method and path.
pub(crate) fn served() -> BTreeSet<String> {
    let document = synesthesie::http::openapi::document();
    let paths = document.paths.paths.iter();
    paths
        .flat_map(|(path, item)| {
            let methods = synesthesie::http::missing::methods(item).into_iter();
            methods.map(move |method| format!("{method} {path}"))
        })
        .collect()
}

#[tokio::test]
async fn the_table_names_every_route_and_no_other() {
    assert_eq!(served(), ROUTES.iter().map(|(_, route)| (*route).to_owned()).collect());
}

#[tokio::test]
async fn whoever_has_no_token_gets_only_what_is_for_everybody() {
    let app = TestApp::start().await;
    for (whom, route) in ROUTES {
        let answer = call(&app.stranger(), route).await;
        assert!(answer.status < 500, "{route}: {}", answer.text);
        match whom {
            Everybody => assert!(![401, 403].contains(&answer.status) || route.contains("/auth/"), "{route}"),
            Users | Organisers | Admins => assert_eq!(answer.status, 401, "{route}: {}", answer.text),
        }
    }
}

#[tokio::test]
async fn members_get_neither_at_what_is_for_admins_nor_at_what_others_run() {
    let app = TestApp::start().await;
    for (whom, route) in ROUTES {
        // A new one each time: some routes log out.
        let answer = call(&app.member().await.client, route).await;
        assert!(answer.status < 500, "{route}: {}", answer.text);
        match whom {
            Admins => assert_eq!(answer.status, 403, "{route}: {}", answer.text),
            Organisers => assert!([403, 404].contains(&answer.status), "{route}: {}", answer.text),
            Users => assert!(![401, 403].contains(&answer.status), "{route}: {}", answer.text),
            Everybody => assert!(answer.status != 403, "{route}: {}", answer.text),
        }
    }
}

#[tokio::test]
async fn admins_are_refused_nothing() {
    let app = TestApp::start().await;
    for (_, route) in ROUTES {
        let answer = call(&app.admin().await.client, route).await;
        assert!(answer.status < 500 && answer.status != 403, "{route}: {}", answer.text);
        assert!(answer.status != 401 || route.contains("/auth/"), "{route}: {}", answer.text);
    }
}

//! The pages that mails and calendars link to. Whoever builds a front end puts its own at the same addresses.
//!
//! The token stands behind `#`, which browsers send to no server; the page's script sends it on.

use actix_web::http::header;
use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(verify_email_page)
        .service(change_email_page)
        .service(reset_password_page)
        .service(unsubscribe_page)
        .service(event_page);
}

/// Confirms the address at once.
const VERIFY: &str = r#"<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Confirm your address</title><h1>Confirm your address</h1><p id="said" role="status">One moment.</p>
<script>
const token = new URLSearchParams(location.hash.slice(1)).get("token");
const said = document.getElementById("said");
fetch("/api/v1/auth/verify-email", {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify({token})})
  .then(answer => { said.textContent = answer.ok ? "Thank you: mail reaches you here." : "This link works no more." })
  .catch(() => { said.textContent = "The server cannot be reached. Please try again." });
</script></html>"#;

/// Makes the address that of the account at once.
const CHANGE: &str = r#"<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Change your address</title><h1>Change your address</h1><p id="said" role="status">One moment.</p>
<script>
const token = new URLSearchParams(location.hash.slice(1)).get("token");
const said = document.getElementById("said");
fetch("/api/v1/auth/change-email", {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify({token})})
  .then(answer => { said.textContent = answer.ok ? "Thank you: from now on you log in with this address." : "This link works no more." })
  .catch(() => { said.textContent = "The server cannot be reached. Please try again." });
</script></html>"#;

/// Asks for the new password.
const RESET: &str = r#"<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Set a new password</title><h1>Set a new password</h1>
<form id="form"><p><label>New password (10 to 72 bytes)<br>
<input id="password" type="password" autocomplete="new-password" minlength="10" required></label></p>
<p><button>Set it</button></p></form><p id="said" role="status"></p>
<script>
const token = new URLSearchParams(location.hash.slice(1)).get("token");
const said = document.getElementById("said");
document.getElementById("form").addEventListener("submit", event => {
  event.preventDefault();
  const new_password = document.getElementById("password").value;
  fetch("/api/v1/auth/reset-password", {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify({token, new_password})})
    .then(async answer => { said.textContent = answer.ok ? "Done: log in with the new password." : (await answer.json().catch(() => ({detail: "Please try again."}))).detail; })
    .catch(() => { said.textContent = "The server cannot be reached. Please try again." });
});
</script></html>"#;

/// Leaves a list when its button is pressed, and not before: programs open links as well.
const UNSUBSCRIBE: &str = r#"<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>No more of these mails</title><h1>No more of these mails</h1>
<p>What you have to get, your tickets above all, comes all the same. In your profile you can change your mind.</p>
<form id="form"><p><button>I want no more of them</button></p></form><p id="said" role="status"></p>
<script>
const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? location.pathname.split("/").pop();
const said = document.getElementById("said");
document.getElementById("form").addEventListener("submit", event => {
  event.preventDefault();
  fetch("/api/v1/unsubscribe/" + encodeURIComponent(token), {method: "POST"})
    .then(answer => { said.textContent = answer.ok ? "Done: you get no more of these mails." : "This link does not work." })
    .catch(() => { said.textContent = "The server cannot be reached. Please try again." });
});
</script></html>"#;

/// What everybody may know of an event; who may know more is told by the app that they log in to.
const EVENT: &str = r#"<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Event</title><h1 id="title">One moment.</h1><p id="when"></p><p id="where"></p><div id="what"></div>
<script>
const show = (id, text) => { document.getElementById(id).textContent = text; };
fetch("/api/v1/events/" + location.pathname.split("/").pop())
  .then(async answer => {
    if (!answer.ok) { show("title", "This event is not open to everybody, or there is none here. Log in to see what is open to you."); return; }
    const event = await answer.json();
    document.title = event.title;
    show("title", event.title);
    const told = {dateStyle: "full", timeStyle: "short", timeZone: event.timezone};
    show("when", new Date(event.starts_at).toLocaleString(undefined, told) + " (" + event.timezone + ")");
    show("where", [event.location.address, event.location.area].filter(Boolean).join(", "));
    const lines = (event.description ?? "").split("\n");
    if (event.status === "cancelled") lines.unshift("It does not take place.");
    document.getElementById("what").append(...lines.map(line => Object.assign(document.createElement("p"), {textContent: line})));
  })
  .catch(() => { show("title", "The server cannot be reached. Please try again."); });
</script></html>"#;

/// A page that may run its own script and talk to this server alone.
fn page(html: &'static str) -> HttpResponse {
    let policy = "default-src 'none'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'";
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .body(html)
}

/// The page that confirms an address.
#[utoipa::path(tag = "operations", responses((status = 200, content_type = "text/html", body = String)))]
#[get("/verify-email")]
async fn verify_email_page() -> HttpResponse {
    page(VERIFY)
}

/// The page that makes another address somebody's.
#[utoipa::path(tag = "operations", responses((status = 200, content_type = "text/html", body = String)))]
#[get("/change-email")]
async fn change_email_page() -> HttpResponse {
    page(CHANGE)
}

/// The page that sets a new password.
#[utoipa::path(tag = "operations", responses((status = 200, content_type = "text/html", body = String)))]
#[get("/reset-password")]
async fn reset_password_page() -> HttpResponse {
    page(RESET)
}

/// What a link to leave a list shows.
pub(super) fn leaving() -> HttpResponse {
    page(UNSUBSCRIBE)
}

/// The page that leaves a list of mails.
#[utoipa::path(tag = "operations", responses((status = 200, content_type = "text/html", body = String)))]
#[get("/unsubscribe")]
async fn unsubscribe_page() -> HttpResponse {
    leaving()
}

/// The page of an event, by its slug or id.
#[utoipa::path(tag = "operations", params(("event" = String, Path)),
    responses((status = 200, content_type = "text/html", body = String)))]
#[get("/events/{event}")]
async fn event_page() -> HttpResponse {
    page(EVENT)
}

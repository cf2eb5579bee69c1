//! Every route, registered once; the OpenAPI document follows from it.

use super::hooks;
use super::{
    accounts, address_views, admin, audit, auth, calendars, daily_close, docs, health, invites, jobs, openapi,
};
use super::{albums, announcements, archive, gallery, images, removals, unsubscribe};
use super::{analytics, backups, dashboard, event_analytics, growth};
use super::{
    billing, bookings, by_hand, called_off, cancellation, disputes, documents, door, duplicates, holds,
    incidents, ledger, mail, mail_reports, mail_templates, maintenance, pages, payments, reachability,
    tickets, transfers, webhooks,
};
use super::{egress, emails, export, files, totp, uploads};
use super::{events, organisations, organisers, policies, quotas, refunds, ticket_types};
use super::{hls, music, sets};
use super::{invite_tree, my_invites, offline, returns, scanner, vouchers, waitlist, waitlists, wallet};
use super::{seats, venues};
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

/// What every call of the API begins with.
pub const BASE: &str = "/api/v1";

/// All routes. A new one is one `.service(...)` here.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(health::live)
        .service(health::ready)
        .service(health::metrics)
        .service(openapi::openapi_json)
        .service(docs::docs)
        .configure(pages::routes)
        .configure(scanner::routes)
        .configure(files::routes)
        .service(scope::scope(BASE).configure(api));
}

fn api(config: &mut ServiceConfig) {
    config
        .configure(auth::routes)
        .configure(accounts::routes)
        .configure(export::routes)
        .configure(totp::routes)
        .configure(emails::routes)
        .configure(admin::routes)
        .configure(invites::routes)
        .configure(my_invites::routes)
        .configure(invite_tree::routes)
        .configure(events::routes)
        .configure(calendars::routes)
        .configure(dashboard::routes)
        .configure(analytics::routes)
        .configure(growth::routes)
        .configure(event_analytics::routes)
        .configure(reachability::routes)
        .configure(announcements::routes)
        .configure(unsubscribe::routes)
        .configure(organisers::routes)
        .configure(duplicates::routes)
        .configure(address_views::routes)
        .configure(ticket_types::routes)
        .configure(quotas::routes)
        .configure(vouchers::routes)
        .configure(venues::routes)
        .configure(seats::routes)
        .configure(policies::routes)
        .configure(organisations::routes)
        .configure(billing::routes)
        .configure(hooks::routes)
        .configure(holds::routes)
        .configure(bookings::routes)
        .configure(cancellation::routes)
        // Before what would take `export` for the id of a booking.
        .configure(payments::routes)
        .configure(refunds::routes)
        .configure(called_off::routes)
        .configure(documents::routes)
        .configure(tickets::routes)
        .configure(transfers::routes)
        .configure(returns::routes)
        .configure(waitlist::routes)
        .configure(waitlists::routes)
        .configure(door::routes)
        .configure(offline::routes)
        .configure(wallet::routes)
        .configure(webhooks::routes)
        .configure(disputes::routes)
        .configure(mail_templates::routes)
        .configure(mail::routes)
        .configure(mail_reports::routes)
        .configure(maintenance::routes)
        .configure(backups::routes)
        .configure(jobs::routes)
        .configure(ledger::routes)
        .configure(daily_close::routes)
        .configure(incidents::routes)
        .configure(by_hand::routes)
        .configure(audit::routes)
        .configure(albums::routes)
        .configure(images::routes)
        .configure(gallery::routes)
        .configure(archive::routes)
        .configure(removals::routes)
        .configure(uploads::routes)
        .configure(egress::routes)
        .configure(sets::routes)
        .configure(music::routes)
        .configure(hls::routes);
}

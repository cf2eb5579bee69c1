//! Fills an empty system with something to look at, through the same use cases that people use.

mod compose;
mod media;
mod paint;
mod people;
mod programme;

use super::{Failure, commands::ORGANISATION};
use crate::config::{Config, Environment};
use crate::wiring::{self, App, is_lasting};
use accounts::AccountFilter;
use events::use_cases::Seen;
use events::{Standing, Visibility};
use invites::{Invite, NewInvites};
use kernel::{Actor, Email, PageRequest, SystemClock};
use people::{ADMIN, DOOR, MEMBERS, ORGANISER, PASSWORD, Somebody};
use std::io::Write;
use std::sync::Arc;

const ONCE: &str = "Demo: opens one account";
const MANY: &str = "Demo: opens many accounts";
/// Every list here fits into one page.
const PAGE: PageRequest = PageRequest { limit: 100, after: None };

/// Fills the configured store, unless that was done before, and says what there is to try.
///
/// # Errors
/// In production, in a store that forgets, in one that is not empty, and when a use case refuses.
pub async fn run(config: Config, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    if config.environment == Environment::Production {
        return Err("demo accounts have passwords that everybody knows: not in production".into());
    }
    if !is_lasting(&config.store.url) {
        return Err("store.url forgets everything when this command ends: choose a lasting one".into());
    }
    let app = wiring::build(&config, Arc::new(SystemClock)).await?;
    let greeting = match look(&app).await? {
        Found::Nothing => {
            fill(&app).await?;
            "The system is filled with demo data."
        }
        Found::Demo => "The system has its demo data already.",
        Found::Other => return Err("the system is not empty: demo data comes into an empty one only".into()),
    };
    writeln!(out, "{greeting}\n")?;
    tell(&app, out).await
}

/// What a system holds.
enum Found {
    Nothing,
    /// What [`fill`] put there, and perhaps more.
    Demo,
    Other,
}

async fn look(app: &App) -> Result<Found, Failure> {
    let one = PageRequest { limit: 1, after: None };
    if app.accounts.list(AccountFilter::default(), one).await?.items.is_empty() {
        return Ok(Found::Nothing);
    }
    let admin = app.accounts.store.account_by_email(&Email::parse(ADMIN.email)?).await?;
    let invites = app.invites.list(None, PAGE).await?.items;
    // The invites are made last.
    let is_demo = admin.is_some() && invites.iter().any(|invite| invite.note.as_deref() == Some(MANY));
    Ok(if is_demo { Found::Demo } else { Found::Other })
}

/// Accounts, an organisation with those who work for it, four events with bookings, and invites.
///
/// # Errors
/// When a use case refuses, as in a system where the demo's addresses are taken.
pub async fn fill(app: &App) -> Result<(), Failure> {
    let admin = people::admin(app).await?;
    let staff = u32::try_from(MEMBERS.len())? + 2;
    let entrance = NewInvites { max_uses: staff, note: Some("Demo: opened these accounts".into()), ..wish() };
    let made = app.invites.create(&entrance, &admin).await?;
    let code = made.first().map(|invite| app.invites.code(invite).to_string()).unwrap_or_default();
    let organiser = people::invited(app, &ORGANISER, &code).await?;
    let door = people::invited(app, &DOOR, &code).await?;
    let mut members: Vec<Actor> = Vec::new();
    for member in &MEMBERS {
        members.push(people::invited(app, member, &code).await?);
    }
    let organisation = app.events.ensure_default_organisation(ORGANISATION).await?.id;
    for (actor, standing) in [(organiser, Standing::Owner), (door, Standing::Door)] {
        app.events.set_member(admin, organisation, actor.account, standing).await?;
    }
    let night = programme::fill(app, organiser, organisation, &members).await?;
    media::fill(app, admin, night).await?;
    for (max_uses, note) in [(1, ONCE), (50, MANY)] {
        let wanted = NewInvites { max_uses, note: Some(note.into()), ..wish() };
        app.invites.create(&wanted, &admin).await?;
    }
    Ok(())
}

fn wish() -> NewInvites {
    NewInvites { count: 1, max_uses: 1, expires_at: None, email: None, note: None }
}

/// The admin of a system that was filled.
async fn admin(app: &App) -> Result<Actor, Failure> {
    let account = app.accounts.store.account_by_email(&Email::parse(ADMIN.email)?).await?;
    Ok(people::acting(app, &account.ok_or("the demo's admin is gone")?))
}

/// Logins, and what to try with them.
async fn tell(app: &App, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let url = &app.config.http.public_url;
    writeln!(out, "  {:<11}{:<24}password", "who", "logs in as")?;
    for Somebody { role, email, .. } in [&ADMIN, &ORGANISER, &DOOR].into_iter().chain(&MEMBERS) {
        writeln!(out, "  {role:<11}{email:<24}{PASSWORD}")?;
    }
    writeln!(out)?;
    let invites = app.invites.list(None, PAGE).await?.items;
    for (note, what) in [(ONCE, "invite, once"), (MANY, "invite, often")] {
        let noted = |invite: &&Invite| invite.note.as_deref() == Some(note);
        if let Some(invite) = invites.iter().find(noted) {
            let (code, left) = (app.invites.code(invite), invite.max_uses.saturating_sub(invite.used));
            writeln!(out, "  {what:<18}{code} ({left} left)")?;
        }
    }
    let (voucher, night) = (programme::VOUCHER, programme::LONG_NIGHT);
    writeln!(out, "  {:<18}{voucher} (20 % off {night})", "voucher")?;
    for Seen { event, availability, .. } in app.events.upcoming(Some(admin(app).await?), PAGE).await?.items {
        let whom = if event.visibility == Visibility::Members { ", for members" } else { "" };
        let (slug, left) = (event.slug, availability.as_str());
        writeln!(out, "  {:<18}{url}/api/v1/events/{slug} ({left}{whom})", "event")?;
    }
    for (what, path) in [
        ("all calls", "/docs"),
        ("log in", "/api/v1/auth/login (POST)"),
        ("what is on", "/api/v1/events/upcoming"),
        ("places to hold", "/api/v1/seats/hold (POST, as a member)"),
        ("seats", "/api/v1/events/{id}/seats (as a member)"),
        ("pictures", "/api/v1/gallery/albums (as a member)"),
        ("music", "/api/v1/music/sets (as a member)"),
        ("own tickets", "/api/v1/users/me/tickets (as a member)"),
        ("the door", "/door (a page for telephones; log in as door)"),
        ("what was mailed", "/api/v1/admin/mail (as admin)"),
    ] {
        writeln!(out, "  {what:<18}{url}{path}")?;
    }
    Ok(())
}

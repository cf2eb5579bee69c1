//! One of each mail about nobody, for admins who want to see what the templates say.

use super::announcement::Passage;
use super::content::{Content, EventFacts, MoneyBack, Settled, Slip};
use super::trial::night;
use super::{LetterError, Written};
use crate::wiring::App;
use chrono::{DateTime, TimeDelta};
use events::Status;
use kernel::{Language, Money};

/// Friday, 4 July 2031, 20:00, as the clocks there show it.
pub(super) const BEGINS: i64 = 1_940_961_600;
/// A booking's name for people.
pub(super) const REFERENCE: &str = "ABCD-EFGH-JKMN";

/// A template's name, and what it makes of sample values.
pub struct Preview {
    /// As it is asked for.
    pub name: &'static str,
    /// What a reader would see.
    pub written: Written,
}

/// All templates in a language.
///
/// # Errors
/// A [`LetterError`].
pub fn previews(app: &App, language: Language) -> Result<Vec<Preview>, LetterError> {
    let preview = |content: &Content| {
        Ok(Preview { name: content.name(), written: app.templates.written(language, content)? })
    };
    samples(language).iter().map(preview).collect()
}

/// One template in a language; `None` when none is called so.
///
/// # Errors
/// A [`LetterError`].
pub fn preview(app: &App, name: &str, language: Language) -> Result<Option<Preview>, LetterError> {
    let Some(content) = sample(name, language) else { return Ok(None) };
    Ok(Some(Preview { name: content.name(), written: app.templates.written(language, &content)? }))
}

pub(super) fn sample(name: &str, language: Language) -> Option<Content> {
    samples(language).into_iter().find(|content| content.name() == name)
}

fn moment(language: Language, minutes: i64) -> String {
    let at = DateTime::from_timestamp(BEGINS, 0).unwrap_or_default() + TimeDelta::minutes(minutes);
    language.moment(at.naive_utc(), "CEST")
}

fn event(language: Language) -> EventFacts {
    EventFacts::of(&night(Status::Published), language)
}

fn slip(number: usize, of: usize) -> Slip {
    Slip {
        number,
        of,
        kind: Some("Entry".into()),
        seat: (number == 2).then(|| "A 7".into()),
        guest: (number == 2).then(|| "Ada Byron".into()),
        code: format!("SAMPLE-{number}"),
        content_id: format!("ticket-{number}"),
    }
}

fn money(language: Language, cents: u32) -> String {
    language.money(Money::eur(cents), false)
}

/// One of each.
pub(super) fn samples(language: Language) -> Vec<Content> {
    let mut all = about_tickets(language);
    all.extend(about_bookings(language));
    all.extend(about_waiting(language));
    all.extend(about_people());
    all.push(about_hook(language, Some("Our books"), false));
    all.extend(about_logins(language));
    all.push(announced("ticket_holders"));
    all
}

fn announced(audience: &'static str) -> Content {
    let lines =
        |lines: &[&str]| Passage { lines: lines.iter().map(|&line| line.into()).collect(), link: None };
    Content::Announcement {
        subject: "The doors open earlier".into(),
        passages: vec![
            lines(&["Come at seven.", "Bring a coat."]),
            Passage { lines: Vec::new(), link: Some("https://example.org/way".into()) },
        ],
        audience,
        title: Some("A night out".into()),
        organiser: Some("Old harbour".into()),
        address: "https://example.org/unsubscribe#token=sample".into(),
    }
}

fn about_tickets(language: Language) -> Vec<Content> {
    let (event, until) = (event(language), moment(language, -1440));
    vec![
        Content::Tickets {
            reference: REFERENCE.into(),
            event: event.clone(),
            tickets: vec![slip(1, 2), slip(2, 2)],
        },
        Content::Ticket { event: event.clone(), ticket: slip(1, 1) },
        Content::TransferOffered {
            event: event.clone(),
            giver: Some("Ada".into()),
            until,
            address: "https://example.org/events/a-night-out".into(),
        },
        Content::TransferAccepted { event: event.clone() },
        Content::TransferDeclined { event: event.clone() },
        Content::TicketsCancelled { event, count: 1, called_off: false },
    ]
}

fn about_bookings(language: Language) -> Vec<Content> {
    let (reference, event) = (REFERENCE.to_owned(), event(language));
    let refund = Some(MoneyBack { back: money(language, 2500), charged: money(language, 5000) });
    let back = vec![money(language, 2500)];
    vec![
        Content::BookingExpired { reference: reference.clone(), event: event.clone(), charged: false },
        Content::PaidTwice { reference: reference.clone(), event: event.clone(), back: back.clone() },
        Content::PaidTooLate { reference: reference.clone(), event: event.clone(), back },
        Content::BookingCancelled {
            reference: reference.clone(),
            event: event.clone(),
            gone: 1,
            all: 2,
            refund: refund.clone(),
        },
        Content::EventCancelled {
            reference: reference.clone(),
            event: event.clone(),
            money: Settled::Back,
            refund: refund.clone(),
        },
        Content::Refunded { reference: reference.clone(), event: event.clone(), refund },
        Content::RequestRefused { reference, event, answer: Some("The night is sold out.".into()) },
    ]
}

fn about_waiting(language: Language) -> Vec<Content> {
    let (event, until) = (event(language), moment(language, -1440));
    vec![
        Content::WaitlistOffered {
            event: event.clone(),
            places: 2,
            until,
            address: "https://example.org/events/a-night-out".into(),
        },
        Content::WaitlistCalledOff { event: event.clone() },
        Content::WaitlistEnded { event: event.clone() },
        Content::WaitlistGone { event: event.clone() },
        Content::WaitlistExpired { event, sale_over: false },
    ]
}

fn about_people() -> Vec<Content> {
    let case = || "01900000-0000-7000-8000-000000000000".to_owned();
    vec![
        Content::Incident {
            kind: "wrong_amount",
            reference: REFERENCE.into(),
            attempt: case(),
            evidence: "25.00 EUR were asked for, and 24.99 EUR came".into(),
        },
        Content::DayOpen { day: "2031-07-04".into(), open: 2 },
        Content::NoGoodBackup {
            last_good: Some("2031-07-04 03:00 UTC".into()),
            why: Some("database.zst.age.000001 is missing".into()),
        },
        Content::VerifyEmail {
            first_name: "Ada".into(),
            address: "https://example.org/verify-email#token=sample".into(),
        },
        Content::ResetPassword {
            first_name: "Ada".into(),
            address: "https://example.org/reset-password#token=sample".into(),
        },
        Content::Invite { code: "ABCD-EFGH-JKMN".into(), address: "https://example.org".into() },
        Content::PictureRemoved {
            asked_on: "2031-07-05".into(),
            files: 13,
            gone_at: "2031-07-05 12:00 UTC".into(),
            note: Some("All the best".into()),
            case: case(),
        },
        Content::PictureKept { asked_on: "2031-07-05".into(), shown: true, note: None, case: case() },
        Content::PictureWish {
            album: "A night out".into(),
            reason: Some("It shows me".into()),
            case: case(),
        },
    ]
}

fn about_hook(language: Language, description: Option<&str>, gone: bool) -> Content {
    Content::HookOff {
        house: "Somebody's house".into(),
        host: "house.example".into(),
        description: description.map(str::to_owned),
        since: moment(language, 0),
        gone,
    }
}

fn about_logins(language: Language) -> Vec<Content> {
    let first_name = || "Ada".to_owned();
    let new_address = || "countess@example.org".to_owned();
    let at = || language.moment(DateTime::from_timestamp(BEGINS, 0).unwrap_or_default().naive_utc(), "UTC");
    vec![
        Content::FactorEnabled { first_name: first_name(), at: at() },
        Content::FactorDisabled { first_name: first_name(), at: at() },
        Content::FactorReset { first_name: first_name(), at: at() },
        Content::RecoveryCodesReplaced { first_name: first_name(), at: at() },
        Content::RecoveryCodeUsed { first_name: first_name(), at: at(), left: 7 },
        Content::CodesGuessed { first_name: first_name(), at: at() },
        Content::ConfirmNewAddress {
            until: at(),
            address: "https://example.org/change-email#token=sample".into(),
        },
        Content::AddressTaken { first_name: first_name() },
        Content::AddressAsked { first_name: first_name(), at: at(), new_address: new_address() },
        Content::AddressChanged { first_name: first_name(), at: at(), new_address: new_address() },
    ]
}

/// The ways that templates can go and [`samples`] do not.
#[cfg(test)]
pub(super) fn branches(language: Language) -> Vec<Content> {
    let (reference, event) = (REFERENCE.to_owned(), EventFacts { doors_at: None, ..event(language) });
    let cancelled = |money| Content::EventCancelled {
        reference: reference.clone(),
        event: event.clone(),
        money,
        refund: None,
    };
    let some_gone = |gone, all| Content::BookingCancelled {
        reference: reference.clone(),
        event: event.clone(),
        gone,
        all,
        refund: None,
    };
    let died = |count, called_off| Content::TicketsCancelled { event: event.clone(), count, called_off };
    vec![
        Content::Ticket { event: event.clone(), ticket: Slip { kind: None, ..slip(1, 1) } },
        Content::TransferOffered {
            event: event.clone(),
            giver: None,
            until: String::new(),
            address: "-".into(),
        },
        Content::BookingExpired { reference: reference.clone(), event: event.clone(), charged: true },
        Content::PaidTwice {
            reference: reference.clone(),
            event: event.clone(),
            back: vec!["1".into(), "2".into()],
        },
        some_gone(1, 1),
        some_gone(2, 2),
        some_gone(2, 3),
        cancelled(Settled::Back),
        cancelled(Settled::None),
        cancelled(Settled::Open),
        Content::RequestRefused { reference: reference.clone(), event: event.clone(), answer: None },
        died(1, true),
        died(2, true),
        died(2, false),
        Content::WaitlistOffered { event: event.clone(), places: 1, until: "-".into(), address: "-".into() },
        Content::WaitlistExpired { event: event.clone(), sale_over: true },
        Content::DayOpen { day: "2031-07-04".into(), open: 1 },
        Content::NoGoodBackup { last_good: None, why: None },
        Content::PictureKept {
            asked_on: "-".into(),
            shown: false,
            note: Some("Why".into()),
            case: "-".into(),
        },
        Content::PictureWish { album: "-".into(), reason: None, case: "-".into() },
        announced("members"),
        announced("guests"),
        announced("checked_in"),
        announced("waiting"),
        announced("ticket_type"),
        Content::Announcement {
            subject: "-".into(),
            passages: Vec::new(),
            audience: "ticket_holders",
            title: None,
            organiser: None,
            address: "-".into(),
        },
        about_hook(language, None, true),
    ]
}

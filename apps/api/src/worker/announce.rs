//! What is said to many: who gets it is written down, and each is sent a mail, once.

use super::pace;
use super::perform::{Done, Failure};
use super::post::{Errand, drafted, send};
use crate::http::problem::Causes;
use crate::mails;
use crate::telemetry::part;
use crate::wiring::App;
use booking::use_cases::Placed;
use kernel::{AccountId, AnnouncementId, BookingId, Due, EffectId, MailError, StoreError, TicketId};
use messaging::{HandedOver, Mailing, Origin};

/// Does what is owed for an announcement.
///
/// # Errors
/// A [`Failure`]: try again later.
pub async fn perform(app: &App, errand: Errand<'_>, mailing: Mailing) -> Result<Done, Failure> {
    match mailing {
        Mailing::Spread { announcement, turn } => {
            Ok(app.announcements.spread(announcement, turn).await?.into())
        }
        Mailing::Deliver { announcement, account } => deliver(app, errand, (announcement, account)).await,
    }
}

/// Sends somebody theirs, if they are still to get it. That it is being handed over is durable before it is: whoever finds
/// that afterwards, with nothing said of how it ended, sends nothing.
async fn deliver(app: &App, errand: Errand<'_>, of: (AnnouncementId, AccountId)) -> Result<Done, Failure> {
    let Due { id, domain, body, .. } = errand.due;
    let reader = app.accounts.account(of.1).await?.filter(|account| account.is_active());
    let wanted = app.announcements.wanted(of, *id, reader.as_ref().map(|reader| &reader.email)).await?;
    let (Some(announcement), Some(reader)) = (wanted, reader) else { return Ok(Done::Finished) };
    let outgoing = mails::announcement(app, *id, &announcement, reader).await?;
    if errand.again.is_some() {
        // Somebody has it sent again by the log of mails, and has seen there what became of it.
        let done = send(app, errand, Some(outgoing)).await?;
        app.announcements.sent_otherwise(of, *id).await?;
        return Ok(done);
    }
    pace::in_turn(app, &outgoing.mail).await?;
    let origin = Origin { domain: domain.clone(), body: body.clone() };
    let (mail, draft) = drafted(app, outgoing, (*id, Some(origin)));
    if !app.announcements.begin(of, draft).await? {
        return Ok(Done::Finished);
    }
    let answer = part("sending a mail", app.mailer.send(&mail)).await;
    let (name, how) = match &answer {
        Ok(()) => ("sent", HandedOver::Taken),
        Err(MailError::Deferred(_)) => ("deferred", HandedOver::PutOff),
        Err(MailError::Unheard(_)) => ("deferred", HandedOver::Unheard),
        Err(MailError::Refused(_)) => ("refused", HandedOver::Refused),
    };
    app.metrics.mail(name);
    let said = answer.as_ref().err().map(|error| Causes(error).to_string());
    // What cannot be written down now, nobody knows for whoever takes this up next.
    app.announcements.learn(of, *id, (how, said.as_deref())).await?;
    match answer {
        Err(error @ MailError::Deferred(_)) => Err(error.into()),
        // Of thousands of addresses some are dead: nobody has to look at each.
        _ => Ok(Done::Finished),
    }
}

/// Nobody tries any more to send somebody theirs.
///
/// # Errors
/// The store could not answer.
pub async fn give_up(app: &App, mail: EffectId, mailing: Mailing) -> Result<(), StoreError> {
    match mailing {
        Mailing::Deliver { announcement, account } => {
            app.announcements.learn((announcement, account), mail, (HandedOver::GivenUp, None)).await
        }
        // It can be tried again, or called off.
        Mailing::Spread { .. } => Ok(()),
    }
}

/// Whoever has a ticket from now on gets what was said to those who had one before, and is still valid: all tickets of an
/// order, or one of them.
///
/// # Errors
/// A [`Failure`]: try again later.
pub async fn to_late_one(
    app: &App,
    errand: Errand<'_>,
    booking: BookingId,
    ticket: Option<TicketId>,
) -> Result<(), Failure> {
    if errand.again.is_some() {
        return Ok(());
    }
    let Some(Placed { booking, tickets }) = app.bookings.placed(booking).await? else { return Ok(()) };
    let holder = match ticket {
        None => Some(booking.buyer),
        Some(id) => tickets.iter().find(|ticket| ticket.id == id).map(|ticket| ticket.holder),
    };
    if let Some(holder) = holder {
        app.announcements.came_late((booking.event, booking.organisation), holder).await?;
    }
    Ok(())
}

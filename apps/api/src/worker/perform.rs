//! What each effect means.

use super::{alerts, pictures};
use crate::http::problem::Causes;
use crate::mails;
use crate::press::particulars;
use crate::wiring::App;
use crate::worker::{hooks, sound};
use accounts::Effect as AccountEffect;
use booking::Effect as BookingEffect;
use booking::use_cases::ResoldError;
use gallery::Effect as GalleryEffect;
use gallery::{EraseError, MakeError, SweepError};
use invites::Effect as InviteEffect;
use kernel::{AccountId, BookingId, Due, Mail, MailError, ObjectError, StoreError, Timestamp};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Nothing is left to do.
    Finished,
    /// It went as it should, and is due again then.
    Again(Timestamp),
}

/// Why it did not.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mail did not go out.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The mail could not be written.
    #[error(transparent)]
    Letter(#[from] mails::LetterError),
    /// The row is none that this version knows.
    #[error("the effect of {domain} cannot be read")]
    Unreadable {
        /// Who owes it.
        domain: String,
        /// Why.
        #[source]
        cause: serde_json::Error,
    },
    /// A recording could not be processed.
    #[error(transparent)]
    Make(#[from] music::MakeError),
    /// What was left of a recording could not be removed.
    #[error(transparent)]
    Music(#[from] music::PerformError),
    /// Nothing can be written in the workplace.
    #[error("media.workplace cannot be used")]
    Workplace(#[from] std::io::Error),
    /// The provider did not answer.
    #[error("the provider could not be asked")]
    Provider,
    /// Its workers were never heard of again.
    #[error("it was begun again and again, and nobody said how it went")]
    Unheard,
    /// What is left of an upload could not be removed.
    #[error(transparent)]
    Upload(#[from] media::PerformError),
    /// A picture was not made.
    #[error(transparent)]
    Picture(#[from] MakeError),
    /// What is left of a picture could not be swept.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// A picture that is to go is still there.
    #[error(transparent)]
    Erase(#[from] EraseError),
    /// Objects could not be removed.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// The money of a ticket that was sold again did not go on its way.
    #[error(transparent)]
    Resold(#[from] ResoldError),
}

impl Failure {
    /// For the log: what a mail server says may name the recipient, so it stays out.
    #[must_use]
    pub fn without_names(&self) -> String {
        match self {
            Self::Mail(error) => error.to_string(),
            other => Causes(other).to_string(),
        }
    }
}

impl From<Option<Timestamp>> for Done {
    fn from(again: Option<Timestamp>) -> Self {
        again.map_or(Self::Finished, Self::Again)
    }
}

/// Who owes an effect, as a name that is counted under.
#[must_use]
pub fn domain(due: &Due) -> &'static str {
    let known = [
        booking::DOMAIN,
        accounts::DOMAIN,
        accounts::ALERTS,
        invites::DOMAIN,
        media::DOMAIN,
        gallery::DOMAIN,
        gallery::PICTURES,
        music::DOMAIN,
        music::SOUND,
        ::hooks::DOMAIN,
        ::hooks::CALLS,
    ];
    known.into_iter().find(|name| *name == due.domain).unwrap_or("unknown")
}

/// Whether it is done by asking a provider, who may take a while.
#[must_use]
pub fn needs_provider(due: &Due) -> bool {
    due.domain == booking::DOMAIN
        && serde_json::from_str::<BookingEffect>(&due.body).is_ok_and(|effect| effect.needs_provider())
}

/// Performs one effect.
///
/// # Errors
/// A [`Failure`]: try again later.
pub async fn perform(app: &App, due: &Due) -> Result<Done, Failure> {
    let unreadable = |cause| Failure::Unreadable { domain: due.domain.clone(), cause };
    match due.domain.as_str() {
        booking::DOMAIN => of_bookings(app, due, serde_json::from_str(&due.body).map_err(unreadable)?).await,
        accounts::DOMAIN => of_accounts(app, due, serde_json::from_str(&due.body).map_err(unreadable)?).await,
        accounts::ALERTS => {
            alerts::tell(app, due, serde_json::from_str(&due.body).map_err(unreadable)?).await
        }
        invites::DOMAIN => of_invites(app, due, serde_json::from_str(&due.body).map_err(unreadable)?).await,
        media::DOMAIN => {
            app.uploads.perform(&serde_json::from_str(&due.body).map_err(unreadable)?).await?;
            Ok(Done::Finished)
        }
        gallery::DOMAIN => of_gallery(app, due, serde_json::from_str(&due.body).map_err(unreadable)?).await,
        gallery::PICTURES => pictures::make(app, serde_json::from_str(&due.body).map_err(unreadable)?).await,
        music::DOMAIN => {
            app.music.perform(&serde_json::from_str(&due.body).map_err(unreadable)?).await?;
            Ok(Done::Finished)
        }
        music::SOUND => sound::make(app, serde_json::from_str(&due.body).map_err(unreadable)?).await,
        ::hooks::DOMAIN => {
            hooks::perform(app, due, serde_json::from_str(&due.body).map_err(unreadable)?).await
        }
        ::hooks::CALLS => hooks::call(app, serde_json::from_str(&due.body).map_err(unreadable)?).await,
        _ => Err(unreadable(serde::de::Error::custom("no such domain"))),
    }
}

async fn of_bookings(app: &App, due: &Due, effect: BookingEffect) -> Result<Done, Failure> {
    match effect {
        BookingEffect::SendTickets { booking } => {
            let mail = mails::tickets(app, due.id, booking).await?;
            send_about(app, due, booking, "tickets", mail).await
        }
        BookingEffect::SendTicket { booking, ticket } => {
            let mail = mails::one_ticket(app, due.id, (booking, ticket)).await?;
            send_about(app, due, booking, "ticket", mail).await
        }
        BookingEffect::TellTransfer { transfer, news } => {
            match mails::handed_on(app, due.id, transfer, news).await? {
                Some((booking, mail)) => send_about(app, due, booking, news.as_str(), Some(mail)).await,
                None => Ok(Done::Finished),
            }
        }
        BookingEffect::TellBuyer { booking, news } => {
            let mail = mails::news(app, due.id, booking, news).await?;
            send_about(app, due, booking, news.as_str(), mail).await
        }
        BookingEffect::TellHolder { booking, holder, tickets } => {
            let mail = mails::tickets_died(app, due.id, booking, (holder, &tickets)).await?;
            send_about(app, due, booking, "tickets_cancelled", mail).await
        }
        BookingEffect::TellAdmins { incident } => {
            send_each(app, mails::incident(app, due.id, &incident).await?).await
        }
        BookingEffect::TellDayOpen { day, open } => {
            send_each(app, mails::day_open(app, due.id, day, open).await?).await
        }
        BookingEffect::TellWaiting { entry, news } => match app.bookings.quiet_until(entry, news).await? {
            Some(morning) => Ok(Done::Again(morning)),
            None => send(app, mails::on_list(app, due.id, entry, news).await?).await,
        },
        BookingEffect::ServeWaitlist { event } => {
            app.bookings.serve_list(event).await?;
            // Also where nothing was offered: who waits no more is kept nothing.
            app.answers.places_changed(event);
            Ok(Done::Finished)
        }
        BookingEffect::SettleReturn { id } => {
            app.bookings.settle_return(id).await?;
            Ok(Done::Finished)
        }
        BookingEffect::ReviewEntry { booking, ticket, case } => {
            app.bookings.review_entry(booking, ticket, case).await?;
            Ok(Done::Finished)
        }
        BookingEffect::WatchReturn { id } => Ok(app.bookings.watch_return(id).await?.into()),
        BookingEffect::CancelBookings { job } => Ok(app.bookings.cancel_bookings(job).await?.into()),
        BookingEffect::WatchBooking { booking } => Ok(app.bookings.attend(booking).await?.into()),
        BookingEffect::Capture { booking, payment } => {
            if app.bookings.capture(booking, payment).await? {
                Ok(Done::Finished)
            } else {
                Err(Failure::Provider)
            }
        }
        BookingEffect::IssueDocuments { booking } => {
            // Without the event there is nothing to print, and it cannot be removed while there is a booking.
            if let Some(on) = particulars(app, booking).await? {
                app.documents.issue(booking, &on).await?;
            }
            Ok(Done::Finished)
        }
        BookingEffect::SendRefund { booking, refund } => {
            Ok(app.bookings.send_money_back(booking, refund).await?.into())
        }
    }
}

/// One admin's dead address must not keep the news from the others.
pub(super) async fn send_each(app: &App, mails: Vec<Mail>) -> Result<Done, Failure> {
    let mut outcome = Ok(Done::Finished);
    for mail in mails {
        if let Err(failure) = send(app, Some(mail)).await {
            outcome = Err(failure);
        }
    }
    outcome
}

async fn of_accounts(app: &App, due: &Due, effect: AccountEffect) -> Result<Done, Failure> {
    let mail = match effect {
        AccountEffect::SendVerification { one_time } => {
            let letter = app.accounts.verification_letter(one_time).await?;
            letter.map(|letter| mails::verification(app, due.id, &letter)).transpose()?
        }
        AccountEffect::AskedForReset { email } => {
            let letter = app.accounts.reset_letter(due.id, &email).await?;
            letter.map(|letter| mails::reset(app, due.id, &letter)).transpose()?
        }
        AccountEffect::Erased { account } => {
            app.events.leave_all(account).await?;
            leave_lists(app, account, None).await?;
            app.music.forget(account).await?;
            app.gallery.forget(account).await?;
            app.uploads.forget(account).await?;
            None
        }
        AccountEffect::Barred { account, at } => {
            // Offers to somebody who cannot log in would keep places from others until they pass on. Whoever was let in
            // again meanwhile keeps what they have asked for since.
            let back = app.accounts.account(account).await?.is_some_and(|account| account.is_active());
            leave_lists(app, account, back.then_some(at)).await?;
            None
        }
    };
    send(app, mail).await
}

async fn of_gallery(app: &App, due: &Due, effect: GalleryEffect) -> Result<Done, Failure> {
    match effect {
        GalleryEffect::Remove { keys } => {
            app.gallery.remove(&keys).await?;
            Ok(Done::Finished)
        }
        GalleryEffect::Sweep { picture } => Ok(app.gallery.sweep(picture).await?.into()),
        GalleryEffect::Erase { removal } => pictures::erase(app, removal).await,
        GalleryEffect::TellRemoval { removal } => {
            send(app, mails::removal(app, due.id, removal).await?).await
        }
        GalleryEffect::TellAdmins { removal } => {
            send_each(app, mails::removal_asked(app, due.id, removal).await?).await
        }
    }
}

/// Takes somebody off all lists; what was kept for them is there for others.
async fn leave_lists(app: &App, account: AccountId, until: Option<Timestamp>) -> Result<(), Failure> {
    for event in app.bookings.leave_lists(account, until).await? {
        app.answers.places_changed(event);
    }
    Ok(())
}

async fn of_invites(app: &App, due: &Due, effect: InviteEffect) -> Result<Done, Failure> {
    let InviteEffect::SendInvite { invite } = effect;
    let letter = app.invites.letter(invite).await?;
    let mail = match letter {
        Some(letter) => Some(mails::invite(app, due.id, &letter).await?),
        None => None,
    };
    send(app, mail).await
}

/// Sends a mail about a booking, and keeps that it was taken: it may have to be shown to a bank.
async fn send_about(
    app: &App,
    due: &Due,
    booking: BookingId,
    what: &str,
    mail: Option<Mail>,
) -> Result<Done, Failure> {
    let there = mail.is_some();
    let done = send(app, mail).await?;
    if there && let Err(error) = app.bookings.delivered(due.id, booking, what).await {
        // It went out: sending it again for the sake of the note would be worse than no note.
        tracing::warn!(effect = %due.id, causes = %Causes(&error), "a delivery was not noted");
    }
    Ok(done)
}

/// Sends a mail, if there is one to send. One that is refused for good ends parked, where an admin sees it.
pub(super) async fn send(app: &App, mail: Option<Mail>) -> Result<Done, Failure> {
    let Some(mail) = mail else { return Ok(Done::Finished) };
    match app.mailer.send(&mail).await {
        Ok(()) => {
            app.metrics.mail("sent");
            Ok(Done::Finished)
        }
        Err(error @ MailError::Deferred(_)) => {
            app.metrics.mail("deferred");
            Err(error.into())
        }
        Err(error @ MailError::Refused(_)) => {
            app.metrics.mail("refused");
            Err(error.into())
        }
    }
}

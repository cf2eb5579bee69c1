//! What each effect means.

use super::give_up::{self, GiveUpError};
use super::post::{Errand, HandOverError, send, send_about, send_each};
use super::{again, alerts, announce, backups as keeping, pace, pictures};
use crate::http::problem::Causes;
use crate::mails::{self, TICKET, TICKETS};
use crate::press::particulars;
use crate::wiring::App;
use crate::worker::{hooks, sound};
use accounts::Effect as AccountEffect;
use booking::use_cases::ResoldError;
use booking::{Effect as BookingEffect, Forgetting};
use futures_util::future::BoxFuture;
use gallery::Effect as GalleryEffect;
use gallery::{EraseError, MakeError, SweepError};
use invites::Effect as InviteEffect;
use kernel::outbox::DISCARDED;
use kernel::{AccountId, Due, MailError, ObjectError, StoreError, Timestamp};
use messaging::Channel;

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
    /// The mail was not sent yet; that is no failure.
    #[error(transparent)]
    OutOfTurn(#[from] pace::OutOfTurn),
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
    /// A backup was not made or looked at.
    #[error(transparent)]
    Backup(#[from] keeping::BackupError),
    /// Whoever waits for work that was discarded does not know it.
    #[error(transparent)]
    GiveUp(#[from] GiveUpError),
    /// The money of a ticket that was sold again did not go on its way.
    #[error(transparent)]
    Resold(#[from] ResoldError),
}

impl Failure {
    /// Whether to try again by itself is in vain: a person has to look at once.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Mail(MailError::Refused(_)))
    }

    /// For the log: what a mail server says may name the recipient, so it stays out.
    #[must_use]
    pub fn without_names(&self) -> String {
        match self {
            Self::Mail(error) => error.to_string(),
            other => Causes(other).to_string(),
        }
    }
}

impl From<HandOverError> for Failure {
    fn from(error: HandOverError) -> Self {
        match error {
            HandOverError::Store(error) => error.into(),
            HandOverError::Mail(error) => error.into(),
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
        ::backups::DOMAIN,
        ::backups::WORK,
        booking::DOMAIN,
        booking::FORGETTING,
        accounts::DOMAIN,
        accounts::ALERTS,
        invites::DOMAIN,
        media::DOMAIN,
        messaging::DOMAIN,
        messaging::ANNOUNCEMENTS,
        gallery::DOMAIN,
        gallery::PICTURES,
        music::DOMAIN,
        music::SOUND,
        ::hooks::DOMAIN,
        ::hooks::CALLS,
        DISCARDED,
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
    run(app, Errand { due, again: None }).await
}

/// The same for whom it is meant. What is sent again is performed within what asks for it, so that the future has a size only
/// in a box.
pub(super) fn run<'a>(app: &'a App, errand: Errand<'a>) -> BoxFuture<'a, Result<Done, Failure>> {
    Box::pin(of_any(app, errand))
}

async fn of_any(app: &App, errand: Errand<'_>) -> Result<Done, Failure> {
    let due = errand.due;
    let unreadable = |cause| Failure::Unreadable { domain: due.domain.clone(), cause };
    match due.domain.as_str() {
        booking::DOMAIN => {
            of_bookings(app, errand, serde_json::from_str(&due.body).map_err(unreadable)?).await
        }
        booking::FORGETTING => forget(app, serde_json::from_str(&due.body).map_err(unreadable)?).await,
        accounts::DOMAIN => {
            of_accounts(app, errand, serde_json::from_str(&due.body).map_err(unreadable)?).await
        }
        ::backups::DOMAIN => {
            keeping::tell(app, errand, serde_json::from_str(&due.body).map_err(unreadable)?).await
        }
        ::backups::WORK => keeping::work(app, serde_json::from_str(&due.body).map_err(unreadable)?).await,
        accounts::ALERTS => {
            alerts::tell(app, errand, serde_json::from_str(&due.body).map_err(unreadable)?).await
        }
        invites::DOMAIN => {
            of_invites(app, errand, serde_json::from_str(&due.body).map_err(unreadable)?).await
        }
        media::DOMAIN => {
            app.uploads.perform(&serde_json::from_str(&due.body).map_err(unreadable)?).await?;
            Ok(Done::Finished)
        }
        messaging::DOMAIN => {
            again::perform(app, errand, serde_json::from_str(&due.body).map_err(unreadable)?).await
        }
        messaging::ANNOUNCEMENTS => {
            announce::perform(app, errand, serde_json::from_str(&due.body).map_err(unreadable)?).await
        }
        gallery::DOMAIN => {
            of_gallery(app, errand, serde_json::from_str(&due.body).map_err(unreadable)?).await
        }
        gallery::PICTURES => pictures::make(app, serde_json::from_str(&due.body).map_err(unreadable)?).await,
        music::DOMAIN => {
            app.music.perform(&serde_json::from_str(&due.body).map_err(unreadable)?).await?;
            Ok(Done::Finished)
        }
        music::SOUND => sound::make(app, serde_json::from_str(&due.body).map_err(unreadable)?).await,
        ::hooks::DOMAIN => {
            hooks::perform(app, errand, serde_json::from_str(&due.body).map_err(unreadable)?).await
        }
        ::hooks::CALLS => hooks::call(app, serde_json::from_str(&due.body).map_err(unreadable)?).await,
        DISCARDED => give_up::tell(app, serde_json::from_str(&due.body).map_err(unreadable)?).await,
        _ => Err(unreadable(serde::de::Error::custom("no such domain"))),
    }
}

async fn of_bookings(app: &App, errand: Errand<'_>, effect: BookingEffect) -> Result<Done, Failure> {
    let id = errand.due.id;
    match effect {
        BookingEffect::SendTickets { booking } => {
            let mail = mails::tickets(app, id, booking).await?;
            let sent = send_about(app, errand, TICKETS, mail).await;
            // Behind the tickets, but not only if these go out.
            announce::to_late_one(app, errand, booking, None).await?;
            sent
        }
        BookingEffect::SendTicket { booking, ticket } => {
            let mail = mails::one_ticket(app, id, (booking, ticket), Channel::Account).await?;
            let sent = send_about(app, errand, TICKET, mail).await;
            announce::to_late_one(app, errand, booking, Some(ticket)).await?;
            sent
        }
        BookingEffect::TellTransfer { transfer, news } => {
            let mail = mails::handed_on(app, id, transfer, news).await?;
            send_about(app, errand, news.as_str(), mail).await
        }
        BookingEffect::TellBuyer { booking, news } => {
            let mail = mails::news(app, id, booking, news).await?;
            send_about(app, errand, news.as_str(), mail).await
        }
        BookingEffect::TellHolder { booking, holder, tickets } => {
            let mail = mails::tickets_died(app, id, booking, (holder, &tickets)).await?;
            send_about(app, errand, "tickets_cancelled", mail).await
        }
        BookingEffect::TellAdmins { incident } => {
            send_each(app, errand, mails::incident(app, id, &incident).await?).await
        }
        BookingEffect::TellDayOpen { day, open } => {
            send_each(app, errand, mails::day_open(app, id, day, open).await?).await
        }
        BookingEffect::TellWaiting { entry, news } => match app.bookings.quiet_until(entry, news).await? {
            Some(morning) => Ok(Done::Again(morning)),
            None => send(app, errand, mails::on_list(app, id, entry, news).await?).await,
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

/// Of people who are gone, and of those whom they had named.
async fn forget(app: &App, effect: Forgetting) -> Result<Done, Failure> {
    match effect {
        Forgetting::Names { account } => Ok(app.bookings.forget_buyer(account).await?.into()),
        Forgetting::Letters { booking } => {
            app.messages.forget_guests(booking).await?;
            Ok(Done::Finished)
        }
    }
}

async fn of_accounts(app: &App, errand: Errand<'_>, effect: AccountEffect) -> Result<Done, Failure> {
    let id = errand.due.id;
    let mail = match effect {
        AccountEffect::SendVerification { one_time } => {
            let letter = app.accounts.verification_letter(one_time).await?;
            letter.map(|letter| mails::verification(app, id, &letter)).transpose()?
        }
        AccountEffect::AskedForReset { email } => {
            let letter = app.accounts.reset_letter(id, &email).await?;
            letter.map(|letter| mails::reset(app, id, &letter)).transpose()?
        }
        AccountEffect::Erased { account } => {
            app.events.leave_all(account).await?;
            leave_lists(app, account, None).await?;
            app.music.forget(account).await?;
            app.gallery.forget(account).await?;
            app.uploads.forget(account).await?;
            app.messages.forget(account).await?;
            app.announcements.forget(account).await?;
            app.bookings.owe_forgetting(account).await?;
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
    send(app, errand, mail).await
}

async fn of_gallery(app: &App, errand: Errand<'_>, effect: GalleryEffect) -> Result<Done, Failure> {
    match effect {
        GalleryEffect::Remove { keys } => {
            app.gallery.remove(&keys).await?;
            Ok(Done::Finished)
        }
        GalleryEffect::Sweep { picture } => Ok(app.gallery.sweep(picture).await?.into()),
        GalleryEffect::Erase { removal } => pictures::erase(app, removal).await,
        GalleryEffect::TellRemoval { removal } => {
            send(app, errand, mails::removal(app, errand.due.id, removal).await?).await
        }
        GalleryEffect::TellAdmins { removal } => {
            send_each(app, errand, mails::removal_asked(app, errand.due.id, removal).await?).await
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

async fn of_invites(app: &App, errand: Errand<'_>, effect: InviteEffect) -> Result<Done, Failure> {
    let InviteEffect::SendInvite { invite } = effect;
    let letter = app.invites.letter(invite).await?;
    let mail = match letter {
        Some(letter) => Some(mails::invite(app, errand.due.id, &letter).await?),
        None => None,
    };
    send(app, errand, mail).await
}

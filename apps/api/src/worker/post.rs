//! Mails on their way out. Each is written into the log before it is handed over, and what came of it afterwards.

use super::pace;
use super::perform::{Done, Failure};
use crate::http::problem::Causes;
use crate::mails::Outgoing;
use crate::telemetry::part;
use crate::wiring::App;
use kernel::{Due, EffectId, Email, Mail, MailError, StoreError};
use messaging::{Draft, Letter, LetterState, News, Origin, return_path};

/// What is performed, and for whom.
#[derive(Clone, Copy)]
pub struct Errand<'e> {
    /// What is owed.
    pub due: &'e Due,
    /// The letter that is said once more by it, if it is: nobody else gets anything.
    pub again: Option<&'e Letter>,
}

impl Errand<'_> {
    /// Whether a mail is one of those that are to go out.
    fn wants(&self, outgoing: &Outgoing) -> bool {
        self.again.is_none_or(|letter| match letter.about.account {
            Some(account) => outgoing.about.account == Some(account),
            None => letter.to.as_ref().is_some_and(|to| to.as_str() == outgoing.mail.to),
        })
    }
}

/// Why a mail did not go out.
#[derive(Debug, thiserror::Error)]
pub enum HandOverError {
    /// It could not be written down that it does.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mail server did not take it.
    #[error(transparent)]
    Mail(#[from] MailError),
}

/// A mail as it goes out, and as it is written into the log.
pub(super) fn drafted(
    app: &App,
    outgoing: Outgoing,
    (effect, origin): (EffectId, Option<Origin>),
) -> (Mail, Draft) {
    let Outgoing { mut mail, about } = outgoing;
    let bounces = app.config.mail.bounce_address.as_ref();
    mail.return_path = bounces.and_then(|bounces| return_path(bounces, mail.id));
    let draft = Draft { id: mail.id, effect, to: Email::stored(&mail.to).ok(), about, origin };
    (mail, draft)
}

/// Hands a mail over, unless that was done before. `owed` is the effect that owes it, with what it takes to owe it again.
///
/// # Errors
/// A [`HandOverError`].
pub async fn hand_over(
    app: &App,
    outgoing: Outgoing,
    (effect, origin): (EffectId, Option<Origin>),
) -> Result<(), HandOverError> {
    let (mail, draft) = drafted(app, outgoing, (effect, origin));
    if !app.messages.begin(draft).await? {
        return Ok(());
    }
    let answer = part("sending a mail", app.mailer.send(&mail)).await;
    let (name, news) = match &answer {
        Ok(()) => ("sent", News::Taken),
        // Tickets above all arrive twice rather than not at all.
        Err(MailError::Deferred(_) | MailError::Unheard(_)) => ("deferred", News::PutOff),
        Err(MailError::Refused(_)) => ("refused", News::Refused),
    };
    app.metrics.mail(name);
    let said = answer.as_ref().err().map(|error| Causes(error).to_string());
    if let Err(error) = app.messages.learn(mail.id, news, said.as_deref()).await {
        // It has gone or not whatever is written: sending it again for the sake of the log would be worse.
        tracing::warn!(mail = %mail.id, causes = %Causes(&error), "what became of a mail was not written down");
    }
    answer.map_err(HandOverError::from)
}

/// Sends a mail, if there is one to send, when it is its turn. One that is refused for good is parked at once, where an admin
/// sees it.
///
/// # Errors
/// A [`Failure`]: try again later.
pub async fn send(app: &App, errand: Errand<'_>, outgoing: Option<Outgoing>) -> Result<Done, Failure> {
    if let Some(outgoing) = outgoing.filter(|outgoing| errand.wants(outgoing)) {
        // It was not begun before that, and is in no log.
        pace::in_turn(app, &outgoing.mail).await?;
        for_errand(app, errand, outgoing).await?;
    }
    Ok(Done::Finished)
}

/// Hands over what an errand is for, with what it takes to be owed again.
async fn for_errand(app: &App, errand: Errand<'_>, mut outgoing: Outgoing) -> Result<(), HandOverError> {
    let Due { id, domain, body, .. } = errand.due;
    if errand.again.is_some() {
        // Under the name of the letter that was asked for, whatever it is made of.
        outgoing.mail.id = *id;
    }
    let origin = Origin { domain: domain.clone(), body: body.clone() };
    hand_over(app, outgoing, (*id, Some(origin))).await
}

/// Sends several. One admin's dead address must not keep the news from the others. None of these mails waits for its turn:
/// that one of them does would hide that another one failed.
///
/// # Errors
/// A [`Failure`], when any of them did not go out: try again later.
pub async fn send_each(app: &App, errand: Errand<'_>, mails: Vec<Outgoing>) -> Result<Done, Failure> {
    let mut outcome = Ok(Done::Finished);
    for mail in mails.into_iter().filter(|mail| errand.wants(mail)) {
        if was_refused(app, errand, &mail).await? {
            continue;
        }
        if let Err(error) = for_errand(app, errand, mail).await {
            outcome = Err(deciding(outcome.err(), error.into()));
        }
    }
    outcome
}

/// Whether a mail was refused for good before, and is only met again because another one is tried again. When a person has
/// all of them tried again, that counts as the first time.
async fn was_refused(app: &App, errand: Errand<'_>, outgoing: &Outgoing) -> Result<bool, StoreError> {
    if errand.due.attempts == 0 || errand.again.is_some() {
        return Ok(false);
    }
    let letter = app.messages.letter(outgoing.mail.id).await?;
    Ok(letter.is_some_and(|letter| letter.state == LetterState::Failed))
}

/// Which of two failures says what is done next: all is tried again as long as that helps any of them.
fn deciding(before: Option<Failure>, next: Failure) -> Failure {
    match before {
        Some(before) if next.is_final() => before,
        _ => next,
    }
}

/// Sends a mail about a booking, and keeps that it was taken: it may have to be shown to a bank.
///
/// # Errors
/// A [`Failure`]: try again later.
pub async fn send_about(
    app: &App,
    errand: Errand<'_>,
    what: &str,
    mail: Option<Outgoing>,
) -> Result<Done, Failure> {
    let booking = mail.as_ref().filter(|mail| errand.wants(mail)).and_then(|mail| mail.about.booking);
    let done = send(app, errand, mail).await?;
    if let Some(booking) = booking
        && let Err(error) = app.bookings.delivered(errand.due.id, booking, what).await
    {
        // It went out: sending it again for the sake of the note would be worse than no note.
        tracing::warn!(effect = %errand.due.id, causes = %Causes(&error), "a delivery was not noted");
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    type Kind = fn(Box<dyn Error + Send + Sync>) -> MailError;

    fn failure(kind: Kind) -> Failure {
        kind("it said".into()).into()
    }

    #[test]
    fn a_dead_address_does_not_end_what_another_one_is_tried_again_for() {
        let (dead, busy): (Kind, Kind) = (MailError::Refused, MailError::Deferred);
        assert!(failure(dead).is_final() && !failure(busy).is_final());
        assert!(!failure(MailError::Unheard).is_final(), "it is sent again under the same name");
        for (before, next, ends) in [
            (None, dead, true),
            (None, busy, false),
            (Some(busy), dead, false),
            (Some(dead), busy, false),
            (Some(dead), dead, true),
        ] {
            assert_eq!(deciding(before.map(failure), failure(next)).is_final(), ends);
        }
    }
}

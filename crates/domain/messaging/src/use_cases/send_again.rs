use super::Messages;
use crate::{About, Channel, DOMAIN, Draft, Effect, Letter, LetterState, Origin, acts};
use kernel::{
    AccountId, BookingId, Cause, EffectId, Email, EventId, OrganisationId, Owed, StoreError, TicketId,
    transact,
};

/// Why nothing is sent again.
#[derive(Debug, thiserror::Error)]
pub enum SendAgainError {
    /// There is no such letter.
    #[error("there is no such letter")]
    Unknown,
    /// It is on its way: the same is going to arrive anyway.
    #[error("it is still to be handed over")]
    Waiting,
    /// What it takes to say the same again was forgotten, or it was only a trial.
    #[error("nobody knows any more what it said")]
    Forgotten,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A ticket that is to go to somebody anew.
#[derive(Debug, Clone)]
pub struct TicketWish {
    /// Which.
    pub ticket: TicketId,
    /// Bought with.
    pub booking: BookingId,
    /// For which event.
    pub event: EventId,
    /// Whose event.
    pub organisation: OrganisationId,
    /// Whose mail it is; nobody's where it goes to somebody without an account.
    pub account: Option<AccountId>,
    /// Which of their addresses.
    pub channel: Channel,
    /// That address, as it is now.
    pub to: Email,
    /// What the mail is called.
    pub kind: &'static str,
}

impl Messages {
    /// Has the same said once more, to the same reader, as it is true by then. It is a letter of its own, and the one before
    /// counts as seen to.
    ///
    /// # Errors
    /// A [`SendAgainError`].
    pub async fn send_again(&self, by: &Cause, id: EffectId) -> Result<Letter, SendAgainError> {
        let now = self.clock.now();
        transact(self.store.begin_messaging().await?, async |tx| {
            let mut old = tx.lock_letter(id).await?.ok_or(SendAgainError::Unknown)?;
            if old.waits() {
                return Err(SendAgainError::Waiting);
            }
            if !old.can_be_sent_again() {
                return Err(SendAgainError::Forgotten);
            }
            if let Some(again) = old.again
                && tx.lock_letter(again).await?.is_some_and(|again| again.waits())
            {
                return Err(SendAgainError::Waiting);
            }
            let name = EffectId::generate(now);
            let new = old.once_more(name, now);
            old.again = Some(name);
            tx.add_letter(&new).await?;
            tx.save_letter(&old).await?;
            let owed = Owed { id: name, effect: Effect::SendAgain { letter: name }, due_at: now };
            tx.enqueue_messaging(&[owed]).await?;
            tx.record(&[acts::sent_again(by, &old, name, now)]).await?;
            Ok(new)
        })
        .await
    }

    /// Has a ticket sent to its holder, or to whoever is to come with it.
    ///
    /// # Errors
    /// A [`SendAgainError`].
    pub async fn send_ticket(&self, by: &Cause, wish: TicketWish) -> Result<Letter, SendAgainError> {
        let now = self.clock.now();
        let TicketWish { ticket, booking, event, organisation, account, channel, to, kind } = wish;
        let known = self.store.letters_about(&[booking]).await?;
        let same = |letter: &&Letter| {
            let About { kind: said, ticket: of, .. } = &letter.about;
            (said.as_str(), *of, letter.to.as_ref()) == (kind, Some(ticket), Some(&to))
        };
        if known.iter().filter(same).any(|letter| letter.state == LetterState::Queued) {
            return Err(SendAgainError::Waiting);
        }
        let effect = Effect::SendTicket { booking, ticket, to: channel };
        let body = serde_json::to_string(&effect)
            .map_err(|error| StoreError::broken("writing what is owed", error))?;
        let about = About {
            kind: kind.to_owned(),
            account,
            booking: Some(booking),
            event: Some(event),
            ticket: Some(ticket),
        };
        let name = EffectId::generate(now);
        let origin = Some(Origin { domain: DOMAIN.to_owned(), body });
        // Letters about the same that did not arrive are seen to by this one.
        let lost: Vec<EffectId> =
            known.iter().filter(same).filter(|letter| letter.is_trouble()).map(|letter| letter.id).collect();
        let letter =
            Letter::queued(Draft { id: name, effect: name, to: Some(to.clone()), about, origin }, now);
        let act = acts::ticket_sent(by, &letter, (channel, organisation), now);
        transact(self.store.begin_messaging().await?, async |tx| {
            for id in lost {
                if let Some(mut old) = tx.lock_letter(id).await?.filter(Letter::is_trouble) {
                    old.again = Some(name);
                    tx.save_letter(&old).await?;
                }
            }
            tx.add_letter(&letter).await?;
            tx.enqueue_messaging(&[Owed { id: name, effect, due_at: now }]).await?;
            tx.record(&[act]).await?;
            Ok(letter)
        })
        .await
    }
}

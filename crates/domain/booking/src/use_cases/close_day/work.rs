//! What one account at a provider is asked about a day.

use super::CloseError;
use crate::close::{Ask, Claim, Day, Examination, Question, Word};
use crate::{PaymentProvider, ProviderError, Till};
use kernel::Timestamp;

/// Most pages of one list, as a list that never ends must not hold us for ever.
const MOST_PAGES: u32 = 10_000;
/// Most questions to one account about single things: about an hour with five answers a second. What is left then is
/// counted as not asked: it is no task, and the day stays open.
pub(super) const MOST_ASKED: u32 = 20_000;
/// One account, while it is looked at.
pub(super) struct Work<'a> {
    pub(super) provider: &'a dyn PaymentProvider,
    pub(super) till: Till,
    pub(super) asked: u32,
    pub(super) most_asked: u32,
    pub(super) examination: Examination,
}

impl Work<'_> {
    fn away(&self, error: ProviderError) -> CloseError {
        CloseError::Away(self.till.provider, error)
    }

    pub(super) async fn list(&mut self, day: Day) -> Result<(), CloseError> {
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let page = self.provider.transactions(day.start(), day.end(), cursor.as_deref()).await;
            let page = page.map_err(|error| self.away(error))?;
            let listed = self.examination.listed(&page.items);
            listed.map_err(|error| CloseError::TooMuch(self.till.provider, error))?;
            cursor = page.next;
            if cursor.is_none() {
                return Ok(());
            }
        }
        Err(self.away(ProviderError::Uncertain("a list that does not end".into())))
    }

    /// `false` when enough was asked.
    fn may_ask(&mut self) -> bool {
        self.asked = self.asked.saturating_add(1);
        self.asked <= self.most_asked
    }

    /// A refusal is an answer: the provider knows nothing of it.
    fn known<T>(&self, answer: Result<T, ProviderError>) -> Result<Option<T>, CloseError> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(ProviderError::Refused { .. }) => Ok(None),
            Err(error) => Err(self.away(error)),
        }
    }

    pub(super) async fn ask_refund(&mut self, question: Question) -> Result<(), CloseError> {
        if !self.may_ask() {
            self.examination.left_unanswered(&question);
            return Ok(());
        }
        let standing = self.known(self.provider.find_refund(&question.order).await)?.flatten();
        let failed = Claim::of_refund(standing.as_ref()) == Word::Otherwise;
        self.examination.answered(question, failed);
        Ok(())
    }

    pub(super) async fn ask(&mut self, claim: &Claim) -> Result<(), CloseError> {
        if claim.ask != Ask::Nothing && !self.may_ask() {
            self.examination.left_unasked();
            return Ok(());
        }
        let word = match &claim.ask {
            Ask::Session(session) => {
                let standing = self.known(self.provider.ask(session).await)?;
                claim.of_standing(standing.as_ref())
            }
            Ask::Refund(order) => {
                let standing = self.known(self.provider.find_refund(order).await)?.flatten();
                Claim::of_refund(standing.as_ref())
            }
            Ask::DisputesSince(opened_at) => self.ask_dispute(claim, *opened_at).await?,
            Ask::Nothing => Word::Unknown,
        };
        self.examination.told(claim, &word);
        Ok(())
    }

    async fn ask_dispute(&self, claim: &Claim, since: Timestamp) -> Result<Word, CloseError> {
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let page = self.provider.disputes(since, cursor.as_deref()).await;
            let page = page.map_err(|error| self.away(error))?;
            let word = claim.of_disputes(&page.items);
            cursor = page.next;
            if word != Word::Unknown || cursor.is_none() {
                return Ok(word);
            }
        }
        Err(self.away(ProviderError::Uncertain("a list that does not end".into())))
    }
}

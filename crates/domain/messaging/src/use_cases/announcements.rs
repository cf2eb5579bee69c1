//! Announcements, one file per verb.

mod deliver;
mod late;
mod look;
mod plan;
mod prefer;
mod send_again;
mod spread;
mod write;

pub use look::Tally;
pub use prefer::Preferences;

use crate::{AddressKey, Addressee, AnnouncementStore, LeftOut, MailList, UnsubscribeKey, WrongStage};
use kernel::{AccountId, Clock, Invalid, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many of an audience are read and written down together.
const TOGETHER: u32 = 500;

/// Why something was not done with an announcement.
#[derive(Debug, thiserror::Error)]
pub enum AnnouncementError {
    /// There is none.
    #[error("there is no such announcement")]
    Unknown,
    /// It stands otherwise.
    #[error(transparent)]
    Stage(#[from] WrongStage),
    /// Something in it cannot be.
    #[error("the announcement cannot be taken")]
    Invalid(Vec<Invalid>),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Everything that is done with announcements, short of writing and carrying their mails.
#[derive(Clone)]
pub struct Announcements {
    store: Arc<dyn AnnouncementStore>,
    clock: Arc<dyn Clock>,
    addresses: AddressKey,
    links: UnsubscribeKey,
    together: u32,
}

impl Announcements {
    /// With a store, a clock, the key that addresses are recognised by, and the one that links to leave lists are sealed with.
    pub fn new(
        store: Arc<dyn AnnouncementStore>,
        clock: Arc<dyn Clock>,
        addresses: AddressKey,
        links: UnsubscribeKey,
    ) -> Self {
        Self { store, clock, addresses, links, together: TOGETHER }
    }

    /// The same, with so many of an audience read and written down together.
    #[must_use]
    pub fn taking(self, together: u32) -> Self {
        Self { together: together.max(1), ..self }
    }

    /// Whether these were all that were left to read.
    fn were_last<T>(&self, part: &[T]) -> bool {
        part.len() < usize::try_from(self.together).unwrap_or(usize::MAX)
    }

    /// Those of these who belong to an audience, each with why they are sent nothing, if so.
    async fn sorted(
        &self,
        list: MailList,
        people: Vec<Addressee>,
    ) -> Result<Vec<(Addressee, Option<LeftOut>)>, StoreError> {
        let people: Vec<Addressee> = people.into_iter().filter(|one| one.active).collect();
        if people.is_empty() {
            return Ok(Vec::new());
        }
        let accounts: Vec<AccountId> = people.iter().map(|one| one.account).collect();
        let left = self.store.left_lists(&accounts).await?.into_iter();
        let left: BTreeSet<AccountId> =
            left.filter(|left| left.list == list).map(|left| left.account).collect();
        let hashes: Vec<_> = people.iter().map(|one| self.addresses.hash(&one.email)).collect();
        let suppressed = self.store.suppressions(&hashes).await?.into_iter();
        let suppressed: BTreeSet<_> = suppressed.map(|it| it.address).collect();
        let why = |(one, hash): (Addressee, _)| {
            let why = match (left.contains(&one.account), suppressed.contains(&hash)) {
                (true, _) => Some(LeftOut::Unsubscribed),
                (false, true) => Some(LeftOut::Suppressed),
                (false, false) => None,
            };
            (one, why)
        };
        Ok(people.into_iter().zip(hashes).map(why).collect())
    }
}

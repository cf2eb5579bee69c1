use super::Invites;
use crate::{Effect, Invite, InviteTx, Shut, acts};
use chrono::{SubsecRound, TimeDelta};
use kernel::{Actor, Email, Invalid, InviteId, Owed, StoreError, Timestamp, transact};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvites {
    /// How many codes: 1 to 100.
    pub count: u32,
    /// How many accounts each may open: 1 to 1000.
    pub max_uses: u32,
    /// Until when; in the future.
    pub expires_at: Option<Timestamp>,
    /// The only address that may use it, as typed; the code is mailed there.
    pub email: Option<String>,
    /// For the maker, up to 500 characters.
    pub note: Option<String>,
}

/// Why no invite was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// These fields cannot be taken.
    #[error("some fields are wrong")]
    Invalid(Vec<Invalid>),
    /// The maker brings nobody.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Invites {
    /// For admins: makes invites, all or none, beside every budget. One that is bound to an address is mailed there.
    ///
    /// # Errors
    /// A [`CreateError`].
    pub async fn create(&self, wish: &NewInvites, maker: &Actor) -> Result<Vec<Invite>, CreateError> {
        let now = self.clock.now();
        let email = check(wish, now).map_err(CreateError::Invalid)?;
        let invites = self.make(wish, email.as_ref(), maker, now);
        transact(self.store.begin_invites().await?, async |tx| {
            tx.lock_lineage(maker.account).await?.opens()?;
            Ok(keep(tx, &invites, maker, now).await?)
        })
        .await
        .map(|()| invites)
    }

    /// What was asked for, not kept anywhere yet, and not counted.
    pub(super) fn make(
        &self,
        wish: &NewInvites,
        email: Option<&Email>,
        maker: &Actor,
        now: Timestamp,
    ) -> Vec<Invite> {
        let one = |_| {
            let id = InviteId::generate(now);
            Invite {
                id,
                code_hash: self.key.hash(&self.key.code(id)),
                max_uses: wish.max_uses,
                used: 0,
                // No store keeps more than microseconds.
                expires_at: wish.expires_at.map(|end| end.trunc_subsecs(6)),
                revoked_at: None,
                email: email.cloned(),
                note: wish.note.clone(),
                created_by: maker.account,
                counted: false,
                created_at: now,
            }
        };
        (0..wish.count).map(one).collect()
    }
}

/// Writes new invites, with what is owed and said of them.
pub(super) async fn keep(
    tx: &mut dyn InviteTx,
    invites: &[Invite],
    maker: &Actor,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mailed = invites.iter().filter(|invite| invite.email.is_some());
    let effects: Vec<_> =
        mailed.map(|invite| Owed::now(Effect::SendInvite { invite: invite.id }, now)).collect();
    let acts: Vec<_> = invites.iter().map(|invite| acts::created(maker, invite, now)).collect();
    tx.add_invites(invites).await?;
    tx.record(&acts).await?;
    if effects.is_empty() { Ok(()) } else { tx.enqueue_invites(&effects).await }
}

/// An invite ends within this time, if it ends at all: a hundred years.
const LATEST: TimeDelta = TimeDelta::days(36_525);

/// The address, read, or everything that is wrong at once.
pub(super) fn check(wish: &NewInvites, now: Timestamp) -> Result<Option<Email>, Vec<Invalid>> {
    let mut wrong = Vec::new();
    if !(1..=100).contains(&wish.count) {
        wrong.push(Invalid::new("count", "out_of_range", "must be from 1 to 100"));
    }
    if !(1..=1000).contains(&wish.max_uses) {
        wrong.push(Invalid::new("max_uses", "out_of_range", "must be from 1 to 1000"));
    }
    if wish.expires_at.is_some_and(|end| end > now + LATEST) {
        wrong.push(Invalid::new("expires_at", "out_of_range", "must be within the next hundred years"));
    }
    if wish.expires_at.is_some_and(|end| end <= now) {
        wrong.push(Invalid::new("expires_at", "in_the_past", "must be in the future"));
    }
    wrong.extend(wish.note.as_deref().map(note_problems).unwrap_or_default());
    let email = wish.email.as_deref().map(Email::parse).transpose();
    if email.is_err() {
        wrong.push(Invalid::new("email", "malformed", "must be an e-mail address"));
    }
    if wish.email.is_some() && wish.count > 1 {
        wrong.push(Invalid::new("count", "out_of_range", "one address needs one code"));
    }
    match email {
        Ok(email) if wrong.is_empty() => Ok(email),
        _ => Err(wrong),
    }
}

/// What is wrong with a note, which is for admins or for oneself.
pub(super) fn note_problems(note: &str) -> Vec<Invalid> {
    let mut wrong = Vec::new();
    if note.chars().count() > 500 {
        wrong.push(Invalid::new("note", "too_long", "must have at most 500 characters"));
    }
    if note.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t')) {
        wrong.push(Invalid::new("note", "malformed", "must not have control characters"));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn wish() -> NewInvites {
        NewInvites { count: 1, max_uses: 1, expires_at: None, email: None, note: None }
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let wrong = NewInvites {
            count: 0,
            max_uses: 1001,
            expires_at: Some(noon()),
            email: Some("nobody".into()),
            note: Some("\0".repeat(501)),
        };
        let fields: Vec<_> = check(&wrong, noon()).unwrap_err().into_iter().map(|one| one.field).collect();
        assert_eq!(fields, ["count", "max_uses", "expires_at", "note", "note", "email"]);
    }

    #[test]
    fn an_address_gets_one_code() {
        let email = Some("Ada@example.org".to_owned());
        let read = check(&NewInvites { email: email.clone(), ..wish() }, noon()).unwrap();
        assert_eq!(read.unwrap().as_str(), "ada@example.org");
        let wrong = check(&NewInvites { email, count: 2, ..wish() }, noon()).unwrap_err();
        assert_eq!(wrong.first().map(|one| one.field.as_str()), Some("count"));
    }
}

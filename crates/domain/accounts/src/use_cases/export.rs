use super::Accounts;
use crate::{EmailChange, OneTime, Profile, SecondFactor, Session, Status};
use invites::{Invite, Inviter};
use kernel::{Actor, Email, InviteId, Language, Page, PageRequest, Role, StoreError, Timestamp};
use serde::Serialize;

/// What accounts and invites keep about a person, for that person; of what there may be much there are pages
/// ([`Accounts::logins`] and those beside it). Without the password's hash: it is of no use to them, and of much to a
/// thief of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonalRecord {
    /// What they log in with.
    pub email: Email,
    /// When it was proven.
    pub email_verified_at: Option<Timestamp>,
    /// As given.
    pub first_name: String,
    /// As given.
    pub last_name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may log in.
    pub status: Status,
    /// What they told about themselves.
    pub profile: Profile,
    /// In which language they are written to.
    pub language: Option<Language>,
    /// What they came in with.
    pub invite: Option<InviteId>,
    /// When the account was opened.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// The second factor, when there is one.
    pub second_factor: Option<FactorRecord>,
    /// Other addresses that they asked for.
    pub email_changes: Vec<EmailChange>,
    /// How many uses an admin lets them give away; without it, as many as everybody.
    pub invite_budget: Option<u32>,
    /// Since when nobody comes in by them, if an admin decided so.
    pub frozen_since: Option<Timestamp>,
}

/// What is kept of a second factor that is of use to its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FactorRecord {
    /// When its secret was shown.
    pub created_at: Timestamp,
    /// Since when it is asked for.
    pub confirmed_at: Option<Timestamp>,
    /// How many recovery codes were not used.
    pub recovery_codes: usize,
    /// How many codes were wrong lately.
    pub wrong_codes: u32,
    /// Since when.
    pub wrong_since: Option<Timestamp>,
}

impl From<SecondFactor> for FactorRecord {
    fn from(factor: SecondFactor) -> Self {
        Self {
            created_at: factor.created_at,
            confirmed_at: factor.confirmed_at,
            recovery_codes: factor.recovery.len(),
            wrong_codes: factor.wrong,
            wrong_since: factor.wrong_since,
        }
    }
}

/// An invite as its maker knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InviteRecord {
    /// Names it.
    pub id: InviteId,
    /// How many accounts it may open.
    pub max_uses: u32,
    /// How many it has opened.
    pub used: u32,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// The only address that may use it.
    pub email: Option<Email>,
    /// The maker's note.
    pub note: Option<String>,
    /// Whether it is taken out of their budget.
    pub counted: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

impl From<Invite> for InviteRecord {
    fn from(invite: Invite) -> Self {
        Self {
            id: invite.id,
            max_uses: invite.max_uses,
            used: invite.used,
            expires_at: invite.expires_at,
            revoked_at: invite.revoked_at,
            email: invite.email,
            note: invite.note,
            counted: invite.counted,
            created_at: invite.created_at,
        }
    }
}

impl Accounts {
    /// What is kept here about the actor; `None` when the account has gone.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn export(&self, actor: &Actor) -> Result<Option<PersonalRecord>, StoreError> {
        let Some(account) = self.store.account(actor.account).await? else {
            return Ok(None);
        };
        let inviter = self.store.inviter(actor.account).await?;
        let inviter = inviter.unwrap_or_else(|| Inviter::new(actor.account));
        let factor = self.store.second_factors(&[actor.account]).await?.pop();
        Ok(Some(PersonalRecord {
            email: account.email,
            email_verified_at: account.email_verified_at,
            first_name: account.first_name,
            last_name: account.last_name,
            role: account.role,
            status: account.status,
            profile: account.profile,
            language: account.language,
            invite: account.invite,
            created_at: account.created_at,
            updated_at: account.updated_at,
            second_factor: factor.map(FactorRecord::from),
            email_changes: self.store.email_changes_of(actor.account).await?,
            invite_budget: inviter.budget,
            frozen_since: inviter.ruling.filter(|ruling| ruling.frozen).map(|ruling| ruling.at),
        }))
    }

    /// Where the actor was logged in, as long as that is kept, the newest first.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn logins(&self, actor: &Actor, page: PageRequest) -> Result<Page<Session>, StoreError> {
        self.store.logins_of(actor.account, page).await
    }

    /// The links that the actor was sent, as long as that is kept, the newest first. The links themselves are nowhere.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn links(&self, actor: &Actor, page: PageRequest) -> Result<Page<OneTime>, StoreError> {
        self.store.links_of(actor.account, page).await
    }

    /// What the actor invited with, the newest first.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn invites_made(
        &self,
        actor: &Actor,
        page: PageRequest,
    ) -> Result<Page<InviteRecord>, StoreError> {
        Ok(self.store.invites(Some(actor.account), page).await?.map(InviteRecord::from))
    }
}

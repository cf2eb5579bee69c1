//! What the accounts need from outside.

mod email_changes;
mod own;
mod second_factors;

pub use email_changes::{EmailChangeReads, EmailChangeTx};
pub use own::{OwnReads, OwnTx};
pub use second_factors::{SecondFactorReads, SecondFactorTx};

use crate::{Account, AccountFilter, Brought, Joined, OneTime, Password, PasswordHash, Purpose, Session};
use async_trait::async_trait;
use invites::{InviteStore, InviteTx};
use kernel::{
    AccountId, Email, EmailChangeId, OneTimeId, Owed, Page, PageRequest, SessionId, StoreError, Timestamp,
};
use serde::{Deserialize, Serialize};

/// Keeps accounts with their sessions and links; beside the invites, because opening an account uses one up.
#[async_trait]
pub trait AccountStore: InviteStore + SecondFactorReads + EmailChangeReads + OwnReads {
    /// Dropping the transaction undoes it; see [`kernel::transact`].
    async fn begin(&self) -> Result<Box<dyn AccountTx>, StoreError>;
    /// One account.
    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError>;
    /// The account that logs in with this address.
    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>, StoreError>;
    /// Those that [`AccountFilter::matches`], the newest first (by [`Account::cursor`], descending).
    async fn accounts(&self, filter: &AccountFilter, page: PageRequest) -> Result<Page<Account>, StoreError>;
    /// These accounts, in no order; what is unknown is left out.
    async fn accounts_of(&self, ids: &[AccountId]) -> Result<Vec<Account>, StoreError>;
    /// These sessions, in no order; what is unknown is left out.
    async fn sessions(&self, ids: &[SessionId]) -> Result<Vec<Session>, StoreError>;
    /// Those that are alive at `now`: the 100 newest, the newest first (by [`Session::cursor`], descending).
    async fn sessions_of(&self, account: AccountId, now: Timestamp) -> Result<Vec<Session>, StoreError>;
    /// Those of these sessions that are alive at `now` and whose accounts may log in, in no order.
    async fn sessions_counting(
        &self,
        ids: &[SessionId],
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError>;
    /// One link.
    async fn one_time(&self, id: OneTimeId) -> Result<Option<OneTime>, StoreError>;
    /// Who joined within a span, first instant included and last not, by day; days on which nobody did are left out.
    async fn joined(&self, span: (Timestamp, Timestamp)) -> Result<Vec<Joined>, StoreError>;
    /// Up to `limit` who brought somebody who joined within a span: who brought most first, then by id.
    async fn most_brought(
        &self,
        span: (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<Brought>, StoreError>;
    /// Drops sessions that ended or expired before `before`, and links and wishes for another address that expired before
    /// it, of each at most [`kernel::SWEPT_AT_ONCE`]; returns how many.
    async fn sweep_accounts(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// All that an account's use case may touch before it commits. Locks are taken in this order: inviters, invites
/// (see [`InviteTx`]), admins, account. What is the account's own comes after it, in any order, because nobody else has the
/// account meanwhile: its second factor, its sessions, links and wishes for another address, and the address that it takes.
/// Who locks one of these without the account locks nothing else.
#[async_trait]
pub trait AccountTx: InviteTx + SecondFactorTx + EmailChangeTx + OwnTx {
    /// `false`, and nothing written, when another account has the address.
    async fn add_account(&mut self, account: &Account) -> Result<bool, StoreError>;
    /// Other transactions wait for this row until we end.
    async fn lock_account(&mut self, id: AccountId) -> Result<Option<Account>, StoreError>;
    /// Locks all active admins, in the order of their ids, so that two of them cannot send each other away.
    async fn lock_admins(&mut self) -> Result<Vec<AccountId>, StoreError>;
    /// Writes a changed one. Its address changes only when it is erased, and is then free for others; see
    /// [`EmailChangeTx::take_email`].
    async fn save_account(&mut self, account: &Account) -> Result<(), StoreError>;
    /// Writes a new login.
    async fn add_session(&mut self, session: &Session) -> Result<(), StoreError>;
    /// Other transactions wait for this row until we end.
    async fn lock_session(&mut self, id: SessionId) -> Result<Option<Session>, StoreError>;
    /// Writes a changed one.
    async fn save_session(&mut self, session: &Session) -> Result<(), StoreError>;
    /// Ends all that have not been ended, at `now`, but for one.
    async fn end_sessions_of(
        &mut self,
        account: AccountId,
        except: Option<SessionId>,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// The calendar of an account is read at no address any more: an address opens without a password as a session does.
    async fn close_calendar_of(&mut self, account: AccountId) -> Result<(), StoreError>;
    /// `false`, and nothing written, when there is one with this id.
    async fn add_one_time(&mut self, link: &OneTime) -> Result<bool, StoreError>;
    /// Other transactions wait for this row until we end.
    async fn lock_one_time(&mut self, id: OneTimeId) -> Result<Option<OneTime>, StoreError>;
    /// Writes a changed one.
    async fn save_one_time(&mut self, link: &OneTime) -> Result<(), StoreError>;
    /// Marks all unused ones of this account for this purpose as used at `now`.
    async fn void_one_times(
        &mut self,
        account: AccountId,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Owes work, under [`crate::DOMAIN`].
    async fn enqueue_accounts(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError>;
    /// Owes mails to owners of accounts, under [`crate::ALERTS`].
    async fn enqueue_alerts(&mut self, alerts: &[Owed<Alert>]) -> Result<(), StoreError>;
}

/// Work owed after a commit. No token is inside: links are signed when the mail is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Mail a link that proves the address.
    SendVerification {
        /// Which one.
        one_time: OneTimeId,
    },
    /// Somebody asked for a new password for this address. Only the worker finds out whether there is an account,
    /// so that the answer, and the time it takes, tell a stranger nothing.
    AskedForReset {
        /// As given.
        email: Email,
    },
    /// An account was erased: it works for nobody any more, and what it waits for elsewhere is others' now.
    Erased {
        /// Which.
        account: AccountId,
    },
    /// An account may not log in any more: what it waited for until then is others' now.
    Barred {
        /// Which.
        account: AccountId,
        /// Since when.
        at: Timestamp,
    },
}

/// What the owner of an account is told by mail, because it touches who may log in. Owed after a commit, as effects are,
/// but under a name of its own. There is no token in it either, and no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Alert {
    /// Something happened to the second factor.
    SecondFactor {
        /// Whose.
        account: AccountId,
        /// What.
        news: FactorNews,
        /// When.
        at: Timestamp,
    },
    /// Mail the link that proves a new address to that address.
    ConfirmAddress {
        /// The wish.
        change: EmailChangeId,
    },
    /// Tell the old address that another one was asked for.
    AddressAsked {
        /// The wish.
        change: EmailChangeId,
    },
    /// Tell the old address that it is not that of the account any more.
    AddressChanged {
        /// The wish.
        change: EmailChangeId,
    },
}

/// What happened to a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorNews {
    /// From now on it is asked for.
    Enabled,
    /// Its owner does without.
    Disabled,
    /// It was taken away by an admin, or by whoever runs the program.
    Reset,
    /// There are new recovery codes.
    CodesReplaced,
    /// A recovery code was used.
    CodeUsed,
    /// Somebody who knows the password typed wrong codes, until no more were looked at.
    Guessed,
}

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many are being hashed: try again shortly. Better than letting logins stall everything else.
    #[error("too many passwords are being checked")]
    Busy,
    /// The hasher failed, or the stored hash is none.
    #[error("the password hasher failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Hashes passwords slowly, away from the threads that serve requests.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes with a fresh salt.
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashError>;
    /// Whether the password is the one that was hashed. Without a hash the answer is no, after the same work.
    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool, HashError>;
}

//! Accounts, sessions and links, and the ways to find them.

mod documents;
mod own;
mod reads;
mod security;
mod tx;

use crate::document::Table;
use ::accounts::{Account, EmailChange, OneTime, SecondFactor, Session};
use imbl::{OrdMap, OrdSet};
use kernel::{AccountId, Cursor, Email, EmailChangeId, InviteId, OneTimeId, SessionId, Timestamp};

/// This domain's documents and their indexes.
#[derive(Clone, Default)]
pub(crate) struct AccountTables {
    pub(crate) accounts: Table<Account>,
    pub(crate) links: Table<OneTime>,
    pub(crate) sessions: Table<Session>,
    pub(crate) factors: Table<SecondFactor>,
    pub(crate) email_changes: Table<EmailChange>,
    pub(crate) accounts_by_email: OrdMap<Email, AccountId>,
    pub(crate) accounts_by_age: OrdSet<Cursor>,
    pub(crate) accounts_by_invite: OrdSet<(InviteId, Cursor)>,
    /// Those whom nobody invited.
    pub(crate) roots_by_age: OrdSet<Cursor>,
    pub(crate) active_admins: OrdSet<AccountId>,
    /// All that are still kept, ended ones too.
    pub(crate) sessions_by_account: OrdSet<(AccountId, Cursor)>,
    /// Sessions that were not ended; some may have expired.
    pub(crate) open_sessions: OrdSet<(AccountId, Cursor)>,
    /// By the instant from which a session does not count.
    pub(crate) sessions_by_end: OrdSet<(Timestamp, SessionId)>,
    pub(crate) links_by_account: OrdSet<(AccountId, Cursor)>,
    pub(crate) unused_links: OrdSet<(AccountId, OneTimeId)>,
    pub(crate) links_by_end: OrdSet<(Timestamp, OneTimeId)>,
    pub(crate) email_changes_by_account: OrdSet<(AccountId, Cursor)>,
    pub(crate) email_changes_by_end: OrdSet<(Timestamp, EmailChangeId)>,
}

//! What is kept of accounts, and under what it is found.

use crate::document::{Document, Step, Table};
use crate::state::State;
use ::accounts::{Account, OneTime, Session};
use kernel::{AccountId, OneTimeId, SessionId};

impl Document for Account {
    const KIND: &'static str = "account";
    type Key = AccountId;

    fn key(&self) -> AccountId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.accounts.accounts
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.accounts.accounts
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.accounts;
        step.map(&mut tables.accounts_by_email, self.email.clone(), self.id);
        step.set(&mut tables.accounts_by_age, self.cursor());
        match self.invite {
            Some(invite) => step.set(&mut tables.accounts_by_invite, (invite, self.cursor())),
            None => step.set(&mut tables.roots_by_age, self.cursor()),
        }
        if self.is_active_admin() {
            step.set(&mut tables.active_admins, self.id);
        }
    }
}

impl Document for Session {
    const KIND: &'static str = "session";
    type Key = SessionId;

    fn key(&self) -> SessionId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.accounts.sessions
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.accounts.sessions
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.accounts;
        step.set(&mut tables.sessions_by_account, (self.account, self.cursor()));
        if self.ended_at.is_none() {
            step.set(&mut tables.open_sessions, (self.account, self.cursor()));
        }
        let end = self.ended_at.map_or(self.expires_at, |ended| ended.min(self.expires_at));
        step.set(&mut tables.sessions_by_end, (end, self.id));
    }
}

impl Document for OneTime {
    const KIND: &'static str = "one_time";
    type Key = OneTimeId;

    fn key(&self) -> OneTimeId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.accounts.links
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.accounts.links
    }

    fn index(&self, state: &mut State, step: Step) {
        step.set(&mut state.accounts.links_by_account, (self.account, self.cursor()));
        if self.used_at.is_none() {
            step.set(&mut state.accounts.unused_links, (self.account, self.id));
        }
        step.set(&mut state.accounts.links_by_end, (self.expires_at, self.id));
    }
}

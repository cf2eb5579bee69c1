//! What is kept of hooks, and under what it is found.

use crate::document::{Document, Step, Table};
use crate::state::State;
use ::hooks::{Call, Hook};
use kernel::{Cursor, HookCallId, HookId};

impl Document for Hook {
    const KIND: &'static str = "hook";
    type Key = HookId;

    fn key(&self) -> HookId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.hooks.hooks
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.hooks.hooks
    }

    fn index(&self, state: &mut State, step: Step) {
        let place = Cursor { at: self.created_at, id: self.id.as_uuid() };
        step.set(&mut state.hooks.of_organisation, (self.organisation, place));
    }
}

impl Document for Call {
    const KIND: &'static str = "hook_call";
    type Key = HookCallId;

    fn key(&self) -> HookCallId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.hooks.calls
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.hooks.calls
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.hooks;
        step.set(&mut tables.calls_of, (self.hook, self.cursor()));
        step.set(&mut tables.calls_standing, ((self.hook, self.state.as_str()), self.cursor()));
        step.map(&mut tables.messages, (self.hook, self.message.clone()), self.id);
        if !self.state.is_open() {
            step.set(&mut tables.ended, self.cursor());
        }
    }
}

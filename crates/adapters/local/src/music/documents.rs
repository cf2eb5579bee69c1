//! What is kept of music, and under what it is found.

use crate::document::{Document, Step, Table};
use crate::state::State;
use ::music::{MusicSet, Position};
use kernel::{AccountId, Cursor, SetId};

impl Document for MusicSet {
    const KIND: &'static str = "set";
    type Key = SetId;

    fn key(&self) -> SetId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.music.sets
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.music.sets
    }

    fn index(&self, state: &mut State, step: Step) {
        step.set(&mut state.music.by_age, self.cursor());
        step.set(&mut state.music.by_maker, (self.created_by, self.cursor()));
        if self.is_audible() {
            step.set(&mut state.music.audible, self.cursor());
        }
    }
}

impl Document for Position {
    const KIND: &'static str = "position";
    type Key = (AccountId, SetId);

    fn key(&self) -> Self::Key {
        (self.account, self.set)
    }

    fn table(state: &State) -> &Table<Self> {
        &state.music.positions
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.music.positions
    }

    fn index(&self, state: &mut State, step: Step) {
        let cursor = Cursor { at: self.said_at, id: self.set.as_uuid() };
        step.set(&mut state.music.positions_by_time, (self.account, cursor));
        step.set(&mut state.music.positions_by_set, (self.set, self.account));
    }
}

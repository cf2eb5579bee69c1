//! Sets, and where members stopped listening.

mod documents;
mod reads;
mod tx;

use crate::document::Table;
use ::music::{MusicSet, Position};
use imbl::OrdSet;
use kernel::{AccountId, Cursor, SetId};
use uuid::Uuid;

/// This domain's documents and their indexes.
#[derive(Clone, Default)]
pub(crate) struct MusicTables {
    pub(crate) sets: Table<MusicSet>,
    pub(crate) positions: Table<Position>,
    pub(crate) by_age: OrdSet<Cursor>,
    pub(crate) by_maker: OrdSet<(AccountId, Cursor)>,
    /// Those that members hear.
    pub(crate) audible: OrdSet<Cursor>,
    pub(crate) positions_by_time: OrdSet<(AccountId, Cursor)>,
    pub(crate) positions_by_set: OrdSet<(SetId, AccountId)>,
}

impl MusicTables {
    /// Who stopped in a set.
    fn listeners(&self, set: SetId) -> Vec<(AccountId, SetId)> {
        let range = (set, AccountId::from(Uuid::nil()))..=(set, AccountId::from(Uuid::max()));
        self.positions_by_set.range(range).map(|(set, account)| (*account, *set)).collect()
    }
}

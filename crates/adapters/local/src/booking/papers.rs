//! Receipts, invoices and credit notes. They are called papers here: everything that is kept is a document.

use crate::document::{Document, Step, Table};
use crate::paging::{newest, newest_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::booking::{Booking, Document as Paper, DocumentFilter as Filter, DocumentStore, DocumentTx, Origin};
use async_trait::async_trait;
use kernel::{BookingId, Cursor, DocumentId, OrganisationId, Page, PageRequest, StoreError, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const ADDING: &str = "adding a document";

/// The last number that an organisation has given in a year.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Series {
    organisation: OrganisationId,
    year: i32,
    last: u64,
}

impl Document for Series {
    const KIND: &'static str = "document_series";
    type Key = (OrganisationId, i32);

    fn key(&self) -> Self::Key {
        (self.organisation, self.year)
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.series
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.series
    }

    fn index(&self, _state: &mut State, _step: Step) {}
}

fn cursor(paper: &Paper) -> Cursor {
    Cursor { at: paper.issued_at, id: paper.id.as_uuid() }
}

impl Document for Paper {
    const KIND: &'static str = "document";
    type Key = DocumentId;

    fn key(&self) -> DocumentId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.papers
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.papers
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.booking;
        step.set(&mut tables.papers_by_issue, cursor(self));
        step.set(&mut tables.papers_by_organisation, (self.organisation, cursor(self)));
        step.set(&mut tables.papers_by_booking, (self.booking, cursor(self)));
        step.map(&mut tables.papers_by_number, (self.organisation, self.number.to_string()), self.id);
        step.map(&mut tables.papers_by_origin, self.origin, self.id);
    }
}

/// A booking's papers, the oldest first.
fn of_booking(state: &State, booking: BookingId) -> Vec<Paper> {
    let first = (booking, Cursor { at: Timestamp::MIN_UTC, id: Uuid::nil() });
    let last = (booking, Cursor { at: Timestamp::MAX_UTC, id: Uuid::max() });
    let found = state.booking.papers_by_booking.range(first..=last);
    let found = found.filter_map(|(_, cursor)| state.copy(&DocumentId::from(cursor.id)));
    let mut papers: Vec<Paper> = found.collect();
    // Those of one transaction share their instant.
    papers.sort_by_key(|paper| (paper.issued_at, paper.number.serial));
    papers
}

fn fits(filter: &Filter, paper: &Paper) -> bool {
    filter.organisations.as_ref().is_none_or(|own| own.contains(&paper.organisation))
        && filter.event.is_none_or(|event| event == paper.event)
        && filter.kind.is_none_or(|kind| kind == paper.kind)
        && filter.number.as_ref().is_none_or(|number| *number == paper.number.to_string())
        && filter.from.is_none_or(|from| paper.issued_at >= from)
        && filter.to.is_none_or(|to| paper.issued_at < to)
}

#[async_trait]
impl DocumentStore for LocalStore {
    async fn document(&self, id: DocumentId) -> Result<Option<Paper>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn documents_of_booking(&self, booking: BookingId) -> Result<Vec<Paper>, StoreError> {
        Ok(of_booking(&self.read(), booking))
    }

    async fn documents(&self, filter: &Filter, page: PageRequest) -> Result<Page<Paper>, StoreError> {
        let state = self.read();
        let paper = |id: Uuid| state.get::<Paper>(&id.into()).filter(|paper| fits(filter, paper));
        let found: Vec<Paper> = match filter.organisations.as_deref() {
            Some([own]) => newest_of(&state.booking.papers_by_organisation, *own, page)
                .filter_map(paper)
                .take(wanted(page))
                .map(|paper| Paper::clone(paper))
                .collect(),
            _ => newest(&state.booking.papers_by_issue, page)
                .filter_map(paper)
                .take(wanted(page))
                .map(|paper| Paper::clone(paper))
                .collect(),
        };
        Ok(Page::cut(found, page.limit, cursor))
    }

    async fn taken_back(&self, ids: &[DocumentId]) -> Result<Vec<(DocumentId, DocumentId)>, StoreError> {
        let state = self.read();
        let by = |id: &DocumentId| state.booking.papers_by_origin.get(&Origin::Cancels(*id)).copied();
        let mut found: Vec<_> = ids.iter().filter_map(|id| by(id).map(|by| (*id, by))).collect();
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}

#[async_trait]
impl DocumentTx for LocalTx {
    async fn documents_of(&mut self, booking: BookingId) -> Result<Vec<Paper>, StoreError> {
        Ok(of_booking(self.state(), booking))
    }

    async fn next_number(&mut self, organisation: OrganisationId, year: i32) -> Result<u64, StoreError> {
        let last = self.state().get::<Series>(&(organisation, year)).map_or(0, |series| series.last);
        let last = last + 1;
        self.put(Series { organisation, year, last });
        Ok(last)
    }

    async fn add_document(&mut self, paper: &Paper) -> Result<(), StoreError> {
        let (state, number) = (self.state(), (paper.organisation, paper.number.to_string()));
        let taken = state.booking.papers_by_number.contains_key(&number)
            || state.booking.papers_by_origin.contains_key(&paper.origin);
        if taken {
            return Err(self.broken(ADDING, "there is one with this number or of this origin"));
        }
        if state.get::<Booking>(&paper.booking).is_none() {
            return Err(self.broken(ADDING, "there is no such booking"));
        }
        self.add(paper.clone(), ADDING)
    }
}

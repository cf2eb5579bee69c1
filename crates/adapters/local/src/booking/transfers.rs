//! Tickets that are handed on.

use crate::document::{Document, Step, Table};
use crate::paging::{newest_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::booking::{Transfer, TransferReads, TransferStatus, TransferTx};
use async_trait::async_trait;
use imbl::OrdSet;
use kernel::{AccountId, Cursor, Page, PageRequest, StoreError, TicketId, Timestamp, TransferId};
use uuid::Uuid;

fn cursor(transfer: &Transfer) -> Cursor {
    Cursor { at: transfer.created_at, id: transfer.id.as_uuid() }
}

impl Document for Transfer {
    const KIND: &'static str = "transfer";
    type Key = TransferId;

    fn key(&self) -> TransferId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.transfers
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.transfers
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.booking;
        step.set(&mut tables.transfers_by_ticket, (self.ticket, self.id));
        step.set(&mut tables.transfers_by_giver, (self.from, cursor(self)));
        if let Some(to) = self.to {
            step.set(&mut tables.transfers_by_taker, (to, cursor(self)));
        }
    }
}

/// Of one account, the latest first.
fn listed(
    state: &State,
    index: &OrdSet<(AccountId, Cursor)>,
    account: AccountId,
    page: PageRequest,
) -> Page<Transfer> {
    let found = newest_of(index, account, page).take(wanted(page));
    let found = found.filter_map(|id| state.copy(&TransferId::from(id))).collect();
    Page::cut(found, page.limit, cursor)
}

#[async_trait]
impl TransferReads for LocalStore {
    async fn transfer(&self, id: TransferId) -> Result<Option<Transfer>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn transfers_to(
        &self,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Page<Transfer>, StoreError> {
        let state = self.read();
        Ok(listed(&state, &state.booking.transfers_by_taker, account, page))
    }

    async fn transfers_from(
        &self,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Page<Transfer>, StoreError> {
        let state = self.read();
        Ok(listed(&state, &state.booking.transfers_by_giver, account, page))
    }
}

#[async_trait]
impl TransferTx for LocalTx {
    async fn transfers_of_ticket(&mut self, ticket: TicketId) -> Result<Vec<Transfer>, StoreError> {
        let state = self.state();
        let range = (ticket, TransferId::from(Uuid::nil()))..=(ticket, TransferId::from(Uuid::max()));
        let found = state.booking.transfers_by_ticket.range(range);
        Ok(found.filter_map(|(_, id)| state.copy(id)).collect())
    }

    async fn add_transfer(&mut self, transfer: &Transfer) -> Result<(), StoreError> {
        let doing = "adding a transfer";
        let others = self.transfers_of_ticket(transfer.ticket).await?;
        if others.iter().any(|other| other.status == TransferStatus::Offered) {
            return Err(self.broken(doing, "the ticket is offered already"));
        }
        self.add(transfer.clone(), doing)
    }

    async fn save_transfer(&mut self, transfer: &Transfer) -> Result<(), StoreError> {
        self.save(transfer.clone(), "saving a transfer")
    }

    async fn end_transfers_of(&mut self, tickets: &[TicketId], now: Timestamp) -> Result<(), StoreError> {
        for ticket in tickets {
            for mut transfer in self.transfers_of_ticket(*ticket).await? {
                if transfer.end_with_ticket(now) {
                    self.save_transfer(&transfer).await?;
                }
            }
        }
        Ok(())
    }
}

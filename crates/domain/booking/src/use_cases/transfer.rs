//! Hand a ticket on to another member.

use super::Bookings;
use crate::{
    BookingTx, Effect, Holdings, Sale, Ticket, Transfer, TransferNews, TransferRefusal, TransferStatus, acts,
};
use kernel::{
    AccountId, Cause, Owed, Page, PageRequest, StoreError, TicketId, Timestamp, TransferId, transact,
};
use std::collections::BTreeSet;

/// Why a ticket was not handed on.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] TransferRefusal),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sale, ticket and its transfers, locked in this order.
struct Handover {
    sale: Sale,
    ticket: Ticket,
    transfers: Vec<Transfer>,
}

impl Handover {
    /// Transfers that nobody answered are ended on the way.
    async fn lock(tx: &mut dyn BookingTx, seen: &Ticket, now: Timestamp) -> Result<Self, TransferError> {
        let sale = tx.lock_sales(&[seen.event]).await?.into_iter().next();
        let sale = sale.ok_or(TransferRefusal::Unknown)?;
        let ticket = tx.lock_ticket(seen.id).await?.ok_or(TransferRefusal::Unknown)?;
        let mut transfers = tx.transfers_of_ticket(seen.id).await?;
        for transfer in &mut transfers {
            let before = transfer.status;
            transfer.lapse(now);
            if transfer.status != before {
                tx.save_transfer(transfer).await?;
            }
        }
        Ok(Self { sale, ticket, transfers })
    }
}

impl Bookings {
    /// Offers a ticket to somebody, who gets a mail; `to` is nobody when the named address is no member's, and the
    /// answer is the same then.
    ///
    /// # Errors
    /// A [`TransferError`]; nothing has changed then.
    pub async fn offer_ticket(
        &self,
        by: &Cause,
        ticket: TicketId,
        to: Option<AccountId>,
    ) -> Result<Transfer, TransferError> {
        let from = by.who.account().ok_or(TransferRefusal::Unknown)?;
        let seen = self.ticket(from, ticket).await?.ok_or(TransferRefusal::Unknown)?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let Handover { sale, ticket, transfers } = Handover::lock(tx, &seen, now).await?;
            let transfer = ticket.offer((from, to), &transfers, &sale, now)?;
            tx.add_transfer(&transfer).await?;
            let act = acts::transfer_turned((by, "ticket.offer"), None, &transfer, now);
            tx.record(&[act.of(sale.organisation)]).await?;
            if to.is_some() {
                owe(tx, &[tell(&transfer, TransferNews::Offered)], now).await?;
            }
            Ok(transfer)
        })
        .await
    }

    /// Takes an offered ticket: from then on it is the member's, under a new code. Taking it again changes nothing.
    ///
    /// # Errors
    /// A [`TransferError`]; nothing has changed then.
    pub async fn accept_transfer(&self, by: &Cause, id: TransferId) -> Result<Ticket, TransferError> {
        let (account, seen) = self.own_transfer(by, id).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let Handover { sale, mut ticket, mut transfers } = Handover::lock(tx, &seen, now).await?;
            let transfer = transfers.iter_mut().find(|transfer| transfer.id == id);
            let transfer = transfer.ok_or(TransferRefusal::Unknown)?;
            if transfer.status == TransferStatus::Accepted && ticket.holder == account {
                return Ok(ticket);
            }
            let already = tx.holdings(&[(account, sale.event)], now).await?.into_iter().next();
            let already = already.map_or_else(Holdings::default, |tally| tally.holdings);
            let before = ticket.clone();
            transfer.accept(account, &mut ticket, (&sale, &already), now)?;
            tx.save_ticket(&ticket).await?;
            tx.save_transfer(transfer).await?;
            let act = acts::ticket_handed_on(by, transfer, (&before, &ticket), now);
            tx.record(&[act.of(sale.organisation)]).await?;
            let send = Effect::SendTicket { booking: ticket.booking, ticket: ticket.id };
            owe(tx, &[tell(transfer, TransferNews::Accepted), send], now).await?;
            Ok(ticket)
        })
        .await
    }

    /// Does not take an offered ticket.
    ///
    /// # Errors
    /// A [`TransferError`]; nothing has changed then.
    pub async fn decline_transfer(&self, by: &Cause, id: TransferId) -> Result<Transfer, TransferError> {
        self.end_transfer((by, "ticket.decline"), id, |transfer, account, now| {
            transfer.decline(account, now).map(|()| Some(TransferNews::Declined))
        })
        .await
    }

    /// Takes an offer back.
    ///
    /// # Errors
    /// A [`TransferError`]; nothing has changed then.
    pub async fn withdraw_transfer(&self, by: &Cause, id: TransferId) -> Result<Transfer, TransferError> {
        self.end_transfer((by, "ticket.withdraw"), id, |transfer, account, now| {
            transfer.withdraw(account, now).map(|()| None)
        })
        .await
    }

    async fn end_transfer(
        &self,
        (by, act): (&Cause, &'static str),
        id: TransferId,
        end: impl Fn(&mut Transfer, AccountId, Timestamp) -> Result<Option<TransferNews>, TransferRefusal>
        + Send
        + Sync,
    ) -> Result<Transfer, TransferError> {
        let (account, seen) = self.own_transfer(by, id).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let Handover { sale, mut transfers, .. } = Handover::lock(tx, &seen, now).await?;
            let transfer = transfers.iter_mut().find(|transfer| transfer.id == id);
            let transfer = transfer.ok_or(TransferRefusal::Unknown)?;
            let before = transfer.clone();
            let news = end(transfer, account, now)?;
            tx.save_transfer(transfer).await?;
            let act = acts::transfer_turned((by, act), Some(&before), transfer, now);
            tx.record(&[act.of(sale.organisation)]).await?;
            let told: Vec<_> = news.into_iter().map(|news| tell(transfer, news)).collect();
            owe(tx, &told, now).await?;
            Ok(transfer.clone())
        })
        .await
    }

    /// Who asks, and the ticket of a transfer that concerns them.
    async fn own_transfer(&self, by: &Cause, id: TransferId) -> Result<(AccountId, Ticket), TransferError> {
        let account = by.who.account().ok_or(TransferRefusal::Unknown)?;
        let transfer = self.show_transfer(account, id).await?.ok_or(TransferRefusal::Unknown)?;
        let ticket = self.store.ticket(transfer.ticket).await?.ok_or(TransferRefusal::Unknown)?;
        Ok((account, ticket))
    }

    /// A transfer that this member gave or may take; others' are as unknown as those that do not exist.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn show_transfer(
        &self,
        account: AccountId,
        id: TransferId,
    ) -> Result<Option<Transfer>, StoreError> {
        Ok(self.store.transfer(id).await?.filter(|transfer| transfer.concerns(account)))
    }

    /// What somebody was offered, the latest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn transfers_to(
        &self,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Page<Transfer>, StoreError> {
        self.store.transfers_to(account, page).await
    }

    /// What somebody offered, the latest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn transfers_from(
        &self,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Page<Transfer>, StoreError> {
        self.store.transfers_from(account, page).await
    }

    /// The tickets of some transfers, with the others of their bookings.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn tickets_of_transfers(&self, transfers: &[Transfer]) -> Result<Vec<Ticket>, StoreError> {
        let bookings: BTreeSet<_> = transfers.iter().map(|transfer| transfer.booking).collect();
        if bookings.is_empty() {
            return Ok(Vec::new());
        }
        self.store.tickets_of_bookings(&bookings.into_iter().collect::<Vec<_>>()).await
    }

    /// A transfer for the worker, whoever's it is.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn transfer(&self, id: TransferId) -> Result<Option<Transfer>, StoreError> {
        self.store.transfer(id).await
    }
}

const fn tell(transfer: &Transfer, news: TransferNews) -> Effect {
    Effect::TellTransfer { transfer: transfer.id, news }
}

async fn owe(tx: &mut dyn BookingTx, effects: &[Effect], now: Timestamp) -> Result<(), StoreError> {
    let owed: Vec<_> = effects.iter().map(|effect| Owed::now(effect.clone(), now)).collect();
    tx.enqueue_booking(&owed).await
}

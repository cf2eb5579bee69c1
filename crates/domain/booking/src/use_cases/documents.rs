//! Issue what is owed on paper, and take back what is wrong.

use crate::acts;
use crate::document::owed::{self, Task};
use crate::{
    Booking, BookingStore, BookingTx, Document, DocumentFilter, DocumentKind, Origin, Particulars, Party,
};
use kernel::{
    Actor, BookingId, Cause, Clock, DocumentId, Page, PageRequest, StoreError, Timestamp, transact,
};
use std::sync::Arc;

/// Most documents of one booking that its buyer can cause: each one has a number of the organisation's.
const MOST_AT_WISH: usize = 12;

/// The use cases of receipts, invoices and credit notes.
pub struct Documents {
    store: Arc<dyn BookingStore>,
    clock: Arc<dyn Clock>,
}

/// Why a document was not taken back; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum TakeBackError {
    /// There is no such document.
    #[error("there is no such document")]
    Unknown,
    /// What takes back cannot be taken back.
    #[error("a cancellation cannot be cancelled")]
    IsCancellation,
    /// It was taken back before.
    #[error("this document was cancelled before")]
    Before,
    /// Credit notes refer to it: they have to be taken back first.
    #[error("there are credit notes to this document")]
    HasCreditNotes,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why there is no invoice.
#[derive(Debug, thiserror::Error)]
pub enum InvoiceError {
    /// No booking of this buyer.
    #[error("there is no such booking")]
    Unknown,
    /// Nothing was paid for it yet, or what says so was taken back.
    #[error("nothing was paid for this booking")]
    NothingPaid,
    /// Money went back: what is left is said by receipt and credit note together.
    #[error("some of it went back already")]
    HasCreditNotes,
    /// As often as one may ask.
    #[error("this was asked too often")]
    TooOften,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of taking a document back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBack {
    /// Takes it back.
    pub cancellation: Document,
    /// Stands in its place, when that was asked for.
    pub replacement: Option<Document>,
}

impl Documents {
    /// Over a store and a clock.
    #[must_use]
    pub fn new(store: Arc<dyn BookingStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Issues all that the booking lacks, each document once, however often and by however many this is called.
    ///
    /// # Errors
    /// The store could not answer; no number is lost then.
    pub async fn issue(&self, id: BookingId, on: &Particulars) -> Result<Vec<Document>, StoreError> {
        let (now, by) = (self.clock.now(), Cause::system());
        // Of what type a ticket is never changes.
        let tickets = self.store.tickets_of_bookings(&[id]).await?;
        transact(self.store.begin().await?, async |tx| {
            let Some(booking) = tx.lock_booking(id).await? else { return Ok(Vec::new()) };
            let mut documents = tx.documents_of(id).await?;
            let before = documents.len();
            while let Some(task) = owed::next(&booking, &tickets, &documents) {
                let Some(document) = write(tx, &task, (&booking, on), (&by, now)).await? else { break };
                documents.push(document);
            }
            Ok::<_, StoreError>(documents.split_off(before))
        })
        .await
    }

    /// Takes a wrong document back by another one, and issues a right one in its place when `replace` is said: with
    /// the particulars as they are now.
    ///
    /// # Errors
    /// A [`TakeBackError`].
    pub async fn take_back(
        &self,
        id: DocumentId,
        (reason, replace): (&str, bool),
        on: &Particulars,
        by: Cause,
    ) -> Result<TakenBack, TakeBackError> {
        let now = self.clock.now();
        let wrong = self.store.document(id).await?.ok_or(TakeBackError::Unknown)?;
        transact(self.store.begin().await?, async |tx| {
            let booking = tx.lock_booking(wrong.booking).await?.ok_or(TakeBackError::Unknown)?;
            let documents = tx.documents_of(booking.id).await?;
            may_be_taken_back(&wrong, &documents)?;
            let task = Task::Cancellation { wrong: Box::new(wrong.clone()), reason: Some(reason.to_owned()) };
            let cancellation =
                write(tx, &task, (&booking, on), (&by, now)).await?.ok_or(TakeBackError::Unknown)?;
            let again = if replace { replacement(&wrong, &documents) } else { None };
            let replacement = match again {
                Some(task) => write(tx, &task, (&booking, on), (&by, now)).await?,
                None => None,
            };
            Ok(TakenBack { cancellation, replacement })
        })
        .await
    }

    /// An invoice to `recipient` in place of the receipt, or of the invoice to somebody else, that says what was paid.
    /// Asked twice for the same, it answers with the same.
    ///
    /// # Errors
    /// An [`InvoiceError`].
    pub async fn invoice(
        &self,
        buyer: &Actor,
        id: BookingId,
        recipient: &Party,
        on: &Particulars,
    ) -> Result<Document, InvoiceError> {
        let (now, by, buyer) = (self.clock.now(), buyer.cause(), buyer.account);
        transact(self.store.begin().await?, async |tx| {
            let booking = tx.lock_booking(id).await?.filter(|booking| booking.buyer == buyer);
            let booking = booking.ok_or(InvoiceError::Unknown)?;
            let documents = tx.documents_of(id).await?;
            let known = owed::living_sale(&documents);
            if let Some(known) = known.filter(|known| known.recipient == *recipient) {
                return Ok(known.clone());
            }
            if owed::living_credits(&documents).next().is_some() {
                return Err(InvoiceError::HasCreditNotes);
            }
            if documents.len() >= MOST_AT_WISH {
                return Err(InvoiceError::TooOften);
            }
            let origin = match (known, owed::next(&booking, &[], &documents)) {
                (Some(known), _) => {
                    let wrong = Box::new(known.clone());
                    write(tx, &Task::Cancellation { wrong, reason: None }, (&booking, on), (&by, now))
                        .await?;
                    Origin::Replaces(known.id)
                }
                (None, Some(Task::Sale { origin, .. })) => origin,
                (None, _) => return Err(InvoiceError::NothingPaid),
            };
            let task = Task::Sale { origin, recipient: Some(recipient.clone()) };
            write(tx, &task, (&booking, on), (&by, now)).await?.ok_or(InvoiceError::NothingPaid)
        })
        .await
    }

    /// A document, whoever's it is.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn document(&self, id: DocumentId) -> Result<Option<Document>, StoreError> {
        self.store.document(id).await
    }

    /// A booking's documents, the oldest first, each with what took it back.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn of_booking(
        &self,
        booking: BookingId,
    ) -> Result<Vec<(Document, Option<DocumentId>)>, StoreError> {
        let documents = self.store.documents_of_booking(booking).await?;
        let by = |id| owed::cancellation_of(&documents, id).map(|document| document.id);
        Ok(documents.iter().map(|document| (document.clone(), by(document.id))).collect())
    }

    /// Documents, the newest first, each with what took it back.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn list(
        &self,
        filter: &DocumentFilter,
        page: PageRequest,
    ) -> Result<Page<(Document, Option<DocumentId>)>, StoreError> {
        let page = self.store.documents(filter, page).await?;
        let ids: Vec<_> = page.items.iter().map(|document| document.id).collect();
        let taken = if ids.is_empty() { Vec::new() } else { self.store.taken_back(&ids).await? };
        Ok(page.map(|document| {
            let by = taken.iter().find(|(wrong, _)| *wrong == document.id).map(|(_, by)| *by);
            (document, by)
        }))
    }
}

/// Gives a document its number and keeps it; `None` when nothing is to be written.
async fn write(
    tx: &mut dyn BookingTx,
    task: &Task,
    (booking, on): (&Booking, &Particulars),
    (by, now): (&Cause, Timestamp),
) -> Result<Option<Document>, StoreError> {
    let Some(mut document) = task.write(booking, on, now) else { return Ok(None) };
    document.number.serial = tx.next_number(document.organisation, document.number.year).await?;
    tx.add_document(&document).await?;
    tx.record(&[acts::document_issued(by, &document)]).await?;
    Ok(Some(document))
}

fn may_be_taken_back(wrong: &Document, documents: &[Document]) -> Result<(), TakeBackError> {
    if wrong.kind == DocumentKind::Cancellation {
        return Err(TakeBackError::IsCancellation);
    }
    if owed::cancellation_of(documents, wrong.id).is_some() {
        return Err(TakeBackError::Before);
    }
    let refers = |credit: &Document| credit.corrects.as_ref().is_some_and(|it| it.id == wrong.id);
    if owed::living_credits(documents).any(refers) {
        return Err(TakeBackError::HasCreditNotes);
    }
    Ok(())
}

/// What stands in the place of a document that is taken back.
fn replacement(wrong: &Document, documents: &[Document]) -> Option<Task> {
    let origin = Origin::Replaces(wrong.id);
    match wrong.kind {
        DocumentKind::Receipt | DocumentKind::Invoice => {
            // An address that the buyer gave stays theirs.
            let recipient = (wrong.kind == DocumentKind::Invoice).then(|| wrong.recipient.clone());
            Some(Task::Sale { origin, recipient })
        }
        DocumentKind::CreditNote => {
            let sale = Box::new(owed::living_sale(documents)?.clone());
            Some(Task::Credit { origin, sale, lines: wrong.lines.clone() })
        }
        DocumentKind::Cancellation => None,
    }
}

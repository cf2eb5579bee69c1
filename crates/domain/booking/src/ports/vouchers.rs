//! What is needed of a store for vouchers.

use crate::{Booking, Issued, Voucher, VoucherHash};
use async_trait::async_trait;
use kernel::{
    AccountId, EventId, Page, PageRequest, StoreError, TicketTypeId, Timestamp, Transaction, VoucherId,
};

/// Reads; they see what was committed.
#[async_trait]
pub trait VoucherReads: Send + Sync {
    /// A voucher, with what is used of it at `now`; nobody's own uses are counted.
    async fn voucher(&self, id: VoucherId, now: Timestamp) -> Result<Option<Issued>, StoreError>;
    /// The voucher with this code, with what is used of it at `now`, and by this buyer.
    async fn voucher_by_code(
        &self,
        code: VoucherHash,
        buyer: AccountId,
        now: Timestamp,
    ) -> Result<Option<Issued>, StoreError>;
    /// The vouchers of an event, the newest first, with what is used of them at `now`.
    async fn vouchers(
        &self,
        event: EventId,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Issued>, StoreError>;
    /// The bookings that were made with a voucher, whatever became of them, the newest first.
    async fn bookings_with(&self, id: VoucherId, page: PageRequest) -> Result<Page<Booking>, StoreError>;
}

/// Vouchers of locked sales. A voucher is read, used and changed under the lock of its sale alone, which therefore is
/// its lock as well.
#[async_trait]
pub trait VoucherTx: Transaction {
    /// The vouchers with these ids or codes, in the order of their ids, with what is used of them at `now`, and by
    /// these buyers; unknown ones are left out.
    async fn vouchers_in_sale(
        &mut self,
        ids: &[VoucherId],
        codes: &[VoucherHash],
        buyers: &[AccountId],
        now: Timestamp,
    ) -> Result<Vec<Issued>, StoreError>;
    /// How many vouchers an event has.
    async fn count_vouchers(&mut self, event: EventId) -> Result<u32, StoreError>;
    /// How many places of a type are held or sold with a voucher.
    async fn places_with(&mut self, id: VoucherId, ticket_type: TicketTypeId) -> Result<u32, StoreError>;
    /// Writes new vouchers; `false`, and none is written, when one of the codes is known.
    async fn add_vouchers(&mut self, vouchers: &[Voucher]) -> Result<bool, StoreError>;
    /// Writes what may change of a voucher: all but id, event and code.
    async fn save_voucher(&mut self, voucher: &Voucher) -> Result<(), StoreError>;
    /// Removes a voucher; `false`, and it stays, when there is a hold or a booking that was made with it.
    async fn delete_voucher(&mut self, id: VoucherId) -> Result<bool, StoreError>;
    /// Notes that these keep no places any more; the counters follow through [`crate::SaleTx::save_sales`].
    async fn end_reserves(&mut self, ids: &[VoucherId]) -> Result<(), StoreError>;
}

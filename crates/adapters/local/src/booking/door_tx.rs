//! The door.

use crate::transaction::LocalTx;
use ::booking::{DoorTx, Scan, Ticket};
use async_trait::async_trait;
use kernel::{AccountId, StoreError, TicketId};

#[async_trait]
impl DoorTx for LocalTx {
    async fn lock_ticket(&mut self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn save_ticket(&mut self, ticket: &Ticket) -> Result<(), StoreError> {
        self.save(ticket.clone(), "saving a ticket")
    }

    async fn scan_by_nonce(&mut self, scanner: AccountId, nonce: &str) -> Result<Option<Scan>, StoreError> {
        let state = self.state();
        let id = state.booking.scans_by_nonce.get(&(scanner, nonce.to_owned()));
        Ok(id.and_then(|id| state.copy(id)))
    }

    async fn add_scan(&mut self, scan: &Scan) -> Result<bool, StoreError> {
        if let Some(nonce) = &scan.nonce {
            let used = self.state().booking.scans_by_nonce.contains_key(&(scan.scanner, nonce.clone()));
            if used {
                return Ok(false);
            }
        }
        self.add(scan.clone(), "adding a scan")?;
        Ok(true)
    }
}

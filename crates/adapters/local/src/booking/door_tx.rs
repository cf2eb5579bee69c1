//! The door.

use crate::transaction::LocalTx;
use ::booking::{DoorTx, Scan, SyncTx, Ticket};
use async_trait::async_trait;
use kernel::{AccountId, ScanId, StoreError, TicketId, Timestamp};
use std::collections::BTreeSet;
use uuid::Uuid;

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

#[async_trait]
impl SyncTx for LocalTx {
    async fn lock_tickets_named(&mut self, ids: &[TicketId]) -> Result<Vec<Ticket>, StoreError> {
        let ids: BTreeSet<_> = ids.iter().collect();
        Ok(ids.into_iter().filter_map(|id| self.state().copy(id)).collect())
    }

    async fn scans_by_nonces(
        &mut self,
        scanner: AccountId,
        nonces: &[String],
    ) -> Result<Vec<Scan>, StoreError> {
        let state = self.state();
        let nonces: BTreeSet<_> = nonces.iter().collect();
        let ids = nonces
            .into_iter()
            .filter_map(|nonce| state.booking.scans_by_nonce.get(&(scanner, nonce.clone())));
        Ok(ids.filter_map(|id| state.copy(id)).collect())
    }

    async fn add_scans(&mut self, scans: &[Scan]) -> Result<usize, StoreError> {
        let mut added = 0;
        for scan in scans {
            added += usize::from(self.add_scan(scan).await?);
        }
        Ok(added)
    }

    async fn scans_of_tickets(&mut self, ids: &[TicketId]) -> Result<Vec<Scan>, StoreError> {
        let state = self.state();
        let (none, end) = (ScanId::from(Uuid::nil()), ScanId::from(Uuid::max()));
        let of_ticket = |ticket: &TicketId| {
            let range = (*ticket, Timestamp::MIN_UTC, none)..=(*ticket, Timestamp::MAX_UTC, end);
            state.booking.scans_by_ticket.range(range).map(|(_, _, scan)| *scan).collect::<Vec<_>>()
        };
        let ids: BTreeSet<_> = ids.iter().collect();
        Ok(ids.into_iter().flat_map(of_ticket).filter_map(|id| state.copy(&id)).collect())
    }

    async fn flag_scans(&mut self, scans: &[Scan]) -> Result<(), StoreError> {
        for scan in scans {
            let kept: Option<Scan> = self.state().copy(&scan.id);
            if let Some(kept) = kept {
                let flagged = Scan { flags: scan.flags.clone(), after: scan.after, ..kept };
                self.save(flagged, "flagging a scan")?;
            }
        }
        Ok(())
    }
}

//! Reading the audit log, sealing what was recorded, and finding what was tampered with.

use super::{Act, Chain, Fault, Head, Mac, Seal, SealedAct};
use crate::{
    AccountId, ActId, OrganisationId, Page, PageRequest, StoreError, Timestamp, Transaction, transact,
};
use async_trait::async_trait;
use uuid::Uuid;

/// Which acts are wanted; what is `None` does not narrow, and all that is given has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActFilter {
    /// Acts on what belongs to one of these organisations; an empty list finds nothing.
    pub organisations: Option<Vec<OrganisationId>>,
    /// Acts on this very thing.
    pub subject: Option<Uuid>,
    /// Acts of this person.
    pub account: Option<AccountId>,
    /// This act (`event.publish`), or every act of this noun (`event`).
    pub act: Option<String>,
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
}

impl ActFilter {
    /// Whether an act is wanted.
    #[must_use]
    pub fn matches(&self, act: &Act) -> bool {
        let named = |wanted: &String| {
            act.act.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let owned = |wanted: &Vec<_>| act.organisation.is_some_and(|owner| wanted.contains(&owner));
        self.organisations.as_ref().is_none_or(owned)
            && self.subject.is_none_or(|subject| subject == act.subject.id)
            && self.account.is_none_or(|account| Some(account) == act.who.account())
            && self.act.as_ref().is_none_or(named)
            && self.from.is_none_or(|from| act.at >= from)
            && self.to.is_none_or(|to| act.at < to)
    }
}

/// The audit log, as it is read and sealed. It is written through [`super::AuditTx`], with what an act changes.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Those that [`ActFilter::matches`], the newest first (by [`Act::cursor`], descending).
    async fn acts(&self, filter: &ActFilter, page: PageRequest) -> Result<Page<SealedAct>, StoreError>;
    /// Sealed acts whose number is greater than `after`, by number, at most `limit`.
    async fn chain(&self, after: u64, limit: u32) -> Result<Vec<SealedAct>, StoreError>;
    /// The end of the chain; `None` when nothing was ever sealed.
    async fn head(&self) -> Result<Option<Head>, StoreError>;
    /// Records acts that change nothing, as that somebody takes a table out.
    async fn record(&self, acts: &[Act]) -> Result<(), StoreError>;
    /// How many acts wait for their seal.
    async fn waiting(&self) -> Result<u64, StoreError>;
    /// Dropping the transaction undoes it; see [`transact`].
    async fn begin_sealing(&self) -> Result<Box<dyn SealTx>, StoreError>;
}

/// What sealing may touch before it commits.
#[async_trait]
pub trait SealTx: Transaction {
    /// The end of the chain, as [`AuditLog::head`]; other sealers wait for it until we end.
    async fn lock_head(&mut self) -> Result<Option<Head>, StoreError>;
    /// Acts without a seal, the oldest first, at most `limit`.
    async fn unsealed(&mut self, limit: u32) -> Result<Vec<Act>, StoreError>;
    /// Gives each of these acts its place, once and for all, and moves the end of the chain.
    async fn add_seals(&mut self, seals: &[(ActId, Seal)], head: &Head) -> Result<(), StoreError>;
}

/// Seals up to `limit` acts; answers how many. Several may do so at once, one after the other.
///
/// # Errors
/// [`StoreError`]; broken when the end of the chain is not genuine, and then nothing is chained to it.
pub async fn seal(log: &dyn AuditLog, mac: &Mac, limit: u32) -> Result<usize, StoreError> {
    transact(log.begin_sealing().await?, async |tx| {
        let head = tx.lock_head().await?;
        let acts = tx.unsealed(limit).await?;
        if acts.is_empty() {
            return Ok(0);
        }
        let chain = Chain::after(head, mac);
        let mut chain = chain.map_err(|fault| StoreError::broken("sealing the audit log", fault))?;
        let seals: Vec<_> = acts.iter().map(|act| (act.id, chain.add(act))).collect();
        tx.add_seals(&seals, &chain.head()).await?;
        Ok(seals.len())
    })
    .await
}

/// How a chain was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// How many acts are sealed and as they were sealed.
    pub sound: u64,
    /// The end that was reached; `None` when nothing was ever sealed.
    pub head: Option<Head>,
    /// How many acts wait for their seal: nothing can be said about them.
    pub waiting: u64,
    /// The first thing that is not as it was sealed.
    pub fault: Option<Fault>,
}

/// How many acts are read at a time.
const AT_A_TIME: u32 = 500;

/// Follows the whole chain. `noted` is the number and the link of an act as they were written down elsewhere: with
/// it, even who has the key or an old copy of the data cannot have exchanged what was sealed up to then.
///
/// # Errors
/// The store could not answer.
pub async fn verify(
    log: &dyn AuditLog,
    mac: &Mac,
    noted: Option<(u64, [u8; 32])>,
) -> Result<Found, StoreError> {
    let mut chain = Chain::new(mac);
    let fault = follow(log, &mut chain, noted).await?;
    let head = log.head().await?;
    Ok(Found { sound: chain.seq(), head, waiting: log.waiting().await?, fault })
}

async fn follow(
    log: &dyn AuditLog,
    chain: &mut Chain<'_>,
    noted: Option<(u64, [u8; 32])>,
) -> Result<Option<Fault>, StoreError> {
    loop {
        // Read before the acts: what is sealed meanwhile makes the acts more, never fewer.
        let head = log.head().await?;
        loop {
            let next = log.chain(chain.seq(), AT_A_TIME).await?;
            if next.is_empty() {
                break;
            }
            for SealedAct { act, seal } in &next {
                let Some(seal) = seal else { continue };
                if let Err(fault) = chain.follow(act, seal) {
                    return Ok(Some(fault));
                }
                if noted.is_some_and(|(seq, link)| seq == seal.seq && link != seal.link) {
                    return Ok(Some(Fault::Rewritten { seq: seal.seq }));
                }
            }
        }
        if let Some((seq, _)) = noted
            && seq > chain.seq()
        {
            return Ok(Some(Fault::Removed { seq: chain.seq() + 1 }));
        }
        let latest = log.head().await?;
        if let Err(fault) = chain.ends_at(latest.as_ref()) {
            // Unless it has grown since.
            if latest == head {
                return Ok(Some(fault));
            }
            continue;
        }
        return Ok(None);
    }
}

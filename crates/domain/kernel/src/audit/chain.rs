//! The chain: each sealed act is bound to the one before it by a keyed hash, and the end of the chain to its number.
//!
//! With `mac` a keyed hash (HMAC-SHA256 in the program), for the act number `seq` (from 1):
//! `row = mac("row" ‖ fields)`, `link = mac("link" ‖ seq ‖ previous link ‖ row)`; the head keeps the last `seq` and
//! `link` and `seal = mac("head" ‖ seq ‖ link)`. Texts are preceded by their length, so that no two acts make the
//! same bytes. `row` tells one that was changed from one that was moved.

use super::{Act, Who};
use crate::ActId;
use serde::{Deserialize, Serialize};

/// A keyed hash of some bytes. Whoever has not the key can neither make nor mend a chain.
pub type Mac = dyn Fn(&[u8]) -> [u8; 32] + Send + Sync;

/// An act's place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// Its number, from 1 without a gap.
    pub seq: u64,
    /// The keyed hash of what it says.
    pub row: [u8; 32],
    /// The keyed hash that binds it to its number and to the act before.
    pub link: [u8; 32],
}

/// An act, and its place in the chain unless it still waits for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedAct {
    /// What was done.
    pub act: Act,
    /// Its place; `None` while it waits.
    pub seal: Option<Seal>,
}

/// The end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// How many acts are sealed.
    pub seq: u64,
    /// The link of the last one.
    pub link: [u8; 32],
    /// Binds both, so that the end cannot be cut off without the key.
    pub seal: [u8; 32],
}

impl Head {
    fn made(seq: u64, link: [u8; 32], mac: &Mac) -> Self {
        Self {
            seq,
            link,
            seal: mac(&[b"synesthesie/audit/head/1".as_slice(), &seq.to_be_bytes(), &link].concat()),
        }
    }
}

/// The first thing that is not as it was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It says something else than when it was sealed.
    #[error("act number {seq} ({id}) was changed after it was sealed")]
    Changed {
        /// Its number.
        seq: u64,
        /// Which one.
        id: ActId,
    },
    /// It was sealed, but under another number.
    #[error("act number {seq} ({id}) was not sealed in this place: the order was changed")]
    Moved {
        /// The number under which it stands.
        seq: u64,
        /// Which one.
        id: ActId,
    },
    /// Nothing stands under this number any more.
    #[error("act number {seq} was removed")]
    Removed {
        /// The number.
        seq: u64,
    },
    /// The end of the chain is not what the program wrote.
    #[error("the end of the chain is not genuine: it says {seq}, and the acts go to {found}")]
    Head {
        /// What it says.
        seq: u64,
        /// The last number that there is.
        found: u64,
    },
    /// The chain was genuine once, but is not the one that was noted.
    #[error("the chain is not the one that was noted: number {seq} had another seal then")]
    Rewritten {
        /// The number that was noted.
        seq: u64,
    },
}

/// Walks along a chain: makes it longer, or follows one that there is.
pub struct Chain<'m> {
    mac: &'m Mac,
    seq: u64,
    link: [u8; 32],
}

impl<'m> Chain<'m> {
    /// From where it begins.
    #[must_use]
    pub const fn new(mac: &'m Mac) -> Self {
        Self { mac, seq: 0, link: [0; 32] }
    }

    /// From its end; `None` when nothing was ever sealed.
    ///
    /// # Errors
    /// [`Fault::Head`] when that end is not genuine: nothing must be chained to it.
    pub fn after(head: Option<Head>, mac: &'m Mac) -> Result<Self, Fault> {
        let Some(head) = head else { return Ok(Self::new(mac)) };
        if Head::made(head.seq, head.link, mac) != head {
            return Err(Fault::Head { seq: head.seq, found: head.seq });
        }
        Ok(Self { mac, seq: head.seq, link: head.link })
    }

    /// How many acts lie behind.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// The end where it stands.
    #[must_use]
    pub fn head(&self) -> Head {
        Head::made(self.seq, self.link, self.mac)
    }

    /// Adds an act.
    pub fn add(&mut self, act: &Act) -> Seal {
        let row = self.row(act);
        self.link = self.link_after(self.seq + 1, row);
        self.seq += 1;
        Seal { seq: self.seq, row, link: self.link }
    }

    /// Follows to the next act.
    ///
    /// # Errors
    /// A [`Fault`]: it is not the next one.
    pub fn follow(&mut self, act: &Act, seal: &Seal) -> Result<(), Fault> {
        let (id, expected) = (act.id, self.seq + 1);
        if seal.seq > expected {
            return Err(Fault::Removed { seq: expected });
        }
        if self.row(act) != seal.row {
            return Err(Fault::Changed { seq: seal.seq, id });
        }
        // The link is made from the link before, which was found right, so what differs is the place.
        if seal.seq < expected || self.link_after(expected, seal.row) != seal.link {
            return Err(Fault::Moved { seq: seal.seq, id });
        }
        (self.seq, self.link) = (expected, seal.link);
        Ok(())
    }

    /// Whether this is where it ends.
    ///
    /// # Errors
    /// A [`Fault`]: acts are missing at the end, or the end is not genuine.
    pub fn ends_at(&self, head: Option<&Head>) -> Result<(), Fault> {
        let seq = head.map_or(0, |head| head.seq);
        let genuine = match head {
            Some(head) => Head::made(head.seq, head.link, self.mac) == *head,
            None => self.seq == 0,
        };
        if genuine && seq > self.seq {
            return Err(Fault::Removed { seq: self.seq + 1 });
        }
        let same = genuine && seq == self.seq && head.is_none_or(|head| head.link == self.link);
        if same { Ok(()) } else { Err(Fault::Head { seq, found: self.seq }) }
    }

    fn row(&self, act: &Act) -> [u8; 32] {
        (self.mac)(&fields(act))
    }

    fn link_after(&self, seq: u64, row: [u8; 32]) -> [u8; 32] {
        let label: &[u8] = b"synesthesie/audit/link/1";
        (self.mac)(&[label, &seq.to_be_bytes(), &self.link, &row].concat())
    }
}

/// What an act says, as bytes that only this act makes.
fn fields(act: &Act) -> Vec<u8> {
    let mut bytes = b"synesthesie/audit/row/1".to_vec();
    let mut text = |text: Option<&[u8]>| match text {
        Some(text) => {
            bytes.push(1);
            bytes.extend(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend(text);
        }
        None => bytes.push(0),
    };
    text(Some(act.id.as_uuid().as_bytes()));
    text(Some(&act.at.timestamp_micros().to_be_bytes()));
    text(Some(act.who.kind().as_bytes()));
    match &act.who {
        Who::Account(account) => text(Some(account.as_uuid().as_bytes())),
        Who::Provider(name) => text(Some(name.as_bytes())),
        Who::System | Who::CommandLine => text(None),
    }
    text(act.request.as_ref().map(|request| request.as_str().as_bytes()));
    text(Some(act.act.as_bytes()));
    text(Some(act.subject.kind.as_bytes()));
    text(Some(act.subject.id.as_bytes()));
    let organisation = act.organisation.map(|organisation| organisation.as_uuid().into_bytes());
    text(organisation.as_ref().map(<[u8; 16]>::as_slice));
    text(act.before.as_ref().map(|json| json.as_bytes()));
    text(act.after.as_ref().map(|json| json.as_bytes()));
    bytes
}

#[cfg(test)]
mod tests;

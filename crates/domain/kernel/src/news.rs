//! What others are told of bookings. Each change is kept as a piece of news in the transaction that makes it, numbered by
//! the booking, and sent afterwards in that order: to a stream that other programs read, and to the addresses that
//! organisers named.
//!
//! Sending goes on in [`PARTS`] parts beside each other. A booking belongs to one of them for ever, and a part has one
//! sender at a time, who waits for the answer to each message before the next. A sender that was taken for dead may still
//! send what it had read, and is then heard beside its successor; but whatever it sends, its successor sends as well and in
//! the same order, so that the first time that each piece is heard is always after the first time of the one before it.

use crate::{
    AuditTx, BookingId, Clock, EventId, Message, OrganisationId, StoreError, Stream, StreamError, Timestamp,
};
use async_trait::async_trait;
use chrono::TimeDelta;
use std::error::Error;

/// In so many parts news are sent beside each other.
pub const PARTS: u16 = 16;
/// So many are read at once.
const AT_ONCE: u32 = 100;

/// A change of a booking, as others may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// Which booking.
    pub booking: BookingId,
    /// Whose event it is for.
    pub organisation: OrganisationId,
    /// For which event.
    pub event: EventId,
    /// What happened, as `booking.confirmed`.
    pub kind: &'static str,
    /// When.
    pub at: Timestamp,
    /// How the booking stands since: a JSON text of ids, amounts and states. No name of a person, no address and no code.
    pub body: String,
}

/// A piece of news as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Where it stands among all; of one booking, in the order of its numbers.
    pub place: u64,
    /// Which booking.
    pub booking: BookingId,
    /// The how-manieth change of the booking it was.
    pub number: u32,
    /// Whose event it is for.
    pub organisation: OrganisationId,
    /// For which event.
    pub event: EventId,
    /// What happened.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// How the booking stands since.
    pub body: String,
}

impl Published {
    /// Its name, by which it is known when it comes twice.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}-{}", self.booking, self.number)
    }
}

/// To which part a booking belongs. The end of its id is random.
#[must_use]
pub fn part_of(booking: BookingId) -> u16 {
    let last = booking.as_uuid().as_bytes().last().copied().unwrap_or_default();
    u16::from(last) % PARTS
}

/// What of the news is still to be sent to the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lag {
    /// How many pieces.
    pub unsent: u64,
    /// When the first of them happened.
    pub oldest: Option<Timestamp>,
}

/// A transaction that changes bookings, and with them what others are told.
#[async_trait]
pub trait NewsTx: AuditTx {
    /// Keeps news of bookings that were written in this transaction, each under the number that the booking has by now. What
    /// nobody is told, because there is no stream and nobody named an address, is not kept.
    async fn publish(&mut self, news: &[News]) -> Result<(), StoreError>;
}

/// The sender's side of the news.
#[async_trait]
pub trait NewsStore: Send + Sync {
    /// Parts of which something is to be sent, in their order.
    async fn unsent_parts(&self) -> Result<Vec<u16>, StoreError>;
    /// Leases a part until then, or makes the lease last longer that ends at `held`. `false` when it is somebody else's.
    async fn hold_part(
        &self,
        part: u16,
        held: Option<Timestamp>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Up to `limit` pieces of a part that are to be sent, in the order of their places.
    async fn unsent(&self, part: u16, limit: u32) -> Result<Vec<Published>, StoreError>;
    /// These of a part are with the stream, whoever says so.
    async fn sent(&self, part: u16, places: &[u64]) -> Result<(), StoreError>;
    /// How much is still to be sent.
    async fn lag(&self) -> Result<Lag, StoreError>;
    /// Removes news of before that everybody was told, a few thousand at most; answers how many.
    async fn sweep_news(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// Why news were not sent. They stay, and are sent later.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stream did not take a message.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// It was kept by another version. What comes after it of this part waits for somebody who can.
    #[error("the news {id} cannot be read")]
    Unreadable {
        /// Which.
        id: String,
        /// Why.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
}

/// How a piece of news is said.
pub type Say<'a> = dyn Fn(&Published) -> Result<Message, Box<dyn Error + Send + Sync>> + Sync + 'a;

/// Sends what there is of a part, unless somebody else is at it; answers how much that was.
///
/// # Errors
/// A [`SendError`]; what was sent before it is known to be sent.
pub async fn send(
    news: &dyn NewsStore,
    stream: &dyn Stream,
    clock: &dyn Clock,
    (part, lease): (u16, TimeDelta),
    say: &Say<'_>,
) -> Result<u64, SendError> {
    let mut now = clock.now();
    let mut until = now + lease;
    if !news.hold_part(part, None, now, until).await? {
        return Ok(0);
    }
    let mut count = 0;
    let outcome = loop {
        let found = news.unsent(part, AT_ONCE).await?;
        if found.is_empty() {
            break Ok(count);
        }
        // Nothing is begun so late that the lease might end before its answer.
        let (sent, failure) = send_some(stream, clock, &found, until - lease / 2, say).await;
        news.sent(part, &sent).await?;
        count += u64::try_from(sent.len()).unwrap_or(u64::MAX);
        if let Some(failure) = failure {
            break Err(failure);
        }
        now = clock.now();
        let longer = now + lease;
        if !news.hold_part(part, Some(until), now, longer).await? {
            // Somebody goes on with it already.
            return Ok(count);
        }
        until = longer;
    };
    // From now on it is anybody's.
    news.hold_part(part, Some(until), now, now).await?;
    outcome
}

/// Which were sent, in their order, until one was not or it became late.
async fn send_some(
    stream: &dyn Stream,
    clock: &dyn Clock,
    found: &[Published],
    late: Timestamp,
    say: &Say<'_>,
) -> (Vec<u64>, Option<SendError>) {
    let mut sent = Vec::with_capacity(found.len());
    for one in found {
        if clock.now() >= late {
            break;
        }
        let message = match say(one) {
            Ok(message) => message,
            Err(cause) => return (sent, Some(SendError::Unreadable { id: one.id(), cause })),
        };
        if let Err(error) = stream.publish(&message).await {
            return (sent, Some(error.into()));
        }
        sent.push(one.place);
    }
    (sent, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn bookings_are_spread_over_all_parts_and_stay_in_theirs() {
        let noon = "2026-06-01T12:00:00Z".parse().unwrap();
        let mut parts = BTreeMap::<u16, u32>::new();
        for _ in 0..4000 {
            let booking = BookingId::generate(noon);
            assert_eq!(part_of(booking), part_of(booking));
            *parts.entry(part_of(booking)).or_default() += 1;
        }
        assert_eq!(parts.keys().copied().collect::<Vec<_>>(), (0..PARTS).collect::<Vec<_>>());
        assert!(parts.values().all(|count| (100..500).contains(count)), "{parts:?}");
    }

    #[test]
    fn news_are_named_by_their_booking_and_number() {
        let nobody = uuid::Uuid::nil();
        let published = Published {
            place: 7,
            booking: nobody.into(),
            number: 3,
            organisation: nobody.into(),
            event: nobody.into(),
            kind: "booking.confirmed".into(),
            at: "2026-06-01T12:00:00Z".parse().unwrap(),
            body: "{}".into(),
        };
        assert_eq!(published.id(), "00000000-0000-0000-0000-000000000000-3");
    }
}

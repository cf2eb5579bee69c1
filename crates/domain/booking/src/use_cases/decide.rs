//! The one transaction in which places are given away and taken back, for all who queued together.

use super::Bookings;
use crate::round::{Answer, Ask, Round};
use crate::{BookingTx, HoldRefusal};
use kernel::{AccountId, EventId, HoldId, StoreError, Timestamp, transact};

/// Ended holds that one transaction cleans up.
const LAPSED_AT_ONCE: u32 = 500;

/// A request with the event whose sale it needs; without one there is only something to look up.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) event: Option<EventId>,
    pub(super) ask: Ask,
}

impl Bookings {
    /// Queues a request and has it decided.
    pub(super) async fn ask(&self, event: Option<EventId>, ask: Ask) -> Result<Answer, StoreError> {
        let lane = event.unwrap_or_else(|| EventId::from(uuid::Uuid::nil()));
        let answer = self.desk.submit(lane, Request { event, ask }, |asks| self.decide(asks)).await;
        // The leader vanished with our request; whether it was written shows when the client asks again.
        answer.unwrap_or(Err(StoreError::Unavailable { doing: "waiting for a decision", cause: None }))
    }

    async fn decide(&self, asks: Vec<Request>) -> Vec<Result<Answer, StoreError>> {
        match self.decide_together(&asks).await {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            // One corrupt row must not fail those who only stood beside it.
            Err(StoreError::Broken { .. }) if asks.len() > 1 => {
                let mut answers = Vec::with_capacity(asks.len());
                for ask in asks {
                    let alone = self.decide_together(&[ask]).await;
                    answers.push(alone.and_then(|answers| answers.into_iter().next().ok_or(UNANSWERED)));
                }
                answers
            }
            Err(error) => {
                let others: Vec<_> = asks.iter().skip(1).map(|_| Err(same(&error))).collect();
                std::iter::once(Err(error)).chain(others).collect()
            }
        }
    }

    async fn decide_together(&self, asks: &[Request]) -> Result<Vec<Answer>, StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let events = events_of(asks);
            let before = self.load(tx, asks, &events, now).await?;
            let (mut round, mut answers) = run(&before, asks);
            if answers.iter().any(sold_out) {
                // Ended holds still count until somebody gives them back; that is now.
                let lapsed = tx.lapsed_holds(&events, now, LAPSED_AT_ONCE).await?;
                if !lapsed.is_empty() {
                    let mut freed = before;
                    freed.reclaim(&lapsed);
                    (round, answers) = run(&freed, asks);
                }
            }
            write(tx, &round).await?;
            Ok(answers)
        })
        .await
    }

    async fn load(
        &self,
        tx: &mut dyn BookingTx,
        asks: &[Request],
        events: &[EventId],
        now: Timestamp,
    ) -> Result<Round, StoreError> {
        let sales = if events.is_empty() { Vec::new() } else { tx.lock_sales(events).await? };
        // What somebody bought is only counted where a limit asks for it: a regular may have hundreds of tickets.
        let limits = |event: &EventId| sales.iter().any(|sale| sale.event == *event && sale.limits_users());
        let (limited, free): (Vec<_>, Vec<_>) =
            buyers_of(asks).into_iter().partition(|(_, event)| limits(event));
        let mut tallies = if limited.is_empty() { Vec::new() } else { tx.holdings(&limited, now).await? };
        if !free.is_empty() {
            tallies.extend(tx.open_holds(&free, now).await?);
        }
        let seating = self.seating(tx, asks, &sales, now).await?;
        let mut round = Round::new(now, self.terms, sales, tallies).with_halls(seating.halls);
        let ids = holds_of(asks);
        if ids.is_empty() && seating.ended.is_empty() {
            return Ok(round);
        }
        let mut locked = ids.clone();
        locked.extend(&seating.ended);
        locked.sort_unstable();
        locked.dedup();
        let (ended, holds): (Vec<_>, Vec<_>) =
            tx.lock_holds(&locked).await?.into_iter().partition(|hold| seating.ended.contains(&hold.id));
        // Their seats are asked for and anybody's: whoever gets one must not meet them again.
        round.reclaim(&ended);
        let gone: Vec<_> = ids.into_iter().filter(|id| !holds.iter().any(|hold| hold.id == *id)).collect();
        let made = if gone.is_empty() { Vec::new() } else { tx.bookings_of_holds(&gone).await? };
        Ok(round.with_holds(holds, made))
    }
}

const UNANSWERED: StoreError = StoreError::Broken { doing: "deciding a request", cause: None };

fn run(before: &Round, asks: &[Request]) -> (Round, Vec<Answer>) {
    let mut round = before.clone();
    let answers = asks.iter().map(|request| round.decide(&request.ask)).collect();
    (round, answers)
}

async fn write(tx: &mut dyn BookingTx, round: &Round) -> Result<(), StoreError> {
    let new = &round.new;
    if !new.dropped.is_empty() {
        tx.drop_holds(&new.dropped).await?;
    }
    if !new.holds.is_empty() {
        tx.add_holds(&new.holds).await?;
    }
    if !new.bookings.is_empty() {
        tx.add_bookings(&new.bookings).await?;
    }
    if !new.tickets.is_empty() {
        tx.add_tickets(&new.tickets).await?;
    }
    if !new.effects.is_empty() {
        tx.enqueue_booking(&new.effects).await?;
    }
    if !(new.holds.is_empty() && new.dropped.is_empty()) {
        tx.save_sales(&round.sales()).await?;
    }
    Ok(())
}

fn sold_out(answer: &Answer) -> bool {
    matches!(answer, Answer::Hold(Err(HoldRefusal::SoldOut { .. } | HoldRefusal::NotTogether { .. })))
}

fn events_of(asks: &[Request]) -> Vec<EventId> {
    let mut events: Vec<_> = asks.iter().filter_map(|request| request.event).collect();
    events.sort_unstable();
    events.dedup();
    events
}

fn buyers_of(asks: &[Request]) -> Vec<(AccountId, EventId)> {
    let pair = |request: &Request| match request.ask {
        Ask::Hold(ref wish) => Some((wish.buyer, wish.event)),
        Ask::Confirm(_) | Ask::Release { .. } => None,
    };
    let mut pairs: Vec<_> = asks.iter().filter_map(pair).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

fn holds_of(asks: &[Request]) -> Vec<HoldId> {
    let hold = |request: &Request| match &request.ask {
        Ask::Confirm(asked) => Some(asked.hold),
        Ask::Release { hold, .. } => Some(*hold),
        Ask::Hold(_) => None,
    };
    let mut ids: Vec<_> = asks.iter().filter_map(hold).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The same failure for somebody else; the cause is logged once, with the first.
fn same(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable { doing, .. } => StoreError::Unavailable { doing, cause: None },
        StoreError::Broken { doing, .. } => StoreError::Broken { doing, cause: None },
    }
}

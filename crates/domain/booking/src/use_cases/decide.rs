//! The one transaction in which places are given away and taken back, for all who queued together.

use super::Bookings;
use super::returns::find_resold;
use super::serve::{OFFERS, claim, end_entries, reclaim, serve};
use crate::desk::together;
use crate::round::{Answer, Ask, New, Round};
use crate::{BookingTx, HoldRefusal, Sale, Tally, VoucherHash, news};
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
        let lane = event.map_or(uuid::Uuid::nil(), EventId::as_uuid);
        let decide = |asks| together(asks, |some| async move { self.decide_together(&some).await });
        let answer = self.desk.submit(lane, Request { event, ask }, decide).await;
        // The leader vanished with our request; whether it was written shows when the client asks again.
        answer.unwrap_or(Err(StoreError::Unavailable { doing: "waiting for a decision", cause: None }))
    }

    async fn decide_together(&self, asks: &[Request]) -> Result<Vec<Answer>, StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let events = events_of(asks);
            let mut before = self.load(tx, asks, &events, now).await?;
            self.serve_first(tx, &mut before, now).await?;
            self.recount(tx, asks, &mut before, now).await?;
            let (mut round, mut answers) = run(&before, asks);
            if answers.iter().any(sold_out) {
                // Ended holds still count until somebody gives them back; that is now.
                let lapsed = tx.lapsed_holds(&events, now, LAPSED_AT_ONCE).await?;
                let mut freed = before;
                freed.put_back();
                freed.reclaim(&lapsed);
                // So do the places that expired vouchers kept.
                if freed.end_reserves() || !lapsed.is_empty() {
                    self.serve_free(tx, &mut freed, now).await?;
                    self.recount(tx, asks, &mut freed, now).await?;
                    (round, answers) = run(&freed, asks);
                }
            }
            round.put_back();
            end_entries(tx, &round.new.ended, now).await?;
            if !round.new.dropped.is_empty() {
                // What somebody gave back in this round, after all others were decided.
                tx.drop_holds(&round.new.dropped).await?;
                // What somebody got just now counts for what they are offered.
                add_rows(tx, &round.new).await?;
                self.serve_free(tx, &mut round, now).await?;
                round.put_back();
            } else {
                add_rows(tx, &round.new).await?;
            }
            write(tx, &round, now).await?;
            Ok(answers)
        })
        .await
    }

    /// Whoever waits comes before whoever asks now, also for what has just ended by itself.
    async fn serve_first(
        &self,
        tx: &mut dyn BookingTx,
        round: &mut Round,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for event in round.waited_for() {
            let Some(sale) = round.sale_to_serve(event) else { continue };
            let ended = reclaim(tx, sale, now).await?;
            round.forget(&ended);
            round.end_reserves_of(event);
        }
        self.serve_free(tx, round, now).await
    }

    /// Offers what is free to those who wait or, where staff does so by hand, keeps it from others.
    async fn serve_free(
        &self,
        tx: &mut dyn BookingTx,
        round: &mut Round,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut aside = Vec::new();
        for event in round.waited_for() {
            let Some(sale) = round.sale_to_serve(event) else { continue };
            let made = serve(tx, sale, self.serving(), now).await?;
            if made == OFFERS || !sale.resale.automatic {
                aside.push((event, claim(tx, (sale, None), self.serving(), now).await?));
            }
        }
        round.follow_offers();
        // What was given back just now is free only as far as it is not set aside.
        for (event, offers) in aside {
            round.set_aside(event, offers);
        }
        Ok(())
    }

    /// What somebody was offered just now counts for what they ask for at the same time.
    async fn recount(
        &self,
        tx: &mut dyn BookingTx,
        asks: &[Request],
        round: &mut Round,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !round.waited_for().is_empty() {
            let tallies = tallies(tx, asks, &round.sales(), now).await?;
            round.recount(tallies);
        }
        Ok(())
    }

    async fn load(
        &self,
        tx: &mut dyn BookingTx,
        asks: &[Request],
        events: &[EventId],
        now: Timestamp,
    ) -> Result<Round, StoreError> {
        let mut sales = if events.is_empty() { Vec::new() } else { tx.lock_sales(events).await? };
        let codes = codes_of(asks);
        if !codes.is_empty() && !sales.is_empty() {
            let buyers: Vec<_> = buyers_of(asks).into_iter().map(|(buyer, _)| buyer).collect();
            let named = tx.vouchers_in_sale(&[], &codes, &buyers, now).await?;
            for sale in &mut sales {
                sale.vouchers.extend(named.iter().filter(|it| it.voucher.event == sale.event).cloned());
            }
        }
        let tallies = tallies(tx, asks, &sales, now).await?;
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
        round.reclaim_seats(&ended);
        let gone: Vec<_> = ids.into_iter().filter(|id| !holds.iter().any(|hold| hold.id == *id)).collect();
        let made = if gone.is_empty() { Vec::new() } else { tx.bookings_of_holds(&gone).await? };
        Ok(round.with_holds(holds, made))
    }
}

/// What those who ask have already. What somebody bought is only counted where a limit asks for it: a regular may have
/// hundreds of tickets.
async fn tallies(
    tx: &mut dyn BookingTx,
    asks: &[Request],
    sales: &[Sale],
    now: Timestamp,
) -> Result<Vec<Tally>, StoreError> {
    let limits = |event: &EventId| sales.iter().any(|sale| sale.event == *event && sale.limits_users());
    let (limited, free): (Vec<_>, Vec<_>) = buyers_of(asks).into_iter().partition(|(_, event)| limits(event));
    let mut tallies = if limited.is_empty() { Vec::new() } else { tx.holdings(&limited, now).await? };
    if !free.is_empty() {
        tallies.extend(tx.open_holds(&free, now).await?);
    }
    Ok(tallies)
}

fn run(before: &Round, asks: &[Request]) -> (Round, Vec<Answer>) {
    let mut round = before.clone();
    let waited = round.waited_for();
    // What is given back while somebody waits is theirs first: those who ask in the same round are decided before.
    let last = |request: &Request| {
        let given_back = matches!(request.ask, Ask::Release { .. });
        given_back && request.event.is_some_and(|event| waited.contains(&event))
    };
    let (late, soon): (Vec<_>, Vec<_>) = asks.iter().enumerate().partition(|(_, request)| last(request));
    let decided = soon.into_iter().chain(late);
    let mut answers: Vec<_> = decided.map(|(at, request)| (at, round.decide(&request.ask))).collect();
    answers.sort_by_key(|(at, _)| *at);
    (round, answers.into_iter().map(|(_, answer)| answer).collect())
}

/// Writes what counts for what somebody has of an event.
async fn add_rows(tx: &mut dyn BookingTx, new: &New) -> Result<(), StoreError> {
    if !new.holds.is_empty() {
        tx.add_holds(&new.holds).await?;
    }
    if !new.bookings.is_empty() {
        tx.add_bookings(&new.bookings).await?;
        let told = new.bookings.iter().map(news::made).collect::<Result<Vec<_>, _>>()?;
        tx.publish(&told).await?;
    }
    if !new.tickets.is_empty() {
        tx.add_tickets(&new.tickets).await?;
    }
    Ok(())
}

async fn write(tx: &mut dyn BookingTx, round: &Round, now: Timestamp) -> Result<(), StoreError> {
    let new = &round.new;
    if !new.effects.is_empty() {
        tx.enqueue_booking(&new.effects).await?;
    }
    if !new.expired.is_empty() {
        tx.end_reserves(&new.expired).await?;
    }
    if round.moves_places() {
        let sales = round.sales();
        tx.save_sales(&sales).await?;
        if !new.tickets.is_empty() {
            for sale in &sales {
                find_resold(tx, sale, now).await?;
            }
        }
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

/// What the vouchers are recognised by that somebody named.
fn codes_of(asks: &[Request]) -> Vec<VoucherHash> {
    let code = |request: &Request| match &request.ask {
        Ask::Hold(wish) => wish.voucher,
        Ask::Confirm(_) | Ask::Release { .. } => None,
    };
    let mut codes: Vec<_> = asks.iter().filter_map(code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
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

//! The same history gives the same answers: one random sequence of what buyers, providers, time and the door do,
//! played on two stores, compared after every step and at the end.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a model fails by panicking")]

use crate::fixtures_bookings::{House, bookings, buyer, house, staff};
use crate::{ScriptedProvider, Stores};
use booking::ledger::{Account, EntryFilter, differences};
use booking::use_cases::{ConfirmRequest, Placed, Staff, VerifyRequest};
use booking::{
    Booking, Bookings, Charge, CodeSigner, Door, Hold, PaymentChoice, Provider, RawNotice, Standing, Ticket,
};
use chrono::TimeDelta;
use kernel::{AccountId, Clock, Money, PageRequest};

/// Buyers in a world; few, so that limits are met.
const BUYERS: u64 = 4;

/// A small generator of its own (SplitMix64), so that a seed names a history for ever.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is at least one.
    pub fn below(&mut self, end: u64) -> usize {
        usize::try_from(self.roll() % end.max(1)).unwrap()
    }
}

/// One step of a history. Numbers name things by the order in which they came to be.
#[derive(Debug, Clone, Copy)]
enum Step {
    Hold { buyer: usize, quantity: usize },
    Release { buyer: usize, hold: usize },
    Confirm { buyer: usize, hold: usize, free: bool },
    Pay { booking: usize },
    Stands { booking: usize, attempt: usize, how: usize },
    Return { booking: usize, attempt: usize },
    Notice { booking: usize, attempt: usize, id: usize },
    Attend { booking: usize },
    MoneyBack { booking: usize },
    Sweep,
    Later { minutes: usize },
    Verify { ticket: usize, nonce: usize, dry_run: bool },
    Undo { ticket: usize },
}

fn step(dice: &mut Dice) -> Step {
    let (kind, n) = (dice.below(26), |dice: &mut Dice| dice.below(12));
    let attempt = dice.below(3);
    match kind {
        0..=4 => Step::Hold { buyer: dice.below(BUYERS), quantity: dice.below(5) },
        5 => Step::Release { buyer: dice.below(BUYERS), hold: n(dice) },
        6..=9 => Step::Confirm { buyer: dice.below(BUYERS), hold: n(dice), free: dice.below(6) == 0 },
        10 => Step::Pay { booking: n(dice) },
        11..=13 => Step::Stands { booking: n(dice), attempt, how: dice.below(8) },
        14..=15 => Step::Return { booking: n(dice), attempt },
        16..=17 => Step::Notice { booking: n(dice), attempt, id: dice.below(20) },
        18..=19 => Step::Attend { booking: n(dice) },
        20 => Step::MoneyBack { booking: n(dice) },
        21 => Step::Sweep,
        22..=23 => Step::Later { minutes: [1, 5, 11, 31][dice.below(4)] },
        24 => Step::Verify { ticket: n(dice), nonce: dice.below(6), dry_run: dice.below(4) == 0 },
        _ => Step::Undo { ticket: n(dice) },
    }
}

struct World {
    house: House,
    bookings: Bookings,
    door: Door,
    staff: Staff,
    buyers: Vec<AccountId>,
    holds: Vec<Hold>,
    booked: Vec<Booking>,
    tickets: Vec<Ticket>,
}

/// Plays one history of `steps` steps on both.
///
/// # Panics
/// When an answer or the end differs, naming seed and step.
pub async fn the_same_history_gives_the_same_answers(one: Stores, other: Stores, seed: u64, steps: u32) {
    let mut dice = Dice(seed);
    let price = if dice.below(4) == 0 { 0 } else { 2500 };
    let (mut one, mut other) = (World::new(one, price).await, World::new(other, price).await);
    for number in 0..steps {
        let step = step(&mut dice);
        let (left, right) = (one.play(step).await, other.play(step).await);
        assert_eq!(left, right, "seed {seed}, step {number}: {step:?}");
        assert_eq!(one.state().await, other.state().await, "seed {seed}, after step {number}: {step:?}");
    }
}

impl World {
    async fn new(stores: Stores, cents: u32) -> Self {
        let house = house(stores, 9, Some(8), cents).await.with_limit_per_user(5).await;
        let door = Door::new(house.stores.booking.clone(), house.clock.clone(), CodeSigner::new(&[3; 32]));
        let mut buyers = Vec::new();
        for _ in 0..BUYERS {
            buyers.push(buyer(&house.stores).await);
        }
        let (bookings, staff) = (bookings(&house), staff(&house).await);
        Self { house, bookings, door, staff, buyers, holds: vec![], booked: vec![], tickets: vec![] }
    }

    /// Plays a step; the answer names nothing by its id, so that two worlds can be compared.
    async fn play(&mut self, step: Step) -> String {
        match step {
            Step::Hold { buyer, quantity } => self.hold(buyer, quantity).await,
            Step::Release { buyer, hold } => match self.holds.get(hold) {
                Some(hold) => {
                    format!("{:?}", self.bookings.release(self.buyers[buyer], hold.id).await.unwrap())
                }
                None => "no such hold".into(),
            },
            Step::Confirm { buyer, hold, free } => self.confirm(buyer, hold, free).await,
            Step::Pay { booking } => self.pay(booking).await,
            Step::Stands { booking, attempt, how } => self.stands(booking, attempt, how),
            Step::Return { booking, attempt } => match self.attempt(booking, attempt) {
                Some((id, _)) => told(&self.bookings.come_back(id).await.unwrap().unwrap()),
                None => "no such attempt".into(),
            },
            Step::Notice { booking, attempt, id } => self.notice(booking, attempt, id).await,
            Step::Attend { booking } => match self.booked.get(booking) {
                Some(booking) => format!("{:?}", self.bookings.attend(booking.id).await.unwrap()),
                None => "no such booking".into(),
            },
            Step::MoneyBack { booking } => self.money_back(booking).await,
            Step::Sweep => format!("{}", self.bookings.sweep().await.unwrap()),
            Step::Later { minutes } => {
                self.house.clock.advance(TimeDelta::minutes(i64::try_from(minutes).unwrap()));
                String::new()
            }
            Step::Verify { ticket, nonce, dry_run } => self.verify(ticket, nonce, dry_run).await,
            Step::Undo { ticket } => match self.tickets.get(ticket) {
                Some(ticket) => {
                    format!("{:?}", self.door.undo(&self.staff, ticket.id).await.map(|t| t.status))
                }
                None => "no such ticket".into(),
            },
        }
    }

    async fn hold(&mut self, buyer: usize, quantity: usize) -> String {
        let want = self.house.want(u32::try_from(quantity).unwrap());
        match self.bookings.hold(self.buyers[buyer], self.house.event.id, want).await {
            Ok(hold) => {
                let answer = format!("{} until {}", hold.total, hold.expires_at);
                self.holds.push(hold);
                answer
            }
            // The type's id differs between the worlds; what is left does not.
            Err(refusal) => format!("{refusal}"),
        }
    }

    async fn confirm(&mut self, buyer: usize, hold: usize, free: bool) -> String {
        let Some(hold) = self.holds.get(hold) else { return "no such hold".into() };
        let payment = (!free).then(choice).filter(|_| !hold.total.is_zero() || free);
        let request = ConfirmRequest { buyer: self.buyers[buyer], hold: hold.id, payment, attendees: vec![] };
        match self.bookings.confirm(request).await {
            Ok(Placed { booking, tickets }) => {
                let answer = format!("{} {}", told(&booking), tickets.len());
                self.keep(booking).await;
                answer
            }
            Err(refusal) => format!("{refusal}"),
        }
    }

    async fn pay(&mut self, booking: usize) -> String {
        let Some(booking) = self.booked.get(booking) else { return "no such booking".into() };
        match self.bookings.pay(booking.buyer, booking.id, &choice()).await {
            Ok(placed) => told(&placed.booking),
            Err(refusal) => format!("{refusal}"),
        }
    }

    /// The id and the session of a booking's attempt.
    fn attempt(&self, booking: usize, attempt: usize) -> Option<(kernel::PaymentId, String)> {
        let payment = self.booked.get(booking)?.payments.get(attempt)?;
        Some((payment.id, ScriptedProvider::session(payment.id)))
    }

    fn stands(&self, booking: usize, attempt: usize, how: usize) -> String {
        let Some((_, session)) = self.attempt(booking, attempt) else { return "no such attempt".into() };
        let wrong = Charge { reference: format!("{booking}-{attempt}"), amount: Money::eur(1), live: false };
        match how {
            0 => self.house.provider.stands(&session, Standing::Declined),
            1 => self.house.provider.stands(&session, Standing::Processing),
            2 => self.house.provider.stands(&session, Standing::Approved),
            3 => self.house.provider.stands(&session, Standing::Paid(wrong)),
            _ => drop(self.house.provider.pay(&session)),
        }
        String::new()
    }

    async fn notice(&mut self, booking: usize, attempt: usize, id: usize) -> String {
        let Some((_, session)) = self.attempt(booking, attempt) else { return "no such attempt".into() };
        let headers = vec![("session".into(), session), ("id".into(), format!("notice-{id}"))];
        let heard = self.bookings.hear(Provider::Stripe, &RawNotice { headers, body: Vec::new() }).await;
        match heard {
            Ok(heard) => format!("{heard:?}").chars().take_while(|letter| letter.is_alphabetic()).collect(),
            Err(failure) => format!("{failure}"),
        }
    }

    async fn money_back(&mut self, booking: usize) -> String {
        let Some(booking) = self.booked.get(booking) else { return "no such booking".into() };
        let mut answer = String::new();
        for refund in &booking.refunds {
            answer += &format!("{:?} ", self.bookings.send_money_back(booking.id, refund.id).await.unwrap());
        }
        answer
    }

    async fn verify(&mut self, ticket: usize, nonce: usize, dry_run: bool) -> String {
        let Some(ticket) = self.tickets.get(ticket) else { return "no such ticket".into() };
        // Doors are open for the length of the scan only.
        let now = self.house.clock.now();
        self.house.clock.set(self.house.event.starts_at);
        let nonce = (nonce > 0).then(|| format!("nonce-{nonce}"));
        let request = VerifyRequest { code: self.door.code(ticket), nonce, event: None, dry_run };
        let admission = self.door.verify(&self.staff, &request).await;
        self.house.clock.set(now);
        let admission = match admission {
            Ok(admission) => admission,
            Err(refusal) => return format!("{refusal}"),
        };
        format!("{:?} {:?} {}", admission.verdict, admission.checked_in_at, admission.ticket.is_some())
    }

    async fn keep(&mut self, booking: Booking) {
        if !self.booked.iter().any(|known| known.id == booking.id) {
            self.booked.push(booking);
        }
    }

    /// Everything that matters, without ids; also refreshes what the next steps are chosen from.
    async fn state(&mut self) -> String {
        let store = &self.house.stores.booking;
        assert_eq!(store.stock_differences().await.unwrap(), []);
        let sale = store.sales(&[self.house.event.id]).await.unwrap().remove(0);
        let mut state = format!("held {} sold {}\n", sale.offers[0].held, sale.offers[0].sold);
        for known in &mut self.booked {
            *known = store.booking(known.id).await.unwrap().unwrap();
            state += &format!("{}\n", told(known));
            let entries = self.house.stores.ledger.entries_of_bookings(&[known.id]).await.unwrap();
            assert_eq!(differences(known, &entries), [], "the ledger says what the booking says");
            state += &format!("{} entries\n", entries.len());
            let mut tickets = store.tickets_of_bookings(&[known.id]).await.unwrap();
            tickets.retain(|ticket| !self.tickets.iter().any(|old| old.id == ticket.id));
            self.tickets.extend(tickets);
        }
        for balance in self.house.stores.ledger.balances(&EntryFilter::default()).await.unwrap() {
            let account = match balance.account {
                Account::Organiser(_) => "organiser".to_owned(),
                account => account.to_string(),
            };
            state += &format!("{account} {} {}\n", balance.minor, balance.currency);
        }
        for known in &mut self.tickets {
            *known = store.ticket(known.id).await.unwrap().unwrap();
            state += &format!("{:?} {:?}\n", known.status, known.checked_in_at);
        }
        for buyer in &self.buyers {
            let page = PageRequest { limit: 100, after: None };
            state += &format!("{} bookings\n", store.bookings_of(*buyer, page).await.unwrap().items.len());
        }
        state
    }
}

fn choice() -> PaymentChoice {
    PaymentChoice { provider: Provider::Stripe, success_url: None, cancel_url: None }
}

/// A booking without its ids.
fn told(booking: &Booking) -> String {
    let payments: Vec<_> =
        booking.payments.iter().map(|p| (p.attempt, p.status, p.paid, &p.problem)).collect();
    let refunds: Vec<_> = booking.refunds.iter().map(|r| (r.amount, r.reason, r.status)).collect();
    let Booking { status, total, pay_by, decided_at, .. } = booking;
    format!("{status:?} {total} {pay_by} {decided_at:?} {payments:?} {refunds:?}")
}

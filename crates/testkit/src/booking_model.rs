//! The same history gives the same answers: one random sequence of what buyers, providers, time and the door do,
//! played on two stores, compared after every step and at the end.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a model fails by panicking")]

mod edits;
mod figures;
mod resale;

use crate::cancelling_store::policy;
use crate::fixtures_bookings::{House, bookings, buyer, by, house, staff};
use crate::fixtures_events::{events_at_noon, organiser, person, type_input};
use crate::fixtures_seats::seated;
use crate::{ScriptedProvider, Stores, voucher_store};
use booking::ledger::{Account, EntryFilter, differences};
use booking::use_cases::{ConfirmRequest, HoldError, Placed, Staff, VerifyRequest};
use booking::{
    Booking, BookingStatus, Bookings, Charge, CodeSigner, Decision, Door, Hold, Issued, Job, PaymentChoice,
    Provider, Quota, RawNotice, Refund, RefundReason, RefundStatus, RefundWish, Standing, Ticket, Voucher,
    VoucherInput, books,
};
use chrono::TimeDelta;
use events::{PriceInput, TicketType, TicketTypeInput};
use kernel::{
    AccountId, Actor, BookingId, Cause, Clock, Money, PageRequest, Role, SeatId, StoreError, TicketTypeId,
    VoucherId, transact,
};

/// Buyers in a world; few, so that limits are met.
const BUYERS: u64 = 4;

/// Steps between two counts of the figures.
const COUNTED: u32 = 7;

/// The codes of a world's two vouchers.
const CODES: [&str; 2] = ["HALFOFF", "GUESTS"];

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
    Hold { buyer: usize, quantity: usize, code: usize, reduced: bool },
    HoldSeats { buyer: usize, from: usize, count: usize, reduced: bool },
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
    HandOn { ticket: usize, to: usize, how: usize },
    Cancel { booking: usize, ticket: Option<usize> },
    Ask { booking: usize },
    Decide { booking: usize, grant: bool },
    Refund { booking: usize, cents: Option<u32>, ticket: Option<usize>, keep: bool },
    RefundFails { booking: usize },
    RefundAgain { booking: usize },
    CancelEvent,
    Voucher { which: usize, how: usize },
    Join { buyer: usize, quantity: usize, most: Option<usize> },
    Leave { buyer: usize },
    Accept { buyer: usize },
    GiveToDesk { ticket: usize },
    TakeFromDesk { ticket: usize },
    Watch,
    Rules { automatic: bool, returns: bool },
    Block { seat: usize, blocked: bool },
    Price { seat: usize, how: usize },
    Quantity { reduced: bool, quantity: usize },
    Quota { quantity: usize },
    Capacity { places: usize },
    Start,
}

fn step(dice: &mut Dice) -> Step {
    let (kind, n) = (dice.below(68), |dice: &mut Dice| dice.below(12));
    let attempt = dice.below(3);
    match kind {
        0..=4 => {
            let (buyer, quantity, code) = (dice.below(BUYERS), dice.below(5), dice.below(4));
            Step::Hold { buyer, quantity, code, reduced: dice.below(3) == 0 }
        }
        5 => Step::Release { buyer: dice.below(BUYERS), hold: n(dice) },
        6..=9 => Step::Confirm { buyer: dice.below(BUYERS), hold: n(dice), free: dice.below(6) == 0 },
        10 => Step::Pay { booking: n(dice) },
        11..=13 => Step::Stands { booking: n(dice), attempt, how: dice.below(8) },
        14..=15 => Step::Return { booking: n(dice), attempt },
        16..=17 => Step::Notice { booking: n(dice), attempt, id: dice.below(20) },
        18..=19 => Step::Attend { booking: n(dice) },
        20 => Step::MoneyBack { booking: n(dice) },
        21 => Step::Sweep,
        22..=23 => Step::Later { minutes: [1, 5, 11, 31, 721][dice.below(5)] },
        24 => Step::Verify { ticket: n(dice), nonce: dice.below(6), dry_run: dice.below(4) == 0 },
        25 => Step::Undo { ticket: n(dice) },
        26..=28 => Step::Cancel { booking: n(dice), ticket: some(dice, 3) },
        29 => Step::Ask { booking: n(dice) },
        30 => Step::Decide { booking: n(dice), grant: dice.below(3) > 0 },
        31..=33 => Step::Refund {
            booking: n(dice),
            cents: some(dice, 6000).map(|cents| u32::try_from(cents).unwrap()),
            ticket: some(dice, 3),
            keep: dice.below(2) == 0,
        },
        34 => Step::RefundFails { booking: n(dice) },
        35 => Step::RefundAgain { booking: n(dice) },
        36 if dice.below(12) == 0 => Step::CancelEvent,
        41..=42 => Step::Voucher { which: dice.below(2), how: dice.below(3) },
        44..=47 => Step::Join { buyer: dice.below(BUYERS), quantity: dice.below(4), most: some(dice, 4000) },
        48 => Step::Leave { buyer: dice.below(BUYERS) },
        49..=51 => Step::Accept { buyer: dice.below(BUYERS) },
        52..=55 => Step::GiveToDesk { ticket: n(dice) },
        56 => Step::TakeFromDesk { ticket: n(dice) },
        57 => Step::Watch,
        58 => Step::Rules { automatic: dice.below(3) > 0, returns: dice.below(4) > 0 },
        59 => Step::Block { seat: dice.below(9), blocked: dice.below(2) == 0 },
        63..=64 => Step::Price { seat: dice.below(9), how: dice.below(4) },
        65 => Step::Quantity { reduced: dice.below(2) == 0, quantity: dice.below(12) },
        66 => Step::Quota { quantity: dice.below(12) },
        67 => Step::Capacity { places: dice.below(12) },
        43 if dice.below(12) == 0 => Step::Start,
        37..=40 => Step::HandOn { ticket: n(dice), to: dice.below(BUYERS), how: dice.below(5) },
        60..=62 => {
            let (buyer, from, count) = (dice.below(BUYERS), dice.below(9), 1 + dice.below(3));
            Step::HoldSeats { buyer, from, count, reduced: dice.below(3) == 0 }
        }
        _ => Step::MoneyBack { booking: n(dice) },
    }
}

/// A number below `end`, or none.
fn some(dice: &mut Dice, end: u64) -> Option<usize> {
    let number = dice.below(end);
    (dice.below(2) == 0).then_some(number)
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
    vouchers: Vec<Voucher>,
    organiser: Actor,
    resale: resale::Seen,
    /// All seats, where places are seats.
    places: Vec<SeatId>,
    /// The second type, of the same section or sharing a quota with the first.
    reduced: Option<TicketType>,
}

/// Plays one history of `steps` steps on both.
///
/// # Panics
/// When an answer or the end differs, naming seed and step.
pub async fn the_same_history_gives_the_same_answers(one: Stores, other: Stores, seed: u64, steps: u32) {
    let mut dice = Dice(seed);
    let price = if dice.below(4) == 0 { 0 } else { 2500 };
    let seats = dice.below(2) == 0;
    let kind = (seats, !seats && dice.below(2) == 0);
    let (mut one, mut other) = (World::new(one, price, kind).await, World::new(other, price, kind).await);
    for number in 0..steps {
        let step = step(&mut dice);
        let (left, right) = (one.play(step).await, other.play(step).await);
        assert_eq!(left, right, "seed {seed}, step {number}: {step:?}");
        // The worker comes by now and then.
        let serves = dice.below(2) == 0;
        let (left, right) = (one.state(serves).await, other.state(serves).await);
        assert_eq!(left, right, "seed {seed}, after step {number}: {step:?}");
        // And counts by now and then.
        if number % COUNTED == 0 {
            let (left, right) = (one.figures().await, other.figures().await);
            assert_eq!(left, right, "seed {seed}, figures after step {number}: {step:?}");
        }
    }
    for world in [&mut one, &mut other] {
        world.end().await;
    }
    assert_eq!(one.state(false).await, other.state(false).await, "seed {seed}, when all is over");
    let (left, right) = (one.figures_anew().await, other.figures_anew().await);
    assert_eq!(left, right, "seed {seed}, figures when all is over");
}

impl World {
    async fn new(stores: Stores, cents: u32, (seats, shares): (bool, bool)) -> Self {
        let house =
            if seats { seated(stores, "C", 3, cents).await } else { house(stores, 9, Some(8), cents).await };
        let house = if shares { house.with_quota(7).await } else { house };
        let reduced = if seats || shares { Some(second_type(&house, cents / 2).await) } else { None };
        let house = if seats { house.with_capacity(8) } else { house };
        let house = house.with_limit_per_user(5).await;
        let places = if seats { house.seats().await } else { Vec::new() };
        let door = Door::new(house.stores.booking.clone(), house.clock.clone(), CodeSigner::new(&[3; 32]));
        let mut buyers = Vec::new();
        for _ in 0..BUYERS {
            buyers.push(buyer(&house.stores).await);
        }
        let (bookings, staff) = (bookings(&house), staff(&house).await);
        bookings.make_promise(house.event.id, &policy("12.5"), &by(staff.account)).await.unwrap();
        let organiser = person(&house.stores, Role::Member).await;
        let mut world = Self {
            house,
            bookings,
            door,
            staff,
            buyers,
            holds: vec![],
            booked: vec![],
            tickets: vec![],
            vouchers: vec![],
            places,
            reduced,
            organiser,
            resale: resale::Seen::default(),
        };
        for (which, code) in CODES.iter().enumerate() {
            let input = world.promised(which, 2);
            world.vouchers.push(voucher_store::make(&world.house, code, &input).await.unwrap());
        }
        world
    }

    /// Plays a step; the answer names nothing by its id, so that two worlds can be compared.
    async fn play(&mut self, step: Step) -> String {
        match step {
            Step::Hold { buyer, quantity, code, reduced } => {
                self.hold(buyer, (quantity, reduced), code).await
            }
            Step::Voucher { which, how } => self.change_voucher(which, how).await,
            Step::HoldSeats { buyer, from, count, reduced } => {
                let as_type = self.reduced.as_ref().filter(|_| reduced).map(|kind| kind.id);
                self.hold_seats(buyer, (from, count), as_type).await
            }
            Step::Release { buyer, hold } => match self.holds.get(hold) {
                Some(hold) => {
                    format!(
                        "{:?}",
                        self.bookings.release(self.buyers[buyer], hold.id).await.unwrap().is_some()
                    )
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
                    format!("{:?}", self.door.undo(&self.staff, ticket.id, None).await.map(|t| t.status))
                }
                None => "no such ticket".into(),
            },
            Step::HandOn { ticket, to, how } => self.hand_on(ticket, to, how).await,
            Step::Join { .. }
            | Step::Leave { .. }
            | Step::Accept { .. }
            | Step::GiveToDesk { .. }
            | Step::TakeFromDesk { .. }
            | Step::Rules { .. }
            | Step::Watch => self.resell(step).await,
            Step::Block { .. }
            | Step::Price { .. }
            | Step::Quantity { .. }
            | Step::Quota { .. }
            | Step::Capacity { .. } => self.edit(step).await,
            Step::Start => {
                let start = self.house.event.starts_at.max(self.house.clock.now());
                self.house.clock.set(start);
                String::new()
            }
            Step::Cancel { .. }
            | Step::Ask { .. }
            | Step::Decide { .. }
            | Step::Refund { .. }
            | Step::RefundFails { .. }
            | Step::RefundAgain { .. }
            | Step::CancelEvent => self.give_back(step).await,
        }
    }

    /// What buyers and staff do about tickets and money that go back.
    async fn give_back(&self, step: Step) -> String {
        let Some(booking) = self.meant(step) else { return "no such booking".into() };
        let of_it: Vec<_> = self.tickets.iter().filter(|ticket| ticket.booking == booking.id).collect();
        let named = |at: Option<usize>| at.and_then(|at| of_it.get(at)).map(|ticket| vec![ticket.id]);
        let (id, guest, staff) = (booking.id, booking.buyer, self.staff.account);
        let failed = |refund: &&Refund| refund.status == RefundStatus::Failed;
        let failed = booking.refunds.iter().find(failed).map(|refund| refund.id);
        match step {
            Step::Cancel { ticket, .. } => {
                outcome(self.bookings.cancel(&by(guest), id, named(ticket).as_deref()).await)
            }
            Step::Ask { .. } => outcome(self.bookings.request_cancel(&by(guest), id, None, None).await),
            Step::Decide { grant, .. } => {
                let decision = if grant { Decision::Grant(None) } else { Decision::Refuse };
                outcome(self.bookings.decide_request(id, &decision, &by(staff), None).await)
            }
            Step::Refund { cents, ticket, keep, .. } => {
                let wish = RefundWish {
                    id: None,
                    amount: cents.map(Money::eur),
                    tickets: named(ticket),
                    again: false,
                    keep_tickets: keep,
                    reason: RefundReason::Staff,
                    by: Some(staff),
                    note: None,
                };
                outcome(self.bookings.refund(id, &wish, &by(staff)).await)
            }
            Step::RefundFails { .. } => self.refund_fails(id).await,
            Step::RefundAgain { .. } => match failed {
                Some(refund) => outcome(self.bookings.refund_again(id, refund, &by(staff)).await),
                None => "nothing failed".into(),
            },
            _ => self.cancel_event().await,
        }
    }

    /// The booking that a step is about; any, when it is about the event.
    fn meant(&self, step: Step) -> Option<&Booking> {
        match step {
            Step::Cancel { booking, .. }
            | Step::Ask { booking }
            | Step::Decide { booking, .. }
            | Step::Refund { booking, .. }
            | Step::RefundFails { booking }
            | Step::RefundAgain { booking } => self.booked.get(booking),
            _ => self.booked.first(),
        }
    }

    /// The provider will not make the last refund.
    async fn refund_fails(&self, id: BookingId) -> String {
        let tx = self.house.stores.booking.begin().await.unwrap();
        let now = self.house.clock.now();
        let failing = transact(tx, async |tx| {
            let mut booking = tx.lock_booking(id).await?.unwrap();
            let before = booking.clone();
            let Some(last) = booking.refunds.last().map(|refund| refund.id) else { return Ok(false) };
            let fails = booking.refund_stands(last, RefundStatus::Failed, None, now).is_some();
            books::keep(tx, Some(&before), &booking, &Cause::system(), now).await?;
            Ok::<_, StoreError>(fails)
        });
        format!("{}", failing.await.unwrap())
    }

    async fn cancel_event(&self) -> String {
        let job =
            self.bookings.cancel_event(self.house.event.id, &by(self.staff.account), None).await.unwrap();
        while self.bookings.cancel_bookings(job).await.unwrap().is_some() {}
        let progress = self.bookings.progress(job).await.unwrap().unwrap();
        let Job { status, done, total, report, .. } = progress.job;
        let by_hand: Vec<_> = report.by_hand.iter().map(|it| (it.why, it.amount)).collect();
        let counts = (report.refunded, report.amount, report.free, report.called_off);
        let stuck: Vec<_> = progress.refunds.stuck.iter().map(|it| it.amount).collect();
        format!("{status:?} {done} {total} {counts:?} {by_hand:?} {:?} {stuck:?}", progress.refunds.by_status)
    }

    /// The organiser changes a voucher, or takes it back.
    async fn change_voucher(&self, which: usize, how: usize) -> String {
        let (id, vouchers) = (self.vouchers[which].id, voucher_store::vouchers(&self.house));
        let input = self.promised(which, u32::try_from(how).unwrap() + 1);
        match how {
            0 => format!("{:?}", vouchers.delete(&self.organiser, id).await.is_ok()),
            _ => match vouchers.update(&self.organiser, id, &input).await {
                Ok(after) => format!("{:?}", after.voucher.reserve.map(|places| places.quantity)),
                Err(refusal) => format!("{refusal}"),
            },
        }
    }

    /// What the vouchers do: one makes tickets cheaper within limits, the other keeps places.
    fn promised(&self, which: usize, places: u32) -> VoucherInput {
        let soon = self.house.clock.now() + TimeDelta::minutes(45);
        match which {
            0 => VoucherInput {
                max_uses: Some(4),
                max_per_user: Some(2),
                budget: Some((i64::from(places) * 4000, "EUR".into())),
                ..voucher_store::half()
            },
            _ => VoucherInput {
                valid_until: Some(soon),
                ..voucher_store::keeping(&self.house, i64::from(places))
            },
        }
    }

    async fn hold(&mut self, buyer: usize, (quantity, reduced): (usize, bool), code: usize) -> String {
        let quantity = u32::try_from(quantity).unwrap();
        let code = CODES.get(code).copied();
        let kind = self.reduced.as_ref().filter(|_| reduced).unwrap_or(&self.house.ticket_type);
        let house = House { ticket_type: kind.clone(), ..self.house.clone() };
        let held =
            voucher_store::hold_with(&house, &self.bookings, self.buyers[buyer], (code, quantity)).await;
        self.kept(held)
    }

    /// Some seats in a row of all, with the first of them where they end.
    async fn hold_seats(
        &mut self,
        buyer: usize,
        (from, count): (usize, usize),
        as_type: Option<TicketTypeId>,
    ) -> String {
        if self.places.is_empty() {
            return "no seats".into();
        }
        let seats: Vec<_> = self.places.iter().cycle().skip(from).take(count).copied().collect();
        let mut wish = self.house.wish_for(self.buyers[buyer], &seats);
        wish.seats.chosen.iter_mut().for_each(|choice| choice.ticket_type = as_type);
        let held = self.bookings.keep(wish).await;
        self.kept(held)
    }

    fn kept(&mut self, held: Result<Hold, HoldError>) -> String {
        match held {
            Ok(hold) => {
                let discount = hold.voucher.map(|applied| applied.discount);
                let seats: Vec<_> =
                    hold.items.iter().filter_map(|item| Some(&item.seat.as_ref()?.label)).collect();
                let answer = format!("{} ({discount:?}) until {} {seats:?}", hold.total, hold.expires_at);
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
        let request =
            VerifyRequest { code: self.door.code(ticket), nonce, dry_run, ..VerifyRequest::default() };
        let admission = self.door.verify(&self.staff, &request).await;
        self.house.clock.set(now);
        let admission = match admission {
            Ok(admission) => admission,
            Err(refusal) => return format!("{refusal}"),
        };
        format!("{:?} {:?} {}", admission.verdict, admission.checked_in_at, admission.ticket.is_some())
    }

    /// Its holder offers a ticket to somebody, who takes it, declines, or does not answer; or it is taken back.
    async fn hand_on(&self, ticket: usize, to: usize, how: usize) -> String {
        let Some(ticket) = self.tickets.get(ticket) else { return "no such ticket".into() };
        let (giver, taker) = (by(ticket.holder), by(self.buyers[to]));
        let offered = self.bookings.offer_ticket(&by(ticket.holder), ticket.id, Some(self.buyers[to])).await;
        let id = match offered {
            Ok(transfer) => transfer.id,
            Err(refusal) => return format!("{refusal}"),
        };
        let ended = match how {
            0 | 1 => self.bookings.accept_transfer(&taker, id).await.map(|taken| taken.version.to_string()),
            2 => self.bookings.decline_transfer(&taker, id).await.map(|it| it.status.as_str().to_owned()),
            3 => self.bookings.withdraw_transfer(&giver, id).await.map(|it| it.status.as_str().to_owned()),
            _ => return "waits".into(),
        };
        ended.unwrap_or_else(|refusal| format!("{refusal}"))
    }

    async fn keep(&mut self, booking: Booking) {
        if !self.booked.iter().any(|known| known.id == booking.id) {
            self.booked.push(booking);
        }
    }

    /// Everything that matters, without ids; also refreshes what the next steps are chosen from.
    async fn state(&mut self, serves: bool) -> String {
        let resale = self.after(serves).await;
        let store = &self.house.stores.booking;
        assert_eq!(store.stock_differences().await.unwrap(), []);
        let sale = store.sales(&[self.house.event.id]).await.unwrap().remove(0);
        assert!(Some(sale.taken()) <= sale.capacity, "no place is given twice");
        let over =
            |quota: Quota| sale.taken_of_quotas().get(&quota.id).is_some_and(|it| *it > quota.quantity);
        let mut state = resale;
        for one in &sale.offers {
            assert!(
                one.taken() <= one.quantity && !one.quota.is_some_and(over),
                "nor one of its kind: {one:?}"
            );
            state += &format!("held {} sold {} kept {}\n", one.held, one.sold, one.reserved);
        }
        // That each is the claim of exactly one row was counted above.
        let mut claims = store.claimed_seats(self.house.event.id, None).await.unwrap();
        claims.sort_by_key(|claim| self.places.iter().position(|seat| *seat == claim.seat));
        for claim in claims {
            let place = self.places.iter().position(|seat| *seat == claim.seat);
            state += &format!("{place:?} {:?}\n", claim.state);
        }
        for known in &mut self.booked {
            *known = store.booking(known.id).await.unwrap().unwrap();
            state += &format!("{}\n", told(known));
            let entries = self.house.stores.ledger.entries_of_bookings(&[known.id]).await.unwrap();
            assert_eq!(differences(known, &entries), [], "the ledger says what the booking says");
            state += &format!("{} entries\n", entries.len());
            let mut tickets = store.tickets_of_bookings(&[known.id]).await.unwrap();
            tickets.retain(|ticket| !self.tickets.iter().any(|old| old.id == ticket.id));
            // Ids of one instant come in any order; seats do not.
            tickets.sort_by_key(|ticket| {
                self.places.iter().position(|it| ticket.seat.as_ref().is_some_and(|seat| seat.id == *it))
            });
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
            let holder = self.buyers.iter().position(|buyer| *buyer == known.holder);
            state += &format!("{:?} {:?} {holder:?} {}\n", known.status, known.checked_in_at, known.version);
        }
        for known in &self.vouchers {
            state += &self.told_of(known.id).await;
        }
        for buyer in &self.buyers {
            let page = PageRequest { limit: 100, after: None };
            state += &format!("{} bookings\n", store.bookings_of(*buyer, page).await.unwrap().items.len());
        }
        state
    }
}

impl World {
    /// What is used of a voucher; none is used beyond its limits.
    async fn told_of(&self, id: VoucherId) -> String {
        let found = voucher_store::vouchers(&self.house).show(id).await.unwrap();
        let Some(Issued { voucher, usage }) = found else { return "gone\n".into() };
        let booked = self.booked.iter().filter(|it| it.voucher.is_some_and(|applied| applied.id == id));
        let living =
            booked.filter(|it| !matches!(it.status, BookingStatus::Cancelled | BookingStatus::Expired));
        let discounts = living.clone().filter_map(|it| it.voucher).map(|it| it.discount.minor());
        let (mut uses, mut spent) = (living.count(), discounts.sum::<i64>());
        for hold in &self.holds {
            let hold = self.house.stores.booking.hold(hold.id).await.unwrap();
            let hold = hold.filter(|hold| hold.lives(self.house.clock.now()));
            if let Some(applied) = hold.and_then(|hold| hold.voucher).filter(|applied| applied.id == id) {
                (uses, spent) = (uses + 1, spent + applied.discount.minor());
            }
        }
        assert_eq!((usize::try_from(usage.uses).unwrap(), usage.spent), (uses, spent), "{voucher:?}");
        format!(
            "{} {:?} {} {} {}\n",
            voucher.keeps, voucher.revoked_at, usage.uses, usage.spent, usage.places
        )
    }
}

/// Another type for the same places: of the section, or with the same quota.
async fn second_type(house: &House, cents: u32) -> TicketType {
    let actor = organiser(&house.stores, house.event.organisation, events::Standing::Manager).await;
    let input = TicketTypeInput {
        name: "Reduced".into(),
        price: PriceInput { amount: cents.into(), currency: "EUR".into() },
        section: house.ticket_type.section,
        quota: house.ticket_type.quota,
        ..type_input(3)
    };
    events_at_noon(&house.stores).add_ticket_type(actor, house.event.id, &input).await.unwrap()
}

fn choice() -> PaymentChoice {
    PaymentChoice { provider: Provider::Stripe, success_url: None, cancel_url: None }
}

/// A booking without its ids.
fn told(booking: &Booking) -> String {
    let payments: Vec<_> =
        booking.payments.iter().map(|p| (p.attempt, p.status, p.paid, &p.problem)).collect();
    let refund = |r: &Refund| (r.amount, r.reason, r.status, r.tickets.len(), r.again.is_some());
    let refunds: Vec<_> = booking.refunds.iter().map(refund).collect();
    let Booking { status, total, pay_by, decided_at, .. } = booking;
    let (shown, asked) =
        (booking.shown_status(), booking.request.as_ref().map(|it| (it.status, it.tickets.len())));
    format!("{status:?} {shown} {asked:?} {total} {pay_by} {decided_at:?} {payments:?} {refunds:?}")
}

/// What came of a step, without ids.
fn outcome<E: std::fmt::Display>(result: Result<Placed, E>) -> String {
    match result {
        Ok(placed) => told(&placed.booking),
        Err(refusal) => format!("{refusal}"),
    }
}

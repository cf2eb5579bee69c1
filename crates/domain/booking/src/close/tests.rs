//! A random history, by our books and by the provider's: equal books give no task, and each single corruption gives
//! exactly the task that names it.

use super::*;
use crate::ledger::{Entry, EntryKind, postings};
use crate::samples::{noon, pay, somebody, unpaid};
use crate::{
    Direction, DisputeStanding, DisputeStatus, RefundReason, RefundStanding, RefundStatus, Standing, Till,
    ToldRefund,
};
use chrono::TimeDelta;
use kernel::audit::Who;
use kernel::{Currency, Money, Timestamp};
use proptest::prelude::*;

const FEE: u32 = 62;

fn till() -> Till {
    crate::samples::till(Provider::Stripe)
}

/// What becomes of one booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Paid,
    Refunded(u32),
    /// A refund that the provider has begun.
    InTransit(u32),
    /// A refund that failed: it went and came back.
    CameBack(u32),
    Disputed(DisputeStatus),
}

fn fates() -> impl Strategy<Value = Fate> {
    prop_oneof![
        Just(Fate::Paid),
        (1_u32..2_500).prop_map(Fate::Refunded),
        (1_u32..2_500).prop_map(Fate::InTransit),
        (1_u32..2_500).prop_map(Fate::CameBack),
        Just(Fate::Disputed(DisputeStatus::Open)),
        Just(Fate::Disputed(DisputeStatus::Won)),
        Just(Fate::Disputed(DisputeStatus::Lost)),
    ]
}

/// Both books of one day.
#[derive(Debug, Clone, Default)]
struct World {
    bookings: Vec<Booking>,
    entries: Vec<Entry>,
    movements: Vec<Movement>,
    /// What the provider says when it is asked about charges and refunds by name.
    asked: Vec<(String, Word)>,
}

impl World {
    fn of(fates: &[Fate]) -> Self {
        let mut world = Self::default();
        for (number, fate) in fates.iter().enumerate() {
            world.live(number, *fate);
        }
        world
    }

    fn moved(&mut self, kind: MovementKind, minor: i64, (charge, about): (&str, Option<&str>), fee: u32) {
        let direction = if minor < 0 { Direction::Out } else { Direction::In };
        self.movements.push(Movement {
            reference: format!("txn_{}", self.movements.len()),
            kind,
            direction,
            amount: Money::new(minor.abs(), Currency::EUR).unwrap(),
            fee: Money::eur(fee),
            charge: Some(charge.to_owned()),
            about: about.map(str::to_owned),
            refund: None,
            at: noon(),
        });
    }

    fn live(&mut self, number: usize, fate: Fate) {
        let (mut sale, mut booking) = unpaid(10, 1);
        let before = booking.clone();
        let charge = format!("pi_{number}");
        booking.payments[0].session = Some(format!("cs_{number}"));
        pay(&mut booking, &mut sale, 0, &charge);
        self.moved(MovementKind::Charge, 2_500, (&charge, None), FEE);
        self.entries.extend(postings(Some(&before), &booking, noon()));
        let change = |booking: &mut Booking, world: &mut Self, work: &dyn Fn(&mut Booking)| {
            let before = booking.clone();
            work(booking);
            world.entries.extend(postings(Some(&before), booking, noon()));
        };
        let (refund, dispute) = (format!("re_{number}"), format!("dp_{number}"));
        let payment = booking.payments[0].id;
        let told = |cents, status| ToldRefund {
            refund: None,
            charge: charge.clone(),
            amount: Money::eur(cents),
            standing: RefundStanding { reference: refund.clone(), status },
        };
        match fate {
            Fate::Paid => {}
            Fate::Refunded(cents) | Fate::InTransit(cents) | Fate::CameBack(cents) => {
                let first =
                    if let Fate::Refunded(_) = fate { RefundStatus::Done } else { RefundStatus::InTransit };
                change(&mut booking, self, &|booking| {
                    booking.refund_told(payment, &told(cents, first), noon()).unwrap();
                });
                self.moved(MovementKind::Refund, -i64::from(cents), (&charge, Some(&refund)), 0);
                if let Fate::CameBack(_) = fate {
                    change(&mut booking, self, &|booking| {
                        booking.refund_told(payment, &told(cents, RefundStatus::Failed), noon()).unwrap();
                    });
                    self.moved(MovementKind::Refund, i64::from(cents), (&charge, Some(&refund)), 0);
                }
            }
            Fate::Disputed(status) => {
                let standing = DisputeStanding {
                    reference: dispute.clone(),
                    charge: charge.clone(),
                    amount: Money::eur(2_600),
                    fee: Some(Money::eur(2_000)),
                    reason: "fraudulent".into(),
                    status,
                    opened_at: noon(),
                    answer_by: None,
                };
                change(&mut booking, self, &|booking| {
                    booking.dispute_stands(payment, &standing, noon()).unwrap();
                });
                self.moved(MovementKind::Dispute, -2_600, (&charge, Some(&dispute)), 2_000);
                if status == DisputeStatus::Won {
                    self.moved(MovementKind::Dispute, 2_600, (&charge, Some(&dispute)), 0);
                }
            }
        }
        self.bookings.push(booking);
    }

    fn examine(&self) -> Examined {
        let now = noon() + TimeDelta::days(1);
        let mut examination = Examination::new(till(), now);
        for page in self.movements.chunks(3) {
            examination.listed(page).unwrap();
        }
        let books = Books::of(self.bookings.clone(), self.entries.clone());
        let (things, fees) = examination.sorted();
        for question in examination.compare(&things, &books) {
            let name = question.order.reference.clone().unwrap();
            let failed = self.said(&name) == Word::Otherwise;
            examination.answered(question, failed);
        }
        examination.settle(&fees, &books);
        for claim in examination.claims(&self.entries, &books) {
            let name = match &claim.ask {
                Ask::Session(session) => session.clone(),
                Ask::Refund(order) => order.reference.clone().unwrap(),
                Ask::DisputesSince(_) => "disputes".to_owned(),
                Ask::Nothing => "nothing".to_owned(),
            };
            examination.told(&claim, &self.said(&name));
        }
        let mut examined = examination.finish();
        let posted: Vec<Entry> = examined.fees.iter().map(|due| self.posted(&due.entry)).collect();
        examined.posted(&posted);
        examined
    }

    /// An entry as the ledger has it: what was posted before, else as it is posted now.
    fn posted(&self, entry: &Entry) -> Entry {
        self.entries.iter().find(|known| known.id == entry.id).unwrap_or(entry).clone()
    }

    fn said(&self, name: &str) -> Word {
        self.asked.iter().find(|(asked, _)| asked == name).map_or(Word::Unknown, |(_, word)| word.clone())
    }

    fn tasks(&self) -> Vec<(TaskKind, About, String)> {
        let found = self.examine().found.into_iter();
        found.map(|found| (found.kind, found.about, found.reference)).collect()
    }
}

/// One thing goes wrong.
#[derive(Debug, Clone, Copy)]
enum Corruption {
    MovementLost,
    ForeignCharge,
    ForeignRefund,
    AmountThere,
    AmountInTheLedger,
    EntryLost,
    EntryTwice,
    AmountOnTheBooking,
    ChargeTakenBack,
    FailedHereAlone,
    FeeOtherwise,
    UnknownDispute,
}

fn corruptions() -> impl Strategy<Value = Corruption> {
    use Corruption::*;
    prop_oneof![
        Just(MovementLost),
        Just(ForeignCharge),
        Just(ForeignRefund),
        Just(AmountThere),
        Just(AmountInTheLedger),
        Just(EntryLost),
        Just(EntryTwice),
        Just(AmountOnTheBooking),
        Just(ChargeTakenBack),
        Just(FailedHereAlone),
        Just(FeeOtherwise),
        Just(UnknownDispute),
    ]
}

/// Corrupts the first booking's side of the world, which was paid and no more.
fn corrupt(world: &mut World, corruption: Corruption) -> (TaskKind, About, String) {
    let (pi, id) = ("pi_0".to_owned(), world.bookings[0].id);
    let charged = world.movements.iter().position(|movement| movement.charge.as_ref() == Some(&pi)).unwrap();
    let entry =
        world.entries.iter().position(|it| it.booking == Some(id) && it.kind == EntryKind::Charge).unwrap();
    let euro = |minor| Money::new(minor, Currency::EUR).unwrap();
    match corruption {
        Corruption::MovementLost => {
            world.movements.remove(charged);
            (TaskKind::MissingAtProvider, About::Charge, pi)
        }
        Corruption::ForeignCharge => {
            world.moved(MovementKind::Charge, 700, ("pi_foreign", None), FEE);
            (TaskKind::MissingHere, About::Charge, "pi_foreign".into())
        }
        Corruption::ForeignRefund => {
            world.moved(MovementKind::Refund, -700, (&pi, Some("re_foreign")), 0);
            (TaskKind::MissingHere, About::Refund, "re_foreign".into())
        }
        Corruption::AmountThere => {
            world.movements[charged].amount = euro(2_499);
            (TaskKind::AmountDiffers, About::Charge, pi)
        }
        Corruption::AmountInTheLedger => {
            world.entries[entry].amount = euro(2_501);
            (TaskKind::LedgerDiffers, About::Booking, id.to_string())
        }
        Corruption::EntryLost => {
            world.entries.remove(entry);
            (TaskKind::LedgerDiffers, About::Booking, id.to_string())
        }
        Corruption::EntryTwice => {
            let twice = world.entries[entry].clone();
            world.entries.push(twice);
            (TaskKind::LedgerDiffers, About::Booking, id.to_string())
        }
        Corruption::AmountOnTheBooking => {
            world.bookings[0].payments[0].paid = Some(euro(2_400));
            (TaskKind::OrderDiffers, About::Charge, pi)
        }
        Corruption::ChargeTakenBack => {
            world.moved(MovementKind::Charge, -2_500, (&pi, None), 0);
            (TaskKind::StateDiffers, About::Charge, pi)
        }
        Corruption::FailedHereAlone => {
            let mut refund =
                crate::Refund::new(world.bookings[0].payments[0].id, euro(300), RefundReason::Staff, noon());
            refund.status = RefundStatus::Failed;
            refund.reference = Some("re_sent".into());
            world.bookings[0].refunds.push(refund);
            world.moved(MovementKind::Refund, -300, (&pi, Some("re_sent")), 0);
            world.asked.push(("re_sent".into(), Word::Stands(None)));
            (TaskKind::StateDiffers, About::Refund, "re_sent".into())
        }
        Corruption::FeeOtherwise => {
            let due = world.examine().fees.into_iter().find(|due| due.entry.booking == Some(id)).unwrap();
            world.entries.push(Entry { amount: euro(1), ..due.entry });
            (TaskKind::FeeDiffers, About::Fee, due.reference)
        }
        Corruption::UnknownDispute => {
            world.moved(MovementKind::Dispute, -2_500, (&pi, Some("dp_unknown")), 2_000);
            (TaskKind::MissingHere, About::Dispute, "dp_unknown".into())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn equal_books_give_no_task_and_equal_sums(fates in prop::collection::vec(fates(), 0..12)) {
        let world = World::of(&fates);
        prop_assert_eq!(world.tasks(), vec![]);
        let mut examined = world.examine();
        let waiting = fates.iter().filter(|fate| **fate == Fate::Disputed(DisputeStatus::Open)).count();
        if let Some(figures) = examined.figures.sums.pop() {
            prop_assert_eq!(figures.charges.ours, figures.charges.theirs);
            prop_assert_eq!(figures.charges.theirs, 2_500 * i64::try_from(fates.len()).unwrap());
            prop_assert_eq!(figures.refunds.ours, figures.refunds.theirs);
            prop_assert_eq!(figures.disputes.ours, figures.disputes.theirs);
            // What open disputes cost is not decided.
            let open = 2_000 * i64::try_from(waiting).unwrap();
            prop_assert_eq!(figures.fees.theirs - figures.fees.ours, open);
            prop_assert_eq!(figures.net().ours - figures.net().theirs, open);
        }
        // No two fees under one name, and none that the booking posts itself.
        let lost = fates.iter().filter(|fate| **fate == Fate::Disputed(DisputeStatus::Lost)).count();
        let won = fates.iter().filter(|fate| **fate == Fate::Disputed(DisputeStatus::Won)).count();
        let names: std::collections::BTreeSet<_> = examined.fees.iter().map(|due| due.entry.id).collect();
        prop_assert_eq!(names.len(), fates.len() + won);
        let of_losses = world.entries.iter().filter(|entry| entry.kind == EntryKind::DisputeFee);
        prop_assert_eq!(of_losses.count(), lost);
    }

    #[test]
    fn a_single_corruption_gives_exactly_the_task_that_names_it(
        rest in prop::collection::vec(fates(), 0..8),
        corruption in corruptions(),
    ) {
        let fates: Vec<_> = std::iter::once(Fate::Paid).chain(rest).collect();
        let mut world = World::of(&fates);
        let expected = corrupt(&mut world, corruption);
        prop_assert_eq!(world.tasks(), vec![expected]);
    }
}

#[test]
fn what_the_provider_has_on_another_day_is_no_difference() {
    let mut world = World::of(&[Fate::Paid, Fate::Refunded(500)]);
    world.movements.clear();
    world.asked = vec![
        ("cs_0".into(), Word::Stands(Some(Money::eur(2_500)))),
        ("cs_1".into(), Word::Stands(Some(Money::eur(2_500)))),
        ("re_1".into(), Word::Stands(None)),
    ];
    let examined = world.examine();
    assert_eq!((examined.found, examined.figures.elsewhere, examined.figures.sums), (vec![], 3, vec![]));
    world.asked[0].1 = Word::Stands(Some(Money::eur(2_400)));
    assert_eq!(world.tasks(), [(TaskKind::AmountDiffers, About::Charge, "pi_0".into())]);
    world.asked[0].1 = Word::Otherwise;
    assert_eq!(world.tasks(), [(TaskKind::StateDiffers, About::Charge, "pi_0".into())]);
}

#[test]
fn a_movement_that_our_books_put_on_another_day_is_matched_by_its_name() {
    let mut world = World::of(&[Fate::Paid]);
    for entry in &mut world.entries {
        entry.at += TimeDelta::days(3);
    }
    assert_eq!(world.tasks(), []);
}

#[test]
fn a_charge_of_this_very_hour_is_on_its_way() {
    let mut examination = Examination::new(till(), noon() + TimeDelta::minutes(29));
    examination.listed(&World::of(&[Fate::Paid]).movements).unwrap();
    let (things, _) = examination.sorted();
    let _ = examination.compare(&things, &Books::default());
    let examined = examination.finish();
    assert_eq!((examined.found, examined.figures.on_their_way), (vec![], 1));
}

#[test]
fn a_movement_that_is_listed_twice_counts_once() {
    let mut world = World::of(&[Fate::Paid, Fate::Refunded(700)]);
    let twice = world.movements.clone();
    world.movements.extend(twice);
    assert_eq!((world.tasks(), world.examine().figures.movements), (vec![], 2 + 1));
}

fn found(reference: &str, cents: u32) -> Found {
    let mut world = World::default();
    world.moved(MovementKind::Charge, i64::from(cents), (reference, None), 0);
    world.examine().found.remove(0)
}

fn look(before: Option<DayClose>, found: Vec<Found>, hours: i64) -> (DayClose, usize) {
    let findings = Findings { complete: true, accounts: vec![], found };
    DayClose::after(before, (Day::of(noon()), findings), &Who::System, at(hours))
}

fn at(hours: i64) -> Timestamp {
    noon() + TimeDelta::hours(hours)
}

#[test]
fn a_day_that_is_looked_at_again_keeps_what_is_known_and_ends_what_is_gone() {
    let (one, news) = look(None, vec![found("pi_1", 100), found("pi_2", 200)], 0);
    assert_eq!((one.summary.status, one.summary.open, news), (DayStatus::Open, 2, 2));
    let (again, news) = look(Some(one.clone()), vec![found("pi_1", 100), found("pi_2", 200)], 1);
    assert_eq!((news, &again.tasks, again.summary.id), (0, &one.tasks, one.summary.id));
    let (gone, news) = look(Some(again), vec![found("pi_2", 200), found("pi_3", 300)], 2);
    assert_eq!((news, gone.summary.open, gone.summary.resolved), (1, 2, 1));
    assert_eq!(gone.tasks[0].end, Some(TaskEnd { by: None, note: None, at: at(2) }));
    assert_eq!((gone.tasks[1].id, gone.tasks[2].found_at), (one.tasks[1].id, at(2)));
}

#[test]
fn a_closed_day_opens_again_for_what_is_new_and_says_why() {
    let (closed, _) = look(None, vec![], 0);
    assert_eq!((closed.summary.status, closed.summary.closed_at), (DayStatus::Closed, Some(at(0))));
    let (still, _) = look(Some(closed), vec![], 1);
    assert_eq!(still.summary.closed_at, Some(at(0)), "it was closed then");
    let (open, news) = look(Some(still), vec![found("pi_1", 100)], 2);
    assert_eq!((open.summary.status, open.summary.closed_at, news), (DayStatus::Open, None, 1));
    let why = open.summary.reopened.clone().unwrap();
    assert_eq!(why.at, at(2));
    assert!(why.because.contains("missing_here (charge pi_1)"), "{}", why.because);
    let (closed, _) = look(Some(open), vec![], 3);
    assert_eq!((closed.summary.status, closed.summary.reopened), (DayStatus::Closed, None));
}

#[test]
fn a_decision_stands_for_the_amounts_that_it_was_made_for() {
    let (mut close, _) = look(None, vec![found("pi_1", 100)], 0);
    let (id, who) = (close.tasks[0].id, somebody());
    assert_eq!(close.resolve(id, (who, "another shop"), at(1)), Ok(true));
    assert_eq!((close.summary.status, close.summary.closed_at), (DayStatus::Closed, Some(at(1))));
    assert_eq!(close.resolve(id, (who, "another shop"), at(2)), Ok(false));
    assert_eq!(close.resolve(id, (who, "no"), at(2)), Err(TaskRefusal::ResolvedBefore));
    let other = kernel::CloseTaskId::generate(noon());
    assert_eq!(close.resolve(other, (who, "no"), at(2)), Err(TaskRefusal::Unknown));
    let (same, news) = look(Some(close.clone()), vec![found("pi_1", 100)], 3);
    assert_eq!((same.summary.status, news, &same.tasks), (DayStatus::Closed, 0, &close.tasks));
    let (more, news) = look(Some(same), vec![found("pi_1", 101)], 4);
    assert_eq!((more.summary.status, news, more.tasks[0].id), (DayStatus::Open, 1, id));
}

#[test]
fn what_is_beyond_the_named_tasks_is_counted_and_keeps_the_day_open() {
    let one = found("pi", 100);
    let many: Vec<_> = (0..=MOST_TASKS)
        .map(|number| Found { reference: format!("pi_{number:05}"), ..one.clone() })
        .collect();
    let (close, news) = look(None, many, 0);
    assert_eq!((close.tasks.len(), close.summary.unnamed, news), (MOST_TASKS, 1, MOST_TASKS));
    let last = Found { reference: format!("pi_{MOST_TASKS:05}"), ..one };
    let (close, _) = look(Some(close), vec![last], 1);
    assert_eq!((close.summary.open, close.summary.unnamed), (1, 0), "now there is room to name it");
}

#[test]
fn a_day_that_is_not_over_is_never_closed() {
    let findings = Findings { complete: false, accounts: vec![], found: vec![] };
    let (mut close, _) = DayClose::after(None, (Day::of(noon()), findings), &Who::System, noon());
    assert_eq!(close.summary.status, DayStatus::Open);
    close.tasks = look(None, vec![found("pi_1", 1)], 0).0.tasks;
    let id = close.tasks[0].id;
    close.resolve(id, (somebody(), "seen"), noon()).unwrap();
    assert_eq!(close.summary.status, DayStatus::Open);
}

#[test]
fn a_standing_of_another_charge_is_no_word_about_this_one() {
    let world = World::of(&[Fate::Paid]);
    let books = Books::of(world.bookings.clone(), world.entries.clone());
    let entry = world.entries.iter().find(|entry| entry.kind == EntryKind::Charge).unwrap();
    let claim = Claim::of(entry, &books).unwrap();
    let paid = |reference: &str| {
        Standing::Paid(crate::Charge { reference: reference.into(), amount: Money::eur(2_500), live: false })
    };
    assert_eq!(claim.of_standing(Some(&paid("pi_0"))), Word::Stands(Some(Money::eur(2_500))));
    assert_eq!(claim.of_standing(Some(&paid("pi_other"))), Word::Unknown);
    assert_eq!(claim.of_standing(None), Word::Unknown);
}

#[test]
fn a_second_charge_is_asked_about_by_the_checkout_through_which_it_came() {
    let mut world = World::of(&[Fate::Paid]);
    world.movements.clear();
    world.asked = vec![("cs_0".into(), Word::Stands(Some(Money::eur(2_500))))];
    let (before, booking) = (world.bookings[0].clone(), &mut world.bookings[0]);
    let again = crate::Charge { reference: "pi_again".into(), amount: Money::eur(2_500), live: false };
    let second = booking.charged_again(before.payments[0].id, &again, noon()).unwrap();
    world.entries.extend(postings(Some(&before), booking, noon()));
    let books = Books::of(world.bookings.clone(), world.entries.clone());
    let of_it = |entry: &&Entry| entry.kind == EntryKind::Charge && entry.payment == Some(second);
    let claim = Claim::of(world.entries.iter().find(of_it).unwrap(), &books).unwrap();
    assert_eq!(claim.ask, Ask::Session("cs_0".into()));
    assert_eq!((world.tasks(), world.examine().figures.elsewhere), (vec![], 2));
    // Without any checkout nobody can be asked: it is named, not passed over.
    world.bookings[0].payments[0].session = None;
    let missing = |reference: &str| (TaskKind::MissingAtProvider, About::Charge, reference.to_owned());
    assert_eq!(world.tasks(), [missing("pi_0"), missing("pi_again")]);
}

#[test]
fn a_look_that_did_not_ask_everything_ends_no_task_and_says_why_the_day_is_open() {
    let (closed, _) = look(None, vec![], 0);
    let mut account = AccountFigures::new(till());
    account.unasked = 7;
    let part = |before, accounts| {
        let findings = Findings { complete: true, accounts, found: vec![] };
        DayClose::after(Some(before), (Day::of(noon()), findings), &Who::System, at(1)).0
    };
    let again = part(closed, vec![account.clone()]);
    assert_eq!((again.summary.status, again.summary.complete), (DayStatus::Open, false));
    let because = again.summary.reopened.unwrap().because;
    assert!(because.contains("not asked about 7"), "{because}");
    let (open, _) = look(None, vec![found("pi_1", 100)], 0);
    assert_eq!(part(open.clone(), vec![account]).summary.open, 1);
    let unread = Examined::unread(till(), Unread::NoAnswer).figures;
    assert_eq!(part(open.clone(), vec![unread]).summary.open, 1);
    assert_eq!(part(open, vec![AccountFigures::new(till())]).summary.open, 0);
}

#[test]
fn a_fee_that_cannot_be_posted_is_told_without_advice_that_nobody_can_follow() {
    let (ours, theirs) = (Some(Money::eur(1_500)), Some(Money::eur(2_000)));
    let said = found::words(TaskKind::FeeUnposted, "fee txn_1", ours, theirs);
    assert!(said.ends_with("the rest is not in the ledger") && !said.contains("by hand"), "{said}");
}

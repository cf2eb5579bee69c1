use super::*;
use crate::samples::{by, choice, held, noon, offer, sale, terms, till};
use crate::{
    Booking, BookingStatus, Charge, DisputeStanding, DisputeStatus, Holdings, PaymentStatus, RefundReason,
    RefundStanding, RefundStatus, Sale, Standing, Terms, ToldRefund, settle,
};
use chrono::TimeDelta;
use kernel::Currency;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// One place at 25.00, of which the platform keeps 2.5 percent, and a booking that waits for its payment.
fn unpaid() -> (Sale, Booking) {
    let mut sale = sale(vec![offer(1, 2500)]);
    let hold = held(&mut sale, 1);
    let terms = Terms { platform_fee: 250, ..terms() };
    let booking = Booking::confirm(&hold, &by(&hold, Some(Provider::Stripe)), &mut sale, terms, noon());
    (sale, booking.unwrap())
}

fn hear(booking: &mut Booking, sale: &mut Sale, attempt: usize, (name, amount, live): (&str, Money, bool)) {
    let charge = Standing::Paid(Charge { reference: name.into(), amount, live });
    let attempt = booking.payments[attempt].id;
    drop(settle(booking, sale, attempt, (&charge, &Holdings::default()), noon()));
}

/// Every change of a booking with what was posted for it.
struct Books {
    kept: Booking,
    entries: Vec<Entry>,
}

impl Books {
    fn keep(&mut self, after: &Booking) {
        self.entries.extend(postings(Some(&self.kept), after, noon()));
        self.kept = after.clone();
    }

    fn told(&self) -> Vec<(String, i64)> {
        let name = |balance: &Balance| match balance.account {
            Account::Organiser(_) => "organiser".to_owned(),
            _ => balance.account.to_string(),
        };
        balances(&self.entries).iter().map(|balance| (name(balance), balance.minor)).collect()
    }
}

fn books() -> (Sale, Booking, Books) {
    let (sale, booking) = unpaid();
    let books = Books { kept: booking.clone(), entries: postings(None, &booking, noon()) };
    assert_eq!(books.entries, [], "what is not paid moves nothing");
    (sale, booking, books)
}

fn told(balances: &[(&str, i64)]) -> Vec<(String, i64)> {
    balances.iter().map(|(account, minor)| ((*account).to_owned(), *minor)).collect()
}

#[test]
fn what_was_paid_is_the_organisers_but_for_the_platforms_share() {
    let (mut sale, mut booking, mut books) = books();
    hear(&mut booking, &mut sale, 0, ("pi_1", Money::eur(2500), false));
    books.keep(&booking);
    assert_eq!(booking.platform_fee, Money::eur(63));
    let expected = [("provider:stripe/main:test", 2500), ("organiser", -2437), ("platform_fees", -63)];
    assert_eq!(books.told(), told(&expected));
    assert_eq!(postings(Some(&booking), &booking, noon()), [], "the same again posts nothing");
}

#[test]
fn what_came_too_late_or_twice_was_never_the_organisers() {
    let (mut sale, mut booking, mut books) = books();
    let second = booking.pay(&choice(Provider::Paypal), &till(Provider::Paypal), noon()).unwrap();
    hear(&mut booking, &mut sale, 0, ("pi_1", Money::eur(2500), false));
    hear(&mut booking, &mut sale, 1, ("cap_1", Money::eur(2500), false));
    books.keep(&booking);
    assert_eq!(booking.refunds[0].payment, second);
    let decided = [
        ("provider:stripe/main:test", 2500),
        ("provider:paypal/main:test", 2500),
        ("organiser", -2437),
        ("platform_fees", -63),
        ("refunds", -2500),
    ];
    assert_eq!(books.told(), told(&decided));
    booking.refund_stands(booking.refunds[0].id, RefundStatus::Done, Some("re_1"), noon()).unwrap();
    books.keep(&booking);
    let gone = [("provider:stripe/main:test", 2500), ("organiser", -2437), ("platform_fees", -63)];
    assert_eq!(books.told(), told(&gone));
}

#[test]
fn a_refund_that_fails_gives_its_money_back_as_often_as_it_does() {
    let (mut sale, mut booking, mut books) = books();
    hear(&mut booking, &mut sale, 0, ("pi_1", Money::eur(2500), false));
    books.keep(&booking);
    let sold = books.told();
    let payment = booking.payments[0].id;
    let id = booking.send_back(payment, RefundReason::Overpaid, noon()).unwrap();
    books.keep(&booking);
    assert_ne!(books.told(), sold);
    // We conclude that it failed; the provider says it went through; the buyer's bank returns it.
    for (status, name, again) in [
        (RefundStatus::Failed, None, true),
        (RefundStatus::Done, Some("re_1"), false),
        (RefundStatus::Failed, Some("re_1"), true),
    ] {
        booking.refund_stands(id, status, name, noon()).unwrap();
        books.keep(&booking);
        assert_eq!(books.told() == sold, again, "{status:?}");
    }
    let ids: BTreeSet<_> = books.entries.iter().map(|entry| entry.id).collect();
    assert_eq!(ids.len(), books.entries.len(), "each has a cause of its own");
}

#[test]
fn test_money_for_a_live_booking_is_kept_apart() {
    let (mut sale, mut booking, mut books) = books();
    hear(&mut booking, &mut sale, 0, ("pi_1", Money::eur(2500), true));
    books.keep(&booking);
    assert_eq!(booking.payments[0].status, PaymentStatus::Mismatched);
    assert_eq!(books.told(), told(&[("buyers", -2500), ("provider:stripe/main", 2500)]));
}

#[test]
fn currencies_are_counted_apart() {
    let (mut sale, mut booking, mut books) = books();
    hear(&mut booking, &mut sale, 0, ("pi_1", Money::new(2500, Currency::JPY).unwrap(), false));
    books.keep(&booking);
    let currencies: Vec<_> = balances(&books.entries).iter().map(|balance| balance.currency).collect();
    assert_eq!(currencies, [Currency::JPY, Currency::JPY]);
}

#[test]
fn an_entry_that_is_missing_or_too_many_shows() {
    let (mut sale, mut booking, mut books) = books();
    hear(&mut booking, &mut sale, 0, ("pi_1", Money::eur(2500), false));
    books.keep(&booking);
    assert_eq!(differences(&booking, &books.entries), []);
    let missing = differences(&booking, &books.entries[1..]);
    assert_eq!(missing.len(), 2, "{missing:?}");
    let mut twice = books.entries.clone();
    twice.push(books.entries[0].clone());
    assert_eq!(differences(&booking, &twice).len(), 2);
    let fee = Entry::provider_fee(
        (Provider::Stripe, "main", false),
        Some((&booking, booking.payments[0].id)),
        (booking.payments[0].id.as_uuid(), Money::eur(50)),
        noon(),
    );
    books.entries.extend(fee);
    assert_eq!(
        differences(&booking, &books.entries),
        [],
        "what a provider keeps is no matter of the booking"
    );
}

#[test]
fn the_same_cause_has_the_same_name() {
    let (mut sale, mut booking, books) = books();
    hear(&mut booking, &mut sale, 0, ("pi_1", Money::eur(2500), false));
    let once = postings(Some(&books.kept), &booking, noon());
    let again = postings(Some(&books.kept), &booking, noon() + TimeDelta::hours(1));
    assert!(once.iter().zip(&again).all(|(one, other)| one.id == other.id && one.at != other.at));
}

#[test]
fn accounts_survive_text() {
    let organisation = OrganisationId::generate(noon());
    let provider = |live| Account::Provider { provider: Provider::Paypal, account: "acct_1".into(), live };
    for account in [
        Account::Buyers,
        provider(true),
        provider(false),
        Account::Organiser(organisation),
        Account::PlatformFees,
        Account::ProviderFees(Provider::Stripe),
        Account::Refunds,
        Account::Disputes,
        Account::Rounding,
    ] {
        assert_eq!(account.to_string().parse(), Ok(account));
    }
    for text in ["", "buyer", "provider:", "provider:cheque/main", "organiser:me", "provider_fees:"] {
        assert!(text.parse::<Account>().is_err(), "{text}");
    }
}

/// One thing that happens to a booking.
#[derive(Debug, Clone)]
enum Step {
    Stands(usize, Standing),
    Pay,
    Lapse {
        crowded: bool,
    },
    SendBack(usize),
    Refund(usize, RefundStatus, bool),
    /// Somebody sends a part of what is left back on the provider's pages; known by a number.
    Outside(usize, u8, u32),
    /// A bank is asked for a charge, or has decided.
    Dispute(usize, u8, DisputeStatus),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let amounts = vec![
        Money::eur(2500),
        Money::eur(2500),
        Money::eur(2499),
        Money::eur(2600),
        Money::new(2500, Currency::KWD).unwrap(),
    ];
    let paid = (0..6u8, prop::sample::select(amounts), 0..8u8).prop_map(|(number, amount, live)| {
        Standing::Paid(Charge { reference: format!("charge-{number}"), amount, live: live == 0 })
    });
    let standing = prop_oneof![
        4 => paid,
        1 => Just(Standing::Approved),
        1 => Just(Standing::Failed),
        1 => Just(Standing::Closed),
    ];
    let status = prop::sample::select(vec![
        RefundStatus::InTransit,
        RefundStatus::Done,
        RefundStatus::Failed,
        RefundStatus::Uncertain,
    ]);
    let disputed = prop::sample::select(vec![
        DisputeStatus::Open,
        DisputeStatus::Open,
        DisputeStatus::Won,
        DisputeStatus::Lost,
    ]);
    let step = prop_oneof![
        6 => (0..4usize, standing).prop_map(|(attempt, standing)| Step::Stands(attempt, standing)),
        2 => Just(Step::Pay),
        1 => any::<bool>().prop_map(|crowded| Step::Lapse { crowded }),
        2 => (0..4usize).prop_map(Step::SendBack),
        4 => (0..4usize, status, any::<bool>()).prop_map(|(at, status, named)| Step::Refund(at, status, named)),
        2 => (0..4usize, 0..3u8, 1..3000u32).prop_map(|(at, name, cents)| Step::Outside(at, name, cents)),
        2 => (0..4usize, 0..2u8, disputed).prop_map(|(at, name, status)| Step::Dispute(at, name, status)),
    ];
    prop::collection::vec(step, 0..40)
}

fn play(booking: &mut Booking, sale: &mut Sale, step: Step) {
    match step {
        Step::Stands(attempt, standing) => {
            if let Some(attempt) = booking.payments.get(attempt).map(|payment| payment.id) {
                drop(settle(booking, sale, attempt, (&standing, &Holdings::default()), noon()));
            }
        }
        Step::Pay => drop(booking.pay(&choice(Provider::Paypal), &till(Provider::Paypal), noon())),
        Step::Lapse { crowded } => {
            for payment in &mut booking.payments {
                if payment.status.may_be_paid() {
                    payment.status = PaymentStatus::Closed;
                }
            }
            let by = booking.pay_by;
            drop(booking.lapse(sale, by));
            if crowded && booking.status == BookingStatus::Expired && sale.offers[0].held == 0 {
                held(sale, 1);
            }
        }
        Step::SendBack(at) => {
            if let Some(payment) = booking.payments.get(at).map(|payment| payment.id) {
                let _ = booking.send_back(payment, RefundReason::Overpaid, noon());
            }
        }
        Step::Refund(at, status, named) => {
            if let Some(refund) = booking.refunds.get(at).map(|refund| refund.id) {
                let name = format!("name-of-{refund}");
                drop(booking.refund_stands(refund, status, named.then_some(name.as_str()), noon()));
            }
        }
        Step::Outside(at, name, cents) => {
            let Some(payment) = booking.payments.get(at).map(|payment| payment.id) else { return };
            let left = booking.refundable(payment);
            let amount = Money::new(left.minor().min(cents.into()), left.currency()).unwrap();
            let standing =
                RefundStanding { reference: format!("outside-{name}"), status: RefundStatus::Done };
            let told = ToldRefund { refund: None, charge: "any".into(), amount, standing };
            drop(booking.refund_told(payment, &told, noon()));
        }
        Step::Dispute(at, name, status) => {
            let Some(payment) = booking.payments.get(at).map(|payment| payment.id) else { return };
            let _ = booking.dispute_stands(payment, &dispute(name, status), noon());
        }
    }
}

fn dispute(name: u8, status: DisputeStatus) -> DisputeStanding {
    DisputeStanding {
        reference: format!("dp-{name}"),
        charge: "any".into(),
        amount: Money::eur(2600),
        fee: Some(Money::eur(2000)),
        reason: "fraudulent".into(),
        status,
        opened_at: noon(),
        answer_by: None,
    }
}

#[test]
fn a_lost_dispute_is_the_organisers_loss_and_its_fee_the_platforms() {
    let (mut sale, mut booking, mut books) = books();
    hear(&mut booking, &mut sale, 0, ("pi_1", Money::eur(2500), false));
    books.keep(&booking);
    let before = books.told();
    for status in [DisputeStatus::Open, DisputeStatus::Won] {
        booking.dispute_stands(booking.payments[0].id, &dispute(1, status), noon()).unwrap();
        books.keep(&booking);
        assert_eq!(books.told(), before, "an open or won dispute moves nothing");
    }
    for status in [DisputeStatus::Open, DisputeStatus::Lost] {
        booking.dispute_stands(booking.payments[0].id, &dispute(2, status), noon()).unwrap();
        books.keep(&booking);
    }
    let expected = [
        ("provider:stripe/main:test", 2500 - 2600 - 2000),
        ("organiser", -2437 + 2600),
        ("platform_fees", -63),
        ("provider_fees:stripe", 2000),
    ];
    assert_eq!(books.told(), told(&expected));
    assert_eq!(differences(&booking, &books.entries), []);
}

proptest! {
    /// Whatever happens to a booking, in any order: the ledger says what the booking says, account by account, it
    /// sums to zero, and no cause is posted twice.
    #[test]
    fn the_ledger_follows_every_history(history in steps()) {
        let (mut sale, mut booking, mut books) = books();
        for step in history {
            play(&mut booking, &mut sale, step);
            books.keep(&booking);
            prop_assert_eq!(differences(&booking, &books.entries), vec![]);
            prop_assert_eq!(postings(Some(&booking), &booking, noon()), vec![]);
        }
        let all = balances(&books.entries);
        for currency in all.iter().map(|balance| balance.currency) {
            let sum: i64 = all.iter().filter(|it| it.currency == currency).map(|it| it.minor).sum();
            prop_assert_eq!(sum, 0);
        }
        let ids: BTreeSet<_> = books.entries.iter().map(|entry| entry.id).collect();
        prop_assert_eq!(ids.len(), books.entries.len());
        prop_assert!(books.entries.iter().all(|entry| !entry.amount.is_zero() && entry.from != entry.to));
        // What came and did not go back lies at the providers.
        let at_providers: i64 = all
            .iter()
            .filter(|it| matches!(it.account, Account::Provider { .. } | Account::Refunds | Account::ProviderFees(_)))
            .filter(|it| it.currency == Currency::EUR)
            .map(|it| it.minor)
            .sum();
        // Counted with a sign: a refund taken for failed that was made all the same leaves less than nothing.
        let euros = |amount: &Money| amount.currency() == Currency::EUR;
        let came: i64 = booking.payments.iter().filter_map(|it| it.paid).filter(euros).map(Money::minor).sum();
        let back = booking.refunds.iter().filter(|it| it.status != RefundStatus::Failed).map(|it| it.amount);
        let back: i64 = back.filter(euros).map(Money::minor).sum();
        // What a bank took back is in neither.
        let lost = booking.disputes.iter().filter(|dispute| dispute.status == DisputeStatus::Lost);
        let lost: i64 = lost.map(|dispute| dispute.amount.minor()).sum();
        prop_assert_eq!(at_providers + lost, came - back);
    }
}

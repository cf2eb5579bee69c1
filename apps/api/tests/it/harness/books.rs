//! What must be true of money and places after whatever happened.

use super::providers::Till;
use super::shop::Shop;
use booking::document::{DocumentKind, owed};
use booking::ledger::{Account, EntryFilter};
use booking::use_cases::Placed;
use booking::{Booking, BookingStatus, PaymentStatus, Provider, Refund, RefundReason, RefundStatus, Ticket};
use kernel::{Clock, Mail, PageRequest};
use std::collections::{BTreeMap, BTreeSet};

/// Steps of the clock until everything must have come to rest.
const STEPS: usize = 500;

impl Shop {
    /// Lets time pass until nothing is owed any more, and checks that the books are right then.
    pub async fn come_to_rest(&self) {
        for _ in 0..STEPS {
            self.work().await;
            let backlog = self.app.app.outbox.backlog().await.unwrap();
            assert_eq!(backlog.parked, 0, "nothing is left to a person but what mails tell");
            let Some(due) = backlog.oldest_due else {
                self.app.app.bookings.sweep().await.unwrap();
                return self.check_books().await;
            };
            self.clock.set(due.max(self.clock.now()));
        }
        panic!("something is still owed: {:?}", self.app.app.outbox.backlog().await.unwrap());
    }

    /// Every booking of every buyer.
    pub async fn placed(&self) -> Vec<Placed> {
        let buyers = self.buyers.lock().unwrap().clone();
        let mut all = Vec::new();
        for buyer in buyers {
            let page = PageRequest { limit: 100, after: None };
            all.extend(self.app.app.bookings.list(buyer, page).await.unwrap().items);
        }
        all
    }

    async fn check_books(&self) {
        assert_eq!(
            self.app.app.bookings.stock_differences().await.unwrap(),
            [],
            "counters are what they count"
        );
        let placed = self.placed().await;
        for Placed { booking, tickets } in &placed {
            check_payments(booking);
            check_status(booking, tickets);
        }
        for till in Till::BOTH {
            let ledger = self.providers.ledger(till).await;
            assert_eq!(ledger.kept, ours(&placed, till), "{till:?} has what our bookings say");
            assert_eq!(ledger.lies(), self.lies_at(till).await, "{till:?} has what our ledger says");
        }
        let compared = self.app.app.ledger.compare(|difference| panic!("{difference:?}")).await.unwrap();
        assert!(compared.agrees(), "{compared:?}");
        self.check_mails(&placed).await;
        self.check_documents(&placed).await;
        self.check_figures(&placed).await;
    }

    /// What is counted is what the rows say, one by one.
    async fn check_figures(&self, placed: &[Placed]) {
        let figures = &self.app.app.figures;
        figures.count_all().await.unwrap();
        for event in placed.iter().map(|placed| placed.booking.event).collect::<BTreeSet<_>>() {
            assert_eq!(figures.differences(event).await.unwrap(), [], "figures of {event}");
        }
    }

    /// What was paid for a booking is on one living document, and numbers have no gap.
    async fn check_documents(&self, placed: &[Placed]) {
        let mut serials = BTreeSet::new();
        for Placed { booking, .. } in placed {
            let documents = self.app.app.documents.of_booking(booking.id).await.unwrap();
            serials.extend(documents.iter().map(|(document, _)| document.number.serial));
            let living = documents.iter().filter(|(document, by)| document.kind.is_of_sale() && by.is_none());
            let living: Vec<_> = living.filter_map(|(document, _)| document.gross()).collect();
            let sold = owed::confirming(booking).map(|_| booking.total).filter(|total| !total.is_zero());
            assert_eq!(living, sold.into_iter().collect::<Vec<_>>(), "documents of {:?}", booking.id);
            let credited = documents
                .iter()
                .filter(|(document, by)| document.kind == DocumentKind::CreditNote && by.is_none());
            let credited: i64 = credited.filter_map(|(it, _)| it.gross()).map(|gross| gross.minor()).sum();
            let confirming = owed::confirming(booking).map(|payment| payment.id);
            let back = booking.refunds.iter().filter(|refund| refund.status == RefundStatus::Done);
            let back = back.filter(|refund| Some(refund.payment) == confirming);
            let back: i64 = back.map(|refund| refund.amount.minor()).sum();
            assert_eq!(credited, back, "credit notes of {:?}", booking.id);
        }
        let all = (1..=u64::try_from(serials.len()).unwrap()).collect();
        assert_eq!(serials, all, "the numbers of documents have no gap");
    }

    /// What lies at a provider by our ledger, test money or not.
    async fn lies_at(&self, till: Till) -> BTreeMap<String, i64> {
        let mut lies = BTreeMap::new();
        for balance in self.app.app.ledger.balances(&EntryFilter::default()).await.unwrap() {
            if matches!(balance.account, Account::Provider { provider, .. } if provider == provider_of(till))
            {
                *lies.entry(balance.currency.to_string()).or_default() += balance.minor;
            }
        }
        lies.retain(|_, minor| *minor != 0);
        lies
    }

    /// One mail with all tickets for every confirmed booking, and none for others.
    async fn check_mails(&self, placed: &[Placed]) {
        for Placed { booking, tickets } in placed {
            let account = self.app.app.accounts.account(booking.buyer).await.unwrap().unwrap();
            let reference = booking.reference.to_string();
            let mails = self.mails(&String::from(account.email));
            let pictured = |mail: &&Mail| mail.attachments.iter().any(|file| file.content_id.is_some());
            let of_it = mails.iter().filter(|mail| mail.text.contains(&reference)).filter(pictured);
            let attached: Vec<_> = of_it.map(|mail| mail.attachments.len()).collect();
            // A picture for each ticket, the event for a calendar, and all tickets as one PDF file.
            let expected = if tickets.is_empty() { vec![] } else { vec![tickets.len() + 2] };
            assert_eq!(attached, expected, "one mail with the tickets of {reference}");
        }
    }
}

/// Every attempt has come to exactly one end, and so has every refund.
fn check_payments(booking: &Booking) {
    for payment in &booking.payments {
        assert!(!payment.status.may_be_paid(), "an attempt without an outcome: {payment:?}");
        let charged = matches!(payment.status, PaymentStatus::Paid | PaymentStatus::Mismatched);
        assert_eq!(charged, payment.charge.is_some(), "charged or not: {payment:?}");
        assert_eq!(charged, payment.paid.is_some(), "charged or not: {payment:?}");
    }
    for refund in &booking.refunds {
        let ended = matches!(refund.status, RefundStatus::Done | RefundStatus::Failed);
        assert!(ended, "a refund without an outcome: {refund:?}");
    }
}

/// Tickets exactly when paid, and never more money than owed, but for refunds that the provider refuses.
fn check_status(booking: &Booking, tickets: &[Ticket]) {
    // What somebody sends back by hand leaves the booking as it is.
    let by_hand = |refund: &Refund| refund.reason == RefundReason::External;
    let stuck = booking.refunds.iter().any(|refund| refund.status == RefundStatus::Failed || by_hand(refund));
    let places: u32 = booking.items.iter().map(|item| item.quantity).sum();
    let living = tickets.iter().filter(|ticket| ticket.status.lives()).count();
    match booking.status {
        BookingStatus::Confirmed => {
            assert_eq!(tickets.len(), usize::try_from(places).unwrap(), "{booking:?}");
            assert!(living > 0, "{booking:?}");
            assert!(price(booking) == booking.total.minor() || stuck, "paid once: {booking:?}");
        }
        BookingStatus::Cancelled => {
            assert_eq!(living, 0, "{booking:?}");
            let paid = booking.payments.iter().any(|payment| payment.status == PaymentStatus::Paid);
            assert!(
                !paid || tickets.is_empty() || price(booking) == booking.total.minor() || stuck,
                "{booking:?}"
            );
        }
        BookingStatus::Expired => {
            assert!(tickets.is_empty(), "{booking:?}");
            assert!(booking.paid().is_zero() || stuck, "nothing is kept: {booking:?}");
        }
        BookingStatus::PendingPayment => panic!("a booking without an end: {booking:?}"),
    }
}

/// What was paid for the booking, given back or not: without what came twice or too late.
fn price(booking: &Booking) -> i64 {
    let decided = |refund: &&Refund| match refund.reason {
        RefundReason::Cancelled
        | RefundReason::EventCancelled
        | RefundReason::Staff
        | RefundReason::Resold
        | RefundReason::External => refund.counts(),
        RefundReason::Overpaid | RefundReason::NoPlaces => false,
    };
    booking.left().minor() + booking.refunds.iter().filter(decided).map(|it| it.amount.minor()).sum::<i64>()
}

fn provider_of(till: Till) -> Provider {
    match till {
        Till::Stripe => Provider::Stripe,
        Till::Paypal => Provider::Paypal,
    }
}

/// What one provider should have of ours: charges, those that do not fit included, less what went back.
fn ours(placed: &[Placed], till: Till) -> BTreeMap<String, i64> {
    let provider = provider_of(till);
    let mut kept: BTreeMap<String, i64> = BTreeMap::new();
    for Placed { booking, .. } in placed {
        for payment in booking.payments.iter().filter(|payment| payment.provider == provider) {
            if let Some(paid) = payment.paid {
                *kept.entry(paid.currency().to_string()).or_default() += paid.minor();
            }
            let refunds = booking.refunds.iter().filter(|refund| refund.payment == payment.id);
            for refund in refunds.filter(|refund| refund.status != RefundStatus::Failed) {
                *kept.entry(refund.amount.currency().to_string()).or_default() -= refund.amount.minor();
            }
        }
    }
    kept.retain(|_, minor| *minor != 0);
    kept
}

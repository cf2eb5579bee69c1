//! Ready-made values for the tests of this crate.

use crate::{
    Booking, Charge, Confirmation, Hold, Holdings, Offer, PaymentChoice, Provider, Resale, Sale, SaleStatus,
    Settled, Standing, Terms, Ticket, Till, Wanted, settle,
};
use chrono::TimeDelta;
use kernel::{AccountId, Currency, EventId, Money, OrganisationId, TicketTypeId, Timestamp, VatRate};

pub(crate) fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn terms() -> Terms {
    Terms::to_pay_within(TimeDelta::minutes(30))
}

pub(crate) fn offer(quantity: u32, cents: u32) -> Offer {
    Offer {
        ticket_type: TicketTypeId::generate(noon()),
        price: Money::eur(cents),
        vat: VatRate::ZERO,
        quantity,
        held: 0,
        sold: 0,
        quota: None,
        max_per_user: None,
        max_per_order: None,
        sales_start: None,
        sales_end: None,
        hidden: false,
        reserved: 0,
        transferable: true,
        section: None,
    }
}

pub(crate) fn sale(offers: Vec<Offer>) -> Sale {
    Sale {
        event: EventId::generate(noon()),
        organisation: OrganisationId::generate(noon()),
        status: SaleStatus::Open,
        currency: Currency::EUR,
        doors_at: None,
        starts_at: noon() + TimeDelta::days(10),
        ends_at: noon() + TimeDelta::days(10) + TimeDelta::hours(8),
        hold_seconds: 600,
        capacity: None,
        max_per_user: None,
        max_per_order: None,
        promise: None,
        offers,
        reserves: Vec::new(),
        vouchers: Vec::new(),
        resale: Resale::default(),
        plan: None,
        seats: crate::SeatChanges::default(),
    }
}

pub(crate) fn somebody() -> AccountId {
    AccountId::generate(noon())
}

pub(crate) fn want(sale: &Sale, quantity: u32) -> [Wanted; 1] {
    [Wanted { ticket_type: sale.offers[0].ticket_type, quantity }]
}

pub(crate) fn held(sale: &mut Sale, quantity: u32) -> Hold {
    sale.hold(somebody(), &want(sale, quantity), &Holdings::default(), noon()).unwrap()
}

pub(crate) fn till(provider: Provider) -> Till {
    Till { provider, account: "main".into(), live: false }
}

pub(crate) fn choice(provider: Provider) -> PaymentChoice {
    PaymentChoice { provider, success_url: None, cancel_url: None }
}

pub(crate) fn by(hold: &Hold, provider: Option<Provider>) -> Confirmation {
    let payment = provider.map(|provider| (choice(provider), till(provider)));
    Confirmation { buyer: hold.buyer, hold: hold.id, payment, attendees: Vec::new() }
}

/// A sale with `quantity` places at 25.00 and a booking of `places` of them that waits for its payment.
pub(crate) fn unpaid(quantity: u32, places: u32) -> (Sale, Booking) {
    let mut sale = sale(vec![offer(quantity, 2500)]);
    let hold = held(&mut sale, places);
    let booking =
        Booking::confirm(&hold, &by(&hold, Some(Provider::Stripe)), &mut sale, terms(), noon()).unwrap();
    (sale, booking)
}

/// A sale with `quantity` places at 25.00 and a booking of `places` of them that was paid, with its tickets.
pub(crate) fn paid(quantity: u32, places: u32) -> (Sale, Booking, Vec<Ticket>) {
    let (mut sale, mut booking) = unpaid(quantity, places);
    let tickets = pay(&mut booking, &mut sale, 0, "pi_1");
    (sale, booking, tickets)
}

/// One attempt is paid in full; the tickets that come of it.
pub(crate) fn pay(booking: &mut Booking, sale: &mut Sale, attempt: usize, reference: &str) -> Vec<Ticket> {
    let (id, amount) = (booking.payments[attempt].id, booking.payments[attempt].amount);
    let charge = Charge { reference: reference.into(), amount, live: false };
    match settle(booking, sale, id, (&Standing::Paid(charge), &Holdings::default()), noon()) {
        Settled::Confirmed(tickets) => tickets,
        _ => Vec::new(),
    }
}

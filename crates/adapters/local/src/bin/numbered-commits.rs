//! Sells places in numbered transactions until it is killed, and says each number once its commit was answered.
//!
//! `numbered-commits DIRECTORY FIRST`: the number of the first transaction. Transaction `n` sells `1 + n % 5` places:
//! it changes a counter and adds a booking, its tickets, an effect and a webhook's name, whose ids follow from `n`.

use adapter_local::{LocalStore, Place};
use booking::{
    Booking, BookingStatus, BookingStore, BookingTx, Effect, Item, NoticeKey, Presence, Provider, Reference,
    Ticket, TicketStatus,
};
use chrono::TimeDelta;
use events::{Event, EventStore, EventTx, Location, Organisation, Status, TicketType, Visibility, Zone};
use kernel::{Currency, EventId, Money, Owed, StoreError, TicketTypeId, Timestamp, VatRate, transact};
use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

type Failure = Box<dyn Error + Send + Sync>;

/// As many buyers at a time, so that commits share their syncs.
const BUYERS: usize = 4;
const QUANTITY: u32 = 1_000_000;

fn noon() -> Timestamp {
    Timestamp::UNIX_EPOCH + TimeDelta::hours(12)
}

fn id(number: u32) -> Uuid {
    Uuid::from_u128(number.into())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("the directory is missing")?;
    let first: u32 = arguments.next().ok_or("the first number is missing")?.parse()?;
    let store = LocalStore::open(Place::Directory(directory.into()))?;
    transact(EventStore::begin(&store).await?, async |tx| prepare(tx).await).await?;
    let next = Arc::new(AtomicU32::new(first));
    let buyers: Vec<_> =
        (0..BUYERS).map(|_| tokio::spawn(buy_for_ever(store.clone(), next.clone()))).collect();
    for buyer in buyers {
        buyer.await??;
    }
    Ok(())
}

async fn buy_for_ever(store: LocalStore, next: Arc<AtomicU32>) -> Result<(), Failure> {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        transact(BookingStore::begin(&store).await?, async |tx| buy(tx, number).await).await?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{number}")?;
        out.flush()?;
    }
}

/// The event, when it is not there yet.
async fn prepare(tx: &mut dyn EventTx) -> Result<(), StoreError> {
    let event = event();
    tx.add_organisation(&Organisation {
        id: event.organisation,
        name: "House".to_owned(),
        slug: "house".to_owned(),
        created_at: noon(),
    })
    .await?;
    if tx.add_event(&event).await? {
        tx.add_ticket_type(&ticket_type(event.id)).await?;
    }
    Ok(())
}

async fn buy(tx: &mut dyn BookingTx, number: u32) -> Result<(), StoreError> {
    let mut sales = tx.lock_sales(&[event().id]).await?;
    let items = vec![Item {
        ticket_type: TicketTypeId::from(id(1)),
        quantity: 1 + number % 5,
        unit_price: Money::zero(Currency::EUR),
        vat: VatRate::ZERO,
        list_price: None,
        seat: None,
    }];
    for sale in &mut sales {
        for item in &items {
            for offer in sale.offers.iter_mut().filter(|offer| offer.ticket_type == item.ticket_type) {
                offer.sold += item.quantity;
            }
        }
    }
    tx.save_sales(&sales).await?;
    let booking = booking(number, items);
    tx.add_bookings(std::slice::from_ref(&booking)).await?;
    tx.add_tickets(&tickets(number, &booking)).await?;
    let notice =
        NoticeKey { provider: Provider::Stripe, id: number.to_string(), kind: "test".to_owned(), at: noon() };
    tx.remember_notice(&notice).await?;
    let effect = Effect::SendTickets { booking: booking.id };
    tx.enqueue_booking(&[Owed { id: id(number).into(), effect, due_at: noon() }]).await
}

fn booking(number: u32, items: Vec<Item>) -> Booking {
    Booking {
        id: id(number).into(),
        reference: Reference::from_stored(number.to_string()),
        event: event().id,
        organisation: event().organisation,
        buyer: id(number % 7).into(),
        hold: id(number).into(),
        status: BookingStatus::Confirmed,
        items,
        attendees: Vec::new(),
        total: Money::zero(Currency::EUR),
        platform_fee: Money::zero(Currency::EUR),
        created_at: noon(),
        pay_by: noon(),
        decided_at: Some(noon()),
        paid_by: None,
        promise: None,
        request: None,
        payments: Vec::new(),
        refunds: Vec::new(),
        disputes: Vec::new(),
        voucher: None,
    }
}

fn tickets(number: u32, booking: &Booking) -> Vec<Ticket> {
    let one = |place: u32| Ticket {
        id: Uuid::from_u128(u128::from(number) * 8 + u128::from(place)).into(),
        booking: booking.id,
        event: booking.event,
        ticket_type: TicketTypeId::from(id(1)),
        holder: booking.buyer,
        attendee: None,
        version: 1,
        status: TicketStatus::Valid,
        issued_at: noon(),
        checked_in_at: None,
        presence: Presence::default(),
        seat: None,
    };
    (0..=number % 5).map(one).collect()
}

fn event() -> Event {
    Event {
        id: id(1).into(),
        organisation: id(1).into(),
        slug: "night".to_owned(),
        title: "Night".to_owned(),
        description: String::new(),
        starts_at: noon(),
        ends_at: noon() + TimeDelta::hours(6),
        doors_at: None,
        timezone: Zone::UTC,
        currency: Currency::EUR,
        capacity: None,
        max_per_user: None,
        max_per_order: None,
        location: Location {
            area: "Harbour".to_owned(),
            address: None,
            latitude: None,
            longitude: None,
            address_visible_from: None,
        },
        base_price: None,
        hold_seconds: 600,
        visibility: Visibility::Public,
        tags: Vec::new(),
        images: Vec::new(),
        status: Status::Published,
        created_at: noon(),
        updated_at: noon(),
        venue_template: None,
    }
}

fn ticket_type(event: EventId) -> TicketType {
    TicketType {
        id: id(1).into(),
        event,
        name: "Regular".to_owned(),
        description: String::new(),
        price: Money::zero(Currency::EUR),
        vat: VatRate::ZERO,
        quantity: QUANTITY,
        max_per_user: None,
        max_per_order: None,
        sales_start: None,
        sales_end: None,
        hidden: false,
        transferable: true,
        quota: None,
        position: 0,
        section: None,
    }
}

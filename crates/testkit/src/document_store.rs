//! What every store promises about receipts, invoices and credit notes.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_bookings::{House, booked_unpaid, bookings, buyer, confirm_free, house};
use crate::fixtures_events::organisation;
use crate::pages::in_pages;
use crate::{Stores, noon};
use booking::document::lines::{Line, Pieces};
use booking::document::{Corrected, Occasion};
use booking::use_cases::{InvoiceError, TakeBackError};
use booking::{
    Booking, BookingStatus, Document, DocumentFilter, DocumentKind, DocumentNumber, Documents, Origin,
    Particulars, Party,
};
use chrono::TimeDelta;
use events::Billing;
use kernel::{
    AccountId, Actor, BookingId, Cause, Currency, DocumentId, Money, OrganisationId, PageRequest, PaymentId,
    Role, SessionId, StoreError, TicketTypeId, VatRate, transact,
};
use std::collections::BTreeSet;

/// One test per promise: `testkit::document_store_contract!(open)`, where `open` is an `async fn() -> Stores` that
/// gives a fresh, empty system.
#[macro_export]
macro_rules! document_store_contract {
    ($open:ident) => {
        $crate::document_store_contract!($open;
            a_document_reads_back_whole,
            what_is_unknown_is_not_there,
            numbers_have_no_gap_when_fifty_ask_at_once_and_some_are_undone,
            numbers_begin_anew_in_each_organisation_and_year,
            a_payment_has_one_receipt_however_many_ask_for_it_at_once,
            a_document_is_taken_back_once,
            an_invoice_takes_the_place_of_the_receipt,
            documents_come_newest_first_in_pages_that_meet,
            documents_are_found_by_what_is_given,
            billing_details_read_back_whole,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod document_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::document_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn documents(house: &House) -> Documents {
    Documents::new(house.stores.booking.clone(), house.clock.clone())
}

fn party(name: &str, address: &[&str]) -> Party {
    let address = address.iter().map(|line| (*line).to_owned()).collect();
    Party { name: name.into(), address, vat_id: None, iban: None }
}

fn particulars(house: &House) -> Particulars {
    Particulars {
        organisation: house.event.organisation,
        prefix: "RE-".into(),
        issuer: party("Somebody's house", &["Street 1", "Town"]),
        recipient: party("Some Body", &[]),
        occasion: occasion(),
        names: vec![(house.ticket_type.id, "Regular".into())],
        today: noon().date_naive(),
    }
}

fn actor(account: AccountId) -> Actor {
    Actor { account, session: SessionId::generate(noon()), role: Role::Member, request: None }
}

fn occasion() -> Occasion {
    let takes_place_on = noon().date_naive();
    Occasion { reference: "AAAA-BBBB-CCCC".into(), title: "Żółta noc".into(), takes_place_on }
}

/// A document with something in every field.
fn full(house: &House, booking: BookingId, organisation: OrganisationId, serial: u64) -> Document {
    let yen = |minor| Money::new(minor, Currency::JPY).unwrap();
    let whole = Party { vat_id: Some("DE 1".into()), iban: Some("DE89".into()), ..party("Ada", &["A", "B"]) };
    let id = DocumentId::generate(noon());
    Document {
        id,
        number: DocumentNumber { prefix: "RE-".into(), year: 2026, serial },
        kind: DocumentKind::CreditNote,
        credits: true,
        origin: Origin::Replaces(DocumentId::generate(noon())),
        organisation,
        event: house.event.id,
        booking,
        buyer: AccountId::generate(noon()),
        corrects: Some(Corrected { id, number: "RE-2026-000001".into(), issued_on: noon().date_naive() }),
        reason: Some("because".into()),
        issuer: whole.clone(),
        recipient: whole,
        occasion: occasion(),
        lines: vec![Line {
            place: 1,
            ticket_type: TicketTypeId::generate(noon()),
            seat: None,
            name: "Regular".into(),
            pieces: Some(Pieces { quantity: 2, unit_price: yen(500) }),
            rate: VatRate::new(770).unwrap(),
            gross: yen(1000),
            tax: yen(71),
        }],
        issued_at: noon(),
        issued_on: noon().date_naive(),
    }
}

/// A house, and a booking of it that cost nothing.
async fn booked(stores: Stores) -> (House, BookingId) {
    let house = house(stores, 10, None, 0).await;
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    let hold = bookings.hold(guest, house.event.id, house.want(1)).await.unwrap();
    let booking = confirm_free(&bookings, guest, hold.id).await.booking.id;
    (house, booking)
}

/// A house, and a booking of it that was paid.
async fn paid(stores: Stores) -> (House, Booking) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 2).await;
    house.provider.pay(booking.payments[0].session.as_deref().unwrap());
    let booking = bookings(&house).come_back(booking.payments[0].id).await.unwrap().unwrap();
    assert_eq!(booking.status, BookingStatus::Confirmed);
    (house, booking)
}

async fn add(house: &House, document: &Document) {
    let tx = house.stores.booking.begin().await.unwrap();
    transact(tx, async |tx| tx.add_document(document).await).await.unwrap();
}

/// Takes the next number for a document and keeps both, unless `undone`.
async fn number(house: &House, mut document: Document, undone: bool) -> Option<u64> {
    let tx = house.stores.booking.begin().await.unwrap();
    let kept = transact(tx, async move |tx| {
        document.number.serial = tx.next_number(document.organisation, document.number.year).await?;
        tx.add_document(&document).await?;
        let refusal = StoreError::Unavailable { doing: "changing one's mind", cause: None };
        if undone { Err(refusal) } else { Ok(document.number.serial) }
    });
    kept.await.ok()
}

pub async fn a_document_reads_back_whole(stores: Stores) {
    let (house, booking) = booked(stores).await;
    let whole = full(&house, booking, house.event.organisation, 1);
    let mut bare = full(&house, booking, house.event.organisation, 2);
    bare.corrects = None;
    bare.reason = None;
    bare.issuer = party("House", &[]);
    bare.lines[0].pieces = None;
    bare.origin = Origin::Payment(PaymentId::generate(noon()));
    for document in [&whole, &bare] {
        add(&house, document).await;
        assert_eq!(house.stores.booking.document(document.id).await.unwrap().as_ref(), Some(document));
    }
    assert_eq!(
        house.stores.booking.documents_of_booking(booking).await.unwrap(),
        [whole.clone(), bare.clone()]
    );
    let tx = house.stores.booking.begin().await.unwrap();
    let seen = transact(tx, async |tx| tx.documents_of(booking).await).await.unwrap();
    assert_eq!(seen, [whole, bare]);
}

pub async fn what_is_unknown_is_not_there(stores: Stores) {
    let nobody = DocumentId::generate(noon());
    assert_eq!(stores.booking.document(nobody).await.unwrap(), None);
    assert_eq!(stores.booking.documents_of_booking(BookingId::generate(noon())).await.unwrap(), []);
    assert_eq!(stores.booking.taken_back(&[nobody]).await.unwrap(), []);
    let organisation = OrganisationId::generate(noon());
    assert_eq!(stores.events.billing(organisation).await.unwrap(), None);
}

pub async fn numbers_have_no_gap_when_fifty_ask_at_once_and_some_are_undone(stores: Stores) {
    let (house, booking) = booked(stores).await;
    let asking: Vec<_> = (0..50)
        .map(|place| {
            let (house, undone) = (house.clone(), place % 3 == 1);
            let document = full(&house, booking, house.event.organisation, 0);
            tokio::spawn(async move { number(&house, document, undone).await })
        })
        .collect();
    let mut given = BTreeSet::new();
    for one in asking {
        given.extend(one.await.unwrap());
    }
    let kept = house.stores.booking.documents_of_booking(booking).await.unwrap();
    let serials: Vec<u64> = kept.iter().map(|document| document.number.serial).collect();
    assert_eq!(given.into_iter().collect::<Vec<_>>(), (1..=33).collect::<Vec<_>>());
    assert_eq!(serials.into_iter().collect::<BTreeSet<_>>(), (1..=33).collect::<BTreeSet<_>>());
}

pub async fn numbers_begin_anew_in_each_organisation_and_year(stores: Stores) {
    let (house, booking) = booked(stores).await;
    let other = organisation(&house.stores).await;
    let own = house.event.organisation;
    let mut given = Vec::new();
    for (organisation, year) in
        [(own, 2026), (own, 2026), (other, 2026), (own, 2027), (own, 2026), (other, 2026)]
    {
        let mut document = full(&house, booking, organisation, 0);
        document.number.year = year;
        given.push(number(&house, document, false).await.unwrap());
    }
    assert_eq!(given, [1, 2, 1, 1, 3, 2]);
}

pub async fn a_payment_has_one_receipt_however_many_ask_for_it_at_once(stores: Stores) {
    let (house, booking) = paid(stores).await;
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let house = house.clone();
            let id = booking.id;
            tokio::spawn(
                async move { documents(&house).issue(id, &particulars(&house)).await.unwrap().len() },
            )
        })
        .collect();
    let mut issued = 0;
    for one in asking {
        issued += one.await.unwrap();
    }
    assert_eq!(issued, 1);
    let kept = house.stores.booking.documents_of_booking(booking.id).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].kind, kept[0].gross()), (DocumentKind::Receipt, Some(booking.total)));
    assert_eq!(kept[0].number.to_string(), "RE-2026-000001");
    assert_eq!(kept[0].origin, Origin::Payment(booking.payments[0].id));
}

pub async fn a_document_is_taken_back_once(stores: Stores) {
    let (house, booking) = paid(stores).await;
    let receipt = documents(&house).issue(booking.id, &particulars(&house)).await.unwrap().remove(0);
    let asking: Vec<_> = (0..10)
        .map(|_| {
            let (house, id) = (house.clone(), receipt.id);
            let on = Particulars { issuer: party("Another house", &["Street 3"]), ..particulars(&house) };
            tokio::spawn(async move {
                documents(&house).take_back(id, ("wrong name", true), &on, Cause::system()).await
            })
        })
        .collect();
    let mut done = Vec::new();
    for one in asking {
        match one.await.unwrap() {
            Ok(taken) => done.push(taken),
            Err(TakeBackError::Before) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(done.len(), 1);
    let (cancellation, again) = (&done[0].cancellation, done[0].replacement.as_ref().unwrap());
    assert_eq!((cancellation.credits, &cancellation.lines), (true, &receipt.lines));
    assert_eq!((again.credits, &again.lines), (false, &receipt.lines));
    assert_eq!(
        (cancellation.issuer.name.as_str(), again.issuer.name.as_str()),
        ("Somebody's house", "Another house")
    );
    let taken = house.stores.booking.taken_back(&[receipt.id, again.id, cancellation.id]).await.unwrap();
    assert_eq!(taken, [(receipt.id, cancellation.id)]);
    let refused = documents(&house)
        .take_back(cancellation.id, ("no", false), &particulars(&house), Cause::system())
        .await;
    assert!(matches!(refused, Err(TakeBackError::IsCancellation)));
    assert_eq!(documents(&house).issue(booking.id, &particulars(&house)).await.unwrap(), []);
}

pub async fn an_invoice_takes_the_place_of_the_receipt(stores: Stores) {
    let (house, booking) = paid(stores).await;
    let (desk, on) = (documents(&house), particulars(&house));
    desk.issue(booking.id, &on).await.unwrap();
    let to = Party { vat_id: Some("FR 2".into()), ..party("Ada Byron", &["Street 2", "Town"]) };
    let invoice = desk.invoice(&actor(booking.buyer), booking.id, &to, &on).await.unwrap();
    assert_eq!((invoice.kind, &invoice.recipient), (DocumentKind::Invoice, &to));
    let again = desk.invoice(&actor(booking.buyer), booking.id, &to, &on).await.unwrap();
    assert_eq!(again, invoice, "asked twice, it is the same");
    let kinds: Vec<_> = desk.of_booking(booking.id).await.unwrap();
    let kinds: Vec<_> = kinds.iter().map(|(document, by)| (document.kind, by.is_some())).collect();
    let expected =
        [(DocumentKind::Receipt, true), (DocumentKind::Cancellation, false), (DocumentKind::Invoice, false)];
    assert_eq!(kinds, expected);
    let other = desk.invoice(&actor(buyer(&house.stores).await), booking.id, &to, &on).await;
    assert!(matches!(other, Err(InvoiceError::Unknown)));
}

pub async fn documents_come_newest_first_in_pages_that_meet(stores: Stores) {
    let (house, booking) = booked(stores).await;
    let mut all = Vec::new();
    for serial in 1..=7 {
        let mut document = full(&house, booking, house.event.organisation, serial);
        // Two at each instant.
        document.issued_at = noon() + TimeDelta::seconds(i64::try_from(serial / 2).unwrap());
        add(&house, &document).await;
        all.push(document);
    }
    all.sort_by_key(|document| std::cmp::Reverse((document.issued_at, document.id)));
    for organisations in [None, Some(vec![house.event.organisation])] {
        let filter = DocumentFilter { organisations, ..DocumentFilter::default() };
        let seen = in_pages(3, async |page| house.stores.booking.documents(&filter, page).await).await;
        assert_eq!(seen, all);
    }
}

pub async fn documents_are_found_by_what_is_given(stores: Stores) {
    let (house, booking) = booked(stores).await;
    let (own, other) = (house.event.organisation, organisation(&house.stores).await);
    let one = full(&house, booking, own, 1);
    let mut two = full(&house, booking, own, 2);
    two.kind = DocumentKind::Invoice;
    two.issued_at = noon() + TimeDelta::hours(1);
    let mut three = full(&house, booking, other, 1);
    three.issued_at = noon() + TimeDelta::hours(2);
    for document in [&one, &two, &three] {
        add(&house, document).await;
    }
    let all = DocumentFilter::default();
    let found = async |filter: DocumentFilter| {
        let page =
            house.stores.booking.documents(&filter, PageRequest { limit: 10, after: None }).await.unwrap();
        page.items.iter().map(|document| document.id).collect::<Vec<_>>()
    };
    let (one, two, three) = (one.id, two.id, three.id);
    assert_eq!(found(all.clone()).await, [three, two, one]);
    assert_eq!(found(DocumentFilter { organisations: Some(vec![own]), ..all.clone() }).await, [two, one]);
    assert_eq!(
        found(DocumentFilter { organisations: Some(vec![own, other]), ..all.clone() }).await,
        [three, two, one]
    );
    assert_eq!(found(DocumentFilter { organisations: Some(Vec::new()), ..all.clone() }).await, []);
    assert_eq!(found(DocumentFilter { kind: Some(DocumentKind::Invoice), ..all.clone() }).await, [two]);
    let number = Some("RE-2026-000001".to_owned());
    assert_eq!(found(DocumentFilter { number, ..all.clone() }).await, [three, one]);
    let (from, to) = (Some(noon() + TimeDelta::hours(1)), Some(noon() + TimeDelta::hours(2)));
    assert_eq!(found(DocumentFilter { from, to, ..all.clone() }).await, [two]);
    assert_eq!(found(DocumentFilter { event: Some(house.event.id), ..all.clone() }).await, [three, two, one]);
    let elsewhere = Some(kernel::EventId::generate(noon()));
    assert_eq!(found(DocumentFilter { event: elsewhere, ..all }).await, []);
}

pub async fn billing_details_read_back_whole(stores: Stores) {
    let organisation = organisation(&stores).await;
    let full = Billing {
        organisation,
        name: "Łódź Nights".into(),
        address: "Street 1\nTown".into(),
        vat_id: Some("PL 1".into()),
        iban: Some("DE89370400440532013000".into()),
        number_prefix: "RE-".into(),
        updated_at: noon(),
    };
    let bare = Billing { vat_id: None, iban: None, number_prefix: String::new(), ..full.clone() };
    for billing in [full, bare] {
        let tx = stores.events.begin().await.unwrap();
        let saved = transact(tx, async |tx| {
            tx.lock_members(organisation).await?;
            tx.save_billing(&billing).await
        });
        saved.await.unwrap();
        assert_eq!(stores.events.billing(organisation).await.unwrap(), Some(billing));
    }
}

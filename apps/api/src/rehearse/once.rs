//! Whether what was to be done once was done once, whoever was killed meanwhile: tickets were issued, seats were given, and
//! whoever holds a ticket was sent its code, by one mail.

use super::post::Post;
use crate::wiring::store::Stores;
use booking::{Booking, BookingStatus, CodeSigner, Ticket};
use kernel::{AccountId, BookingId, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// Bookings that are looked at together.
const AT_ONCE: usize = 500;

/// Says of everything that was lost or doubled what it is.
///
/// # Errors
/// The store does not answer.
pub(super) async fn look(
    stores: &Stores,
    signer: &CodeSigner,
    (bookings, post): (&[Booking], &Post),
    mut say: impl FnMut(String),
) -> Result<(), StoreError> {
    post.wrong().into_iter().for_each(&mut say);
    let sent = post.codes();
    for ((to, _), mails) in sent.iter().filter(|(_, mails)| **mails > 1) {
        say(format!("{mails} mails brought {to} the same ticket"));
    }
    let (mut seats, mut people) = (BTreeSet::new(), People::default());
    for part in bookings.chunks(AT_ONCE) {
        let mut tickets = tickets_of(stores, part).await?;
        for booking in part {
            let tickets = tickets.remove(&booking.id).unwrap_or_default();
            let places: u64 = booking.items.iter().map(|item| u64::from(item.quantity)).sum();
            let issued = u64::try_from(tickets.len()).unwrap_or(u64::MAX);
            if !adds_up(booking.status, places, issued) {
                let (id, status) = (booking.id, booking.status.as_str());
                say(format!("booking {id} is {status} and has {issued} tickets for {places} places"));
            }
            for ticket in tickets.iter().filter(|ticket| ticket.status.lives()) {
                if let Some(seat) = &ticket.seat
                    && !seats.insert(seat.id)
                {
                    say(format!("seat {} is two people's", seat.label));
                }
                let to = people.address(stores, ticket.holder).await?;
                if !sent.contains_key(&(to, signer.code(ticket))) {
                    say(format!("ticket {} was never sent to who holds it", ticket.id));
                }
            }
        }
    }
    Ok(())
}

async fn tickets_of(
    stores: &Stores,
    bookings: &[Booking],
) -> Result<BTreeMap<BookingId, Vec<Ticket>>, StoreError> {
    let ids: Vec<_> = bookings.iter().map(|booking| booking.id).collect();
    let mut tickets: BTreeMap<BookingId, Vec<Ticket>> = BTreeMap::new();
    for ticket in stores.booking.tickets_of_bookings(&ids).await? {
        tickets.entry(ticket.booking).or_default().push(ticket);
    }
    Ok(tickets)
}

/// Whether so many tickets are there as places were bought: all at once, and once. They stay when they die.
const fn adds_up(status: BookingStatus, places: u64, issued: u64) -> bool {
    match status {
        BookingStatus::Confirmed => issued == places,
        // It may have been called off before it was paid.
        BookingStatus::Cancelled => issued == places || issued == 0,
        BookingStatus::PendingPayment | BookingStatus::Expired => issued == 0,
    }
}

/// Where people read their mail; each is asked for once.
#[derive(Default)]
struct People(BTreeMap<AccountId, String>);

impl People {
    async fn address(&mut self, stores: &Stores, account: AccountId) -> Result<String, StoreError> {
        if let Some(known) = self.0.get(&account) {
            return Ok(known.clone());
        }
        let found = stores.accounts.account(account).await?;
        let address = found.map(|account| String::from(account.email)).unwrap_or_default();
        self.0.insert(account, address.clone());
        Ok(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_issued_for_all_places_and_once() {
        assert!(adds_up(BookingStatus::Confirmed, 3, 3));
        assert!(!adds_up(BookingStatus::Confirmed, 3, 6) && !adds_up(BookingStatus::Confirmed, 3, 2));
        assert!(adds_up(BookingStatus::Cancelled, 2, 2) && adds_up(BookingStatus::Cancelled, 2, 0));
        assert!(!adds_up(BookingStatus::Cancelled, 2, 4));
        assert!(adds_up(BookingStatus::Expired, 1, 0) && !adds_up(BookingStatus::Expired, 1, 1));
        assert!(!adds_up(BookingStatus::PendingPayment, 1, 1));
    }
}

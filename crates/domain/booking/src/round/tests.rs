use super::*;
use crate::samples::{by, choice, held, noon, offer, sale, somebody, terms, till, want};
use crate::{BookingStatus, Provider};

fn ask(sale: &Sale, buyer: AccountId, quantity: u32) -> Ask {
    Ask::Hold(Wish {
        buyer,
        event: sale.event,
        wanted: want(sale, quantity).to_vec(),
        voucher: None,
        seats: crate::SeatWish::default(),
    })
}

#[test]
fn those_who_come_together_are_served_in_their_order() {
    let sale = sale(vec![offer(3, 0)]);
    let mut round = Round::new(noon(), terms(), vec![sale.clone()], Vec::new());
    let answers: Vec<_> = (0..5).map(|_| round.decide(&ask(&sale, somebody(), 1))).collect();
    let got: Vec<_> = answers.iter().map(|answer| matches!(answer, Answer::Hold(Ok(_)))).collect();
    assert_eq!(got, [true, true, true, false, false]);
    assert_eq!((round.new.holds.len(), round.sales()[0].offers[0].held), (3, 3));
}

#[test]
fn one_buyer_who_asks_in_parallel_stays_within_the_limits() {
    let mut sale = sale(vec![offer(10, 0)]);
    sale.offers[0].max_per_user = Some(2);
    let buyer = somebody();
    let mut round = Round::new(noon(), terms(), vec![sale.clone()], Vec::new());
    let got = (0..5).filter(|_| matches!(round.decide(&ask(&sale, buyer, 1)), Answer::Hold(Ok(_)))).count();
    assert_eq!(got, 2);
}

#[test]
fn a_hold_confirmed_twice_in_one_round_is_one_booking() {
    let mut sale = sale(vec![offer(10, 2500)]);
    let hold = held(&mut sale, 2);
    let mut round =
        Round::new(noon(), terms(), vec![sale], Vec::new()).with_holds(vec![hold.clone()], Vec::new());
    let asked = by(&hold, Some(Provider::Stripe));
    let mut confirm = || match round.decide(&Ask::Confirm(asked.clone())) {
        Answer::Confirm(Ok(confirmed)) => confirmed,
        other => panic!("{other:?}"),
    };
    let (first, second) = (confirm(), confirm());
    assert_eq!(first.booking.id, second.booking.id);
    assert!(!first.repeated && second.repeated);
    assert_eq!((round.new.bookings.len(), round.new.dropped.len(), round.new.effects.len()), (1, 1, 1));
}

#[test]
fn a_booking_of_somebody_else_s_hold_is_not_shown() {
    let mut sale = sale(vec![offer(10, 2500)]);
    let hold = held(&mut sale, 1);
    let payment = Some((choice(Provider::Stripe), till(Provider::Stripe)));
    let booking =
        Booking::confirm(&hold, &Confirmation { payment, ..by(&hold, None) }, &mut sale, terms(), noon());
    let mut round =
        Round::new(noon(), terms(), vec![sale], Vec::new()).with_holds(Vec::new(), vec![booking.unwrap()]);
    let stranger = Confirmation { buyer: somebody(), ..by(&hold, None) };
    let answer = round.decide(&Ask::Confirm(stranger));
    assert!(matches!(answer, Answer::Confirm(Err(ConfirmRefusal::HoldExpired))));
}

#[test]
fn a_free_booking_owes_the_mail_and_a_paid_one_the_watch() {
    for (cents, provider) in [(0, None), (2500, Some(Provider::Paypal))] {
        let mut sale = sale(vec![offer(10, cents)]);
        let hold = held(&mut sale, 2);
        let mut round =
            Round::new(noon(), terms(), vec![sale], Vec::new()).with_holds(vec![hold.clone()], Vec::new());
        round.decide(&Ask::Confirm(by(&hold, provider)));
        let booking = &round.new.bookings[0];
        let owed = &round.new.effects[0];
        if cents == 0 {
            assert_eq!((booking.status, round.new.tickets.len()), (BookingStatus::Confirmed, 2));
            assert_eq!((&owed.effect, owed.due_at), (&Effect::SendTickets { booking: booking.id }, noon()));
        } else {
            assert_eq!((booking.status, round.new.tickets.len()), (BookingStatus::PendingPayment, 0));
            assert_eq!(owed.effect, Effect::WatchBooking { booking: booking.id });
            assert_eq!(owed.due_at, noon() + terms().first_look);
        }
    }
}

#[test]
fn a_hold_is_given_back_once_and_only_by_its_owner() {
    let mut sale = sale(vec![offer(10, 0)]);
    let hold = held(&mut sale, 2);
    let mut round =
        Round::new(noon(), terms(), vec![sale], Vec::new()).with_holds(vec![hold.clone()], Vec::new());
    let mut release =
        |buyer| matches!(round.decide(&Ask::Release { buyer, hold: hold.id }), Answer::Release(true));
    assert_eq!([release(somebody()), release(hold.buyer), release(hold.buyer)], [false, true, false]);
    assert_eq!(round.sales()[0].offers[0].held, 0);
}

#[test]
fn only_ended_holds_are_reclaimed() {
    let mut sale = sale(vec![offer(10, 0)]);
    let (ended, living) = (held(&mut sale, 2), held(&mut sale, 3));
    let ended = Hold { expires_at: noon(), ..ended };
    let mut round = Round::new(noon(), terms(), vec![sale], Vec::new());
    round.reclaim(&[ended.clone(), living]);
    assert_eq!((round.sales()[0].offers[0].held, round.new.dropped.as_slice()), (3, [ended.id].as_slice()));
}

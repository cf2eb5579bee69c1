use super::*;
use crate::samples::{noon, offer, sale, somebody, unpaid};
use crate::voucher::{ReserveInput, VoucherInput, VoucherKey};
use crate::{Holdings, Quota, Usage, Wanted, Wish};
use chrono::TimeDelta;
use kernel::QuotaId;
use proptest::prelude::*;

fn reserving(sale: &mut Sale, quantity: i64) -> Result<Voucher, u32> {
    let id = VoucherId::generate(noon());
    let ticket_type = sale.offers[0].ticket_type;
    let input = VoucherInput {
        reserve: Some(ReserveInput { ticket_type, quantity }),
        valid_until: Some(noon() + TimeDelta::hours(1)),
        ..VoucherInput::default()
    };
    let code = VoucherKey::new([7; 32]).hash(sale.event, &id.to_string());
    let voucher = input.added(sale, (id, code, String::new()), somebody(), noon()).unwrap();
    sale.keep_for(&voucher, 0)?;
    sale.vouchers.push(Issued { voucher: voucher.clone(), usage: Usage::default() });
    Ok(voucher)
}

fn ask(sale: &mut Sale, voucher: Option<&Voucher>, quantity: u32) -> Result<Hold, HoldRefusal> {
    let wanted = vec![Wanted { ticket_type: sale.offers[0].ticket_type, quantity }];
    let (voucher, seats) = (voucher.map(|it| it.code), crate::SeatWish::default());
    let wish = Wish { buyer: somebody(), event: sale.event, wanted, voucher, seats };
    sale.grant(&wish, &Holdings::default(), noon())
}

/// A ticket of its first type.
fn ticket(sale: &Sale) -> Ticket {
    let (_, booking) = unpaid(1, 1);
    Ticket { ticket_type: sale.offers[0].ticket_type, ..Ticket::issue(&booking, noon()).remove(0) }
}

#[test]
fn kept_places_are_sold_out_for_all_others_and_counted_once() {
    let mut sale = sale(vec![offer(10, 0)]);
    sale.capacity = Some(10);
    sale.offers[0].quota = Some(Quota { id: QuotaId::generate(noon()), quantity: 10 });
    let voucher = reserving(&mut sale, 4).unwrap();
    assert_eq!(
        (sale.taken(), sale.taken_of_quotas().values().sum::<u32>(), sale.offers[0].left()),
        (4, 4, 6)
    );
    assert!(matches!(ask(&mut sale, None, 7), Err(HoldRefusal::SoldOut { left: 6, .. })));
    ask(&mut sale, None, 6).unwrap();
    assert!(matches!(ask(&mut sale, None, 1), Err(HoldRefusal::SoldOut { left: 0, .. })));
    assert!(matches!(ask(&mut sale, Some(&voucher), 5), Err(HoldRefusal::SoldOut { left: 4, .. })));
    let hold = ask(&mut sale, Some(&voucher), 3).unwrap();
    assert_eq!((sale.offers[0].held, sale.offers[0].reserved, sale.taken()), (9, 1, 10));
    sale.give_back(&hold.items, (hold.id, hold.voucher.map(|it| it.id)));
    assert_eq!((sale.offers[0].held, sale.offers[0].reserved), (6, 4), "it keeps them again");
    assert!(ask(&mut sale, None, 1).is_err());
}

#[test]
fn what_is_kept_of_a_type_that_is_not_sold_any_more_is_kept_from_nobody() {
    let mut sale = sale(vec![offer(2, 0)]);
    let voucher = reserving(&mut sale, 2).unwrap();
    let end = sale.starts_at;
    assert_eq!(sale.end_idle_reserves(end - TimeDelta::seconds(1)), []);
    assert_eq!((sale.end_idle_reserves(end), sale.offers[0].reserved), (vec![voucher.id], 0));
    assert_eq!(sale.end_idle_reserves(end), []);
}

#[test]
fn what_a_voucher_takes_beyond_its_own_comes_from_all() {
    let mut sale = sale(vec![offer(10, 0)]);
    let voucher = reserving(&mut sale, 2).unwrap();
    let hold = ask(&mut sale, Some(&voucher), 5).unwrap();
    assert_eq!((sale.offers[0].held, sale.offers[0].reserved), (5, 0));
    sale.sell(&hold.items, hold.id, noon());
    let one = ticket(&sale);
    sale.take_back(&[&one, &one, &one], (hold.id, Some(voucher.id)));
    assert_eq!((sale.offers[0].sold, sale.offers[0].reserved), (2, 0), "two of its own are still sold");
    sale.take_back(&[&one], (hold.id, Some(voucher.id)));
    assert_eq!((sale.offers[0].sold, sale.offers[0].reserved), (1, 1));
}

#[test]
fn no_more_is_kept_than_is_left() {
    let mut sale = sale(vec![offer(10, 0)]);
    ask(&mut sale, None, 5).unwrap();
    let before = sale.clone();
    assert_eq!(reserving(&mut sale, 6), Err(5));
    assert_eq!(sale, before);
    reserving(&mut sale, 5).unwrap();
}

#[test]
fn an_expired_voucher_lets_its_places_go() {
    let mut sale = sale(vec![offer(10, 0)]);
    let voucher = reserving(&mut sale, 4).unwrap();
    ask(&mut sale, Some(&voucher), 1).unwrap();
    let end = noon() + TimeDelta::hours(1);
    assert_eq!(sale.end_reserves(end - TimeDelta::seconds(1)), []);
    assert_eq!(sale.end_reserves(end), [voucher.id]);
    assert_eq!((sale.offers[0].held, sale.offers[0].reserved), (1, 0), "what is held stays so");
    assert_eq!(sale.end_reserves(end), []);
}

#[derive(Debug, Clone)]
enum Step {
    Ask { voucher: Option<usize>, quantity: u32 },
    GiveBack(usize),
    Sell(usize),
    TakeBack(usize),
    Keep(i64),
    LetGo(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (proptest::option::of(0..3usize), 1..5u32)
            .prop_map(|(voucher, quantity)| Step::Ask { voucher, quantity }),
        2 => (0..6usize).prop_map(Step::GiveBack),
        1 => (0..6usize).prop_map(Step::Sell),
        1 => (0..6usize).prop_map(Step::TakeBack),
        1 => (1..6i64).prop_map(Step::Keep),
        1 => (0..3usize).prop_map(Step::LetGo),
    ]
}

proptest! {
    #[test]
    fn no_history_gives_a_kept_place_away_or_counts_it_twice(steps in proptest::collection::vec(step(), 0..60)) {
        let mut sale = sale(vec![offer(12, 0)]);
        sale.capacity = Some(11);
        let (mut vouchers, mut held, mut sold): (Vec<Voucher>, Vec<Hold>, Vec<Hold>) = Default::default();
        for step in steps {
            match step {
                Step::Ask { voucher, quantity } => {
                    let voucher = voucher.and_then(|at| vouchers.get(at)).cloned();
                    held.extend(ask(&mut sale, voucher.as_ref(), quantity));
                }
                Step::GiveBack(at) if at < held.len() => {
                    let hold = held.remove(at);
                    sale.give_back(&hold.items, (hold.id, hold.voucher.map(|it| it.id)));
                }
                Step::Sell(at) if at < held.len() => {
                    let hold = held.remove(at);
                    sale.sell(&hold.items, hold.id, noon());
                    sold.push(hold);
                }
                Step::TakeBack(at) if at < sold.len() => {
                    let hold = sold.remove(at);
                    let one = ticket(&sale);
                    let tickets = vec![&one; hold.items[0].quantity.try_into().unwrap()];
                    sale.take_back(&tickets, (hold.id, hold.voucher.map(|it| it.id)));
                }
                Step::Keep(quantity) => vouchers.extend(reserving(&mut sale, quantity)),
                Step::LetGo(at) if at < vouchers.len() => sale.let_go(vouchers[at].id),
                _ => {}
            }
            let places = |holds: &[Hold], id: Option<VoucherId>| -> u32 {
                holds.iter().filter(|it| id.is_none() || it.voucher.map(|it| it.id) == id).map(Hold::places).sum()
            };
            let kept: u32 = sale.reserves.iter().map(|reserve| {
                let id = Some(reserve.voucher);
                reserve.places.quantity.saturating_sub(places(&held, id) + places(&sold, id))
            }).sum();
            let one = &sale.offers[0];
            prop_assert_eq!((one.held, one.sold, one.reserved), (places(&held, None), places(&sold, None), kept));
            prop_assert!(sale.taken() <= 11);
        }
    }
}

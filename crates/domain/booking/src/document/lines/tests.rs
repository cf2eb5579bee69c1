use super::*;
use crate::Seat;
use kernel::Currency;
use proptest::prelude::*;

fn ticket_type(number: u128) -> TicketTypeId {
    uuid::Uuid::from_u128(number).into()
}

fn item(number: u128, quantity: u32, unit_price: Money, basis_points: u16) -> Item {
    let vat = VatRate::new(basis_points).unwrap();
    Item { ticket_type: ticket_type(number), quantity, unit_price, vat, list_price: None, seat: None }
}

fn parts(lines: &[Line]) -> Vec<(u32, i64, i64)> {
    lines.iter().map(|line| (line.place, line.gross.minor(), line.tax.minor())).collect()
}

#[test]
fn the_tax_of_a_line_is_rounded_once_and_not_per_ticket() {
    // Three at 0.10: 0.30 at 19 % has 0.0479 in it, rounded 0.05; three times 0.0160, each rounded, would be 0.06.
    let lines = sold(&[item(1, 3, Money::eur(10), 1900)], &[(ticket_type(1), "Entry".into())]).unwrap();
    assert_eq!(parts(&lines), [(0, 30, 5)]);
    assert_eq!((lines[0].net(), lines[0].name.as_str()), (Money::eur(25), "Entry"));
}

#[test]
fn what_goes_back_for_a_seat_is_taken_from_its_own_line() {
    let seat = |number| Seat {
        id: SeatId::from(uuid::Uuid::from_u128(number)),
        label: format!("Stalls A-{number}"),
    };
    let items = [1, 2].map(|number| Item { seat: Some(seat(number)), ..item(1, 1, Money::eur(1000), 1900) });
    let lines = sold(&items, &[(ticket_type(1), "Regular".into())]).unwrap();
    assert_eq!(lines[1].name, "Regular, Stalls A-2");
    let back = sent_back(&lines, &[], &[(ticket_type(1), Some(seat(2).id))], Money::eur(1000));
    assert_eq!(parts(&back), [(1, 1000, 160)]);
}

#[test]
fn what_a_person_took_for_the_price_is_divided_over_the_lines() {
    let items = [item(1, 2, Money::eur(2500), 1900), item(2, 1, Money::eur(1000), 700)];
    let lines = sold(&items, &[]).unwrap();
    assert_eq!(at(lines.clone(), Money::eur(6000)), lines, "the price itself changes nothing");
    let less = at(lines.clone(), Money::eur(5));
    assert_eq!(parts(&less), [(0, 5, 1), (1, 0, 0)]);
    assert_eq!(less[0].pieces, None, "two do not come out even");
    let half = at(lines.clone(), Money::eur(3000));
    assert_eq!(half[0].pieces, Some(Pieces { quantity: 2, unit_price: Money::eur(1250) }));
    // What goes back for the one at the lower rate is of that rate.
    let back = sent_back(&half, &[], &[(ticket_type(2), None)], Money::eur(500));
    assert_eq!(parts(&back), [(1, 500, 33)]);
    let free = sold(&[item(1, 1, Money::eur(0), 1900), item(2, 1, Money::eur(10), 700)], &[]).unwrap();
    assert_eq!(parts(&at(free, Money::eur(11))), [(0, 0, 0), (1, 11, 1)]);
    let more = at(lines.clone(), Money::eur(99_999));
    assert_eq!(parts(&more), [(0, 83_333, 13_305), (1, 16_666, 1_090)]);
    assert_eq!(gross(&more), Some(Money::eur(99_999)));
}

#[test]
fn totals_are_sums_of_lines_per_rate_with_the_lowest_rate_first() {
    let items = [
        item(1, 2, Money::eur(2500), 1900),
        item(2, 1, Money::eur(1000), 700),
        item(3, 1, Money::eur(99), 1900),
    ];
    let lines = sold(&items, &[]).unwrap();
    let sums: Vec<_> = totals(&lines)
        .iter()
        .map(|it| (it.rate.percent(), it.net.minor(), it.tax.minor(), it.gross.minor()))
        .collect();
    assert_eq!(sums, [("7".to_owned(), 935, 65, 1000), ("19".to_owned(), 4285, 814, 5099)]);
    assert_eq!(gross(&lines), Some(Money::eur(6099)));
    assert_eq!(gross(&[]), None);
}

#[test]
fn what_goes_back_for_tickets_is_taken_from_their_lines() {
    let items = [item(1, 2, Money::eur(2500), 1900), item(2, 2, Money::eur(1000), 700)];
    let lines = sold(&items, &[]).unwrap();
    let back = sent_back(&lines, &[], &[(ticket_type(2), None)], Money::eur(1000));
    assert_eq!(parts(&back), [(1, 1000, 66)]);
    assert_eq!(back[0].pieces, Some(Pieces { quantity: 1, unit_price: Money::eur(1000) }));
    // A fee was kept: less than the price goes back, still of that line.
    let back = sent_back(&lines, &back, &[(ticket_type(2), None)], Money::eur(900));
    assert_eq!((parts(&back), back[0].pieces), (vec![(1, 900, 58)], None));
    // Nothing is left of the line that would be enough: it is money for all.
    let back = sent_back(&lines, &back, &[(ticket_type(2), None)], Money::eur(1200));
    assert_eq!(back.iter().map(|line| line.gross.minor()).sum::<i64>(), 1200);
    assert_eq!(back.len(), 2);
}

#[test]
fn no_more_goes_back_than_was_paid() {
    let lines = sold(&[item(1, 1, Money::eur(500), 1900)], &[]).unwrap();
    let all = sent_back(&lines, &[], &[], Money::eur(9999));
    assert_eq!(parts(&all), parts(&lines));
    assert_eq!(sent_back(&lines, &all, &[], Money::eur(1)), []);
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let currency = prop::sample::select(vec![Currency::EUR, Currency::JPY, Currency::KWD]);
    let line = (1..20u32, 0..200_000i64, prop::sample::select(vec![0u16, 250, 700, 770, 1900, 2500, 10_000]));
    (currency, prop::collection::vec(line, 1..6)).prop_map(|(currency, lines)| {
        let line = |(number, (quantity, minor, rate)): (usize, (u32, i64, u16))| {
            item(number as u128, quantity, Money::new(minor, currency).unwrap(), rate)
        };
        lines.into_iter().enumerate().map(line).collect()
    })
}

proptest! {
    #[test]
    fn net_and_tax_are_the_total_to_the_smallest_unit(items in items()) {
        let lines = sold(&items, &[]).unwrap();
        let total: i64 = items.iter().map(|item| item.unit_price.minor() * i64::from(item.quantity)).sum();
        let sums = totals(&lines);
        prop_assert_eq!(sums.iter().map(|sum| sum.net.minor() + sum.tax.minor()).sum::<i64>(), total);
        prop_assert_eq!(gross(&lines).unwrap().minor(), total);
        for sum in sums {
            prop_assert_eq!(sum.net.plus(sum.tax), Some(sum.gross));
        }
    }

    #[test]
    fn all_parts_of_a_refund_together_give_back_every_line_and_its_tax(
        items in items(), cuts in prop::collection::vec((0..1_000_000i64, 0..6u128), 0..12),
    ) {
        let lines = sold(&items, &[]).unwrap();
        let currency = lines[0].gross.currency();
        let mut left = gross(&lines).unwrap().minor();
        let mut back: Vec<Line> = Vec::new();
        for (cut, of) in cuts.into_iter().chain([(i64::MAX, 0)]) {
            let amount = cut.min(left);
            let tickets = [(ticket_type(of), None)];
            let note = sent_back(&lines, &back, &tickets, Money::new(amount, currency).unwrap());
            prop_assert_eq!(note.iter().map(|line| line.gross.minor()).sum::<i64>(), amount);
            for line in &note {
                prop_assert!(line.gross.minor() > 0);
                prop_assert!(line.gross.minus(line.tax).is_some(), "a net below nothing");
            }
            left -= amount;
            back.extend(note);
        }
        for line in &lines {
            let of = || back.iter().filter(|part| part.place == line.place);
            prop_assert_eq!(of().map(|part| part.gross.minor()).sum::<i64>(), line.gross.minor());
            prop_assert_eq!(of().map(|part| part.tax.minor()).sum::<i64>(), line.tax.minor());
        }
    }
}

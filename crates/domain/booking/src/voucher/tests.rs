use super::*;
use crate::samples::{noon, offer, sale, somebody};
use crate::{HoldRefusal, Holdings, Sale, Wanted, Wish};
use chrono::TimeDelta;
use kernel::{Currency, HoldId, VatRate};
use proptest::prelude::*;

fn input() -> VoucherInput {
    VoucherInput { prices: vec![PriceChange::Percent("10".into())], ..VoucherInput::default() }
}

fn made(sale: &Sale, input: &VoucherInput) -> Voucher {
    let id = VoucherId::generate(noon());
    let code = VoucherKey::new([7; 32]).hash(sale.event, &id.to_string());
    input.added(sale, (id, code, "WXYZ".into()), somebody(), noon()).unwrap()
}

/// A sale of one type at 25.00 that knows this voucher.
fn with(quantity: u32, input: impl Fn(&Sale) -> VoucherInput) -> (Sale, Voucher) {
    let mut sale = sale(vec![offer(quantity, 2500)]);
    let voucher = made(&sale, &input(&sale));
    sale.keep_for(&voucher, 0).unwrap();
    sale.vouchers.push(Issued { voucher: voucher.clone(), usage: Usage::default() });
    (sale, voucher)
}

fn ask(sale: &mut Sale, voucher: Option<&Voucher>, quantity: u32) -> Result<crate::Hold, HoldRefusal> {
    let wanted = vec![Wanted { ticket_type: sale.offers[0].ticket_type, quantity }];
    let voucher = voucher.map(|voucher| voucher.code);
    let seats = crate::SeatWish::default();
    let wish = Wish { buyer: somebody(), event: sale.event, wanted, voucher, seats };
    sale.grant(&wish, &Holdings::default(), noon())
}

fn money(minor: i64, currency: &str) -> Money {
    Money::new(minor, currency.parse().unwrap()).unwrap()
}

#[test]
fn a_price_is_rounded_once_in_the_currencys_own_step() {
    for (code, list, points, expected) in [
        ("EUR", 2500, 2000, 2000),
        ("EUR", 999, 1500, 849),
        ("EUR", 5, 5000, 3),
        ("JPY", 999, 1500, 849),
        ("KWD", 12_340, 1500, 10_490),
        ("HUF", 10_000, 333, 9700),
        ("EUR", 2500, 10_000, 0),
    ] {
        let price = VoucherPrice::Percent(points).of(money(list, code));
        assert_eq!(price, money(expected, code), "{points} off {list} {code}");
        assert_eq!(price.minor() % price.currency().step(), 0);
    }
}

#[test]
fn no_ticket_gets_dearer_and_none_costs_less_than_nothing() {
    let list = Money::eur(2500);
    assert_eq!(VoucherPrice::Off(Money::eur(500)).of(list), Money::eur(2000));
    assert_eq!(VoucherPrice::Off(Money::eur(9999)).of(list), Money::eur(0));
    assert_eq!(VoucherPrice::Set(Money::eur(1000)).of(list), Money::eur(1000));
    assert_eq!(VoucherPrice::Set(Money::eur(9999)).of(list), list);
    assert_eq!(VoucherPrice::List.of(list), list);
    let foreign = Money::zero(Currency::JPY);
    assert_eq!(VoucherPrice::Set(foreign).of(list), list, "what is in another currency changes nothing");
}

proptest! {
    #[test]
    fn a_discount_never_leaves_what_a_ticket_costs(
        minor in 0..=100_000_000i64, points in 0..=10_000u16, which in 0..4usize,
    ) {
        let list = money(minor, ["EUR", "JPY", "KWD", "HUF"][which]).movable().unwrap();
        let price = VoucherPrice::Percent(points).of(list);
        prop_assert!(price.minor() <= list.minor());
        let (step, whole) = (i128::from(list.currency().step()), 10_000);
        let exact = i128::from(list.minor()) * (whole - i128::from(points));
        let off = (i128::from(price.minor()) * whole - exact).abs();
        prop_assert!(off * 2 <= whole * step, "no more than half a step away");
    }
}

#[test]
fn a_code_is_read_as_people_type_it_and_is_worth_nothing_elsewhere() {
    let (key, sale, other) = (VoucherKey::new([7; 32]), sale(vec![]), sale(vec![]));
    let code = VoucherCode::chosen("Sum-mer 2O31").unwrap();
    assert_eq!((code.to_string().as_str(), code.hint().as_str()), ("SUMMER2O31", "O31"));
    assert_eq!(VoucherCode::chosen("abcdef").unwrap().hint(), "EF", "of a short one less is shown");
    assert_eq!(VoucherCode::chosen("abcdefgh").unwrap().hint(), "GH", "never half of it");
    assert_eq!(VoucherCode::chosen("abcdefghijkl").unwrap().hint(), "IJKL");
    let hash = |typed: &str| key.hash(sale.event, typed);
    for typed in ["SUMMER2O31", "summer2o31", " sum\u{2013}mer 2031 ", "SUMMER2031"] {
        assert_eq!(hash(typed), hash(&code.to_string()), "{typed}");
    }
    for typed in ["", "SUMMER2032", "SUMMER2O31X", "SUMMER\u{0}2O31"] {
        assert_ne!(hash(typed), hash(&code.to_string()), "{typed:?}");
    }
    assert_ne!(key.hash(other.event, "SUMMER2O31"), hash("SUMMER2O31"));
    assert_ne!(VoucherKey::new([8; 32]).hash(sale.event, "SUMMER2O31"), hash("SUMMER2O31"));
    for text in ["", "abcde", "a b c d e", "ABCDEF!", "\u{e9}t\u{e9}2031", &"A".repeat(33)] {
        assert_eq!(VoucherCode::chosen(text), None, "{text}");
    }
}

#[test]
fn a_made_code_is_three_groups_and_nothing_secret_leaks() {
    let (key, id) = (VoucherKey::new([7; 32]), VoucherId::generate(noon()));
    let code = key.made(id);
    assert_eq!(code, key.made(id));
    assert_eq!(code.to_string().split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4]);
    assert_ne!(code, key.made(VoucherId::generate(noon())));
    let event = sale(vec![]).event;
    let shown = format!("{code:?}{key:?}{:?}", key.hash(event, &code.to_string()));
    assert_eq!(shown, "VoucherCode(..)VoucherKey(..)VoucherHash(..)");
}

#[test]
fn every_mistake_of_an_input_is_named_at_once() {
    let sale = sale(vec![offer(10, 2500)]);
    let stranger = TicketTypeId::generate(noon());
    let wrong = VoucherInput {
        name: Some("a\nb".into()),
        prices: vec![PriceChange::Percent("100.5".into())],
        ticket_types: Some(vec![]),
        max_uses: Some(0),
        max_per_user: Some(-1),
        budget: Some((-1, "USD".into())),
        valid_from: Some(noon() + TimeDelta::days(2)),
        valid_until: Some(noon() + TimeDelta::days(1)),
        unlocks: vec![stranger],
        reserve: Some(ReserveInput { ticket_type: stranger, quantity: 0 }),
    };
    let id = VoucherId::generate(noon());
    let code = VoucherHash([0; 32]);
    let found = wrong.added(&sale, (id, code, String::new()), somebody(), noon()).unwrap_err();
    let fields: Vec<_> = found.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "name",
            "percent",
            "ticket_type_ids",
            "budget.currency",
            "budget.amount",
            "max_uses",
            "max_per_user",
            "valid_until",
            "unlocks.0",
            "reserves.quantity",
            "reserves.ticket_type_id",
        ]
    );
    let both = VoucherInput {
        prices: vec![PriceChange::Percent("10".into()), PriceChange::Set((100, "EUR".into()))],
        ..VoucherInput::default()
    };
    let priceless = VoucherInput {
        prices: vec![PriceChange::Percent("1".into())],
        budget: Some((0, "EUR".into())),
        ..VoucherInput::default()
    };
    for (input, expected) in
        [(VoucherInput::default(), "required"), (both, "ambiguous"), (priceless, "out_of_range")]
    {
        let found = input.added(&sale, (id, code, String::new()), somebody(), noon()).unwrap_err();
        assert_eq!(found[0].code, expected);
    }
    for text in ["0", "-1", "1e1", "100.01", "ten"] {
        let input =
            VoucherInput { prices: vec![PriceChange::Percent(text.into())], ..VoucherInput::default() };
        assert!(input.added(&sale, (id, code, String::new()), somebody(), noon()).is_err(), "{text}");
    }
}

#[test]
fn a_price_is_frozen_in_the_hold_beside_what_it_was() {
    let (mut sale, voucher) = with(10, |_| input());
    let hold = ask(&mut sale, Some(&voucher), 3).unwrap();
    let item = hold.items[0].clone();
    assert_eq!((item.unit_price, item.list_price), (Money::eur(2250), Some(Money::eur(2500))));
    assert_eq!(
        (hold.total, hold.voucher),
        (Money::eur(6750), Some(Applied { id: voucher.id, discount: Money::eur(750) }),)
    );
    let without = ask(&mut sale, None, 1).unwrap();
    assert_eq!((without.items[0].list_price, without.voucher), (None, None));
    assert_eq!(hold.items[0].vat, VatRate::ZERO);
}

#[test]
fn whatever_is_wrong_with_a_voucher_is_answered_alike() {
    let invalid = Err(HoldRefusal::VoucherInvalid(WhyNot::Invalid));
    let cases: [fn(&mut Issued); 6] = [
        |it| it.voucher.code = VoucherHash([0; 32]),
        |it| it.voucher.revoked_at = Some(noon()),
        |it| it.voucher.valid_from = Some(noon() + TimeDelta::seconds(1)),
        |it| it.voucher.valid_until = Some(noon()),
        |it| (it.voucher.max_uses, it.usage.uses) = (Some(3), 3),
        |it| it.voucher.ticket_types = Some(vec![TicketTypeId::generate(noon())]),
    ];
    for (number, spoil) in cases.into_iter().enumerate() {
        let (mut sale, voucher) = with(10, |_| input());
        spoil(&mut sale.vouchers[0]);
        let before = sale.clone();
        assert_eq!(ask(&mut sale, Some(&voucher), 1), invalid, "case {number}");
        assert_eq!(sale, before, "a refusal changes nothing");
    }
    // Also when there is nothing left: whoever guesses learns no more.
    let (mut sale, mut voucher) = with(1, |_| input());
    ask(&mut sale, None, 1).unwrap();
    voucher.code = VoucherHash([0; 32]);
    assert_eq!(ask(&mut sale, Some(&voucher), 1), invalid);
}

#[test]
fn uses_are_limited_in_all_and_per_user_and_come_back() {
    let (mut sale, voucher) =
        with(10, |_| VoucherInput { max_uses: Some(2), max_per_user: Some(1), ..input() });
    let buyer = somebody();
    let wanted = vec![Wanted { ticket_type: sale.offers[0].ticket_type, quantity: 1 }];
    let seats = crate::SeatWish::default();
    let wish = Wish { buyer, event: sale.event, wanted, voucher: Some(voucher.code), seats };
    let hold = sale.grant(&wish, &Holdings::default(), noon()).unwrap();
    let again = sale.grant(&wish, &Holdings::default(), noon());
    assert_eq!(again, Err(HoldRefusal::VoucherInvalid(WhyNot::Invalid)), "once per user");
    ask(&mut sale, Some(&voucher), 1).unwrap();
    assert!(ask(&mut sale, Some(&voucher), 1).is_err(), "twice in all");
    sale.give_back(&hold.items, (hold.id, Some(voucher.id)));
    sale.unuse(&hold, noon());
    assert!(sale.grant(&wish, &Holdings::default(), noon()).is_ok());
    sale.unuse(&crate::Hold { id: HoldId::generate(noon()), expires_at: noon(), ..hold }, noon());
    assert_eq!(sale.vouchers[0].usage.uses, 2, "a hold that has ended was not counted any more");
}

#[test]
fn a_budget_is_never_overspent() {
    let (mut sale, voucher) = with(10, |_| VoucherInput { budget: Some((600, "EUR".into())), ..input() });
    ask(&mut sale, Some(&voucher), 2).unwrap();
    let refused = ask(&mut sale, Some(&voucher), 1);
    assert_eq!(refused, Err(HoldRefusal::VoucherInvalid(WhyNot::Spent)), "5.00 of 6.00 are gone");
    assert_eq!((sale.offers[0].held, sale.vouchers[0].usage.spent), (2, 500));
    sale.vouchers[0].voucher.budget = Some(money(1_000_000, "JPY"));
    assert_eq!(ask(&mut sale, Some(&voucher), 1), refused, "a budget in another currency is none");
}

#[test]
fn a_hidden_type_is_unknown_without_its_code() {
    let (mut sale, voucher) = with(10, |sale| VoucherInput {
        unlocks: vec![sale.offers[0].ticket_type],
        ..VoucherInput::default()
    });
    sale.offers[0].hidden = true;
    let unknown = HoldRefusal::UnknownTicketType(sale.offers[0].ticket_type);
    assert_eq!(ask(&mut sale, None, 1), Err(unknown));
    let hold = ask(&mut sale, Some(&voucher), 1).unwrap();
    assert_eq!(hold.total, Money::eur(2500));
    assert_eq!(hold.voucher.unwrap().discount, Money::eur(0));
}

#[test]
fn a_code_is_seen_through_by_who_can_use_it_and_by_who_has() {
    let until = noon() + TimeDelta::days(1);
    let (sale, _) = with(10, |sale| {
        let kept = ReserveInput { ticket_type: sale.offers[0].ticket_type, quantity: 3 };
        let unlocks = vec![sale.offers[0].ticket_type];
        let (max_uses, valid_until) = (Some(2), Some(until));
        VoucherInput { unlocks, reserve: Some(kept), max_uses, max_per_user: Some(1), valid_until, ..input() }
    });
    let (ticket_type, mut issued) = (sale.offers[0].ticket_type, sale.vouchers[0].clone());
    let [ada, bob, guesser] = [(); 3].map(|()| somebody());
    let open = |kept: Option<u32>| {
        let kept = kept.map(|quantity| Places { ticket_type, quantity });
        Some(Opens { types: vec![ticket_type], kept })
    };
    assert_eq!(issued.seen_by(ada, noon()), open(Some(3)));
    issued.use_once(ada, Money::eur(0));
    issued.usage.places = 2;
    assert_eq!(issued.seen_by(ada, noon()), open(None), "used up, and known to be theirs");
    assert_eq!(issued.seen_by(bob, noon()), open(Some(1)));
    issued.use_once(bob, Money::eur(0));
    assert_eq!(issued.seen_by(guesser, noon()), None, "used up by others");
    assert_eq!((issued.seen_by(ada, noon()), issued.seen_by(bob, noon())), (open(None), open(None)));
    // It has ended: nothing is opened, and who has an order by it has not guessed.
    assert_eq!((issued.seen_by(ada, until), issued.seen_by(guesser, until)), (Some(Opens::default()), None));
    issued.voucher.keeps = false;
    issued.give_use_back(bob, Money::eur(0));
    assert_eq!(issued.seen_by(guesser, noon()), open(None), "its places were let go");
    issued.voucher.revoked_at = Some(noon());
    assert_eq!(
        (issued.seen_by(ada, noon()), issued.seen_by(guesser, noon())),
        (Some(Opens::default()), None)
    );
}

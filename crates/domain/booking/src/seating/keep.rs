//! Keeping seats: those that were pointed at, and the best of those that were asked for by number.

use super::{Hall, PlanSeat, SeatChoice};
use crate::{Hold, HoldRefusal, Holdings, Issued, Item, Offer, Sale, SaleStatus, Wanted, Wish};
use kernel::{HoldId, Money, SeatId, SectionId, TicketTypeId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Keeps the places that are wished, and with those of sections their seats: all or nothing.
///
/// # Errors
/// A [`HoldRefusal`]; sale and hall are then unchanged.
pub(crate) fn keep(
    sale: &mut Sale,
    hall: &mut Hall,
    wish: &Wish,
    already: &Holdings,
    now: Timestamp,
) -> Result<Hold, HoldRefusal> {
    if sale.status == SaleStatus::Closed {
        return Err(HoldRefusal::UnknownEvent);
    }
    // As without seats, a code that is not taken is answered before anything that it may open.
    let named = wish.voucher.map(|code| sale.named(code, wish.buyer, now)).transpose()?;
    let chosen = chosen((sale, hall), &wish.seats.chosen, named, now)?;
    let by_choice = chosen.iter().map(|(_, ticket_type)| Wanted { ticket_type: *ticket_type, quantity: 1 });
    let wanted: Vec<Wanted> = wish.wanted.iter().copied().chain(by_choice).collect();
    let gone = gone(hall, &chosen);
    let mut hold = match sale.keep((wish.buyer, &wanted), wish.voucher, already, now) {
        // That these very seats are taken says more than that there are not so many.
        Err(HoldRefusal::SoldOut { .. }) if !gone.is_empty() => {
            return Err(HoldRefusal::SeatUnavailable(gone));
        }
        answer => answer?,
    };
    match seated(sale, hall, wish, &chosen, &mut hold) {
        Ok((items, total)) => {
            (hold.items, hold.total) = (items, total);
            sale.claim_held(&hold);
            Ok(hold)
        }
        Err(refusal) => {
            sale.undo(&hold, now);
            Err(refusal)
        }
    }
}

/// Those of the chosen seats that cannot be had.
fn gone(hall: &Hall, chosen: &[(usize, TicketTypeId)]) -> Vec<SeatId> {
    let taken = chosen.iter().filter(|(at, _)| !hall.is_free(*at));
    taken.filter_map(|(at, _)| hall.plan().seat(*at)).map(|seat| seat.id).collect()
}

/// The chosen seats by their place in the plan, each with the type that it is sold as. A type that only the voucher shows
/// is taken where it is named, or where its section sells no other.
fn chosen(
    (sale, hall): (&Sale, &Hall),
    choices: &[SeatChoice],
    named: Option<&Issued>,
    now: Timestamp,
) -> Result<Vec<(usize, TicketTypeId)>, HoldRefusal> {
    let plan = hall.plan();
    let unknown: Vec<_> =
        choices.iter().map(|choice| choice.seat).filter(|seat| plan.place(*seat).is_none()).collect();
    if !unknown.is_empty() {
        return Err(HoldRefusal::UnknownSeats(unknown));
    }
    let (mut seen, mut found) = (BTreeSet::new(), Vec::with_capacity(choices.len()));
    for choice in choices {
        if !seen.insert(choice.seat) {
            return Err(HoldRefusal::SeatTwice(choice.seat));
        }
        let Some((at, section)) = plan.place(choice.seat).and_then(|at| Some((at, plan.section(at)?))) else {
            continue;
        };
        let opened = |id| named.is_some_and(|issued| issued.voucher.opens(id));
        let mut shown = sale.offers.iter().filter(|offer| !offer.hidden || opened(offer.ticket_type));
        let offer = match choice.ticket_type {
            Some(named) => {
                let offer = shown.find(|offer| offer.ticket_type == named);
                let offer = offer.ok_or(HoldRefusal::UnknownTicketType(named))?;
                if offer.section != Some(section) {
                    return Err(HoldRefusal::OtherSection { seat: choice.seat, ticket_type: named });
                }
                offer
            }
            None => shown
                .filter(|offer| offer.section == Some(section) && sale.sells(offer, now))
                .min_by_key(|offer| offer.hidden)
                .ok_or(HoldRefusal::NotOnSale)?,
        };
        found.push((at, offer.ticket_type));
    }
    Ok(found)
}

/// One line per seat, at the seat's price, and the lines of places without seats; the seats are taken in the hall.
fn seated(
    sale: &mut Sale,
    hall: &mut Hall,
    wish: &Wish,
    chosen: &[(usize, TicketTypeId)],
    hold: &mut Hold,
) -> Result<(Vec<Item>, Money), HoldRefusal> {
    let gone = gone(hall, chosen);
    if !gone.is_empty() {
        return Err(HoldRefusal::SeatUnavailable(gone));
    }
    let mut picked = chosen.to_vec();
    for (at, _) in chosen {
        hall.take_at(*at, hold.id);
    }
    let priced = by_number(sale, hall, wish, (&mut picked, hold.id))
        .and_then(|()| lines(sale, hall, &picked, hold).ok_or(HoldRefusal::NotOnSale))
        .and_then(|(items, total, discount)| sale.discounts(hold, discount).map(|()| (items, total)));
    if priced.is_err() {
        for (at, _) in &picked {
            hall.free_at(*at, hold.id);
        }
    }
    priced
}

/// Finds seats for what is wanted by number: those of one section together, whatever types they are sold as.
fn by_number(
    sale: &Sale,
    hall: &mut Hall,
    wish: &Wish,
    (picked, hold): (&mut Vec<(usize, TicketTypeId)>, HoldId),
) -> Result<(), HoldRefusal> {
    let mut groups: BTreeMap<SectionId, Vec<TicketTypeId>> = BTreeMap::new();
    for wanted in &wish.wanted {
        if let Some(section) = sale.offer(wanted.ticket_type).and_then(|offer| offer.section) {
            let types =
                std::iter::repeat_n(wanted.ticket_type, usize::try_from(wanted.quantity).unwrap_or(0));
            groups.entry(section).or_default().extend(types);
        }
    }
    for (section, types) in groups {
        let mut left = types.as_slice();
        while let Some(first) = left.first() {
            let cheap = |seat: &PlanSeat| {
                let mut offers = types.iter().filter_map(|ticket_type| sale.offer(*ticket_type));
                wish.seats.dearest.is_none_or(|most| offers.all(|it| within(seat, it.price, most)))
            };
            let accessible = wish.seats.accessible;
            let found = hall.best(section, left.len(), accessible, cheap);
            let found = match found {
                Err(most) if wish.seats.apart && most > 0 => hall.best(section, most, accessible, cheap),
                found => found,
            };
            let most = |most| HoldRefusal::NotTogether { ticket_type: *first, most };
            let group = found.map_err(|count| most(u32::try_from(count).unwrap_or(u32::MAX)))?;
            let (now, later) = left.split_at(group.len().min(left.len()));
            for (at, ticket_type) in group.zip(now) {
                hall.take_at(at, hold);
                picked.push((at, *ticket_type));
            }
            left = later;
        }
    }
    Ok(())
}

/// Whether a seat costs no more than this, sold as a type that costs so much.
pub(crate) fn within(seat: &PlanSeat, price: Money, most: Money) -> bool {
    let costs = seat.price.map_or(Some(price), |own| own.of(price));
    costs.is_some_and(|costs| most.minus(costs).is_some())
}

/// `None` beyond all amounts.
fn lines(
    sale: &Sale,
    hall: &Hall,
    picked: &[(usize, TicketTypeId)],
    hold: &Hold,
) -> Option<(Vec<Item>, Money, Money)> {
    let voucher = hold.voucher.and_then(|applied| sale.issued(applied.id)).map(|issued| &issued.voucher);
    let of_section = |item: &&Item| sale.offer(item.ticket_type).is_none_or(|offer| offer.section.is_none());
    let mut items: Vec<Item> = hold.items.iter().filter(of_section).cloned().collect();
    for (at, ticket_type) in picked {
        let offer: &Offer = sale.offer(*ticket_type)?;
        let own = hall.plan().seat(*at)?.price;
        let list = own.map_or(Some(offer.price), |own| own.of(offer.price))?;
        let unit_price = voucher.map_or(list, |voucher| voucher.price_of(*ticket_type, list));
        let list_price = Some(list).filter(|list| *list != unit_price);
        let seat = Some(hall.plan().named(*at)?);
        items.push(Item {
            ticket_type: *ticket_type,
            quantity: 1,
            unit_price,
            vat: offer.vat,
            list_price,
            seat,
        });
    }
    let (mut total, mut discount) = (Money::zero(sale.currency), Money::zero(sale.currency));
    for item in &items {
        total = total.plus(item.unit_price.times(item.quantity)?)?;
        let off = item.list_price.unwrap_or(item.unit_price).minus(item.unit_price)?;
        discount = discount.plus(off.times(item.quantity)?)?;
    }
    Some((items, total, discount))
}

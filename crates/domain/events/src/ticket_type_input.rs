//! From what an organiser sends to a ticket type, with all mistakes named at once.

use crate::event_input::MOST_PLACES;
use crate::mistakes::Mistakes;
use crate::{Event, PriceInput, Quota, Status, Stocked, TicketType, quota};
use kernel::{Invalid, Money, QuotaId, SectionId, TicketTypeId, Timestamp, VatRate};

/// A ticket type as an organiser sends it, for a new one and for an edit alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketTypeInput {
    /// One line.
    pub name: String,
    /// May be absent.
    pub description: Option<String>,
    /// For one.
    pub price: PriceInput,
    /// The tax that is in the price, in percent with up to two decimals: none, or as it was, when absent.
    pub vat_percent: Option<String>,
    /// How many there are.
    pub quantity: i64,
    /// How many one account may have.
    pub max_per_user: Option<i64>,
    /// How many one order may hold.
    pub max_per_order: Option<i64>,
    /// Not sold before.
    pub sales_start: Option<Timestamp>,
    /// Not sold from then on.
    pub sales_end: Option<Timestamp>,
    /// Not listed.
    pub hidden: bool,
    /// Whose places it takes beside its own.
    pub quota: Option<QuotaId>,
    /// Where it stands; behind the others, or where it stood, when absent.
    pub position: Option<i64>,
    /// Whether whoever holds one may hand it on.
    pub transferable: bool,
    /// Whose seats its places are; an edit does not change it.
    pub section: Option<SectionId>,
}

impl TicketTypeInput {
    /// A new type of `event`, placed behind `others` when no position is given.
    ///
    /// # Errors
    /// All mistakes.
    pub fn added(
        &self,
        event: &Event,
        others: &[Stocked],
        quotas: &[Quota],
        now: Timestamp,
    ) -> Result<TicketType, Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        let last = others.iter().map(|other| other.ticket_type.position).max();
        let position = last.map_or(0, |last| last.saturating_add(1)).min(MOST_PLACES);
        let ticket_type =
            self.facts(&mut mistakes, event, (TicketTypeId::generate(now), position, VatRate::ZERO));
        let quota = mistakes.of(quota::joined(self.quota, quotas, (ticket_type.id, 0), others)).flatten();
        fits(&mut mistakes, event, others.iter(), (&ticket_type, quota));
        mistakes.none_or(ticket_type)
    }

    /// The type after an edit: it never gets smaller than what is held or sold of it. Its price may change, since
    /// every booking keeps its own.
    ///
    /// # Errors
    /// All mistakes.
    pub fn edited(
        &self,
        event: &Event,
        before: &Stocked,
        types: &[Stocked],
        quotas: &[Quota],
    ) -> Result<TicketType, Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        let TicketType { id, position, vat, .. } = before.ticket_type;
        let facts = self.facts(&mut mistakes, event, (id, position, vat));
        let taken = before.stock.taken();
        if facts.quantity < taken {
            mistakes.add("quantity", "below_taken", format!("{taken} are held or sold"));
        }
        let quota = mistakes.of(quota::joined(self.quota, quotas, (id, taken), types)).flatten();
        fits(&mut mistakes, event, types.iter().filter(|other| other.ticket_type.id != id), (&facts, quota));
        mistakes.none_or(facts)
    }

    /// `id` names it; `position` and `vat` stay when nothing else is said.
    fn facts(
        &self,
        mistakes: &mut Mistakes,
        event: &Event,
        (id, position, vat): (TicketTypeId, u32, VatRate),
    ) -> TicketType {
        let sales_start = self.sales_start.map(|at| mistakes.instant("sales_start", at));
        let sales_end = self.sales_end.map(|at| mistakes.instant("sales_end", at));
        if let (Some(start), Some(end)) = (sales_start, sales_end)
            && end <= start
        {
            mistakes.add("sales_end", "before_start", "the sale ends after it starts");
        }
        let price = mistakes.price("price", &self.price, Some(event.currency));
        let mut limit =
            |field: &str, value: Option<i64>| value.map(|count| mistakes.count(field, count, 1..=1000));
        let max_per_user = limit("max_per_user", self.max_per_user);
        let max_per_order = limit("max_per_order", self.max_per_order);
        TicketType {
            id,
            event: event.id,
            name: mistakes.line("name", &self.name, 100),
            description: mistakes.prose("description", self.description.as_deref().unwrap_or(""), 2000),
            price: price.unwrap_or(Money::zero(event.currency)),
            vat: self.vat_percent.as_deref().map_or(vat, |text| mistakes.vat("vat_percent", text)),
            // Of a section there may be none for a while: every seat of it is blocked.
            quantity: mistakes.count(
                "quantity",
                self.quantity,
                u32::from(self.section.is_none())..=MOST_PLACES,
            ),
            max_per_user,
            max_per_order,
            sales_start,
            sales_end,
            hidden: self.hidden,
            quota: self.quota,
            position: self.position.map_or(position, |at| mistakes.count("position", at, 0..=MOST_PLACES)),
            transferable: self.transferable,
            section: self.section,
        }
    }
}

/// What is published stays fit to be published: there are no more tickets than people fit.
fn fits<'a>(
    mistakes: &mut Mistakes,
    event: &Event,
    others: impl Iterator<Item = &'a Stocked>,
    (ticket_type, quota): (&TicketType, Option<&'a Quota>),
) {
    let others = others.map(|other| (other.ticket_type.quantity, other.quota.as_ref()));
    let places = quota::places(others.chain([(ticket_type.quantity, quota)]));
    let capacity = event.capacity.filter(|_| event.status == Status::Published);
    if capacity.is_some_and(|most| places > u64::from(most)) {
        mistakes.add("quantity", "types_exceed_capacity", "there are more tickets than people fit");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{event_input, noon, price, stocked, type_input};

    fn event() -> Event {
        event_input().draft(noon()).unwrap()
    }

    fn codes(result: Result<TicketType, Vec<Invalid>>) -> Vec<(String, &'static str)> {
        result.unwrap_err().into_iter().map(|mistake| (mistake.field, mistake.code)).collect()
    }

    #[test]
    fn what_is_published_stays_within_its_capacity() {
        let mut event = Event { capacity: Some(10), ..event() };
        let others = [stocked(&event, 6, 0, 0), stocked(&event, 2, 0, 0)];
        assert!(type_input(3).added(&event, &others, &[], noon()).is_ok(), "a draft may be in disorder");
        event.status = Status::Published;
        let refused = [("quantity".to_owned(), "types_exceed_capacity")];
        assert_eq!(codes(type_input(3).added(&event, &others, &[], noon())), refused);
        assert!(type_input(2).added(&event, &others, &[], noon()).is_ok());
        assert!(type_input(8).edited(&event, &others[0], &others, &[]).is_ok(), "itself does not count");
        assert_eq!(codes(type_input(9).edited(&event, &others[0], &others, &[])), refused);
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        let input = TicketTypeInput {
            name: "a\nb".into(),
            price: PriceInput { amount: 1, currency: "JPY".into() },
            vat_percent: Some("100.01".into()),
            quantity: 0,
            max_per_user: Some(0),
            max_per_order: Some(i64::MAX),
            sales_start: Some(noon()),
            sales_end: Some(noon()),
            ..type_input(1)
        };
        let mut found = codes(input.added(&event(), &[], &[], noon()));
        found.sort();
        let expected = [
            ("max_per_order", "out_of_range"),
            ("max_per_user", "out_of_range"),
            ("name", "malformed"),
            ("price.currency", "currency_mismatch"),
            ("quantity", "out_of_range"),
            ("sales_end", "before_start"),
            ("vat_percent", "out_of_range"),
        ];
        assert_eq!(found, expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn a_new_type_stands_behind_the_others() {
        let event = event();
        let first = stocked(&event, 10, 0, 0);
        assert_eq!(first.ticket_type.position, 0);
        assert_eq!(type_input(1).added(&event, &[first], &[], noon()).unwrap().position, 1);
    }

    #[test]
    fn the_rate_of_the_tax_stays_in_an_edit_that_does_not_name_it() {
        let event = event();
        let mut before = stocked(&event, 10, 0, 0);
        assert_eq!(before.ticket_type.vat, VatRate::ZERO);
        let named = TicketTypeInput { vat_percent: Some("7.70".into()), ..type_input(10) };
        before.ticket_type = named.edited(&event, &before, &[], &[]).unwrap();
        assert_eq!(before.ticket_type.vat.basis_points(), 770);
        assert_eq!(type_input(10).edited(&event, &before, &[], &[]).unwrap().vat.basis_points(), 770);
        for text in ["", "7,7", "7.777", "-7"] {
            let wrong = TicketTypeInput { vat_percent: Some(text.into()), ..type_input(10) };
            assert_eq!(
                codes(wrong.edited(&event, &before, &[], &[])),
                [("vat_percent".into(), "malformed")],
                "{text}"
            );
        }
    }

    #[test]
    fn a_type_never_gets_smaller_than_what_is_taken_and_its_price_may_change() {
        let event = event();
        let before = stocked(&event, 10, 2, 3);
        assert_eq!(
            codes(type_input(4).edited(&event, &before, &[], &[])),
            [("quantity".into(), "below_taken")]
        );
        let input = TicketTypeInput { price: price(0), ..type_input(5) };
        let after = input.edited(&event, &before, &[], &[]).unwrap();
        assert_eq!((after.quantity, after.price.minor(), after.id), (5, 0, before.ticket_type.id));
    }
}

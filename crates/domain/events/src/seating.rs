//! The seats of an event: copied from a hall, with changes of its own. A hall that is edited later changes no event that
//! exists.

use crate::mistakes::Mistakes;
use crate::venue::{self, SeatChange, SeatPrice};
use crate::{Chargeable, Event, Quota, Section, Stocked, TicketType, TicketTypeInput, Till, VenueTemplate};
use kernel::{
    EventId, Invalid, Money, QuotaId, SeatId, SectionId, TicketTypeId, Timestamp, VatRate, VenueTemplateId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A section of an event. All its places are sold through the ticket types that name it, and they share its quota.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatedSection {
    /// Its seats.
    #[serde(flatten)]
    pub section: Section,
    /// The type that was made for it: as many as it has seats for sale.
    pub ticket_type: TicketTypeId,
    /// What its types share: as many as it has seats for sale.
    pub quota: QuotaId,
}

/// All seats of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seating {
    /// Of which event.
    pub event: EventId,
    /// Of which hall they are a copy.
    pub template: VenueTemplateId,
    /// Counts up with every change.
    pub version: u32,
    /// In the order in which they are shown.
    pub sections: Vec<SeatedSection>,
}

/// What is added to an event with its seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seats {
    /// The seats.
    pub seating: Seating,
    /// One per section.
    pub quotas: Vec<Quota>,
    /// One per section.
    pub types: Vec<TicketType>,
}

impl Seats {
    /// The seats of a hall for an event that has none.
    ///
    /// # Errors
    /// Why the event cannot be seated so.
    pub fn of(
        template: &VenueTemplate,
        event: &Event,
        behind: u32,
        now: Timestamp,
    ) -> Result<Self, Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        if template.organisation != event.organisation {
            return Err(vec![unknown_template()]);
        }
        if template.sections.is_empty() {
            mistakes.add("venue_template_id", "no_seats", "this hall has no seats");
        }
        if event.base_price.is_none() {
            mistakes.add("base_price", "required", "the price of seats is a multiple of it");
        }
        let base = event.base_price.unwrap_or(Money::zero(event.currency));
        let mut all = Self {
            seating: Seating { event: event.id, template: template.id, version: 1, sections: Vec::new() },
            quotas: Vec::new(),
            types: Vec::new(),
        };
        for (at, section) in (behind..).zip(&template.sections) {
            let price = section.factor.of(base).filter(|price| Mistakes::is_affordable(*price));
            let Some(price) = price else {
                mistakes.add("base_price", "out_of_range", format!("{} would cost too much", section.name));
                continue;
            };
            let quantity = section.for_sale();
            let (id, name) = (QuotaId::generate(now), section.name.clone());
            let quota = Quota { id, event: event.id, name: name.clone(), quantity };
            let kind = TicketType {
                id: TicketTypeId::generate(now),
                event: event.id,
                name,
                description: String::new(),
                price,
                vat: VatRate::ZERO,
                quantity,
                max_per_user: None,
                max_per_order: None,
                sales_start: None,
                sales_end: None,
                hidden: false,
                quota: Some(quota.id),
                position: at,
                transferable: true,
                section: Some(section.id),
            };
            let (ticket_type, quota_id) = (kind.id, quota.id);
            all.seating.sections.push(SeatedSection {
                section: section.clone(),
                ticket_type,
                quota: quota_id,
            });
            all.quotas.push(quota);
            all.types.push(kind);
        }
        mistakes.none_or(all)
    }
}

impl Seating {
    /// A section of it.
    #[must_use]
    pub fn section(&self, id: SectionId) -> Option<&SeatedSection> {
        self.sections.iter().find(|seated| seated.section.id == id)
    }

    /// How many seats there are, blocked ones too.
    #[must_use]
    pub fn seats(&self) -> usize {
        self.sections.iter().map(|seated| seated.section.seats().count()).sum()
    }

    /// With these changes, and the seats that are blocked by them.
    ///
    /// # Errors
    /// All mistakes.
    pub fn changed(&self, changes: &[SeatChange]) -> Result<(Self, Vec<SeatId>), Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        let mut after = Self { version: self.version.wrapping_add(1), ..self.clone() };
        venue::change(&mut mistakes, after.sections.iter_mut().map(|seated| &mut seated.section), changes);
        let open: BTreeSet<SeatId> = self.open().collect();
        let still: BTreeSet<SeatId> = after.open().collect();
        let blocked = open.difference(&still).copied().collect();
        mistakes.none_or((after, blocked))
    }

    fn open(&self) -> impl Iterator<Item = SeatId> {
        let seats = self.sections.iter().flat_map(|seated| seated.section.seats());
        seats.filter(|(_, seat)| !seat.blocked).map(|(_, seat)| seat.id)
    }

    /// The same for a copy of the event, of which these are the types: `(before, after)`.
    #[must_use]
    pub fn copied(&self, event: EventId, types: &[(TicketTypeId, TicketType)]) -> Self {
        let section = |seated: &SeatedSection| {
            let (_, kind) = types.iter().find(|(before, _)| *before == seated.ticket_type)?;
            Some(SeatedSection { section: seated.section.clone(), ticket_type: kind.id, quota: kind.quota? })
        };
        let sections = self.sections.iter().filter_map(section).collect();
        Self { event, template: self.template, version: 1, sections }
    }

    /// The input with the quota of its section, as far as section and quota go together.
    ///
    /// # Errors
    /// What is wrong with section, quota or quantity.
    pub fn joined(
        seating: Option<&Self>,
        input: &TicketTypeInput,
        before: Option<&TicketType>,
    ) -> Result<TicketTypeInput, Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        let mut input = input.clone();
        if let Some(before) = before {
            if input.section.is_some() && input.section != before.section {
                mistakes.add("section_id", "frozen", "a ticket type stays in its section");
            }
            input.section = before.section;
        }
        let seated = input.section.and_then(|id| seating.and_then(|seating| seating.section(id)));
        match (input.section, seated) {
            (Some(_), None) => mistakes.add("section_id", "unknown", "the event has no such section"),
            (Some(_), Some(seated)) => {
                if input.quota.is_some_and(|quota| quota != seated.quota) {
                    mistakes.add("quota_id", "of_section", "the types of a section share its own quota");
                }
                input.quota = Some(seated.quota);
                let own = before.filter(|before| before.id == seated.ticket_type);
                if own.is_some_and(|own| i64::from(own.quantity) != input.quantity) {
                    let message = "there are as many as the section has seats for sale";
                    mistakes.add("quantity", "of_section", message);
                }
            }
            (None, _) if input.quota.is_some_and(|quota| is_of_section(seating, quota)) => {
                mistakes.add("quota_id", "of_section", "this quota is for the seats of a section");
            }
            (None, _) => {}
        }
        mistakes.none_or(input)
    }

    /// Whether a type was made for a section: it goes with its seats.
    #[must_use]
    pub fn owns(&self, kind: TicketTypeId) -> bool {
        self.sections.iter().any(|seated| seated.ticket_type == kind)
    }
}

/// Whether a quota belongs to a section.
#[must_use]
pub fn is_of_section(seating: Option<&Seating>, quota: QuotaId) -> bool {
    seating.is_some_and(|seating| seating.sections.iter().any(|seated| seated.quota == quota))
}

/// The types whose prices follow when the base price of a seated event changes: those that cost what the old one made
/// of it.
#[must_use]
pub fn repriced(seating: &Seating, types: &[Stocked], (was, is): (Money, Money)) -> Vec<TicketType> {
    let follows = |seated: &SeatedSection| {
        let kind = types.iter().map(|it| &it.ticket_type).find(|kind| kind.id == seated.ticket_type)?;
        let (before, after) = (seated.section.factor.of(was)?, seated.section.factor.of(is)?);
        (kind.price == before && before != after && Mistakes::is_affordable(after))
            .then(|| TicketType { price: after, ..kind.clone() })
    };
    seating.sections.iter().filter_map(follows).collect()
}

/// Why the seats of an event cannot be sold as they are.
#[must_use]
pub fn obstacles(
    event: &Event,
    seating: Option<&Seating>,
    types: &[Stocked],
    till: &dyn Till,
) -> Vec<Invalid> {
    let mut found = Vec::new();
    let mut add = |field: &str, code, message: String| found.push(Invalid::new(field, code, message));
    let Some(seating) = seating else {
        if event.venue_template.is_some() {
            add("venue_template_id", "no_seats", "the event has no seats".into());
        }
        return found;
    };
    if seating.open().next().is_none() {
        add("venue_template_id", "no_seats", "no seat of the hall is for sale".into());
    }
    for (at, seated) in seating.sections.iter().enumerate() {
        let field = format!("sections.{at}");
        let of_it = |it: &&Stocked| it.ticket_type.section == Some(seated.section.id);
        let prices: Vec<Money> = types.iter().filter(of_it).map(|it| it.ticket_type.price).collect();
        if prices.is_empty() {
            add(&field, "no_ticket_type", format!("nothing sells the seats of {}", seated.section.name));
        }
        let own: BTreeSet<(i64, bool)> = seated
            .section
            .seats()
            .filter(|(_, seat)| !seat.blocked)
            .flat_map(|(_, seat)| prices.iter().filter_map(move |price| price_of(seat.price?, *price)))
            .map(|price| (price.minor(), chargeable(till, price)))
            .collect();
        if own.iter().any(|(_, fine)| !fine) {
            add(
                &field,
                "price_not_chargeable",
                format!("a seat of {} has a price that nobody can pay", seated.section.name),
            );
        }
    }
    found
}

/// What a seat costs as a type of this price.
#[must_use]
pub fn price_of(own: SeatPrice, price: Money) -> Option<Money> {
    match own {
        SeatPrice::Exact(exact) => Some(exact),
        SeatPrice::Times(factor) => factor.of(price),
    }
}

fn chargeable(till: &dyn Till, price: Money) -> bool {
    price.is_zero() || (Mistakes::is_affordable(price) && till.charge(price) == Chargeable::Yes)
}

/// Alike for one that does not exist and one of another organisation.
pub(crate) fn unknown_template() -> Invalid {
    Invalid::new("venue_template_id", "unknown", "the organisation has no such venue template")
}

#[cfg(test)]
mod tests;

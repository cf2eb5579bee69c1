//! Venue templates: halls with their sections, rows and seats, of which events are made.

mod rows;
mod seat_input;
mod section_edit;

pub use seat_input::SeatInput;
pub use section_edit::SectionEdit;

use crate::mistakes::Mistakes;
use kernel::{Invalid, Money, OrganisationId, SeatId, SectionId, Timestamp, VenueTemplateId};
use rows::rows;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most sections of a hall: each becomes a ticket type and a quota of an event.
pub const MOST_SECTIONS: usize = 50;
/// Most rows of a section.
pub const MOST_ROWS: usize = 200;
/// Most seats of a row.
pub const MOST_IN_ROW: u32 = 200;
/// Most seats of a hall.
pub const MOST_SEATS: usize = 20_000;
/// Most seats that one request changes.
pub const MOST_CHANGES: usize = 500;
/// The largest factor, in thousandths.
const LARGEST_FACTOR: u32 = 100_000;

/// A factor of a price, in thousandths: exact, never a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Factor(u32);

impl Factor {
    /// As it is.
    pub const ONE: Self = Self(1000);

    /// So many thousandths; `None` beyond 100.
    #[must_use]
    pub const fn of_thousandths(thousandths: u32) -> Option<Self> {
        if thousandths <= LARGEST_FACTOR { Some(Self(thousandths)) } else { None }
    }

    /// So many thousandths.
    #[must_use]
    pub const fn thousandths(self) -> u32 {
        self.0
    }

    /// What a price becomes, rounded once; `None` beyond all amounts.
    #[must_use]
    pub fn of(self, price: Money) -> Option<Money> {
        price.scaled(self.0)
    }

    /// As people write it: `1.25`.
    #[must_use]
    pub fn decimal(self) -> String {
        let (whole, rest) = (self.0 / 1000, self.0 % 1000);
        if rest == 0 {
            return whole.to_string();
        }
        let digits = format!("{rest:0>3}");
        format!("{whole}.{}", digits.trim_end_matches('0'))
    }

    /// Reads `1`, `1.25` or `0.875`.
    fn read(text: &str) -> Result<Self, &'static str> {
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let kept = rest.trim_end_matches('0');
        if whole.is_empty() || !digits(whole) || !digits(rest) || kept.len() > 3 {
            return Err("malformed");
        }
        let thousandths: Result<u32, _> = format!("{whole}{kept:0<3}").parse();
        thousandths.ok().and_then(Self::of_thousandths).ok_or("out_of_range")
    }
}

impl Mistakes {
    /// A factor with at most three decimals.
    pub(crate) fn factor(&mut self, field: &str, text: &str) -> Factor {
        Factor::read(text.trim()).unwrap_or_else(|code| {
            self.add(field, code, "this is a number from 0 to 100 with at most three decimals");
            Factor::ONE
        })
    }
}

/// What a seat costs when it is not what its ticket type costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatPrice {
    /// This, as whatever type it is sold.
    Exact(Money),
    /// The type's price times this.
    Times(Factor),
}

/// A seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Names it for machines; the same in every event of the hall.
    pub id: SeatId,
    /// Its number in the row, from 1.
    #[serde(rename = "n")]
    pub number: u32,
    /// For those who come in a wheelchair.
    #[serde(default, rename = "w", skip_serializing_if = "is_false")]
    pub accessible: bool,
    /// Not for sale.
    #[serde(default, rename = "b", skip_serializing_if = "is_false")]
    pub blocked: bool,
    /// The next one in the row is not its neighbour.
    #[serde(default, rename = "a", skip_serializing_if = "is_false")]
    pub aisle_after: bool,
    /// A price of its own; only seats of an event have one.
    #[serde(default, rename = "p", skip_serializing_if = "Option::is_none")]
    pub price: Option<SeatPrice>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Seats side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Names it for people: letters or a number.
    pub name: String,
    /// By number.
    pub seats: Vec<Seat>,
}

/// A part of a hall with one price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Names it for machines; the same in every event of the hall.
    pub id: SectionId,
    /// Names it for people.
    pub name: String,
    /// What the price of its places is of an event's base price.
    pub factor: Factor,
    /// Where it stands in lists: lower first, then by id.
    pub position: u32,
    /// From the front to the back.
    pub rows: Vec<Row>,
}

impl Section {
    /// All its seats, each with its row.
    pub fn seats(&self) -> impl Iterator<Item = (&Row, &Seat)> {
        self.rows.iter().flat_map(|row| row.seats.iter().map(move |seat| (row, seat)))
    }

    /// How many of its seats are for sale.
    #[must_use]
    pub fn for_sale(&self) -> u32 {
        u32::try_from(self.seats().filter(|(_, seat)| !seat.blocked).count()).unwrap_or(u32::MAX)
    }

    /// What people call one of its seats.
    #[must_use]
    pub fn label(&self, row: &Row, seat: &Seat) -> String {
        format!("{} {}-{}", self.name, row.name, seat.number)
    }
}

/// A hall of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenueTemplate {
    /// Names it for machines.
    pub id: VenueTemplateId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Names it for people.
    pub name: String,
    /// By `(position, id)`.
    pub sections: Vec<Section>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// A hall in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateSummary {
    /// Names it for machines.
    pub id: VenueTemplateId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Names it for people.
    pub name: String,
    /// How many sections it has.
    pub sections: u32,
    /// How many seats it has, blocked ones too.
    pub seats: u32,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// A section as an organiser sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionInput {
    /// One line.
    pub name: String,
    /// Letters or a number.
    pub row_start: String,
    /// Of the same kind, and not before the first.
    pub row_end: String,
    /// In each row, numbered from 1.
    pub seats_per_row: i64,
    /// A decimal; one when absent.
    pub price_multiplier: Option<String>,
    /// Behind the others when absent.
    pub position: Option<i64>,
}

/// What is to become of a seat; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatChange {
    /// Which.
    pub seat: SeatId,
    /// For those who come in a wheelchair.
    pub accessible: Option<bool>,
    /// Not for sale.
    pub blocked: Option<bool>,
    /// The next one in the row is not its neighbour.
    pub aisle_after: Option<bool>,
    /// The price; `Some(None)` makes it the ticket type's again. Of events only.
    pub price: Option<Option<SeatPrice>>,
}

impl SectionInput {
    /// The new section with its seats, behind those that are there.
    ///
    /// # Errors
    /// All mistakes.
    pub fn added(&self, template: &VenueTemplate, now: Timestamp) -> Result<Section, Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        let name = mistakes.line("name", &self.name, 60);
        let per_row = mistakes.count("seats_per_row", self.seats_per_row, 1..=MOST_IN_ROW);
        let factor = self.price_multiplier.as_deref();
        let factor = factor.map_or(Factor::ONE, |text| mistakes.factor("price_multiplier", text));
        let last = template.sections.iter().map(|section| section.position).max();
        let behind = last.map_or(0, |last| last.saturating_add(1)).min(10_000);
        let position = self.position.map_or(behind, |at| mistakes.count("position", at, 0..=10_000));
        let names = rows(self.row_start.trim(), self.row_end.trim()).unwrap_or_else(|(field, code)| {
            mistakes.add(
                field,
                code,
                format!("rows run from one name to a later one, A to F or 1 to 12, at most {MOST_ROWS}"),
            );
            Vec::new()
        });
        let seats = names.len().saturating_mul(usize::try_from(per_row).unwrap_or(usize::MAX));
        if template.seats().saturating_add(seats) > MOST_SEATS {
            mistakes.add("seats_per_row", "too_many", format!("a hall has at most {MOST_SEATS} seats"));
        }
        if template.sections.len() >= MOST_SECTIONS {
            mistakes.add("name", "too_many", format!("a hall has at most {MOST_SECTIONS} sections"));
        }
        template.tell_apart(&mut mistakes, &name, None);
        let seat = |number| Seat {
            id: SeatId::generate(now),
            number,
            accessible: false,
            blocked: false,
            aisle_after: false,
            price: None,
        };
        // Thousands of seats are only made of what is right.
        mistakes.none_or(())?;
        let row = |name| Row { name, seats: (1..=per_row).map(seat).collect() };
        let rows = names.into_iter().map(row).collect();
        Ok(Section { id: SectionId::generate(now), name, factor, position, rows })
    }
}

impl VenueTemplate {
    /// A new hall without seats.
    ///
    /// # Errors
    /// All mistakes.
    pub fn named(organisation: OrganisationId, name: &str, now: Timestamp) -> Result<Self, Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        let name = mistakes.line("name", name, 200);
        let id = VenueTemplateId::generate(now);
        mistakes.none_or(Self {
            id,
            organisation,
            name,
            sections: Vec::new(),
            created_at: now,
            updated_at: now,
        })
    }

    /// How many seats there are, blocked ones too.
    #[must_use]
    pub fn seats(&self) -> usize {
        self.sections.iter().map(|section| section.seats().count()).sum()
    }

    /// The hall in a list.
    #[must_use]
    pub fn summary(&self) -> TemplateSummary {
        TemplateSummary {
            id: self.id,
            organisation: self.organisation,
            name: self.name.clone(),
            sections: u32::try_from(self.sections.len()).unwrap_or(u32::MAX),
            seats: u32::try_from(self.seats()).unwrap_or(u32::MAX),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// With one more section.
    ///
    /// # Errors
    /// All mistakes.
    pub fn with(&self, input: &SectionInput, now: Timestamp) -> Result<(Self, Section), Vec<Invalid>> {
        let section = input.added(self, now)?;
        let mut after = Self { updated_at: now, ..self.clone() };
        after.sections.push(section.clone());
        after.sections.sort_by_key(|section| (section.position, section.id));
        Ok((after, section))
    }

    /// Under this name and with these changes of seats. Events that were made of the hall stay as they are.
    ///
    /// # Errors
    /// All mistakes.
    pub fn edited(&self, name: &str, changes: &[SeatChange], now: Timestamp) -> Result<Self, Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        let mut after = Self { name: mistakes.line("name", name, 200), updated_at: now, ..self.clone() };
        change(&mut mistakes, after.sections.iter_mut(), changes);
        mistakes.none_or(after)
    }
}

/// Changes seats where they stand; what is wrong with the list is noted.
pub(crate) fn change<'a>(
    mistakes: &mut Mistakes,
    sections: impl Iterator<Item = &'a mut Section>,
    changes: &[SeatChange],
) {
    if changes.len() > MOST_CHANGES {
        mistakes.add("seats", "too_many", format!("one request changes at most {MOST_CHANGES} seats"));
        return;
    }
    let mut wanted: BTreeMap<SeatId, (usize, &SeatChange)> = BTreeMap::new();
    for (at, change) in changes.iter().enumerate() {
        if wanted.insert(change.seat, (at, change)).is_some() {
            mistakes.add(format!("seats.{at}.id"), "repeated", "this seat is named before");
        }
    }
    let seats = sections.flat_map(|section| section.rows.iter_mut()).flat_map(|row| row.seats.iter_mut());
    for seat in seats {
        if let Some((_, change)) = wanted.remove(&seat.id) {
            seat.accessible = change.accessible.unwrap_or(seat.accessible);
            seat.blocked = change.blocked.unwrap_or(seat.blocked);
            seat.aisle_after = change.aisle_after.unwrap_or(seat.aisle_after);
            seat.price = change.price.unwrap_or(seat.price);
        }
    }
    for (at, _) in wanted.into_values() {
        mistakes.add(format!("seats.{at}.id"), "unknown", "there is no such seat here");
    }
}

#[cfg(test)]
mod tests;

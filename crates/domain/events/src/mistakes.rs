//! Checks of single fields that collect their findings instead of stopping at the first.

use crate::{Location, slug};
use chrono::SubsecRound;
use kernel::{Currency, Invalid, Money, Timestamp, VatError, VatRate};
use std::ops::RangeInclusive;

/// The dearest ticket, in minor units: with the most places an order or a sale can have, no sum leaves an `i64`.
const DEAREST: i64 = 100_000_000;
/// Instants are between these years, so that every store keeps them and every client can read them.
const YEARS: RangeInclusive<i32> = 2000..=2199;

/// An amount as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceInput {
    /// In minor units.
    pub amount: i64,
    /// ISO 4217 code.
    pub currency: String,
}

/// A place as it was sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LocationInput {
    /// Shown to everybody.
    pub area: String,
    /// Shown to few.
    pub address: Option<String>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// From when on ticket holders learn it.
    pub address_visible_from: Option<Timestamp>,
}

/// What was found wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(Vec<Invalid>);

impl Mistakes {
    pub(crate) fn add(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(Invalid::new(field, code, message));
    }

    /// `value` when nothing is wrong.
    pub(crate) fn none_or<T>(self, value: T) -> Result<T, Vec<Invalid>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }

    /// The value, or nothing and the mistake noted.
    pub(crate) fn of<T>(&mut self, result: Result<T, Invalid>) -> Option<T> {
        result.map_err(|mistake| self.0.push(mistake)).ok()
    }

    /// One line of 1 to `longest` characters.
    pub(crate) fn line(&mut self, field: &str, text: &str, longest: usize) -> String {
        if text.trim().is_empty() {
            self.add(field, "required", "this is required");
        }
        self.text(field, text, longest, |letter| letter.is_control())
    }

    /// A slug as it was given, or one made from the title.
    pub(crate) fn slug(&mut self, given: Option<&str>, title: &str) -> String {
        match given {
            Some(slug) if slug::is_valid(slug) => slug.to_owned(),
            Some(_) => {
                self.add("slug", "malformed", "a slug has lower-case letters, digits and single hyphens");
                String::new()
            }
            None => slug::made_from(title, "event"),
        }
    }

    /// Up to `longest` characters on any number of lines.
    pub(crate) fn prose(&mut self, field: &str, text: &str, longest: usize) -> String {
        self.text(field, text, longest, |letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
    }

    fn text(&mut self, field: &str, text: &str, longest: usize, banned: impl Fn(char) -> bool) -> String {
        let text = text.trim();
        if text.chars().count() > longest {
            self.add(field, "too_long", format!("this may have up to {longest} characters"));
        }
        if text.chars().any(banned) {
            self.add(field, "malformed", "this has control characters in it");
        }
        text.to_owned()
    }

    /// A whole number in `range`.
    pub(crate) fn count(&mut self, field: &str, value: i64, range: RangeInclusive<u32>) -> u32 {
        match u32::try_from(value) {
            Ok(value) if range.contains(&value) => value,
            _ => {
                let (least, most) = range.into_inner();
                self.add(field, "out_of_range", format!("this is a number from {least} to {most}"));
                least
            }
        }
    }

    /// Whether an instant lies within what is kept.
    pub(crate) fn is_kept(at: Timestamp) -> bool {
        YEARS.contains(&chrono::Datelike::year(&at))
    }

    /// Whether a ticket may cost so much.
    pub(crate) fn is_affordable(price: Money) -> bool {
        price.minor() <= DEAREST
    }

    /// An instant, cut to what every store keeps.
    pub(crate) fn instant(&mut self, field: &str, at: Timestamp) -> Timestamp {
        if !Self::is_kept(at) {
            self.add(field, "out_of_range", "this is too far away");
        }
        at.trunc_subsecs(6)
    }

    /// A price in `expected`, if that is known.
    pub(crate) fn price(
        &mut self,
        field: &str,
        input: &PriceInput,
        expected: Option<Currency>,
    ) -> Option<Money> {
        let currency: Option<Currency> = input.currency.parse().ok();
        if currency.is_none() {
            self.add(format!("{field}.currency"), "unknown_currency", "this is no known ISO 4217 code");
        } else if expected.is_some() && currency != expected {
            self.add(format!("{field}.currency"), "currency_mismatch", "this is not the event's currency");
        }
        if !(0..=DEAREST).contains(&input.amount) {
            self.add(
                format!("{field}.amount"),
                "out_of_range",
                format!("this is a number from 0 to {DEAREST}"),
            );
            return None;
        }
        Money::new(input.amount, currency?).ok()
    }

    /// A rate of tax in percent.
    pub(crate) fn vat(&mut self, field: &str, text: &str) -> VatRate {
        let (code, message) = match VatRate::from_percent(text.trim()) {
            Ok(rate) => return rate,
            Err(VatError::TooHigh) => ("out_of_range", "this is a number from 0 to 100"),
            Err(VatError::Malformed) => ("malformed", "this is a percentage with at most two decimals"),
        };
        self.add(field, code, message);
        VatRate::ZERO
    }

    /// Up to 20 words to find it by, in lower case, each once.
    pub(crate) fn tags(&mut self, tags: &[String]) -> Vec<String> {
        if tags.len() > 20 {
            self.add("tags", "too_many", "there may be up to 20 tags");
            return Vec::new();
        }
        let mut kept: Vec<String> = Vec::with_capacity(tags.len());
        for (at, tag) in tags.iter().enumerate() {
            let tag = self.line(&format!("tags.{at}"), tag, 40).to_lowercase();
            if !kept.contains(&tag) {
                kept.push(tag);
            }
        }
        kept
    }

    /// A place.
    pub(crate) fn location(&mut self, input: &LocationInput) -> Location {
        let area = self.line("location.area", &input.area, 200);
        let address = input.address.as_deref().map(|text| self.prose("location.address", text, 500));
        if input.latitude.is_some() != input.longitude.is_some() {
            self.add("location", "incomplete", "latitude and longitude come together");
        }
        for (field, value, most) in
            [("location.latitude", input.latitude, 90.0), ("location.longitude", input.longitude, 180.0)]
        {
            // Not a number lies in no range.
            if value.is_some_and(|degrees| !(-most..=most).contains(&degrees)) {
                self.add(field, "out_of_range", format!("this is a number from -{most} to {most}"));
            }
        }
        let from = input.address_visible_from;
        Location {
            area,
            address: address.filter(|text| !text.is_empty()),
            latitude: input.latitude,
            longitude: input.longitude,
            address_visible_from: from.map(|at| self.instant("location.address_visible_from", at)),
        }
    }
}

//! Languages that people are written to in, and how amounts, rates and dates are written in each.

use crate::{Money, VatRate};
use chrono::{Datelike, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A language that mails and documents are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

/// The text names no language that mails and documents are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is neither de nor en")]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    /// Reads a language tag (RFC 5646): what follows the language itself, as in `de-AT`, changes nothing.
    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        let language = tag.split(['-', '_']).next().unwrap_or(tag);
        Self::ALL.into_iter().find(|known| known.tag().eq_ignore_ascii_case(language)).ok_or(UnknownLanguage)
    }
}

impl Language {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its tag: `de`, `en`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// `1.234,50 EUR` or `1,234.50 EUR`, with the currency's own number of decimals.
    #[must_use]
    pub fn money(self, money: Money, negative: bool) -> String {
        let sign = if negative && !money.is_zero() { "-" } else { "" };
        format!("{sign}{} {}", self.number(&money.decimal()), money.currency())
    }

    /// `7,7 %` or `7.7%`.
    #[must_use]
    pub fn rate(self, rate: VatRate) -> String {
        match self {
            Self::English => format!("{}%", rate.percent()),
            Self::German => format!("{} %", self.number(&rate.percent())),
        }
    }

    /// A number with a point before its decimals, as the language writes it.
    fn number(self, decimal: &str) -> String {
        let (thousands, point) = match self {
            Self::English => (',', '.'),
            Self::German => ('.', ','),
        };
        let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
        let mut text = String::with_capacity(decimal.len() * 2);
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                text.push(thousands);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(point);
            text.push_str(fraction);
        }
        text
    }

    /// `1. Juli 2026` or `1 July 2026`.
    #[must_use]
    pub fn date(self, date: NaiveDate) -> String {
        let month = usize::try_from(date.month0()).ok().and_then(|place| self.months().get(place));
        let month = month.copied().unwrap_or_default();
        match self {
            Self::English => format!("{} {month} {}", date.day(), date.year()),
            Self::German => format!("{}. {month} {}", date.day(), date.year()),
        }
    }

    /// The day of the week, the date, the time, and the zone that they are in, by its usual abbreviation.
    #[must_use]
    pub fn moment(self, at: NaiveDateTime, zone: &str) -> String {
        let day = usize::try_from(at.weekday().num_days_from_monday()).ok();
        let day = day.and_then(|day| self.weekdays().get(day)).copied().unwrap_or_default();
        let (date, time) = (self.date(at.date()), at.format("%H:%M"));
        match self {
            Self::English => format!("{day}, {date}, {time} ({zone})"),
            Self::German => format!("{day}, {date}, {time} Uhr ({})", german_zone(zone)),
        }
    }

    const fn weekdays(self) -> &'static [&'static str; 7] {
        match self {
            Self::English => &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
            Self::German => {
                &["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]
            }
        }
    }

    const fn months(self) -> &'static [&'static str; 12] {
        match self {
            Self::English => &[
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
            Self::German => &[
                "Januar",
                "Februar",
                "März",
                "April",
                "Mai",
                "Juni",
                "Juli",
                "August",
                "September",
                "Oktober",
                "November",
                "Dezember",
            ],
        }
    }
}

/// What German calls a zone, where it has a name of its own for it.
fn german_zone(zone: &str) -> &str {
    match zone {
        "CET" => "MEZ",
        "CEST" => "MESZ",
        "EET" => "OEZ",
        "EEST" => "OESZ",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    #[test]
    fn a_tag_is_read_by_its_language_alone() {
        for (tag, language) in
            [("de", Language::German), ("de-AT", Language::German), ("EN_us", Language::English)]
        {
            assert_eq!(tag.parse(), Ok(language));
        }
        for tag in ["", "fr", "deutsch", "*"] {
            assert_eq!(tag.parse::<Language>(), Err(UnknownLanguage));
        }
    }

    #[test]
    fn a_language_is_kept_as_its_tag() {
        for language in Language::ALL {
            let kept = serde_json::to_value(language).unwrap();
            assert_eq!(kept, language.tag());
            assert_eq!(serde_json::from_value::<Language>(kept).unwrap(), language);
        }
    }

    #[test]
    fn amounts_are_written_as_in_the_language_and_the_currency() {
        let money = |minor, currency| Money::new(minor, currency).unwrap();
        let cases = [
            (money(5, Currency::EUR), "0.05 EUR", "0,05 EUR"),
            (money(123_456_789, Currency::EUR), "1,234,567.89 EUR", "1.234.567,89 EUR"),
            (money(100_000, Currency::EUR), "1,000.00 EUR", "1.000,00 EUR"),
            (money(2500, Currency::JPY), "2,500 JPY", "2.500 JPY"),
            (money(1_234_567, Currency::KWD), "1,234.567 KWD", "1.234,567 KWD"),
            (money(0, Currency::JPY), "0 JPY", "0 JPY"),
        ];
        for (amount, english, german) in cases {
            assert_eq!(Language::English.money(amount, false), english);
            assert_eq!(Language::German.money(amount, false), german);
        }
        assert_eq!(Language::German.money(Money::eur(100), true), "-1,00 EUR");
        assert_eq!(Language::German.money(Money::eur(0), true), "0,00 EUR");
    }

    #[test]
    fn rates_and_dates_are_written_as_in_the_language() {
        let rate = VatRate::from_percent("7.7").unwrap();
        assert_eq!(
            (Language::English.rate(rate), Language::German.rate(rate)),
            ("7.7%".into(), "7,7 %".into())
        );
        let at: NaiveDateTime = "2026-03-01T20:05:00".parse().unwrap();
        assert_eq!(Language::English.moment(at, "CET"), "Sunday, 1 March 2026, 20:05 (CET)");
        for (zone, german) in [
            ("CET", "MEZ"),
            ("CEST", "MESZ"),
            ("EET", "OEZ"),
            ("EEST", "OESZ"),
            ("UTC", "UTC"),
            ("+04", "+04"),
        ] {
            let expected = format!("Sonntag, 1. März 2026, 20:05 Uhr ({german})");
            assert_eq!(Language::German.moment(at, zone), expected);
        }
    }
}

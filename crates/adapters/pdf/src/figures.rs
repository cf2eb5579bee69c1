//! Amounts, rates and dates as people of a language write them.

use crate::Language;
use chrono::{Datelike, NaiveDate, NaiveDateTime};
use kernel::{Money, VatRate};

impl Language {
    /// `1.234,50` or `1,234.50`, with the currency's own number of decimals and its code behind.
    pub(crate) fn money(self, money: Money, negative: bool) -> String {
        let sign = if negative && !money.is_zero() { "-" } else { "" };
        format!("{sign}{} {}", self.number(&money.decimal()), money.currency())
    }

    /// `7,7 %` or `7.7%`.
    pub(crate) fn rate(self, rate: VatRate) -> String {
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
    pub(crate) fn date(self, date: NaiveDate) -> String {
        let words = self.words();
        let month = usize::try_from(date.month0()).ok().and_then(|place| words.months.get(place));
        let month = month.copied().unwrap_or_default();
        match self {
            Self::English => format!("{} {month} {}", date.day(), date.year()),
            Self::German => format!("{}. {month} {}", date.day(), date.year()),
        }
    }

    /// The day of the week, the date, the time, and the zone that they are in.
    pub(crate) fn moment(self, at: NaiveDateTime, zone: &str) -> String {
        let words = self.words();
        let day = usize::try_from(at.weekday().num_days_from_monday()).ok();
        let day = day.and_then(|day| words.weekdays.get(day)).copied().unwrap_or_default();
        let (date, time) = (self.date(at.date()), at.format("%H:%M"));
        match self {
            Self::English => format!("{day}, {date}, {time} ({zone})"),
            Self::German => format!("{day}, {date}, {time} Uhr ({zone})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Currency;

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
        assert_eq!(Language::German.moment(at, "MEZ"), "Sonntag, 1. März 2026, 20:05 Uhr (MEZ)");
    }
}

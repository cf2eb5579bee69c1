//! Whom receipts and invoices of an organisation are from.

use crate::mistakes::Mistakes;
use kernel::{Invalid, OrganisationId, Timestamp};
use serde::{Deserialize, Serialize};

/// What stands at the head of an organisation's documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billing {
    /// Whose.
    pub organisation: OrganisationId,
    /// The name that it does business under.
    pub name: String,
    /// The postal address, line by line.
    pub address: String,
    /// The number under which it is known for taxes.
    pub vat_id: Option<String>,
    /// The account that money can be sent to: capital letters and digits alone.
    pub iban: Option<String>,
    /// What the numbers of its documents begin with; may be empty.
    pub number_prefix: String,
    /// Since when.
    pub updated_at: Timestamp,
}

/// The same, as an owner sends it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BillingInput {
    /// One line.
    pub name: String,
    /// One to six lines.
    pub address: String,
    /// May be absent.
    pub vat_id: Option<String>,
    /// May be absent, and be written in groups.
    pub iban: Option<String>,
    /// May be absent.
    pub number_prefix: Option<String>,
}

/// Most lines of an address.
const MOST_LINES: usize = 6;

impl BillingInput {
    /// The details of `organisation` from now on.
    ///
    /// # Errors
    /// All mistakes.
    pub fn of(&self, organisation: OrganisationId, now: Timestamp) -> Result<Billing, Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        let billing = Billing {
            organisation,
            name: mistakes.line("name", &self.name, 200),
            address: address(&mut mistakes, &self.address),
            vat_id: vat_id(&mut mistakes, self.vat_id.as_deref()),
            iban: self.iban.as_deref().and_then(|text| iban(&mut mistakes, text)),
            number_prefix: prefix(&mut mistakes, self.number_prefix.as_deref().unwrap_or("")),
            updated_at: now,
        };
        mistakes.none_or(billing)
    }
}

fn address(mistakes: &mut Mistakes, text: &str) -> String {
    let text = mistakes.prose("address", text, 500);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        mistakes.add("address", "required", "this is required");
    } else if lines.len() > MOST_LINES {
        mistakes.add("address", "too_many", format!("an address has up to {MOST_LINES} lines"));
    }
    lines.join("\n")
}

fn vat_id(mistakes: &mut Mistakes, text: Option<&str>) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    let known = |letter: char| letter.is_ascii_alphanumeric() || " -./+*".contains(letter);
    if text.len() > 30 || !text.chars().all(known) {
        mistakes.add("vat_id", "malformed", "this has up to 30 letters, digits and ` -./+*`");
    }
    Some(text.to_owned())
}

fn prefix(mistakes: &mut Mistakes, text: &str) -> String {
    let text = text.trim();
    let known = |letter: char| letter.is_ascii_alphanumeric() || "-/_.".contains(letter);
    if text.len() > 20 || !text.chars().all(known) {
        mistakes.add("number_prefix", "malformed", "this has up to 20 letters, digits and `-/_.`");
    }
    text.to_owned()
}

/// ISO 13616: the number read as digits, country and check digits last, is one more than a multiple of 97.
fn iban(mistakes: &mut Mistakes, text: &str) -> Option<String> {
    let compact: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    if compact.is_empty() {
        return None;
    }
    let compact = compact.to_ascii_uppercase();
    let remainder = compact.split_at_checked(4).and_then(|(head, rest)| {
        let country = head.bytes().take(2).all(|byte| byte.is_ascii_uppercase());
        let mut digits = rest.chars().chain(head.chars()).map(|letter| letter.to_digit(36));
        let fits = country && (15..=34).contains(&compact.len());
        fits.then(|| digits.try_fold(0, |rest, digit| digit.map(|digit| appended(rest, digit))))?
    });
    if remainder != Some(1) {
        mistakes.add("iban", "malformed", "this is no IBAN; is a digit missing or turned?");
    }
    Some(compact)
}

/// What remains when a letter's value (0 to 35, one or two digits) is written behind a number.
const fn appended(rest: u32, digit: u32) -> u32 {
    (rest * if digit < 10 { 10 } else { 100 } + digit) % 97
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::noon;

    fn input() -> BillingInput {
        BillingInput {
            name: "Łódź Nights sp. z o.o.".into(),
            address: " Piotrkowska 1 \n\n90-001 Łódź\n".into(),
            vat_id: Some("PL 123-456-78-90".into()),
            iban: Some("de89 3704 0044 0532 0130 00".into()),
            number_prefix: Some("RE-".into()),
        }
    }

    fn of(input: &BillingInput) -> Result<Billing, Vec<Invalid>> {
        input.of(OrganisationId::generate(noon()), noon())
    }

    #[test]
    fn details_are_kept_in_one_form() {
        let billing = of(&input()).unwrap();
        assert_eq!(billing.address, "Piotrkowska 1\n90-001 Łódź");
        assert_eq!(billing.iban.as_deref(), Some("DE89370400440532013000"));
        let bare = BillingInput { name: "A".into(), address: "B".into(), ..BillingInput::default() };
        let bare = of(&bare).unwrap();
        assert_eq!((bare.vat_id, bare.iban, bare.number_prefix.as_str()), (None, None, ""));
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        let wrong = BillingInput {
            name: "a\nb".into(),
            address: "1\n2\n3\n4\n5\n6\n7".into(),
            vat_id: Some("DE<1>".into()),
            iban: Some("DE89 3704 0044 0532 0130 01".into()),
            number_prefix: Some("RE 1".into()),
        };
        let found: Vec<_> = of(&wrong).unwrap_err().into_iter().map(|it| (it.field, it.code)).collect();
        let expected = [
            ("name", "malformed"),
            ("address", "too_many"),
            ("vat_id", "malformed"),
            ("iban", "malformed"),
            ("number_prefix", "malformed"),
        ];
        assert_eq!(found, expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn what_is_no_iban_is_refused() {
        for text in
            ["DE", "DE8", "ÄÖ89370400440532013000", "8937040044053201300", "DE89-3704-0044-0532-0130-00"]
        {
            let wrong = BillingInput { iban: Some(text.into()), ..input() };
            assert_eq!(of(&wrong).unwrap_err()[0].field, "iban", "{text}");
        }
        for text in
            ["GB82 WEST 1234 5698 7654 32", "PL61 1090 1014 0000 0712 1981 2874", "NO93 8601 1117 947"]
        {
            assert!(of(&BillingInput { iban: Some(text.into()), ..input() }).is_ok(), "{text}");
        }
    }
}

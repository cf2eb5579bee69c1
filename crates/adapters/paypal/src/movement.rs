//! The transaction search: everything that moved money on the account, with PayPal's fees. It lags hours behind and
//! looks at 31 days at a time.
//!
//! Source: <https://developer.paypal.com/docs/api/transaction-search/v1/>, codes from
//! <https://developer.paypal.com/docs/reports/reference/tcodes/>.

use crate::amount::Amount;
use crate::client::Client;
use crate::failure::{Failure, unreadable};
use booking::{Direction, Listed, Movement, MovementKind, ProviderError};
use chrono::{DateTime, SecondsFormat, TimeDelta};
use kernel::{Money, Timestamp};
use paypal_rs::endpoint::Endpoint;
use reqwest::Method;
use serde::Deserialize;
use std::borrow::Cow;

/// The longest time that one search looks at.
const WINDOW: TimeDelta = TimeDelta::days(31);

/// `GET /v1/reporting/transactions`.
struct Search {
    from: Timestamp,
    /// Included.
    until: Timestamp,
    page: u32,
}

impl Endpoint for Search {
    type Query = ();
    type Body = ();
    type Response = Page;

    fn relative_path(&self) -> Cow<'_, str> {
        let text = |at: Timestamp| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        format!(
            "/v1/reporting/transactions?start_date={}&end_date={}&fields=transaction_info&page_size=100&page={}",
            text(self.from),
            text(self.until),
            self.page
        )
        .into()
    }

    fn method(&self) -> Method {
        Method::GET
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    transaction_details: Vec<Detail>,
    #[serde(default)]
    total_pages: u32,
}

#[derive(Deserialize)]
struct Detail {
    transaction_info: Info,
}

#[derive(Deserialize)]
struct Info {
    transaction_id: String,
    paypal_reference_id: Option<String>,
    paypal_reference_id_type: Option<String>,
    #[serde(default)]
    transaction_event_code: String,
    transaction_initiation_date: Option<String>,
    transaction_amount: Option<Amount>,
    fee_amount: Option<Amount>,
    transaction_status: Option<String>,
    invoice_id: Option<String>,
    custom_field: Option<String>,
}

/// Where a list goes on: the window that is looked at, and the page of it.
struct Cursor {
    from: Timestamp,
    page: u32,
}

impl Cursor {
    fn read(text: &str) -> Option<Self> {
        let (from, page) = text.split_once('.')?;
        Some(Self { from: Timestamp::from_timestamp(from.parse().ok()?, 0)?, page: page.parse().ok()? })
    }

    fn write(&self) -> String {
        format!("{}.{}", self.from.timestamp(), self.page)
    }
}

/// One page of movements. A time longer than PayPal looks at is cut into windows.
pub(crate) async fn list(
    client: &Client,
    from: Timestamp,
    to: Timestamp,
    cursor: Option<&str>,
) -> Result<Listed<Movement>, ProviderError> {
    let at = match cursor {
        Some(text) => Cursor::read(text).ok_or(Failure::Impossible("MALFORMED_CURSOR"))?,
        None => Cursor { from, page: 1 },
    };
    if at.from >= to {
        return Ok(Listed { items: Vec::new(), next: None });
    }
    let end = to.min(at.from + WINDOW);
    // PayPal includes the last second.
    let until = (end - TimeDelta::seconds(1)).max(at.from);
    let page = client.execute(&Search { from: at.from, until, page: at.page }, None).await?;
    let next = if at.page < page.total_pages {
        Some(Cursor { from: at.from, page: at.page + 1 })
    } else {
        (end < to).then_some(Cursor { from: end, page: 1 })
    };
    let read: Result<Vec<_>, _> =
        page.transaction_details.into_iter().map(|one| one.transaction_info.read()).collect();
    Ok(Listed { items: read?.into_iter().flatten().collect(), next: next.map(|next| next.write()) })
}

impl Info {
    /// By the first digits of its code; the rest tells finer than we need.
    fn kind(&self) -> MovementKind {
        match self.transaction_event_code.as_str() {
            "T1107" => MovementKind::Refund,
            // Holds for disputes and their end, reversals, chargebacks and theirs.
            "T1106" | "T1108" | "T1110" | "T1111" | "T1112" | "T1201" | "T1202" => MovementKind::Dispute,
            code if code.starts_with("T00") => MovementKind::Charge,
            code if code.starts_with("T01") => MovementKind::Fee,
            _ => MovementKind::Other,
        }
    }

    /// `None` for what was denied or is pending, and for what others do with the account in a currency that we do not
    /// know.
    ///
    /// # Errors
    /// [`ProviderError::Uncertain`] for a charge, refund or dispute that cannot be read: it must not be passed over.
    fn read(self) -> Result<Option<Movement>, ProviderError> {
        if matches!(self.transaction_status.as_deref(), Some("D" | "P")) {
            return Ok(None);
        }
        let kind = self.kind();
        let at = self.transaction_initiation_date.as_deref().and_then(instant);
        let gross = self.transaction_amount.as_ref().and_then(Amount::signed);
        let Some(((amount, direction), at)) = gross.zip(at) else {
            return match kind {
                MovementKind::Other | MovementKind::Fee => Ok(None),
                _ => Err(unreadable("a movement of no known amount or time")),
            };
        };
        // Payments by us, as others may make from the account, are no charges.
        let paid_out = kind == MovementKind::Charge && direction == Direction::Out;
        let kind = if paid_out { MovementKind::Other } else { kind };
        let none = Money::zero(amount.currency());
        let fee = self.fee_amount.as_ref().and_then(Amount::signed);
        let fee = fee.filter(|(_, way)| *way == Direction::Out).map_or(none, |(fee, _)| fee);
        let linked =
            self.paypal_reference_id.filter(|_| self.paypal_reference_id_type.as_deref() == Some("TXN"));
        let id = self.transaction_id;
        let (charge, about) = match kind {
            MovementKind::Charge => (Some(id.clone()), Some(id.clone())),
            MovementKind::Refund => (linked, Some(id.clone())),
            MovementKind::Dispute | MovementKind::Fee | MovementKind::Other => (linked, None),
        };
        let refund = match kind {
            MovementKind::Refund => {
                self.invoice_id.iter().chain(&self.custom_field).find_map(|text| text.parse().ok())
            }
            MovementKind::Charge | MovementKind::Dispute | MovementKind::Fee | MovementKind::Other => None,
        };
        let (amount, fee) = if kind == MovementKind::Fee { (none, amount) } else { (amount, fee) };
        Ok(Some(Movement { reference: id, kind, direction, amount, fee, charge, about, refund, at }))
    }
}

/// As RFC 3339, or with an offset without its colon, as PayPal's examples have it.
fn instant(text: &str) -> Option<Timestamp> {
    let read =
        DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z"));
    read.ok().map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(change: impl Fn(&mut Value)) -> Result<Option<Movement>, ProviderError> {
        let mut info = json!({
            "transaction_id": "R1", "paypal_reference_id": "C1", "paypal_reference_id_type": "TXN",
            "transaction_event_code": "T1107", "transaction_initiation_date": "2026-06-01T12:00:00+0000",
            "transaction_amount": { "currency_code": "EUR", "value": "-10.00" }, "transaction_status": "S",
        });
        change(&mut info);
        serde_json::from_value::<Info>(info).unwrap().read()
    }

    #[test]
    fn a_refund_names_its_charge_and_what_left() {
        let refund = read(|_| {}).unwrap().unwrap();
        assert_eq!((refund.kind, refund.direction), (MovementKind::Refund, Direction::Out));
        assert_eq!((refund.amount, refund.charge.as_deref()), (Money::eur(1_000), Some("C1")));
        assert_eq!(refund.at.to_rfc3339(), "2026-06-01T12:00:00+00:00");
    }

    #[test]
    fn what_concerns_our_money_must_be_readable() {
        let strange = |info: &mut Value| info["transaction_amount"]["currency_code"] = json!("XXX");
        assert!(read(strange).is_err());
        let of_others = read(|info| {
            strange(info);
            info["transaction_event_code"] = json!("T0400");
        });
        assert_eq!(of_others.unwrap(), None);
        assert_eq!(read(|info| info["transaction_status"] = json!("D")).unwrap(), None);
    }

    #[test]
    fn a_fee_alone_is_a_fee() {
        let fee = read(|info| info["transaction_event_code"] = json!("T0114")).unwrap().unwrap();
        assert_eq!((fee.kind, fee.fee), (MovementKind::Fee, Money::eur(1_000)));
        assert!(fee.amount.is_zero());
    }

    #[test]
    fn a_cursor_survives_text() {
        let cursor = Cursor { from: Timestamp::from_timestamp(1_780_315_200, 0).unwrap(), page: 7 };
        let read = Cursor::read(&cursor.write()).unwrap();
        assert_eq!((read.from, read.page), (cursor.from, 7));
        assert!(Cursor::read("x").is_none());
    }
}

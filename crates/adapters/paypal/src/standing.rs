//! Where an order stands.

use crate::failure::unreadable;
use crate::orders::{Capture, Order};
use booking::{Charge, ProviderError, Standing};

/// Reads an order, its captures before its status: an order is `COMPLETED` also when its capture failed.
///
/// # Errors
/// [`ProviderError::Uncertain`] for an order that contradicts itself.
pub(crate) fn of(order: &Order, live: bool) -> Result<Standing, ProviderError> {
    let captures = || order.purchase_units.iter().flat_map(|unit| &unit.payments.captures);
    let with = |wanted: fn(&str) -> bool| captures().find(move |capture| wanted(&capture.status));
    if let Some(capture) = with(took_money) {
        return charge(capture, live)
            .map(Standing::Paid)
            .ok_or_else(|| unreadable("a capture without its amount"));
    }
    if with(|status| status == "PENDING").is_some() {
        return Ok(Standing::Processing);
    }
    match order.status.as_str() {
        "COMPLETED" if with(|status| matches!(status, "DECLINED" | "FAILED")).is_some() => {
            Ok(Standing::Failed)
        }
        "APPROVED" => Ok(Standing::Approved),
        "VOIDED" => Ok(Standing::Closed),
        _ if order.waits_for_approval() => Ok(Standing::Open),
        _ => Err(unreadable("an order in an unknown state")),
    }
}

/// A capture that was refunded took the money before.
fn took_money(status: &str) -> bool {
    matches!(status, "COMPLETED" | "PARTIALLY_REFUNDED" | "REFUNDED")
}

pub(crate) fn charge(capture: &Capture, live: bool) -> Option<Charge> {
    let amount = capture.amount.as_ref()?.money()?;
    Some(Charge { reference: capture.id.clone(), amount, live })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Money;
    use serde_json::json;

    fn standing(status: &str, captures: &[&str]) -> Result<Standing, ProviderError> {
        let capture = |(number, status): (usize, &&str)| {
            json!({ "id": format!("C{number}"), "status": status,
                "amount": { "currency_code": "EUR", "value": "25.00" } })
        };
        let captures: Vec<_> = captures.iter().enumerate().map(capture).collect();
        let order = json!({ "id": "O1", "status": status, "payer": { "new": true },
            "purchase_units": [{ "payments": { "captures": captures } }] });
        of(&serde_json::from_value(order).unwrap(), true)
    }

    #[test]
    fn statuses_and_captures_tell_where_an_order_stands() {
        let paid = |reference: &str| {
            Standing::Paid(Charge { reference: reference.into(), amount: Money::eur(2_500), live: true })
        };
        for (status, captures, expected) in [
            ("CREATED", &[][..], Standing::Open),
            ("SAVED", &[], Standing::Open),
            ("PAYER_ACTION_REQUIRED", &[], Standing::Open),
            ("APPROVED", &[], Standing::Approved),
            ("APPROVED", &["DECLINED"], Standing::Approved),
            ("VOIDED", &[], Standing::Closed),
            ("COMPLETED", &["COMPLETED"], paid("C0")),
            ("COMPLETED", &["PARTIALLY_REFUNDED"], paid("C0")),
            ("COMPLETED", &["REFUNDED"], paid("C0")),
            ("COMPLETED", &["DECLINED", "COMPLETED"], paid("C1")),
            ("COMPLETED", &["DECLINED", "PENDING"], Standing::Processing),
            ("COMPLETED", &["DECLINED"], Standing::Failed),
            ("COMPLETED", &["FAILED"], Standing::Failed),
        ] {
            assert_eq!(standing(status, captures).unwrap(), expected, "{status} {captures:?}");
        }
    }

    #[test]
    fn what_is_not_documented_is_uncertain() {
        for (status, captures) in [("COMPLETED", &[][..]), ("NEW_STATUS", &[]), ("COMPLETED", &["NEW"])] {
            assert!(
                matches!(standing(status, captures), Err(ProviderError::Uncertain(_))),
                "{status} {captures:?}"
            );
        }
    }

    #[test]
    fn an_order_without_units_is_read_by_its_status() {
        let order = serde_json::from_value(json!({ "id": "O1", "status": "APPROVED" })).unwrap();
        assert_eq!(of(&order, false).unwrap(), Standing::Approved);
    }
}

//! Refusals of the use cases around vouchers.

use super::Problem;
use booking::WhyNot;
use booking::use_cases::{MOST_VOUCHERS, VoucherError};
use kernel::Invalid;

impl From<VoucherError> for Problem {
    fn from(error: VoucherError) -> Self {
        match error {
            VoucherError::Unknown => Self::not_found(),
            VoucherError::Cancelled => Self::conflict("wrong_status", "The event was cancelled."),
            VoucherError::Revoked => Self::conflict("voucher_revoked", "The voucher was taken back."),
            VoucherError::Invalid(errors) => Self::invalid(errors),
            VoucherError::CodeTaken => {
                Self::conflict("code_taken", "Another voucher of the event has this code.")
            }
            VoucherError::NoPlaces { left } => {
                let errors = vec![Invalid::new("reserves.quantity", "sold_out", format!("{left} are left"))];
                Self::conflict("sold_out", "There are not enough places left to keep.").with_errors(errors)
            }
            VoucherError::TooMany => Self::unprocessable(
                "too_many_vouchers",
                format!("An event has at most {MOST_VOUCHERS} vouchers."),
            ),
            VoucherError::Store(error) => error.into(),
        }
    }
}

impl From<WhyNot> for Problem {
    fn from(why: WhyNot) -> Self {
        let detail = match why {
            WhyNot::Invalid => "This voucher is not valid here.",
            WhyNot::Spent => "What this voucher gives does not last for this order.",
        };
        Self::unprocessable("voucher_invalid", detail)
    }
}

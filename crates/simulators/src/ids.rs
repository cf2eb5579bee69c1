//! Names in the providers' shapes.

use uuid::Uuid;

/// Letters and digits.
const MIXED: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// What PayPal makes its ids of.
const CAPITALS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// PayPal's account ids know no `0`, `1`, `I` and `O`.
const CLEAR: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// `prefix_` and 24 characters, as Stripe names things: `pi_3Mt...`.
pub(crate) fn stripe(prefix: &str) -> String {
    format!("{prefix}_{}", random(24, MIXED))
}

/// A Checkout Session's id: `cs_test_a1...`.
pub(crate) fn stripe_session() -> String {
    format!("cs_test_a1{}", random(56, MIXED))
}

/// 17 capital letters and digits, as PayPal names orders, captures and refunds.
pub(crate) fn paypal() -> String {
    random(17, CAPITALS)
}

/// 13 characters that cannot be misread, as PayPal names accounts.
pub(crate) fn paypal_account() -> String {
    random(13, CLEAR)
}

/// A notice's id at PayPal: `WH-...-...`.
pub(crate) fn paypal_notice() -> String {
    format!("WH-{}-{}", random(17, CAPITALS), random(17, CAPITALS))
}

/// A dispute's id at PayPal: `PP-R-...`.
pub(crate) fn paypal_dispute() -> String {
    format!("PP-R-{}-{}", random(3, CAPITALS), random(8, b"0123456789"))
}

/// 13 hexadecimal digits, by which PayPal's support finds a call.
pub(crate) fn debug_id() -> String {
    random(13, b"0123456789abcdef")
}

fn random(length: usize, alphabet: &[u8]) -> String {
    let bytes = std::iter::repeat_with(Uuid::new_v4).flat_map(|uuid| {
        // Bytes 6 and 8 hold the version and the variant: they are not random.
        let bytes = uuid.into_bytes();
        bytes.into_iter().enumerate().filter(|(index, _)| ![6, 8].contains(index)).map(|(_, byte)| byte)
    });
    bytes
        .filter_map(|byte| alphabet.get(usize::from(byte) % alphabet.len()))
        .take(length)
        .map(|byte| char::from(*byte))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_providers_shapes_and_do_not_repeat() {
        assert_eq!(stripe("pi").len(), 27);
        assert!(stripe_session().starts_with("cs_test_a1"));
        assert_eq!(paypal().len(), 17);
        assert!(paypal_account().bytes().all(|byte| CLEAR.contains(&byte)));
        assert_ne!(paypal(), paypal());
    }
}

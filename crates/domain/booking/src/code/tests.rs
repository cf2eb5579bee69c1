use super::*;
use crate::Booking;
use crate::samples::{by, held, noon, offer, sale, terms};
use proptest::prelude::*;

fn ticket() -> Ticket {
    let mut sale = sale(vec![offer(10, 0)]);
    let hold = held(&mut sale, 1);
    let booking = Booking::confirm(&hold, &by(&hold, None), &mut sale, terms(), noon()).unwrap();
    Ticket::issue(&booking, noon()).remove(0)
}

#[test]
fn a_code_reads_back_in_either_case() {
    let (signer, ticket) = (CodeSigner::new(&[1; 32]), ticket());
    let code = signer.code(&ticket);
    let expected = TicketCode { event: ticket.event, ticket: ticket.id, version: ticket.version };
    assert_eq!(signer.read(&code), Ok(expected));
    assert_eq!(signer.read(&format!(" {}\n", code.to_lowercase())), Ok(expected));
    assert!(
        code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()),
        "QR alphanumeric mode"
    );
}

#[test]
fn codes_of_other_keys_and_versions_differ() {
    let (signer, ticket) = (CodeSigner::new(&[1; 32]), ticket());
    assert_eq!(CodeSigner::new(&[2; 32]).read(&signer.code(&ticket)), Err(CodeError));
    let again = Ticket { version: 2, ..ticket.clone() };
    assert_ne!(signer.code(&again), signer.code(&ticket));
}

#[test]
fn the_signature_is_plain_ed25519_over_the_documented_bytes() {
    let (signer, ticket) = (CodeSigner::new(&[1; 32]), ticket());
    let bytes = BASE32_NOPAD.decode(signer.code(&ticket).as_bytes()).unwrap();
    assert_eq!((bytes.len(), bytes[0]), (101, 1));
    assert_eq!(&bytes[1..17], ticket.event.as_uuid().as_bytes());
    assert_eq!(&bytes[17..33], ticket.id.as_uuid().as_bytes());
    assert_eq!(&bytes[33..37], [0, 0, 0, 1]);
    let key = VerifyingKey::from_bytes(&signer.public_key()).unwrap();
    assert!(key.verify_strict(&bytes[..37], &Signature::from_slice(&bytes[37..]).unwrap()).is_ok());
}

proptest! {
    #[test]
    fn what_was_not_signed_here_is_refused(text in ".{0,200}") {
        prop_assert_eq!(CodeSigner::new(&[1; 32]).read(&text), Err(CodeError));
    }

    #[test]
    fn one_changed_letter_makes_it_worthless(at in 0..161usize, letter in 0..32u8) {
        let (signer, ticket) = (CodeSigner::new(&[1; 32]), ticket());
        let mut code = signer.code(&ticket).into_bytes();
        let new = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::from(letter)];
        prop_assume!(code[at] != new);
        code[at] = new;
        // The last letter carries spare bits; base32 refuses any that are not zero.
        prop_assert_eq!(signer.read(std::str::from_utf8(&code).unwrap()), Err(CodeError));
    }
}

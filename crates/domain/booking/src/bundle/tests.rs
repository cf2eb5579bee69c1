use super::*;
use crate::samples::{by, held, noon, offer, sale, terms};
use crate::{Attendee, Booking, Seat};
use ed25519_dalek::{Signature, VerifyingKey};
use kernel::SeatId;
use serde_json::Value;

const SIGNER: [u8; 32] = [7; 32];

fn hall(places: u32) -> (Gate, Facts, Vec<Ticket>) {
    let mut sale = sale(vec![offer(places, 0)]);
    let hold = held(&mut sale, places);
    let booking = Booking::confirm(&hold, &by(&hold, None), &mut sale, terms(), noon()).unwrap();
    let mut tickets = Ticket::issue(&booking, noon());
    tickets[0].attendee = Some(Attendee {
        first_name: "Ada".into(),
        last_name: "Byron".into(),
        email: Some("ada@example.org".into()),
    });
    let types = [(sale.offers[0].ticket_type, "Regular".to_owned())].into();
    (Gate::of(&sale), Facts { title: "Night".into(), types }, tickets)
}

fn list(gate: &Gate, facts: &Facts, tickets: &[Ticket]) -> (Sealed, Bundle, Value) {
    let signer = CodeSigner::new(&SIGNER);
    let sealed = Bundle::seal(&signer, gate, facts, tickets);
    let bundle = Bundle::sign(&signer, &sealed, noon());
    let payload = serde_json::from_str(&bundle.payload).unwrap();
    (sealed, bundle, payload)
}

/// Opens an entry as a scanner does: with nothing but the code.
fn opened(code: &str, payload: &Value) -> Option<Value> {
    let bytes = BASE32_NOPAD.decode(code.as_bytes()).unwrap();
    let (said, signature) = bytes.split_at(37);
    let mut derived = [0; 48];
    Hkdf::<Sha256>::new(Some(said), signature).expand(b"synesthesie/door/1", &mut derived).unwrap();
    let sealed = payload["tickets"].get(BASE64URL_NOPAD.encode(&derived[..16]))?.as_str().unwrap();
    let sealed = BASE64URL_NOPAD.decode(sealed.as_bytes()).unwrap();
    let cipher = Aes256Gcm::new_from_slice(&derived[16..]).unwrap();
    let nonce: [u8; 12] = sealed[..12].try_into().unwrap();
    let told =
        cipher.decrypt(&Nonce::from(nonce), Payload { msg: &sealed[12..], aad: &derived[..16] }).unwrap();
    assert_eq!(told.len() % 64, 0, "the length tells little");
    Some(serde_json::from_slice(&told).unwrap())
}

#[test]
fn a_code_opens_its_own_ticket_and_no_other() {
    let (gate, facts, mut tickets) = hall(3);
    tickets[1].enter(true, gate.opens_at);
    tickets[0].seat = Some(Seat { id: SeatId::generate(noon()), label: "Stalls A-12".into() });
    let signer = CodeSigner::new(&SIGNER);
    let inside_of = |ticket: &Ticket, payload: &Value| opened(&signer.code(ticket), payload).unwrap();
    let (sealed, _, payload) = list(&gate, &facts, &tickets);
    assert_eq!((sealed.tickets, payload["tickets"].as_object().unwrap().len()), (3, 3));
    let told = opened(&signer.code(&tickets[0]), &payload).unwrap();
    assert_eq!((&told["name"], &told["inside"], &told["type"]), (&"Ada Byron".into(), &0.into(), &0.into()));
    assert_eq!(told["id"], tickets[0].id.to_string());
    assert_eq!(
        (&told["seat"], &inside_of(&tickets[2], &payload)["seat"]),
        (&"Stalls A-12".into(), &Value::Null)
    );
    assert!(told["checked_in_at"].is_null());
    let inside = opened(&signer.code(&tickets[1]), &payload).unwrap();
    assert_eq!((&inside["inside"], inside["checked_in_at"].is_string()), (&1.into(), true));
    assert_eq!(opened(&CodeSigner::new(&[8; 32]).code(&tickets[0]), &payload), None);
}

#[test]
fn a_list_alone_reveals_nobody() {
    let (gate, facts, tickets) = hall(3);
    let (_, bundle, payload) = list(&gate, &facts, &tickets);
    let text = serde_json::to_string(&bundle).unwrap();
    for secret in
        ["Ada", "Byron", "ada@example.org", &tickets[0].id.to_string(), &tickets[0].holder.to_string()]
    {
        assert!(!text.contains(secret), "{secret}");
    }
    // Nor does its order: ids tell who bought first.
    let found: Vec<_> = payload["tickets"].as_object().unwrap().keys().cloned().collect();
    let mut sorted = found.clone();
    sorted.sort_unstable();
    assert_eq!(found, sorted);
}

#[test]
fn dead_codes_are_named_and_open_nothing() {
    let (gate, facts, mut tickets) = hall(3);
    let signer = CodeSigner::new(&SIGNER);
    let old = signer.code(&tickets[0]);
    tickets[0].version = 3;
    tickets[1].status = TicketStatus::Cancelled;
    let (_, _, payload) = list(&gate, &facts, &tickets);
    let revoked = payload["revoked"].as_array().unwrap();
    assert_eq!((revoked.len(), payload["tickets"].as_object().unwrap().len()), (3, 2));
    for dead in [&old, &signer.code(&tickets[1])] {
        assert_eq!(opened(dead, &payload), None);
    }
    let name = |version| Secrets::of(&signer, tickets[0].event, tickets[0].id, version).found_under;
    assert!([1, 2].iter().all(|version| revoked.contains(&name(*version).into())));
    assert!(opened(&signer.code(&tickets[0]), &payload).is_some());
}

#[test]
fn it_is_signed_as_it_stands_and_not_as_a_code() {
    let (gate, facts, tickets) = hall(2);
    let (_, bundle, payload) = list(&gate, &facts, &tickets);
    let key = VerifyingKey::from_bytes(&CodeSigner::new(&SIGNER).public_key()).unwrap();
    assert_eq!(payload["public_key"], BASE64URL_NOPAD.encode(key.as_bytes()));
    let signature = BASE64URL_NOPAD.decode(bundle.signature.as_bytes()).unwrap();
    let signature = Signature::from_slice(&signature).unwrap();
    let signed = format!("{SIGNED_AS}\n{}", bundle.payload);
    assert!(key.verify_strict(signed.as_bytes(), &signature).is_ok());
    assert!(key.verify_strict(bundle.payload.as_bytes(), &signature).is_err());
}

#[test]
fn a_list_in_which_nothing_changed_is_named_as_before() {
    let (gate, facts, mut tickets) = hall(3);
    let signer = CodeSigner::new(&SIGNER);
    let (first, bundle, _) = list(&gate, &facts, &tickets);
    tickets.reverse();
    assert_eq!(list(&gate, &facts, &tickets).0, first);
    let later = Bundle::sign(&signer, &first, noon() + chrono::TimeDelta::hours(1));
    assert_ne!(later.payload, bundle.payload, "it says when it was made");
    tickets[0].enter(true, gate.opens_at);
    let (changed, _, payload) = list(&gate, &facts, &tickets);
    assert_ne!(changed.etag, first.etag);
    // Other facts under the same key have another nonce.
    let name = Secrets::of(&signer, tickets[0].event, tickets[0].id, 1).found_under;
    let nonce = |sealed: &str| BASE64URL_NOPAD.decode(sealed.as_bytes()).unwrap()[..12].to_vec();
    assert_ne!(nonce(&first.parts.tickets[&name]), nonce(payload["tickets"][&name].as_str().unwrap()));
}

#[test]
fn a_receipt_is_read_and_opens_neither_list_nor_door() {
    let (gate, facts, tickets) = hall(2);
    let signer = CodeSigner::new(&SIGNER);
    let (_, _, payload) = list(&gate, &facts, &tickets);
    let code = BASE32_NOPAD.decode(signer.code(&tickets[0]).as_bytes()).unwrap();
    let secrets = Secrets::of(&signer, tickets[0].event, tickets[0].id, 1);
    let receipt = BASE32_NOPAD.encode(&[&code[..37], &secrets.lookup].concat());
    let expected = TicketCode { event: tickets[0].event, ticket: tickets[0].id, version: 1 };
    assert_eq!(read_receipt(&signer, &receipt), Some(expected));
    assert!(signer.read(&receipt).is_err());
    let kept = BASE32_NOPAD.decode(receipt.as_bytes()).unwrap();
    let mut guessed = [0; 48];
    // All that a scanner keeps, in place of the signature that it does not keep.
    Hkdf::<Sha256>::new(Some(&kept[..37]), &kept[37..]).expand(b"synesthesie/door/1", &mut guessed).unwrap();
    assert!(payload["tickets"].get(BASE64URL_NOPAD.encode(&guessed[..16])).is_none());
    assert_ne!(guessed[16..], secrets.key);
    // With another ticket's name, a changed letter or another signer it is none.
    let other = BASE32_NOPAD.decode(signer.code(&tickets[1]).as_bytes()).unwrap();
    let swapped = BASE32_NOPAD.encode(&[&other[..37], secrets.lookup.as_slice()].concat());
    for text in [swapped.as_str(), &receipt[1..], "", &receipt.replace('A', "B"), &signer.code(&tickets[0])] {
        assert_eq!(read_receipt(&signer, text), None, "{text}");
    }
    assert_eq!(read_receipt(&CodeSigner::new(&[8; 32]), &receipt), None);
}

#[test]
fn a_list_of_twenty_thousand_fits_into_a_telephone() {
    let (gate, facts, tickets) = hall(1);
    let tickets: Vec<_> =
        (0..20_000).map(|_| Ticket { id: TicketId::generate(noon()), ..tickets[0].clone() }).collect();
    let (sealed, bundle, _) = list(&gate, &facts, &tickets);
    let bytes = serde_json::to_vec(&bundle).unwrap().len();
    assert_eq!(sealed.tickets, 20_000);
    assert!(bytes < 8 * 1024 * 1024, "{bytes} bytes");
    assert!(bytes > 20_000 * 200, "{bytes} bytes: something is missing");
}

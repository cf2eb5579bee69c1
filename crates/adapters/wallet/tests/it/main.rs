//! What wallets take: opened and checked with programs that are not ours.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on shall stop")]

use adapter_wallet::{AppleSettings, GoogleSettings, Pass, Wallet, WalletError};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use kernel::Timestamp;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::{TempDir, tempdir};
use testkit::certificates::{Chain, PASS_TYPE, TEAM};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn pass() -> Pass {
    let there = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap();
    Pass {
        serial: "01977e5c-6f2a-7c3e-9d5b-1f0a2b3c4d5e-1".into(),
        event: "01977e5c-6f2a-7c3e-9d5b-000000000000".into(),
        title: "Nacht der Töne \"laut\"".into(),
        organiser: "House & Hof".into(),
        place: "Neukölln".into(),
        doors: Some(there("2026-12-05T21:00:00.238+01:00")),
        begins: there("2026-12-05T22:00:00+01:00"),
        ends: there("2026-12-06T06:00:00+01:00"),
        expires: at("2026-12-06T11:00:00Z"),
        kind: "Regular".into(),
        seat: Some("Stalls A-12".into()),
        guest: Some("Ada Byron".into()),
        reference: Some("7K3M-2QFX-9RTD".into()),
        code: "AEAZO7S4N4VHYPU5LMPQUKZ4JVPACGLX".into(),
    }
}

fn apple(chain: &Chain) -> AppleSettings {
    AppleSettings {
        certificate: chain.text("own.pem"),
        key: chain.text("own.key"),
        wwdr: chain.text("above.pem"),
        pass_type: PASS_TYPE.into(),
        team: TEAM.into(),
    }
}

/// What is in a pass file, as `unzip` finds it.
fn unpacked(bytes: &[u8]) -> TempDir {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("ticket.pkpass"), bytes).unwrap();
    let script = "import sys, zipfile; z = zipfile.ZipFile('ticket.pkpass'); bad = z.testzip(); \
                  z.extractall('in'); sys.exit(0 if bad is None else 1)";
    let output =
        Command::new("python3").args(["-I", "-c", script]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_pass_file_is_signed_and_lists_the_digests_of_all_that_is_in_it() {
    let folder = tempdir().unwrap();
    let chain = Chain::made_in(folder.path());
    let wallet = Wallet::new(Some(&apple(&chain)), None).unwrap();
    let file = wallet.file(&pass(), at("2026-12-01T12:00:00Z")).unwrap();
    assert!(file.signed);
    let inside = unpacked(&file.bytes);
    let inside = inside.path().join("in");

    let manifest = json(&inside.join("manifest.json"));
    let listed: BTreeSet<_> = manifest.as_object().unwrap().keys().cloned().collect();
    let mut there: BTreeSet<_> =
        fs::read_dir(&inside).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    assert!(there.remove("manifest.json") && there.remove("signature"));
    assert_eq!(listed, there);
    assert!(["pass.json", "icon.png", "icon@2x.png"].iter().all(|name| there.contains(*name)));
    for name in &there {
        let content = fs::read(inside.join(name)).unwrap();
        let found = HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &content).as_ref());
        assert_eq!(manifest[name], found, "{name}");
        assert!(!name.ends_with(".png") || content.starts_with(b"\x89PNG\r\n\x1a\n"));
    }

    let place = |name: &str| inside.join(name).to_str().unwrap().to_owned();
    let (signature, content) = (place("signature"), place("manifest.json"));
    let verify = [
        "smime",
        "-verify",
        "-inform",
        "DER",
        "-in",
        &signature,
        "-content",
        &content,
        "-CAfile",
        "above.pem",
        "-purpose",
        "any",
    ];
    let (good, said) = chain.ask(&verify);
    assert!(good, "{said}");
    let (_, said) = chain.ask(&["cms", "-cmsout", "-print", "-inform", "DER", "-in", &signature]);
    assert!(said.contains("signingTime") && said.contains("sha256"), "{said}");
    fs::write(&content, b"{}").unwrap();
    assert!(!chain.ask(&verify).0, "another manifest is not what was signed");
}

#[test]
fn a_pass_says_what_the_ticket_says() {
    let folder = tempdir().unwrap();
    let chain = Chain::made_in(folder.path());
    let wallet = Wallet::new(Some(&apple(&chain)), None).unwrap();
    let file = wallet.file(&pass(), at("2026-12-01T12:00:00Z")).unwrap();
    let told = json(&unpacked(&file.bytes).path().join("in/pass.json"));
    assert_eq!(told["formatVersion"], 1);
    assert_eq!(told["passTypeIdentifier"], "pass.org.example.tickets");
    assert_eq!(told["teamIdentifier"], "A1B2C3D4E5");
    assert_eq!(told["serialNumber"], pass().serial);
    assert_eq!(told["barcodes"][0]["format"], "PKBarcodeFormatQR");
    assert_eq!(told["barcodes"][0]["message"], pass().code);
    assert_eq!(told["relevantDate"], "2026-12-05T21:00:00+01:00");
    assert_eq!(told["expirationDate"], "2026-12-06T11:00:00+00:00");
    assert_eq!(told["voided"], false);
    assert_eq!(told["eventTicket"]["primaryFields"][0]["value"], "Nacht der Töne \"laut\"");
    assert!(told.get("locations").is_none(), "no exact place");
    let late = wallet.file(&pass(), at("2026-12-06T11:00:00Z")).unwrap();
    assert_eq!(json(&unpacked(&late.bytes).path().join("in/pass.json"))["voided"], true);
}

#[test]
fn a_seat_is_shown_and_a_reference_only_where_there_is_one() {
    let folder = tempdir().unwrap();
    let chain = Chain::made_in(folder.path());
    let google =
        GoogleSettings { issuer: "33".into(), email: "a@example.org".into(), key: chain.text("own.key") };
    let wallet = Wallet::new(None, Some(&google)).unwrap();
    let now = at("2026-12-01T12:00:00Z");
    let shown = |pass: &Pass| {
        let file = unpacked(&wallet.file(pass, now).unwrap().bytes);
        let link = wallet.link(pass, now).unwrap().unwrap();
        let claims = link.rsplit('.').nth(1).unwrap().to_owned();
        let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap();
        (json(&file.path().join("in/pass.json")), serde_json::from_slice::<Value>(&claims).unwrap())
    };
    let (apple, google) = shown(&pass());
    let fields = apple["eventTicket"]["auxiliaryFields"].as_array().unwrap().clone();
    assert!(fields.iter().any(|field| field["key"] == "seat" && field["value"] == "Stalls A-12"));
    assert_eq!(apple["barcodes"][0]["altText"], "7K3M-2QFX-9RTD");
    let object = &google["payload"]["eventTicketObjects"][0];
    assert_eq!(object["seatInfo"]["seat"]["defaultValue"]["value"], "Stalls A-12");
    assert_eq!(object["ticketNumber"], "7K3M-2QFX-9RTD");
    assert_eq!(object["barcode"]["alternateText"], "7K3M-2QFX-9RTD");
    let given = Pass { seat: None, reference: None, ..pass() };
    let (apple, google) = shown(&given);
    for text in [apple.to_string(), google.to_string()] {
        assert!(!text.contains("7K3M-2QFX-9RTD") && !text.contains("seat"), "{text}");
        assert!(text.contains(&given.code));
    }
}

#[test]
fn without_a_certificate_a_file_is_made_and_not_signed() {
    let wallet = Wallet::new(None, None).unwrap();
    assert_eq!(wallet.ready(), (false, false));
    let file = wallet.file(&pass(), at("2026-12-01T12:00:00Z")).unwrap();
    assert!(!file.signed);
    let inside = unpacked(&file.bytes);
    assert!(inside.path().join("in/pass.json").exists() && !inside.path().join("in/signature").exists());
    assert!(wallet.link(&pass(), at("2026-12-01T12:00:00Z")).unwrap().is_none());
}

#[test]
fn keys_that_do_not_belong_together_are_refused_without_being_shown() {
    let (one, other) = (tempdir().unwrap(), tempdir().unwrap());
    let (one, other) = (Chain::made_in(one.path()), Chain::made_in(other.path()));
    let good = apple(&one);
    let faults = [
        ("apple_key", AppleSettings { key: other.text("own.key"), ..good.clone() }),
        ("apple_key", AppleSettings { key: "hunter2".into(), ..good.clone() }),
        ("apple_key", AppleSettings { key: one.text("own.pem"), ..good.clone() }),
        ("apple_certificate", AppleSettings { certificate: "hunter2".into(), ..good.clone() }),
        ("apple_wwdr", AppleSettings { wwdr: one.text("own.pem"), ..good.clone() }),
        ("apple_pass_type", AppleSettings { pass_type: "pass.org.example".into(), ..good.clone() }),
        ("apple_team", AppleSettings { team: "Z1B2C3D4E5".into(), ..good.clone() }),
    ];
    for (place, fault) in faults {
        match Wallet::new(Some(&fault), None).map(|_| ()) {
            Err(WalletError::Settings { what, why }) => {
                assert_eq!(what, place);
                assert!(!why.contains("hunter2"), "{why}");
            }
            found => panic!("{place}: {found:?}"),
        }
    }
    let google = GoogleSettings { issuer: "1".into(), email: "a@example.org".into(), key: "hunter2".into() };
    assert!(matches!(Wallet::new(None, Some(&google)), Err(WalletError::Settings { .. })));
}

#[test]
fn a_link_for_google_holds_the_ticket_signed_by_the_service_account() {
    let folder = tempdir().unwrap();
    let chain = Chain::made_in(folder.path());
    let google = GoogleSettings {
        issuer: "3388000000022".into(),
        email: "passes@example.iam.gserviceaccount.com".into(),
        key: chain.text("own.key"),
    };
    let wallet = Wallet::new(None, Some(&google)).unwrap();
    let link = wallet.link(&pass(), at("2026-12-01T12:00:00Z")).unwrap().unwrap();
    let token = link.strip_prefix("https://pay.google.com/gp/v/save/").unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let part = |text: &str| -> Value {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()).unwrap()
    };
    assert_eq!(part(header)["alg"], "RS256");
    let claims = part(claims);
    assert_eq!(claims["iss"], google.email);
    assert_eq!((&claims["aud"], &claims["typ"]), (&"google".into(), &"savetowallet".into()));
    let (class, object) =
        (&claims["payload"]["eventTicketClasses"][0], &claims["payload"]["eventTicketObjects"][0]);
    assert_eq!(object["classId"], class["id"]);
    assert!(class["id"].as_str().unwrap().starts_with("3388000000022."));
    assert_eq!(object["barcode"]["value"], pass().code);
    assert_eq!(object["ticketHolderName"], "Ada Byron");
    assert_eq!(class["dateTime"]["start"], "2026-12-05T22:00:00+01:00");

    fs::write(folder.path().join("message"), message).unwrap();
    fs::write(folder.path().join("signature"), BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap())
        .unwrap();
    let verify = ["dgst", "-sha256", "-verify", "own.pub", "-signature", "signature", "message"];
    assert!(chain.ask(&verify).0);
    fs::write(folder.path().join("message"), format!("{message}x")).unwrap();
    assert!(!chain.ask(&verify).0);
}

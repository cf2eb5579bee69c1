//! What is signed here is found to be good by a program that is not ours.

use crate::{FROM, mailer};
use adapter_smtp::{Dkim, DnsRecord, UnusableDkim, sender_domain};
use kernel::{Attachment, Mail, Mailer};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use testkit::mailer::letter;
use testkit::servers::{SmtpOptions, SmtpSink};

/// Runs OpenSSL in a folder; what it says.
fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn made(folder: &Path, kind: &[&str]) -> String {
    openssl(folder, &[&["genpkey"][..], kind].concat())
}

const RSA: [&str; 4] = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const ED25519: [&str; 2] = ["-algorithm", "ed25519"];

fn signer(pem: &str) -> Arc<Dkim> {
    Arc::new(Dkim::new(pem, "summer", &sender_domain(FROM).unwrap()).unwrap())
}

/// What a server makes of mails that are signed so, when DNS says this.
async fn verdicts(signer: Arc<Dkim>, DnsRecord { name, text }: DnsRecord) -> Vec<Option<bool>> {
    let options = SmtpOptions { dkim_record: Some((name, text)), ..SmtpOptions::default() };
    let sink = SmtpSink::start(&options).unwrap();
    let mailer = mailer(&sink.url()).signing(Some(signer));
    for mail in mails() {
        mailer.send(&mail).await.unwrap();
    }
    sink.messages().unwrap().iter().map(|mail| mail.signed).collect()
}

/// Plain, with everything that a body can trip over, and with files.
fn mails() -> [Mail; 3] {
    let text = "Grüße\n.\n..\n \t two  blanks and one at the end \n\n\n-- \nThe house\n\n \n";
    let mut whole = letter("guest@house.example");
    whole.subject =
        "Füße & Öl: so long that it does not fit into one line, as subjects in real life do".into();
    whole.html = Some("<p>Grüße</p>".into());
    whole.attachments.push(Attachment {
        filename: "tickets.pdf".into(),
        content_type: "application/pdf".into(),
        content_id: None,
        bytes: (0..=255).cycle().take(100_000).collect(),
    });
    [letter("guest@house.example"), Mail { text: text.into(), ..letter("guest@house.example") }, whole]
}

#[tokio::test]
async fn signatures_are_good_by_what_is_to_be_published() {
    let folder = tempfile::tempdir().unwrap();
    for kind in [&RSA[..], &ED25519[..]] {
        let signer = signer(&made(folder.path(), kind));
        let record = signer.record();
        assert_eq!(record.name, "summer._domainkey.house.example");
        assert_eq!(verdicts(signer, record).await, [Some(true); 3], "{kind:?}");
    }
}

#[tokio::test]
async fn signatures_by_another_key_are_not_good() {
    let folder = tempfile::tempdir().unwrap();
    let [own, other] = [(); 2].map(|()| signer(&made(folder.path(), &ED25519)));
    assert_eq!(verdicts(own, other.record()).await, [Some(false); 3]);
}

#[tokio::test]
async fn without_a_key_nothing_is_signed() {
    let sink = SmtpSink::start(&SmtpOptions::default()).unwrap();
    mailer(&sink.url()).signing(None).send(&letter("guest@house.example")).await.unwrap();
    let mail = sink.messages().unwrap().remove(0);
    assert_eq!((mail.header("DKIM-Signature"), mail.signed), (None, None));
}

#[test]
fn what_is_published_is_what_openssl_says_in_either_form_of_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let pem = made(folder.path(), &RSA);
    std::fs::write(folder.path().join("own.key"), &pem).unwrap();
    let public = openssl(folder.path(), &["pkey", "-in", "own.key", "-pubout"]);
    let public: String = public.lines().filter(|line| !line.starts_with('-')).collect();
    let record = signer(&pem).record();
    assert_eq!(record.text, format!("v=DKIM1; k=rsa; p={public}"));
    let old = openssl(folder.path(), &["pkey", "-in", "own.key", "-traditional"]);
    assert!(old.contains("BEGIN RSA PRIVATE KEY"), "{old}");
    assert_eq!(signer(&old).record(), record);
}

#[test]
fn a_key_that_is_too_short_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let pem = made(folder.path(), &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]);
    let refused = Dkim::new(&pem, "summer", "house.example").unwrap_err();
    assert!(matches!(refused, UnusableDkim::Key(_)), "{refused}");
}

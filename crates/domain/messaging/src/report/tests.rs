use super::*;
use proptest::prelude::*;

const POSTFIX: &str = include_str!("samples/postfix.eml");
const EXIM: &str = include_str!("samples/exim.eml");
const EXCHANGE: &str = include_str!("samples/exchange.eml");
const DELAYED: &str = include_str!("samples/delayed.eml");
const COMPLAINT: &str = include_str!("samples/complaint.eml");

const ALL: [&str; 5] = [POSTFIX, EXIM, EXCHANGE, DELAYED, COMPLAINT];

fn letter() -> EffectId {
    "01977e5c-6f2a-7c3e-9d5b-1f0a2b3c4d5e".parse().unwrap()
}

fn read(text: &str) -> Report {
    Report::read(text.as_bytes()).unwrap()
}

fn status(text: &str) -> Option<Status> {
    Status::parse(text)
}

#[test]
fn reports_of_servers_are_understood() {
    for (text, verdict, code, suppresses, said) in [
        (
            POSTFIX,
            Verdict::Bounced,
            status("5.1.1"),
            Some(SuppressionReason::Bounced),
            "550 5.1.1 <ada@example.org>: Recipient address rejected: User unknown in virtual mailbox table",
        ),
        (
            EXIM,
            Verdict::Bounced,
            status("5.7.1"),
            None,
            "550-5.7.1 This message was not accepted due to domain (house.example) 550 5.7.1 owner DMARC policy",
        ),
        (
            EXCHANGE,
            Verdict::Bounced,
            status("5.1.10"),
            Some(SuppressionReason::Bounced),
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ada@example.org not found by SMTP address lookup",
        ),
        (
            DELAYED,
            Verdict::Delayed,
            status("4.4.1"),
            None,
            "connect to mail.example.org[192.0.2.25]:25: Connection timed out",
        ),
        (COMPLAINT, Verdict::Complained, None, Some(SuppressionReason::Complained), "abuse"),
    ] {
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let report = read(&text);
            assert_eq!((report.verdict, report.status, report.suppresses()), (verdict, code, suppresses));
            assert_eq!(report.said.as_deref(), Some(said));
            assert_eq!(report.letters, [letter()]);
        }
    }
}

#[test]
fn a_letter_is_known_by_where_reports_go_or_by_its_own_name() {
    let simple = letter().as_uuid().simple().to_string();
    let by_name = DELAYED.replace(&format!("+{simple}"), "");
    assert_eq!(read(&by_name).letters, [], "nothing names it");
    let by_address = POSTFIX.replace(&letter().to_string(), "another");
    assert_eq!(read(&by_address).letters, [letter()]);
    let by_own_name = POSTFIX.replace(&simple, "x");
    assert_eq!(read(&by_own_name).letters, [letter()]);
    let other: EffectId = "01977e5c-0000-7000-8000-000000000000".parse().unwrap();
    let both = POSTFIX.replace(&letter().to_string(), &other.to_string());
    assert_eq!(read(&both).letters, [letter(), other], "the address is surer");
}

#[test]
fn what_is_no_report_is_none() {
    for text in [
        "",
        "\r\n\r\n",
        "Subject: I am on holiday\nAuto-Submitted: auto-replied\n\nUntil Monday.",
        "Content-Type: multipart/report; boundary=b\n\n--b\n\nnothing\n--b--",
        "Content-Type: multipart/report\n\nAction: failed",
        &POSTFIX.replace("Action: failed", "Action: danced"),
        &COMPLAINT.replace("Feedback-Type: abuse", "Feedback-Type: not-spam"),
        &COMPLAINT.replace("Feedback-Type: abuse\n", ""),
    ] {
        assert_eq!(Report::read(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn of_several_recipients_the_worst_counts() {
    let arrived =
        "Final-Recipient: rfc822; bob@example.org\nAction: delivered\nStatus: 2.0.0\n\nFinal-Recipient:";
    let both = POSTFIX.replace("Final-Recipient:", arrived);
    assert_eq!(read(&both).verdict, Verdict::Bounced);
    let relayed = POSTFIX.replace("Action: failed", "Action: relayed (to a server that says nothing)");
    assert_eq!((read(&relayed).verdict, read(&relayed).suppresses()), (Verdict::Arrived, None));
}

#[test]
fn only_what_is_wrong_with_the_address_for_good_stops_announcements() {
    for (code, stops) in [
        ("5.0.0", true),
        ("5.1.1", true),
        ("5.1.2", true),
        ("5.1.10", true),
        ("5.2.1", true),
        ("5.1.7", false),
        ("5.1.8", false),
        ("5.2.2", false),
        ("5.3.4", false),
        ("5.4.7", false),
        ("5.7.1", false),
        ("4.1.1", false),
        ("4.4.7", false),
    ] {
        let report =
            Report { letters: Vec::new(), verdict: Verdict::Bounced, status: status(code), said: None };
        assert_eq!(report.suppresses().is_some(), stops, "{code}");
    }
}

#[test]
fn codes_are_three_small_numbers() {
    assert_eq!(
        status("5.1.1 (bad destination mailbox address)").map(|it| it.to_string()).as_deref(),
        Some("5.1.1")
    );
    for text in ["", "5", "5.1", "5.1.1.1", "3.1.1", "5.1.x", "5.1.", "5.1234.1", "550", "+5.1.1"] {
        assert_eq!(status(text), None, "{text}");
    }
    let refined = |code: &str, words: &str| status(code).unwrap().refined(words).to_string();
    assert_eq!(refined("5.0.0", "550-5.7.1 no, from 192.0.2.1"), "5.7.1");
    assert_eq!(refined("5.0.0", "550 4.2.2 no"), "5.0.0");
    assert_eq!(refined("5.1.1", "550 5.7.1 no"), "5.1.1");
}

#[test]
fn each_letter_has_its_own_address_for_reports() {
    let bounces: Email = "bounces@house.example".parse().unwrap();
    let path = return_path(&bounces, letter()).unwrap();
    assert_eq!(path.as_str(), "bounces+01977e5c6f2a7c3e9d5b1f0a2b3c4d5e@house.example");
    let long: Email = format!("{}@house.example", "b".repeat(40)).parse().unwrap();
    assert_eq!(return_path(&long, letter()), None);
}

#[test]
fn what_a_server_said_does_not_leak_through_debug() {
    assert!(!format!("{:?}", read(POSTFIX)).contains("example.org"));
}

proptest! {
    #[test]
    fn whatever_comes_is_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        let _ = Report::read(&bytes);
    }

    /// Reports with a piece cut out, put in twice, or replaced by something else.
    #[test]
    fn reports_that_were_tampered_with_are_read_without_harm(
        which in 0..ALL.len(),
        from in 0..4096_usize,
        length in 0..512_usize,
        other in "[ -~\\n]{0,64}",
        times in 0..4_usize,
    ) {
        let text: Vec<char> = ALL[which].chars().collect();
        let (from, end) = (from.min(text.len()), (from + length).min(text.len()));
        let cut: String = text[from..end].iter().collect();
        let mut made: String = text[..from].iter().collect();
        (0..times).for_each(|_| made.push_str(&cut));
        made.push_str(&other);
        made.extend(&text[end..]);
        if let Some(report) = Report::read(made.as_bytes()) {
            prop_assert!(report.letters.len() <= 10);
        }
    }
}

/// As deep, as wide and as long as a body may be: none of it takes long.
#[test]
fn nothing_that_is_sent_goes_deep_or_takes_long() {
    let nested = "Content-Type: multipart/report; boundary=b\n\n--b\n".repeat(5000);
    let folded = format!("Content-Type: multipart/report;{}\n\nx", "\n a=b;".repeat(30_000));
    let paragraphs = format!(
        "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n{}",
        "Action: failed\n\n".repeat(15_000)
    );
    let named = format!("To: {}\n{}", "<a+b@c> ".repeat(20_000), POSTFIX);
    for text in [nested, folded, paragraphs, named] {
        let _ = Report::read(text.as_bytes());
    }
}

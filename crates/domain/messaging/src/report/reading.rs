//! Reading reports.

use super::fields::{Fields, Part};
use super::{Report, Status, Verdict};
use kernel::EffectId;

/// Most letters that one report may name.
const MOST: usize = 10;
/// What the delivery of a mail is told of in; the second with addresses beyond ASCII (RFC 6533).
const DELIVERY: [&str; 2] = ["message/delivery-status", "message/global-delivery-status"];
/// What complaints stand in.
const FEEDBACK: &str = "message/feedback-report";
/// The mail itself, or what is left of it.
const RETURNED: [&str; 5] = [
    "message/rfc822",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global",
    "message/global-headers",
];
/// What of complaints means that mail is not wanted. Others tell of passwords, viruses and forgeries, and `not-spam` that a
/// mail was wanted after all.
const UNWANTED: [&str; 4] = ["abuse", "fraud", "opt-out", "opt-out-list"];

/// What became of a mail, why, and what was said of it.
type Outcome = (Verdict, Option<Status>, Option<String>);

pub(super) fn read(message: &[u8]) -> Option<Report> {
    let text = String::from_utf8_lossy(message).replace("\r\n", "\n");
    let whole = Part::of(&text);
    if !whole.is("multipart/report") {
        return None;
    }
    let parts = whole.parts();
    let of = |kinds: &[&str]| parts.iter().find(|part| kinds.iter().any(|kind| part.is(kind)));
    let told = of(&DELIVERY).or_else(|| of(&[FEEDBACK]))?;
    let (verdict, status, said) =
        if told.is(FEEDBACK) { complaint(told.body)? } else { delivery(told.body)? };
    let returned = of(&RETURNED).map(|part| Part::of(part.body));
    let letters = letters(&whole.header, &Fields::of(told.body), returned.as_ref().map(|it| &it.header));
    Some(Report { letters, verdict, status, said })
}

/// Paragraphs, the first of which is about the mail and each of the others about a recipient. Our mails have one recipient; of
/// several, the worst counts.
fn delivery(body: &str) -> Option<Outcome> {
    let outcomes = body.split("\n\n").map(Fields::of).filter_map(|fields| of_recipient(&fields));
    outcomes.max_by_key(|(verdict, ..)| *verdict)
}

fn of_recipient(fields: &Fields) -> Option<Outcome> {
    let action = fields.get("action")?;
    let verdict = match action.split_whitespace().next()?.to_ascii_lowercase().as_str() {
        "failed" => Verdict::Bounced,
        "delayed" => Verdict::Delayed,
        "delivered" | "relayed" | "expanded" => Verdict::Arrived,
        _ => return None,
    };
    // `smtp; 550 5.1.1 <ada@example.org>: unknown`: what stands before the semicolon says whose words they are.
    let words = fields
        .get("diagnostic-code")
        .map(|code| code.split_once(';').map_or(code, |(_, words)| words.trim()));
    let status = fields.get("status").and_then(Status::parse);
    let status = status.map(|status| words.map_or(status, |words| status.refined(words)));
    let said = words.map(str::to_owned).or_else(|| fields.get("status").map(str::to_owned));
    Some((verdict, status, said))
}

fn complaint(body: &str) -> Option<Outcome> {
    let fields = Fields::of(body);
    let kind = fields.get("feedback-type")?.to_ascii_lowercase();
    UNWANTED.contains(&kind.as_str()).then_some((Verdict::Complained, None, Some(kind)))
}

/// The letters that a report names: by the address that it went to, which is made for one letter, then by the mail that it
/// brings back.
fn letters(header: &Fields, told: &Fields, returned: Option<&Fields>) -> Vec<EffectId> {
    let mut found = Vec::new();
    let sent_to = ["delivered-to", "x-original-to", "envelope-to", "to"].into_iter();
    let sent_to = sent_to.flat_map(|name| header.all(name));
    let sent_from = told.get("original-mail-from").into_iter();
    let returned = returned.into_iter();
    let sent_from = sent_from.chain(returned.clone().filter_map(|mail| mail.get("return-path")));
    sent_to.chain(sent_from).for_each(|text| found.extend(words(text).filter_map(behind_plus)));
    let named = returned.filter_map(|mail| mail.get("message-id"));
    let named = named.chain(told.get("x-original-message-id"));
    let named = named.chain(header.get("in-reply-to")).chain(header.get("references"));
    named.for_each(|text| found.extend(words(text).filter_map(before_at)));
    let mut known = Vec::new();
    for letter in found {
        if !known.contains(&letter) && known.len() < MOST {
            known.push(letter);
        }
    }
    known
}

/// What addresses and names of messages are between.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| letter.is_whitespace() || "<>(),;:\"[]".contains(letter)).take(100)
}

/// `bounces+ID@example.org`.
fn behind_plus(word: &str) -> Option<EffectId> {
    let (local, _) = word.split_once('@')?;
    local.rsplit_once('+')?.1.parse().ok()
}

/// `ID@example.org`.
fn before_at(word: &str) -> Option<EffectId> {
    word.split_once('@')?.0.parse().ok()
}

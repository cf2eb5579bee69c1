//! Calendars as text (RFC 5545).
//!
//! Instants are written in UTC: every event is one instant, none repeats, and so every program shows the right time in
//! whatever zone its owner is in, without rules of a zone that would have to be sent along and could be outdated. There
//! is no `METHOD`, because nobody is invited; without one, `DTSTAMP` says when the event changed last (section 3.8.7.2),
//! so that the same calendar is the same text.

use chrono::{DateTime, Utc};
use events::{Entry, Event, Status};

/// The media type.
pub const CONTENT_TYPE: &str = "text/calendar; charset=utf-8";
/// Longest line in octets, without its end.
const LONGEST: usize = 75;

/// Some events as one calendar.
pub struct Calendar<'a> {
    /// What programs call it, when it is one that they ask for again and again.
    pub name: Option<&'a str>,
    /// In whatever order.
    pub entries: &'a [Entry],
    /// What the addresses of events begin with, without a slash behind it.
    pub base: &'a str,
}

impl Calendar<'_> {
    /// The whole, each line ended by CRLF and none longer than 75 octets.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = Text::default();
        text.line("BEGIN", "VCALENDAR");
        text.line("VERSION", "2.0");
        text.line("PRODID", "-//Synesthesie//Events//EN");
        text.line("CALSCALE", "GREGORIAN");
        if let Some(name) = self.name {
            // RFC 7986, and what programs knew before it.
            text.line("NAME", &escaped(name));
            text.line("X-WR-CALNAME", &escaped(name));
            text.line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
            text.line("X-PUBLISHED-TTL", "PT1H");
        }
        for entry in self.entries {
            self.event(&mut text, entry);
        }
        text.line("END", "VCALENDAR");
        text.0
    }

    fn event(&self, text: &mut Text, entry: &Entry) {
        let event = &entry.event;
        let changed = instant(entry.changed_at);
        text.line("BEGIN", "VEVENT");
        // The same for as long as the event exists, and for nothing else (RFC 7986, section 5.3, wishes for a UUID).
        text.line("UID", &event.id.to_string());
        text.line("DTSTAMP", &changed);
        text.line("CREATED", &instant(event.created_at));
        text.line("LAST-MODIFIED", &changed);
        text.line("DTSTART", &instant(event.starts_at));
        text.line("DTEND", &instant(event.ends_at));
        text.line("SUMMARY", &escaped(&event.title));
        if !event.description.is_empty() {
            text.line("DESCRIPTION", &escaped(&event.description));
        }
        text.line("LOCATION", &escaped(&place(event)));
        if let (Some(latitude), Some(longitude)) = (event.location.latitude, event.location.longitude) {
            text.line("GEO", &format!("{latitude:.6};{longitude:.6}"));
        }
        if !event.tags.is_empty() {
            let tags: Vec<String> = event.tags.iter().map(|tag| escaped(tag)).collect();
            text.line("CATEGORIES", &tags.join(","));
        }
        text.line("URL", &format!("{}/events/{}", self.base, event.slug));
        text.line("STATUS", status(entry.status));
        text.line("END", "VEVENT");
    }
}

/// The area, behind whatever closer is known.
fn place(event: &Event) -> String {
    let address = event.location.address.as_deref().unwrap_or_default();
    let lines = address.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.chain([event.location.area.as_str()]).collect::<Vec<_>>().join(", ")
}

const fn status(status: Status) -> &'static str {
    match status {
        Status::Draft => "TENTATIVE",
        Status::Cancelled => "CANCELLED",
        Status::Published | Status::Deactivated | Status::Ended => "CONFIRMED",
    }
}

/// Form 2 of section 3.3.5; parts of seconds cannot be said.
fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// A text value (section 3.3.11): any line break becomes `\n`, and other control characters but tabs are left out.
fn escaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for letter in text.replace("\r\n", "\n").chars() {
        match letter {
            '\\' | ';' | ',' => value.extend(['\\', letter]),
            '\n' | '\r' => value.push_str("\\n"),
            '\t' => value.push('\t'),
            letter if letter.is_control() => {}
            letter => value.push(letter),
        }
    }
    value
}

#[derive(Default)]
struct Text(String);

impl Text {
    /// One property, folded (section 3.1): a line that would be too long goes on behind CRLF and a space, which counts as
    /// one octet of its line. No letter is cut in two.
    fn line(&mut self, name: &str, value: &str) {
        let mut used = 0;
        for letter in name.chars().chain([':']).chain(value.chars()) {
            if used + letter.len_utf8() > LONGEST {
                self.0.push_str("\r\n ");
                used = 1;
            }
            self.0.push(letter);
            used += letter.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::{EventInput, LocationInput, Onlooker};
    use kernel::{OrganisationId, Timestamp};

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn event() -> Event {
        let input = EventInput {
            organisation: OrganisationId::generate(noon()),
            title: "Opening; night, \\o/".into(),
            slug: None,
            description: Some("One\r\ntwo\nthree\tfour".into()),
            starts_at: "2026-07-01T18:00:00.5Z".parse().unwrap(),
            ends_at: "2026-07-01T23:00:00Z".parse().unwrap(),
            doors_at: None,
            timezone: "Europe/Berlin".into(),
            currency: "EUR".into(),
            capacity: None,
            max_per_user: None,
            max_per_order: None,
            location: LocationInput {
                area: "Old harbour".into(),
                address: Some("Quay 7\nthird floor".into()),
                latitude: Some(53.541),
                longitude: Some(9.984),
                address_visible_from: None,
            },
            base_price: None,
            hold_seconds: None,
            visibility: None,
            tags: vec!["a,b".into(), "techno".into()],
            venue_template: None,
        };
        let mut event = input.draft(noon()).unwrap();
        event.publish(noon()).unwrap();
        event
    }

    fn text(entries: &[Entry]) -> String {
        Calendar { name: None, entries, base: "https://example.org" }.text()
    }

    /// What a reader makes of it: lines put together again.
    fn lines(text: &str) -> Vec<String> {
        text.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn an_event_is_written_as_the_standard_has_it() {
        let event = event();
        let entry = Entry::of(&event, Onlooker::Organiser, noon());
        let uid = format!("UID:{}", event.id);
        let expected = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Synesthesie//Events//EN",
            "CALSCALE:GREGORIAN",
            "BEGIN:VEVENT",
            uid.as_str(),
            "DTSTAMP:20260601T120000Z",
            "CREATED:20260601T120000Z",
            "LAST-MODIFIED:20260601T120000Z",
            "DTSTART:20260701T180000Z",
            "DTEND:20260701T230000Z",
            r"SUMMARY:Opening\; night\, \\o/",
            "DESCRIPTION:One\\ntwo\\nthree\tfour",
            r"LOCATION:Quay 7\, third floor\, Old harbour",
            "GEO:53.541000;9.984000",
            r"CATEGORIES:a\,b,techno",
            "URL:https://example.org/events/opening-night-o",
            "STATUS:CONFIRMED",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ];
        assert_eq!(lines(&text(&[entry])), expected);
    }

    #[test]
    fn a_place_is_told_no_closer_than_it_is_given() {
        let entry = Entry::of(&event(), Onlooker::Stranger, noon());
        let text = text(&[entry]);
        assert!(text.contains("LOCATION:Old harbour\r\n"), "{text}");
        assert!(!text.contains("GEO") && !text.contains("Quay"), "{text}");
    }

    #[test]
    fn what_was_cancelled_says_so_and_keeps_its_name() {
        let mut event = event();
        event.status = Status::Cancelled;
        let text = text(&[Entry::of(&event, Onlooker::Holder, noon())]);
        assert!(
            text.contains("STATUS:CANCELLED\r\n") && text.contains(&format!("UID:{}\r\n", event.id)),
            "{text}"
        );
    }

    #[test]
    fn a_calendar_that_is_asked_for_again_has_a_name() {
        let text = Calendar { name: Some("My nights"), entries: &[], base: "" }.text();
        assert!(text.contains("\r\nNAME:My nights\r\nX-WR-CALNAME:My nights\r\n"), "{text}");
        assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"), "{text}");
    }

    #[test]
    fn no_line_is_longer_than_75_octets_and_no_letter_is_cut() {
        for letter in ["a", "ö", "東", "🎧", "a🎧", "ö,"] {
            for length in 0..160 {
                let mut event = event();
                event.title = format!("{}{}", "x".repeat(length % 5), letter.repeat(length));
                let title = escaped(&event.title);
                let text = text(&[Entry::of(&event, Onlooker::Stranger, noon())]);
                assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{text:?}");
                for line in text.split("\r\n") {
                    assert!(line.len() <= LONGEST, "{line:?} has {} octets", line.len());
                }
                assert!(lines(&text).contains(&format!("SUMMARY:{title}")), "{text:?}");
            }
        }
    }

    #[test]
    fn lines_are_as_long_as_they_may_be() {
        let mut text = Text::default();
        text.line("A", &"x".repeat(73 + 74 + 1));
        let lengths: Vec<usize> = text.0.split("\r\n").map(str::len).collect();
        assert_eq!(lengths, [75, 75, 2, 0]);
        let mut text = Text::default();
        text.line("A", &"x".repeat(73));
        assert_eq!(text.0.len(), 77);
    }

    #[test]
    fn nothing_that_somebody_wrote_ends_its_line() {
        let hostile = "x\r\nBEGIN:VALARM\rEND:VALARM\u{0}\u{7f}\u{85}\u{2028}";
        let value = escaped(hostile);
        assert_eq!(value, "x\\nBEGIN:VALARM\\nEND:VALARM\u{2028}");
        assert_eq!(escaped("a\\n"), "a\\\\n");
    }
}

//! Links: addresses that this program itself answers, signed so that nobody can make or change one.
//!
//! The signature is an HMAC-SHA256 over the method, the host, the object's name and the whole query before it: what the
//! answer says, for whom it is counted, of which part of which size it is, and until when it is good.

use super::fault::refused;
use chrono::{SubsecRound, TimeDelta};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use kernel::{AccountId, Delivery, Disposition, Link, ObjectError, ObjectKey, PartsId, Timestamp, Window};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::Sha256;
use std::io;

const SIGNING: &str = "signing a link";
/// Most parts of an object.
const MOST_PARTS: u32 = 10_000;
/// What a query holds as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What a link is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// To read an object.
    Read(ReadAsked),
    /// To send a part.
    Part(PartAsked),
}

/// A link to read an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadAsked {
    /// Which.
    pub key: ObjectKey,
    /// The answer's `Content-Type`.
    pub content_type: String,
    /// The answer's `Content-Disposition`.
    pub disposition: String,
    /// Whose bytes they are.
    pub meter: Option<AccountId>,
    /// The answer's `Cache-Control`.
    pub cache_control: String,
}

/// A link to send a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartAsked {
    /// Of what shall become this object.
    pub key: ObjectKey,
    /// What the store calls it.
    pub parts: PartsId,
    /// 1 to 10,000.
    pub number: u32,
    /// How many bytes exactly.
    pub size: u64,
}

/// Why a link is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It was not made here, or for something else, or was changed.
    #[error("the link is not one of ours, or was changed")]
    Forged,
    /// It was good before.
    #[error("the time of the link is over")]
    Expired,
}

/// Makes links and knows them again.
pub(super) struct Links {
    key: [u8; 32],
    base: String,
    host: String,
}

impl Links {
    pub(super) fn new(base: &str, key: [u8; 32]) -> io::Result<Self> {
        let base = base.trim_end_matches('/').to_owned();
        let host = base.split_once("://").and_then(|(_, rest)| rest.split('/').next());
        let host = host.filter(|host| !host.is_empty()).map(named);
        let host =
            host.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no address to begin with"))?;
        Ok(Self { key, base, host })
    }

    pub(super) fn read(
        &self,
        key: &ObjectKey,
        delivery: &Delivery,
        window: Window,
        now: Timestamp,
    ) -> Result<Link, ObjectError> {
        if !delivery.content_type.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
            return Err(refused(SIGNING, "the content type cannot be said"));
        }
        let (_, until) = window.around(now);
        let mut query = Query::default();
        query.add("type", &delivery.content_type);
        match &delivery.disposition {
            Disposition::Inline => {}
            Disposition::InlineAs(name) => query.add("shown", name),
            Disposition::Attachment(name) => query.add("name", name),
        }
        if let Some(account) = delivery.meter {
            query.add("for", &account.to_string());
        }
        query.add("window", &window.0.num_seconds().to_string());
        Ok(self.link("GET", key, query, until))
    }

    pub(super) fn part(&self, asked: &PartAsked, until: Timestamp) -> Result<Link, ObjectError> {
        if !(1..=MOST_PARTS).contains(&asked.number) {
            return Err(refused(SIGNING, "there is no part of this number"));
        }
        let mut query = Query::default();
        query.add("parts", &asked.parts.0);
        query.add("part", &asked.number.to_string());
        query.add("size", &asked.size.to_string());
        Ok(self.link("PUT", &asked.key, query, until.trunc_subsecs(0)))
    }

    fn link(&self, method: &str, key: &ObjectKey, mut query: Query, until: Timestamp) -> Link {
        query.add("until", &until.timestamp().to_string());
        let signature = self.mac(method, key, &query.0).finalize().into_bytes();
        let signature = BASE64URL_NOPAD.encode(&signature);
        Link { url: format!("{}/{key}?{}&sig={signature}", self.base, query.0), expires_at: until }
    }

    /// No field holds an end of line: methods and hosts are compared, names and queries have no such letter.
    fn mac(&self, method: &str, key: &ObjectKey, query: &str) -> Hmac<Sha256> {
        // A key shorter than SHA-256's block of 64 bytes is padded with zeros (RFC 2104, section 2).
        let mut block = [0_u8; 64];
        block.iter_mut().zip(self.key).for_each(|(to, from)| *to = from);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(format!("synesthesie/link/1\n{method}\n{}\n{key}\n{query}", self.host).as_bytes());
        mac
    }

    pub(super) fn verify(
        &self,
        method: &str,
        host: &str,
        path: &str,
        query: &str,
        now: Timestamp,
    ) -> Result<Asked, Refused> {
        let method = match method {
            // What may be read may be looked at.
            "GET" | "HEAD" => "GET",
            "PUT" => "PUT",
            _ => return Err(Refused::Forged),
        };
        let key = path.strip_prefix('/').and_then(ObjectKey::parse).ok_or(Refused::Forged)?;
        let (said, signature) = query.rsplit_once("&sig=").ok_or(Refused::Forged)?;
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| Refused::Forged)?;
        if named(host) != self.host {
            return Err(Refused::Forged);
        }
        // Takes as long whatever differs.
        self.mac(method, &key, said).verify_slice(&signature).map_err(|_| Refused::Forged)?;
        let until = number(said, "until").and_then(|seconds| Timestamp::from_timestamp(seconds, 0));
        if now >= until.ok_or(Refused::Forged)? {
            return Err(Refused::Expired);
        }
        let asked = if method == "GET" { read(key, said) } else { part(key, said) };
        asked.ok_or(Refused::Forged)
    }
}

/// A host as it is compared: in small letters, and without the port that goes without saying.
fn named(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let plain = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).map(ToOwned::to_owned);
    plain.unwrap_or(host)
}

fn read(key: ObjectKey, query: &str) -> Option<Asked> {
    let shown = || value(query, "shown").map_or(Disposition::Inline, Disposition::InlineAs);
    let disposition = value(query, "name").map_or_else(shown, Disposition::Attachment);
    let meter = match value(query, "for") {
        Some(account) => Some(account.parse().ok()?),
        None => None,
    };
    let window = Window(TimeDelta::try_seconds(number(query, "window")?)?);
    Some(Asked::Read(ReadAsked {
        key,
        content_type: value(query, "type")?,
        disposition: disposition.header(),
        meter,
        cache_control: window.cache_control(),
    }))
}

fn part(key: ObjectKey, query: &str) -> Option<Asked> {
    let (parts, number, size) = (value(query, "parts")?, number(query, "part")?, number(query, "size")?);
    Some(Asked::Part(PartAsked { key, parts: PartsId(parts), number, size }))
}

/// A query that grows.
#[derive(Default)]
struct Query(String);

impl Query {
    fn add(&mut self, name: &str, value: &str) {
        let divider = if self.0.is_empty() { "" } else { "&" };
        let value = utf8_percent_encode(value, ENCODED);
        self.0.push_str(&format!("{divider}{name}={value}"));
    }
}

fn value(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    percent_decode_str(value).decode_utf8().ok().map(Into::into)
}

fn number<N: std::str::FromStr>(query: &str, name: &str) -> Option<N> {
    value(query, name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const HOST: &str = "media.example.org";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn noon() -> Timestamp {
        at("2026-06-01T12:00:00Z")
    }

    fn links() -> Links {
        Links::new("https://media.example.org/media/", KEY).unwrap()
    }

    fn key(name: &str) -> ObjectKey {
        ObjectKey::parse(name).unwrap()
    }

    fn delivery() -> Delivery {
        Delivery {
            content_type: "audio/mp4; codecs=\"opus\"".into(),
            disposition: Disposition::Attachment("Sörens & \"Set\" = 2?.m4a".into()),
            meter: Some("0190b6c4-6b5e-7c3d-8a1f-000000000001".parse().unwrap()),
        }
    }

    fn reading() -> Link {
        links().read(&key("sets/a/opus-64.mp4"), &delivery(), Window(TimeDelta::minutes(10)), noon()).unwrap()
    }

    fn part() -> PartAsked {
        let parts = PartsId("7d5d4a0c-3c5c-4d5b-9d6e-0b9a7f3c2e11".into());
        PartAsked { key: key("uploads/a"), parts, number: 3, size: 16 }
    }

    fn sending() -> Link {
        links().part(&part(), noon() + TimeDelta::milliseconds(600_500)).unwrap()
    }

    fn split(link: &Link) -> (&str, &str) {
        link.url.strip_prefix("https://media.example.org/media").unwrap().split_once('?').unwrap()
    }

    #[test]
    fn a_link_says_all_that_it_was_made_with() {
        let link = reading();
        let (path, query) = split(&link);
        let Ok(Asked::Read(asked)) = links().verify("GET", HOST, path, query, noon()) else { panic!() };
        let expected = ReadAsked {
            key: key("sets/a/opus-64.mp4"),
            content_type: delivery().content_type,
            disposition: delivery().disposition.header(),
            meter: delivery().meter,
            cache_control: "private, max-age=1200, immutable".into(),
        };
        assert_eq!(asked, expected);
        assert!(
            links().verify("HEAD", HOST, path, query, noon()).is_ok(),
            "what may be read may be looked at"
        );
        let link = sending();
        let (path, query) = split(&link);
        assert_eq!(links().verify("PUT", HOST, path, query, noon()), Ok(Asked::Part(part())));
        assert_eq!(link.expires_at, noon() + TimeDelta::minutes(10), "in whole seconds");
    }

    #[test]
    fn what_is_shown_may_have_a_name_for_whoever_saves_it() {
        for disposition in [
            Disposition::Inline,
            Disposition::InlineAs("Nächte 0042.webp".into()),
            Disposition::Attachment("Nächte 0042.webp".into()),
        ] {
            let delivery = Delivery { disposition: disposition.clone(), ..delivery() };
            let window = Window(TimeDelta::minutes(10));
            let link = links().read(&key("pictures/a"), &delivery, window, noon()).unwrap();
            let (path, query) = split(&link);
            let Ok(Asked::Read(asked)) = links().verify("GET", HOST, path, query, noon()) else { panic!() };
            assert_eq!(asked.disposition, disposition.header());
        }
    }

    #[test]
    fn a_link_is_plain_text_for_an_address() {
        for link in [reading(), sending()] {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?&=%".contains(&byte);
            assert!(link.url.bytes().all(plain), "{}", link.url);
        }
    }

    #[test]
    fn a_link_is_good_until_its_time_and_told_to_be_over_then() {
        for (link, method) in [(reading(), "GET"), (sending(), "PUT")] {
            let (path, query) = split(&link);
            let verify = |now| links().verify(method, HOST, path, query, now);
            assert!(verify(link.expires_at - TimeDelta::microseconds(1)).is_ok());
            assert_eq!(verify(link.expires_at), Err(Refused::Expired));
            let forged = query.replace("until=1", "until=2");
            let later = links().verify(method, HOST, path, &forged, link.expires_at);
            assert_eq!(later, Err(Refused::Forged), "a changed one is not over but changed");
        }
    }

    #[test]
    fn a_link_is_for_one_method_host_and_object() {
        for (link, method) in [(reading(), "GET"), (sending(), "PUT")] {
            let (path, query) = split(&link);
            let verify = |method, host, path| links().verify(method, host, path, query, noon());
            for same in ["media.example.org", "MEDIA.example.org", "media.example.org:443"] {
                assert!(verify(method, same, path).is_ok(), "{same}");
            }
            for host in ["", "example.org", "media.example.org:8443", "media.example.org.evil.example"] {
                assert_eq!(verify(method, host, path), Err(Refused::Forged), "{host}");
            }
            let other = if method == "GET" { "PUT" } else { "GET" };
            for method in [other, "POST", "DELETE", "OPTIONS", "get", ""] {
                assert_eq!(verify(method, HOST, path), Err(Refused::Forged), "{method}");
            }
            let longer = format!("{path}0");
            let inside = format!("/x/..{path}");
            for path in ["", "/", "sets/a/opus-64.mp4", &longer, &inside, "/sets%2Fa/opus-64.mp4"] {
                assert_eq!(verify(method, HOST, path), Err(Refused::Forged), "{path}");
            }
        }
    }

    #[test]
    fn another_key_makes_other_links() {
        let other = Links::new("https://media.example.org/media", [8; 32]).unwrap();
        for (link, method) in [(reading(), "GET"), (sending(), "PUT")] {
            let (path, query) = split(&link);
            assert_eq!(other.verify(method, HOST, path, query, noon()), Err(Refused::Forged));
        }
    }

    #[test]
    fn not_a_letter_of_a_link_can_be_changed() {
        for (link, method) in [(reading(), "GET"), (sending(), "PUT")] {
            let (path, query) = split(&link);
            for index in 0..query.len() {
                for letter in ['a', '0', '&'] {
                    let mut changed = query.to_owned();
                    changed.replace_range(index..=index, &letter.to_string());
                    let same = changed == query;
                    let asked = links().verify(method, HOST, path, &changed, noon());
                    assert_eq!(asked.is_ok(), same, "{changed}");
                    let cut = &query[..index];
                    assert_eq!(links().verify(method, HOST, path, cut, noon()), Err(Refused::Forged));
                }
            }
            for added in [format!("{query}&until=9999999999"), format!("until=9999999999&{query}")] {
                assert_eq!(links().verify(method, HOST, path, &added, noon()), Err(Refused::Forged));
            }
        }
    }

    #[test]
    fn what_cannot_be_said_is_not_signed() {
        let window = Window(TimeDelta::minutes(10));
        let bad = Delivery { content_type: "text/html\r\nSet-Cookie: a".into(), ..delivery() };
        assert!(links().read(&key("a"), &bad, window, noon()).is_err());
        for number in [0, 10_001] {
            assert!(links().part(&PartAsked { number, ..part() }, noon()).is_err());
        }
        for base in ["", "/media", "https://", "https:///media"] {
            assert!(Links::new(base, KEY).is_err(), "{base:?}");
        }
    }

    #[test]
    fn a_port_that_goes_with_the_scheme_is_none() {
        assert_eq!(named("Example.org:80"), "example.org");
        assert_eq!(named("example.org:443"), "example.org");
        assert_eq!(named("127.0.0.1:8080"), "127.0.0.1:8080");
        assert_eq!(named("[::1]:8443"), "[::1]:8443");
    }
}

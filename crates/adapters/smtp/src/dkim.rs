//! Signatures by which whoever receives a mail knows that it is ours and as we wrote it (DKIM: RFC 6376; keys as RFC 8301
//! and RFC 8463 have them). Header and body are signed "relaxed/relaxed".

mod canonical;
mod key;

use canonical::{chosen, parted, relaxed};
use data_encoding::BASE64;
use kernel::Timestamp;
use key::Key;
use ring::digest::{Context, SHA256};
use ring::error::Unspecified;
use std::fmt;

/// What a message has at most one of, and what people are shown: they are named once more than they are there, so that
/// none can be added on the way.
const ONLY_ONE: [&str; 6] = ["from", "to", "cc", "subject", "date", "reply-to"];
/// Names of headers on a line, and letters of base64.
const NAMES: usize = 5;
const LETTERS: usize = 72;
/// Longest string inside a TXT record (RFC 1035, section 3.3.14).
const STRING: usize = 255;

/// Signs mails for a domain. `Debug` hides the key.
pub struct Dkim {
    key: Key,
    selector: String,
    domain: String,
}

/// What DNS has to say for signatures to be believed: a TXT record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsRecord {
    /// Where, without a dot at the end.
    pub name: String,
    /// What, in one piece.
    pub text: String,
}

/// Nothing can be signed with this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusableDkim {
    /// No PEM, encrypted, too short, or of another kind; with what is wrong.
    #[error("must be a private key in PEM: RSA with 2048 bits or more, or Ed25519 ({0})")]
    Key(String),
    /// No name in DNS.
    #[error("must be a name as in DNS, as tickets2026")]
    Selector,
    /// No domain.
    #[error("must be a domain, as example.org")]
    Domain,
}

impl Dkim {
    /// Signs with the private key `pem`, whose public key is published under `selector` of `domain`.
    ///
    /// # Errors
    /// [`UnusableDkim`].
    pub fn new(pem: &str, selector: &str, domain: &str) -> Result<Self, UnusableDkim> {
        let (selector, domain) = (selector.to_ascii_lowercase(), domain.to_ascii_lowercase());
        if !is_name(&selector) {
            return Err(UnusableDkim::Selector);
        }
        if !is_name(&domain) {
            return Err(UnusableDkim::Domain);
        }
        Ok(Self { key: Key::parse(pem)?, selector, domain })
    }

    /// Whose mails are signed.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// What has to be published.
    #[must_use]
    pub fn record(&self) -> DnsRecord {
        DnsRecord {
            name: format!("{}._domainkey.{}", self.selector, self.domain),
            text: format!("v=DKIM1; {}", self.key.published()),
        }
    }

    /// Whether a signature says something about mails from an address of this domain, as DMARC asks (RFC 7489, section
    /// 3.1.1): it is the same, or one lies in the other.
    #[must_use]
    pub fn speaks_for(&self, domain: &str) -> bool {
        let domain = domain.to_ascii_lowercase();
        let lies_in = |one: &str, other: &str| {
            one.strip_suffix(other).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        lies_in(&domain, &self.domain) || lies_in(&self.domain, &domain)
    }

    /// The header that signs `message`, to be put in front of it.
    pub(crate) fn header(&self, message: &[u8], now: Timestamp) -> Result<String, Unspecified> {
        let (fields, body) = parted(message);
        let mut hash = Context::new(&SHA256);
        canonical::body(body, |part| hash.update(part));
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).chain(ONLY_ONE).collect();
        let listed: Vec<String> = names.chunks(NAMES).map(|some| some.join(":")).collect();
        let mut header = format!(
            "DKIM-Signature: v=1; a={}; c=relaxed/relaxed;\r\n\td={}; s={};\r\n\tt={};\r\n\th={};\r\n\tbh={};\r\n\tb=",
            self.key.algorithm(),
            self.domain,
            self.selector,
            now.timestamp(),
            listed.join(":\r\n\t"),
            BASE64.encode(hash.finish().as_ref()),
        );
        // The signature signs itself as well, but for what is about to come.
        let signed = chosen(&fields, &names) + &relaxed(&header);
        let signature = BASE64.encode(&self.key.sign(signed.as_bytes())?);
        for (place, letter) in signature.chars().enumerate() {
            if place > 0 && place.is_multiple_of(LETTERS) {
                header.push_str("\r\n\t");
            }
            header.push(letter);
        }
        header.push_str("\r\n");
        Ok(header)
    }
}

impl fmt::Debug for Dkim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dkim")
            .field("selector", &self.selector)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

/// As in the file of a zone: strings of a record are put together without anything in between.
impl fmt::Display for DnsRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. IN TXT (", self.name)?;
        let letters: Vec<char> = self.text.chars().collect();
        for string in letters.chunks(STRING) {
            write!(f, " \"{}\"", string.iter().collect::<String>())?;
        }
        f.write_str(" )")
    }
}

/// Labels of letters, digits and hyphens, with dots between them.
fn is_name(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.len() <= 253
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(known)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::dkim::{KEY, PUBLISHED};

    const MESSAGE: &[u8] = b"From: Joe SixPack <joe@football.example.com>\r\n\
        To: Suzie Q <suzie@shopping.example.net>\r\n\
        Subject: Is dinner ready?\r\n\
        Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n\
        Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\
        \r\n\
        Hi.\r\n\
        \r\n\
        We lost the game.  Are you hungry yet?\r\n\
        \r\n\
        Joe.\r\n";

    #[test]
    fn the_example_of_the_standard_is_signed_as_it_says() {
        let header = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n \
            d=football.example.com; i=@football.example.com;\r\n \
            q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n \
            subject : date : message-id : from : subject : date;\r\n \
            bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=";
        let names = ["from", "to", "subject", "date", "message-id", "from", "subject", "date"];
        let (fields, _) = parted(MESSAGE);
        let signed = chosen(&fields, &names) + &relaxed(header);
        let signature = Key::parse(KEY).unwrap().sign(signed.as_bytes()).unwrap();
        assert_eq!(
            BASE64.encode(&signature),
            "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
        );
    }

    #[test]
    fn a_header_names_everything_and_has_short_lines() {
        let dkim = Dkim::new(KEY, "Summer", "House.example").unwrap();
        let header = dkim.header(MESSAGE, testkit::noon()).unwrap();
        assert!(
            header.starts_with("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"),
            "{header}"
        );
        assert!(header.ends_with("==\r\n"), "{header}");
        assert!(header.lines().all(|line| line.len() <= 78), "{header}");
        let unfolded = header.replace("\r\n\t", " ");
        for part in [
            " d=house.example; s=summer; t=1780315200;",
            " h=from:to:subject:date:message-id: from:to:cc:subject:date: reply-to;",
            " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=",
        ] {
            assert!(unfolded.contains(part), "{unfolded}");
        }
        assert!(!format!("{dkim:?}").contains("MC4C"));
    }

    #[test]
    fn the_record_is_said_as_a_zone_has_it() {
        let record = Dkim::new(KEY, "summer", "house.example").unwrap().record();
        assert_eq!(record.name, "summer._domainkey.house.example");
        assert_eq!(record.text, PUBLISHED);
        assert_eq!(record.to_string(), format!("{}. IN TXT ( \"{}\" )", record.name, record.text));
        let long = DnsRecord { name: "a".into(), text: "x".repeat(300) };
        assert_eq!(long.to_string(), format!("a. IN TXT ( \"{}\" \"{}\" )", "x".repeat(255), "x".repeat(45)));
    }

    #[test]
    fn a_signature_speaks_for_its_domain_and_what_lies_in_it() {
        let dkim = Dkim::new(KEY, "summer", "house.example").unwrap();
        for (domain, speaks) in [
            ("house.example", true),
            ("Tickets.House.example", true),
            ("example", true),
            ("warehouse.example", false),
            ("house.example.org", false),
        ] {
            assert_eq!(dkim.speaks_for(domain), speaks, "{domain}");
        }
    }

    #[test]
    fn what_cannot_sign_is_refused() {
        for pem in ["", "hunter2", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
            let refused = Dkim::new(pem, "summer", "house.example").unwrap_err();
            assert!(matches!(&refused, UnusableDkim::Key(_)), "{refused}");
            assert!(!refused.to_string().contains("hunter2"));
        }
        for selector in ["", "-summer", "sum mer", "a..b", "a;b", &"x".repeat(64)] {
            assert_eq!(Dkim::new(KEY, selector, "house.example").unwrap_err(), UnusableDkim::Selector);
        }
        assert_eq!(Dkim::new(KEY, "summer", "house example").unwrap_err(), UnusableDkim::Domain);
    }
}

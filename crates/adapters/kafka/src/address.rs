//! Where the cluster is, whom it knows us as, and which topic is meant.

use percent_encoding::percent_decode_str;
use rdkafka::error::KafkaError;
use std::fmt;

/// Longest name of a topic.
const LONGEST: usize = 249;

/// Why a URL cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnusableUrl {
    /// It is none of ours. It may hold a password, so it is not repeated.
    #[error("must be kafka://host:port/topic, with several hosts separated by commas")]
    Url,
    /// The topic cannot be called so.
    #[error("the topic's name must have 1 to 249 letters, digits, dots, hyphens and underscores")]
    Name,
    /// The library does not take what follows from it.
    #[error("librdkafka does not take this")]
    Settings(#[source] KafkaError),
}

/// What a URL says. `Debug` hides the login.
pub(crate) struct Address {
    /// With ports, separated by commas.
    pub(crate) brokers: String,
    pub(crate) login: Option<(String, String)>,
    pub(crate) topic: String,
}

/// Whether [`crate::Kafka::new`] would read this URL; nothing is connected.
///
/// # Errors
/// [`UnusableUrl`].
pub fn check_url(url: &str) -> Result<(), UnusableUrl> {
    Address::parse(url).map(drop)
}

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, UnusableUrl> {
        let rest = text.strip_prefix("kafka://").ok_or(UnusableUrl::Url)?;
        let (authority, topic) = rest.split_once('/').ok_or(UnusableUrl::Name)?;
        let plain = |letter: u8| letter.is_ascii_alphanumeric() || b".-_".contains(&letter);
        if topic.is_empty()
            || topic.len() > LONGEST
            || !topic.bytes().all(plain)
            || [".", ".."].contains(&topic)
        {
            return Err(UnusableUrl::Name);
        }
        let (login, brokers) = match authority.rsplit_once('@') {
            Some((login, brokers)) => (Some(self::login(login)?), brokers),
            None => (None, authority),
        };
        if !brokers.split(',').all(is_broker) {
            return Err(UnusableUrl::Url);
        }
        Ok(Self { brokers: brokers.to_owned(), login, topic: topic.to_owned() })
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("brokers", &self.brokers).finish_non_exhaustive()
    }
}

/// Whether it is a host with a port.
fn is_broker(text: &str) -> bool {
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || b".-_[]:".contains(&letter);
    text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && host.bytes().all(plain) && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

fn login(text: &str) -> Result<(String, String), UnusableUrl> {
    let decoded = |text| {
        let text = percent_decode_str(text).decode_utf8().map_err(|_| UnusableUrl::Url)?;
        Ok(text.into_owned())
    };
    let (user, password) =
        text.split_once(':').filter(|(user, _)| !user.is_empty()).ok_or(UnusableUrl::Url)?;
    Ok((decoded(user)?, decoded(password)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_brokers_a_topic_and_perhaps_a_login() {
        let address = Address::parse("kafka://one.example:9092,two.example:9093/tickets.v1").unwrap();
        assert_eq!((&*address.brokers, &*address.topic), ("one.example:9092,two.example:9093", "tickets.v1"));
        assert_eq!(address.login, None);
        let address = Address::parse("kafka://me:p%3Aw%2Fd@[::1]:9092/tickets").unwrap();
        assert_eq!((&*address.brokers, &*address.topic), ("[::1]:9092", "tickets"));
        assert_eq!(address.login, Some(("me".into(), "p:w/d".into())));
        assert!(!format!("{address:?}").contains("p:w"));
    }

    #[test]
    fn what_cannot_be_used_is_refused_at_the_start() {
        for url in [
            "",
            "one.example:9092/tickets",
            "http://one.example:9092/tickets",
            "kafka:///tickets",
            "kafka://one.example/tickets",
            "kafka://one.example:0/tickets",
            "kafka://one.example:port/tickets",
            "kafka://one.example:9092,/tickets",
            "kafka://me@one.example:9092/tickets",
            "kafka://:password@one.example:9092/tickets",
            "kafka://one example:9092/tickets",
        ] {
            assert!(matches!(Address::parse(url), Err(UnusableUrl::Url)), "{url}");
        }
        for name in ["", "a/b", "a b", ".", "..", "*", &"a".repeat(250)] {
            let url = format!("kafka://one.example:9092/{name}");
            assert!(matches!(Address::parse(&url), Err(UnusableUrl::Name)), "{url}");
        }
        assert!(matches!(Address::parse("kafka://one.example:9092"), Err(UnusableUrl::Name)));
    }
}

//! Who mails come from.

use kernel::Email;

/// The domain of who mails come from, in lower case; `None` when `from` is no sender.
#[must_use]
pub fn sender_domain(from: &str) -> Option<String> {
    Sender::parse(from).map(|sender| sender.domain().to_owned())
}

/// An address, perhaps with a name.
pub(crate) struct Sender {
    name: Option<String>,
    address: Email,
}

impl Sender {
    /// Reads `a@b.example` or `Name <a@b.example>`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>') {
            Some(rest) => rest.split_once('<')?,
            None => ("", text),
        };
        let name = name.trim();
        // Only as a pair around the whole: one within belongs to the name.
        let quoted = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let name = quoted.filter(|within| !within.contains('"')).unwrap_or(name).trim();
        if name.chars().any(|letter| letter.is_control() || matches!(letter, '<' | '>')) {
            return None;
        }
        let address = Email::parse(address).ok()?;
        Some(Self { name: (!name.is_empty()).then(|| name.to_owned()), address })
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(crate) fn address(&self) -> &str {
        self.address.as_str()
    }

    /// What stands behind the `@`.
    pub(crate) fn domain(&self) -> &str {
        self.address().rsplit('@').next().unwrap_or("localhost")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_an_address_perhaps_with_a_name() {
        for (text, name) in [
            ("tickets@house.example", None),
            ("<tickets@house.example>", None),
            ("The House <tickets@house.example>", Some("The House")),
            ("\"The House, Inc.\" <tickets@house.example>", Some("The House, Inc.")),
            ("House, \"Tickets\" <tickets@house.example>", Some("House, \"Tickets\"")),
            ("\"The\" \"House\" <tickets@house.example>", Some("\"The\" \"House\"")),
            ("\"\" <tickets@house.example>", None),
        ] {
            let sender = Sender::parse(text).unwrap();
            assert_eq!((sender.name(), sender.address()), (name, "tickets@house.example"));
            assert_eq!(sender.domain(), "house.example");
            assert_eq!(sender_domain(&text.to_uppercase()).as_deref(), Some("house.example"));
        }
        for text in ["", "The House", "The House <>", "a@b.example>", "A\r\nBcc: x <a@b.example>"] {
            assert!(Sender::parse(text).is_none() && sender_domain(text).is_none(), "{text}");
        }
    }
}

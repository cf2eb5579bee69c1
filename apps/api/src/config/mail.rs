//! How mail goes out, who it is from and what shows that, and where it is heard what became of it.

use super::places::MailUrl;
use super::reader::{Reader, Secret};
use super::reports;
use adapter_smtp::{Dkim, UnusableDkim, check_url, sender_domain};
use kernel::Email;
use std::sync::Arc;

/// How mail goes out.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The way.
    pub url: MailUrl,
    /// Sender of every mail.
    pub from: String,
    /// Where other servers report what became of mails; each mail has a part of its own behind a `+`.
    pub bounce_address: Option<Email>,
    /// All that may sign what came to that address now.
    pub webhook_secrets: Vec<Secret>,
    /// What signs it, if it is signed here.
    pub dkim: Option<Arc<Dkim>>,
    /// How many mails a minute may go to the addresses of one domain; 0: as many as there are.
    pub per_domain_per_minute: u32,
}

/// Reads the section.
pub(super) fn read(reader: &mut Reader) -> Mail {
    let url = match reader.secret("mail.url") {
        Some(url) if url.expose() == "box:" => MailUrl::Box,
        Some(url) if ["smtp://", "smtps://"].iter().any(|one| url.expose().starts_with(one)) => {
            if let Err(error) = check_url(url.expose()) {
                reader.wrong("mail.url", error.to_string());
            }
            MailUrl::Smtp(url)
        }
        _ => {
            reader.wrong("mail.url", "must be box: or smtp://user:password@host:port");
            MailUrl::Box
        }
    };
    let from = reader.text("mail.from");
    if !from.contains('@') || from.chars().any(char::is_control) {
        reader.wrong("mail.from", "must be a sender, as Tickets <tickets@example.org>");
    }
    let (bounce_address, webhook_secrets) = (reports::address(reader), reports::secrets(reader));
    let dkim = dkim(reader, &from);
    let per_domain_per_minute = reader.number("mail.per_domain_per_minute", 0, 1_000_000);
    Mail { url, from, bounce_address, webhook_secrets, dkim, per_domain_per_minute }
}

/// What signs mails from this sender.
fn dkim(reader: &mut Reader, from: &str) -> Option<Arc<Dkim>> {
    const KEY: &str = "mail.dkim_key";
    const SELECTOR: &str = "mail.dkim_selector";
    const DOMAIN: &str = "mail.dkim_domain";
    let (selector, domain) = (reader.text(SELECTOR), reader.text(DOMAIN));
    if !reader.is_given(KEY) {
        for (key, text) in [(SELECTOR, &selector), (DOMAIN, &domain)] {
            if !text.is_empty() {
                reader.wrong(key, "is of no use without mail.dkim_key_file");
            }
        }
    }
    let key = reader.secret(KEY)?;
    // A sender that is none is a mistake of its own.
    let domain = if domain.is_empty() { sender_domain(from)? } else { domain };
    match Dkim::new(key.expose(), &selector, &domain) {
        Ok(dkim) => Some(Arc::new(dkim)),
        Err(error) => {
            let key = match error {
                UnusableDkim::Key(_) => KEY,
                UnusableDkim::Selector => SELECTOR,
                UnusableDkim::Domain => DOMAIN,
            };
            reader.wrong(key, error.to_string());
            None
        }
    }
}

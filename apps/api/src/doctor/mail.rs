//! How mail goes out.

use super::{Finding, causes};
use crate::config::{Config, Environment, MailUrl};
use adapter_smtp::{Reached, SmtpMailer, sender_domain};
use kernel::Clock;
use std::sync::Arc;

const CHECK: &str = "mail";
const SIGNATURE: &str = "mail_dkim";

/// Connects, greets, encrypts and logs in; sends nothing.
pub(super) async fn look(config: &Config, clock: &Arc<dyn Clock>) -> Finding {
    let url = match (&config.mail.url, config.environment) {
        (MailUrl::Box, Environment::Development) => {
            return Finding::ok(CHECK, "kept here, to be read by admins; none goes out");
        }
        (MailUrl::Box, Environment::Production) => {
            let advice = "set mail.url to smtp://user:password@host:port";
            return Finding::error(CHECK, "kept here: no buyer gets a ticket", advice);
        }
        (MailUrl::Smtp(url), _) => url,
    };
    let mailer = match SmtpMailer::new(url.expose(), &config.mail.from, Arc::clone(clock)) {
        Ok(mailer) => mailer,
        Err(error) => return Finding::error(CHECK, causes(&error), "correct mail.url and mail.from"),
    };
    match mailer.check().await {
        Ok(Reached { encrypted: true, logged_in: true }) => {
            Finding::ok(CHECK, "the server takes us: encrypted and logged in")
        }
        Ok(Reached { encrypted: true, logged_in: false }) => {
            Finding::ok(CHECK, "the server takes us: encrypted, without a login")
        }
        Ok(Reached { encrypted: false, .. }) => {
            Finding::ok(CHECK, "the server on this machine takes us, unencrypted")
        }
        Err(error) => {
            let advice = "correct mail.url: host, port, user and password; the server has to offer STARTTLS with a \
                          certificate for its name";
            Finding::error(CHECK, causes(&*error), advice)
        }
    }
}

/// Whether mails say by a signature that they are ours. Nobody is asked what DNS says.
pub(super) fn signature(config: &Config) -> Option<Finding> {
    let MailUrl::Smtp(_) = &config.mail.url else { return None };
    let Some(dkim) = &config.mail.dkim else {
        let found =
            "mails are not signed here; if the mail server does not sign them either, many do not arrive";
        return Some(Finding::ok(SIGNATURE, found));
    };
    let found = format!("mails are signed for {}; DNS has to say: {}", dkim.domain(), dkim.record());
    let own = sender_domain(&config.mail.from).is_some_and(|domain| dkim.speaks_for(&domain));
    Some(if own {
        Finding::ok(SIGNATURE, found)
    } else {
        let advice =
            "set mail.dkim_domain to the domain of mail.from: a signature of another says nothing (DMARC)";
        Finding::warning(SIGNATURE, found, advice)
    })
}

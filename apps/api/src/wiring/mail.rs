//! How mail goes out.

use crate::config::{Config, MailUrl};
use adapter_local::{LocalStore, MailBox, Place};
use adapter_smtp::{SmtpMailer, UnusableSettings};
use kernel::{Clock, Mailer, StoreError};
use std::sync::Arc;

/// Whoever carries the mail, and the box when it is kept here.
pub struct Post {
    /// Takes mail.
    pub mailer: Arc<dyn Mailer>,
    /// For reading what was taken.
    pub mail_box: Option<MailBox>,
}

/// Why no mail can go out.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The server cannot be used as configured.
    #[error("the mail settings are not usable")]
    Smtp(#[from] UnusableSettings),
    /// The box cannot be made.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The configured way. The box is kept with the local store's data, else in memory.
///
/// # Errors
/// A [`PostError`].
pub fn post(config: &Config, local: Option<&LocalStore>, clock: &Arc<dyn Clock>) -> Result<Post, PostError> {
    match &config.mail.url {
        MailUrl::Smtp(url) => {
            let mailer = SmtpMailer::new(url.expose(), &config.mail.from, Arc::clone(clock))?;
            Ok(Post { mailer: Arc::new(mailer.signing(config.mail.dkim.clone())), mail_box: None })
        }
        MailUrl::Box => {
            let store = match local {
                Some(store) => store.clone(),
                None => LocalStore::open(Place::Memory)?,
            };
            let mail_box = MailBox::new(store, Arc::clone(clock));
            Ok(Post { mailer: Arc::new(mail_box.clone()), mail_box: Some(mail_box) })
        }
    }
}

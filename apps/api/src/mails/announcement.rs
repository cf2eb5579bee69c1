//! What is said to many, to one of them.

use super::content::Content;
use super::reader::Reader;
use super::{LetterError, Outgoing, Written};
use crate::http::routes::BASE;
use crate::wiring::App;
use accounts::Account;
use kernel::{AccountId, EffectId, Language};
use messaging::{Announcement, Block, MailList, Wording};
use serde::Serialize;

/// A part of a text, of which one or the other is there.
#[derive(Clone, Serialize)]
pub(super) struct Passage {
    /// Lines that belong together.
    pub(super) lines: Vec<String>,
    /// An address to open.
    pub(super) link: Option<String>,
}

impl From<Block> for Passage {
    fn from(block: Block) -> Self {
        match block {
            Block::Paragraph(lines) => Self { lines, link: None },
            Block::Link(address) => Self { lines: Vec::new(), link: Some(address) },
        }
    }
}

/// An announcement as somebody is sent it: in their language if it is there, with a way to want no more of these.
///
/// # Errors
/// A [`LetterError`].
pub async fn announcement(
    app: &App,
    id: EffectId,
    it: &Announcement,
    reader: Account,
) -> Result<Outgoing, LetterError> {
    let Reader { account, to, language, .. } = Reader::from(reader);
    let (_, written) = in_language(app, it, language, account).await?;
    let mut outgoing = written.mail(id, to, Vec::new()).to(account);
    outgoing.mail.unsubscribe = Some(one_click(app, account, it.audience.list()));
    Ok(match it.audience.event() {
        Some(event) => outgoing.on(event),
        None => outgoing,
    })
}

/// The same as it is read in a language, with links of whoever looks at it; and in which language that is.
///
/// # Errors
/// A [`LetterError`].
pub async fn in_language(
    app: &App,
    it: &Announcement,
    wished: Language,
    reader: AccountId,
) -> Result<(Language, Written), LetterError> {
    let empty = Wording { subject: String::new(), body: String::new() };
    let (language, wording) = it.texts.read_in(wished).unwrap_or((wished, &empty));
    let title = match it.audience.event() {
        Some(event) => app.events.facts(event).await?.map(|listed| listed.event.title),
        None => None,
    };
    let organiser = match it.organisation {
        Some(organisation) => {
            app.events.issuer(organisation).await?.map(|(organisation, _)| organisation.name)
        }
        None => None,
    };
    let content = Content::Announcement {
        subject: wording.subject.clone(),
        passages: wording.blocks().into_iter().map(Passage::from).collect(),
        audience: it.audience.kind(),
        title,
        organiser,
        address: page(app, reader, it.audience.list()),
    };
    Ok((language, app.templates.written(language, &content)?))
}

/// Where people leave a list. The token stands behind `#`, which browsers send to no server.
fn page(app: &App, account: AccountId, list: MailList) -> String {
    format!("{}/unsubscribe#token={}", app.config.http.public_url, app.announcements.link(account, list))
}

/// Where mail programs do.
fn one_click(app: &App, account: AccountId, list: MailList) -> String {
    format!("{}{BASE}/unsubscribe/{}", app.config.http.public_url, app.announcements.link(account, list))
}

//! Mails about addresses that are called.

use super::content::Content;
use super::reader::Reader;
use super::{LetterError, Outgoing, for_each};
use crate::wiring::App;
use accounts::Account;
use hooks::OffNews;
use kernel::{EffectId, HookId, Language};

/// That a hook was switched off, to every owner of its organisation who may log in; to nobody when it is on again.
///
/// # Errors
/// A [`LetterError`].
pub async fn hook_off(app: &App, id: EffectId, hook: HookId) -> Result<Vec<Outgoing>, LetterError> {
    let Some(news) = app.hooks.off_news(hook).await? else { return Ok(Vec::new()) };
    let house = app.events.issuer(news.organisation).await?;
    let house = house.map(|(organisation, _)| organisation.name).unwrap_or_default();
    let mut mails = Vec::new();
    for owner in app.events.owners(news.organisation).await? {
        let account = app.accounts.account(owner).await?.filter(Account::is_active);
        let Some(reader) = account.map(Reader::from) else { continue };
        let written = app.templates.written(reader.language, &content(&news, &house, reader.language))?;
        mails.push(written.mail(for_each(id, owner.as_uuid()), reader.to, Vec::new()).to(reader.account));
    }
    Ok(mails)
}

fn content(news: &OffNews, house: &str, language: Language) -> Content {
    Content::HookOff {
        house: house.to_owned(),
        host: news.host.clone(),
        description: Some(news.description.clone()).filter(|description| !description.is_empty()),
        since: language.moment(news.since.naive_utc(), "UTC"),
        gone: news.gone,
    }
}

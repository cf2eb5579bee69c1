//! Mails about wishes that a picture goes.

use super::content::Content;
use super::reader::reader;
use super::{LetterError, Outgoing, to_admins};
use crate::wiring::App;
use gallery::{Removal, RemovalStatus};
use kernel::{EffectId, RemovalId, Timestamp};

/// What became of a wish, to whoever asked; nothing to whom nothing became of it yet, or whose account was erased.
///
/// # Errors
/// A [`LetterError`].
pub async fn removal(app: &App, id: EffectId, removal: RemovalId) -> Result<Option<Outgoing>, LetterError> {
    let Some(wish) = app.gallery.removal(removal).await? else { return Ok(None) };
    let Some(account) = wish.by else { return Ok(None) };
    let Some(reader) = reader(app, account).await? else { return Ok(None) };
    let content = match wish.status {
        RemovalStatus::Removed => removed(wish),
        RemovalStatus::Refused => {
            // It may have been withdrawn, or deleted, whatever was decided about the wish.
            let picture = app.gallery.picture(wish.picture).await?;
            refused(wish, picture.is_some_and(|picture| picture.is_visible()))
        }
        RemovalStatus::Asked | RemovalStatus::Removing => return Ok(None),
    };
    let written = app.templates.written(reader.language, &content)?;
    Ok(Some(written.mail(id, reader.to, Vec::new()).to(reader.account)))
}

fn removed(wish: Removal) -> Content {
    Content::PictureRemoved {
        asked_on: day(wish.asked_at),
        files: wish.proof.len(),
        gone_at: minute(wish.removed_at.unwrap_or(wish.asked_at)),
        note: wish.note,
        case: wish.id.to_string(),
    }
}

fn refused(wish: Removal, shown: bool) -> Content {
    let case = wish.id.to_string();
    Content::PictureKept { asked_on: day(wish.asked_at), shown, note: wish.note, case }
}

/// That somebody wants a picture gone, to every admin; nothing when it is decided already.
///
/// # Errors
/// A [`LetterError`].
pub async fn removal_asked(
    app: &App,
    id: EffectId,
    removal: RemovalId,
) -> Result<Vec<Outgoing>, LetterError> {
    let wish = app.gallery.removal(removal).await?;
    let Some(wish) = wish.filter(|wish| wish.status == RemovalStatus::Asked) else { return Ok(Vec::new()) };
    let album = app.gallery.album(wish.album).await?.map(|album| album.title).unwrap_or_default();
    let content = Content::PictureWish { album, reason: wish.reason, case: wish.id.to_string() };
    to_admins(app, id, &content).await
}

fn day(at: Timestamp) -> String {
    at.format("%Y-%m-%d").to_string()
}

fn minute(at: Timestamp) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mails::Templates;
    use gallery::Absence;
    use kernel::{AccountId, AlbumId, Language, PictureId};

    fn wish() -> Removal {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        Removal {
            id: RemovalId::generate(now),
            picture: PictureId::generate(now),
            album: AlbumId::generate(now),
            by: Some(AccountId::generate(now)),
            reason: None,
            asked_at: now,
            status: RemovalStatus::Removed,
            decided_by: None,
            decided_at: Some(now),
            note: Some("Tut uns leid.".into()),
            keys: Vec::new(),
            proof: vec![Absence { key: "pictures/x/original.jpg".into(), seen_at: now }; 13],
            links_end_at: Some(now),
            removed_at: Some(now),
        }
    }

    #[test]
    fn both_languages_say_how_many_files_went_and_when() {
        let templates = Templates::new().unwrap();
        for (language, files) in [(Language::German, "13 Dateien"), (Language::English, "13 files")] {
            let wish = wish();
            let case = wish.id.to_string();
            let mail = templates.written(language, &removed(wish)).unwrap();
            for said in [files, "2026-06-01 12:00 UTC", "Tut uns leid.", &case] {
                assert!(mail.text.contains(said), "{said}: {}", mail.text);
            }
            assert!(!mail.text.contains("pictures/"), "names of files are ours");
        }
    }

    #[test]
    fn a_refusal_says_that_a_picture_is_shown_only_where_it_is() {
        let templates = Templates::new().unwrap();
        for (language, shows, untrue, refusal) in [
            (Language::German, "zeigen es wieder", "bleibt", "nicht zugestimmt"),
            (Language::English, "show it again", "stays", "did not agree"),
        ] {
            let mail = templates.written(language, &refused(wish(), true)).unwrap();
            assert!(mail.text.contains(shows) && mail.subject.contains(untrue));
            let mail = templates.written(language, &refused(wish(), false)).unwrap();
            for word in [shows, untrue] {
                assert!(!mail.subject.contains(word) && !mail.text.contains(word), "{word}");
            }
            assert!(mail.text.contains(refusal));
        }
    }
}

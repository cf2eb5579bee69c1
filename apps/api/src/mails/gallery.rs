//! Mails about wishes that a picture goes. Nobody has said in which language they read, so each says it in both.

use super::page::Page;
use super::{LetterError, for_each, reader};
use crate::wiring::App;
use gallery::{Removal, RemovalStatus};
use kernel::{EffectId, Mail, RemovalId, Timestamp};

/// What became of a wish, to whoever asked; nothing to whom nothing became of it yet, or whose account was erased.
///
/// # Errors
/// A [`LetterError`].
pub async fn removal(app: &App, id: EffectId, removal: RemovalId) -> Result<Option<Mail>, LetterError> {
    let Some(wish) = app.gallery.removal(removal).await? else { return Ok(None) };
    let Some(account) = wish.by else { return Ok(None) };
    let Some((to, _)) = reader(app, account).await? else { return Ok(None) };
    let page = match wish.status {
        RemovalStatus::Removed => removed(&wish),
        RemovalStatus::Refused => {
            // It may have been withdrawn, or deleted, whatever was decided about the wish.
            let picture = app.gallery.picture(wish.picture).await?;
            refused(&wish, picture.is_some_and(|picture| picture.is_visible()))
        }
        RemovalStatus::Asked | RemovalStatus::Removing => return Ok(None),
    };
    Ok(Some(page.mail(id, to, Vec::new())))
}

fn removed(wish: &Removal) -> Page {
    let files = wish.proof.len();
    let (asked, gone) = (day(wish.asked_at), wish.removed_at.unwrap_or(wish.asked_at));
    let mut page = Page::new("Dein Bild ist gelöscht / Your picture has been removed".to_owned());
    page.line(format!(
        "Du hast am {asked} darum gebeten, dass ein Bild verschwindet. Es ist gelöscht: {files} Dateien, in jeder Größe. \
         Danach haben wir nach jeder einzelnen gesucht und keine mehr gefunden ({}).",
        minute(gone)
    ));
    page.line(format!(
        "On {asked} you asked that a picture goes. It has been removed: {files} files, in every size. We looked for each \
         of them afterwards, and none was there any more ({}).",
        minute(gone)
    ));
    noted(&mut page, wish);
    page
}

fn refused(wish: &Removal, shown: bool) -> Page {
    let asked = day(wish.asked_at);
    let (subject, german, english) = if shown {
        ("Dein Bild bleibt / Your picture stays", "zeigen es wieder", "show it again")
    } else {
        (
            "Deine Bitte zu einem Bild / Your request about a picture",
            "haben der Bitte nicht zugestimmt. Zu sehen ist das Bild zurzeit trotzdem nicht",
            "did not agree to it. All the same the picture is not to be seen at present",
        )
    };
    let mut page = Page::new(subject.to_owned());
    page.line(format!(
        "Du hast am {asked} darum gebeten, dass ein Bild verschwindet. Wir haben das geprüft und {german}. \
         Wenn du das anders siehst, antworte uns bitte."
    ));
    page.line(format!(
        "On {asked} you asked that a picture goes. We looked at it and {english}. If you see that differently, please \
         write to us."
    ));
    noted(&mut page, wish);
    page
}

/// What an admin said to it, in whichever language.
fn noted(page: &mut Page, wish: &Removal) {
    if let Some(note) = &wish.note {
        page.line(format!("„{note}“"));
    }
    page.line(format!("{}", wish.id));
}

/// That somebody wants a picture gone, to every admin; nothing when it is decided already.
///
/// # Errors
/// A [`LetterError`].
pub async fn removal_asked(app: &App, id: EffectId, removal: RemovalId) -> Result<Vec<Mail>, LetterError> {
    let wish = app.gallery.removal(removal).await?;
    let Some(wish) = wish.filter(|wish| wish.status == RemovalStatus::Asked) else { return Ok(Vec::new()) };
    let album = app.gallery.album(wish.album).await?.map(|album| album.title).unwrap_or_default();
    let admins = app.accounts.admins().await?;
    let mail = |admin: accounts::Account| {
        let mut page = Page::new(format!("Ein Bild soll weg / A picture is to go: {album}"));
        page.line(format!(
            "Jemand bittet darum, dass ein Bild aus „{album}“ verschwindet. Bis du entscheidest, sieht es niemand."
        ));
        page.line(format!(
            "Somebody asks that a picture of “{album}” goes. Until you decide, nobody sees it."
        ));
        if let Some(reason) = &wish.reason {
            page.line(format!("„{reason}“"));
        }
        page.line(format!("{}", wish.id));
        page.mail(for_each(id, admin.id.as_uuid()), admin.email.into(), Vec::new())
    };
    Ok(admins.into_iter().map(mail).collect())
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
    use gallery::Absence;
    use kernel::{AccountId, AlbumId, PictureId};

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
        let wish = wish();
        let mail = removed(&wish).mail(EffectId::from(uuid::Uuid::nil()), "a@example.org".into(), Vec::new());
        for said in ["13 Dateien", "13 files", "2026-06-01 12:00 UTC", "Tut uns leid.", &wish.id.to_string()]
        {
            assert!(mail.text.contains(said), "{said}: {}", mail.text);
        }
        assert!(!mail.text.contains("pictures/"), "names of files are ours");
        let refused = |shown| {
            let page = refused(&wish, shown);
            page.mail(EffectId::from(uuid::Uuid::nil()), "a@example.org".into(), Vec::new())
        };
        let mail = refused(true);
        assert!(mail.text.contains("zeigen es wieder") && mail.text.contains("show it again"));
        let mail = refused(false);
        for untrue in ["bleibt", "stays", "zeigen es wieder", "show it again"] {
            assert!(!mail.subject.contains(untrue) && !mail.text.contains(untrue), "{untrue}");
        }
        assert!(mail.text.contains("nicht zugestimmt") && mail.text.contains("did not agree"));
    }
}

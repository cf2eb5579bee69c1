//! What the audit log says of the gallery: ids, counts and decisions; neither titles nor captions nor anybody's words.

use crate::{Album, Picture, Removal};
use kernel::{Act, AlbumId, Cause, PictureId, Subject, Timestamp};
use serde_json::{Value, json};

/// An album was made.
pub(crate) fn album_created(by: &Cause, album: &Album, now: Timestamp) -> Act {
    of_album(by, "album.create", album.id, now).changing(None, said(album))
}

/// An album was changed; `None` when it was not.
pub(crate) fn album_changed(by: &Cause, before: &Album, after: &Album, now: Timestamp) -> Option<Act> {
    let changed = before != after;
    changed.then(|| of_album(by, "album.change", after.id, now).changing(said(before), said(after)))
}

/// An album has gone.
pub(crate) fn album_deleted(by: &Cause, album: &Album, now: Timestamp) -> Act {
    of_album(by, "album.delete", album.id, now).changing(said(album), None)
}

/// Pictures were added to an album.
pub(crate) fn added(by: &Cause, pictures: &[Picture], now: Timestamp) -> Vec<Act> {
    by_album(pictures)
        .into_iter()
        .map(|(album, ids)| {
            of_album(by, "album.add_pictures", album, now).changing(None, text(&json!({"pictures": ids})))
        })
        .collect()
}

/// Pictures are shown to members, or not any more: one act for all of an album.
pub(crate) fn published(by: &Cause, pictures: &[Picture], published: bool, now: Timestamp) -> Vec<Act> {
    let name = if published { "album.publish_pictures" } else { "album.withdraw_pictures" };
    by_album(pictures)
        .into_iter()
        .map(|(album, ids)| of_album(by, name, album, now).changing(None, text(&json!({"pictures": ids}))))
        .collect()
}

/// Pictures that failed are made anew: one act for all of an album.
pub(crate) fn retried(by: &Cause, pictures: &[Picture], now: Timestamp) -> Vec<Act> {
    by_album(pictures)
        .into_iter()
        .map(|(album, ids)| {
            of_album(by, "album.retry_pictures", album, now).changing(None, text(&json!({"pictures": ids})))
        })
        .collect()
}

/// Pictures have gone: one act for all of an album.
pub(crate) fn deleted(by: &Cause, pictures: &[Picture], now: Timestamp) -> Vec<Act> {
    by_album(pictures)
        .into_iter()
        .map(|(album, ids)| {
            of_album(by, "album.delete_pictures", album, now).changing(text(&json!({"pictures": ids})), None)
        })
        .collect()
}

/// Something else is written under a picture.
pub(crate) fn described(by: &Cause, picture: &Picture, now: Timestamp) -> Act {
    by.act("picture.describe", Subject::new("picture", picture.id.as_uuid()), now)
}

/// Somebody wants a picture gone.
pub(crate) fn asked(by: &Cause, wish: &Removal, now: Timestamp) -> Act {
    of_wish(by, "removal.ask", wish, now)
}

/// An admin agreed to it, or did not.
pub(crate) fn decided(by: &Cause, wish: &Removal, now: Timestamp) -> Act {
    of_wish(by, "removal.decide", wish, now)
}

/// All files of the picture have gone.
pub(crate) fn erased(by: &Cause, wish: &Removal, now: Timestamp) -> Act {
    of_wish(by, "removal.prove", wish, now)
}

fn said(album: &Album) -> Option<String> {
    text(&json!({"event": album.event, "access": album.access}))
}

fn text(value: &Value) -> Option<String> {
    Some(value.to_string())
}

fn of_album(by: &Cause, name: &'static str, album: AlbumId, now: Timestamp) -> Act {
    by.act(name, Subject::new("album", album.as_uuid()), now)
}

fn of_wish(by: &Cause, name: &'static str, wish: &Removal, now: Timestamp) -> Act {
    let after = json!({
        "status": wish.status.as_str(),
        "picture": wish.picture,
        "album": wish.album,
        "absent": wish.proof.len(),
    });
    by.act(name, Subject::new("removal", wish.id.as_uuid()), now).changing(None, text(&after))
}

fn by_album(pictures: &[Picture]) -> Vec<(AlbumId, Vec<PictureId>)> {
    let mut albums: Vec<(AlbumId, Vec<PictureId>)> = Vec::new();
    for picture in pictures {
        match albums.iter_mut().find(|(album, _)| *album == picture.album) {
            Some((_, ids)) => ids.push(picture.id),
            None => albums.push((picture.album, vec![picture.id])),
        }
    }
    albums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{album, noon, picture};
    use crate::{Access, AlbumChange};
    use kernel::AccountId;

    #[test]
    fn no_word_of_the_log_says_what_people_wrote() {
        let (by, now) = (Cause::system(), noon());
        let before = Album { title: "private party".into(), ..album() };
        let after =
            before.changed(&AlbumChange { title: Some("other".into()), ..AlbumChange::default() }).unwrap();
        let mut of = picture();
        of.describe(Some("private words")).unwrap();
        of.filename = "private.jpg".into();
        let wish = Removal::ask(&mut of, AccountId::generate(now), Some("private reason"), now, now).unwrap();
        let mut acts = vec![
            album_created(&by, &before, now),
            album_deleted(&by, &before, now),
            described(&by, &of, now),
            asked(&by, &wish, now),
            decided(&by, &wish, now),
            erased(&by, &wish, now),
        ];
        acts.extend(album_changed(&by, &before, &after, now));
        acts.extend(added(&by, &[of.clone()], now));
        acts.extend(published(&by, &[of.clone()], true, now));
        acts.extend(retried(&by, &[of.clone()], now));
        acts.extend(deleted(&by, &[of], now));
        assert_eq!(acts.len(), 11);
        for act in acts {
            assert!(!serde_json::to_string(&act).unwrap().contains("private"), "{act:?}");
        }
    }

    #[test]
    fn what_changed_nothing_is_no_act() {
        let (by, it) = (Cause::system(), album());
        assert_eq!(album_changed(&by, &it, &it, noon()), None);
        let open = Album { access: Access::Members, ..it.clone() };
        let acts = album_changed(&by, &it, &open, noon());
        assert_eq!(acts.is_some(), it != open);
    }

    #[test]
    fn there_is_one_act_for_all_pictures_of_an_album() {
        let mut pictures = vec![picture(), picture(), picture()];
        pictures[1].album = pictures[0].album;
        assert_eq!(published(&Cause::system(), &pictures, true, noon()).len(), 2);
    }
}

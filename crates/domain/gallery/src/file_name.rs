//! What pictures are called that somebody saves: by their album, and never by what their sender called them.

use crate::ImageFormat;
use kernel::{PictureId, readable_name};

/// Most bytes of the album's part. The name is part of every link, and a page of pictures has thousands of links.
const LONGEST: usize = 60;
/// Most bytes of the name of an album that is saved as a whole.
const LONGEST_FOLDER: usize = 180;

/// `Opening night 1f0c93ab.webp`. What tells pictures of an album apart is the end of the id: a place in the album would
/// be another one, and the link with it, as soon as a picture before it came or went.
#[must_use]
pub fn file_name(album: &str, picture: PictureId, format: ImageFormat) -> String {
    let title = readable_name(album, LONGEST, "picture");
    // The last of its bits are random.
    let number = picture.as_uuid().as_u128() & 0xffff_ffff;
    format!("{title} {number:08x}.{}", format.extension())
}

/// What an album is called that is saved as a whole.
#[must_use]
pub fn folder_name(album: &str) -> String {
    readable_name(album, LONGEST_FOLDER, "album")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_called_by_its_album_whatever_that_is_called() {
        let id: PictureId = "0190b6c4-6b5e-7c3d-8a1f-1f0c0f0c93ab".parse().unwrap();
        for (title, name) in [
            ("Opening night", "Opening night 0f0c93ab.webp"),
            ("Nächte: \"eins\" / 2", "Nächte- 'eins' - 2 0f0c93ab.webp"),
            ("a\u{202e}b", "a b 0f0c93ab.webp"),
            ("..", "picture 0f0c93ab.webp"),
            (&"x".repeat(200), &format!("{} 0f0c93ab.webp", "x".repeat(60))),
            (&"ü".repeat(200), &format!("{} 0f0c93ab.webp", "ü".repeat(30))),
        ] {
            assert_eq!(file_name(title, id, ImageFormat::WebP), name);
        }
        assert!(file_name("x", id, ImageFormat::Jpeg).ends_with(".jpg"));
        assert_eq!((folder_name("Nächte: eins"), folder_name("..")), ("Nächte- eins".into(), "album".into()));
    }
}

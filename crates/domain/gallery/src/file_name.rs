//! What pictures are called that somebody saves: by their album, and never by what their sender called them.

use crate::ImageFormat;
use kernel::PictureId;

/// Most bytes of the album's part. The name is part of every link, and a page of pictures has thousands of links.
const LONGEST: usize = 60;

/// `Opening night 1f0c93ab.webp`. What tells pictures of an album apart is the end of the id: a place in the album would
/// be another one, and the link with it, as soon as a picture before it came or went.
#[must_use]
pub fn file_name(album: &str, picture: PictureId, format: ImageFormat) -> String {
    let plain = |one: char| if one.is_alphanumeric() || " -_.,&+!()".contains(one) { one } else { '_' };
    let mut title: String = album.chars().map(plain).collect();
    while title.len() > LONGEST {
        title.pop();
    }
    let title = title.trim_matches([' ', '.']);
    let title = if title.is_empty() { "picture" } else { title };
    // The last of its bits are random.
    let number = picture.as_uuid().as_u128() & 0xffff_ffff;
    format!("{title} {number:08x}.{}", format.extension())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_called_by_its_album_whatever_that_is_called() {
        let id: PictureId = "0190b6c4-6b5e-7c3d-8a1f-1f0c0f0c93ab".parse().unwrap();
        for (title, name) in [
            ("Opening night", "Opening night 0f0c93ab.webp"),
            ("Nächte: \"eins\" / 2", "Nächte_ _eins_ _ 2 0f0c93ab.webp"),
            ("a\u{202e}b", "a_b 0f0c93ab.webp"),
            ("..", "picture 0f0c93ab.webp"),
            (&"x".repeat(200), &format!("{} 0f0c93ab.webp", "x".repeat(60))),
            (&"ü".repeat(200), &format!("{} 0f0c93ab.webp", "ü".repeat(30))),
        ] {
            assert_eq!(file_name(title, id, ImageFormat::WebP), name);
        }
        assert!(file_name("x", id, ImageFormat::Jpeg).ends_with(".jpg"));
    }
}

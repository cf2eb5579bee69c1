//! What tests of this domain are made of.

use crate::{Access, Album, ImageFormat, Picture, Rendered, RenderedFile, Sent};
use kernel::{AccountId, AlbumId, EventId, ObjectKey, PictureId, Timestamp};

pub(crate) fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn album() -> Album {
    Album {
        id: AlbumId::generate(noon()),
        title: "Night".into(),
        event: Some(EventId::generate(noon())),
        access: Access::Attendees,
        created_by: AccountId::generate(noon()),
        created_at: noon(),
    }
}

fn sent(id: PictureId) -> Sent {
    let key = ObjectKey::parse(&format!("pictures/{id}/original.jpg")).unwrap();
    Sent { filename: "a.jpg".into(), key, bytes: 3, caption: None }
}

pub(crate) fn picture() -> Picture {
    let id = PictureId::generate(noon());
    Picture::create(id, AlbumId::generate(noon()), &sent(id), AccountId::generate(noon()), noon()).unwrap()
}

pub(crate) fn rendered() -> Rendered {
    let file = |width: u32, format: ImageFormat| RenderedFile {
        path: format!("{width}.{}", format.extension()).into(),
        width,
        height: width / 2,
        format,
        bytes: 7,
    };
    let files = [320, 640].iter();
    Rendered {
        width: 4000,
        height: 2000,
        thumbhash: vec![1, 2, 3],
        taken_at: Some(noon()),
        files: files
            .flat_map(|width| [file(*width, ImageFormat::Jpeg), file(*width, ImageFormat::WebP)])
            .collect(),
    }
}

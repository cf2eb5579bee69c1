//! Pictures that are sent as a form: many files in one request, each of which stands or falls for itself. Nothing of
//! them is held in memory but what has just arrived.

use super::{ImageView, Linker};
use crate::http::access::Admin;
use crate::http::problem::Problem;
use crate::wiring::App;
use actix_multipart::{Field, Multipart};
use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, post};
use futures_util::{Stream, StreamExt};
use gallery::Received;
use kernel::{Actor, AlbumId, Body, Invalid};
use media::upload::{SNIFFED, sniff};
use media::{Format, UploadKind};
use serde::Serialize;
use std::path::{Path as FilePath, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use utoipa::ToSchema;
use uuid::Uuid;

/// Most bytes of one file.
const LARGEST: u64 = UploadKind::Image.largest();
/// Most files of one request.
const MOST: usize = 100;
/// How long the next bytes may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
/// What the parts with files are called.
const FIELD: &str = "files";

/// The form, for the document.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read part by part")]
pub(super) struct ImagesForm {
    /// 1 to 100 files of at most 200 MiB each: JPEG, PNG, WebP or HEIC.
    #[schema(value_type = Vec<String>, format = Binary)]
    files: Vec<Vec<u8>>,
}

/// What became of the files of a form.
#[derive(Serialize, ToSchema)]
pub(super) struct ImagesAddedView {
    /// In the order in which they were sent.
    items: Vec<FileView>,
}

/// What became of one file.
#[derive(Serialize, ToSchema)]
pub(super) struct FileView {
    /// What its sender called it.
    filename: String,
    /// The picture, of which everything is made now.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<ImageView>,
    /// Why it was not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FileErrorView>,
}

/// Why a file was not taken.
#[derive(Serialize, ToSchema)]
pub(super) struct FileErrorView {
    /// `unknown_format`, `empty`, `too_large`, `too_many_files`, `incomplete_body`; or the code of any problem.
    #[schema(example = "unknown_format")]
    code: &'static str,
    /// For people.
    message: String,
}

/// Why a file was not taken, and whether the next one can be read all the same.
enum Refused {
    /// It alone.
    Alone(&'static str, String),
    /// The form ends here.
    Broken,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Alone(problem.code(), problem.detail().to_owned())
    }
}

/// Add pictures to an album as a form, with each file in a part named `files`. Each stands or falls for itself; what can
/// be made of those that are taken shows later (`status` of each picture). Large ones are better sent as uploads.
#[utoipa::path(tag = "gallery", security(("bearer" = [])),
    request_body(content = ImagesForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = ImagesAddedView),
        (status = 404, body = Problem),
        (status = 415, description = "`unsupported_media_type`: it is no form", body = Problem),
        (status = 422, description = "`invalid_input`: there is no file in it", body = Problem)))]
#[post("/admin/albums/{id}/images")]
pub(super) async fn add_images(
    app: Data<App>,
    request: HttpRequest,
    admin: Admin,
    id: Path<Uuid>,
    form: Multipart,
) -> Result<HttpResponse, Problem> {
    let album = AlbumId::from(id.into_inner());
    app.gallery.album(album).await?.ok_or_else(Problem::not_found)?;
    if !request.content_type().eq_ignore_ascii_case("multipart/form-data") {
        let detail = "Send multipart/form-data.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    }
    let items = read(&app, &admin.0, album, form).await?;
    if items.is_empty() {
        let message = "must have 1 to 100 files in parts of this name";
        return Err(Problem::invalid(vec![Invalid::new(FIELD, "required", message)]));
    }
    app.albums.changed(&*app.broadcast, album).await;
    let location = (header::LOCATION, format!("/api/v1/gallery/albums/{album}/images"));
    Ok(HttpResponse::Created().insert_header(location).json(ImagesAddedView { items }))
}

/// Takes file after file, until the form ends or breaks off.
async fn read(
    app: &App,
    actor: &Actor,
    album: AlbumId,
    mut form: Multipart,
) -> Result<Vec<FileView>, Problem> {
    let mut items = Vec::new();
    loop {
        let mut field = match timeout(PATIENCE, form.next()).await {
            Ok(None) => return Ok(items),
            Ok(Some(Ok(field))) => field,
            // What was taken before stays, and is told.
            Ok(Some(Err(_))) | Err(_) if !items.is_empty() => return Ok(items),
            Ok(Some(Err(_))) => return Err(unreadable()),
            Err(_) => return Err(late()),
        };
        if field.name() != Some(FIELD) {
            continue;
        }
        let given = field.content_disposition().and_then(|said| said.get_filename()).unwrap_or_default();
        let given: String = given.chars().take(255).collect();
        if items.len() >= MOST {
            let message = format!("only the first {MOST} files of a form are taken");
            items.push(refused(given, "too_many_files", message));
            return Ok(items);
        }
        match take(app, actor, album, &given, &mut field).await {
            Ok(image) => items.push(FileView { filename: given, image: Some(image), error: None }),
            Err(Refused::Alone(code, message)) => items.push(refused(given, code, message)),
            Err(Refused::Broken) => {
                items.push(refused(given, "incomplete_body", "the file did not arrive".to_owned()));
                return Ok(items);
            }
        }
    }
}

fn refused(filename: String, code: &'static str, message: String) -> FileView {
    FileView { filename, image: None, error: Some(FileErrorView { code, message }) }
}

fn unreadable() -> Problem {
    Problem::bad_request("incomplete_body", "The form cannot be read to its end.")
}

fn late() -> Problem {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "incomplete_body", "The body did not arrive.")
}

/// One file: into the workplace, looked at, put, and made a picture.
async fn take(
    app: &App,
    actor: &Actor,
    album: AlbumId,
    given: &str,
    field: &mut Field,
) -> Result<ImageView, Refused> {
    let room = app.workplace.room().map_err(|error| Problem::internal(&error))?;
    let (path, bytes, format) = keep(&room, field).await?;
    let file = Received {
        filename: given.to_owned(),
        extension: extension(format),
        content_type: format.content_type(),
        bytes,
        body: Body::File(path),
        caption: None,
    };
    let picture = app.gallery.receive(actor, album, file).await.map_err(Problem::from)?;
    Ok(ImageView::whole(&Linker::to(app, &picture).await?, &picture)?)
}

const fn extension(format: Format) -> &'static str {
    match format {
        Format::Png => "png",
        Format::WebP => "webp",
        Format::Heic => "heic",
        _ => "jpg",
    }
}

/// Writes what arrives of a file; how much that is, and what it begins as.
async fn keep(room: &TempDir, field: &mut Field) -> Result<(PathBuf, u64, Format), Refused> {
    let path = room.path().join("sent");
    let wrote = write(&path, field).await;
    let (bytes, head) = match wrote {
        Ok(wrote) => wrote,
        Err(refused) => return Err(refused),
    };
    if bytes == 0 {
        return Err(Refused::Alone("empty", "the file is empty".to_owned()));
    }
    let format = sniff(&head).filter(|format| format.kind() == UploadKind::Image);
    let format = format.ok_or_else(|| {
        Refused::Alone("unknown_format", "it is neither JPEG nor PNG, WebP or HEIC".to_owned())
    })?;
    Ok((path, bytes, format))
}

/// What was written of it, and its first bytes. One that is too large is read on, so that the next can be, but not for
/// ever.
async fn write<S, E>(path: &FilePath, parts: &mut S) -> Result<(u64, Vec<u8>), Refused>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    let broken = |error: std::io::Error| Refused::from(Problem::internal(&error));
    let mut file = File::create(path).await.map_err(broken)?;
    let (mut bytes, mut head) = (0_u64, Vec::new());
    let looked = usize::try_from(SNIFFED).unwrap_or(usize::MAX);
    loop {
        let part = match timeout(PATIENCE, parts.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(part))) => part,
            Ok(Some(Err(_))) | Err(_) => return Err(Refused::Broken),
        };
        bytes += part.len() as u64;
        if bytes > 2 * LARGEST {
            return Err(Refused::Broken);
        }
        if bytes <= LARGEST {
            head.extend(part.iter().take(looked.saturating_sub(head.len())));
            file.write_all(&part).await.map_err(broken)?;
        }
    }
    file.flush().await.map_err(broken)?;
    if bytes > LARGEST {
        let message = format!("a file has at most {} MiB", LARGEST / (1024 * 1024));
        return Err(Refused::Alone("too_large", message));
    }
    Ok((bytes, head))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    async fn written(parts: Vec<Result<Bytes, ()>>) -> Result<(u64, Vec<u8>), &'static str> {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("sent");
        let wrote = write(&path, &mut stream::iter(parts)).await;
        wrote.map_err(|refused| match refused {
            Refused::Alone(code, _) => code,
            Refused::Broken => "broken",
        })
    }

    #[tokio::test]
    async fn a_file_is_taken_up_to_its_largest_and_one_that_breaks_off_is_none() {
        let two = vec![Ok(Bytes::from_static(b"ab")), Ok(Bytes::from_static(b"c"))];
        assert_eq!(written(two).await, Ok((3, b"abc".to_vec())));
        assert_eq!(written(vec![Ok(Bytes::from_static(b"ab")), Err(())]).await, Err("broken"));
        let piece = Bytes::from(vec![0; 50 * 1024 * 1024]);
        let pieces = |count: usize| vec![Ok(piece.clone()); count];
        assert_eq!(written(pieces(4)).await.map(|(bytes, head)| (bytes, head.len())), Ok((LARGEST, 4096)));
        assert_eq!(written(pieces(5)).await, Err("too_large"));
        assert_eq!(written(pieces(9)).await, Err("broken"), "an endless one is not read for ever");
    }
}

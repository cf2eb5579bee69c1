//! The port, call by call.

use crate::S3;
use crate::fault::{broken, broken_as, failed, is_behind_the_end, is_missing, refused, refused_with};
use crate::multipart::MOST_PARTS;
use crate::settings::timeouts;
use crate::sign::Request;
use crate::stream::{Empty, Stream};
use async_trait::async_trait;
use aws_sdk_s3::Config;
use aws_sdk_s3::config::http::HttpRequest;
use aws_sdk_s3::operation::delete_objects::DeleteObjectsOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::SubsecRound;
use kernel::{
    Body, Content, Delivery, Link, Listed, ObjectError, ObjectKey, ObjectStore, Part, PartsId, Span,
    StoredObject, Timestamp, Unfinished, Window,
};
use md5::{Digest, Md5};

/// As many as one call removes.
const AT_ONCE: usize = 1000;

/// What is larger is put in parts, so that a broken line costs one of them.
const IN_ONE: u64 = 64 * 1024 * 1024;

/// What stores say of a run of bytes, as links have their say only about whole objects: for two hours, as long as a link is
/// good where nothing else is configured.
pub(crate) const KEPT: &str = "private, max-age=7200, immutable";

#[async_trait]
impl ObjectStore for S3 {
    async fn put(&self, key: &ObjectKey, body: Body, content_type: &str) -> Result<(), ObjectError> {
        const DOING: &str = "putting an object";
        let (body, size) = match body {
            Body::Bytes(bytes) => {
                let size = bytes.len() as u64;
                (ByteStream::from(bytes), size)
            }
            Body::File(path) => {
                let size = tokio::fs::metadata(&path).await.map_err(|cause| broken(DOING, cause))?.len();
                if size > IN_ONE {
                    return self.put_in_parts(key, &path, size, IN_ONE, content_type).await;
                }
                (ByteStream::from_path(&path).await.map_err(|cause| broken(DOING, cause))?, size)
            }
        };
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(self.place.name(key))
            .content_type(content_type)
            .cache_control(KEPT)
            .body(body)
            .customize()
            .config_override(Config::builder().timeout_config(timeouts(size)))
            .send()
            .await
            .map(|_| ())
            .map_err(failed(DOING))
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<StoredObject>, ObjectError> {
        let asked = self.client.head_object().bucket(&self.bucket).key(self.place.name(key)).send().await;
        match asked {
            Ok(answer) => {
                let (etag, content_type) = (answer.e_tag(), answer.content_type());
                Ok(Some(stored(answer.content_length().unwrap_or(0), content_type, etag)))
            }
            Err(error) if is_missing(&error, "NoSuchKey") => Ok(None),
            Err(error) => Err(failed("looking for an object")(error)),
        }
    }

    async fn get(&self, key: &ObjectKey, span: Option<Span>) -> Result<Option<Content>, ObjectError> {
        const DOING: &str = "reading an object";
        let range = match span {
            None => None,
            // HTTP has no words for a run of no bytes.
            Some(Span { length: 0, .. }) => return self.nothing_of(key).await,
            Some(Span { start, length }) => {
                Some(format!("bytes={start}-{}", start.saturating_add(length - 1)))
            }
        };
        let name = self.place.name(key);
        let asked = self.client.get_object().bucket(&self.bucket).key(name).set_range(range).send().await;
        let answer = match asked {
            Ok(answer) => answer,
            Err(error) if is_missing(&error, "NoSuchKey") => return Ok(None),
            Err(error) if is_behind_the_end(&error) => return self.nothing_of(key).await,
            Err(error) => return Err(failed(DOING)(error)),
        };
        let size = match (span, answer.content_range()) {
            (None, _) => answer.content_length().unwrap_or(0),
            (Some(_), Some(range)) => whole(range).ok_or_else(|| broken_as(DOING, NO_RANGES))?,
            (Some(_), None) => return Err(broken_as(DOING, NO_RANGES)),
        };
        let object = stored(size, answer.content_type(), answer.e_tag());
        Ok(Some(Content { object, reader: Box::new(Stream(answer.body)) }))
    }

    async fn delete(&self, keys: &[ObjectKey]) -> Result<(), ObjectError> {
        self.remove(keys).await.map(drop)
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectKey>,
        limit: u32,
    ) -> Result<Vec<Listed>, ObjectError> {
        const DOING: &str = "listing objects";
        let limit = limit.clamp(1, 1000) as usize;
        let mut after = after.map(|key| self.place.name(key));
        let mut found = Vec::new();
        loop {
            let page = self
                .client
                .list_objects_v2()
                .bucket(&self.bucket)
                .prefix(self.place.beginning(prefix))
                .set_start_after(after)
                .max_keys(i32::try_from(limit - found.len()).unwrap_or(1))
                .send()
                .await
                .map_err(failed(DOING))?;
            for object in page.contents() {
                // What somebody else put there is none of ours, and is passed over.
                let Some(key) = object.key().and_then(|name| self.place.key(name)) else { continue };
                let size = u64::try_from(object.size().unwrap_or(0)).unwrap_or(0);
                let (changed_at, etag) = (moment(object.last_modified()), object.e_tag().map(unquoted));
                found.push(Listed { key, size, changed_at, etag });
            }
            after = page.contents().last().and_then(|object| object.key()).map(str::to_owned);
            if found.len() >= limit || after.is_none() || !page.is_truncated().unwrap_or(false) {
                return Ok(found);
            }
        }
    }

    fn link(
        &self,
        key: &ObjectKey,
        delivery: &Delivery,
        window: Window,
        now: Timestamp,
    ) -> Result<Link, ObjectError> {
        let (start, expires_at) = window.around(now);
        let request = Request {
            method: "GET",
            url: &self.place.url(key),
            query: &[
                ("response-cache-control", &window.cache_control()),
                ("response-content-disposition", &delivery.disposition.header()),
                ("response-content-type", &delivery.content_type),
            ],
            headers: &[],
        };
        let url = self.signer.sign(&request, start, expires_at);
        Ok(Link { url: url.map_err(|cause| broken("signing a link", cause))?, expires_at })
    }

    async fn begin_parts(&self, key: &ObjectKey, content_type: &str) -> Result<PartsId, ObjectError> {
        self.begin(key, content_type).await
    }

    fn part_link(
        &self,
        key: &ObjectKey,
        parts: &PartsId,
        number: u32,
        size: u64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Link, ObjectError> {
        const DOING: &str = "signing a link for a part";
        if !(1..=MOST_PARTS).contains(&number) {
            return Err(refused(DOING, format!("there is no part {number}")));
        }
        let request = Request {
            method: "PUT",
            url: &self.place.url(key),
            query: &[("partNumber", &number.to_string()), ("uploadId", &parts.0)],
            // Signed, so that nothing longer or shorter can be sent.
            headers: &[("content-length", &size.to_string())],
        };
        let url = self.signer.sign(&request, now, until);
        let url = url.map_err(|cause| broken(DOING, cause))?;
        Ok(Link { url, expires_at: until.trunc_subsecs(0) })
    }

    async fn parts(&self, key: &ObjectKey, parts: &PartsId) -> Result<Option<Vec<Part>>, ObjectError> {
        self.arrived(key, parts).await
    }

    async fn finish_parts(&self, key: &ObjectKey, parts: &PartsId, of: &[Part]) -> Result<(), ObjectError> {
        self.finish(key, parts, of).await
    }

    async fn drop_parts(&self, key: &ObjectKey, parts: &PartsId) -> Result<(), ObjectError> {
        self.abort(key, parts).await
    }

    async fn unfinished(&self, prefix: &str, limit: u32) -> Result<Vec<Unfinished>, ObjectError> {
        self.begun(prefix, limit).await
    }
}

const REMOVING: &str = "removing objects";
const NO_RANGES: &str = "the store sends whole objects to who asks for a part of one: it is no complete S3";

impl S3 {
    /// What is known of an object, and none of its bytes.
    async fn nothing_of(&self, key: &ObjectKey) -> Result<Option<Content>, ObjectError> {
        Ok(self.head(key).await?.map(|object| Content { object, reader: Box::new(Empty) }))
    }

    /// Removes them with all that the bucket keeps of them; whether it keeps anything ([`Self::remove_versions`]).
    pub(crate) async fn remove(&self, keys: &[ObjectKey]) -> Result<bool, ObjectError> {
        let mut kept = false;
        for keys in keys.chunks(AT_ONCE) {
            let named = |key: &ObjectKey| ObjectIdentifier::builder().key(self.place.name(key)).build();
            let objects = keys.iter().map(named).collect::<Result<_, _>>();
            let answer = self.delete_at_once(objects.map_err(|cause| broken(REMOVING, cause))?).await?;
            // A marker says that the object is gone, and all its bytes are still there.
            let marked = answer.deleted().iter().filter(|gone| gone.delete_marker() == Some(true));
            for name in marked.filter_map(|gone| gone.key()) {
                self.remove_versions(name).await?;
                kept = true;
            }
        }
        Ok(kept)
    }

    pub(crate) async fn delete_at_once(
        &self,
        objects: Vec<ObjectIdentifier>,
    ) -> Result<DeleteObjectsOutput, ObjectError> {
        const DOING: &str = REMOVING;
        let delete = Delete::builder().set_objects(Some(objects)).quiet(false).build();
        let answer = self
            .client
            .delete_objects()
            .bucket(&self.bucket)
            .delete(delete.map_err(|cause| broken(DOING, cause))?)
            .customize()
            .mutate_request(with_md5)
            .send()
            .await
            .map_err(failed(DOING))?;
        let refused = answer.errors().iter().find(|error| error.code() != Some("NoSuchKey"));
        match refused {
            Some(error) => Err(refused_with(DOING, error.code(), error.message())),
            None => Ok(answer),
        }
    }
}

/// Stores that know none of the newer sums demand this one over a list of what is to go.
fn with_md5(request: &mut HttpRequest) {
    if let Some(body) = request.body().bytes() {
        let sum = BASE64_STANDARD.encode(Md5::digest(body));
        request.headers_mut().insert("content-md5", sum);
    }
}

/// What a store says of an object, in our words.
fn stored(size: i64, content_type: Option<&str>, etag: Option<&str>) -> StoredObject {
    StoredObject {
        size: u64::try_from(size).unwrap_or(0),
        content_type: content_type.unwrap_or("application/octet-stream").to_owned(),
        etag: unquoted(etag.unwrap_or_default()),
    }
}

pub(crate) fn unquoted(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}

/// The size of the whole, out of `bytes 0-9/20`.
fn whole(range: &str) -> Option<i64> {
    range.rsplit_once('/')?.1.parse().ok()
}

pub(crate) fn moment(time: Option<&DateTime>) -> Timestamp {
    time.and_then(|time| Timestamp::from_timestamp(time.secs(), time.subsec_nanos())).unwrap_or_default()
}

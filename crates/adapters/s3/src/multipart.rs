//! Objects that are sent in parts: by browsers through links, and by us when a file is large.

use crate::S3;
use crate::fault::{broken, failed, is_missing, refused};
use crate::settings::{long_timeouts, timeouts};
use crate::store::{KEPT, moment, unquoted};
use aws_sdk_s3::Config;
use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, MultipartUpload};
use data_encoding::HEXLOWER;
use kernel::{ObjectError, ObjectKey, ObjectStore, Part, PartsId, Unfinished};
use md5::{Digest, Md5};
use std::path::Path;

/// No object has more.
pub(crate) const MOST_PARTS: u32 = 10_000;

impl S3 {
    pub(crate) async fn begin(&self, key: &ObjectKey, content_type: &str) -> Result<PartsId, ObjectError> {
        const DOING: &str = "beginning an object in parts";
        let begun = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(self.place.name(key))
            .content_type(content_type)
            .cache_control(KEPT)
            .send()
            .await
            .map_err(failed(DOING))?;
        let id = begun.upload_id().ok_or_else(|| broken(DOING, "the store gave it no name"))?;
        Ok(PartsId(id.to_owned()))
    }

    /// The parts that have arrived, in as many calls as it takes (a thousand parts each).
    pub(crate) async fn arrived(
        &self,
        key: &ObjectKey,
        parts: &PartsId,
    ) -> Result<Option<Vec<Part>>, ObjectError> {
        let mut arrived = Vec::new();
        let mut after = None;
        loop {
            let asked = self
                .client
                .list_parts()
                .bucket(&self.bucket)
                .key(self.place.name(key))
                .upload_id(&parts.0)
                .set_part_number_marker(after)
                .send()
                .await;
            let page = match asked {
                Ok(page) => page,
                Err(error) if is_missing(&error, "NoSuchUpload") => return Ok(None),
                Err(error) => return Err(failed("listing the parts of an object")(error)),
            };
            for part in page.parts() {
                let number = part.part_number().and_then(|number| u32::try_from(number).ok());
                let Some(number) = number else { continue };
                let size = u64::try_from(part.size().unwrap_or(0)).unwrap_or(0);
                arrived.push(Part { number, etag: unquoted(part.e_tag().unwrap_or_default()), size });
            }
            after = page.next_part_number_marker().map(str::to_owned);
            if after.is_none() || !page.is_truncated().unwrap_or(false) {
                arrived.sort_unstable_by_key(|part| part.number);
                return Ok(Some(arrived));
            }
        }
    }

    pub(crate) async fn finish(
        &self,
        key: &ObjectKey,
        parts: &PartsId,
        of: &[Part],
    ) -> Result<(), ObjectError> {
        if of.is_empty() {
            return Err(refused("making an object of its parts", "there are none"));
        }
        let part = |part: &Part| {
            let number = i32::try_from(part.number).unwrap_or(i32::MAX);
            CompletedPart::builder().part_number(number).e_tag(format!("\"{}\"", part.etag)).build()
        };
        let all = CompletedMultipartUpload::builder().set_parts(Some(of.iter().map(part).collect())).build();
        let finished = self
            .client
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(self.place.name(key))
            .upload_id(&parts.0)
            .multipart_upload(all)
            .customize()
            .config_override(Config::builder().timeout_config(long_timeouts()))
            .send()
            .await;
        match finished {
            Ok(_) => Ok(()),
            // The answer to the first try can be lost, and the second one finds nothing to finish.
            Err(error) if is_missing(&error, "NoSuchUpload") && self.is_made_of(key, of).await? => Ok(()),
            Err(error) => Err(failed("making an object of its parts")(error)),
        }
    }

    /// Whether the object is there as these parts make it.
    async fn is_made_of(&self, key: &ObjectKey, of: &[Part]) -> Result<bool, ObjectError> {
        let Some(etag) = etag_of(of) else { return Ok(false) };
        let size: u64 = of.iter().map(|part| part.size).sum();
        Ok(self.head(key).await?.is_some_and(|object| object.size == size && object.etag == etag))
    }

    pub(crate) async fn abort(&self, key: &ObjectKey, parts: &PartsId) -> Result<(), ObjectError> {
        let aborted = self
            .client
            .abort_multipart_upload()
            .bucket(&self.bucket)
            .key(self.place.name(key))
            .upload_id(&parts.0)
            .send()
            .await;
        match aborted {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error, "NoSuchUpload") => Ok(()),
            Err(error) => Err(failed("dropping the parts of an object")(error)),
        }
    }

    pub(crate) async fn begun(&self, prefix: &str, limit: u32) -> Result<Vec<Unfinished>, ObjectError> {
        let limit = limit.clamp(1, 1000) as usize;
        let (mut after, mut after_id) = (None, None);
        let mut begun = Vec::new();
        loop {
            let page = self
                .client
                .list_multipart_uploads()
                .bucket(&self.bucket)
                .prefix(self.place.beginning(prefix))
                .set_key_marker(after)
                .set_upload_id_marker(after_id)
                .max_uploads(i32::try_from(limit - begun.len()).unwrap_or(1))
                .send()
                .await
                .map_err(failed("listing objects in parts"))?;
            begun.extend(page.uploads().iter().filter_map(|upload| self.unfinished_of(upload)));
            after = page.next_key_marker().map(str::to_owned);
            after_id = page.next_upload_id_marker().map(str::to_owned);
            if begun.len() >= limit || after.is_none() || !page.is_truncated().unwrap_or(false) {
                begun.sort_by(|one, other| one.key.cmp(&other.key));
                return Ok(begun);
            }
        }
    }

    /// In our words; `None` for what somebody else began there.
    fn unfinished_of(&self, upload: &MultipartUpload) -> Option<Unfinished> {
        Some(Unfinished {
            key: self.place.key(upload.key()?)?,
            parts: PartsId(upload.upload_id()?.to_owned()),
            since: moment(upload.initiated()),
        })
    }

    /// Puts a file of `size` bytes in parts of `part` bytes, or larger ones where they would be too many. Read from the
    /// disk as it is sent; what has arrived is dropped when it fails.
    pub(crate) async fn put_in_parts(
        &self,
        key: &ObjectKey,
        file: &Path,
        size: u64,
        part: u64,
        content_type: &str,
    ) -> Result<(), ObjectError> {
        let parts = self.begin(key, content_type).await?;
        let part = part.max(size.div_ceil(u64::from(MOST_PARTS)));
        let sent = match self.send_parts(key, &parts, file, size, part).await {
            Ok(sent) => self.finish(key, &parts, &sent).await,
            Err(error) => Err(error),
        };
        if sent.is_err()
            && let Err(error) = self.abort(key, &parts).await
        {
            tracing::warn!(%key, %error, "parts of an object that could not be put are still there");
        }
        sent
    }

    async fn send_parts(
        &self,
        key: &ObjectKey,
        parts: &PartsId,
        file: &Path,
        size: u64,
        part: u64,
    ) -> Result<Vec<Part>, ObjectError> {
        const DOING: &str = "putting a part of an object";
        let mut sent = Vec::new();
        let mut offset = 0;
        while offset < size {
            let length = part.min(size - offset);
            let number = u32::try_from(sent.len() + 1).unwrap_or(u32::MAX);
            let body = ByteStream::read_from().path(file).offset(offset).length(Length::Exact(length));
            let answer = self
                .client
                .upload_part()
                .bucket(&self.bucket)
                .key(self.place.name(key))
                .upload_id(&parts.0)
                .part_number(i32::try_from(number).unwrap_or(i32::MAX))
                .body(body.build().await.map_err(|cause| broken(DOING, cause))?)
                .customize()
                .config_override(Config::builder().timeout_config(timeouts(length)))
                .send()
                .await
                .map_err(failed(DOING))?;
            sent.push(Part { number, etag: unquoted(answer.e_tag().unwrap_or_default()), size: length });
            offset += length;
        }
        Ok(sent)
    }
}

/// The etag of what is made of these parts, where stores follow the common rule: the sum of the parts' sums, and how many
/// there are. `None` when the parts' etags are no sums.
fn etag_of(parts: &[Part]) -> Option<String> {
    let mut sum = Md5::new();
    for part in parts {
        sum.update(HEXLOWER.decode(part.etag.as_bytes()).ok().filter(|bytes| bytes.len() == 16)?);
    }
    Some(format!("{}-{}", HEXLOWER.encode(&sum.finalize()), parts.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_parts_make_is_known_by_their_sums() {
        // Of "hello".
        let part = Part { number: 1, etag: "5d41402abc4b2a76b9719d911017c592".into(), size: 5 };
        let odd = Part { etag: format!("0{}", part.etag), ..part.clone() };
        assert_eq!(
            etag_of(std::slice::from_ref(&part)).as_deref(),
            Some("62109206880d38a4010a98e11243924a-1")
        );
        assert_eq!(etag_of(&[part, odd]), None);
    }
}

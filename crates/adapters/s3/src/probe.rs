//! What the doctor asks: can we do all that we need, and can strangers do nothing?

use crate::S3;
use crate::fault::{away, broken_as};
use kernel::{Body, ObjectError, ObjectKey, ObjectStore};
use reqwest::Method;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

const PROBE: &[u8] = b"May be removed.";
const PLAIN: &str = "text/plain";
const DOING: &str = "asking as a stranger";

/// How long a stranger waits for an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// Something that anybody can do, and nobody but us should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// Read objects whose names they know.
    Read,
    /// Learn the names.
    List,
    /// Put objects there.
    Write,
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, right) = match self {
            Self::Read => ("read objects", "s3:GetObject or public-read"),
            Self::List => ("list the bucket", "s3:ListBucket or public-read"),
            Self::Write => ("put objects into the bucket", "s3:PutObject or public-read-write"),
        };
        write!(f, "anybody can {what}: take {right} for everybody out of its policy and its access lists")
    }
}

impl S3 {
    /// Does once all that is ever done with objects, under a name that nothing else has, and removes what it made.
    ///
    /// # Errors
    /// [`ObjectError`] with the step that failed, and what an operator has to do.
    pub async fn probe(&self) -> Result<(), ObjectError> {
        let key = probe_key("own")?;
        self.put(&key, Body::Bytes(PROBE.to_vec()), PLAIN).await?;
        let tried = self.try_all(&key).await;
        let removed = self.delete(std::slice::from_ref(&key)).await;
        tried.and(removed)?;
        match self.head(&key).await? {
            None => Ok(()),
            Some(_) => Err(broken_as("removing objects", "what was removed is still there")),
        }
    }

    async fn try_all(&self, key: &ObjectKey) -> Result<(), ObjectError> {
        let read = match self.get(key, None).await? {
            Some(content) => all(content.reader).await?,
            None => Vec::new(),
        };
        if read != PROBE {
            return Err(broken_as("reading an object", "what was put is not what is there"));
        }
        if !self.list(key.as_str(), None, 1).await?.iter().any(|listed| listed.key == *key) {
            return Err(broken_as("listing objects", "what was put is not listed"));
        }
        let parts = self.begin_parts(key, PLAIN).await?;
        let tried = self.try_parts(key, &parts).await;
        tried.and(self.drop_parts(key, &parts).await)
    }

    async fn try_parts(&self, key: &ObjectKey, parts: &kernel::PartsId) -> Result<(), ObjectError> {
        self.parts(key, parts).await?;
        self.unfinished(key.as_str(), 1).await.map(|_| ())
    }

    /// What anybody can do without keys; nothing, when all is well. Tried with objects of its own, which are removed.
    ///
    /// # Errors
    /// [`ObjectError`], when that could not be found out.
    pub async fn exposures(&self) -> Result<Vec<Exposure>, ObjectError> {
        let (ours, theirs) = (probe_key("ours")?, probe_key("theirs")?);
        self.put(&ours, Body::Bytes(PROBE.to_vec()), PLAIN).await?;
        let found = self.try_as_stranger(&ours, &theirs).await;
        let removed = self.delete(&[ours, theirs]).await;
        let found = found?;
        // A finding counts more than what could not be cleared away.
        if found.is_empty() { removed.map(|()| found) } else { Ok(found) }
    }

    async fn try_as_stranger(
        &self,
        ours: &ObjectKey,
        theirs: &ObjectKey,
    ) -> Result<Vec<Exposure>, ObjectError> {
        let list = format!("{}/?list-type=2&max-keys=1", self.place.root());
        let mut found = Vec::new();
        for (exposure, method, url) in [
            (Exposure::Read, Method::GET, self.place.url(ours)),
            (Exposure::List, Method::GET, list),
            (Exposure::Write, Method::PUT, self.place.url(theirs)),
        ] {
            let body = if method == Method::PUT { PROBE } else { b"" };
            let asked = self.wire.0.request(method, url).timeout(PATIENCE).body(body).send().await;
            let status = asked.map_err(|cause| away(DOING, cause.without_url()))?.status();
            if status.is_success() {
                found.push(exposure);
            } else if !status.is_client_error() {
                return Err(away(DOING, format!("the store answered {status}")));
            }
        }
        Ok(found)
    }
}

/// A name that nothing else has.
pub(crate) fn probe_key(what: &str) -> Result<ObjectKey, ObjectError> {
    let name = format!("probe/{}-{what}", Uuid::new_v4());
    ObjectKey::parse(&name).ok_or_else(|| broken_as("naming a probe", name))
}

async fn all(mut reader: Box<dyn kernel::Reader>) -> Result<Vec<u8>, ObjectError> {
    let mut bytes = Vec::new();
    while let Some(more) = reader.next().await? {
        bytes.extend(more);
        if bytes.len() > PROBE.len() {
            break;
        }
    }
    Ok(bytes)
}

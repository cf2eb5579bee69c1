//! What the doctor asks: can we do all that we need, and can strangers do nothing?

use crate::S3;
use crate::fault::{away, broken_as};
use chrono::TimeDelta;
use kernel::{
    Body, Delivery, Disposition, ObjectError, ObjectKey, ObjectStore, PROBES, PartsId, TOPS, Timestamp,
    Window,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::RANGE;
use reqwest::{Method, RequestBuilder, Response};
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

const PROBE: &[u8] = b"May be removed.";
const PLAIN: &str = "text/plain";
const DOING: &str = "asking as a stranger";
const FOLLOWING: &str = "following a link";

/// How long a stranger waits for an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// What was seen of a bucket in which all goes well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probed {
    /// It keeps what is removed, until that is removed as well: its versioning is on.
    pub keeps_versions: bool,
}

/// Something that anybody can do, and nobody but us should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exposure {
    /// Read objects whose names they know.
    Read,
    /// Learn the names.
    List,
    /// Put objects there.
    Write,
    /// Remove objects.
    Remove,
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, right) = match self {
            Self::Read => ("read objects", "s3:GetObject or public-read"),
            Self::List => ("list the bucket", "s3:ListBucket or public-read"),
            Self::Write => ("put objects into the bucket", "s3:PutObject or public-read-write"),
            Self::Remove => ("remove objects", "s3:DeleteObject or public-read-write"),
        };
        write!(f, "anybody can {what}: take {right} for everybody out of its policy and its access lists")
    }
}

impl S3 {
    /// Does once all that is ever done with objects, by this program and by who follows its links, under a name that nothing
    /// else has, and removes what it made.
    ///
    /// # Errors
    /// [`ObjectError`] with the step that failed, and what an operator has to do.
    pub async fn probe(&self, now: Timestamp) -> Result<Probed, ObjectError> {
        let key = probe_key("uploads/", "own")?;
        self.put(&key, Body::Bytes(PROBE.to_vec()), PLAIN).await?;
        let tried = self.try_all(&key, now).await;
        let removed = self.remove(std::slice::from_ref(&key)).await;
        let keeps_versions = tried.and(removed)?;
        match self.head(&key).await? {
            None => Ok(Probed { keeps_versions }),
            Some(_) => Err(broken_as("removing objects", "what was removed is still there")),
        }
    }

    async fn try_all(&self, key: &ObjectKey, now: Timestamp) -> Result<(), ObjectError> {
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
        let tried = self.try_parts(key, &parts, now).await;
        // Those that were finished are not there any more.
        tried.and(self.drop_parts(key, &parts).await)?;
        let delivery = Delivery { content_type: PLAIN.into(), disposition: Disposition::Inline, meter: None };
        let link = self.link(key, &delivery, Window(TimeDelta::minutes(10)), now)?;
        followed(self.wire.0.get(link.url).header(RANGE, "bytes=0-0")).await.map(drop)
    }

    /// Sends a part as a browser does, and makes an object of it.
    async fn try_parts(&self, key: &ObjectKey, parts: &PartsId, now: Timestamp) -> Result<(), ObjectError> {
        let (size, until) = (PROBE.len() as u64, now + TimeDelta::minutes(10));
        let link = self.part_link(key, parts, 1, size, now, until)?;
        followed(self.wire.0.put(link.url).body(PROBE)).await?;
        self.unfinished(key.as_str(), 1).await?;
        let there = self.parts(key, parts).await?.unwrap_or_default();
        if there.iter().map(|part| part.size).ne([size]) {
            return Err(broken_as("listing the parts of an object", "what was sent is not listed"));
        }
        self.finish_parts(key, parts, &there).await
    }

    /// What anybody can do without keys, wherever in the bucket objects of ours lie; nothing, when all is well. Tried with
    /// objects of its own, which are removed.
    ///
    /// # Errors
    /// [`ObjectError`], when that could not be found out.
    pub async fn exposures(&self) -> Result<Vec<Exposure>, ObjectError> {
        let mut found = BTreeSet::new();
        for top in TOPS {
            let (ours, theirs) = (probe_key(top, "ours")?, probe_key(top, "theirs")?);
            self.put(&ours, Body::Bytes(PROBE.to_vec()), PLAIN).await?;
            let tried = self.try_as_stranger(top, &ours, &theirs).await;
            let removed = self.delete(&[ours, theirs]).await;
            found.extend(tried?);
            // A finding counts more than what could not be cleared away.
            if found.is_empty() {
                removed?;
            }
        }
        Ok(found.into_iter().collect())
    }

    async fn try_as_stranger(
        &self,
        top: &str,
        ours: &ObjectKey,
        theirs: &ObjectKey,
    ) -> Result<Vec<Exposure>, ObjectError> {
        let list = format!("{}/?list-type=2&max-keys=1", self.place.root());
        let beginning = self.place.beginning(top);
        let under = format!("{list}&prefix={}", utf8_percent_encode(&beginning, NON_ALPHANUMERIC));
        let mut found = Vec::new();
        for (exposure, method, url) in [
            (Exposure::Read, Method::GET, self.place.url(ours)),
            (Exposure::List, Method::GET, list),
            (Exposure::List, Method::GET, under),
            (Exposure::Write, Method::PUT, self.place.url(theirs)),
            // Last: then there is nothing to be read any more.
            (Exposure::Remove, Method::DELETE, self.place.url(ours)),
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

/// What a link of ours leads to, for who is no page.
async fn followed(request: RequestBuilder) -> Result<Response, ObjectError> {
    let answer = request.timeout(PATIENCE).send().await;
    let answer = answer.map_err(|cause| away(FOLLOWING, cause.without_url()))?;
    let status = answer.status();
    if status.is_success() {
        Ok(answer)
    } else if status.is_server_error() {
        Err(away(FOLLOWING, format!("the store answered {status}")))
    } else {
        let said = "the store refuses links that were signed here: are media.endpoint, media.region and \
             media.path_style right, and is the clock of this machine?";
        Err(broken_as(FOLLOWING, format!("{said} (it answered {status})")))
    }
}

/// A name that nothing else has, where things of this kind lie.
pub(crate) fn probe_key(top: &str, what: &str) -> Result<ObjectKey, ObjectError> {
    let name = format!("{top}{PROBES}{}-{what}", Uuid::new_v4());
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

//! Whoever follows links, without knowing anything else.

use super::{Objects, key};
use chrono::TimeDelta;
use kernel::{Clock, Delivery, Disposition, Link, SystemClock, Timestamp, Window};
use reqwest::{Client, Method, RequestBuilder, redirect};
use std::time::Duration;

/// Links that outlive a test.
pub(super) const MINUTES: Window = Window(TimeDelta::minutes(10));
/// Links that a test can outlive: good for two to four seconds.
pub(super) const SECONDS: Window = Window(TimeDelta::seconds(2));

/// The time as servers see it.
pub(super) fn now() -> Timestamp {
    SystemClock.now()
}

/// A request by this link.
pub(super) fn open(method: Method, url: &str) -> RequestBuilder {
    let client = Client::builder().redirect(redirect::Policy::none()).timeout(Duration::from_secs(60));
    client.build().unwrap().request(method, url)
}

pub(super) fn inline() -> Delivery {
    Delivery { content_type: "text/plain".into(), disposition: Disposition::Inline, meter: None }
}

/// A link to show an object, made now.
pub(super) fn link_to(objects: &Objects, name: &str, window: Window) -> Link {
    objects.link(&key(name), &inline(), window, now()).unwrap()
}

/// Waits until a link is over, by a second more than it takes, since some servers look at whole ones.
pub(super) async fn outlast(link: &Link) {
    let left = link.expires_at + TimeDelta::milliseconds(1100) - now();
    tokio::time::sleep(left.to_std().unwrap_or_default()).await;
}

/// The same address with these pairs behind it.
pub(super) fn with_query(link: &Link, pairs: &[String]) -> String {
    let (address, _) = link.url.split_once('?').unwrap();
    if pairs.is_empty() { address.to_owned() } else { format!("{address}?{}", pairs.join("&")) }
}

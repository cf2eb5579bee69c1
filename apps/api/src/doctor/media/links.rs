//! Whether links to files are good as browsers follow them: through whatever stands in front.

use crate::config::{Config, StoreUrl};
use crate::doctor::{Finding, causes};
use crate::http::files::MEDIA;
use crate::wiring::existing_keys;
use adapter_local::Disk;
use chrono::TimeDelta;
use kernel::{Clock, Delivery, Disposition, ObjectKey, ObjectStore, PROBES, Window};
use reqwest::redirect::Policy;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const CHECK: &str = "media_links";
/// How long is waited for an answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// Follows a link to a file that is not there: whether a link is good is said before what it leads to.
pub(super) async fn look(config: &Config, folder: &Path, clock: &Arc<dyn Clock>) -> Finding {
    let url = &config.http.public_url;
    let untried = |why: &str| {
        let found = format!("signed for the host of {url}, which a proxy has to pass on; not tried: {why}");
        Finding::ok(CHECK, found)
    };
    let Some(link) = signed(config, folder, clock) else { return untried("nothing was served yet") };
    let client = reqwest::Client::builder().timeout(PATIENCE).redirect(Policy::none()).build();
    let asked = match client {
        Ok(client) => client.get(link).send().await,
        Err(error) => Err(error),
    };
    let answer = match asked {
        Ok(answer) => answer,
        Err(error) => return untried(&causes(&error.without_url())),
    };
    let status = answer.status();
    let said = answer.json::<Value>().await.unwrap_or_default();
    match said.get("code").and_then(Value::as_str) {
        Some("not_found") => Finding::ok(CHECK, format!("links to {url}{MEDIA} are good")),
        Some("link_invalid") => {
            let advice = "let the proxy pass the Host on that it was asked for, or tell it in X-Forwarded-Host and set \
                 http.trusted_proxies; and see that serve has the same auth.signing_key";
            let found = format!("links are signed for the host of {url}, and refused there");
            Finding::error(CHECK, found, advice)
        }
        _ => untried(&format!("it answered {status}, as something else does")),
    }
}

/// A link to nothing; `None` where nothing was served yet, or under keys that only the server has, as with a store in memory.
fn signed(config: &Config, folder: &Path, clock: &Arc<dyn Clock>) -> Option<String> {
    let lasts = config.auth.signing_key.is_some() || !matches!(config.store.url, StoreUrl::Memory);
    if !lasts || !folder.is_dir() {
        return None;
    }
    let keys = existing_keys(config).ok()?;
    let base = format!("{}{MEDIA}", config.http.public_url);
    let disk = Disk::open(folder, &base, keys.media_links(), Arc::clone(clock)).ok()?;
    let key = ObjectKey::parse(&format!("uploads/{PROBES}{}", Uuid::new_v4()))?;
    let delivery =
        Delivery { content_type: "text/plain".into(), disposition: Disposition::Inline, meter: None };
    let window = Window(TimeDelta::minutes(10));
    disk.link(&key, &delivery, window, clock.now()).ok().map(|link| link.url)
}

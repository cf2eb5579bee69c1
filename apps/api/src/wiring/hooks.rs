//! Addresses of organisers, and who calls them.

use super::store::Stores;
use crate::config::Config;
use crate::keys::Keys;
use crate::published;
use adapter_webhooks::{Unusable, Webhooks};
use booking::news::NewsKind;
use hooks::Hooks;
use hooks::use_cases::Say;
use kernel::{Clock, Published};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// How long whoever is called may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The use cases around hooks.
///
/// # Errors
/// [`Unusable`].
pub fn build(
    config: &Config,
    stores: &Stores,
    keys: &Keys,
    clock: &Arc<dyn Clock>,
) -> Result<Hooks, Unusable> {
    let caller = Arc::new(Webhooks::new(config.hooks.private, PATIENCE)?);
    let kinds = NewsKind::ALL.map(NewsKind::as_str).to_vec();
    let say: Box<Say> = Box::new(said);
    Ok(Hooks::new(Arc::clone(&stores.hooks), Arc::clone(clock), (caller, keys.hooks()), (kinds, say)))
}

fn said(news: &Published) -> Result<String, Box<dyn Error + Send + Sync>> {
    Ok(published::text(news)?)
}

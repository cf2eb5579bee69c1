//! Names become addresses, and only those that may be called.

use crate::address::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::SocketAddr;
use tokio::net::lookup_host;

/// A name leads nowhere where it may be called.
#[derive(Debug, thiserror::Error)]
#[error("the name does not lead to a public address")]
pub(crate) struct NotPublic;

/// Looks names up, once for each connection: what it answers is what is connected to.
#[derive(Debug)]
pub(crate) struct Resolver {
    /// Whether addresses that are not public will do.
    pub(crate) private: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.private;
        Box::pin(async move {
            // The client puts the port of the URL in place of none.
            let found = lookup_host((name.as_str(), 0)).await?;
            let good: Vec<SocketAddr> = found.filter(|it| private || is_public(it.ip())).collect();
            if good.is_empty() {
                return Err(NotPublic.into());
            }
            let addresses: Addrs = Box::new(good.into_iter());
            Ok(addresses)
        })
    }
}

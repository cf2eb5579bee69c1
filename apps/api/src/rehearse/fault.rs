//! What can be made to go wrong during a rehearsal.

use std::collections::BTreeSet;
use std::str::FromStr;

/// One way in which the world fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A provider's notice never comes.
    WebhooksLost,
    /// It comes twice.
    WebhooksDoubled,
    /// Notices of one payment come in the wrong order.
    WebhooksReversed,
    /// They come seconds late.
    WebhooksLate,
    /// A provider acts, and its answer is lost.
    ProviderTimeouts,
    /// A provider answers 500 and does nothing.
    ProviderErrors,
    /// Redis cannot be reached for a while.
    RedisGone,
    /// All connections to the database are cut.
    DatabaseCut,
    /// All that runs is killed at once, at any instant, and started again: as when a machine loses its power.
    ServerKilled,
    /// One of several instances is killed, and is there again after a while.
    InstanceKilled,
    /// A worker is killed, and is there again after a while.
    WorkerKilled,
}

impl Fault {
    /// All there are.
    pub const ALL: [Self; 11] = [
        Self::WebhooksLost,
        Self::WebhooksDoubled,
        Self::WebhooksReversed,
        Self::WebhooksLate,
        Self::ProviderTimeouts,
        Self::ProviderErrors,
        Self::RedisGone,
        Self::DatabaseCut,
        Self::ServerKilled,
        Self::InstanceKilled,
        Self::WorkerKilled,
    ];

    /// As typed and as reported.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebhooksLost => "webhooks-lost",
            Self::WebhooksDoubled => "webhooks-doubled",
            Self::WebhooksReversed => "webhooks-reversed",
            Self::WebhooksLate => "webhooks-late",
            Self::ProviderTimeouts => "provider-timeouts",
            Self::ProviderErrors => "provider-errors",
            Self::RedisGone => "redis-gone",
            Self::DatabaseCut => "database-cut",
            Self::ServerKilled => "server-killed",
            Self::InstanceKilled => "instance-killed",
            Self::WorkerKilled => "worker-killed",
        }
    }
}

/// The faults of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults(pub BTreeSet<Fault>);

impl Faults {
    /// Whether this one is to happen.
    #[must_use]
    pub fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }
}

impl FromStr for Faults {
    type Err = String;

    /// `all`, `none`, or names separated by commas.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "all" => return Ok(Self(Fault::ALL.into())),
            "none" => return Ok(Self::default()),
            "" => return Err("name faults, or say all or none".into()),
            _ => {}
        }
        let named = |name: &str| {
            let found = Fault::ALL.into_iter().find(|fault| fault.as_str() == name.replace('_', "-"));
            let known = || Fault::ALL.map(Fault::as_str).join(", ");
            found.ok_or_else(|| format!("{name} is no fault: all, none, or some of {}", known()))
        };
        text.split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(named)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_one_by_one_or_all_at_once() {
        assert_eq!("all".parse::<Faults>().unwrap().0.len(), Fault::ALL.len());
        assert_eq!("none".parse::<Faults>().unwrap(), Faults::default());
        let two: Faults = "server-killed, webhooks_lost".parse().unwrap();
        assert_eq!(two.0, [Fault::WebhooksLost, Fault::ServerKilled].into());
        let refusal = "server-killed,flood".parse::<Faults>().unwrap_err();
        assert!(refusal.starts_with("flood is no fault") && refusal.contains("redis-gone"), "{refusal}");
    }
}

//! By what is counted apart. Whatever a stranger can make up is no label.

use booking::Called;
use prometheus_client::encoding::EncodeLabelSet;

/// Which requests are counted together: by pattern (`/api/v1/events/{id}`), never by path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Route {
    /// `GET`.
    pub method: String,
    /// The pattern, or `unknown`.
    pub route: String,
    /// The HTTP status.
    pub status: u16,
}

/// Which outcomes are counted together: of what, and how it went.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Outcome {
    pub(super) of: &'static str,
    pub(super) result: &'static str,
}

/// Which work that was owed: in which lane, for whom, and how it went.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Job {
    pub(super) lane: &'static str,
    pub(super) domain: &'static str,
    pub(super) result: &'static str,
}

/// Which calls: who was asked for what, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Call {
    provider: &'static str,
    call: &'static str,
    outcome: &'static str,
}

impl Call {
    pub(super) const fn of(called: &Called) -> Self {
        Self { provider: called.provider.as_str(), call: called.call, outcome: called.outcome.as_str() }
    }
}

/// Which bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Egress {
    pub(super) how: &'static str,
}

/// How pictures and music go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Files out of a folder, sent by this program.
    Served,
    /// Archives, made and sent by this program.
    Archived,
    /// Music that a link was given out to; who follows it to a folder is served as well.
    Linked,
}

impl Way {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Archived => "archived",
            Self::Linked => "linked",
        }
    }
}

//! What became of scans that were told, and what of them should not have been.

use crate::http::door::Direction;
use booking::use_cases::{Kept, ToldResult};
use booking::{Flag, Scan, Verdict};
use chrono::{DateTime, Utc};
use kernel::Invalid;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What became of the scans.
#[derive(Serialize, ToSchema)]
pub struct SyncView {
    /// By our clock: a list that was made later knows these scans.
    pub(super) told_at: DateTime<Utc>,
    /// One by one, in the order in which they were told.
    pub(super) results: Vec<ResultView>,
    /// Every conflict of the tickets that were told of, by the time of the scan.
    pub(super) conflicts: Vec<ConflictView>,
}

/// What became of one scan.
#[derive(Serialize, ToSchema)]
pub struct ResultView {
    nonce: String,
    /// `now`, `before`, or not at all: `nonce_reused`, because this scanner used the nonce for another ticket, or
    /// `refused`, for what is said in `errors`.
    kept: &'static str,
    #[schema(required)]
    scan_id: Option<Uuid>,
    /// What of the scanner's clock could be believed, where it could not be believed as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_corrected_to: Option<DateTime<Utc>>,
    /// `double_entry`, `late_revocation`, `ended_meanwhile`, `unknown_code`, `wrong_event`; empty for what went as it
    /// should.
    flags: Vec<&'static str>,
    /// Why it was refused; telling it again changes nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<MistakeView>,
}

/// What is wrong with one field of a scan.
#[derive(Serialize, ToSchema)]
pub struct MistakeView {
    /// As sent.
    field: String,
    /// For programs; it does not change.
    code: &'static str,
    /// For people.
    message: String,
}

impl From<Invalid> for MistakeView {
    fn from(mistake: Invalid) -> Self {
        Self { field: mistake.field, code: mistake.code, message: mistake.message }
    }
}

impl ResultView {
    pub(super) fn refused(nonce: String, mistakes: Vec<Invalid>) -> Self {
        let errors = mistakes.into_iter().map(MistakeView::from).collect();
        Self { nonce, kept: "refused", scan_id: None, clock_corrected_to: None, flags: Vec::new(), errors }
    }
}

impl From<ToldResult> for ResultView {
    fn from(result: ToldResult) -> Self {
        let scan = result.scan.as_ref();
        let said = scan.and_then(|scan| scan.offline.as_ref()).map(|offline| offline.said_at);
        Self {
            nonce: result.nonce,
            kept: match result.kept {
                Kept::Now => "now",
                Kept::Before => "before",
                Kept::NonceReused => "nonce_reused",
            },
            scan_id: scan.map(|scan| scan.id.as_uuid()),
            clock_corrected_to: scan.map(|scan| scan.at).filter(|at| said.is_some_and(|said| said != *at)),
            flags: scan.map(flags).unwrap_or_default(),
            errors: Vec::new(),
        }
    }
}

/// A scan that happened and should not have.
#[derive(Serialize, ToSchema)]
pub struct ConflictView {
    scan_id: Uuid,
    /// `double_entry`, `late_revocation`, `ended_meanwhile`, `unknown_code`, `wrong_event`.
    flags: Vec<&'static str>,
    #[schema(required)]
    ticket_id: Option<Uuid>,
    /// Who scanned.
    scanner_id: Uuid,
    /// When, as far as the scanner's clock can be believed.
    at: DateTime<Utc>,
    direction: Direction,
    result: &'static str,
    /// What the result would have been, had nobody insisted.
    #[schema(required)]
    overruled: Option<&'static str>,
    #[schema(required)]
    reason: Option<String>,
    /// Whether it was made without a network, and when it was told then.
    #[schema(required)]
    told_at: Option<DateTime<Utc>>,
    /// Of a double entry: the scan by which somebody was inside already.
    #[schema(required)]
    after_scan_id: Option<Uuid>,
}

impl From<Scan> for ConflictView {
    fn from(scan: Scan) -> Self {
        Self {
            scan_id: scan.id.as_uuid(),
            flags: flags(&scan),
            ticket_id: scan.ticket.map(|ticket| ticket.as_uuid()),
            scanner_id: scan.scanner.as_uuid(),
            at: scan.at,
            direction: scan.way.into(),
            result: scan.verdict.as_str(),
            overruled: scan.overruled.map(Verdict::as_str),
            told_at: scan.offline.as_ref().map(|offline| offline.told_at),
            after_scan_id: scan.after.map(|after| after.as_uuid()),
            reason: scan.reason,
        }
    }
}

fn flags(scan: &Scan) -> Vec<&'static str> {
    scan.flags.iter().copied().map(Flag::as_str).collect()
}

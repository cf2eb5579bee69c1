//! A scan that was made without a network, as it is told.

use crate::http::door::{Direction, nonce_mistake, reason_mistake};
use crate::http::json::{misread, nul_in};
use booking::Verdict;
use booking::use_cases::Told;
use chrono::{DateTime, Utc};
use kernel::Invalid;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

/// What a scanner said to a code.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Come in.
    Admitted,
    /// Somebody came in with it before.
    AlreadyCheckedIn,
    /// No longer good.
    Cancelled,
    /// For another event.
    WrongEvent,
    /// Doors are not open yet.
    NotYet,
    /// Not in the list.
    Unknown,
    /// Went out.
    Left,
    /// Nobody was inside who could go out.
    NotInside,
}

impl From<Said> for Verdict {
    fn from(said: Said) -> Self {
        match said {
            Said::Admitted => Self::Admitted,
            Said::AlreadyCheckedIn => Self::AlreadyCheckedIn,
            Said::Cancelled => Self::Cancelled,
            Said::WrongEvent => Self::WrongEvent,
            Said::NotYet => Self::NotYet,
            Said::Unknown => Self::Unknown,
            Said::Left => Self::Left,
            Said::NotInside => Self::NotInside,
        }
    }
}

/// A scan that was made without a network. It is read by [`read`], part by part.
#[derive(ToSchema)]
pub struct ToldBody {
    /// The scanner's own name for it, 1 to 100 characters: one that nobody else thinks of.
    pub nonce: String,
    /// What the camera read.
    pub code: String,
    /// `in` unless it is said.
    #[schema(required = false)]
    pub direction: Direction,
    /// By the scanner's clock.
    pub at: DateTime<Utc>,
    /// What the scanner said.
    pub verdict: Said,
    /// Somebody at the door let them pass although `verdict` says otherwise, for a `reason`.
    #[schema(required = false)]
    pub forced: bool,
    /// Up to 500 characters; required when it was forced.
    pub reason: Option<String>,
}

/// A scan as it can be kept, or all that is wrong with it: what is wrong with one of them is no reason to forget the
/// others, who came in.
///
/// # Errors
/// All mistakes.
pub(super) fn read(scan: &Value) -> Result<Told, Vec<Invalid>> {
    if !scan.is_object() {
        return Err(vec![Invalid::new("scan", "wrong_type", "must be an object")]);
    }
    let mut wrong = Vec::new();
    let nonce: Option<String> = part(scan, "nonce", None, &mut wrong);
    let code = part(scan, "code", None, &mut wrong);
    let direction = part(scan, "direction", Some(Direction::default()), &mut wrong);
    let at = part(scan, "at", None, &mut wrong);
    let verdict: Option<Said> = part(scan, "verdict", None, &mut wrong);
    let forced = part(scan, "forced", Some(false), &mut wrong);
    let reason: Option<Option<String>> = part(scan, "reason", Some(None), &mut wrong);
    wrong.extend(nul_in(scan));
    let (Some(nonce), Some(code), Some(direction), Some(at), Some(verdict), Some(forced), Some(reason)) =
        (nonce, code, direction, at, verdict, forced, reason)
    else {
        return Err(wrong);
    };
    wrong.extend(nonce_mistake("nonce", &nonce));
    wrong.extend(reason_mistake("reason", reason.as_deref(), forced));
    let told = Told { nonce, code, way: direction.into(), at, verdict: verdict.into(), forced, reason };
    wrong.extend(told.contradictions());
    if wrong.is_empty() { Ok(told) } else { Err(wrong) }
}

/// A part of a scan, `absent` where it is left out; what is wrong with it is noted.
fn part<T: DeserializeOwned>(
    scan: &Value,
    name: &str,
    absent: Option<T>,
    wrong: &mut Vec<Invalid>,
) -> Option<T> {
    let read = match scan.get(name) {
        None => absent.ok_or_else(|| Invalid::new(name, "required", "is missing")),
        Some(part) => serde_path_to_error::deserialize(part)
            .map_err(|error| Invalid { field: name.to_owned(), ..misread(&error) }),
    };
    read.map_err(|mistake| wrong.push(mistake)).ok()
}

//! A scan that was made without a network, as it is told.

use crate::http::door::{Direction, nonce_mistake, reason_mistake};
use crate::http::json::{misread, nul_in};
use booking::Verdict;
use booking::use_cases::Told;
use chrono::{DateTime, Datelike, Utc};
use kernel::Invalid;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
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

/// A scan that was made without a network.
#[derive(Deserialize, ToSchema)]
pub struct ToldBody {
    /// The scanner's own name for it, 1 to 100 characters: one that nobody else thinks of.
    nonce: String,
    code: String,
    /// `in` unless it is said.
    #[serde(default)]
    direction: Direction,
    /// By the scanner's clock.
    at: DateTime<Utc>,
    verdict: Said,
    /// Somebody at the door let them pass although `verdict` says otherwise, for a `reason`.
    #[serde(default)]
    forced: bool,
    /// Up to 500 characters; required when it was forced.
    reason: Option<String>,
}

/// A scan as it can be kept, or all that is wrong with it: what is wrong with one of them is no reason to forget the
/// others, who came in.
///
/// # Errors
/// All mistakes.
pub(super) fn read(scan: Value) -> Result<Told, Vec<Invalid>> {
    whole(typed(scan)?)
}

fn whole(scan: Value) -> Result<Told, Vec<Invalid>> {
    if !scan.is_object() {
        return Err(vec![Invalid::new("scan", "wrong_type", "must be an object")]);
    }
    if let Some(mistake) = nul_in(&scan) {
        return Err(vec![mistake]);
    }
    let scan: ToldBody = serde_path_to_error::deserialize(scan).map_err(|error| vec![misread(&error)])?;
    let mut mistakes = Vec::new();
    mistakes.extend(nonce_mistake("nonce", &scan.nonce));
    mistakes.extend(reason_mistake("reason", scan.reason.as_deref(), scan.forced));
    if !(1970..=9999).contains(&scan.at.year()) {
        mistakes.push(Invalid::new("at", "out_of_range", "must be between the years 1970 and 9999"));
    }
    let fits = match scan.verdict {
        Said::Admitted => matches!(scan.direction, Direction::In),
        Said::Left | Said::NotInside => matches!(scan.direction, Direction::Out),
        _ => true,
    };
    if !fits {
        mistakes.push(Invalid::new("verdict", "contradiction", "does not go with this direction"));
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    Ok(Told {
        nonce: scan.nonce,
        code: scan.code,
        way: scan.direction.into(),
        at: scan.at,
        verdict: scan.verdict.into(),
        forced: scan.forced,
        reason: scan.reason,
    })
}

/// A scan whose parts have the right types, or all that do not: reading it as a whole stops at the first.
fn typed(scan: Value) -> Result<Value, Vec<Invalid>> {
    let Value::Object(parts) = &scan else { return Ok(scan) };
    let looked = [
        mistyped::<String>(parts, "nonce", true),
        mistyped::<String>(parts, "code", true),
        mistyped::<Direction>(parts, "direction", false),
        mistyped::<DateTime<Utc>>(parts, "at", true),
        mistyped::<Said>(parts, "verdict", true),
        mistyped::<bool>(parts, "forced", false),
        mistyped::<Option<String>>(parts, "reason", false),
    ];
    let wrong: Vec<_> = looked.into_iter().flatten().collect();
    if wrong.is_empty() { Ok(scan) } else { Err(wrong) }
}

fn mistyped<T: DeserializeOwned>(parts: &Map<String, Value>, name: &str, required: bool) -> Option<Invalid> {
    match parts.get(name) {
        Some(part) => {
            let error = serde_path_to_error::deserialize::<_, T>(part).err()?;
            Some(Invalid { field: name.to_owned(), ..misread(&error) })
        }
        None => required.then(|| Invalid::new(name, "required", "is missing")),
    }
}

//! `docs/api.md` lists every code that a problem can have, under the status that it comes with: programs are written by
//! that table.

use actix_web::http::StatusCode;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What makes a problem of its first argument, and the status of it.
const NAMED: [(&str, u16); 6] = [
    ("bad_request(", 400),
    ("unauthorized(", 401),
    ("forbidden(", 403),
    ("conflict(", 409),
    ("unprocessable(", 422),
    ("too_many(", 429),
];
/// How a status is written.
const STATUSES: [StatusCode; 10] = [
    StatusCode::BAD_REQUEST,
    StatusCode::NOT_FOUND,
    StatusCode::METHOD_NOT_ALLOWED,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    StatusCode::RANGE_NOT_SATISFIABLE,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
];

type Codes = BTreeSet<(u16, String)>;

/// `"code"`, where the text begins with it.
fn literal(text: &str) -> Option<&str> {
    let (code, _) = text.trim_start().strip_prefix('"')?.split_once('"')?;
    Some(code).filter(|code| code.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'_'))
}

/// The status that is named first in a text: `StatusCode::NOT_FOUND`.
fn status(text: &str) -> Option<u16> {
    let name: String =
        text.chars().take_while(|letter| letter.is_ascii_uppercase() || *letter == '_').collect();
    let written = |status: &&StatusCode| {
        let reason = status.canonical_reason().unwrap().to_uppercase();
        reason.replace(' ', "_") == name
    };
    STATUSES.iter().find(written).map(StatusCode::as_u16)
}

/// The codes in a source file. What is no literal cannot be found, and is a complaint.
fn codes_in(source: &str) -> Result<Codes, String> {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    let mut codes = Codes::new();
    let calls =
        ["Self::", "Problem::"].into_iter().flat_map(|of| source.match_indices(of).map(move |it| (it, of)));
    for ((at, _), of) in calls {
        let call = &source[at + of.len()..];
        if let Some((name, status)) = NAMED.into_iter().find(|(name, _)| call.starts_with(name)) {
            let code = literal(&call[name.len()..]).ok_or_else(|| call.lines().next().unwrap().to_owned())?;
            codes.insert((status, code.to_owned()));
        }
        let Some((first, rest)) = call.strip_prefix("new(").and_then(|call| call.split_once(',')) else {
            continue;
        };
        let Some(code) = literal(rest) else { continue };
        let named = first.trim().strip_prefix("StatusCode::").and_then(status);
        let before = || source[..at].rsplit("StatusCode::").next().and_then(status);
        match (named, first.trim()) {
            // For whatever a framework refuses with a status of its own.
            _ if code == "bad_request" => codes.insert((400, code.to_owned())),
            (Some(status), _) => codes.insert((status, code.to_owned())),
            (None, "status") => codes.insert((before().ok_or_else(|| call.to_owned())?, code.to_owned())),
            _ => false,
        };
    }
    Ok(codes)
}

/// All sources in a folder and below.
pub(crate) fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The rows of the table: `| 405, 413 | `a`, `b` |`.
fn rows(document: &str) -> Vec<(Vec<u16>, BTreeSet<String>)> {
    let table = document.split("| status | codes |").nth(1).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').collect();
        let statuses = cells[1].split(',').map(|status| status.trim().parse().unwrap()).collect();
        let codes = cells[2].split('`').skip(1).step_by(2).map(str::to_owned).collect();
        (statuses, codes)
    })
    .collect()
}

#[test]
fn the_table_of_codes_is_complete_and_has_no_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let mut codes = Codes::new();
    for file in files {
        let found = codes_in(&std::fs::read_to_string(&file).unwrap());
        codes.extend(found.unwrap_or_else(|call| panic!("{}: no literal code in {call}", file.display())));
    }
    assert!(codes.len() > 100, "the sources were read: {codes:?}");
    let rows = rows(&std::fs::read_to_string(root.join("../../docs/api.md")).unwrap());
    let told = |status, code| rows.iter().any(|(of, codes)| of.contains(&status) && codes.contains(code));
    let missing: Vec<_> = codes.iter().filter(|(status, code)| !told(*status, code)).collect();
    assert!(missing.is_empty(), "docs/api.md does not list {missing:?}");
    for (statuses, listed) in &rows {
        let known =
            |code: &&String| statuses.iter().any(|status| codes.contains(&(*status, (*code).clone())));
        let unknown: Vec<_> = listed.iter().filter(|code| !known(code)).collect();
        assert!(unknown.is_empty(), "docs/api.md lists, and nothing answers, {statuses:?} {unknown:?}");
    }
}

#[test]
fn codes_are_found_however_they_are_written() {
    let source = "Self::conflict(\n    \"taken\",\n    \"a\")\nProblem::new(StatusCode::NOT_FOUND, \"none\", \"b\")\n\
                  let status = http::StatusCode::SERVICE_UNAVAILABLE;\nSelf::new(status, \"away\", c)\nSelf::new(a, b)\n\
                  Other::conflict(\"x\")\n#[cfg(test)]\nmod tests { Problem::conflict(\"tried\", \"d\") }";
    let expected = [(409, "taken"), (404, "none"), (503, "away")];
    assert_eq!(codes_in(source), Ok(expected.map(|(status, code)| (status, code.to_owned())).into()));
    assert_eq!(codes_in("Problem::conflict(code, \"a\")"), Err("conflict(code, \"a\")".into()));
    let table = "| status | codes |\n| --- | --- |\n| 405, 413 | `a`, `b` |\n\n| 1 | `c` |\n";
    assert_eq!(rows(table), [(vec![405, 413], ["a", "b"].map(str::to_owned).into())]);
}

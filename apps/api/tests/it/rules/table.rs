//! The tables of `docs/rules.md`.

use super::sources::Sources;

/// A rule, and the tests that it names; `true` for those that it calls part of a contract.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) rule: u32,
    pub(super) tests: Vec<(String, bool)>,
}

/// The rows of rules: those that begin with a number.
pub(super) fn read(document: &str) -> Vec<Row> {
    let row = |line: &str| {
        let cells = cells(line)?;
        let [rule, _, tests] = cells.as_slice() else { return None };
        Some(Row { rule: rule.parse().ok()?, tests: names(tests) })
    };
    document.lines().filter_map(row).collect()
}

/// What is wrong with the rows, of which there has to be one for each of `expected`, in that order.
pub(super) fn complaints(rows: &[Row], expected: &[u32], sources: &Sources) -> Vec<String> {
    let there = |rule: &&u32| !rows.iter().any(|row| row.rule == **rule);
    let mut complaints: Vec<_> =
        expected.iter().filter(there).map(|rule| format!("rule {rule} has no row")).collect();
    let mut wanted = expected.iter().filter(|rule| rows.iter().any(|row| row.rule == **rule));
    for Row { rule, tests } in rows {
        if wanted.next() != Some(rule) {
            complaints.push(format!("the row of rule {rule} is out of place"));
        }
        if tests.is_empty() {
            complaints.push(format!("rule {rule} names no test"));
        }
        for (name, contract) in tests {
            if !sources.has_test(name) {
                complaints.push(format!("rule {rule} names `{name}`, and there is no such test"));
            } else if *contract && !sources.tests.contains(&(name.clone(), true)) {
                complaints
                    .push(format!("rule {rule} calls `{name}` part of a contract, and no contract has it"));
            }
        }
    }
    complaints
}

/// How many guards the section "Tried" tells of, and what is wrong with its rows.
pub(super) fn tried(document: &str, sources: &Sources) -> (usize, Vec<String>) {
    let section = document.split_once("\n## Tried").or_else(|| document.split_once("## Tried"));
    let section = section.map_or("", |(_, rest)| rest.split("\n## ").next().unwrap_or_default());
    let rows: Vec<_> = section.lines().filter_map(cells).skip(2).collect();
    let mut complaints = Vec::new();
    for row in &rows {
        let [guard, test, _] = row.as_slice() else {
            complaints.push(format!("\"Tried\" has a row that is not of three: {row:?}"));
            continue;
        };
        let (functions, tests) = (names(guard), names(test));
        if functions.is_empty() {
            complaints.push(format!("\"Tried\" names no function in: {guard}"));
        }
        if tests.is_empty() {
            complaints.push(format!("\"Tried\" names no test for: {guard}"));
        }
        for (name, _) in functions {
            if !sources.functions.contains(name.rsplit("::").next().unwrap_or_default()) {
                complaints.push(format!("\"Tried\" names `{name}`, and there is no such function"));
            }
        }
        for (name, _) in tests.iter().filter(|(name, _)| !sources.has_test(name)) {
            complaints.push(format!("\"Tried\" names `{name}`, and there is no such test"));
        }
    }
    (rows.len(), complaints)
}

fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(|cell| cell.trim().to_owned()).collect())
}

/// What stands between backticks, and whether `*contract*` follows.
fn names(cell: &str) -> Vec<(String, bool)> {
    let parts: Vec<_> = cell.split('`').collect();
    let quoted = parts.iter().skip(1).step_by(2).zip(parts.iter().skip(2).step_by(2));
    quoted.map(|(name, after)| ((*name).to_owned(), after.starts_with(" *contract*"))).collect()
}

//! Which tests and functions the sources have, read as text: a name has to be found whatever crate it is in.

use std::collections::BTreeSet;
use std::path::Path;

/// Everything that has a name.
pub(super) struct Sources {
    /// Tests by name; `true` for the cases of a contract. A name may be both.
    pub(super) tests: BTreeSet<(String, bool)>,
    pub(super) functions: BTreeSet<String>,
}

impl Sources {
    /// Reads every source file of the workspace, and the migrations of its database.
    pub(super) fn read(root: &Path) -> Self {
        let mut found = Self { tests: BTreeSet::new(), functions: BTreeSet::new() };
        let mut folders = vec![root.join("crates"), root.join("apps"), root.join("migrations")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let foreign = path.ends_with("target") || path.ends_with("node_modules");
                if path.is_dir() && !foreign {
                    folders.push(path);
                } else if let Some(extension @ ("rs" | "sql")) = path.extension().and_then(|it| it.to_str()) {
                    let text = std::fs::read_to_string(&path).unwrap();
                    found.functions.extend(functions_in(&text));
                    if extension == "rs" {
                        found.tests.extend(tests_in(&text));
                    }
                }
            }
        }
        found
    }

    pub(super) fn has_test(&self, name: &str) -> bool {
        [true, false].into_iter().any(|contract| self.tests.contains(&(name.to_owned(), contract)))
    }
}

/// The tests of a file: functions under an attribute, and those that are listed for a macro that makes tests of them;
/// with whether they are cases of a contract.
pub(super) fn tests_in(source: &str) -> Vec<(String, bool)> {
    let mut tests = Vec::new();
    let (mut under_attribute, mut listing) = (false, None);
    for line in source.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        let rest = match listing {
            Some(_) => line,
            None => match list(line) {
                Some((contract, rest)) => {
                    listing = Some(contract);
                    rest
                }
                None => {
                    under_attribute |= is_attribute(line);
                    if let Some(name) = function(line).filter(|_| under_attribute) {
                        tests.extend(name.map(|name| (name, false)));
                        under_attribute = false;
                    }
                    continue;
                }
            },
        };
        let (names, end) = rest.split_once(')').map_or((rest, false), |(names, _)| (names, true));
        // What makes the stage of each test may stand before the first one.
        let names = names.split(',').map(|name| name.rsplit(": ").next().unwrap_or(name).trim());
        let names = names.filter(|name| is_name(name));
        tests.extend(names.map(|name| (name.to_owned(), listing == Some(true))));
        if end {
            listing = None;
        }
    }
    tests
}

/// The names of all functions of a file, in Rust or SQL.
pub(super) fn functions_in(source: &str) -> Vec<String> {
    source.lines().filter_map(|line| function(line.trim()).flatten()).collect()
}

fn is_attribute(line: &str) -> bool {
    line.starts_with("#[test]") || line.starts_with("#[tokio::test")
}

/// The beginning of a list of tests: whether it is a contract's, and what stands on the same line.
fn list(line: &str) -> Option<(bool, &str)> {
    if let Some((_, rest)) = line.split_once("_contract!($open;") {
        return Some((true, rest.split_once(':').map_or(rest, |(_, rest)| rest)));
    }
    let rest = line.strip_prefix("with_each_provider!(").or_else(|| line.strip_prefix("on_each_store!("))?;
    Some((false, rest))
}

/// Whether a line begins a function, and its name unless a macro gives it one.
fn function(line: &str) -> Option<Option<String>> {
    if let Some(rest) = line.strip_prefix("CREATE FUNCTION ") {
        return Some(rest.split_once('(').map(|(name, _)| name.to_owned()));
    }
    let (before, rest) = line.split_once("fn ")?;
    let begins = before.split_whitespace().all(|word| {
        word.starts_with("pub") || ["async", "const", "unsafe", "in"].contains(&word) || word.ends_with(')')
    });
    let name = rest.split(['(', '<']).next()?;
    begins.then(|| is_name(name).then(|| name.to_owned()))
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

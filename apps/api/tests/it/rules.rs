//! `docs/rules.md` names, for each rule, the tests that fail without its guard, and the guards that were taken away
//! to see it. What it names has to be there; the patches that take guards away have to fit the sources.

mod sources;
mod table;

use sources::{Sources, functions_in, tests_in};
use std::path::Path;
use std::process::Command;
use table::{Row, complaints, read, tried};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn expected() -> Vec<u32> {
    (1..=46).collect()
}

fn document() -> String {
    std::fs::read_to_string(Path::new(ROOT).join("docs/rules.md")).unwrap()
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "docs/rules.md:\n{}\n", complaints.join("\n"));
}

#[test]
fn every_rule_has_a_row_and_every_test_it_names_is_there() {
    let sources = Sources::read(Path::new(ROOT));
    assert!(sources.tests.len() > 500, "the tests were found: {}", sources.tests.len());
    assert_none(&complaints(&read(&document()), &expected(), &sources));
}

#[test]
fn every_guard_that_was_taken_away_is_there_and_so_is_the_test_that_missed_it() {
    let sources = Sources::read(Path::new(ROOT));
    let (count, complaints) = tried(&document(), &sources);
    assert!(count >= 10, "at least ten guards were taken away: {count}");
    assert_none(&complaints);
}

/// `git apply PATCH` makes a build that a rehearsal has to catch; a patch that does not fit shows nothing.
#[test]
fn the_patches_that_take_guards_away_fit_the_sources() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sabotage");
    let mut patches: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    patches.sort_unstable();
    let names: Vec<_> = patches.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["no-duplicate-check.patch", "no-lock.patch", "release-without-asking.patch"]);
    for patch in &patches {
        let git =
            Command::new("git").args(["apply", "--check"]).arg(patch).current_dir(ROOT).output().unwrap();
        assert!(
            git.status.success(),
            "{} does not fit any more, make it anew:\n{}",
            patch.display(),
            String::from_utf8_lossy(&git.stderr)
        );
    }
}

#[test]
fn tests_are_found_however_they_are_written() {
    let source = "#[test]\nfn plain() {}\nfn helper() {}\n    #[tokio::test(flavor = \"multi_thread\")]\n\
                  \x20   async fn awaited() {}\n// #[test]\nfn silenced() {}\nproptest! {\n    #[test]\n    fn drawn(\n";
    assert_eq!(
        tests_in(source),
        [("plain".into(), false), ("awaited".into(), false), ("drawn".into(), false)]
    );
    let cases = "with_each_provider!(\n    one,\n    two,\n);\non_each_store!(three);\n";
    assert_eq!(tests_in(cases).len(), 3);
    let contract = "        $crate::x_contract!($open; module:\n            four,\n            five,\n        );\n\
                    \x20   ($open:ident; $($case:ident),+ $(,)?) => {\n#[tokio::test]\nasync fn $case() {\n";
    assert_eq!(tests_in(contract), [("four".into(), true), ("five".into(), true)]);
    assert_eq!(functions_in("pub(crate) async fn a<T>(x: T) {}\nconst fn b() {}"), ["a", "b"]);
}

#[test]
fn every_mistake_of_the_table_is_seen() {
    let test = |name: &str, contract| (name.to_owned(), contract);
    let sources = Sources {
        tests: [test("a", false), test("b", true)].into(),
        functions: ["a".to_owned(), "b".to_owned(), "guard".to_owned()].into(),
    };
    let row = "| 1 | said | `a`, `b` *contract* |\n";
    assert_eq!(read(row), [Row { rule: 1, tests: vec![("a".into(), false), ("b".into(), true)] }]);
    assert_eq!(complaints(&read(row), &[1], &sources), [""; 0]);
    for (document, complaint) in [
        ("", "rule 1 has no row"),
        ("| 1 | said | nothing |", "rule 1 names no test"),
        ("| 1 | said | `c` |", "rule 1 names `c`, and there is no such test"),
        ("| 1 | said | `guard` |", "rule 1 names `guard`, and there is no such test"),
        ("| 1 | said | `a` *contract* |", "rule 1 calls `a` part of a contract, and no contract has it"),
        ("| 1 | said | `a` |\n| 1 | said | `a` |", "the row of rule 1 is out of place"),
        ("| 1 | said | `a` |\n| 9 | said | `a` |", "the row of rule 9 is out of place"),
    ] {
        assert_eq!(complaints(&read(document), &[1], &sources), [complaint]);
    }
    let table =
        |row: &str| format!("## Tried\n\n| guard | test | how |\n| --- | --- | --- |\n{row}\n\n## More\n");
    assert_eq!(tried(&table("| in `Of::guard` | `b` | so |"), &sources), (1, vec![]));
    for (row, complaint) in [
        ("| in `gone` | `a` | so |", "\"Tried\" names `gone`, and there is no such function"),
        ("| in words | `a` | so |", "\"Tried\" names no function in: in words"),
        ("| `guard` | `c` | so |", "\"Tried\" names `c`, and there is no such test"),
        ("| `guard` | none | so |", "\"Tried\" names no test for: `guard`"),
    ] {
        assert_eq!(tried(&table(row), &sources), (1, vec![complaint.to_owned()]));
    }
}

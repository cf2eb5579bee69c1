//! Who may import whom: docs/architecture.md says it in words, this enforces it and names the culprit.

mod rules;
mod workspace;

use rules::{forbidden_paths, inherits_lints, violations};
use workspace::Workspace;

/// Shows a list of complaints, one per line.
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn crates_depend_only_on_what_their_layer_allows() {
    let workspace = Workspace::read();
    assert!(workspace.packages.iter().any(|package| package.name == "kernel"), "the workspace was read");
    assert_none(&violations(&workspace.packages));
}

#[test]
fn every_crate_is_under_the_lints_of_the_workspace() {
    let complaints: Vec<_> = Workspace::read()
        .packages
        .iter()
        .filter(|package| !inherits_lints(&package.manifest))
        .map(|package| format!("crate {} must say `[lints] workspace = true`", package.name))
        .collect();
    assert_none(&complaints);
}

#[test]
fn no_domain_names_a_framework_in_its_source() {
    let sources = Workspace::read().domain_sources();
    assert!(sources.len() > 10, "the sources of the domains were found");
    let mut complaints = Vec::new();
    for (file, text) in &sources {
        for (line, path) in forbidden_paths(text) {
            complaints.push(format!("{}:{line}: a domain must not use {path}", file.display()));
        }
    }
    assert_none(&complaints);
}

#[test]
fn paths_of_frameworks_are_seen_in_code_but_not_in_comments_or_tests() {
    let source = "//! Unlike tokio::sync this is pure.\nuse tokio::sync::Mutex;\nfn f() { diesel::delete(t); }\n\
                  use actix_web::web;\nlet autokio::x = 1;\n#[cfg(test)]\nmod tests { #[tokio::test] async fn t() {} }";
    assert_eq!(forbidden_paths(source), [(2, "tokio::"), (3, "diesel::"), (4, "actix")]);
}

#[test]
fn a_manifest_without_the_lints_of_the_workspace_is_seen() {
    assert!(inherits_lints("[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"));
    assert!(inherits_lints("[package]\nlints.workspace = true\n"));
    assert!(!inherits_lints("[package]\nversion.workspace = true\n"));
    assert!(!inherits_lints("[lints]\nworkspace = false\n\n[dependencies]\n"));
}

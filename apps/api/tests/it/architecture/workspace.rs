//! Reads the workspace that this test was built from.

use super::rules::{Dependency, Kind, Package};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The members, and where they are.
pub(super) struct Workspace {
    root: PathBuf,
    pub(super) packages: Vec<Package>,
}

impl Workspace {
    /// Asks cargo, without a network: declared dependencies suffice, so that nothing need be resolved.
    pub(super) fn read() -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let said = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--offline", "--locked", "--no-deps"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(said.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&said.stderr));
        let metadata: Value = serde_json::from_slice(&said.stdout).unwrap();
        let root = PathBuf::from(metadata["workspace_root"].as_str().unwrap());
        let packages = metadata["packages"].as_array().unwrap();
        Self { packages: packages.iter().map(|package| read(package, &root)).collect(), root }
    }

    /// Every source file of the domains, with its text.
    pub(super) fn domain_sources(&self) -> Vec<(PathBuf, String)> {
        let mut folders: Vec<PathBuf> = self
            .packages
            .iter()
            .filter(|package| package.folder.starts_with("crates/domain/"))
            .map(|package| self.root.join(&package.folder).join("src"))
            .collect();
        let mut sources = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") && !is_of_tests(&path) {
                    let text = std::fs::read_to_string(&path).unwrap();
                    sources.push((path, text));
                }
            }
        }
        sources
    }
}

fn read(package: &Value, root: &Path) -> Package {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let folder = manifest.parent().unwrap().strip_prefix(root).unwrap();
    let dependencies = package["dependencies"].as_array().unwrap().iter().map(|dependency| Dependency {
        name: dependency["name"].as_str().unwrap().into(),
        kind: match dependency["kind"].as_str() {
            Some("dev") => Kind::Dev,
            Some("build") => Kind::Build,
            _ => Kind::Normal,
        },
    });
    Package {
        name: package["name"].as_str().unwrap().into(),
        folder: folder.to_str().unwrap().into(),
        dependencies: dependencies.collect(),
        manifest: std::fs::read_to_string(manifest).unwrap(),
    }
}

/// Files of tests alone; what declares them says so.
fn is_of_tests(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "tests.rs" || name == "samples.rs")
}

//! The rules themselves: functions of what was read, so that a broken rule can be shown to be seen.

/// What a crate asks another for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Normal,
    Build,
    Dev,
}

/// A declared dependency.
#[derive(Debug, Clone)]
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// A member of the workspace.
#[derive(Debug, Clone)]
pub(super) struct Package {
    pub(super) name: String,
    /// Folder from the root of the workspace, e.g. `crates/domain/kernel`.
    pub(super) folder: String,
    pub(super) dependencies: Vec<Dependency>,
    /// Text of its `Cargo.toml`.
    pub(super) manifest: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    Kernel,
    Domain,
    Adapter,
    /// Simulators and testkit.
    Support,
    App,
}

const KERNEL: [&str; 5] = ["async-trait", "chrono", "serde", "thiserror", "uuid"];

/// Small crates that compute and touch nothing outside.
const PURE: [&str; 19] = [
    "aes-gcm",
    "async-trait",
    "chrono",
    "chrono-tz",
    "data-encoding",
    "ed25519-dalek",
    "futures-channel",
    "futures-util",
    "hkdf",
    "hmac",
    "serde",
    "serde_json",
    "sha2",
    "subtle",
    "thiserror",
    "totp-rs",
    "tracing",
    "unicode-normalization",
    "uuid",
];

/// What tests of the kernel and the domains may use besides.
const IN_DOMAIN_TESTS: [&str; 7] =
    ["adapter-local", "mockall", "proptest", "serde_json", "tempfile", "testkit", "tokio"];

/// Domains talk by ids and effects, never by calls; this is the one exception.
const BETWEEN_DOMAINS: [(&str, &str); 1] = [("accounts", "invites")];

/// Which crate alone may use a technology. A name ending in `*` stands for all that begin so.
const TECHNOLOGIES: [(&str, &str); 19] = [
    ("diesel*", "adapter-postgres"),
    ("tokio-postgres", "adapter-postgres"),
    ("rusqlite", "adapter-local"),
    ("imbl", "adapter-local"),
    ("redis", "adapter-redis"),
    ("deadpool-redis", "adapter-redis"),
    ("async-stripe*", "adapter-stripe"),
    ("paypal-rs", "adapter-paypal"),
    ("aws-*", "adapter-s3"),
    ("age", "adapter-age"),
    ("zstd", "adapter-age"),
    ("async-nats", "adapter-nats"),
    ("rdkafka*", "adapter-kafka"),
    ("mail-send", "adapter-smtp"),
    ("mail-builder", "adapter-smtp"),
    ("opentelemetry*", "synesthesie"),
    ("tracing-opentelemetry", "synesthesie"),
    ("tracing-subscriber", "synesthesie"),
    ("utoipa*", "synesthesie"),
];

/// Every dependency that the layers do not allow, as `crate X must not depend on Y: reason`.
pub(super) fn violations(packages: &[Package]) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in packages {
        let Some(layer) = layer(&package.folder) else {
            complaints.push(format!("crate {} lies in no known layer: {}", package.name, package.folder));
            continue;
        };
        for dependency in &package.dependencies {
            let target = packages.iter().find(|other| other.name == dependency.name);
            let target_layer = target.and_then(|target| self::layer(&target.folder));
            if let Some(reason) = refusal(package, layer, dependency, target_layer) {
                let (name, unwanted) = (&package.name, &dependency.name);
                complaints.push(format!("crate {name} must not depend on {unwanted}: {reason}"));
            }
        }
    }
    complaints
}

fn layer(folder: &str) -> Option<Layer> {
    match folder {
        "crates/domain/kernel" => Some(Layer::Kernel),
        "crates/simulators" | "crates/testkit" => Some(Layer::Support),
        _ if folder.starts_with("crates/domain/") => Some(Layer::Domain),
        _ if folder.starts_with("crates/adapters/") => Some(Layer::Adapter),
        _ if folder.starts_with("apps/") => Some(Layer::App),
        _ => None,
    }
}

/// Why `package` may not have this dependency; `target` is its layer when it is one of ours.
fn refusal(
    package: &Package,
    layer: Layer,
    dependency: &Dependency,
    target: Option<Layer>,
) -> Option<&'static str> {
    let name = dependency.name.as_str();
    if target == Some(Layer::App) {
        return Some("nothing depends on an app");
    }
    let in_tests = dependency.kind == Kind::Dev;
    match layer {
        Layer::Kernel | Layer::Domain if in_tests && IN_DOMAIN_TESTS.contains(&name) => None,
        Layer::Kernel if KERNEL.contains(&name) => None,
        Layer::Kernel => Some("the kernel knows five small crates and nothing else"),
        Layer::Domain => domain_refusal(&package.name, name, target),
        Layer::Adapter | Layer::Support if in_tests => None,
        Layer::Adapter => adapter_refusal(&package.name, name, target),
        Layer::Support => match target {
            Some(Layer::Adapter) => {
                Some("simulators and testkit know ports, not adapters, outside their tests")
            }
            _ => technology_refusal(&package.name, name),
        },
        Layer::App => None,
    }
}

fn domain_refusal(package: &str, name: &str, target: Option<Layer>) -> Option<&'static str> {
    match target {
        Some(Layer::Kernel) => None,
        Some(Layer::Domain) if BETWEEN_DOMAINS.contains(&(package, name)) => None,
        Some(Layer::Domain) => Some("domains talk by ids and effects; only accounts may import invites"),
        Some(Layer::Adapter) => Some("a domain knows its ports, not who keeps them"),
        Some(Layer::Support) => Some("simulators and testkit are for tests"),
        Some(Layer::App) => Some("nothing depends on an app"),
        None if PURE.contains(&name) => None,
        None => Some("a domain performs no I/O: only small pure crates, listed in this test"),
    }
}

fn adapter_refusal(package: &str, name: &str, target: Option<Layer>) -> Option<&'static str> {
    match target {
        Some(Layer::Kernel | Layer::Domain) => None,
        Some(Layer::Adapter) => Some("an adapter is one technology and knows no other adapter"),
        Some(Layer::Support) => Some("simulators and testkit are for tests"),
        Some(Layer::App) => Some("nothing depends on an app"),
        None if name.starts_with("actix") => Some("HTTP is served by the app and the simulators"),
        None => technology_refusal(package, name),
    }
}

fn technology_refusal(package: &str, name: &str) -> Option<&'static str> {
    let same = |pattern: &str| {
        pattern.strip_suffix('*').map_or(pattern == name, |beginning| name.starts_with(beginning))
    };
    let (_, owner) = TECHNOLOGIES.iter().find(|(pattern, _)| same(pattern))?;
    (*owner != package).then_some("this technology belongs to one other crate, listed in this test")
}

/// Whether a manifest takes the lints of the workspace.
pub(super) fn inherits_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().map(str::trim).filter(|line| !line.is_empty());
    while let Some(line) = lines.next() {
        if line == "lints.workspace = true" {
            return true;
        }
        if line == "[lints]" {
            return lines.next() == Some("workspace = true");
        }
    }
    false
}

/// Lines, counted from 1, that use a path which no domain may use; comments and tests may.
pub(super) fn forbidden_paths(source: &str) -> Vec<(usize, &'static str)> {
    const FORBIDDEN: [&str; 8] = [
        "diesel::",
        "diesel_async::",
        "actix",
        "reqwest::",
        "tokio::",
        "std::fs",
        "std::net::",
        "std::process",
    ];
    let code = source.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
    code.filter(|(_, line)| !line.trim_start().starts_with("//"))
        .filter_map(|(index, line)| {
            let path = FORBIDDEN.into_iter().find(|path| names(line, path))?;
            Some((index + 1, path))
        })
        .collect()
}

/// Whether `path` stands in the line and is not the end of a longer name.
fn names(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::{Dependency, Kind, Package, violations};

    fn package(folder: &str, name: &str, dependencies: &[(&str, Kind)]) -> Package {
        let dependencies =
            dependencies.iter().map(|&(name, kind)| Dependency { name: name.into(), kind }).collect();
        Package { name: name.into(), folder: folder.into(), dependencies, manifest: String::new() }
    }

    /// A workspace in order, but for one more dependency of one crate.
    fn with(culprit: &str, unwanted: &str, kind: Kind) -> Vec<String> {
        use Kind::{Dev, Normal};
        let mut packages = [
            package("crates/domain/kernel", "kernel", &[("serde", Normal), ("proptest", Dev)]),
            package("crates/domain/invites", "invites", &[("kernel", Normal)]),
            package("crates/domain/accounts", "accounts", &[("kernel", Normal), ("invites", Normal)]),
            package("crates/domain/booking", "booking", &[("adapter-local", Dev), ("tokio", Dev)]),
            package("crates/adapters/local", "adapter-local", &[("rusqlite", Normal), ("testkit", Dev)]),
            package("crates/adapters/postgres", "adapter-postgres", &[("diesel-async", Normal)]),
            package("crates/simulators", "simulators", &[("actix-web", Normal), ("booking", Normal)]),
            package("crates/testkit", "testkit", &[("booking", Normal), ("adapter-local", Dev)]),
            package("apps/api", "synesthesie", &[("adapter-postgres", Normal), ("actix-web", Normal)]),
        ];
        let package = packages.iter_mut().find(|package| package.name == culprit).unwrap();
        package.dependencies.push(Dependency { name: unwanted.into(), kind });
        violations(&packages)
    }

    #[test]
    fn a_workspace_in_order_is_not_complained_about() {
        assert_eq!(with("booking", "sha2", Kind::Normal), [""; 0]);
        assert_eq!(with("adapter-local", "adapter-postgres", Kind::Dev), [""; 0]);
    }

    #[test]
    fn every_forbidden_dependency_is_complained_about_by_name() {
        for (culprit, unwanted, kind) in [
            ("kernel", "tokio", Kind::Normal),
            ("kernel", "serde_json", Kind::Normal),
            ("kernel", "invites", Kind::Normal),
            ("kernel", "cc", Kind::Build),
            ("booking", "tokio", Kind::Normal),
            ("booking", "diesel", Kind::Normal),
            ("booking", "reqwest", Kind::Normal),
            ("booking", "actix-web", Kind::Dev),
            ("booking", "adapter-local", Kind::Normal),
            ("booking", "adapter-postgres", Kind::Dev),
            ("booking", "testkit", Kind::Normal),
            ("booking", "accounts", Kind::Normal),
            ("invites", "accounts", Kind::Normal),
            ("accounts", "booking", Kind::Build),
            ("adapter-local", "adapter-postgres", Kind::Normal),
            ("adapter-local", "diesel", Kind::Normal),
            ("adapter-local", "diesel_migrations", Kind::Normal),
            ("adapter-postgres", "rusqlite", Kind::Normal),
            ("adapter-postgres", "async-stripe-core", Kind::Normal),
            ("adapter-local", "aws-sdk-s3", Kind::Normal),
            ("adapter-postgres", "opentelemetry_sdk", Kind::Normal),
            ("adapter-postgres", "tracing-opentelemetry", Kind::Normal),
            ("adapter-local", "rdkafka-sys", Kind::Normal),
            ("adapter-postgres", "async-nats", Kind::Normal),
            ("adapter-postgres", "actix-web", Kind::Normal),
            ("adapter-postgres", "simulators", Kind::Normal),
            ("adapter-postgres", "synesthesie", Kind::Dev),
            ("testkit", "adapter-local", Kind::Normal),
            ("simulators", "adapter-postgres", Kind::Build),
            ("simulators", "diesel", Kind::Normal),
        ] {
            let complaints = with(culprit, unwanted, kind);
            assert_eq!(complaints.len(), 1, "{culprit} -> {unwanted} ({kind:?}): {complaints:?}");
            let named = format!("crate {culprit} must not depend on {unwanted}: ");
            assert!(complaints[0].starts_with(&named), "{complaints:?}");
        }
    }

    #[test]
    fn a_crate_outside_the_layers_is_complained_about() {
        let stray = package("crates/helpers", "helpers", &[]);
        assert_eq!(violations(&[stray]), ["crate helpers lies in no known layer: crates/helpers"]);
    }
}

//! `compose.yaml`, the image, and what they bring along.

use super::yaml::{document, texts};
use super::{Variables, checked, docker, is_pinned, read, unknown};
use serde_json::{Map, Value};
use std::process::Command;

/// Where its secrets are mounted.
const SECRETS: &str = "/run/secrets";
/// Its image knows no other user than root, who may do nothing there.
const AS_ROOT: [&str; 1] = ["garage"];
/// Their images run as a user of their own.
const BY_IMAGE: [&str; 6] = ["app", "certificate", "grafana", "migrate", "prometheus", "worker"];

fn services() -> Map<String, Value> {
    document(&read("compose.yaml"))["services"].as_object().unwrap().clone()
}

/// The settings in an example of variables; with those that are commented out, when asked for.
fn example(with_commented: bool) -> Vec<(String, String)> {
    let text = read("synesthesie.env.example");
    let lines = text.lines().map(|line| if with_commented { line.trim_start_matches('#') } else { line });
    let settings = lines.filter(|line| line.starts_with("SYNESTHESIE__"));
    settings
        .map(|line| {
            let (name, value) = line.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

/// What a service adds to them.
fn environment(service: &Value) -> Variables {
    let variables = service["environment"].as_object().into_iter().flatten();
    variables.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

#[test]
fn every_setting_is_known() {
    let mut settings = example(true);
    for service in services().values() {
        settings.extend(environment(service).into_iter().filter(|(name, _)| name.starts_with("SYNESTHESIE")));
    }
    let dockerfile = read("Dockerfile");
    let words = dockerfile.split_whitespace().filter(|word| word.starts_with("SYNESTHESIE__"));
    settings.extend(words.map(|word| {
        let (name, value) = word.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    }));
    assert!(settings.len() > 25, "they were found: {settings:?}");
    // One after the other, as some stand there twice.
    for setting in settings {
        assert_eq!(unknown([setting]), [""; 0]);
    }
}

#[test]
fn the_example_is_a_configuration_once_it_is_filled_in() {
    let everything: Variables = example(true).into_iter().collect();
    let without: Variables = example(false).into_iter().collect();
    assert!(without.len() < everything.len());
    for variables in [without, everything] {
        for name in ["migrate", "app", "worker"] {
            let mut variables = variables.clone();
            variables.extend(environment(&services()[name]));
            assert_eq!(checked(&variables, SECRETS), Ok(()), "{name}");
        }
    }
}

#[test]
fn every_image_has_a_version() {
    for (name, service) in services() {
        let image = service["image"].as_str().unwrap();
        assert!(image == "synesthesie:local" || is_pinned(image), "{name}: {image}");
    }
    let dockerfile = read("Dockerfile");
    let images: Vec<_> = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("FROM "))
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(images.len(), 2, "{images:?}");
    assert!(images.iter().all(|image| is_pinned(image)), "{images:?}");
}

#[test]
fn backups_are_made_by_the_programs_of_the_server_s_version() {
    let services = services();
    let server = services["postgres"]["image"].as_str().unwrap();
    let major = server.strip_prefix("postgres:").unwrap().split('.').next().unwrap();
    let dockerfile = read("Dockerfile");
    assert!(dockerfile.lines().any(|line| line == format!("ARG POSTGRES={major}")), "not of {major}");
    assert!(dockerfile.contains("\"postgresql-client-$POSTGRES\""));
}

#[test]
fn nothing_may_do_more_than_it_needs() {
    for (name, service) in services() {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(service["cap_add"], Value::Null, "{name}");
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        for port in texts(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name} is open to the world: {port}");
        }
        match service["user"].as_str() {
            Some(user) => assert!(!user.starts_with('0') && !user.starts_with("root"), "{name}: {user}"),
            None => assert!(BY_IMAGE.contains(&&*name) || AS_ROOT.contains(&&*name), "{name} runs as root"),
        }
    }
    assert!(read("Dockerfile").lines().any(|line| line == "USER 10001:10001"));
}

#[test]
fn whatever_goes_on_is_looked_at_and_started_again() {
    for (name, service) in services() {
        match service["restart"].as_str() {
            Some("no") => assert_eq!(service["healthcheck"]["disable"], true, "{name}"),
            Some("unless-stopped") => {
                let by_image = name == "app" && read("Dockerfile").contains("\nHEALTHCHECK ");
                assert!(by_image || service["healthcheck"]["test"].is_array(), "nobody looks at {name}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn what_is_named_is_there() {
    let whole = document(&read("compose.yaml"));
    let services = services();
    let declared = |kind: &str, name: &str| whole[kind].as_object().unwrap().contains_key(name);
    for (name, service) in &services {
        for volume in texts(&service["volumes"]) {
            let from = volume.split(':').next().unwrap();
            match from.strip_prefix("./") {
                // What docker/prepare makes.
                Some(path) if path.starts_with("secrets/") => {}
                Some(path) => assert!(docker().join(path).exists(), "{name}: {volume}"),
                None => assert!(declared("volumes", from), "{name}: {volume}"),
            }
        }
        for secret in texts(&service["secrets"]) {
            assert!(declared("secrets", &secret), "{name}: {secret}");
        }
        for file in texts(&service["env_file"]) {
            assert!(docker().join(format!("{file}.example")).exists(), "{name}: {file}");
        }
        let after = match &service["depends_on"] {
            Value::Object(after) => after.keys().cloned().collect(),
            list => texts(list),
        };
        assert!(after.iter().all(|other| services.contains_key(other)), "{name}: {after:?}");
    }
    assert!(
        docker().join(services["migrate"]["build"]["context"].as_str().unwrap()).join("Cargo.toml").exists()
    );
}

#[test]
fn prometheus_asks_those_who_are_there_and_grafana_asks_prometheus() {
    let asked = document(&read("prometheus/prometheus.yaml"));
    let services = services();
    let metrics_bind = services["worker"]["environment"]["SYNESTHESIE__WORKER__METRICS_BIND"].as_str();
    assert_eq!(metrics_bind, Some("0.0.0.0:9090"));
    let targets: Vec<_> = asked["scrape_configs"][0]["static_configs"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| texts(&group["targets"]))
        .collect();
    assert_eq!(targets, ["app:8080", "worker:9090"]);
    for file in texts(&asked["rule_files"]) {
        assert!(docker().join("prometheus").join(file).exists());
    }
    let source = document(&read("grafana/provisioning/datasources/prometheus.yaml"));
    assert_eq!(source["datasources"][0]["url"], "http://prometheus:9090");
    let folder = document(&read("grafana/provisioning/dashboards/synesthesie.yaml"));
    let path = folder["providers"][0]["options"]["path"].as_str().unwrap();
    let mounts = texts(&services["grafana"]["volumes"]);
    assert!(mounts.contains(&format!("./grafana/dashboards:{path}:ro")), "{mounts:?}");
}

/// `docker/prepare` on a copy of the folder: each file is made once, and kept.
#[test]
fn what_is_prepared_is_a_configuration_and_stays() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not root: files cannot be given to other users, so docker/prepare was not tried");
        return;
    }
    let copy = tempfile::tempdir().unwrap();
    for file in ["prepare", "synesthesie.env.example", "garage.env.example"] {
        std::fs::copy(docker().join(file), copy.path().join(file)).unwrap();
    }
    let prepare = || {
        let done = Command::new("sh").arg(copy.path().join("prepare")).status().unwrap();
        assert!(done.success());
        let read = |name: &str| std::fs::read_to_string(copy.path().join(name)).unwrap();
        (read("secrets/synesthesie/store_url"), read("secrets/synesthesie/signing_key"), read("garage.env"))
    };
    let made = prepare();
    assert!(made.0.starts_with("postgres://synesthesie:") && made.0.len() > 60, "{}", made.0);
    assert!(made.2.lines().all(|line| line.starts_with('#') || !line.ends_with('=')), "{}", made.2);
    std::fs::write(copy.path().join("secrets/synesthesie/mail_url"), "smtp://user:secret@mail.example.org")
        .unwrap();
    assert_eq!(prepare(), made, "what is there stays as it is");
    let mut variables: Variables = example(false).into_iter().collect();
    variables.extend(environment(&services()["app"]));
    let there = copy.path().join("secrets/synesthesie");
    for value in variables.values_mut() {
        *value = value.replacen(SECRETS, there.to_str().unwrap(), 1);
    }
    assert_eq!(checked(&variables, "/nowhere"), Ok(()));
}

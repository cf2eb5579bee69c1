//! The manifests for Kubernetes: what it would refuse is found here.

use super::yaml::documents;
use super::{Variables, checked, docker, is_pinned, unknown};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Where secrets are mounted.
const SECRETS: &str = "/run/secrets/synesthesie";
/// What Kubernetes takes of each kind; `strip.py` beside it makes it.
const SCHEMA: &str = include_str!("../../kubernetes/schema.json");

/// Every manifest, with the file that it stands in.
fn manifests() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(docker().join("k8s")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // Somebody's own secrets, if they lie there.
        if name.ends_with(".yaml") && name != "secret.yaml" {
            let text = std::fs::read_to_string(&path).unwrap();
            found.extend(documents(&text).into_iter().map(|manifest| (name.clone(), manifest)));
        }
    }
    assert!(found.len() > 10, "they were found: {found:?}");
    found
}

fn of_kind(kind: &str) -> Vec<Value> {
    manifests()
        .into_iter()
        .map(|(_, manifest)| manifest)
        .filter(|manifest| manifest["kind"] == kind)
        .collect()
}

fn named(kind: &str, name: &str) -> Value {
    let mut found = of_kind(kind);
    found.retain(|manifest| manifest["metadata"]["name"] == name);
    assert_eq!(found.len(), 1, "{kind} {name}");
    found.remove(0)
}

/// What runs pods.
fn workloads() -> Vec<Value> {
    [of_kind("Deployment"), of_kind("Job")].concat()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn mistakes(manifest: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let kind = manifest["kind"].as_str().unwrap_or_default();
    let Some(Value::Object(of_kind)) = schema["kinds"].get(kind) else {
        return vec![format!("{kind} is not in schema.json: add it to strip.py")];
    };
    let mut whole = of_kind.clone();
    whole.insert("$defs".to_owned(), schema["$defs"].clone());
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .build(&Value::Object(whole))
        .unwrap();
    let found = validator.iter_errors(manifest);
    found.map(|mistake| format!("{}: {mistake}", mistake.instance_path())).collect()
}

#[test]
fn kubernetes_would_take_every_manifest() {
    for (file, manifest) in manifests() {
        assert_eq!(mistakes(&manifest), [""; 0], "{file}: {}", manifest["kind"]);
    }
}

#[test]
fn what_kubernetes_would_not_take_is_found() {
    let right = named("Deployment", "app");
    let container = "/spec/template/spec/containers/0";
    for (at, wrong) in [
        ("/kind", json!("Deploiment")),
        ("/apiVersion", json!("apps/v2")),
        ("/spec/replicas", json!("two")),
        ("/spec/selector", Value::Null),
        ("/spec/template/spec/securityContext", json!({"runAsRoot": false})),
        ("/spec/template/spec/volumes/0", json!({"secret": {"secretName": "synesthesie"}})),
        (&*format!("{container}/ports/0"), json!({"name": "http"})),
        (&*format!("{container}/readinessProbe/httpGet"), json!({"path": "/health/ready"})),
        (&*format!("{container}/volumeMounts/0"), json!({"name": "secrets", "mountpath": "/x"})),
    ] {
        let mut manifest = right.clone();
        *manifest.pointer_mut(at).unwrap_or_else(|| panic!("there is no {at}")) = wrong;
        assert_ne!(mistakes(&manifest), [""; 0], "{at}");
    }
}

#[test]
fn all_of_it_belongs_together() {
    let mut images = BTreeSet::new();
    for (file, manifest) in manifests() {
        if manifest["kind"] != "Namespace" {
            assert_eq!(manifest["metadata"]["namespace"], "synesthesie", "{file}");
        }
    }
    for workload in workloads() {
        for container in list(&workload["spec"]["template"]["spec"]["containers"]) {
            images.insert(container["image"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(images.len(), 1, "one release: {images:?}");
    let image = images.pop_first().unwrap();
    assert!(is_pinned(&image) && image.ends_with(concat!(":", env!("CARGO_PKG_VERSION"))), "{image}");
    assert_eq!(named("Deployment", "app")["spec"]["replicas"], 2);
}

#[test]
fn pods_may_do_no_more_than_they_need() {
    for workload in workloads() {
        let (name, pod) = (&workload["metadata"]["name"], &workload["spec"]["template"]["spec"]);
        let context = &pod["securityContext"];
        assert_eq!(context["runAsNonRoot"], true, "{name}");
        assert_eq!(context["runAsUser"], 10001, "{name}: as the image");
        assert_eq!(context["seccompProfile"]["type"], "RuntimeDefault", "{name}");
        assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
        for container in list(&pod["containers"]) {
            let context = &container["securityContext"];
            assert_eq!(context["allowPrivilegeEscalation"], false, "{name}");
            assert_eq!(context["readOnlyRootFilesystem"], true, "{name}");
            assert_eq!(context["capabilities"], json!({"drop": ["ALL"]}), "{name}");
            let resources = &container["resources"];
            for needed in ["/requests/cpu", "/requests/memory", "/limits/memory"] {
                assert!(resources.pointer(needed).is_some(), "{name} has no {needed}");
            }
        }
    }
    let labels = &of_kind("Namespace")[0]["metadata"]["labels"];
    assert_eq!(labels["pod-security.kubernetes.io/enforce"], "restricted");
}

#[test]
fn whatever_goes_on_is_looked_at_and_may_end_in_its_time() {
    for (name, least) in [("app", 70), ("worker", 40)] {
        let deployment = named("Deployment", name);
        let pod = &deployment["spec"]["template"]["spec"];
        assert!(pod["terminationGracePeriodSeconds"].as_u64() >= Some(least), "{name}");
        let container = &pod["containers"][0];
        for (probe, path) in [
            ("startupProbe", "/health/live"),
            ("readinessProbe", "/health/ready"),
            ("livenessProbe", "/health/live"),
        ] {
            assert_eq!(container[probe]["httpGet"]["path"], path, "{name}: {probe}");
            assert_eq!(container[probe]["httpGet"]["port"], container["ports"][0]["name"], "{name}: {probe}");
        }
    }
    let budget = named("PodDisruptionBudget", "app");
    assert!(
        budget["spec"]["minAvailable"].as_u64() < named("Deployment", "app")["spec"]["replicas"].as_u64()
    );
}

/// Whether everything that a selector wants is among these labels.
fn selects(selector: &Value, labels: &Value) -> bool {
    selector.as_object().unwrap().iter().all(|(key, value)| labels[key] == *value)
}

#[test]
fn what_is_named_is_there() {
    let app = named("Deployment", "app");
    let labels = |workload: &Value| workload["spec"]["template"]["metadata"]["labels"].clone();
    let ports = |workload: &Value| -> Vec<Value> {
        let ports = list(&workload["spec"]["template"]["spec"]["containers"][0]["ports"]).to_vec();
        ports.into_iter().map(|port| port["name"].clone()).collect()
    };
    for deployment in of_kind("Deployment") {
        assert!(selects(&deployment["spec"]["selector"]["matchLabels"], &labels(&deployment)));
    }
    for workload in workloads() {
        let (name, pod) = (&workload["metadata"]["name"], &workload["spec"]["template"]["spec"]);
        let volumes: Vec<_> = list(&pod["volumes"]).iter().map(|volume| &volume["name"]).collect();
        for mount in list(&pod["containers"][0]["volumeMounts"]) {
            assert!(volumes.contains(&&mount["name"]), "{name}: {mount}");
        }
        for volume in list(&pod["volumes"]) {
            if let Some(secret) = volume["secret"]["secretName"].as_str() {
                named("Secret", secret);
            }
        }
        named("ConfigMap", pod["containers"][0]["envFrom"][0]["configMapRef"]["name"].as_str().unwrap());
    }
    let service = named("Service", "app");
    assert!(selects(&service["spec"]["selector"], &labels(&app)));
    assert!(!selects(&service["spec"]["selector"], &labels(&named("Deployment", "worker"))));
    assert!(ports(&app).contains(&service["spec"]["ports"][0]["targetPort"]));
    assert!(selects(&named("PodDisruptionBudget", "app")["spec"]["selector"]["matchLabels"], &labels(&app)));
    for path in list(&named("Ingress", "app")["spec"]["rules"][0]["http"]["paths"]) {
        let backend = &path["backend"]["service"];
        assert_eq!(backend["name"], service["metadata"]["name"], "{path}");
        assert_eq!(backend["port"]["name"], service["spec"]["ports"][0]["name"], "{path}");
    }
    for name in ["app", "worker"] {
        let (policy, deployment) = (named("NetworkPolicy", name), named("Deployment", name));
        assert!(selects(&policy["spec"]["podSelector"]["matchLabels"], &labels(&deployment)));
        let port = &policy["spec"]["ingress"][0]["ports"][0]["port"];
        assert!(ports(&deployment).contains(port), "{name}: {port}");
    }
}

#[test]
fn the_world_reaches_what_is_for_it_and_nothing_else() {
    let document: Value = serde_json::from_str(&synesthesie::http::openapi::text()).unwrap();
    let ingress = named("Ingress", "app");
    let paths = list(&ingress["spec"]["rules"][0]["http"]["paths"]);
    let reached = |path: &str| {
        paths.iter().any(|rule| {
            let wanted = rule["path"].as_str().unwrap();
            match rule["pathType"].as_str() {
                Some("Exact") => path == wanted,
                _ => path.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            }
        })
    };
    for path in document["paths"].as_object().unwrap().keys() {
        let for_machines = path == "/metrics" || path.starts_with("/health/");
        assert_eq!(reached(path), !for_machines, "{path}");
    }
    for rule in paths {
        let wanted = rule["path"].as_str().unwrap();
        let mut there = document["paths"].as_object().unwrap().keys();
        assert!(there.any(|path| path.starts_with(wanted)), "{wanted} is not there");
    }
}

/// What a workload is told by variables.
fn variables(workload: &Value) -> Variables {
    let config = named("ConfigMap", "synesthesie");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut variables: Variables =
        config["data"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect();
    let own = list(&workload["spec"]["template"]["spec"]["containers"][0]["env"]);
    variables.extend(own.iter().map(|one| (text(&one["name"]), text(&one["value"]))));
    variables
}

#[test]
fn every_setting_is_known_and_the_whole_is_a_configuration_once_it_is_filled_in() {
    for workload in workloads() {
        let (name, variables) = (&workload["metadata"]["name"], variables(&workload));
        assert_eq!(unknown(variables.clone()), [""; 0], "{name}");
        assert_eq!(checked(&variables, SECRETS), Ok(()), "{name}");
    }
}

#[test]
fn every_secret_is_a_file_and_every_file_a_secret() {
    let secret = named("Secret", "synesthesie");
    let kept: BTreeSet<_> = secret["stringData"].as_object().unwrap().keys().cloned().collect();
    let config = named("ConfigMap", "synesthesie");
    let mut asked = BTreeSet::new();
    for (name, value) in config["data"].as_object().unwrap() {
        let Some(file) = value.as_str().unwrap().strip_prefix(SECRETS) else { continue };
        assert!(name.ends_with("_FILE"), "{name}");
        asked.insert(file.trim_start_matches('/').to_owned());
    }
    assert_eq!(asked, kept);
    for workload in workloads() {
        let mounts = list(&workload["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]);
        assert!(mounts.iter().any(|mount| mount["mountPath"] == SECRETS && mount["readOnly"] == true));
    }
}

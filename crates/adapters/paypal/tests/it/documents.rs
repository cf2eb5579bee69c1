//! PayPal's published OpenAPI documents, and what is wrong with a request by them.
//!
//! They are not part of this repository: they lie beside it, in `../shared/specs/paypal`, or in `paypal` below the
//! folder that `SYNESTHESIE_SPECS` names.

use crate::recorder::Recorded;
use jsonschema::Draft;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const NAMES: [&str; 4] = [
    "checkout_orders_v2.json",
    "customer_disputes_v1.json",
    "notifications_webhooks_v1.json",
    "payments_payment_v2.json",
];

/// The documents that describe the calls we make.
pub(crate) struct Documents(Vec<Value>);

impl Documents {
    /// `None`, said aloud, when they are not there; with `CI=true` they have to be.
    pub(crate) fn load() -> Option<Self> {
        let specs = std::env::var("SYNESTHESIE_SPECS").unwrap_or_else(|_| "../../../../shared/specs".into());
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(specs).join("paypal");
        let read = |name: &&str| std::fs::read(folder.join(name)).ok();
        let texts: Vec<_> = NAMES.iter().filter_map(read).collect();
        if texts.len() < NAMES.len() {
            eprintln!(
                "\n*** NOTHING WAS CHECKED: PayPal's OpenAPI documents are not in {} ***\n",
                folder.display()
            );
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "PayPal's documents have to be there");
            return None;
        }
        Some(Self(texts.iter().map(|text| serde_json::from_slice(text).unwrap()).collect()))
    }

    /// Everything that is wrong with a request.
    pub(crate) fn complaints(&self, request: &Recorded) -> Vec<String> {
        let method = request.method.to_lowercase();
        let found = self.0.iter().find_map(|document| {
            let paths = document["paths"].as_object()?;
            let (template, path) = paths.iter().find(|(template, _)| fits(template, &request.path))?;
            path.get(&method).map(|operation| Call { document, template, path, operation, request })
        });
        found.map_or_else(|| vec!["there is no such call".into()], |call| call.complaints())
    }
}

/// Whether a path is one of a template's: `/v2/checkout/orders/{id}`.
fn fits(template: &str, path: &str) -> bool {
    pairs(template, path)
        .is_some_and(|mut pairs| pairs.all(|(part, given)| part.starts_with('{') || part == given))
}

fn pairs<'a>(template: &'a str, path: &'a str) -> Option<impl Iterator<Item = (&'a str, &'a str)>> {
    let count = |text: &str| text.split('/').count();
    (count(template) == count(path)).then(|| template.split('/').zip(path.split('/')))
}

/// A request beside its description.
struct Call<'a> {
    document: &'a Value,
    template: &'a str,
    path: &'a Value,
    operation: &'a Value,
    request: &'a Recorded,
}

impl Call<'_> {
    fn complaints(&self) -> Vec<String> {
        let mut complaints = self.parameters();
        let bearer =
            self.request.headers.get("authorization").is_some_and(|value| value.starts_with("Bearer "));
        if !bearer {
            complaints.push("no token".into());
        }
        complaints.extend(self.body());
        complaints
    }

    /// Headers, path and query: what is required is there, what is there is described and valid.
    fn parameters(&self) -> Vec<String> {
        let mut given: BTreeMap<(&str, String), &str> = BTreeMap::new();
        for (name, value) in &self.request.headers {
            if name.starts_with("paypal-") || name == "prefer" {
                given.insert(("header", name.clone()), value);
            }
        }
        for (part, value) in pairs(self.template, &self.request.path).into_iter().flatten() {
            if let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                given.insert(("path", name.to_lowercase()), value);
            }
        }
        for field in self.request.query.split('&').filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            given.insert(("query", name.to_lowercase()), value);
        }
        let mut complaints = Vec::new();
        let described =
            [self.path, self.operation].into_iter().filter_map(|place| place["parameters"].as_array());
        for parameter in described.flatten().map(|parameter| self.resolved(parameter)) {
            let (place, name) = (parameter["in"].as_str().unwrap(), parameter["name"].as_str().unwrap());
            match given.remove(&(place, name.to_lowercase())) {
                Some(value) => {
                    let schema = self.resolved(&parameter["schema"]);
                    let number = value.parse::<i64>().ok().filter(|_| schema["type"] == "integer");
                    let value = number.map_or_else(|| json!(value), |number| json!(number));
                    complaints.extend(self.invalid(schema, &value, name));
                }
                None if parameter["required"] == true => complaints.push(format!("{name} is missing")),
                None => {}
            }
        }
        complaints
            .extend(given.keys().map(|(place, name)| format!("{name} is not described in the {place}")));
        complaints
    }

    fn body(&self) -> Vec<String> {
        let described = &self.operation["requestBody"];
        if described.is_null() {
            let empty = self.request.body.is_empty();
            return if empty { Vec::new() } else { vec!["a body where none belongs".into()] };
        }
        let kind = self.request.headers.get("content-type").map(String::as_str);
        if kind != Some("application/json") {
            return vec![format!("content type {kind:?}")];
        }
        let Ok(body) = serde_json::from_slice::<Value>(&self.request.body) else {
            return vec!["no JSON".into()];
        };
        let schema = &described["content"]["application/json"]["schema"];
        let mut complaints = self.invalid(schema, &body, "body");
        self.unknown(schema, &body, "body", &mut complaints);
        complaints
    }

    /// What the schema says against a value.
    fn invalid(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let whole = json!({ "allOf": [schema], "components": self.document["components"] });
        let options = jsonschema::options().with_draft(Draft::Draft4).should_validate_formats(true);
        let validator = options.build(&whole).unwrap();
        validator.iter_errors(value).map(|error| format!("{at}{}: {error}", error.instance_path())).collect()
    }

    /// Fields that no schema names: they validate, and PayPal passes over them.
    fn unknown(&self, schema: &Value, value: &Value, at: &str, complaints: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                let mut known = Map::new();
                if self.properties(schema, &mut known) {
                    return;
                }
                for (name, value) in fields {
                    let at = format!("{at}.{name}");
                    match known.get(name) {
                        Some(schema) => self.unknown(schema, value, &at, complaints),
                        None => complaints.push(format!("{at} is not described")),
                    }
                }
            }
            Value::Array(values) => {
                let items = &self.resolved(schema)["items"];
                values.iter().for_each(|value| self.unknown(items, value, at, complaints));
            }
            _ => {}
        }
    }

    /// Gathers the properties that a schema names; `true` when it lets others in.
    fn properties(&self, schema: &Value, known: &mut Map<String, Value>) -> bool {
        let schema = self.resolved(schema);
        if schema.get("additionalProperties").is_some_and(|others| *others != false) {
            return true;
        }
        if let Some(properties) = schema["properties"].as_object() {
            known.extend(properties.clone());
        }
        let parts = ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|kind| schema[kind].as_array());
        parts.flatten().fold(false, |open, part| self.properties(part, known) | open)
    }

    /// Follows a `$ref`.
    fn resolved<'s>(&'s self, described: &'s Value) -> &'s Value {
        match described["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
            Some(path) => self.resolved(self.document.pointer(path).unwrap()),
            None => described,
        }
    }
}

//! Whatever the server answers to a test is held against its own OpenAPI document: status, media type and body.
//!
//! With `SYNESTHESIE_EXAMPLES=FOLDER` answers are also kept there, one file per call, to make examples of.

use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

/// The document, with objects closed: a field that is not in it is a mistake in one of the two.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document: Value = serde_json::from_str(&synesthesie::http::openapi::text()).unwrap();
    close(&mut document["components"]["schemas"]);
    document
});

static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<jsonschema::Validator>>>> =
    LazyLock::new(Mutex::default);

/// What is documented of a call: its pattern and its description.
pub fn operation(method: &Method, path: &str) -> Option<(&'static str, &'static Value)> {
    let matches = |pattern: &str| {
        let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
        wanted
            .by_ref()
            .all(|part| given.next().is_some_and(|it| part.starts_with('{') && !it.is_empty() || part == it))
            && given.next().is_none()
    };
    let name = method.as_str().to_lowercase();
    let paths = DOCUMENT["paths"].as_object().unwrap();
    // `/admin/bookings/export` comes before `/admin/bookings/{id}`.
    let mut found: Vec<_> =
        paths.iter().filter(|(pattern, item)| matches(pattern) && item.get(&name).is_some()).collect();
    found.sort_by_key(|(pattern, _)| pattern.matches('{').count());
    found.first().map(|(pattern, item)| (pattern.as_str(), &item[&name]))
}

/// All calls that are documented: `("POST", "/api/v1/seats/hold")`.
pub fn calls() -> Vec<(String, &'static str)> {
    let paths = DOCUMENT["paths"].as_object().unwrap().iter();
    let calls = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter().filter(|(_, operation)| operation.is_object());
        methods.map(move |(method, _)| (method.to_uppercase(), path.as_str()))
    });
    calls.collect()
}

/// Whether the document says that this may be answered.
#[track_caller]
pub fn check(method: &Method, path: &str, status: u16, media: &str, json: Option<&Value>) {
    let Some((pattern, operation)) = operation(method, path) else { return };
    let what = format!("{method} {pattern} answered {status}");
    let responses = &operation["responses"];
    let mut response = &responses[status.to_string()];
    assert!(!response.is_null(), "{what}, which is not documented");
    if let Some(name) = response["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        response = &DOCUMENT["components"]["responses"][name];
    }
    let media = media.split(';').next().unwrap_or_default();
    let Some(content) = response["content"].as_object().filter(|content| !content.is_empty()) else {
        assert!(media.is_empty(), "{what} as {media}, where no body is documented");
        return;
    };
    let documented = content.get(media);
    assert!(documented.is_some(), "{what} as {media}, which is not documented");
    let Some(json) = json.filter(|_| media.ends_with("json")) else { return };
    let schema = &documented.unwrap()["schema"];
    let mistakes: Vec<_> = validator(schema)
        .iter_errors(json)
        .map(|mistake| format!("{}: {mistake}", mistake.instance_path()))
        .collect();
    assert!(mistakes.is_empty(), "{what}, which is not as documented: {mistakes:#?}\n{json:#}");
}

/// Keeps an answer for the examples of the document.
pub fn keep(method: &Method, path: &str, status: u16, asked: Option<&[u8]>, json: &Value) {
    let Some(folder) = std::env::var_os("SYNESTHESIE_EXAMPLES") else { return };
    let Some((pattern, _)) = operation(method, path).filter(|_| (200..300).contains(&status)) else { return };
    let asked: Value = asked.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or(Value::Null);
    let name = format!("{method}{}", pattern.replace('/', "~"));
    let kept = json!({ "call": format!("{method} {pattern}"), "status": status, "request": asked, "response": json });
    let file = std::path::Path::new(&folder).join(format!("{name}~~{}", std::process::id()));
    std::fs::write(file, kept.to_string()).unwrap();
}

/// What of a body is not as this schema has it.
pub fn mistakes(schema: &Value, body: &Value) -> Vec<String> {
    validator(schema)
        .iter_errors(body)
        .map(|mistake| format!("{}: {mistake}", mistake.instance_path()))
        .collect()
}

/// Every JSON body that is documented, asked or answered with success: the call, which body, and its description.
/// Webhooks are described by those who send them.
pub fn json_contents() -> Vec<(String, String, &'static Value)> {
    let mut contents = Vec::new();
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if path.contains("/webhooks/") || !operation.is_object() {
                continue;
            }
            let call = format!("{} {path}", method.to_uppercase());
            let asked = operation["requestBody"]["content"].get("application/json");
            contents.extend(asked.map(|content| (call.clone(), "request".to_owned(), content)));
            let answers = operation["responses"].as_object().into_iter().flatten();
            for (status, answer) in answers.filter(|(status, _)| status.starts_with('2')) {
                let content = answer["content"].get("application/json");
                contents.extend(content.map(|content| (call.clone(), status.clone(), content)));
            }
        }
    }
    contents
}

fn validator(schema: &Value) -> Arc<jsonschema::Validator> {
    let key = schema.to_string();
    let mut known = VALIDATORS.lock().unwrap();
    let made = known.entry(key).or_insert_with(|| {
        let whole = json!({ "allOf": [schema], "components": DOCUMENT["components"] });
        let options =
            jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
        Arc::new(options.build(&whole).unwrap())
    });
    Arc::clone(made)
}

/// No field but those that are written down, wherever an object is not put together from several.
fn close(schemas: &mut Value) {
    let parts: Vec<String> = {
        let mut parts = Vec::new();
        collect_parts(schemas, &mut parts);
        parts
    };
    for (name, schema) in schemas.as_object_mut().unwrap() {
        if !parts.contains(name)
            && schema.get("properties").is_some()
            && schema.get("additionalProperties").is_none()
        {
            schema["additionalProperties"] = json!(false);
        }
    }
}

/// The schemas that others are put together from.
fn collect_parts(value: &Value, parts: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for part in fields.get("allOf").and_then(Value::as_array).into_iter().flatten() {
                let name = part["$ref"].as_str().and_then(|name| name.rsplit('/').next());
                parts.extend(name.map(str::to_owned));
            }
            fields.values().for_each(|value| collect_parts(value, parts));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_parts(value, parts)),
        _ => {}
    }
}

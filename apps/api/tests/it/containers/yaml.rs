//! YAML, as the programs read it that these files are for.

use serde::Deserialize;
use serde_json::Value;

/// How deep what is merged merges something itself.
const DEPTH: usize = 4;

/// All documents of a text, each with what it merges (`<<`) in its place.
pub(super) fn documents(text: &str) -> Vec<Value> {
    yaml_serde::Deserializer::from_str(text)
        .map(|document| {
            let mut value = yaml_serde::Value::deserialize(document).unwrap();
            for _ in 0..DEPTH {
                value.apply_merge().unwrap();
            }
            serde_json::to_value(value).unwrap()
        })
        .collect()
}

/// The only document of a text.
pub(super) fn document(text: &str) -> Value {
    let mut documents = documents(text);
    assert_eq!(documents.len(), 1, "one document");
    documents.remove(0)
}

/// The texts in a list, or the text itself, where either may stand.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn what_is_merged_is_in_its_place() {
    let text = "a: &a { one: 1, two: 2 }\nb: &b { <<: *a, two: 3 }\nc: { <<: *b, three: \"no\" }\n";
    assert_eq!(document(text)["c"], serde_json::json!({"one": 1, "two": 3, "three": "no"}));
    assert_eq!(documents("---\na: 1\n---\nb: 2\n").len(), 2);
}

//! Where a value comes from: layers of TOML and variables, laid over each other key by key.

use super::reader::Mistake;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Names a file whose values win over the built-in ones.
pub const FILE_VARIABLE: &str = "SYNESTHESIE_CONFIG";
/// What every variable begins with; sections and keys are separated by two underscores.
const PREFIX: &str = "SYNESTHESIE__";
const DEFAULT: &str = include_str!("../../../../config/default.toml");
const PRODUCTION: &str = include_str!("../../../../config/production.toml");

/// A value with what to call its origin.
#[derive(Debug, Clone)]
pub struct Entry {
    /// As written; variables are always text.
    pub value: Value,
    /// Whether it came from a variable, whose text may stand for a number or a truth value.
    pub from_variable: bool,
}

/// All values by dotted key, the winning ones.
#[derive(Debug, Default)]
pub struct Layers(pub BTreeMap<String, Entry>);

impl Layers {
    /// Lays everything over each other; what cannot be read becomes a mistake.
    pub fn collect(
        file: Option<(String, String)>,
        variables: impl IntoIterator<Item = (String, String)>,
        mistakes: &mut Vec<Mistake>,
    ) -> Self {
        let mut over = Self::default();
        if let Some((name, text)) = file {
            over.lay_text(&name, &text, mistakes);
        }
        for (name, text) in variables {
            if let Some(key) = name.strip_prefix(PREFIX) {
                let key = key.to_ascii_lowercase().replace("__", ".");
                over.0.insert(key, Entry { value: Value::String(text), from_variable: true });
            }
        }
        let mut all = Self::default();
        all.lay_text("config/default.toml", DEFAULT, mistakes);
        if over.environment().or(all.environment()) == Some("production") {
            all.lay_text("config/production.toml", PRODUCTION, mistakes);
        }
        all.0.extend(over.0);
        all
    }

    fn environment(&self) -> Option<&str> {
        self.0.get("environment").and_then(|entry| entry.value.as_str())
    }

    fn lay_text(&mut self, name: &str, text: &str, mistakes: &mut Vec<Mistake>) {
        match text.parse::<Table>() {
            Ok(table) => self.lay_table("", table),
            // The parser's message would quote the line, which may hold a secret.
            Err(error) => {
                let line =
                    error.span().map_or(0, |span| text.get(..span.start).unwrap_or("").lines().count());
                mistakes.push(Mistake::new(name, format!("is not TOML (near line {line})")));
            }
        }
    }

    fn lay_table(&mut self, prefix: &str, table: Table) {
        for (key, value) in table {
            let key = format!("{prefix}{key}");
            match value {
                Value::Table(inner) => self.lay_table(&format!("{key}."), inner),
                value => {
                    self.0.insert(key, Entry { value, from_variable: false });
                }
            }
        }
    }
}

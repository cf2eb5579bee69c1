//! Reads values by key and collects mistakes instead of stopping at the first.

use super::layers::Layers;
use std::collections::BTreeSet;
use std::fmt;
use toml::Value;

/// A value that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For the one who uses it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Which key.
    pub key: String,
    /// What to do about it; never the value of a secret.
    pub message: String,
}

impl Mistake {
    /// A mistake at `key`.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }
}

/// Everything that is wrong with a configuration, one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(pub Vec<Mistake>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} mistake(s):", self.0.len())?;
        for mistake in &self.0 {
            write!(f, "\n  {}: {}", mistake.key, mistake.message)?;
        }
        Ok(())
    }
}

/// Hands out values by key; what nobody asked for is unknown.
pub struct Reader {
    layers: Layers,
    asked: BTreeSet<String>,
    mistakes: Vec<Mistake>,
}

impl Reader {
    /// Reads from `layers`; `mistakes` were made before.
    #[must_use]
    pub const fn new(layers: Layers, mistakes: Vec<Mistake>) -> Self {
        Self { layers, asked: BTreeSet::new(), mistakes }
    }

    /// Notes a mistake.
    pub fn wrong(&mut self, key: &str, message: impl Into<String>) {
        self.mistakes.push(Mistake::new(key, message));
    }

    fn value(&mut self, key: &str) -> Option<(Value, bool)> {
        self.asked.insert(key.to_owned());
        self.layers.0.get(key).map(|entry| (entry.value.clone(), entry.from_variable))
    }

    /// A text, trimmed; empty when absent.
    pub fn text(&mut self, key: &str) -> String {
        match self.value(key) {
            None => String::new(),
            Some((Value::String(text), _)) => text.trim().to_owned(),
            Some(_) => {
                self.wrong(key, "must be a text in quotes");
                String::new()
            }
        }
    }

    /// Yes or no.
    pub fn flag(&mut self, key: &str) -> bool {
        match self.value(key) {
            Some((Value::Boolean(flag), _)) => flag,
            Some((Value::String(text), true)) if text.trim() == "true" => true,
            Some((Value::String(text), true)) if text.trim() == "false" => false,
            Some(_) => {
                self.wrong(key, "must be true or false");
                false
            }
            None => {
                self.wrong(key, "is missing");
                false
            }
        }
    }

    /// A whole number within bounds.
    pub fn number(&mut self, key: &str, least: u32, most: u32) -> u32 {
        let number = match self.value(key) {
            Some((Value::Integer(number), _)) => u32::try_from(number).ok(),
            Some((Value::String(text), true)) => text.trim().parse().ok(),
            _ => None,
        };
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => number,
            None => {
                self.wrong(key, format!("must be a whole number from {least} to {most}"));
                least
            }
        }
    }

    /// Several texts: a list, or one text separated by commas.
    pub fn list(&mut self, key: &str) -> Vec<String> {
        let texts: Option<Vec<String>> = match self.value(key) {
            None => Some(Vec::new()),
            Some((Value::String(text), _)) => Some(text.split(',').map(str::to_owned).collect()),
            Some((Value::Array(items), _)) => {
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
            }
            Some(_) => None,
        };
        let Some(texts) = texts else {
            self.wrong(key, "must be texts in a list, or one text with commas");
            return Vec::new();
        };
        texts.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
    }

    /// Whether a secret is given, itself or as `<key>_file`, readable or not.
    pub fn is_given(&mut self, key: &str) -> bool {
        [key.to_owned(), format!("{key}_file")].iter().any(|key| !self.text(key).is_empty())
    }

    /// A secret, given itself or as `<key>_file`; `None` when absent or empty.
    pub fn secret(&mut self, key: &str) -> Option<Secret> {
        let (given, file_key) = (self.text(key), format!("{key}_file"));
        let path = self.text(&file_key);
        match (given.is_empty(), path.is_empty()) {
            (true, true) => None,
            (false, true) => Some(Secret(given)),
            (false, false) => {
                self.wrong(&file_key, format!("is given beside {key}: leave one of them empty"));
                None
            }
            (true, false) => match std::fs::read_to_string(&path) {
                Ok(text) if !text.trim().is_empty() => Some(Secret(text.trim().to_owned())),
                Ok(_) => {
                    self.wrong(&file_key, format!("{path} is empty"));
                    None
                }
                Err(cause) => {
                    self.wrong(&file_key, format!("{path} cannot be read: {cause}"));
                    None
                }
            },
        }
    }

    /// `config`, unless something was wrong or unknown.
    ///
    /// # Errors
    /// Every mistake there is, in the order of their keys.
    pub fn finish<T>(mut self, config: T) -> Result<T, ConfigError> {
        let unknown: Vec<_> =
            self.layers.0.keys().filter(|key| !self.asked.contains(*key)).cloned().collect();
        for key in unknown {
            self.wrong(&key, "is not known: check its spelling or remove it");
        }
        if self.mistakes.is_empty() {
            return Ok(config);
        }
        // Of several about one key the first says what is really wrong.
        self.mistakes.sort_by(|one, other| one.key.cmp(&other.key));
        self.mistakes.dedup_by(|later, first| later.key == first.key);
        Err(ConfigError(self.mistakes))
    }
}

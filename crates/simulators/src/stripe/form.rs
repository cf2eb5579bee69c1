//! Form bodies with brackets: `line_items[0][price_data][currency]=eur`.

use super::refusal::Refusal;
use std::collections::BTreeMap;

/// More fields than this are no honest request.
const FIELDS: usize = 1_000;
/// Deeper nesting than this neither.
const DEPTH: usize = 10;

/// A field: text, or fields within it. A list is a group whose names are numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Text(String),
    Group(BTreeMap<String, Node>),
}

impl Default for Node {
    fn default() -> Self {
        Self::Group(BTreeMap::new())
    }
}

impl Node {
    /// # Errors
    /// A 400 for brackets that do not match and for a field that is both text and a group.
    pub(crate) fn read(pairs: Vec<(String, String)>) -> Result<Self, Refusal> {
        if pairs.len() > FIELDS {
            return Err(Refusal::invalid(None, "Too many parameters."));
        }
        let mut root = Self::default();
        for (name, value) in pairs {
            let path = path(&name).ok_or_else(|| Refusal::invalid(Some(&name), "Invalid parameter name."))?;
            root.insert(&path, value).ok_or_else(|| Refusal::invalid(Some(&name), "Invalid object"))?;
        }
        Ok(root)
    }

    fn insert(&mut self, path: &[&str], value: String) -> Option<()> {
        let Self::Group(fields) = self else { return None };
        let (first, rest) = path.split_first()?;
        // `[]` appends.
        let name = if first.is_empty() { fields.len().to_string() } else { (*first).to_owned() };
        if rest.is_empty() {
            let before = fields.insert(name, Self::Text(value));
            return (!matches!(before, Some(Self::Group(_)))).then_some(());
        }
        fields.entry(name).or_default().insert(rest, value)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Group(fields) => fields.get(name),
            Self::Text(_) => None,
        }
    }

    /// Text that was given; an empty one counts as not given, as it unsets a field.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Self::Text(text) => Some(text.as_str()).filter(|text| !text.is_empty()),
            Self::Group(_) => None,
        }
    }

    /// The names of the fields within.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields().map(|(name, _)| name)
    }

    /// The fields within.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &Self)> {
        let fields = match self {
            Self::Group(fields) => Some(fields),
            Self::Text(_) => None,
        };
        fields.into_iter().flatten().map(|(name, node)| (name.as_str(), node))
    }

    /// The parts of a list, by their numbers.
    pub(crate) fn list(&self, name: &str) -> Vec<&Self> {
        let parts = self.get(name).into_iter().flat_map(Self::fields);
        let mut parts: Vec<_> =
            parts.filter_map(|(at, part)| Some((at.parse::<u32>().ok()?, part))).collect();
        parts.sort_by_key(|(at, _)| *at);
        parts.into_iter().map(|(_, part)| part).collect()
    }

    /// The texts of a list.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        let parts = self.list(name).into_iter();
        parts
            .filter_map(|part| match part {
                Self::Text(text) => Some(text.as_str()),
                Self::Group(_) => None,
            })
            .collect()
    }

    /// Metadata: names with texts.
    pub(crate) fn metadata(&self, name: &str) -> BTreeMap<String, String> {
        let fields = self.get(name).into_iter().flat_map(Self::fields);
        fields
            .filter_map(|(name, value)| match value {
                Self::Text(text) if !text.is_empty() => Some((name.to_owned(), text.clone())),
                _ => None,
            })
            .collect()
    }
}

/// `a[b][]` is `a`, `b` and an empty name.
fn path(name: &str) -> Option<Vec<&str>> {
    let Some((first, rest)) = name.split_once('[') else { return (!name.is_empty()).then(|| vec![name]) };
    let rest = rest.strip_suffix(']')?;
    let path: Vec<_> = std::iter::once(first).chain(rest.split("][")).collect();
    let sound = path.iter().all(|part| !part.contains(['[', ']'])) && !first.is_empty();
    (sound && path.len() <= DEPTH).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Node, Refusal> {
        Node::read(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn brackets_become_groups_and_lists() {
        let node = read(&[
            ("mode", "payment"),
            ("line_items[0][quantity]", "2"),
            ("line_items[10][quantity]", "4"),
            ("line_items[1][quantity]", "3"),
            ("metadata[7]", "seven"),
            ("expand[]", "a"),
            ("expand[]", "b"),
        ]);
        let node = node.unwrap();
        assert_eq!(node.text("mode"), Some("payment"));
        let quantities: Vec<_> =
            node.list("line_items").iter().map(|line| line.text("quantity").unwrap()).collect();
        assert_eq!(quantities, ["2", "3", "4"]);
        assert_eq!(node.texts("expand"), ["a", "b"]);
        assert_eq!(node.metadata("metadata").get("7").map(String::as_str), Some("seven"));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for name in ["a[b", "a]b[", "[a]", "", "a[b]c", "a[[b]]"] {
            assert!(read(&[(name, "1")]).is_err(), "{name}");
        }
        assert!(read(&[("a", "1"), ("a[b]", "2")]).is_err());
        assert!(read(&[(&format!("a{}", "[b]".repeat(20)), "1")]).is_err());
    }
}

//! How what was typed is read.

use std::collections::BTreeSet;

/// A whole number within bounds.
pub(crate) fn number(text: &str, least: u64, most: u64) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("{text} is not a whole number from {least} to {most}"))
}

/// Groups of figures, named with commas between them.
pub(crate) fn groups(text: &str, known: &[&str]) -> Result<BTreeSet<String>, String> {
    let groups: BTreeSet<String> = text.split(',').map(|group| group.trim().to_owned()).collect();
    match groups.iter().find(|group| !known.contains(&group.as_str())) {
        Some(unknown) => Err(format!("{unknown} is none of {}", known.join(", "))),
        None => Ok(groups),
    }
}

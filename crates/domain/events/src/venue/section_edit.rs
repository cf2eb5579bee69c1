//! What becomes of a section that a hall has already.

use super::{Section, VenueTemplate};
use crate::mistakes::Mistakes;
use kernel::{Invalid, SectionId, Timestamp};

/// A section as an organiser edits it; its rows and seats stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionEdit {
    /// One line.
    pub name: String,
    /// A decimal; as it is when absent.
    pub price_multiplier: Option<String>,
    /// As it is when absent.
    pub position: Option<i64>,
}

impl VenueTemplate {
    /// With one of its sections changed; `None` when it has no such section. Events that were made of the hall stay as
    /// they are.
    ///
    /// # Errors
    /// All mistakes.
    pub fn with_edited(
        &self,
        id: SectionId,
        edit: &SectionEdit,
        now: Timestamp,
    ) -> Result<Option<(Self, Section)>, Vec<Invalid>> {
        let Some(section) = self.sections.iter().find(|section| section.id == id) else { return Ok(None) };
        let mut mistakes = Mistakes::default();
        let name = mistakes.line("name", &edit.name, 60);
        self.tell_apart(&mut mistakes, &name, Some(id));
        let factor = edit.price_multiplier.as_deref();
        let factor = factor.map_or(section.factor, |text| mistakes.factor("price_multiplier", text));
        let position =
            edit.position.map_or(section.position, |at| mistakes.count("position", at, 0..=10_000));
        let section = mistakes.none_or(Section { name, factor, position, ..section.clone() })?;
        let mut after = Self { updated_at: now, ..self.clone() };
        after.sections.retain(|other| other.id != id);
        after.sections.push(section.clone());
        after.sections.sort_by_key(|section| (section.position, section.id));
        Ok(Some((after, section)))
    }

    /// Without one of its sections; `None` when it has no such section.
    #[must_use]
    pub fn without(&self, id: SectionId, now: Timestamp) -> Option<Self> {
        let mut after = Self { updated_at: now, ..self.clone() };
        after.sections.retain(|section| section.id != id);
        (after.sections.len() < self.sections.len()).then_some(after)
    }

    /// No two sections of a hall have one name, or two seats would: people find theirs by it.
    pub(super) fn tell_apart(&self, mistakes: &mut Mistakes, name: &str, of: Option<SectionId>) {
        let name = name.to_lowercase();
        let same = |other: &&Section| Some(other.id) != of && other.name.to_lowercase() == name;
        if self.sections.iter().any(|other| same(&other)) {
            mistakes.add("name", "taken", "another section of this hall has this name");
        }
    }
}

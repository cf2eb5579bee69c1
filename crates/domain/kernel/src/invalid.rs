//! One mistake in an input. Whoever checks an input names all of its mistakes at once.

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The field as the sender wrote it, with dots into nested ones: `location.area`.
    pub field: String,
    /// Stable, for programs: `too_long`.
    pub code: &'static str,
    /// For people, in a short sentence without the value itself.
    pub message: String,
}

impl Invalid {
    /// A mistake in `field`.
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }
}

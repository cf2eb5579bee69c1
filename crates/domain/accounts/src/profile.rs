//! What people tell about themselves.

use kernel::Invalid;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// All of it is optional, and all of it is bounded.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Up to 2000 characters.
    pub bio: Option<String>,
    /// Up to 200 characters.
    pub location: Option<String>,
    /// Up to 40 characters; digits, spaces and `+()-./` alone.
    pub phone: Option<String>,
    /// An `http` or `https` address of up to 300 characters.
    pub website: Option<String>,
    /// Up to 20 names of networks (40 characters) with a name or an address there (300 characters).
    pub social_links: BTreeMap<String, String>,
    /// Settings of the web app, up to [`Profile::PREFERENCES_BYTES`] as JSON.
    pub preferences: BTreeMap<String, Value>,
}

/// What of it changes; the outer `None` leaves a field as it is, the inner one empties it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProfileChange {
    /// About oneself.
    pub bio: Option<Option<String>>,
    /// Where one lives.
    pub location: Option<Option<String>>,
    /// Telephone number.
    pub phone: Option<Option<String>>,
    /// Web address.
    pub website: Option<Option<String>>,
    /// All links anew.
    pub social_links: Option<BTreeMap<String, String>>,
    /// All preferences anew.
    pub preferences: Option<BTreeMap<String, Value>>,
}

impl Profile {
    /// Most that the preferences may take as JSON.
    pub const PREFERENCES_BYTES: usize = 8_192;

    /// Changes what is to change. Blank texts become none; look at [`Self::problems`] afterwards.
    pub fn apply(&mut self, change: ProfileChange) {
        let texts = [
            (&mut self.bio, change.bio),
            (&mut self.location, change.location),
            (&mut self.phone, change.phone),
            (&mut self.website, change.website),
        ];
        for (field, change) in texts {
            if let Some(text) = change {
                *field = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
            }
        }
        if let Some(links) = change.social_links {
            self.social_links = links;
        }
        if let Some(preferences) = change.preferences {
            self.preferences = preferences;
        }
    }

    /// Everything that is wrong with it, by field, as `profile.bio`.
    #[must_use]
    pub fn problems(&self) -> Vec<Invalid> {
        let mut wrong = Vec::new();
        let texts = [
            ("profile.bio", &self.bio, 2_000),
            ("profile.location", &self.location, 200),
            ("profile.phone", &self.phone, 40),
        ];
        for (field, text, most) in texts {
            wrong.extend(text.as_deref().and_then(|text| text_problem(field, text, most)));
        }
        if self.phone.as_deref().is_some_and(|phone| !phone.chars().all(is_of_phone_number)) {
            wrong.push(Invalid::new("profile.phone", "malformed", "must be a telephone number"));
        }
        if let Some(website) = self.website.as_deref() {
            wrong.extend(text_problem("profile.website", website, 300));
            if !is_web_address(website) {
                wrong.push(Invalid::new(
                    "profile.website",
                    "malformed",
                    "must begin with https:// or http://",
                ));
            }
        }
        wrong.extend(self.link_problems());
        wrong.extend(self.preference_problem());
        wrong
    }

    fn link_problems(&self) -> Vec<Invalid> {
        let field = "profile.social_links";
        if self.social_links.len() > 20 {
            return vec![Invalid::new(field, "too_many", "must have at most 20 entries")];
        }
        let mut wrong = Vec::new();
        for (network, link) in &self.social_links {
            wrong.extend(text_problem(field, network, 40));
            wrong.extend(text_problem(field, link, 300));
            // Shown as a link when it has a scheme; no scheme but the web's may become one.
            if link.contains(':') && !is_web_address(link) {
                wrong.push(Invalid::new(field, "malformed", "addresses must begin with https:// or http://"));
            }
        }
        wrong
    }

    fn preference_problem(&self) -> Option<Invalid> {
        let field = "profile.preferences";
        let size = serde_json::to_string(&self.preferences).map_or(usize::MAX, |text| text.len());
        if size > Self::PREFERENCES_BYTES {
            return Some(Invalid::new(field, "too_long", "must have at most 8192 bytes as JSON"));
        }
        let clean = self.preferences.iter().all(|(key, value)| !key.contains('\0') && is_free_of_nul(value));
        (!clean).then(|| Invalid::new(field, "malformed", "must not have NUL characters"))
    }
}

/// Whether a text is too long or has characters that are none; line breaks and tabs are fine.
pub(crate) fn text_problem(field: &str, text: &str, most: usize) -> Option<Invalid> {
    if text.chars().count() > most {
        return Some(Invalid::new(field, "too_long", format!("must have at most {most} characters")));
    }
    let malformed = text.chars().any(|one| one.is_control() && !matches!(one, '\n' | '\r' | '\t'));
    malformed.then(|| Invalid::new(field, "malformed", "must not have control characters"))
}

fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.chars().any(char::is_whitespace))
}

const fn is_of_phone_number(character: char) -> bool {
    character.is_ascii_digit() || matches!(character, ' ' | '+' | '(' | ')' | '-' | '.' | '/')
}

/// PostgreSQL's `jsonb` cannot keep the NUL character.
fn is_free_of_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains('\0'),
        Value::Array(items) => items.iter().all(is_free_of_nul),
        Value::Object(fields) => {
            fields.iter().all(|(key, value)| !key.contains('\0') && is_free_of_nul(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(profile: &Profile) -> Vec<String> {
        profile.problems().into_iter().map(|one| one.field).collect()
    }

    #[test]
    fn an_ordinary_profile_is_fine() {
        let profile = Profile {
            bio: Some("Likes\nstrings.".into()),
            phone: Some("+49 (30) 123-456".into()),
            website: Some("https://example.org/me".into()),
            social_links: [("mastodon".into(), "@me@example.org".into())].into(),
            preferences: [("newsletter".into(), Value::Bool(true))].into(),
            ..Profile::default()
        };
        assert_eq!(profile.problems(), []);
    }

    #[test]
    fn a_change_leaves_the_rest_alone() {
        let before = Profile { bio: Some("x".into()), phone: Some("1".into()), ..Profile::default() };
        let mut after = before.clone();
        after.apply(ProfileChange {
            phone: Some(None),
            website: Some(Some(" ".into())),
            ..ProfileChange::default()
        });
        assert_eq!(after, Profile { phone: None, ..before });
    }

    #[test]
    fn no_link_runs_a_script() {
        let website = Profile { website: Some("javascript:alert(1)".into()), ..Profile::default() };
        assert_eq!(fields(&website), ["profile.website"]);
        let link = Profile {
            social_links: [("x".into(), "javascript:alert(1)".into())].into(),
            ..Profile::default()
        };
        assert_eq!(fields(&link), ["profile.social_links"]);
    }

    #[test]
    fn everything_is_bounded() {
        let long = Some("x".repeat(3_000));
        let profile = Profile {
            bio: long.clone(),
            location: long.clone(),
            phone: Some("1".repeat(41)),
            website: long.map(|text| format!("https://{text}")),
            social_links: (0..21).map(|n| (n.to_string(), String::new())).collect(),
            preferences: [("x".into(), Value::String("x".repeat(9_000)))].into(),
        };
        let all = ["bio", "location", "phone", "website", "social_links", "preferences"];
        assert_eq!(fields(&profile), all.map(|field| format!("profile.{field}")));
    }

    #[test]
    fn nul_is_found_at_any_depth() {
        let deep = serde_json::json!({"a": [{"b": "x\u{0}"}]});
        let profile = Profile { preferences: [("x".into(), deep)].into(), ..Profile::default() };
        assert_eq!(fields(&profile), ["profile.preferences"]);
    }
}

//! Which language somebody reads, as they or their browser say.

use super::problem::Problem;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use kernel::{Invalid, Language};
use serde::Deserialize;
use std::future::{Ready, ready};
use utoipa::IntoParams;

/// The language of a file: as `?lang=` says, else as `Accept-Language` wishes, else English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wished(pub Language);

/// How it is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LanguageQuery {
    /// `de` or `en`; without it `Accept-Language` decides.
    lang: Option<String>,
}

impl FromRequest for Wished {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let query = serde_urlencoded::from_str::<LanguageQuery>(request.query_string());
        let query = query.map_err(|_| Problem::bad_request("malformed_query", "The query cannot be read."));
        ready(query.and_then(|query| read(query.lang.as_deref(), accept_language(request))).map(Self))
    }
}

/// What a browser says that its owner reads; `None` when it says nothing, or nothing that we write.
pub(super) fn accepted(request: &HttpRequest) -> Option<Language> {
    accept_language(request).and_then(best)
}

fn accept_language(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
}

fn read(lang: Option<&str>, accepted: Option<&str>) -> Result<Language, Problem> {
    match lang {
        Some(tag) => tag
            .parse()
            .map_err(|_| Problem::invalid(vec![Invalid::new("lang", "unknown", "must be de or en")])),
        None => Ok(accepted.and_then(best).unwrap_or_default()),
    }
}

/// The known language with the highest weight (RFC 9110, 12.5.4), the first of those that weigh the same.
fn best(accepted: &str) -> Option<Language> {
    let wish = |part: &str| {
        let (tag, weight) = part.split_once(';').unwrap_or((part, "q=1"));
        let weight: f32 = weight.trim().strip_prefix("q=").and_then(|text| text.parse().ok()).unwrap_or(0.0);
        let language = tag.trim().parse::<Language>().ok().filter(|_| weight > 0.0)?;
        Some((language, weight))
    };
    let mut best: Option<(Language, f32)> = None;
    for (language, weight) in accepted.split(',').filter_map(wish) {
        if best.is_none_or(|(_, most)| weight > most) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_outweighs_the_header_and_english_is_what_is_left() {
        let cases = [
            (None, None, Language::English),
            (None, Some("de-DE,de;q=0.9,en;q=0.8"), Language::German),
            (None, Some("fr, en;q=0.2, de;q=0.7"), Language::German),
            (None, Some("fr-FR, *"), Language::English),
            (None, Some("de;q=0, en;q=nonsense"), Language::English),
            (Some("en"), Some("de"), Language::English),
            (Some("DE-at"), None, Language::German),
        ];
        for (lang, accepted, language) in cases {
            assert_eq!(read(lang, accepted).unwrap(), language, "{lang:?} {accepted:?}");
        }
        assert_eq!(read(Some("fr"), None).unwrap_err().code(), "invalid_input");
    }
}

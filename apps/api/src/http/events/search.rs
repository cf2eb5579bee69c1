//! What is looked for in lists of events.

use crate::http::given::{given, instant};
use crate::http::problem::Problem;
use events::Around;
use events::grid::RADIUS_KM;
use events::use_cases::Search;
use kernel::Invalid;
use serde::Deserialize;
use utoipa::IntoParams;

/// Longest text that is looked for, in characters.
const LONGEST: usize = 200;

/// Which events are looked for; all that is given has to hold.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Events that are not over by then.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<String>,
    /// Events that have begun before.
    #[param(value_type = Option<DateTime<Utc>>)]
    to: Option<String>,
    /// Events with this tag.
    tag: Option<String>,
    /// Words that all occur in title, description or area, in any order; also within longer ones. Of more than eight the
    /// longest.
    query: Option<String>,
    /// Events around this point, given as degrees north and east; with `radius_km`. Each is taken for where its
    /// `location.approximate` is, and what has none is not found.
    #[param(example = "53.55,10.0")]
    near: Option<String>,
    /// How far around, in whole kilometres.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, example = 25)]
    radius_km: Option<String>,
}

impl SearchQuery {
    /// The wish in one spelling, so that equal ones are known to be equal.
    ///
    /// # Errors
    /// 422 with all that is wrong.
    pub fn read(self) -> Result<Search, Problem> {
        let mut wrong = Vec::new();
        let search = Search {
            from: instant("from", self.from, &mut wrong),
            to: instant("to", self.to, &mut wrong),
            tag: text("tag", self.tag.as_deref(), &mut wrong),
            words: text("query", self.query.as_deref(), &mut wrong)
                .map_or_else(Vec::new, |text| Search::words_of(&text)),
            around: around(self.near, self.radius_km, &mut wrong),
        };
        if wrong.is_empty() { Ok(search) } else { Err(Problem::invalid(wrong)) }
    }
}

/// Tags and texts are found in either case.
fn text(field: &str, text: Option<&str>, wrong: &mut Vec<Invalid>) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    if text.chars().count() > LONGEST {
        wrong.push(Invalid::new(field, "too_long", "must have at most 200 characters"));
        return None;
    }
    Some(text.to_lowercase())
}

/// A point and how far around it: both or neither.
fn around(near: Option<String>, radius: Option<String>, wrong: &mut Vec<Invalid>) -> Option<Around> {
    let [near, radius] = [near, radius].map(|text| text.filter(|text| !text.is_empty()));
    match (&near, &radius) {
        (Some(_), None) => wrong.push(Invalid::new("radius_km", "required", "say how far around")),
        (None, Some(_)) => wrong.push(Invalid::new("near", "required", "say around which point")),
        (Some(_), Some(_)) | (None, None) => {}
    }
    let point = near.and_then(|text| point(&text, wrong));
    let radius: Option<u16> = given("radius_km", radius, "must be a whole number", wrong);
    let within = radius.filter(|radius| RADIUS_KM.contains(radius));
    if radius.is_some() && within.is_none() {
        wrong.push(Invalid::new("radius_km", "out_of_range", "must be from 1 to 500"));
    }
    let (latitude, longitude) = point?;
    Around::new(latitude, longitude, within?)
}

/// Degrees north and east, with a comma between them.
fn point(text: &str, wrong: &mut Vec<Invalid>) -> Option<(f64, f64)> {
    let numbers = text.split_once(',').and_then(|(latitude, longitude)| {
        Some((latitude.trim().parse::<f64>().ok()?, longitude.trim().parse::<f64>().ok()?))
    });
    let Some((latitude, longitude)) = numbers else {
        wrong.push(Invalid::new("near", "malformed", "must be degrees north and east, as 53.55,10.0"));
        return None;
    };
    if Around::new(latitude, longitude, *RADIUS_KM.start()).is_none() {
        wrong.push(Invalid::new("near", "out_of_range", "must be from -90 to 90 and from -180 to 180"));
        return None;
    }
    Some((latitude, longitude))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(from: &str, to: &str, tag: &str, query: &str) -> SearchQuery {
        let [from, to, tag, query] = [from, to, tag, query].map(|text| Some(text.to_owned()));
        SearchQuery { from, to, tag, query, near: None, radius_km: None }
    }

    #[test]
    fn spellings_of_one_wish_are_equal() {
        let one = query("2026-06-01T12:00:00Z", "", " Techno", "ÖL ").read().unwrap();
        let other = query("2026-06-01T14:00:00.000+02:00", "", "techno", "öl").read().unwrap();
        assert_eq!(one, other);
        let [one, other] =
            [" long  Night", "night\tlong night"].map(|text| query("", "", "", text).read().unwrap());
        assert_eq!((one.words.join(" "), one == other), ("long night".into(), true));
        assert_eq!(query("", "", " ", "").read().unwrap(), Search::default());
    }

    fn codes(near: &str, radius: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let found = around(Some(near.to_owned()), Some(radius.to_owned()), &mut wrong);
        assert_eq!(found.is_none(), near.is_empty() || !wrong.is_empty());
        wrong.into_iter().map(|one| format!("{} {}", one.field, one.code)).collect()
    }

    #[test]
    fn a_point_and_how_far_around_come_together_and_lie_on_the_earth() {
        for (near, radius) in [("53.55,10.0", "1"), (" -90 , 180", "500"), ("+1e1,-.5", "25"), ("", "")] {
            assert_eq!(codes(near, radius), [""; 0], "{near} {radius}");
        }
        for (near, radius, expected) in [
            ("53.55,10", "", "radius_km required"),
            ("", "10", "near required"),
            ("53.55", "10", "near malformed"),
            ("53.55;10", "10", "near malformed"),
            ("53.55,10,5", "10", "near malformed"),
            ("north,east", "10", "near malformed"),
            ("90.1,10", "10", "near out_of_range"),
            ("10,-180.5", "10", "near out_of_range"),
            ("NaN,10", "10", "near out_of_range"),
            ("10,inf", "10", "near out_of_range"),
            ("53.55,10", "0", "radius_km out_of_range"),
            ("53.55,10", "501", "radius_km out_of_range"),
            ("53.55,10", "-1", "radius_km malformed"),
            ("53.55,10", "1.5", "radius_km malformed"),
            ("53.55,10", "70000", "radius_km malformed"),
        ] {
            assert_eq!(codes(near, radius), [expected], "{near} {radius}");
        }
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        let long = "x".repeat(201);
        assert_eq!(
            query("soon", "2026-13-01T00:00:00Z", &long, &long).read().unwrap_err().code(),
            "invalid_input"
        );
        let mut wrong = Vec::new();
        instant("from", Some("soon".to_owned()), &mut wrong);
        instant("to", Some("2026-06-01".to_owned()), &mut wrong);
        text("tag", Some(&long), &mut wrong);
        let fields: Vec<_> = wrong.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["from", "to", "tag"]);
    }
}

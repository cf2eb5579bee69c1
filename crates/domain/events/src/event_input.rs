//! From what an organiser sends to an event, with all mistakes named at once.

use crate::mistakes::Mistakes;
use crate::{Event, LocationInput, PriceInput, Status, Stocked, Taken, Visibility, Zone, quota};
use kernel::{Currency, EventId, Invalid, OrganisationId, Timestamp, VenueTemplateId};

/// How long places are held when nobody says otherwise, in seconds.
pub const USUAL_HOLD: u32 = 600;
/// The most people an event, and the most tickets a type, can have.
pub const MOST_PLACES: u32 = 1_000_000;

/// An event as an organiser sends it, for a new one and for an edit alike: what is absent takes its usual value.
#[derive(Debug, Clone, PartialEq)]
pub struct EventInput {
    /// Who runs it.
    pub organisation: OrganisationId,
    /// One line.
    pub title: String,
    /// Made from the title when absent; an edit cannot change it.
    pub slug: Option<String>,
    /// May be long.
    pub description: Option<String>,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it is over.
    pub ends_at: Timestamp,
    /// When people are let in.
    pub doors_at: Option<Timestamp>,
    /// IANA name.
    pub timezone: String,
    /// ISO 4217 code.
    pub currency: String,
    /// How many people fit.
    pub capacity: Option<i64>,
    /// How many tickets one account may have, over all ticket types.
    pub max_per_user: Option<i64>,
    /// How many tickets one order may hold, over all ticket types.
    pub max_per_order: Option<i64>,
    /// Where.
    pub location: LocationInput,
    /// The price of a place that no ticket type prices.
    pub base_price: Option<PriceInput>,
    /// How long places are held for a buyer.
    pub hold_seconds: Option<i64>,
    /// For everybody when absent.
    pub visibility: Option<Visibility>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The hall whose seats it has; none, or as it was, when absent.
    pub venue_template: Option<VenueTemplateId>,
}

impl EventInput {
    /// A new event, a draft.
    ///
    /// # Errors
    /// All mistakes.
    pub fn draft(&self, now: Timestamp) -> Result<Event, Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        let slug = mistakes.slug(self.slug.as_deref(), &self.title);
        let event = self.facts(&mut mistakes, EventId::generate(now), slug, now);
        mistakes.none_or(event)
    }

    /// The event after an edit. Once places are held or sold, currency and organisation stay and the capacity does
    /// not go below what is taken; prices may change, since every booking keeps its own. What is on sale stays fit to
    /// be: it does not lie in the past, where nothing of it could be put right, and as many people fit as there are
    /// tickets.
    ///
    /// # Errors
    /// All mistakes.
    pub fn edited(
        &self,
        before: &Event,
        taken: Taken,
        ticket_types: &[Stocked],
        now: Timestamp,
    ) -> Result<Event, Vec<Invalid>> {
        let mut mistakes = Mistakes::default();
        if self.slug.as_ref().is_some_and(|slug| *slug != before.slug) {
            mistakes.add(
                "slug",
                "frozen",
                "the slug of an event does not change, so that links keep working",
            );
        }
        let facts = self.facts(&mut mistakes, before.id, before.slug.clone(), now);
        if taken > Taken(0) {
            if facts.organisation != before.organisation {
                mistakes.add(
                    "organisation_id",
                    "frozen",
                    "tickets were sold or are held for this organisation",
                );
            }
            if facts.currency != before.currency {
                mistakes.add("currency", "frozen", "tickets were sold or are held in another currency");
            }
        } else if ticket_types.iter().any(|stocked| stocked.ticket_type.price.currency() != facts.currency) {
            mistakes.add("currency", "frozen", "ticket types are priced in another currency");
        }
        if facts.capacity.is_some_and(|capacity| Taken(capacity) < taken) {
            mistakes.add("capacity", "below_taken", format!("{} places are held or sold", taken.0));
        } else if before.status == Status::Published && shrinks_below(facts.capacity, before, ticket_types) {
            mistakes.add("capacity", "types_exceed_capacity", "there are more tickets than people fit");
        }
        let images = before.images.clone();
        let venue_template = facts.venue_template.or(before.venue_template);
        let kept = Event { images, status: before.status, created_at: before.created_at, ..facts };
        if kept.status_at(now) == Status::Ended {
            mistakes.add(
                "ends_at",
                "in_the_past",
                "the event would be over at once, and could not be changed back",
            );
        }
        mistakes.none_or(Event { venue_template, ..kept })
    }

    /// The facts as far as they can be read; what cannot is in `mistakes`.
    fn facts(&self, mistakes: &mut Mistakes, id: EventId, slug: String, now: Timestamp) -> Event {
        let starts_at = mistakes.instant("starts_at", self.starts_at);
        let ends_at = mistakes.instant("ends_at", self.ends_at);
        let doors_at = self.doors_at.map(|at| mistakes.instant("doors_at", at));
        if ends_at <= starts_at {
            mistakes.add("ends_at", "before_start", "the event ends after it starts");
        }
        if doors_at.is_some_and(|doors| doors > starts_at) {
            mistakes.add("doors_at", "after_start", "doors open before the event starts");
        }
        let currency: Option<Currency> = self.currency.parse().ok();
        if currency.is_none() {
            mistakes.add("currency", "unknown_currency", "this is no known ISO 4217 code");
        }
        let timezone = self.timezone.parse().unwrap_or_else(|_| {
            mistakes.add("timezone", "unknown_timezone", "this is no name of an IANA time zone");
            Zone::UTC
        });
        let hold = self.hold_seconds.unwrap_or(i64::from(USUAL_HOLD));
        Event {
            id,
            organisation: self.organisation,
            slug,
            title: mistakes.line("title", &self.title, 200),
            description: mistakes.prose("description", self.description.as_deref().unwrap_or(""), 20_000),
            starts_at,
            ends_at,
            doors_at,
            timezone,
            currency: currency.unwrap_or(Currency::EUR),
            capacity: self.capacity.map(|count| mistakes.count("capacity", count, 1..=MOST_PLACES)),
            max_per_user: self.max_per_user.map(|count| mistakes.count("max_per_user", count, 1..=1000)),
            max_per_order: self.max_per_order.map(|count| mistakes.count("max_per_order", count, 1..=1000)),
            location: mistakes.location(&self.location),
            base_price: self
                .base_price
                .as_ref()
                .and_then(|price| mistakes.price("base_price", price, currency)),
            hold_seconds: mistakes.count("hold_seconds", hold, 60..=3600),
            visibility: self.visibility.unwrap_or(Visibility::Public),
            tags: mistakes.tags(&self.tags),
            images: Vec::new(),
            status: Status::Draft,
            created_at: now,
            updated_at: now,
            venue_template: self.venue_template,
        }
    }
}

/// Whether fewer people would fit than before and than there are tickets. Where there were too many before, other
/// facts can still be edited.
fn shrinks_below(capacity: Option<u32>, before: &Event, types: &[Stocked]) -> bool {
    let less = |most: u32| before.capacity.is_none_or(|was| most < was);
    let places = quota::places(types.iter().map(|it| (it.ticket_type.quantity, it.quota.as_ref())));
    capacity.is_some_and(|most| less(most) && places > u64::from(most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{event_input, noon, price, stocked};

    fn codes(result: Result<Event, Vec<Invalid>>) -> Vec<(String, &'static str)> {
        result.unwrap_err().into_iter().map(|mistake| (mistake.field, mistake.code)).collect()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_absent_takes_its_usual_value() {
        let event = event_input().draft(noon()).unwrap();
        assert_eq!((event.slug.as_str(), event.hold_seconds), ("opening-night", USUAL_HOLD));
        assert_eq!((event.status, event.visibility), (Status::Draft, Visibility::Public));
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        let mut input = event_input();
        input.title = " ".into();
        input.slug = Some("No Slug".into());
        input.description = Some("a\0b".into());
        input.ends_at = input.starts_at;
        input.doors_at = Some(input.starts_at + chrono::TimeDelta::seconds(1));
        input.timezone = "Berlin".into();
        input.currency = "EURO".into();
        input.capacity = Some(-1);
        input.location.area = String::new();
        input.location.latitude = Some(f64::NAN);
        input.hold_seconds = Some(59);
        input.base_price = Some(PriceInput { amount: -1, currency: "EUR".into() });
        input.tags = vec!["x".repeat(41)];
        let found = codes(input.draft(noon()));
        for expected in [
            ("title", "required"),
            ("slug", "malformed"),
            ("description", "malformed"),
            ("ends_at", "before_start"),
            ("doors_at", "after_start"),
            ("timezone", "unknown_timezone"),
            ("currency", "unknown_currency"),
            ("capacity", "out_of_range"),
            ("location.area", "required"),
            ("location", "incomplete"),
            ("location.latitude", "out_of_range"),
            ("hold_seconds", "out_of_range"),
            ("base_price.amount", "out_of_range"),
            ("tags.0", "too_long"),
        ] {
            assert!(found.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} not in {found:?}");
        }
        assert_eq!(found.len(), 14, "{found:?}");
    }

    #[test]
    fn the_base_price_is_in_the_currency_of_the_event() {
        let mut input = event_input();
        input.base_price = Some(PriceInput { amount: 1, currency: "JPY".into() });
        assert_eq!(codes(input.draft(noon())), [("base_price.currency".into(), "currency_mismatch")]);
        input.base_price = Some(price(1500));
        assert_eq!(input.draft(noon()).unwrap().base_price.unwrap().minor(), 1500);
    }

    #[test]
    fn tags_are_kept_lower_case_and_once() {
        let mut input = event_input();
        input.tags = vec!["Techno ".into(), "techno".into(), "Ölbad".into()];
        assert_eq!(input.draft(noon()).unwrap().tags, ["techno", "ölbad"]);
    }

    #[test]
    fn instants_no_store_or_client_can_read_are_refused_and_the_rest_is_cut_to_microseconds() {
        let mut input = event_input();
        input.ends_at = at("2400-01-01T00:00:00Z");
        assert_eq!(codes(input.draft(noon())), [("ends_at".into(), "out_of_range")]);
        input.ends_at = at("2026-07-01T23:00:00.123456789Z");
        assert_eq!(input.draft(noon()).unwrap().ends_at, at("2026-07-01T23:00:00.123456Z"));
    }

    #[test]
    fn an_edit_keeps_id_slug_state_and_age() {
        let mut input = event_input();
        let mut before = input.draft(noon()).unwrap();
        before.publish(noon()).unwrap();
        let later = noon() + chrono::TimeDelta::hours(1);
        input.title = "Closing night".into();
        let after = input.edited(&before, Taken(0), &[], later).unwrap();
        let expected = Event { title: "Closing night".into(), updated_at: later, ..before };
        assert_eq!(after, expected);
        input.slug = Some("closing-night".into());
        assert_eq!(codes(input.edited(&expected, Taken(0), &[], later)), [("slug".into(), "frozen")]);
    }

    #[test]
    fn once_something_is_taken_currency_organisation_and_room_for_it_stay() {
        let mut input = event_input();
        let before = input.draft(noon()).unwrap();
        let types = [stocked(&before, 10, 1, 1)];
        input.currency = "JPY".into();
        input.organisation = OrganisationId::generate(noon());
        input.capacity = Some(1);
        let found = codes(input.edited(&before, Taken(2), &types, noon()));
        let expected = [("organisation_id", "frozen"), ("currency", "frozen"), ("capacity", "below_taken")];
        assert_eq!(found, expected.map(|(field, code)| (field.to_owned(), code)));
        let again = EventInput { capacity: Some(2), ..event_input() };
        let again = EventInput { organisation: before.organisation, ..again };
        assert_eq!(again.edited(&before, Taken(2), &types, noon()).unwrap().capacity, Some(2));
    }

    #[test]
    fn an_event_that_was_on_sale_is_not_moved_into_the_past() {
        let mut event = event_input().draft(noon()).unwrap();
        let input = EventInput {
            starts_at: noon() - chrono::TimeDelta::hours(2),
            ends_at: noon(),
            organisation: event.organisation,
            ..event_input()
        };
        assert!(
            input.edited(&event, Taken(0), &[], noon()).is_ok(),
            "a draft is published later or not at all"
        );
        let ahead = EventInput { ends_at: noon() + chrono::TimeDelta::microseconds(1), ..input.clone() };
        let past = [("ends_at".to_owned(), "in_the_past")];
        event.publish(noon()).unwrap();
        assert_eq!(codes(input.edited(&event, Taken(0), &[], noon())), past);
        assert!(ahead.edited(&event, Taken(0), &[], noon()).is_ok(), "it has begun and is not over");
        event.deactivate(noon()).unwrap();
        assert_eq!(codes(input.edited(&event, Taken(0), &[], noon())), past);
    }

    #[test]
    fn as_many_people_fit_as_there_are_tickets_on_sale() {
        let mut event = EventInput { capacity: Some(8), ..event_input() }.draft(noon()).unwrap();
        let types = [stocked(&event, 5, 1, 1)];
        let with = |capacity| EventInput { organisation: event.organisation, capacity, ..event_input() };
        let [few, enough, none] = [Some(4), Some(5), None].map(with);
        assert!(
            few.edited(&event, Taken(2), &types, noon()).is_ok(),
            "a draft is checked when it is published"
        );
        event.publish(noon()).unwrap();
        let refused = [("capacity".to_owned(), "types_exceed_capacity")];
        assert_eq!(codes(few.edited(&event, Taken(2), &types, noon())), refused);
        assert!(enough.edited(&event, Taken(2), &types, noon()).is_ok());
        event.capacity = None;
        assert_eq!(codes(few.edited(&event, Taken(2), &types, noon())), refused);
        assert!(none.edited(&event, Taken(2), &types, noon()).is_ok());
        event.capacity = Some(4);
        assert!(
            few.edited(&event, Taken(2), &types, noon()).is_ok(),
            "its title can be put right all the same"
        );
    }

    #[test]
    fn the_currency_changes_only_while_nothing_is_priced_in_it() {
        let mut input = event_input();
        let before = input.draft(noon()).unwrap();
        input.currency = "JPY".into();
        let types = [stocked(&before, 10, 0, 0)];
        assert_eq!(codes(input.edited(&before, Taken(0), &types, noon())), [("currency".into(), "frozen")]);
        assert_eq!(input.edited(&before, Taken(0), &[], noon()).unwrap().currency, Currency::JPY);
    }
}

//! People who are named on a booking, and what its buyer wrote: forgotten with the buyer, as soon as no door needs it.

use crate::{Booking, Ticket};
use chrono::TimeDelta;
use kernel::{AccountId, BookingId, Timestamp};
use serde::{Deserialize, Serialize};

/// So long after the end of an event it stays known who was to come: the door lets guests in by their names, and what
/// happened that evening is asked about in the days after it.
pub const KNOWN: TimeDelta = TimeDelta::days(14);

/// What is owed to people who are gone, under [`crate::FORGETTING`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Forgetting {
    /// Take names and words out of the bookings of an account that was erased, each in its time.
    Names {
        /// Whose.
        account: AccountId,
    },
    /// Forget where mails to those went who were named on a booking and are not any more.
    Letters {
        /// On which.
        booking: BookingId,
    },
}

impl Booking {
    /// Whether it says who is to come, or anything that passed between its buyer and staff in words.
    #[must_use]
    pub fn names_people(&self) -> bool {
        let words = self.request.as_ref().is_some_and(|it| it.message.is_some() || it.answer.is_some());
        words || !self.attendees.is_empty()
    }

    /// From when on nobody needs that any more, when the event ends then.
    #[must_use]
    pub fn forgettable_at(ends_at: Timestamp) -> Timestamp {
        ends_at + KNOWN
    }

    /// Forgets who was to come, on its tickets as well, and what passed in words. What was bought, paid and decided
    /// stays; and so does what was printed on documents, which is kept as long as the law has it.
    pub fn forget_people(&mut self, tickets: &mut [Ticket]) {
        self.attendees.clear();
        if let Some(request) = &mut self.request {
            (request.message, request.answer) = (None, None);
        }
        for ticket in tickets {
            ticket.attendee = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{noon, paid};
    use crate::{Attendee, acts, books, ledger};
    use kernel::Cause;

    fn named() -> (Booking, Vec<Ticket>) {
        let (_, mut booking, mut tickets) = paid(10, 2);
        let guest = Attendee {
            first_name: "Zephyrine".into(),
            last_name: "Quatermain".into(),
            email: Some("zephyrine@example.org".into()),
        };
        booking.attendees = vec![guest.clone()];
        tickets[0].attendee = Some(guest);
        booking.ask_to_cancel(&tickets, None, Some("Zephyrine is ill.".into()), noon()).unwrap();
        (booking, tickets)
    }

    #[test]
    fn nobody_is_named_any_more_and_the_money_stays_as_it_is() {
        let (before, tickets_before) = named();
        let (mut booking, mut tickets) = (before.clone(), tickets_before.clone());
        assert!(booking.names_people());
        booking.forget_people(&mut tickets);
        assert!(!booking.names_people());
        let said = serde_json::to_string(&(&booking, &tickets)).unwrap().to_lowercase();
        for word in ["zephyrine", "quatermain", "example.org", "ill."] {
            assert!(!said.contains(word), "{word} in {said}");
        }
        assert_eq!(ledger::postings(Some(&before), &booking, noon()), []);
        assert_eq!(books::acts(Some(&before), &booking, &Cause::system(), noon()), []);
        assert_eq!(ledger::facts(&before), ledger::facts(&booking));
        let request = (before.request.map(|it| it.status), booking.request.as_ref().map(|it| it.status));
        assert_eq!(request.0, request.1, "what was asked and decided stays");
        for (ticket, before) in tickets.iter().zip(&tickets_before) {
            assert_eq!(*ticket, Ticket { attendee: None, ..before.clone() });
        }
        let again = booking.clone();
        booking.forget_people(&mut tickets);
        assert_eq!(booking, again);
    }

    #[test]
    fn words_alone_are_forgotten_as_well() {
        let (mut booking, mut tickets) = named();
        booking.attendees.clear();
        assert!(booking.names_people());
        booking.forget_people(&mut tickets);
        assert!(!booking.names_people());
    }

    #[test]
    fn a_forgotten_booking_is_on_record_without_a_word_of_it() {
        let (before, _) = named();
        let mut after = before.clone();
        after.forget_people(&mut []);
        let act = acts::people_forgotten(&before, &after, noon());
        assert_eq!((&*act.act, act.subject.id), ("booking.forget_people", before.id.as_uuid()));
        assert_eq!(act.before.as_deref(), Some(r#"{"attendees":1,"words":true}"#));
        assert_eq!(act.after.as_deref(), Some(r#"{"attendees":0,"words":false}"#));
    }

    #[test]
    fn what_is_owed_reads_back() {
        let owed = Forgetting::Names { account: AccountId::generate(noon()) };
        let text = serde_json::to_string(&owed).unwrap();
        assert!(text.starts_with(r#"{"kind":"names","account":"#), "{text}");
        assert_eq!(serde_json::from_str::<Forgetting>(&text).unwrap(), owed);
        let owed = Forgetting::Letters { booking: BookingId::generate(noon()) };
        let text = serde_json::to_string(&owed).unwrap();
        assert!(text.starts_with(r#"{"kind":"letters","booking":"#), "{text}");
        assert_eq!(serde_json::from_str::<Forgetting>(&text).unwrap(), owed);
    }
}

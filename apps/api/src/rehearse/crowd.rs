//! Who comes, and how they behave: decided beforehand, by the seed alone.

use super::fault::{Fault, Faults};
use fastrand::Rng;
use std::time::Duration;

/// What somebody does with the places that they got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Habit {
    /// Pays at once.
    Pays,
    /// Is declined, and pays at the second try.
    PaysAtLast,
    /// Is declined and gives up.
    IsDeclined,
    /// Opens two checkouts in two tabs and pays both.
    PaysTwice,
    /// Presses the button twice, and takes back the first answer: the same request again.
    RepeatsItself,
    /// Gives the places back.
    GivesBack,
    /// Looks at the provider's page and leaves it.
    Leaves,
    /// Forgets the hold before anything is paid.
    Forgets,
    /// Pays when the time is long over.
    PaysLate,
    /// Pays, and cancels the booking later.
    Cancels,
    /// Pays, and cancels one ticket of it later.
    CancelsOne,
    /// Pays, and hands a ticket on to somebody else later.
    HandsOn,
    /// Pays, and gives a ticket back later to be sold again.
    Returns,
    /// The same, but wants it again soon after.
    TakesBack,
}

/// Through whom somebody pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Stripe.
    Stripe,
    /// PayPal.
    Paypal,
}

impl Way {
    /// As the API calls it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Paypal => "paypal",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Stripe => Self::Paypal,
            Self::Paypal => Self::Stripe,
        }
    }
}

/// One person of the crowd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// From 0.
    pub number: u32,
    /// After the opening.
    pub arrives: Duration,
    /// How many places.
    pub places: u32,
    /// Which ticket type, as a place in the list.
    pub choice: usize,
    /// How often a refusal for want of places is tried again.
    pub patience: u32,
    /// Whether somebody who found nothing looks again when others have not paid.
    pub comes_again: bool,
    /// Whether somebody who found nothing waits for what becomes free.
    pub waits: bool,
    /// Whether somebody has the code of a voucher.
    pub voucher: bool,
    /// Whether somebody looks at the plan of the hall and picks seats, instead of taking the best.
    pub picks: bool,
    /// Whom a ticket is handed on to.
    pub friend: u32,
    /// Whether a ticket that somebody else hands on is taken.
    pub takes: bool,
    /// What happens then.
    pub habit: Habit,
    /// How it is paid.
    pub way: Way,
    /// How the provider tells of it: `now`, `lost`, `twice`, `reversed`, `late`.
    pub notice: &'static str,
    /// Whether the browser comes back from the provider's page.
    pub comes_back: bool,
    /// How long the person thinks before each step.
    pub thinks: Duration,
}

/// Of a hundred people, so many behave so.
const HABITS: [(u32, Habit); 14] = [
    (15, Habit::Pays),
    (8, Habit::PaysAtLast),
    (5, Habit::IsDeclined),
    (6, Habit::PaysTwice),
    (6, Habit::RepeatsItself),
    (4, Habit::GivesBack),
    (5, Habit::Leaves),
    (5, Habit::Forgets),
    (9, Habit::PaysLate),
    (6, Habit::Cancels),
    (4, Habit::CancelsOne),
    (12, Habit::HandsOn),
    (13, Habit::Returns),
    (2, Habit::TakesBack),
];
/// And so many want 1, 2, 3, ... places.
const GROUPS: [u32; 6] = [40, 35, 10, 10, 3, 2];

/// The crowd of a seed; the last one arrives at `span`.
#[must_use]
pub fn crowd(seed: u64, people: u32, choices: usize, span: Duration, faults: &Faults) -> Vec<Plan> {
    let mut random = Rng::with_seed(seed);
    let mut notices = vec!["now"];
    for (fault, notice) in [
        (Fault::WebhooksLost, "lost"),
        (Fault::WebhooksDoubled, "twice"),
        (Fault::WebhooksReversed, "reversed"),
        (Fault::WebhooksLate, "late"),
    ] {
        if faults.has(fault) {
            notices.push(notice);
        }
    }
    let mut person = |number| {
        let plan = person(number, &mut random, choices, span, &notices);
        Plan { friend: random.u32(0..people), ..plan }
    };
    (0..people).map(&mut person).collect()
}

fn person(number: u32, random: &mut Rng, choices: usize, span: Duration, notices: &[&'static str]) -> Plan {
    let habits: u32 = HABITS.iter().map(|(share, _)| share).sum();
    let mut drawn = random.u32(0..habits);
    let habit = HABITS.iter().find(|(share, _)| {
        let this = drawn < *share;
        drawn = drawn.saturating_sub(*share);
        this
    });
    let mut group = random.u32(0..GROUPS.iter().sum());
    let places = (1_u32..).zip(GROUPS).find(|(_, share)| {
        let this = group < *share;
        group = group.saturating_sub(*share);
        this
    });
    let habit = habit.map_or(Habit::Pays, |(_, habit)| *habit);
    // Whoever pays late and is not told of to us is the hardest to notice: so half of them are like that.
    let unnoticed = habit == Habit::PaysLate && notices.contains(&"lost") && random.bool();
    let notice = random.choice(notices.iter().copied()).filter(|_| !unnoticed);
    Plan {
        number,
        // Most come when the doors open.
        arrives: span.mul_f64(random.f64().powi(2)),
        places: places.map_or(1, |(places, _)| places),
        choice: random.usize(0..choices.max(1)),
        patience: random.u32(0..4),
        comes_again: random.u32(0..100) < 30,
        waits: random.u32(0..100) < 40,
        voucher: random.u32(0..100) < 40,
        picks: random.bool(),
        friend: number,
        takes: random.u32(0..100) < 75,
        habit,
        way: if random.u32(0..100) < 55 { Way::Stripe } else { Way::Paypal },
        notice: notice.unwrap_or(if unnoticed { "lost" } else { "now" }),
        comes_back: random.u32(0..100) < 60 && !unnoticed,
        thinks: Duration::from_millis(random.u64(0..200)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn all() -> Faults {
        Faults(Fault::ALL.into())
    }

    #[test]
    fn the_same_seed_gives_the_same_crowd() {
        let span = Duration::from_secs(10);
        let one = crowd(7, 200, 2, span, &all());
        assert_eq!(one, crowd(7, 200, 2, span, &all()));
        assert_ne!(one, crowd(8, 200, 2, span, &all()));
    }

    #[test]
    fn people_of_all_kinds_come_within_the_time() {
        let span = Duration::from_secs(10);
        let people = crowd(1, 2000, 3, span, &all());
        let habits: BTreeSet<_> = people.iter().map(|plan| plan.habit).collect();
        assert_eq!(habits.len(), HABITS.len());
        let notices: BTreeSet<_> = people.iter().map(|plan| plan.notice).collect();
        assert_eq!(notices.len(), 5);
        assert!(people.iter().all(|plan| plan.arrives <= span && plan.choice < 3));
        assert!(people.iter().all(|plan| (1..=6).contains(&plan.places)));
    }

    #[test]
    fn without_faults_every_notice_arrives() {
        let people = crowd(1, 100, 1, Duration::ZERO, &Faults::default());
        assert!(people.iter().all(|plan| plan.notice == "now"));
    }
}

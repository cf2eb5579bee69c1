//! A day of one account, looked at some things at a time: whoever reads and asks hands in what came of it.

use super::claim::{Claim, Word};
use super::fee::{Decided, FeeDue, decide};
use super::figures::{AccountFigures, Unread};
use super::found::Key;
use super::judge::{Verdict, in_the_ledger, judge};
use super::thing::{Fee, Gathered, Thing, TooMuch};
use super::{About, Books, Found, TaskKind};
use crate::ledger::Entry;
use crate::{Movement, RefundOrder, Till};
use kernel::{BookingId, RefundId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// A refund that failed by our books and for which money left: whether the provider says so as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is asked about.
    pub order: RefundOrder,
    thing: Thing,
    found: Found,
}

/// What a day of one account came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Sums and counts. Fees are ours once they are posted: see [`Examined::posted`].
    pub figures: AccountFigures,
    /// Every difference, in the order of their keys.
    pub found: Vec<Found>,
    /// Fees that the ledger is to have.
    pub fees: Vec<FeeDue>,
}

/// The work on one account.
#[derive(Debug)]
pub struct Examination {
    till: Till,
    now: Timestamp,
    gathered: Gathered,
    figures: AccountFigures,
    found: BTreeMap<Key, Found>,
    fees: Vec<FeeDue>,
}

impl Examination {
    /// Begins at `now`.
    #[must_use]
    pub fn new(till: Till, now: Timestamp) -> Self {
        let (gathered, figures) = (Gathered::default(), AccountFigures::new(till.clone()));
        Self { till, now, gathered, figures, found: BTreeMap::new(), fees: Vec::new() }
    }

    /// A page of what the provider lists for the day.
    ///
    /// # Errors
    /// [`TooMuch`].
    pub fn listed(&mut self, movements: &[Movement]) -> Result<(), TooMuch> {
        movements.iter().try_for_each(|movement| self.gathered.take(movement))
    }

    /// All has been listed: what is to be compared with the books.
    #[must_use]
    pub fn sorted(&mut self) -> (Vec<Thing>, Vec<Fee>) {
        self.figures.movements = self.gathered.movements();
        let other: Vec<_> = self.gathered.other().collect();
        for (currency, minor) in other {
            self.figures.add_other(currency, minor);
        }
        self.gathered.empty()
    }

    /// Compares some things with the books that they concern.
    #[must_use]
    pub fn compare(&mut self, things: &[Thing], books: &Books) -> Vec<Question> {
        let mut questions = Vec::new();
        self.check_ledger(books);
        for thing in things {
            match judge(thing, &self.till, books, self.now) {
                Verdict::Agrees(ours) => self.add(thing, ours),
                Verdict::OnItsWay(ours) => {
                    self.figures.on_their_way += 1;
                    self.add(thing, ours);
                }
                Verdict::Converted => {
                    self.figures.converted += 1;
                    self.add(thing, thing.minor);
                }
                Verdict::Differs(found, ours) => {
                    self.add(thing, ours);
                    self.note(*found);
                }
                Verdict::Ask(order, found) => {
                    questions.push(Question { order: *order, thing: thing.clone(), found: *found });
                }
            }
        }
        questions
    }

    /// What the provider says of a refund that failed by our books.
    pub fn answered(&mut self, question: Question, failed_there: bool) {
        let Question { thing, found, .. } = question;
        if failed_there {
            // It came back on another day, or is about to: it nets to nothing in both books.
            self.figures.on_their_way += 1;
            self.add(&thing, thing.minor);
        } else {
            self.add(&thing, 0);
            self.note(found);
        }
    }

    /// Nobody asked about a refund, as there were questions enough: nothing is said of it.
    pub fn left_unanswered(&mut self, question: &Question) {
        self.figures.unasked += 1;
        self.add(&question.thing, 0);
    }

    /// Nobody asked about a claim, as there were questions enough: nothing is said of it.
    pub const fn left_unasked(&mut self) {
        self.figures.unasked += 1;
    }

    /// Decides about fees with the books that they concern.
    pub fn settle(&mut self, fees: &[Fee], books: &Books) {
        for fee in fees {
            let (currency, told) = (fee.amount.currency(), -fee.amount.minor());
            let ours = match decide(fee, &self.till, books, self.now) {
                Decided::Nothing => continue,
                // Ours once it is posted.
                Decided::Post(due) => {
                    self.fees.push(*due);
                    0
                }
                Decided::Posted => told,
                Decided::Waits => {
                    self.figures.on_their_way += 1;
                    0
                }
                Decided::Unposted(found) => {
                    let ours = found.ours.map_or(0, |ours| -ours.minor());
                    self.note(*found);
                    ours
                }
            };
            self.figures.add(About::Fee, currency, (ours, told));
        }
    }

    /// What of the day's entries the provider does not list and has to be asked about.
    #[must_use]
    pub fn claims(&mut self, entries: &[Entry], books: &Books) -> Vec<Claim> {
        self.check_ledger(books);
        let claims: Vec<_> = entries.iter().filter_map(|entry| Claim::of(entry, books)).collect();
        self.figures.entries += u64::try_from(claims.len()).unwrap_or(u64::MAX);
        claims.into_iter().filter(|claim| !claim.is_listed(&self.gathered)).collect()
    }

    /// What the provider said of a claim.
    pub fn told(&mut self, claim: &Claim, word: &Word) {
        let Some(found) = claim.judge(word, &self.till) else {
            self.figures.elsewhere += 1;
            return;
        };
        let (about, amount) = claim.moved();
        let minor = if about == About::Charge { amount.minor() } else { -amount.minor() };
        if !matches!(word, Word::Stands(_)) {
            self.figures.add(about, amount.currency(), (minor, 0));
        }
        self.note(found);
    }

    /// Bookings whose ledger seemed to differ: what was read of one may be older than its entries, so each is looked
    /// at again under its lock.
    #[must_use]
    pub fn suspects(&self) -> Vec<BookingId> {
        let differ = self.found.values().filter(|found| found.kind == TaskKind::LedgerDiffers);
        differ.filter_map(|found| found.booking).collect()
    }

    /// It does agree with its entries.
    pub fn cleared(&mut self, booking: BookingId) {
        self.found.retain(|_, found| found.kind != TaskKind::LedgerDiffers || found.booking != Some(booking));
    }

    /// All is compared.
    #[must_use]
    pub fn finish(self) -> Examined {
        let Self { figures, mut found, fees, .. } = self;
        // Who knows that the booking is the one that is wrong need not be told that the ledger differs from it.
        let wrong: BTreeSet<_> = found
            .values()
            .filter(|found| found.kind == TaskKind::OrderDiffers)
            .filter_map(|found| found.booking)
            .collect();
        found.retain(|_, found| {
            found.kind != TaskKind::LedgerDiffers || found.booking.is_none_or(|id| !wrong.contains(&id))
        });
        Examined { figures, found: found.into_values().collect(), fees }
    }

    fn check_ledger(&mut self, books: &Books) {
        let differ: Vec<_> =
            books.all().filter_map(|booking| in_the_ledger(booking, books, &self.till)).collect();
        differ.into_iter().for_each(|found| self.note(found));
    }

    fn add(&mut self, thing: &Thing, ours: i64) {
        self.figures.add(thing.about, thing.currency, (ours, thing.minor));
    }

    fn note(&mut self, found: Found) {
        self.found.insert(found.key(), found);
    }
}

impl Examined {
    /// Nothing could be read of an account.
    #[must_use]
    pub const fn unread(till: Till, why: Unread) -> Self {
        let mut figures = AccountFigures::new(till);
        figures.unread = Some(why);
        Self { figures, found: Vec::new(), fees: Vec::new() }
    }

    /// The ledger has these entries for this account's fees now: they are ours, and one with another amount is a
    /// difference.
    pub fn posted(&mut self, entries: &[Entry]) {
        let entries: BTreeMap<_, _> = entries.iter().map(|entry| (entry.id, entry)).collect();
        for due in &self.fees {
            let Some(entry) = entries.get(&due.entry.id) else { continue };
            let differs = due.posted(entry);
            // What was told on another day is none of this day's.
            let ours = match (&differs, due.told.is_zero()) {
                (_, true) => 0,
                (None, false) => due.told.minor(),
                (Some(_), false) => entry.amount.minor(),
            };
            self.figures.add(About::Fee, due.told.currency(), (-ours, 0));
            self.found.extend(differs);
        }
        self.found.sort_by_key(Found::key);
    }
}

/// By what the books of a thing or a fee are found: its charge, and our refund when that is all there is.
#[must_use]
pub fn names(things: &[Thing], fees: &[Fee]) -> (Vec<String>, Vec<RefundId>) {
    let (mut charges, mut refunds) = (BTreeSet::new(), BTreeSet::new());
    let of_things = things.iter().map(|thing| {
        let itself = (thing.about == About::Charge).then(|| thing.reference.clone());
        (thing.charge.clone().or(itself), thing.refund)
    });
    let of_fees = fees.iter().map(|fee| (fee.charge.clone(), fee.refund));
    for (charge, refund) in of_things.chain(of_fees) {
        charges.extend(charge);
        refunds.extend(refund);
    }
    (charges.into_iter().collect(), refunds.into_iter().collect())
}

//! Figures as they are shown, on the dashboard and in analytics.

pub mod cells;

use super::given::given;
use super::money::MoneyView;
use super::problem::Problem;
use crate::wiring::App;
use actix_web::{HttpRequest, HttpResponse};
use booking::close::Day;
use booking::figures::{
    EventFigures, Flow, FlowFilter, GuestFigures, Look, StandingFilter, Sum, Total, percent,
};
use chrono::{DateTime, Utc};
use kernel::{Currency, EventId, Invalid, OrganisationId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Debug;
use utoipa::{IntoParams, ToSchema};

/// Figures are asked for anew each time; what is sent again is only said to be the same.
const ASK_AGAIN: &str = "private, no-cache";

/// Which days are meant.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SpanQuery {
    /// The first day, by the clocks of each event's place; without it from the beginning.
    #[param(value_type = Option<NaiveDate>, example = "2026-06-01")]
    pub from: Option<String>,
    /// The last day; without it until now.
    #[param(value_type = Option<NaiveDate>, example = "2026-06-30")]
    pub to: Option<String>,
}

/// Days from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub from: Option<Day>,
    /// The last.
    pub to: Option<Day>,
}

impl SpanQuery {
    /// The days; what is wrong is noted.
    pub fn read(self, wrong: &mut Vec<Invalid>) -> Span {
        let (from, to) = (day("from", self.from, wrong), day("to", self.to, wrong));
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            wrong.push(Invalid::new("to", "out_of_range", "must not lie before the first day"));
        }
        Span { from, to }
    }
}

/// A day, or `None` when none is given.
pub fn day(field: &str, text: Option<String>, wrong: &mut Vec<Invalid>) -> Option<Day> {
    given(field, text, "must be a date, as 2026-06-01", wrong)
}

impl Span {
    /// What happened on these days to events of these organisations.
    #[must_use]
    pub fn flows(
        self,
        organisations: Option<Vec<OrganisationId>>,
        events: Option<Vec<EventId>>,
    ) -> FlowFilter {
        let (from, until) = (self.from.map(Day::date), self.to.map(|to| to.after().date()));
        FlowFilter { organisations, events, from, until }
    }

    /// Events that begin on these days, by UTC.
    #[must_use]
    pub fn standings(self, organisations: Option<Vec<OrganisationId>>) -> StandingFilter {
        let (from, until) = (self.from.map(Day::start), self.to.map(Day::end));
        StandingFilter { organisations, events: None, from, until }
    }
}

/// An answer that is kept for a moment, for all who may be told the same: `asked` says what for, and who they are. What
/// was counted since is not missed: it is another question then.
///
/// # Errors
/// Those of `make`, and of the store that is asked how far has been counted.
pub async fn kept<V: Serialize>(
    app: &App,
    request: &HttpRequest,
    asked: impl Debug,
    make: impl AsyncFnOnce(Look) -> Result<V, Problem>,
) -> Result<HttpResponse, Problem> {
    let look = app.figures.so_far().await?;
    let key = format!("{asked:?} {:?}", look.until);
    let written = async {
        let view = make(look).await?;
        serde_json::to_vec(&view).map_err(|error| Problem::internal(&error))
    };
    let ready = app.overviews.answer(&key, written).await?;
    Ok(ready.respond(request.headers(), ASK_AGAIN))
}

/// Sums in one currency. What is taken back is taken off, so that a sum over few days may be less than nothing.
#[derive(Serialize, ToSchema)]
pub struct CurrencySumsView {
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
    /// What was sold, at the price that it was sold at.
    sold: MoneyView,
    /// Of that, with vouchers.
    sold_with_vouchers: MoneyView,
    /// What vouchers made it cheaper by.
    discounts: MoneyView,
    /// What was taken for the price although more had come, or less.
    differences: MoneyView,
    /// What was decided to go back of what was sold.
    refunded: MoneyView,
    /// What lost disputes took of it.
    disputed: MoneyView,
    /// `sold` and `differences` without `refunded` and `disputed`: before fees.
    net: MoneyView,
    /// What was decided to go back of money that had bought nothing, as of orders that were paid twice.
    refunded_unearned: MoneyView,
    /// What has gone back, of both.
    gone_back: MoneyView,
    /// What the platform keeps.
    platform_fees: MoneyView,
    /// What providers kept of charges, as far as the daily close knows.
    provider_fees: MoneyView,
    /// What providers took for disputes.
    dispute_fees: MoneyView,
}

impl CurrencySumsView {
    /// Sums as they are shown.
    pub fn of(currency: Currency, flow: &Flow) -> Self {
        let money = |amount| MoneyView::counted(amount, currency);
        Self {
            currency: currency.to_string(),
            sold: money(flow.sold),
            sold_with_vouchers: money(flow.sold_with_voucher),
            discounts: money(flow.discount),
            differences: money(flow.differences),
            refunded: money(flow.refunded),
            disputed: money(flow.disputed),
            net: money(flow.net()),
            refunded_unearned: money(flow.unearned),
            gone_back: money(flow.gone),
            platform_fees: money(flow.platform_fees),
            provider_fees: money(flow.provider_fees),
            dispute_fees: money(flow.dispute_fees),
        }
    }
}

/// What was sold, earned and given back.
#[derive(Serialize, ToSchema)]
pub struct SalesSumsView {
    /// Tickets that were issued, whatever became of them.
    tickets: i64,
    /// Orders whose tickets were issued.
    orders: i64,
    /// Of these, with vouchers.
    orders_with_vouchers: i64,
    /// Refunds that were decided.
    refunds: i64,
    /// One for each currency: they are never added up.
    revenue: Vec<CurrencySumsView>,
}

impl SalesSumsView {
    /// What some sums come to.
    pub fn of<'a>(sums: impl IntoIterator<Item = &'a Sum>) -> Self {
        let (mut counts, mut money) = (Flow::default(), BTreeMap::<Currency, Flow>::new());
        for sum in sums {
            counts.add(&sum.flow);
            money.entry(sum.currency).or_default().add(&sum.flow);
        }
        Self {
            tickets: counts.tickets,
            orders: counts.orders,
            orders_with_vouchers: counts.vouchered,
            refunds: counts.refunds,
            revenue: money.iter().map(|(currency, flow)| CurrencySumsView::of(*currency, flow)).collect(),
        }
    }
}

/// Refunds for one reason.
#[derive(Serialize, ToSchema)]
pub struct RefundReasonView {
    /// `overpaid`, `no_places`, `cancelled`, `event_cancelled`, `staff`, `resold` or `external`.
    #[schema(example = "cancelled")]
    reason: &'static str,
    /// How many were decided.
    refunds: i64,
    /// What was decided to go back.
    decided: MoneyView,
    /// What has gone back.
    gone: MoneyView,
}

/// Refunds by reason and currency.
pub fn reasons(sums: &[Sum]) -> Vec<RefundReasonView> {
    let shown = sums.iter().filter_map(|sum| {
        Some(RefundReasonView {
            reason: sum.reason?.as_str(),
            refunds: sum.flow.refunds,
            decided: MoneyView::counted(sum.flow.refunded + sum.flow.unearned, sum.currency),
            gone: MoneyView::counted(sum.flow.gone, sum.currency),
        })
    });
    shown.collect()
}

/// Tickets, and who came with them.
#[derive(Serialize, ToSchema)]
pub struct AttendanceView {
    /// That admit, or have admitted.
    tickets: u64,
    /// That have admitted.
    checked_in: u64,
    /// That wait to be sold again.
    returned: u64,
    /// That admit nobody any more.
    cancelled: u64,
    /// Tickets of events that are over and whose doors scanned.
    expected: u64,
    /// Of these, those of people who did not come.
    no_shows: u64,
    /// So many of a hundred; null where nobody was expected.
    #[schema(required, example = 7)]
    no_show_percent: Option<u64>,
}

/// Orders by where they stand.
#[derive(Serialize, ToSchema)]
pub struct OrderCountsView {
    pending_payment: u64,
    confirmed: u64,
    cancelled: u64,
    expired: u64,
}

/// What waiting lists were asked for, and what came of it.
#[derive(Serialize, ToSchema)]
pub struct ListDemandView {
    /// Who ever joined.
    joined: u64,
    waiting: u64,
    offered: u64,
    accepted: u64,
    expired: u64,
    left: u64,
    /// Places that those who wait want: demand that is not met.
    places_wanted: u64,
    /// Of the offers that were taken, ran out or were not wanted, how many of a hundred were taken; null before the first.
    #[schema(required, example = 80)]
    conversion_percent: Option<u64>,
}

/// How vouchers are used.
#[derive(Serialize, ToSchema)]
pub struct VoucherUseView {
    /// That there are.
    made: u64,
    /// With which an order was made that counts.
    used: u64,
    /// So many of a hundred; null where there are none.
    #[schema(required, example = 40)]
    used_percent: Option<u64>,
}

/// How events stand.
#[derive(Serialize, ToSchema)]
pub struct StandingView {
    /// How many events these numbers are about.
    events: u64,
    occupancy: OccupancyView,
    attendance: AttendanceView,
    orders: OrderCountsView,
    waitlist: ListDemandView,
    vouchers: VoucherUseView,
}

/// How full it is.
#[derive(Serialize, ToSchema)]
pub struct OccupancyView {
    places: u64,
    /// In tickets that admit.
    taken: u64,
    /// So many of a hundred; null where there are no places.
    #[schema(required, example = 93)]
    percent: Option<u64>,
}

impl OccupancyView {
    /// So many of so many.
    pub fn of(taken: u64, places: u64) -> Self {
        Self { places, taken, percent: percent(taken, places) }
    }
}

impl From<Total> for StandingView {
    fn from(total: Total) -> Self {
        let Total { events, places, tickets, expected, no_shows, orders, list, vouchers, .. } = total;
        Self {
            events,
            occupancy: OccupancyView::of(tickets.living(), places),
            attendance: AttendanceView {
                tickets: tickets.living(),
                checked_in: tickets.checked_in,
                returned: tickets.returned,
                cancelled: tickets.cancelled,
                expected,
                no_shows,
                no_show_percent: percent(no_shows, expected),
            },
            orders: OrderCountsView {
                pending_payment: orders.pending,
                confirmed: orders.confirmed,
                cancelled: orders.cancelled,
                expired: orders.expired,
            },
            waitlist: ListDemandView {
                joined: list.joined(),
                waiting: list.waiting,
                offered: list.offered,
                accepted: list.accepted,
                expired: list.expired,
                left: list.left,
                places_wanted: list.wanted,
                conversion_percent: percent(list.accepted, list.accepted + list.lapsed_offers),
            },
            vouchers: VoucherUseView {
                made: vouchers.made,
                used: vouchers.used,
                used_percent: percent(vouchers.used, vouchers.made),
            },
        }
    }
}

/// How one event stands.
pub fn standing(figures: Option<&EventFigures>, now: Timestamp) -> StandingView {
    // Of who comes nothing is in it.
    Total::of(figures, now, false).into()
}

/// Those who hold tickets that admit.
#[derive(Serialize, ToSchema)]
pub struct GuestCountsView {
    /// How many they are.
    guests: u64,
    /// How many of them were at an earlier event of the same organisation: let in with a ticket, or, where nobody scanned,
    /// with one in hand.
    returning: u64,
    /// So many of a hundred; null of nobody.
    #[schema(required, example = 35)]
    returning_percent: Option<u64>,
    /// When they were counted, which is every ten minutes.
    counted_at: DateTime<Utc>,
}

impl GuestCountsView {
    /// Guests as they are told of; nothing of so few that each of them could be known, unless to admins.
    pub fn of(guests: Option<GuestFigures>, admin: bool) -> Option<Self> {
        let guests = guests?.told(admin)?;
        Some(Self {
            guests: guests.guests,
            returning: guests.returning,
            returning_percent: percent(guests.returning, guests.guests),
            counted_at: guests.at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_both_ends_count() {
        let read = |from: &str, to: &str| {
            let mut wrong = Vec::new();
            let [from, to] = [from, to].map(|text| Some(text.to_owned()));
            let span = SpanQuery { from, to }.read(&mut wrong);
            (span, wrong.into_iter().map(|it| (it.field, it.code)).collect::<Vec<_>>())
        };
        let (june, wrong) = read("2026-06-01", "2026-06-30");
        assert_eq!(wrong, []);
        let flows = june.flows(None, None);
        let days = [flows.from, flows.until].map(|day| day.unwrap().to_string());
        assert_eq!(days, ["2026-06-01", "2026-07-01"]);
        assert_eq!(june.standings(None).until.unwrap().to_rfc3339(), "2026-07-01T00:00:00+00:00");
        assert_eq!(read("", "").0, Span { from: None, to: None });
        assert_eq!(read("2026-06-02", "2026-06-01").1, [("to".to_owned(), "out_of_range")]);
        let lost = [("from".to_owned(), "malformed"), ("to".to_owned(), "malformed")];
        assert_eq!(read("soon", "1.6.2026").1, lost);
    }

    #[test]
    fn of_few_guests_nothing_is_told_but_to_admins() {
        let guests = |guests| Some(GuestFigures { guests, returning: 1, at: Timestamp::UNIX_EPOCH });
        assert!(GuestCountsView::of(guests(2), false).is_none());
        assert!(GuestCountsView::of(guests(2), true).is_some());
        assert!(GuestCountsView::of(guests(3), false).is_some_and(|it| it.returning_percent == Some(33)));
        assert!(GuestCountsView::of(None, true).is_none());
    }
}

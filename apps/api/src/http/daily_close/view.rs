//! A day as it is shown: its sums by both books, and what differs.

use crate::http::audit::ActorView;
use crate::http::money::MoneyView;
use booking::close::{AccountFigures, DayClose, DaySummary, Figures, Sum, Task, TaskEnd, Unread};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A day without its tasks.
#[derive(Serialize, ToSchema)]
pub struct DaySummaryView {
    id: Uuid,
    /// In UTC.
    #[schema(value_type = String, format = Date, example = "2026-06-01")]
    date: String,
    /// `open`: tasks are open, or not everything of the day can be known yet. `closed`: every difference is gone or
    /// was decided about.
    #[schema(example = "closed")]
    status: &'static str,
    /// Whether the day was over when it was looked at, every provider lists all of it by then (PayPal three hours after
    /// midnight), and all was read and asked. Before, it cannot be closed.
    complete: bool,
    /// When it was looked at last.
    computed_at: DateTime<Utc>,
    computed_by: ActorView,
    #[schema(required)]
    closed_at: Option<DateTime<Utc>>,
    /// Set while a day is open that had been closed.
    #[schema(required)]
    reopened: Option<ReopenedView>,
    open_tasks: u64,
    resolved_tasks: u64,
    /// Differences beyond the thousand open tasks that are named at a time.
    unnamed: u64,
    accounts: Vec<AccountView>,
}

/// Why a day is open again.
#[derive(Serialize, ToSchema)]
pub struct ReopenedView {
    at: DateTime<Utc>,
    because: String,
}

/// A day of one account at a provider.
#[derive(Serialize, ToSchema)]
pub struct AccountView {
    /// `stripe` or `paypal`.
    provider: &'static str,
    account: String,
    /// Whether its money is real.
    live: bool,
    /// Movements that the provider lists.
    movements: u64,
    /// Charges, refunds and lost disputes that the ledger has of this day.
    entries: u64,
    /// Of those, what the provider has on another day.
    elsewhere: u64,
    /// What has begun and not ended: no difference.
    on_their_way: u64,
    /// What the provider lists in another currency than it was charged in: amounts are not compared then.
    converted: u64,
    /// What the provider was not asked about, as there were too many questions: no task, but the day stays open.
    unasked: u64,
    /// Why nothing is known of this account: `no_answer` or `too_many_movements`. The day stays open then.
    #[schema(required)]
    unread: Option<&'static str>,
    sums: Vec<FiguresView>,
}

/// What an account moved in one currency, in minor units.
#[derive(Serialize, ToSchema)]
pub struct FiguresView {
    #[schema(example = "EUR")]
    currency: String,
    /// What buyers paid.
    charges: SumView,
    /// What went back to them.
    refunds: SumView,
    /// What disputes took, less what came back of it.
    disputes: SumView,
    /// What the provider kept; ours is what stands in the ledger.
    fees: SumView,
    /// Charges less refunds, disputes and fees.
    net: SumView,
    /// What else moved there: payouts, conversions, what others do.
    other: i64,
}

/// A sum by our books and by the provider's.
#[derive(Serialize, ToSchema)]
pub struct SumView {
    ours: i64,
    theirs: i64,
}

/// A difference.
#[derive(Serialize, ToSchema)]
pub struct TaskView {
    id: Uuid,
    /// `missing_at_provider`, `missing_here`, `amount_differs`, `state_differs`, `ledger_differs`, `order_differs`,
    /// `fee_differs` or `fee_unposted`.
    #[schema(example = "missing_here")]
    kind: &'static str,
    provider: &'static str,
    account: String,
    live: bool,
    /// `charge`, `refund`, `dispute`, `fee` or `booking`.
    about: &'static str,
    /// The provider's name for it, or the booking's id.
    reference: String,
    #[schema(required)]
    booking_id: Option<Uuid>,
    #[schema(required)]
    payment_id: Option<Uuid>,
    /// What our books say; of a booking and its entries in the ledger, what the booking says.
    #[schema(required)]
    ours: Option<MoneyView>,
    /// What the provider says; of a booking and its entries, what the ledger says.
    #[schema(required)]
    theirs: Option<MoneyView>,
    /// The same for people.
    words: String,
    /// `open` or `resolved`.
    status: &'static str,
    found_at: DateTime<Utc>,
    #[schema(required)]
    resolved: Option<TaskEndView>,
}

/// How a task ended.
#[derive(Serialize, ToSchema)]
pub struct TaskEndView {
    /// `gone`: nothing differs any more; `decided`: a person did.
    how: &'static str,
    #[schema(required)]
    by: Option<Uuid>,
    #[schema(required)]
    note: Option<String>,
    at: DateTime<Utc>,
}

/// A day with its tasks.
#[derive(Serialize, ToSchema)]
pub struct DayView {
    #[serde(flatten)]
    day: DaySummaryView,
    /// In the order in which they were found.
    tasks: Vec<TaskView>,
}

impl From<Sum> for SumView {
    fn from(Sum { ours, theirs }: Sum) -> Self {
        Self { ours, theirs }
    }
}

impl From<&Figures> for FiguresView {
    fn from(figures: &Figures) -> Self {
        Self {
            currency: figures.currency.to_string(),
            charges: figures.charges.into(),
            refunds: figures.refunds.into(),
            disputes: figures.disputes.into(),
            fees: figures.fees.into(),
            net: figures.net().into(),
            other: figures.other,
        }
    }
}

impl From<&AccountFigures> for AccountView {
    fn from(figures: &AccountFigures) -> Self {
        Self {
            provider: figures.till.provider.as_str(),
            account: figures.till.account.clone(),
            live: figures.till.live,
            movements: figures.movements,
            entries: figures.entries,
            elsewhere: figures.elsewhere,
            on_their_way: figures.on_their_way,
            converted: figures.converted,
            unasked: figures.unasked,
            unread: figures.unread.map(Unread::as_str),
            sums: figures.sums.iter().map(FiguresView::from).collect(),
        }
    }
}

impl From<DaySummary> for DaySummaryView {
    fn from(day: DaySummary) -> Self {
        Self {
            id: day.id.as_uuid(),
            date: day.day.to_string(),
            status: day.status.as_str(),
            complete: day.complete,
            computed_at: day.computed_at,
            computed_by: ActorView::from(&day.computed_by),
            closed_at: day.closed_at,
            reopened: day.reopened.map(|it| ReopenedView { at: it.at, because: it.because }),
            open_tasks: day.open,
            resolved_tasks: day.resolved,
            unnamed: day.unnamed,
            accounts: day.accounts.iter().map(AccountView::from).collect(),
        }
    }
}

impl From<Task> for TaskView {
    fn from(task: Task) -> Self {
        let what = task.what;
        Self {
            id: task.id.as_uuid(),
            kind: what.kind.as_str(),
            provider: what.till.provider.as_str(),
            account: what.till.account,
            live: what.till.live,
            about: what.about.as_str(),
            reference: what.reference,
            booking_id: what.booking.map(|id| id.as_uuid()),
            payment_id: what.payment.map(|id| id.as_uuid()),
            ours: what.ours.map(Into::into),
            theirs: what.theirs.map(Into::into),
            words: what.words,
            status: if task.end.is_none() { "open" } else { "resolved" },
            found_at: task.found_at,
            resolved: task.end.map(TaskEndView::from),
        }
    }
}

impl From<TaskEnd> for TaskEndView {
    fn from(TaskEnd { by, note, at }: TaskEnd) -> Self {
        let how = if by.is_some() { "decided" } else { "gone" };
        Self { how, by: by.map(|by| by.as_uuid()), note, at }
    }
}

impl From<DayClose> for DayView {
    fn from(DayClose { summary, tasks }: DayClose) -> Self {
        Self { day: summary.into(), tasks: tasks.into_iter().map(TaskView::from).collect() }
    }
}

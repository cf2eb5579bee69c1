//! What the use cases need from a store.

mod organisations;
mod venues;

pub use organisations::OrganisationTx;
pub use venues::{VenueStore, VenueTx};

use crate::{
    AddressView, Around, Billing, Event, Feed, Member, Organisation, Quota, Status, Stocked, Taken,
    TicketType, TokenHash,
};
use async_trait::async_trait;
use kernel::{
    AccountId, EventId, Money, OrganisationId, Page, PageRequest, QuotaId, StoreError, TicketTypeId,
    Timestamp,
};

/// Which events are wanted; what is `None` does not narrow, and all that is given has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Events that are not over by then: `ends_at > from`.
    pub from: Option<Timestamp>,
    /// Events that have begun before: `starts_at < to`.
    pub to: Option<Timestamp>,
    /// Events with exactly this tag (tags are lower-case).
    pub tag: Option<String>,
    /// Events in which each of these occurs, as it stands (no wildcards) and in either case: in title, description or
    /// area, one here and another there.
    pub words: Vec<String>,
    /// Events whose cell of the map (never whose exact place) has its middle in here.
    pub around: Option<Around>,
    /// Whether events for members only are wanted too.
    pub include_members_only: bool,
    /// Events whose stored status is one of these; an empty list finds nothing.
    pub statuses: Vec<Status>,
    /// Events of one of these organisations; an empty list finds nothing.
    pub organisations: Option<Vec<OrganisationId>>,
    /// Drafts of these organisations only; an empty list finds none.
    pub drafts_of: Option<Vec<OrganisationId>>,
}

/// An event in a list, with what its price and its availability follow from.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The facts.
    pub event: Event,
    /// By position, then by id.
    pub ticket_types: Vec<Stocked>,
}

/// Keeps organisations, events and ticket types.
#[async_trait]
pub trait EventStore: AddressLog + FeedStore + VenueStore {
    /// Dropping the transaction undoes it; see [`kernel::transact`].
    async fn begin(&self) -> Result<Box<dyn EventTx>, StoreError>;
    /// One event.
    async fn event(&self, id: EventId) -> Result<Option<Event>, StoreError>;
    /// Events by id, in whatever order; unknown ones are left out.
    async fn events(&self, ids: &[EventId]) -> Result<Vec<Event>, StoreError>;
    /// Events by id with their ticket types, hidden ones too, by `(position, id)`; in whatever order, unknown ones are
    /// left out.
    async fn events_with_types(&self, ids: &[EventId]) -> Result<Vec<Listed>, StoreError>;
    /// One event by its slug, compared exactly.
    async fn event_by_slug(&self, slug: &str) -> Result<Option<Event>, StoreError>;
    /// Events by `(starts_at, id)`, which is also the cursor; ticket types come with them at once.
    async fn listing(&self, filter: &Filter, page: PageRequest) -> Result<Page<Listed>, StoreError>;
    /// An event's ticket types, hidden ones too, by `(position, id)`; none for an unknown event.
    async fn ticket_types(&self, event: EventId) -> Result<Vec<Stocked>, StoreError>;
    /// An event's quotas, by id; none for an unknown event.
    async fn quotas(&self, event: EventId) -> Result<Vec<Quota>, StoreError>;
    /// One quota, which tells what event to lock.
    async fn quota(&self, id: QuotaId) -> Result<Option<Quota>, StoreError>;
    /// Ticket types by id, in whatever order; unknown ones are left out.
    async fn ticket_types_by_id(&self, ids: &[TicketTypeId]) -> Result<Vec<TicketType>, StoreError>;
    /// One ticket type, which tells what event to lock.
    async fn ticket_type(&self, id: TicketTypeId) -> Result<Option<TicketType>, StoreError>;
    /// All organisations by `(created_at, id)`; there are few.
    async fn organisations(&self) -> Result<Vec<Organisation>, StoreError>;
    /// One organisation.
    async fn organisation(&self, id: OrganisationId) -> Result<Option<Organisation>, StoreError>;
    /// Whom an organisation's documents are from; `None` when nobody has said so.
    async fn billing(&self, organisation: OrganisationId) -> Result<Option<Billing>, StoreError>;
    /// Who works for an organisation, by `(added_at, account)`.
    async fn members(&self, organisation: OrganisationId) -> Result<Vec<Member>, StoreError>;
    /// For whom an account works, by organisation.
    async fn memberships(&self, account: AccountId) -> Result<Vec<Member>, StoreError>;
}

/// Whether a price can be charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chargeable {
    /// By at least one way to pay.
    Yes,
    /// There is no way to pay at all.
    NoProvider,
    /// None takes this currency.
    NotInCurrency,
    /// None takes less than this.
    BelowMinimum(Money),
    /// None counts such small parts of the currency.
    OddAmount,
}

/// What buyers can pay through; booking and its providers stand behind it.
pub trait Till: Send + Sync {
    /// Whether `price`, which is not zero, can be charged. Nobody outside is asked.
    fn charge(&self, price: Money) -> Chargeable;
}

/// What is promised to buyers who cancel; booking stands behind it.
#[async_trait]
pub trait RefundRules: Send + Sync {
    /// Whether an event says what goes back, be it nothing.
    async fn is_ruled(&self, event: EventId) -> Result<bool, StoreError>;
}

/// Keeps to whom exact places were shown. Nothing of it is ever removed, nor changed but by counting further views.
#[async_trait]
pub trait AddressLog: Send + Sync {
    /// Adds each to what is kept of its account, event and hour, as [`AddressView::and`] has it; durable when it returns.
    async fn note_address_views(&self, views: &[AddressView]) -> Result<(), StoreError>;
    /// Of one event, the newest first; the cursor is `(at, account)`.
    async fn address_views(&self, event: EventId, page: PageRequest)
    -> Result<Page<AddressView>, StoreError>;
    /// Of one account, the newest first; the cursor is `(at, event)`.
    async fn address_views_of(
        &self,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Page<AddressView>, StoreError>;
}

/// Keeps the addresses at which calendars are read.
#[async_trait]
pub trait FeedStore: Send + Sync {
    /// The one with this token.
    async fn feed(&self, token: &TokenHash) -> Result<Option<Feed>, StoreError>;
    /// The one of this account.
    async fn feed_of(&self, account: AccountId) -> Result<Option<Feed>, StoreError>;
    /// Adds it in the place of the one that the account had.
    async fn save_feed(&self, feed: &Feed) -> Result<(), StoreError>;
    /// `false` when the account had none.
    async fn remove_feed(&self, account: AccountId) -> Result<bool, StoreError>;
}

/// An event of which somebody has tickets, or had some that were cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub event: EventId,
    /// Whether any of the tickets admits, or has admitted.
    pub living: bool,
}

/// Who holds tickets; booking stands behind it. Told as it is stored at this moment.
#[async_trait]
pub trait Guests: Send + Sync {
    /// Whether somebody holds a ticket of this event that lives.
    async fn holds(&self, account: AccountId, event: EventId) -> Result<bool, StoreError>;
    /// Up to `limit` events of somebody's tickets, those first whose tickets are the newest. Tickets that went to
    /// somebody else do not count.
    async fn events_of(&self, account: AccountId, limit: u32) -> Result<Vec<Held>, StoreError>;
}

/// The waiting lists of events; booking stands behind them.
#[async_trait]
pub trait WaitingLists: Send + Sync {
    /// Places of these events that are kept for those who wait, where staff serves the list: of which types, and how
    /// many. Nobody else gets them; a type may be named more than once.
    async fn kept(&self, events: &[EventId]) -> Result<Vec<(TicketTypeId, u32)>, StoreError>;
}

/// All that a use case of this domain may touch before it commits.
#[async_trait]
pub trait EventTx: VenueTx + OrganisationTx {
    /// Other transactions wait for this event until we end, buyers too: the sale's row is locked first, then the
    /// event's.
    async fn lock_event(&mut self, id: EventId) -> Result<Option<(Event, Taken)>, StoreError>;
    /// Adds an event with its sale (nothing taken). `false`, and nothing added, when the slug belongs to another
    /// event; a slug that another open transaction is adding is waited for. The organisation exists.
    async fn add_event(&mut self, event: &Event) -> Result<bool, StoreError>;
    /// Writes the facts of a locked event, and the capacity of its sale. Id, organisation's existence and slug are
    /// the caller's promise: the slug never changes.
    async fn save_event(&mut self, event: &Event) -> Result<(), StoreError>;
    /// Removes a locked event with its sale and its ticket types. `false`, and nothing removed, when a hold or a
    /// booking refers to any of it.
    async fn delete_event(&mut self, id: EventId) -> Result<bool, StoreError>;
    /// A locked event's ticket types by `(position, id)`, with a stock that cannot change until we end.
    async fn ticket_types_locked(&mut self, event: EventId) -> Result<Vec<Stocked>, StoreError>;
    /// A locked event's quotas, by id.
    async fn quotas_locked(&mut self, event: EventId) -> Result<Vec<Quota>, StoreError>;
    /// Adds a quota to a locked event; no type names it yet.
    async fn add_quota(&mut self, quota: &Quota) -> Result<(), StoreError>;
    /// Writes the facts of a locked event's quota. More is not taken of it than it has.
    async fn save_quota(&mut self, quota: &Quota) -> Result<(), StoreError>;
    /// Removes a locked event's quota. `false`, and nothing removed, when a ticket type names it.
    async fn delete_quota(&mut self, id: QuotaId) -> Result<bool, StoreError>;
    /// Adds a type to a locked event, nothing of it taken.
    async fn add_ticket_type(&mut self, ticket_type: &TicketType) -> Result<(), StoreError>;
    /// Writes the facts of a locked event's type; its counters stay, and what is taken of it is taken of the quota that
    /// it names now.
    async fn save_ticket_type(&mut self, ticket_type: &TicketType) -> Result<(), StoreError>;
    /// Removes a locked event's type. `false`, and nothing removed, when a hold or a booking refers to it.
    async fn delete_ticket_type(&mut self, id: TicketTypeId) -> Result<bool, StoreError>;
}

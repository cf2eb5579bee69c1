//! Organisations, events and ticket types, and the ways to find them.

mod address_views;
mod documents;
mod feeds;
mod listing;
mod organisations;
mod reads;
mod tx;
mod venues;

use crate::document::Table;
use ::events::{
    AddressView, Billing, Event, Feed, Member, Organisation, Quota, Seating, Stock, TicketType, TokenHash,
    VenueTemplate,
};
use chrono::TimeDelta;
use imbl::{OrdMap, OrdSet};
use kernel::{AccountId, Cursor, EventId, OrganisationId, QuotaId, TicketTypeId, VenueTemplateId};
use std::sync::Arc;
use uuid::Uuid;

/// This domain's documents and their indexes. Counters of ticket types are documents of their own, so that a sale
/// does not write the facts anew.
#[derive(Clone, Default)]
pub(crate) struct EventTables {
    pub(crate) address_views: Table<AddressView>,
    pub(crate) billings: Table<Billing>,
    pub(crate) events: Table<Event>,
    pub(crate) feeds: Table<Feed>,
    pub(crate) members: Table<Member>,
    pub(crate) organisations: Table<Organisation>,
    pub(crate) quotas: Table<Quota>,
    pub(crate) stocks: Table<Stock>,
    pub(crate) seatings: Table<Seating>,
    pub(crate) templates: Table<VenueTemplate>,
    pub(crate) ticket_types: Table<TicketType>,
    /// By the instant and the account.
    pub(crate) address_views_by_time: OrdSet<(EventId, Cursor)>,
    /// By the instant and the event.
    pub(crate) address_views_by_account: OrdSet<(AccountId, Cursor)>,
    pub(crate) feeds_by_token: OrdMap<TokenHash, AccountId>,
    pub(crate) events_by_slug: OrdMap<String, EventId>,
    pub(crate) events_by_start: OrdSet<Cursor>,
    /// How long events take: the longest says how far back one has to look for those that are not over.
    pub(crate) durations: OrdSet<(TimeDelta, EventId)>,
    pub(crate) events_of: OrdSet<(OrganisationId, EventId)>,
    /// Types in the order in which they are shown.
    pub(crate) types_by_position: OrdSet<(EventId, u32, TicketTypeId)>,
    pub(crate) quotas_by_event: OrdSet<(EventId, QuotaId)>,
    /// Types by the quota that they share.
    pub(crate) types_by_quota: OrdSet<(QuotaId, TicketTypeId)>,
    pub(crate) templates_by_time: OrdSet<Cursor>,
    /// How many events were made of a hall.
    pub(crate) uses_of_template: OrdMap<VenueTemplateId, u32>,
    pub(crate) organisations_by_slug: OrdMap<String, OrganisationId>,
    pub(crate) members_by_account: OrdSet<(AccountId, OrganisationId)>,
}

impl EventTables {
    /// An event's types with their counters, in the order in which they are shown.
    pub(crate) fn stocked(&self, event: EventId) -> impl Iterator<Item = (&Arc<TicketType>, Stock)> {
        let first = (event, 0, TicketTypeId::from(Uuid::nil()));
        let last = (event, u32::MAX, TicketTypeId::from(Uuid::max()));
        self.types_by_position.range(first..=last).filter_map(|(_, _, id)| {
            let stock = self.stocks.get(id).map_or(Stock::untouched(*id), |stock| **stock);
            self.ticket_types.get(id).map(|ticket_type| (ticket_type, stock))
        })
    }

    /// The quota that a type shares.
    pub(crate) fn quota_of(&self, ticket_type: &TicketType) -> Option<&Arc<Quota>> {
        self.quotas.get(&ticket_type.quota?)
    }

    /// An event's quotas, by id.
    fn quotas_of(&self, event: EventId) -> Vec<Quota> {
        let range = (event, QuotaId::from(Uuid::nil()))..=(event, QuotaId::from(Uuid::max()));
        let ids = self.quotas_by_event.range(range);
        ids.filter_map(|(_, id)| self.quotas.get(id)).map(|quota| Quota::clone(quota)).collect()
    }

    /// The types that share a quota.
    fn sharing(&self, quota: QuotaId) -> impl Iterator<Item = TicketTypeId> {
        let range = (quota, TicketTypeId::from(Uuid::nil()))..=(quota, TicketTypeId::from(Uuid::max()));
        self.types_by_quota.range(range).map(|(_, id)| *id)
    }

    /// Who works for an organisation, by `(added_at, account)`.
    fn members_of(&self, organisation: OrganisationId) -> Vec<Member> {
        let range =
            (organisation, AccountId::from(Uuid::nil()))..=(organisation, AccountId::from(Uuid::max()));
        let mut members: Vec<_> = self.members.range(range).map(|(_, member)| **member).collect();
        members.sort_by_key(|member| (member.added_at, member.account));
        members
    }
}

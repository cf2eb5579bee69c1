//! How many one order and one account may have, in one place for all ways to come by places: holds, waiting lists,
//! tickets that are handed on or taken from the desk again.

use super::{Holdings, Limit, Offer, Sale, USUAL_ORDER};
use kernel::TicketTypeId;

/// A limit that is gone beyond, and how many it allows.
pub(crate) type Beyond = Option<(Limit, u32)>;

fn beyond(limit: Limit, most: Option<u32>, wanted: u32) -> Beyond {
    most.filter(|most| wanted > *most).map(|most| (limit, most))
}

impl Sale {
    /// Whether an order of so many is beyond what the event allows, over all types, to somebody who has this `already`.
    pub(crate) fn beyond_event(&self, quantity: u32, already: &Holdings) -> Beyond {
        beyond(Limit::EventPerOrder, self.max_per_order, quantity)
            .or_else(|| self.beyond_user(quantity, already))
    }

    /// Whether one ticket more, in no order, is beyond what an account may have.
    pub(crate) fn beyond_one_more(&self, ticket_type: TicketTypeId, already: &Holdings) -> Beyond {
        let of_type = self.offer(ticket_type).and_then(|offer| offer.beyond_user(1, already));
        of_type.or_else(|| self.beyond_user(1, already))
    }

    fn beyond_user(&self, more: u32, already: &Holdings) -> Beyond {
        beyond(Limit::EventPerUser, self.max_per_user, already.all().saturating_add(more))
    }
}

impl Offer {
    /// Whether an order of so many is beyond what the type allows to somebody who has this `already`.
    pub(crate) fn beyond_limits(&self, quantity: u32, already: &Holdings) -> Beyond {
        let most = self.max_per_order.unwrap_or(USUAL_ORDER);
        beyond(Limit::PerOrder, Some(most), quantity).or_else(|| self.beyond_user(quantity, already))
    }

    fn beyond_user(&self, more: u32, already: &Holdings) -> Beyond {
        let has = already.taken.get(&self.ticket_type).copied().unwrap_or(0);
        beyond(Limit::PerUser, self.max_per_user, has.saturating_add(more))
    }
}

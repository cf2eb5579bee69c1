//! Serve the waiting list: whatever is free is offered in its order, before anybody else may have it.

use super::Bookings;
use super::line::{Waiting, next, pages};
use super::seats::Plans;
use crate::waitlist::{Entry, EntryStatus, Kept, OfferTerms};
use crate::{BookingTx, Effect, Hall, Hold, ListNews, Sale, SaleStatus, acts};
use kernel::{EventId, HoldId, Owed, SeatId, StoreError, TicketTypeId, Timestamp, WaitlistEntryId, transact};

/// Offers that one transaction makes by itself.
pub(super) const OFFERS: u32 = 200;
/// Ended holds that one transaction cleans up.
const LAPSED: u32 = 500;
/// Events per look for free places.
const EVENTS: u32 = 100;
/// Entries that are ended together when sales are over.
const ENDED: u32 = 500;

/// What lists are served with.
#[derive(Clone, Copy)]
pub(super) struct Serving<'a> {
    pub(super) offers: &'a OfferTerms,
    pub(super) plans: &'a Plans,
}

/// Offers what is free, unless staff does; answers with how many were made. When that is [`OFFERS`], more is owed. The
/// caller has given back what ended, and saves the sale.
pub(super) async fn serve(
    tx: &mut dyn BookingTx,
    sale: &mut Sale,
    with: Serving<'_>,
    now: Timestamp,
) -> Result<u32, StoreError> {
    if !sale.resale.automatic {
        return Ok(0);
    }
    let made = offer_next(tx, sale, (with, OFFERS), now).await?;
    if made == OFFERS {
        // Others wait for the sale meanwhile; the rest of the list is served next.
        let rest = Effect::ServeWaitlist { event: sale.event };
        tx.enqueue_booking(&[Owed::now(rest, now)]).await?;
    }
    Ok(made)
}

/// Offers what is free to at most so many.
pub(super) async fn offer_next(
    tx: &mut dyn BookingTx,
    sale: &mut Sale,
    (with, most): (Serving<'_>, u32),
    now: Timestamp,
) -> Result<u32, StoreError> {
    let (made, _) = go_through(tx, (sale, None), (with, most, true), now).await?;
    Ok(u32::try_from(made.len()).unwrap_or(u32::MAX))
}

/// Goes through the list and gives what is free to at most so many, in the sale alone or in the store as well. Also up to
/// which number it came. Who comes first may have been read before.
async fn go_through(
    tx: &mut dyn BookingTx,
    (sale, first): (&mut Sale, Option<Waiting>),
    (with, most, writes): (Serving<'_>, u32, bool),
    now: Timestamp,
) -> Result<(Vec<Hold>, u64), StoreError> {
    let (mut made, mut after) = (Vec::new(), 0);
    if !sale.resale.waiting || sale.free(None, now).is_empty() {
        return Ok((made, after));
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut hall = stage(tx, sale, with.plans, now).await?;
    let mut page = match first {
        Some(first) => Some(first),
        None => next(tx, (sale, hall.as_mut()), after, now).await?,
    };
    while let Some(Waiting { entries, holdings, last }) = page {
        let (mut holds, mut offered, mut owed) = (Vec::new(), Vec::new(), Vec::new());
        for mut entry in entries {
            if made.len() + holds.len() == most {
                break;
            }
            after = entry.number;
            let already = holdings.get(&entry.buyer).cloned().unwrap_or_default();
            let offered_now = sale.offer_places(&mut entry, &already, (with.offers, hall.as_mut()), now);
            let Some((hold, told_at)) = offered_now else { continue };
            let news = Effect::TellWaiting { entry: entry.id, news: ListNews::Offered };
            owed.push(Owed::at(news, now, told_at));
            holds.push(hold);
            offered.push(entry);
        }
        if writes {
            tx.add_holds(&holds).await?;
            tx.save_entries(&offered).await?;
            tx.enqueue_booking(&owed).await?;
        }
        made.extend(holds);
        if last || made.len() == most {
            break;
        }
        page = next(tx, (sale, hall.as_mut()), after, now).await?;
    }
    Ok((made, after))
}

/// Offers that are made in thought only, to those whom staff offers places by hand: nobody else gets these places
/// while something is decided.
#[derive(Default)]
pub(super) struct Aside(Vec<Kept>);

impl Aside {
    /// Whether a seat is among them.
    pub(super) fn has(&self, seat: SeatId) -> bool {
        let mut seats = self.0.iter().flat_map(|offer| &offer.items).filter_map(|item| item.seat.as_ref());
        seats.any(|it| it.id == seat)
    }

    /// The decision is made: nothing is kept from anybody any more.
    pub(super) fn put_back(&self, sale: &mut Sale) {
        for offer in &self.0 {
            sale.uncount(&offer.items);
        }
    }
}

/// Who comes late is behind those who wait: gives the places of ended holds back, and offers what is free to the list
/// or, where staff does so by hand, sets it aside. The caller puts back what was set aside, and saves the sale.
pub(super) async fn others_first(
    tx: &mut dyn BookingTx,
    sale: &mut Sale,
    with: Serving<'_>,
    now: Timestamp,
) -> Result<Aside, StoreError> {
    reclaim(tx, sale, now).await?;
    if serve(tx, sale, with, now).await? < OFFERS && sale.resale.automatic {
        return Ok(Aside::default());
    }
    let kept = claim(tx, (sale, None), with, now).await?;
    for offer in &kept {
        sale.set_aside(&offer.items);
    }
    Ok(Aside(kept))
}

/// What the list would be offered now, without offering it: kept from everybody else. Whoever is behind the first
/// [`OFFERS`] of them counts by numbers alone, or a long list would be gone through with every decision.
pub(super) async fn claim(
    tx: &mut dyn BookingTx,
    (sale, first): (&Sale, Option<Waiting>),
    with: Serving<'_>,
    now: Timestamp,
) -> Result<Vec<Kept>, StoreError> {
    let mut rest = sale.clone();
    let (made, last) = go_through(tx, (&mut rest, first), (with, OFFERS, false), now).await?;
    let all = u32::try_from(made.len()).is_ok_and(|made| made < OFFERS);
    let mut kept: Vec<_> = made.into_iter().map(Kept::from).collect();
    if !all {
        let plan = with.plans.of(tx, sale).await?;
        let free = rest.free(plan.as_deref(), now);
        let wished = if free.is_empty() { Vec::new() } else { tx.wished(sale.event, &free, last).await? };
        kept.extend(rest.keep_wished(&wished, now));
    }
    Ok(kept)
}

/// The seats of a sale that is served; there is no hall where places are no seats. Claims are loaded of those sections
/// alone of which some who wait could have enough, by numbers.
async fn stage(
    tx: &mut dyn BookingTx,
    sale: &Sale,
    plans: &Plans,
    now: Timestamp,
) -> Result<Option<Hall>, StoreError> {
    let Some(plan) = plans.of(tx, sale).await? else { return Ok(None) };
    let wanted = tx.wanted(sale.event, &sale.free(Some(plan.as_ref()), now)).await?;
    let sections = wanted.iter().filter_map(|id| sale.offer(*id)?.section).collect();
    plans.hall(tx, sale, sections, now).await
}

/// Ends the entries whose offers have come to this.
pub(super) async fn end_entries(
    tx: &mut dyn BookingTx,
    ended: &[(WaitlistEntryId, EntryStatus)],
    now: Timestamp,
) -> Result<(), StoreError> {
    if ended.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = ended.iter().map(|(id, _)| *id).collect();
    let mut entries = tx.entries(&ids).await?;
    let mut owed = Vec::new();
    for entry in &mut entries {
        let Some((_, status)) = ended.iter().find(|(id, _)| *id == entry.id) else { continue };
        entry.end(*status, now);
        if *status == EntryStatus::Expired {
            let news = Effect::TellWaiting { entry: entry.id, news: ListNews::Expired };
            owed.push(Owed::now(news, now));
        }
    }
    tx.save_entries(&entries).await?;
    tx.enqueue_booking(&owed).await
}

/// Ends the entries of those who named only types that are gone: nothing will ever fit them.
async fn end_vain(tx: &mut dyn BookingTx, sale: &Sale, now: Timestamp) -> Result<(), StoreError> {
    if !sale.resale.waiting {
        return Ok(());
    }
    let known: Vec<_> = sale.offers.iter().map(|offer| offer.ticket_type).collect();
    let vain = tx.waiting_in_vain(sale.event, &known, ENDED).await?;
    if vain.is_empty() {
        return Ok(());
    }
    end_all(tx, sale.event, (vain, ListNews::Gone), now).await
}

/// Ends these entries and tells those whose they are. Where it may not be all of them, more is owed.
async fn end_all(
    tx: &mut dyn BookingTx,
    event: EventId,
    (mut entries, news): (Vec<Entry>, ListNews),
    now: Timestamp,
) -> Result<(), StoreError> {
    entries.iter_mut().for_each(|entry| entry.end(EntryStatus::Expired, now));
    tx.save_entries(&entries).await?;
    let told = |entry: &Entry| Effect::TellWaiting { entry: entry.id, news };
    let all = u32::try_from(entries.len()).is_ok_and(|ended| ended < ENDED);
    let more = (!all).then_some(Effect::ServeWaitlist { event });
    let owed = entries.iter().map(told).chain(more).map(|effect| Owed::now(effect, now));
    tx.enqueue_booking(&owed.collect::<Vec<_>>()).await
}

/// Gives back what these entries were offered and have not taken. The caller saves the sale.
pub(super) async fn drop_offers(
    tx: &mut dyn BookingTx,
    sale: &mut Sale,
    entries: &[Entry],
) -> Result<(), StoreError> {
    let offered = entries.iter().filter(|entry| entry.status == EntryStatus::Offered);
    let held: Vec<_> = offered.filter_map(|entry| entry.hold).collect();
    if held.is_empty() {
        return Ok(());
    }
    for hold in tx.lock_holds(&held).await? {
        sale.release(&hold.items, hold.id);
    }
    tx.drop_holds(&held).await
}

/// Ends the list of an event of which nothing is sold any more, and tells those who are on it. Offers end with an event
/// that does not take place; else they ended with the sale. The caller saves the sale.
async fn end_list(tx: &mut dyn BookingTx, sale: &mut Sale, now: Timestamp) -> Result<(), StoreError> {
    let cancelled = sale.status == SaleStatus::Cancelled;
    let mut rest = if cancelled { tx.all_offered(sale.event, ENDED).await? } else { Vec::new() };
    drop_offers(tx, sale, &rest).await?;
    rest.extend(tx.all_waiting(sale.event, ENDED).await?);
    if rest.is_empty() {
        return Ok(());
    }
    let act = acts::list_ended(sale.event, (rest.len(), cancelled), now);
    end_all(tx, sale.event, (rest, ListNews::Over), now).await?;
    tx.record(&[act.of(sale.organisation)]).await
}

/// Gives the places of ended holds back, and ends the offers among them. The caller saves the sale.
pub(super) async fn reclaim(
    tx: &mut dyn BookingTx,
    sale: &mut Sale,
    now: Timestamp,
) -> Result<Vec<HoldId>, StoreError> {
    let lapsed = tx.lapsed_holds(&[sale.event], now, LAPSED).await?;
    for hold in &lapsed {
        sale.give_back(&hold.items, (hold.id, hold.voucher.map(|it| it.id)));
        sale.unuse(hold, now);
    }
    let ids: Vec<_> = lapsed.iter().map(|hold| hold.id).collect();
    tx.drop_holds(&ids).await?;
    let offer = |hold: &Hold| hold.entry.map(|entry| (entry, EntryStatus::Expired));
    let ended: Vec<_> = lapsed.iter().filter_map(offer).collect();
    end_entries(tx, &ended, now).await?;
    Ok(ids)
}

impl Bookings {
    pub(super) const fn serving(&self) -> Serving<'_> {
        Serving { offers: &self.terms.offers, plans: &self.plans }
    }

    /// Offers what is free of an event to those who wait for it, and ends its list when its sales are over. Answers
    /// with how many offers were made.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn serve_list(&self, event: EventId) -> Result<u32, StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let Some(mut sale) = tx.lock_sales(&[event]).await?.pop() else { return Ok(0) };
            let before = sale.clone();
            let made = if sale.is_over(now) {
                end_list(tx, &mut sale, now).await?;
                0
            } else {
                end_vain(tx, &sale, now).await?;
                reclaim(tx, &mut sale, now).await?;
                serve(tx, &mut sale, self.serving(), now).await?
            };
            if sale != before {
                tx.save_sales(&[sale]).await?;
            }
            Ok::<_, StoreError>(made)
        })
        .await
    }

    /// Places of some events that are kept for those who wait, where staff serves the list: of which types, and how many,
    /// just as it is decided when somebody else asks for places. Nothing is locked, and nothing changes.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn kept(&self, events: &[EventId]) -> Result<Vec<(TicketTypeId, u32)>, StoreError> {
        let now = self.clock.now();
        let mut sales = self.store.sales(events).await?;
        sales.retain(|sale| sale.resale.waiting && !sale.resale.automatic);
        if sales.is_empty() {
            return Ok(Vec::new());
        }
        let (plain, seated): (Vec<_>, Vec<_>) = sales.iter().partition(|sale| sale.plan.is_none());
        transact(self.store.begin().await?, async |tx| {
            let lists: Vec<_> = plain.into_iter().map(|sale| (sale, sale.free(None, now))).collect();
            let mut first = pages(tx, &lists, 0, now).await?;
            let plain = lists.iter().filter_map(|(sale, _)| Some((*sale, Some(first.remove(&sale.event)?))));
            let plain: Vec<_> = plain.collect();
            let mut kept = Vec::new();
            for of in plain.into_iter().chain(seated.into_iter().map(|sale| (sale, None))) {
                kept.extend(claim(tx, of, self.serving(), now).await?);
            }
            let items = kept.iter().flat_map(|offer| &offer.items);
            Ok(items.map(|item| (item.ticket_type, item.quantity)).collect())
        })
        .await
    }

    /// Until when somebody on a list is not told of this: what they need not act on wakes nobody in the quiet hours of
    /// the place. `None` when now is the time.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn quiet_until(
        &self,
        entry: WaitlistEntryId,
        news: ListNews,
    ) -> Result<Option<Timestamp>, StoreError> {
        let Some(quiet) = self.terms.offers.quiet.filter(|_| news != ListNews::Offered) else {
            return Ok(None);
        };
        let Some(entry) = self.store.entry(entry).await? else { return Ok(None) };
        let Some(sale) = self.sale(entry.event).await? else { return Ok(None) };
        let now = self.clock.now();
        Ok(Some(quiet.over(sale.resale.zone, now)).filter(|wakes| *wakes > now))
    }

    /// Serves every list for which something is free; answers with how many offers were made. Whatever made places
    /// free and did not say so is found here.
    ///
    /// # Errors
    /// The store could not answer for some list; the others were served.
    pub async fn serve_lists(&self) -> Result<u32, StoreError> {
        let (mut after, mut made, mut failure) = (None, 0, None);
        loop {
            let events = self.store.events_waited_for(after, EVENTS).await?;
            let Some(last) = events.last() else { break };
            after = Some(*last);
            let now = self.clock.now();
            for sale in self.store.sales(&events).await? {
                let free = !sale.free(None, now).is_empty() && sale.resale.automatic;
                if !free && !sale.is_over(now) {
                    continue;
                }
                match self.serve_list(sale.event).await {
                    Ok(offers) => made += offers,
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
        }
        failure.map_or(Ok(made), Err)
    }
}

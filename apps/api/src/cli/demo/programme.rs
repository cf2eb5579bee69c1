//! What is on: a free afternoon, a night with two kinds of tickets, an evening that is nearly sold out, and a recital in a
//! hall with seats.

use crate::cli::Failure;
use crate::wiring::App;
use booking::use_cases::ConfirmRequest;
use booking::voucher::{Batch, PriceChange};
use booking::{PolicyInput, TierInput, VoucherInput, Wanted};
use chrono::{Days, NaiveTime, TimeDelta, TimeZone, Utc};
use events::{EventInput, LocationInput, PriceInput, SectionInput, TicketTypeInput, Visibility, Zone};
use kernel::{Actor, EventId, OrganisationId, TicketTypeId, Timestamp};

const ZONE: &str = "Europe/Berlin";
/// Makes tickets of [`LONG_NIGHT`] cheaper.
pub(super) const VOUCHER: &str = "FRIENDS20";
/// What it is taken for.
pub(super) const LONG_NIGHT: &str = "The Long Night";

/// Publishes the events and books what makes them look alive; answers which is the long night.
pub(super) async fn fill(
    app: &App,
    organiser: Actor,
    organisation: OrganisationId,
    members: &[Actor],
) -> Result<EventId, Failure> {
    let plan = Plan { app, organiser, organisation };
    let (free, guests) = plan.listening_room().await?;
    let (night, _) = plan.long_night().await?;
    plan.voucher(night).await?;
    let (scarce, tables) = plan.supper().await?;
    plan.recital().await?;
    for (member, count) in members.iter().zip([2, 1, 2]) {
        plan.book(*member, free, *guests.first().ok_or("no ticket type")?, count).await?;
    }
    for (member, count) in members.iter().zip([4, 4, 4, 4, 4]) {
        plan.book(*member, scarce, *tables.first().ok_or("no ticket type")?, count).await?;
    }
    Ok(night)
}

struct Plan<'a> {
    app: &'a App,
    organiser: Actor,
    organisation: OrganisationId,
}

/// When something is, as people at the place say it.
struct When {
    days_ahead: u64,
    hour: u32,
    lasts_hours: i64,
}

impl Plan<'_> {
    async fn listening_room(&self) -> Result<(EventId, Vec<TicketTypeId>), Failure> {
        let mut event = self.event("Listening Room", &When { days_ahead: 6, hour: 16, lasts_hours: 5 })?;
        event.description = Some(
            "Records from start to end, on a good system, with cushions on the floor. Bring one that you \
             want others to hear. Coffee and cake for a donation."
                .into(),
        );
        event.location.area = "Riverside".into();
        event.location.address = Some("Boathouse 4, upper floor".into());
        event.tags = ["ambient", "vinyl", "free"].map(str::to_owned).to_vec();
        self.publish(event, &[kind("Guest", 0, 60, 2)]).await
    }

    async fn long_night(&self) -> Result<(EventId, Vec<TicketTypeId>), Failure> {
        let mut event = self.event(LONG_NIGHT, &When { days_ahead: 16, hour: 22, lasts_hours: 10 })?;
        event.description =
            Some("Two floors until the sun is up: house and disco above, techno below.".into());
        event.capacity = Some(400);
        event.location.area = "Old freight yard".into();
        event.location.address = Some("Hall 2, gate at the water tower".into());
        event.location.address_visible_from = Some(event.starts_at - TimeDelta::days(2));
        event.doors_at = Some(event.starts_at - TimeDelta::minutes(30));
        event.tags = ["house", "techno", "night"].map(str::to_owned).to_vec();
        let mut early = kind("Early bird", 1500, 100, 4);
        early.sales_end = Some(event.starts_at - TimeDelta::days(5));
        let regular = kind("Regular", 2500, 300, 6);
        self.publish(event, &[early, regular]).await
    }

    async fn supper(&self) -> Result<(EventId, Vec<TicketTypeId>), Failure> {
        let mut event =
            self.event("Supper and Synthesizers", &When { days_ahead: 9, hour: 19, lasts_hours: 5 })?;
        event.description = Some(
            "Four courses, each with a live set made for it. One long table, so places are few. For members."
                .into(),
        );
        event.capacity = Some(24);
        event.location.area = "North quarter".into();
        event.visibility = Some(Visibility::Members);
        event.tags = ["live", "dinner", "members"].map(str::to_owned).to_vec();
        self.publish(event, &[kind("Place at the table", 0, 24, 4)]).await
    }

    async fn recital(&self) -> Result<(EventId, Vec<TicketTypeId>), Failure> {
        let (events, organiser) = (&self.app.events, self.organiser);
        let hall = events.add_venue_template(organiser, self.organisation, "Small hall").await?.id;
        for (name, row_end, price_multiplier) in [("Stalls", "H", "1"), ("Circle", "C", "1.5")] {
            let section = SectionInput {
                name: name.into(),
                row_start: "A".into(),
                row_end: row_end.into(),
                seats_per_row: 12,
                price_multiplier: Some(price_multiplier.into()),
                position: None,
            };
            events.add_section(organiser, hall, &section).await?;
        }
        let mut event =
            self.event("Recital for Two Synthesizers", &When { days_ahead: 23, hour: 20, lasts_hours: 3 })?;
        event.description = Some(
            "Two players, one long piece, and a seat of your own. Groups sit next to each other.".into(),
        );
        event.location.area = "City centre".into();
        event.tags = ["live", "seated"].map(str::to_owned).to_vec();
        event.venue_template = Some(hall);
        event.base_price = Some(PriceInput { amount: 1800, currency: "EUR".into() });
        self.publish(event, &[]).await
    }

    fn event(&self, title: &str, when: &When) -> Result<EventInput, Failure> {
        let starts_at = at(self.app.clock.now(), when)?;
        Ok(EventInput {
            organisation: self.organisation,
            title: title.into(),
            slug: None,
            description: None,
            starts_at,
            ends_at: starts_at + TimeDelta::hours(when.lasts_hours),
            doors_at: None,
            timezone: ZONE.into(),
            currency: "EUR".into(),
            capacity: None,
            max_per_user: None,
            max_per_order: None,
            location: LocationInput::default(),
            base_price: None,
            hold_seconds: None,
            visibility: None,
            tags: Vec::new(),
            venue_template: None,
        })
    }

    async fn publish(
        &self,
        event: EventInput,
        kinds: &[TicketTypeInput],
    ) -> Result<(EventId, Vec<TicketTypeId>), Failure> {
        let (events, organiser) = (&self.app.events, self.organiser);
        let event = events.create(organiser, &event).await?.id;
        let mut ids = Vec::new();
        for kind in kinds {
            ids.push(events.add_ticket_type(organiser, event, kind).await?.id);
        }
        if kinds.is_empty() || kinds.iter().any(|kind| kind.price.amount > 0) {
            let tier = |until_hours_before, percent: &str| TierInput {
                until_hours_before,
                fee_percent: Some(percent.to_owned()),
                fee_fixed: None,
            };
            let rule = PolicyInput { refundable: true, tiers: vec![tier(168, "0"), tier(24, "50")] };
            self.app.bookings.make_promise(event, &rule, &organiser.cause()).await?;
        }
        events.publish(organiser, event).await?;
        Ok((event, ids))
    }

    /// A fifth off for friends, a hundred times, and twice for each of them.
    async fn voucher(&self, event: EventId) -> Result<(), Failure> {
        let batch = Batch { code: Some(VOUCHER.into()), count: 1 };
        let input = VoucherInput {
            name: Some("Friends of the house".into()),
            prices: vec![PriceChange::Percent("20".into())],
            max_uses: Some(100),
            max_per_user: Some(2),
            ..VoucherInput::default()
        };
        self.app.vouchers.create(&self.organiser, event, &batch, &input).await?;
        Ok(())
    }

    /// Books free tickets.
    async fn book(
        &self,
        member: Actor,
        event: EventId,
        ticket_type: TicketTypeId,
        quantity: u32,
    ) -> Result<(), Failure> {
        let (bookings, buyer) = (&self.app.bookings, member.account);
        let hold = bookings.hold(buyer, event, vec![Wanted { ticket_type, quantity }]).await?.id;
        let request = ConfirmRequest { buyer, hold, payment: None, attendees: Vec::new() };
        bookings.confirm(request).await?;
        Ok(())
    }
}

/// A kind of ticket; the price in cents.
fn kind(name: &str, cents: i64, quantity: i64, max_per_user: i64) -> TicketTypeInput {
    TicketTypeInput {
        name: name.into(),
        description: None,
        price: PriceInput { amount: cents, currency: "EUR".into() },
        vat_percent: Some("19".into()),
        quantity,
        max_per_user: Some(max_per_user),
        max_per_order: None,
        sales_start: None,
        sales_end: None,
        hidden: false,
        transferable: true,
        quota: None,
        position: None,
        section: None,
    }
}

/// The full hour, by the clocks at the place, so many days after `now`.
fn at(now: Timestamp, when: &When) -> Result<Timestamp, Failure> {
    let zone = ZONE.parse::<Zone>()?.tz();
    let day = now.with_timezone(&zone).date_naive().checked_add_days(Days::new(when.days_ahead));
    let hour = NaiveTime::from_hms_opt(when.hour, 0, 0);
    let (day, hour) = day.zip(hour).ok_or("there is no such day")?;
    let local = zone.from_local_datetime(&day.and_time(hour)).earliest();
    Ok(local.ok_or("the clocks skip this hour")?.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_begin_on_the_hour_at_the_place_in_summer_and_in_winter() {
        let when = When { days_ahead: 6, hour: 16, lasts_hours: 1 };
        for (now, expected) in [
            ("2026-06-01T12:00:00Z", "2026-06-07T14:00:00Z"),
            ("2026-12-01T12:00:00Z", "2026-12-07T15:00:00Z"),
            ("2026-03-25T23:30:00Z", "2026-04-01T14:00:00Z"),
        ] {
            assert_eq!(at(now.parse().unwrap(), &when).unwrap(), expected.parse::<Timestamp>().unwrap());
        }
    }
}

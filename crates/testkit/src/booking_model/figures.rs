//! The figures in a history: whatever happened, they are what the rows say, in both worlds alike.

use super::World;
use booking::Figures;
use booking::figures::{By, FlowFilter, Part, StandingFilter};
use chrono::TimeDelta;
use kernel::EventId;

impl World {
    /// Counts what has changed, looks whether every figure is what the rows come to, and tells all of them without ids.
    pub(super) async fn figures(&self) -> String {
        let stores = &self.house.stores;
        let figures = Figures::new(
            stores.figures.clone(),
            stores.booking.clone(),
            stores.ledger.clone(),
            self.house.clock.clone(),
        );
        let counted = figures.count_now().await.unwrap();
        assert!(counted.kept && counted.whole, "{counted:?}");
        let event = self.house.event.id;
        assert_eq!(figures.differences(event).await.unwrap(), [], "the figures say what the rows say");
        self.told_of_figures(&figures, event).await
    }

    /// The same from the very beginning, long after everything.
    pub(super) async fn figures_anew(&self) -> String {
        self.house.clock.advance(TimeDelta::hours(1));
        let before = self.figures().await;
        let stores = &self.house.stores;
        let (store, clock) = (stores.booking.clone(), self.house.clock.clone());
        let figures = Figures::new(stores.figures.clone(), store, stores.ledger.clone(), clock);
        figures.count_all().await.unwrap();
        let checked = figures.check(|difference| panic!("{difference:?}")).await.unwrap();
        assert!(checked.agrees() && checked.moving == 0, "{checked:?}");
        let anew = self.told_of_figures(&figures, self.house.event.id).await;
        assert_eq!(anew, before, "counted at once it comes to the same as step by step");
        anew
    }

    async fn told_of_figures(&self, figures: &Figures, event: EventId) -> String {
        let mut told = String::new();
        let days = self.house.stores.figures.days(event, None).await.unwrap();
        for day in &days {
            let mut rows: Vec<_> = day
                .rows
                .iter()
                .map(|row| {
                    let part = match row.part {
                        Part::Order => "orders".to_owned(),
                        Part::Type(id) => format!("type {}", id == self.house.ticket_type.id),
                        Part::Reason(reason) => reason.as_str().to_owned(),
                    };
                    format!("{} {part} {} {:?}\n", day.day, row.currency, row.flow)
                })
                .collect();
            // Types sort by ids, which differ between the worlds.
            rows.sort_unstable();
            told += &rows.concat();
        }
        let sums = figures.sums(&FlowFilter::default(), By::Whole).await.unwrap();
        told += &format!("{sums:?}\n");
        let filter = StandingFilter { events: Some(vec![event]), ..StandingFilter::default() };
        for standing in figures.standings(&filter).await.unwrap() {
            let counts = &standing.counts;
            let guests = standing.guests.map(|it| (it.guests, it.returning));
            told += &format!(
                "{} {:?} {:?} {:?} {:?} {} {guests:?}\n",
                standing.places,
                counts.tickets(),
                counts.orders,
                counts.list,
                counts.vouchers,
                counts.door
            );
        }
        told
    }
}

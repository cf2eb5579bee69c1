//! The figures against the rows that they follow from.

use super::Failure;
use super::commands::say;
use crate::config::Config;
use crate::wiring::store::Stores;
use booking::Figures;
use booking::figures::FigureDifference;
use kernel::SystemClock;
use std::sync::Arc;

async fn open(config: &Config) -> Result<Figures, Failure> {
    let stores = Stores::open_existing(&config.store.url).await?;
    Ok(Figures::new(stores.figures, stores.booking, stores.ledger, Arc::new(SystemClock)))
}

/// Counts every event from its bookings, tickets and entries, and names what the figures say otherwise.
pub(super) async fn check(config: Config) -> Result<(), Failure> {
    compare(&open(&config).await?).await
}

/// Counts everything anew, and then looks whether it is right.
pub(super) async fn remake(config: Config) -> Result<(), Failure> {
    let figures = open(&config).await?;
    figures.count_all().await?;
    say("Every event was counted from its beginning.")?;
    compare(&figures).await
}

async fn compare(figures: &Figures) -> Result<(), Failure> {
    let mut failure = None;
    let checked = figures
        .check(|difference| {
            if let Err(error) = say(&told(difference)) {
                failure.get_or_insert(error);
            }
        })
        .await?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    if !checked.whole {
        return Err("not every event was counted yet: the worker does so, or `figures remake`".into());
    }
    if checked.moving > 0 {
        say(&format!(
            "{} events changed so lately that they may not be counted yet, and differ; look again in a minute",
            checked.moving
        ))?;
    }
    if checked.agrees() {
        return say(&format!("The figures are what the rows of {} events say.", checked.events));
    }
    Err(format!("{} figures are not what their rows say", checked.differences).into())
}

fn told(difference: &FigureDifference) -> String {
    let FigureDifference { event, what, kept, found } = difference;
    format!("event {event}: {what}: kept {kept}, found {found}")
}

//! The ledger against the bookings.

use super::Failure;
use super::commands::say;
use crate::config::Config;
use crate::wiring::store::Stores;
use booking::Ledger;
use booking::ledger::Difference;
use kernel::{Money, SystemClock};
use std::sync::Arc;

async fn open(config: &Config) -> Result<Ledger, Failure> {
    let stores = Stores::open_existing(&config.store.url).await?;
    Ok(Ledger::new(stores.ledger, stores.booking, Arc::new(SystemClock)))
}

/// Compares all bookings with their entries, and names what differs.
pub(super) async fn check(config: Config) -> Result<(), Failure> {
    compare(&open(&config).await?).await
}

/// Posts what was owed before there was a ledger.
pub(super) async fn catch_up(config: Config) -> Result<(), Failure> {
    let ledger = open(&config).await?;
    let posted = ledger.catch_up().await?;
    say(&format!("Posted what {posted} bookings owed."))?;
    compare(&ledger).await
}

async fn compare(ledger: &Ledger) -> Result<(), Failure> {
    let mut failure = None;
    let compared = ledger
        .compare(|difference| {
            if let Err(error) = say(&told(difference)) {
                failure.get_or_insert(error);
            }
        })
        .await?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    for (currency, sum) in &compared.sums {
        say(&format!("all accounts in {currency}: add up to {sum} minor units instead of nothing"))?;
    }
    if compared.strays > 0 {
        say(&format!("{} entries are of no booking although they are about one", compared.strays))?;
    }
    if compared.agrees() {
        let bookings = compared.bookings;
        return say(&format!("The ledger adds up to nothing and says what all {bookings} bookings say."));
    }
    let (differences, sums) = (compared.differences, compared.sums.len());
    Err(format!(
        "the ledger differs from the bookings in {differences} places, and {sums} sums are not nothing"
    )
    .into())
}

fn told(difference: &Difference) -> String {
    let Difference { booking, account, currency, expected, found } = difference;
    let amount = |minor: i64| {
        let sign = if minor < 0 { "-" } else { "" };
        let size =
            Money::new(minor.saturating_abs(), *currency).map_or_else(|_| minor.to_string(), Money::decimal);
        format!("{sign}{size} {currency}")
    };
    let (expected, found) = (amount(*expected), amount(*found));
    format!("booking {booking}: {account}: the booking says {expected}, the ledger says {found}")
}

//! The daily close, for whoever runs the program.

use super::Failure;
use super::commands::say;
use crate::config::Config;
use crate::simulated::simulated;
use crate::wiring;
use crate::wiring::payments::providers;
use crate::wiring::store::Stores;
use booking::Closing;
use booking::close::{AccountFigures, Day, DayClose, DayStatus, DaySummary, Figures, Sum};
use kernel::{Cause, Clock, Currency, Money, SystemClock};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// Which day is closed.
#[derive(clap::Args)]
pub(super) struct CloseDay {
    /// The day in UTC, as 2026-06-01, or `yesterday`.
    #[arg(value_name = "DATE")]
    pub(super) date: String,
}

/// Looks at a day, and says what it came to.
///
/// # Errors
/// The day is not closed: tasks are open, it is not over, or it could not be looked at.
pub(super) async fn run(config: Config, wish: CloseDay) -> Result<(), Failure> {
    if !wiring::is_lasting(&config.store.url) {
        return Err("store.url forgets everything when this command ends: choose a lasting one".into());
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let day = match wish.date.as_str() {
        "yesterday" => Day::of(clock.now()).before(),
        text => text.parse()?,
    };
    let stores = Stores::open_existing(&config.store.url).await?;
    // Simulators remember what they did; nobody listens to what they tell here. Beside a running `serve` their
    // addresses are taken: ask it for the close then.
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
    let simulated = simulated(&config, nobody, Arc::clone(&clock)).await?;
    let config = simulated.as_ref().map_or(&config, |simulated| &simulated.config);
    let providers = providers(config, &clock, None)?;
    let closing = Closing::new((stores.close, stores.ledger), stores.booking, clock, providers);
    let close = closing.close(day, &Cause::command_line()).await?;
    tell(&close)
}

fn tell(close: &DayClose) -> Result<(), Failure> {
    let DaySummary { day, status, complete, accounts, unnamed, reopened, .. } = &close.summary;
    for account in accounts {
        told(account)?;
    }
    if let Some(reopened) = reopened {
        say(&format!("It had been closed: {}.", reopened.because))?;
    }
    for task in close.open() {
        let what = &task.what;
        let (provider, kind) = (what.till.provider.as_str(), what.kind.as_str());
        say(&format!("{kind}: {provider}/{}: {}. Task {}.", what.till.account, what.words, task.id))?;
    }
    let open = close.open().count();
    match status {
        DayStatus::Closed => say(&format!("{day} is closed.")),
        DayStatus::Open if open == 0 && *unnamed == 0 && !complete => Err(format!(
            "{day} is not over, or a provider did not tell all of it yet; nothing differs so far"
        )
        .into()),
        DayStatus::Open if *unnamed > 0 => {
            Err(format!("{day} is open: {open} tasks, and {unnamed} differences beyond them").into())
        }
        DayStatus::Open => Err(format!("{day} is open: {open} tasks wait for a decision").into()),
    }
}

fn told(account: &AccountFigures) -> Result<(), Failure> {
    let AccountFigures {
        till,
        movements,
        entries,
        elsewhere,
        on_their_way,
        converted,
        unasked,
        unread,
        sums,
    } = account;
    let mode = if till.live { "" } else { " (test)" };
    say(&format!(
        "{}/{}{mode}: {movements} movements there, {entries} here; {elsewhere} of another day there, {on_their_way} \
         on their way, {converted} converted",
        till.provider.as_str(),
        till.account
    ))?;
    if let Some(why) = unread {
        say(&format!("  nothing is known of it: {}", why.as_str()))?;
    }
    if *unasked > 0 {
        say(&format!("  not asked about: {unasked}, as there were too many questions"))?;
    }
    for figures in sums {
        let Figures { currency, charges, refunds, disputes, fees, other } = figures;
        let rows = [
            ("charges", *charges),
            ("refunds", *refunds),
            ("disputes", *disputes),
            ("fees", *fees),
            ("net", figures.net()),
        ];
        for (name, Sum { ours, theirs }) in rows {
            let (here, there) = (amount(ours, *currency), amount(theirs, *currency));
            let differs = if ours == theirs { "" } else { "  <- differs" };
            say(&format!("  {name}: {here} here, {there} there{differs}"))?;
        }
        if *other != 0 {
            say(&format!("  other movements there: {}", amount(*other, *currency)))?;
        }
    }
    Ok(())
}

fn amount(minor: i64, currency: Currency) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let size =
        Money::new(minor.saturating_abs(), currency).map_or_else(|_| minor.to_string(), Money::decimal);
    format!("{sign}{size} {currency}")
}

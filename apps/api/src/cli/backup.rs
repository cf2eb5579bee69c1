//! `backup create`, `list`, `verify` and `restore`.

use super::Failure;
use super::commands::say;
use crate::config::{Config, StoreUrl};
use crate::http::problem::Causes;
use crate::keys::Keys;
use crate::wiring::store::Stores;
use crate::wiring::{self, existing_keys, is_lasting};
use adapter_age::Identities;
use backups::use_cases::{Kept, MediaCompared, Restored, Step};
use backups::{BackupName, Backups, Depth, Manifest, Original};
use kernel::{Clock, ObjectStore, SystemClock};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Stands for the newest backup.
const LATEST: &str = "latest";
/// Missing pictures and sets that are named.
const NAMED: usize = 10;

#[derive(clap::Subcommand)]
pub(super) enum BackupCommand {
    /// Back up the store, with an index of pictures and music, to backup.url; then remove what the rule lets go.
    ///
    /// PostgreSQL may be in use. The local store belongs to one process: stop `serve` first.
    Create,
    /// Say which backups there are, and what was found of each.
    List,
    /// Look whether a backup is as it was made, name everything that is wrong, and end with 1 when something is.
    Verify(Verify),
    /// Put a store back into an empty place: an empty database, or a folder without a store.
    Restore(Restore),
}

/// Which backup is looked at.
#[derive(clap::Args)]
pub(super) struct Verify {
    /// Its name, as `backup list` says it.
    #[arg(value_name = "NAME", default_value = LATEST)]
    name: String,
    /// The file of a private key that opens it. Without one only the sums of its parts are looked at.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
}

/// Which backup is put back, and where.
#[derive(clap::Args)]
pub(super) struct Restore {
    /// Its name, as `backup list` says it.
    #[arg(value_name = "NAME", default_value = LATEST)]
    name: String,
    /// The file of a private key that opens it.
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// postgres://... or local:PATH. Without it: the configured store.url, so that no password need be typed here.
    #[arg(long, value_name = "URL")]
    into: Option<String>,
}

/// Does what was asked for.
pub(super) async fn run(config: Config, command: BackupCommand) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let backups = wiring::backups::build(&config, &clock)?;
    match command {
        BackupCommand::Create => create(&config, &clock, &backups).await,
        BackupCommand::List => list(&backups).await,
        BackupCommand::Verify(wish) => verify(&backups, wish).await,
        BackupCommand::Restore(wish) => restore(&config, &clock, &backups, wish).await,
    }
}

async fn create(config: &Config, clock: &Arc<dyn Clock>, backups: &Backups) -> Result<(), Failure> {
    if !is_lasting(&config.store.url) {
        return Err("store.url forgets everything when this command ends: choose a lasting one".into());
    }
    let recipients = config.backup.recipients.as_ref().ok_or("backup.recipient is empty")?;
    // A database is copied whatever shape it has: before an upgrade it is the one of the version before.
    let local = match &config.store.url {
        url @ StoreUrl::Folder(_) => Stores::open_existing(url).await?.local,
        StoreUrl::Postgres(_) | StoreUrl::Memory => None,
    };
    let keys = existing_keys(config).ok();
    let original = Original {
        source: wiring::backups::source(config, local)?,
        media: media(config, clock, keys.as_ref())?,
        signing_key: keys.as_ref().map(Keys::fingerprint),
    };
    if original.signing_key.is_none() {
        say(
            "The signing key is not here: a store that is restored needs it, so keep it apart from the backups.",
        )?;
    }
    let made = backups.create(&original, recipients).await?;
    let (rows, parts) = (made.row_count(), made.files.iter().map(|file| file.parts.len()).sum::<usize>());
    say(&format!("Made {}: {rows} rows, {} in {parts} parts.", made.name, size(made.bytes())))?;
    say(
        "Every part was read again and is as it was written. Try to open it where the private key is: backup verify.",
    )?;
    for name in backups.prune(&config.backup.rule).await? {
        say(&format!("Removed {name}, as the rule says."))?;
    }
    Ok(())
}

/// Pictures and music. Their names are all that is asked for, so that the key of links matters to nobody.
fn media(
    config: &Config,
    clock: &Arc<dyn Clock>,
    keys: Option<&Keys>,
) -> Result<Arc<dyn ObjectStore>, Failure> {
    let keys = keys.cloned().map_or_else(Keys::random, Ok)?;
    Ok(wiring::media::objects(config, &keys, clock)?.0)
}

async fn list(backups: &Backups) -> Result<(), Failure> {
    let all = backups.list().await?;
    if all.is_empty() {
        return say("There is no backup.");
    }
    for Kept { name, bytes, manifest, standing, .. } in &all {
        let about = match manifest {
            Some(Manifest { kind, rows, .. }) => format!("{kind}, {} rows", rows.values().sum::<u64>()),
            None => "not to be read".to_owned(),
        };
        let (standing, size) = (standing.to_string(), size(*bytes));
        say(&format!("{name}  {standing:<16}  {size:>12}  {about}"))?;
    }
    Ok(())
}

async fn verify(backups: &Backups, wish: Verify) -> Result<(), Failure> {
    let name = named(backups, &wish.name).await?;
    let identities = wish.identity.as_deref().map(identities).transpose()?;
    let opener = identities.as_ref().map(|identities| identities as &dyn backups::Opener);
    let verdict = backups.verify(&name, opener).await?;
    for finding in &verdict.findings {
        say(&finding.to_string())?;
    }
    match (verdict.findings.len(), verdict.depth) {
        (0, Depth::Sums) => {
            say(&format!("Every part of {name} is as it was written."))?;
            say("Whether it can be opened is known with the private key alone: --identity FILE.")
        }
        (0, _) => say(&format!("{name} is good: it was opened, and everything in it is as it was.")),
        (wrong, _) => Err(format!("{wrong} things are wrong with {name}").into()),
    }
}

async fn restore(
    config: &Config,
    clock: &Arc<dyn Clock>,
    backups: &Backups,
    wish: Restore,
) -> Result<(), Failure> {
    let into = match &wish.into {
        None => config.store.url.clone(),
        Some(text) => StoreUrl::read(text).ok_or("--into must be postgres://... or local:PATH")?,
    };
    let opener = identities(&wish.identity)?;
    let name = named(backups, &wish.name).await?;
    let target = wiring::backups::target(config, &into)?;
    let told = |step| {
        // Nobody may be reading any more; that is no reason to stop.
        let _ = say(&told(&step));
    };
    let Restored { manifest, differences } = backups.restore(&name, &opener, &*target, &told).await?;
    for (table, before, after) in &differences {
        say(&format!("{table}: {before} rows were backed up, {after} are there"))?;
    }
    if !differences.is_empty() {
        return Err(format!("{} tables are not as they were backed up", differences.len()).into());
    }
    say(&format!("All {} rows are there, as of {}.", manifest.row_count(), name.made_at()))?;
    let keys = existing_keys(config).ok();
    tell_key(&manifest, keys.as_ref())?;
    match compared(config, clock, backups, (&name, &opener), keys.as_ref()).await {
        Ok(compared) => tell_media(&compared)?,
        Err(failure) => say(&format!("Pictures and music were not compared: {}", Causes(failure.as_ref())))?,
    }
    say("Now, with store.url as above: migrate, check-stock, ledger check, audit verify, doctor; then serve.")
}

async fn compared(
    config: &Config,
    clock: &Arc<dyn Clock>,
    backups: &Backups,
    (name, opener): (&BackupName, &Identities),
    keys: Option<&Keys>,
) -> Result<MediaCompared, Failure> {
    Ok(backups.compare_media(name, opener, media(config, clock, keys)?).await?)
}

fn told(step: &Step) -> String {
    match step {
        Step::Inspecting(manifest) => format!(
            "Looking at all parts of {}: {} of a {} store with {} rows.",
            manifest.name,
            size(manifest.bytes()),
            manifest.kind,
            manifest.row_count()
        ),
        Step::Filling => "Every part is as it was written. Making the store of it.".to_owned(),
        Step::Counting => "The store is made. Counting its rows.".to_owned(),
    }
}

fn tell_key(manifest: &Manifest, keys: Option<&Keys>) -> Result<(), Failure> {
    let here = keys.map(Keys::fingerprint);
    match (&manifest.signing_key, here) {
        (Some(then), Some(here)) if *then == here => {
            say("The signing key is the one that it was made under.")
        }
        (Some(then), here) => {
            let here = here.unwrap_or_else(|| "none".to_owned());
            say(&format!(
                "WARNING: it was made under the signing key {then}, and here is {here}. Under another key no ticket is \
                 let in and no session goes on: put the right one into auth.signing_key before anything is served."
            ))
        }
        (None, _) => {
            say("Under which signing key it was made is not known: only that one lets its tickets in.")
        }
    }
}

fn tell_media(compared: &MediaCompared) -> Result<(), Failure> {
    let MediaCompared { there, missing, named } = compared;
    if *missing == 0 {
        return say(&format!("All {there} files of pictures and music of that time are there."));
    }
    say(&format!(
        "WARNING: of the pictures and music of that time {there} files are there and {missing} are not:"
    ))?;
    for key in named.iter().take(NAMED) {
        say(&format!("  {key}"))?;
    }
    Ok(())
}

/// The backup that is meant.
async fn named(backups: &Backups, text: &str) -> Result<BackupName, Failure> {
    if text == LATEST {
        return Ok(backups.latest().await?.ok_or("there is no backup yet")?);
    }
    let name = BackupName::parse(text);
    Ok(name.ok_or_else(|| format!("{text} is no name of a backup: `backup list` says them"))?)
}

fn identities(file: &Path) -> Result<Identities, Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    Ok(Identities::read(&text).map_err(|error| format!("{shown}: {error}"))?)
}

/// In MB (1,000,000 bytes), to a tenth.
fn size(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

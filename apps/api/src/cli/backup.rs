//! `backup create`, `list`, `verify` and `restore`.

use super::Failure;
use super::commands::say;
use crate::config::{Config, StoreUrl};
use crate::http::problem::Causes;
use crate::keys::Keys;
use crate::trial::{Inspector, Living};
use crate::wiring::backups::{House, MadeOne};
use crate::wiring::store::Stores;
use crate::wiring::{self, audit_mac, existing_keys, is_lasting};
use adapter_age::Identities;
use backups::use_cases::{Kept, MediaCompared, Restored, Step};
use backups::{BackupName, Backups, Depth, Manifest, Original, Trial, Verdict};
use kernel::{Clock, ObjectStore, SystemClock};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Stands for the newest backup.
const LATEST: &str = "latest";
/// Missing pictures and sets that are named.
const NAMED: usize = 10;

#[derive(clap::Subcommand)]
pub(super) enum BackupCommand {
    /// Back up the store, with an index of pictures and music, to backup.url; make a store of what lies there then, look at
    /// it, and remove it again; and remove what the rule lets go.
    ///
    /// PostgreSQL may be in use. The local store belongs to one process: ask `serve` by POST /api/v1/admin/backups, or stop
    /// it first.
    Create(Create),
    /// Say which backups there are, and what was found of each.
    List,
    /// Look whether a backup is as it was made, name everything that is wrong, and end with 1 when something is.
    Verify(Verify),
    /// Put a store back into an empty place: an empty database, or a folder without a store.
    Restore(Restore),
}

/// How a backup is made.
#[derive(clap::Args)]
pub(super) struct Create {
    /// Make no store of it: for a moment in which there is no room for one. Such a backup does not count as good.
    #[arg(long)]
    untried: bool,
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
    /// Make a store of it in backup.scratch_url, look at it, and remove it again.
    #[arg(long, requires = "identity")]
    restore: bool,
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
        BackupCommand::Create(wish) => create(&config, &clock, backups, wish).await,
        BackupCommand::List => list(&backups).await,
        BackupCommand::Verify(wish) => verify(&config, &clock, &backups, wish).await,
        BackupCommand::Restore(wish) => restore(&config, &clock, &backups, wish).await,
    }
}

async fn create(
    config: &Config,
    clock: &Arc<dyn Clock>,
    vault: Backups,
    wish: Create,
) -> Result<(), Failure> {
    if !is_lasting(&config.store.url) {
        return Err("store.url forgets everything when this command ends: choose a lasting one".into());
    }
    let recipients = config.backup.recipients.clone().ok_or("backup.recipient is empty")?;
    // A database is copied whatever shape it has: before an upgrade it is the one of the version before.
    let stores = match &config.store.url {
        url @ StoreUrl::Folder(_) => Some(Stores::open_existing(url).await?),
        url => Stores::open_existing(url).await.ok(),
    };
    let keys = existing_keys(config).ok();
    let media = media(config, clock, keys.as_ref())?;
    let original = Original {
        source: wiring::backups::source(config, stores.as_ref().and_then(|stores| stores.local.clone()))?,
        media: Arc::clone(&media),
        signing_key: keys.as_ref().map(Keys::fingerprint),
    };
    if original.signing_key.is_none() {
        say(
            "The signing key is not here: a store that is restored needs it, so keep it apart from the backups.",
        )?;
    }
    let living = stores.map(|stores| Living { gallery: stores.gallery, music: stores.music });
    let inspector = Inspector::new(Arc::clone(clock), keys.as_ref().map(audit_mac), living);
    let trial = wiring::backups::trial(config, Arc::new(inspector), media);
    let house = House { vault, original, recipients, rule: config.backup.rule, trial };
    if wish.untried {
        tell_made(&house.make_untried().await?)?;
        say("Every part was read again and is as it was written. No store was made of it.")?;
    } else {
        let MadeOne { manifest, tried } = house.make().await?;
        tell_made(&manifest)?;
        say("Every part was read again and is as it was written.")?;
        tell_tried(&tried?)?;
    }
    for name in house.prune().await? {
        say(&format!("Removed {name}, as the rule says."))?;
    }
    Ok(())
}

fn tell_made(made: &Manifest) -> Result<(), Failure> {
    let (rows, parts) = (made.row_count(), made.files.iter().map(|file| file.parts.len()).sum::<usize>());
    say(&format!("Made {}: {rows} rows, {} in {parts} parts.", made.name, size(made.bytes())))
}

fn tell_tried(verdict: &Verdict) -> Result<(), Failure> {
    for finding in &verdict.findings {
        say(&finding.to_string())?;
    }
    let name = &verdict.backup;
    match verdict.findings.len() {
        0 => say(&format!("{name} is good: a store was made of it, and everything in it agrees.")),
        wrong => Err(format!("{wrong} things are wrong with {name}").into()),
    }
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

async fn verify(
    config: &Config,
    clock: &Arc<dyn Clock>,
    backups: &Backups,
    wish: Verify,
) -> Result<(), Failure> {
    let name = named(backups, &wish.name).await?;
    let identities = wish.identity.as_deref().map(identities).transpose()?;
    let opener = identities.as_ref().map(|identities| identities as &dyn backups::Opener);
    if let Some(opener) = opener.filter(|_| wish.restore) {
        let trial = trial_elsewhere(config, clock, backups, &name).await?;
        return tell_tried(&backups.try_out(&name, opener, &trial).await?);
    }
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

/// What a backup is tried with where the house is not: nothing is known of what was deleted in order since, and without the
/// signing key that it was made under nothing of the audit log.
async fn trial_elsewhere(
    config: &Config,
    clock: &Arc<dyn Clock>,
    backups: &Backups,
    name: &BackupName,
) -> Result<Trial, Failure> {
    let keys = existing_keys(config).ok();
    let then = backups.manifest(name).await?.signing_key;
    let same = keys.as_ref().filter(|keys| then.as_ref() == Some(&keys.fingerprint()));
    if same.is_none() {
        say("The signing key is not the one that it was made under: nothing is said of the audit log.")?;
    }
    let inspector = Inspector::new(Arc::clone(clock), same.map(audit_mac), None);
    let media = media(config, clock, keys.as_ref())?;
    Ok(wiring::backups::trial(config, Arc::new(inspector), media))
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
    say(
        "Now, with store.url as above: migrate, check-stock, ledger check, audit verify, doctor; then serve.",
    )?;
    say(
        "The providers are asked about what was being paid then. What was bought later is unknown here: `close` for each day \
         since then names its money.",
    )
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

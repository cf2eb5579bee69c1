//! Backups: made and tried, looked at, told of, and seen to.

use super::perform::{Done, Failure};
use super::post::{Errand, send_each};
use crate::http::problem::Causes;
use crate::mails;
use crate::wiring::App;
use crate::wiring::backups::{House, MadeOne};
use backups::use_cases::{CreateError, VerifyError};
use backups::{Backup, BackupName, Made, News, Standing, Work};
use kernel::{ObjectError, StoreError};

/// Why a backup was not made or looked at.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It could not be made.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// It could not be looked at.
    #[error("it could not be looked at")]
    Verify(#[from] VerifyError),
    /// Where backups lie cannot be read.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// It was made, and is gone.
    #[error("the backup {0} is not there any more")]
    Gone(BackupName),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Does what is to be done with a backup, and writes down what became of it.
///
/// # Errors
/// A [`Failure`]: try again later. Why is written down meanwhile.
pub async fn work(app: &App, work: Work) -> Result<Done, Failure> {
    let Some(house) = &app.backups else {
        app.keeper.give_up(work, Some("backup.url is empty")).await?;
        return Ok(Done::Finished);
    };
    let Some(backup) = app.keeper.begin(work).await? else { return Ok(Done::Finished) };
    let done = match work {
        Work::Make { .. } => make(app, house, work).await,
        Work::Verify { .. } => verify(app, house, work, &backup).await,
    };
    if let Err(error) = done {
        let why = Causes(&error).to_string();
        app.keeper.failed(work, &why).await?;
        return Err(error.into());
    }
    if let Err(error) = app.keeper.follow(&house.vault).await {
        // It is compared again within the hour.
        tracing::warn!(causes = %Causes(&error), "what lies there was not compared with what is known");
    }
    Ok(Done::Finished)
}

async fn make(app: &App, house: &House, work: Work) -> Result<(), BackupError> {
    let MadeOne { manifest, tried } = house.make().await?;
    let name = &manifest.name;
    let but = match tried {
        Ok(verdict) => {
            for finding in &verdict.findings {
                tracing::error!(%name, %finding, "something is wrong with a new backup");
            }
            None
        }
        // Another one may do: the key by which this one could be opened here is gone.
        Err(error) if passes(&error) => return Err(error.into()),
        Err(error) => {
            tracing::error!(%name, causes = %Causes(&error), "a new backup could not be tried");
            Some(format!("it was made, and could not be tried: {}", Causes(&error)))
        }
    };
    let made = lying(house, name).await?;
    let (bytes, rows, standing) = (made.bytes, made.rows, made.record.standing());
    app.keeper.done(work, made, but.as_deref()).await?;
    tracing::info!(%name, bytes, rows, %standing, "a backup was made");
    match house.prune().await {
        Ok(gone) => {
            gone.iter().for_each(|name| tracing::info!(%name, "a backup was removed, as the rule says"))
        }
        Err(error) => tracing::warn!(causes = %Causes(&error), "backups could not be removed"),
    }
    Ok(())
}

async fn verify(app: &App, house: &House, work: Work, backup: &Backup) -> Result<(), BackupError> {
    let Some(made) = &backup.made else {
        return Ok(app.keeper.give_up(work, None).await?);
    };
    let verdict = match house.vault.verify(&made.name, None).await {
        Err(VerifyError::Unknown) => {
            // It was removed meanwhile: the next comparison forgets it.
            let why = BackupError::Gone(made.name.clone()).to_string();
            return Ok(app.keeper.give_up(work, Some(&why)).await?);
        }
        verdict => verdict?,
    };
    for finding in &verdict.findings {
        tracing::error!(name = %made.name, %finding, "something is wrong with a backup");
    }
    Ok(app.keeper.done(work, lying(house, &made.name).await?, None).await?)
}

/// What is known of it from where it lies.
async fn lying(house: &House, name: &BackupName) -> Result<Made, BackupError> {
    house.vault.made(name).await?.ok_or_else(|| BackupError::Gone(name.clone()))
}

/// Whether it may go better at another time.
const fn passes(error: &VerifyError) -> bool {
    matches!(
        error,
        VerifyError::Objects(ObjectError::Unavailable { .. })
            | VerifyError::Store(StoreError::Unavailable { .. })
    )
}

/// Sends what is to be told of backups, if it still has a sense.
///
/// # Errors
/// A [`Failure`]: try again later.
pub async fn tell(app: &App, errand: Errand<'_>, news: News) -> Result<Done, Failure> {
    let News::TellNoneGood { last_good } = news;
    if app.keeper.last_good().await? > last_good {
        return Ok(Done::Finished);
    }
    send_each(app, errand, mails::none_good(app, errand.due.id, last_good).await?).await
}

/// Sees to it that a backup is made when one is due, that what is known is what lies there, and that admins are told when no
/// backup has been good for too long. Each is done by one of all instances.
pub async fn see_to(app: &App, house: &House) {
    match app.keeper.follow_when_due(&house.vault).await {
        Ok(_) => {}
        Err(error) => tracing::warn!(causes = %Causes(&error), "it is not known which backups there are"),
    }
    match app.keeper.ask_when_due(app.config.backup.schedule.as_ref()).await {
        Ok(None) => {}
        Ok(Some(id)) => tracing::info!(%id, "a backup is due"),
        Err(error) => tracing::warn!(causes = %Causes(&error), "it is not known whether a backup is due"),
    }
    match app.keeper.worry(app.config.backup.alarm).await {
        Ok(false) => {}
        Ok(true) => tracing::error!("no backup has been good for too long"),
        Err(error) => tracing::warn!(causes = %Causes(&error), "it is not known whether a backup is good"),
    }
}

/// Why the newest backup is none that counts, in the words of whoever made or looked at it.
///
/// # Errors
/// The store could not answer.
pub async fn complaint(app: &App) -> Result<Option<String>, StoreError> {
    let page = kernel::PageRequest { limit: 1, after: None };
    let Some(newest) = app.keeper.backups(page).await?.items.pop() else { return Ok(None) };
    let found = newest.made.filter(|made| made.record.standing() == Standing::Bad);
    let found =
        found.and_then(|made| made.record.against).and_then(|against| against.findings.into_iter().next());
    Ok(newest.failure.map(|failed| failed.why).or_else(|| found.map(|finding| finding.to_string())))
}

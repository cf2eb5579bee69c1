//! Follow what lies there: it may have been made or removed by hand, and a store that was restored knows no more than what was
//! there when it was copied.

use super::{Backups, Keeper, Kept};
use crate::desk::{Backup, Made};
use crate::manifest::Manifest;
use crate::name::BackupName;
use crate::verdict::{Depth, Finding, Record, Standing, Verdict};
use chrono::TimeDelta;
use kernel::{ObjectError, PageRequest, StoreError, transact};
use std::collections::{BTreeMap, BTreeSet};

/// Between two looks at what lies there.
const COMPARED: TimeDelta = TimeDelta::hours(1);
/// How long one that could not be made is remembered.
const FAILED_STAYS: TimeDelta = TimeDelta::days(30);
/// Backups that are read together; by any rule there are fewer.
const AT_ONCE: u32 = 500;

/// Why it is not known what lies there.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// Where backups lie cannot be read.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keeper {
    /// Compares what is known with what lies there, once an hour: what was made or removed by hand, and what a store knows
    /// that was restored.
    ///
    /// # Errors
    /// [`FollowError`].
    pub async fn follow_when_due(&self, vault: &Backups) -> Result<bool, FollowError> {
        let compared_at = self.store.desk().await?.compared_at;
        if compared_at.is_some_and(|at| self.clock.now() - at < COMPARED) {
            return Ok(false);
        }
        self.follow(vault).await
    }

    /// The same at once. `false` when something was done meanwhile: then it was for nothing.
    ///
    /// # Errors
    /// [`FollowError`].
    pub async fn follow(&self, vault: &Backups) -> Result<bool, FollowError> {
        let (now, before) = (self.clock.now(), self.store.desk().await?);
        if before.job.is_some() {
            return Ok(false);
        }
        let list = vault.list().await?;
        let unread = list.iter().filter(|kept| kept.standing == Standing::Unread);
        let unread: BTreeSet<BackupName> = unread.map(|kept| kept.name.clone()).collect();
        let mut lying: BTreeMap<_, _> =
            list.iter().filter_map(made).map(|made| (made.name.clone(), made)).collect();
        let known = self.store.backups(PageRequest { limit: AT_ONCE, after: None }).await?.items;
        let (mut changed, mut gone) = (Vec::new(), Vec::new());
        for mut backup in known {
            let lies = backup.made.as_ref().map(|knows| lying.remove(&knows.name));
            match lies {
                None if now - backup.asked_at > FAILED_STAYS => gone.push(backup.id),
                None => {}
                Some(None) => gone.push(backup.id),
                Some(lies) if lies == backup.made => {}
                // What is known here is more than what can be read there.
                Some(Some(lies)) if unread.contains(&lies.name) => {}
                Some(lies) => {
                    backup.made = lies;
                    changed.push(backup);
                }
            }
        }
        changed.extend(lying.into_values().map(Backup::found));
        let kept = transact(self.store.begin_backups().await?, async |tx| {
            let mut desk = tx.lock_desk().await?;
            if desk.job.is_some() || desk.ended != before.ended || desk.compared_at != before.compared_at {
                return Ok(false);
            }
            desk.compared_at = Some(now);
            tx.save_desk(&desk).await?;
            for id in &gone {
                tx.remove_backup(*id).await?;
            }
            for backup in &changed {
                tx.save_backup(backup).await?;
            }
            Ok::<_, StoreError>(true)
        });
        Ok(kept.await?)
    }
}

/// What is known of a backup that lies there; nothing, when it was not written to its end.
fn made(kept: &Kept) -> Option<Made> {
    let Kept { name, bytes, manifest, record, standing } = kept;
    if *standing == Standing::Unfinished {
        return None;
    }
    let rows = manifest.as_ref().map_or(0, Manifest::row_count);
    let mut record = record.clone();
    if manifest.is_none() && record.standing() != Standing::Bad {
        let findings = vec![Finding::Manifest { why: "it cannot be read".to_owned() }];
        // Whatever was found before, nothing can be made of it now.
        let verdict = Verdict { backup: name.clone(), at: name.made_at(), depth: Depth::Sums, findings };
        record = Record::default().after(&verdict);
    }
    Some(Made { name: name.clone(), bytes: *bytes, rows, record })
}

impl Backups {
    /// What is known of a backup, as it lies there now; `None` when it is gone, or was not written to its end.
    ///
    /// # Errors
    /// When where backups lie cannot be read.
    pub async fn made(&self, name: &BackupName) -> Result<Option<Made>, ObjectError> {
        Ok(self.list().await?.iter().find(|kept| kept.name == *name).and_then(made))
    }
}

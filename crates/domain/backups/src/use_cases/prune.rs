use super::Backups;
use crate::name::BackupName;
use crate::retention::Rule;
use kernel::ObjectError;

impl Backups {
    /// Removes what a rule lets go; their names. [`Rule::removable`] says which.
    ///
    /// # Errors
    /// When where they lie cannot be read or written; those that were removed before are gone.
    pub async fn prune(&self, rule: &Rule) -> Result<Vec<BackupName>, ObjectError> {
        let all: Vec<_> = self.list().await?.into_iter().map(|kept| (kept.name, kept.standing)).collect();
        let removable = rule.removable(&all, self.clock.now());
        for name in &removable {
            self.vault.remove(name).await?;
        }
        Ok(removable)
    }
}

use super::{Backups, Kept};
use crate::manifest::Manifest;
use crate::name::BackupName;
use crate::retention::{Candidate, Rule};
use kernel::ObjectError;

impl Backups {
    /// Removes what a rule lets go; their names. [`Rule::removable`] says which.
    ///
    /// Only of what was made under this signing key, or by somebody who did not know it either: another one is that of another
    /// system, whose backups neither go nor count here. Where nobody can read that, nothing is left to be restored.
    ///
    /// # Errors
    /// When where they lie cannot be read or written; those that were removed before are gone.
    pub async fn prune(
        &self,
        rule: &Rule,
        signing_key: Option<&str>,
    ) -> Result<Vec<BackupName>, ObjectError> {
        let ours = |kept: &Kept| {
            kept.manifest.as_ref().is_none_or(|manifest| manifest.signing_key.as_deref() == signing_key)
        };
        let all: Vec<_> = self.list().await?.into_iter().filter(ours).map(candidate).collect();
        let removable = rule.removable(&all, self.clock.now());
        for name in &removable {
            self.vault.remove(name).await?;
        }
        Ok(removable)
    }
}

fn candidate(kept: Kept) -> Candidate {
    let rows = kept.manifest.as_ref().map_or(0, Manifest::row_count);
    Candidate { name: kept.name, standing: kept.standing, rows }
}

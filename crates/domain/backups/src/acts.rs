//! What the audit log says of backups: that somebody asked for one, or to look at one. What becomes of it stands beside it.

use crate::desk::{Backup, Task};
use kernel::{Act, Cause, Subject, Timestamp};

/// Somebody asked for this to be done with a backup.
pub(crate) fn asked(by: &Cause, backup: &Backup, task: Task, now: Timestamp) -> Act {
    let name = match task {
        Task::Make => "backup.make",
        Task::Verify => "backup.verify",
    };
    by.act(name, Subject::new("backup", backup.id.as_uuid()), now)
}

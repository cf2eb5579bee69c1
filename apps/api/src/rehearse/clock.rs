//! A clock that a rehearsal can put forward, in this process and in those of the system.

use chrono::TimeDelta;
use kernel::{Clock, SystemClock, Timestamp};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The system's time and an offset, which a file carries between processes.
#[derive(Debug)]
pub struct InventedClock {
    /// Eight bytes: seconds, big-endian.
    offset: File,
}

impl InventedClock {
    /// One that is right.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let offset = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
        offset.write_all_at(&0_i64.to_be_bytes(), 0)?;
        Ok(Self { offset })
    }

    /// The one that another process puts forward.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn follow(path: &Path) -> io::Result<Self> {
        Ok(Self { offset: File::open(path)? })
    }

    /// Puts it forward.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn advance(&self, by: TimeDelta) -> io::Result<()> {
        let offset = self.seconds().saturating_add(by.num_seconds());
        self.offset.write_all_at(&offset.to_be_bytes(), 0)
    }

    fn seconds(&self) -> i64 {
        let mut bytes = [0; 8];
        // A file of eight bytes is read whole or not at all.
        self.offset.read_exact_at(&mut bytes, 0).map_or(0, |()| i64::from_be_bytes(bytes))
    }
}

impl Clock for InventedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + TimeDelta::seconds(self.seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_follows_sees_the_same_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clock");
        let clock = InventedClock::create(&path).unwrap();
        let follower = InventedClock::follow(&path).unwrap();
        assert!(follower.now() - SystemClock.now() < TimeDelta::seconds(1));
        clock.advance(TimeDelta::hours(2)).unwrap();
        clock.advance(TimeDelta::minutes(30)).unwrap();
        let ahead = follower.now() - SystemClock.now();
        assert!(ahead > TimeDelta::minutes(149) && ahead <= TimeDelta::minutes(150), "{ahead}");
        assert!(follower.advance(TimeDelta::hours(1)).is_err(), "only one of them decides");
    }
}

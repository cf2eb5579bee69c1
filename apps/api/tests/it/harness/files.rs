//! Open files, of which every connection is one.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Those that a test needs for something else.
const OTHERS: usize = 200;

/// So many connections, or as many as this system allows; said aloud when it allows fewer.
pub fn connections(wanted: usize) -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    let most = limit.current.map_or(wanted, |most| usize::try_from(most).unwrap().saturating_sub(OTHERS));
    if most < wanted {
        eprintln!("WARNING: this system allows {most} connections: ONLY SO MANY COME, not {wanted}");
    }
    wanted.min(most)
}

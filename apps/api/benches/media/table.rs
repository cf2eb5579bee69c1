//! What was found out, as a table.

use crate::options::Options;
use crate::report::table::{Line, drawn};

/// Everything, with a line about the circumstances.
pub(crate) fn table(lines: &[Line], options: &Options) -> String {
    format!(
        "\nWhat asks, the server and the database share this machine ({} processors). Pictures and sound: the fastest \
         of {} runs, both ways in turn. Lists: {} connections for {} s; milliseconds are those to the first byte. MB \
         are 1,000,000 bytes.\n\n{}\n",
        crate::processors(),
        options.runs,
        crate::lists::CONNECTIONS,
        options.time.as_secs(),
        drawn(lines, "measured")
    )
}

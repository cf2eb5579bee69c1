//! What was found out, as a table.

use crate::options::Options;
use crate::report::table::{Line, drawn};

/// Everything, with a line about the circumstances.
pub(crate) fn table(lines: &[Line], options: &Options) -> String {
    format!(
        "\nWhat asks, the program, the database and who takes mails share this machine ({} processors). Durable commits; \
         answers for {} s each, over {} connections. MB are 1,000,000 bytes.\n\n{}\n",
        crate::processors(),
        options.time.as_secs(),
        crate::office::CONNECTIONS,
        drawn(lines, "measured")
    )
}

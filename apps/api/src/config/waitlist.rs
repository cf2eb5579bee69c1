//! Waiting lists.

use super::reader::Reader;
use booking::Quiet;

/// What those on a waiting list are offered.
#[derive(Debug, Clone)]
pub struct Waitlist {
    /// How long places are kept for them, in minutes.
    pub offer_minutes: u32,
    /// Hours at the place in which no offer begins to run and no mail about one goes out.
    pub quiet: Option<Quiet>,
}

/// Reads the section.
pub(super) fn read(reader: &mut Reader) -> Waitlist {
    let offer_minutes = reader.number("waitlist.offer_minutes", 5, 10_080);
    let from = reader.number("waitlist.quiet_from", 0, 23);
    let until = reader.number("waitlist.quiet_until", 0, 23);
    Waitlist { offer_minutes, quiet: (from != until).then_some(Quiet { from, until }) }
}

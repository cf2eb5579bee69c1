//! What files are called that members save.

use crate::{MusicSet, Rung};
use kernel::readable_name;

/// Most bytes of a name before its ending.
const LONGEST: usize = 180;

/// `Artist - Title.m4a`.
#[must_use]
pub fn file_name(set: &MusicSet, rung: Rung) -> String {
    let name = readable_name(&format!("{} - {}", set.artist, set.title), LONGEST, "set");
    format!("{name}.{}", rung.codec.extension())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LADDER, samples};

    #[test]
    fn it_says_whose_it_is() {
        let mut set = samples::ready();
        assert_eq!(file_name(&set, LADDER[4]), "Ada - The night.m4a");
        assert_eq!(file_name(&set, LADDER[0]), "Ada - The night.opus");
        set.artist = "Ørjan / 梅".into();
        set.title = "a\u{202e}b \"live\": part 1?".into();
        assert_eq!(file_name(&set, LADDER[4]), "Ørjan - 梅 - a b 'live'- part 1_.m4a");
        (set.artist, set.title) = ("..".into(), "..".into());
        assert_eq!(file_name(&set, LADDER[4]), "-.m4a");
    }
}

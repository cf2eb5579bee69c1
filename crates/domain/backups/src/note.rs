//! Small documents of the vault: a line of JSON, and the sum of that line, so that a changed letter is seen.

use crate::sum::Sum;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// As it is kept.
pub(crate) fn write<T: Serialize>(value: &T) -> serde_json::Result<Vec<u8>> {
    let line = serde_json::to_string(value)?;
    let sum = Sum::of(line.as_bytes()).sha256;
    Ok(format!("{line}\n{sum}\n").into_bytes())
}

/// What was kept.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is no text".to_owned())?;
    let mut lines = text.lines();
    let (Some(line), Some(sum)) = (lines.next(), lines.next()) else {
        return Err("it is cut off".to_owned());
    };
    if Sum::of(line.as_bytes()).sha256 != sum {
        return Err("its sum is another".to_owned());
    }
    serde_json::from_str(line).map_err(|error| format!("it is none that this version knows: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_byte_changes_it_is_seen() {
        let note = write(&vec!["one", "two"]).unwrap();
        assert_eq!(read::<Vec<String>>(&note), Ok(vec!["one".to_owned(), "two".to_owned()]));
        // The last byte ends the line, and says nothing.
        for at in 0..note.len() - 1 {
            let mut flipped = note.clone();
            flipped[at] ^= 1;
            assert!(read::<Vec<String>>(&flipped).is_err(), "byte {at}");
            assert!(read::<Vec<String>>(&note[..at]).is_err(), "{at} bytes");
        }
    }
}

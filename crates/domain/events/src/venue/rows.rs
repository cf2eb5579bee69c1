//! How rows are called.

use super::MOST_ROWS;

/// The names of rows from one to another: numbers, or letters as the columns of a table are called.
pub(super) fn rows(start: &str, end: &str) -> Result<Vec<String>, (&'static str, &'static str)> {
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| !text.starts_with('+'));
    let (first, last, letters) = match (number(start), number(end)) {
        (Some(first), Some(last)) => (first, last, false),
        (None, None) => {
            let first = column(start).ok_or(("row_start", "malformed"))?;
            (first, column(end).ok_or(("row_end", "malformed"))?, true)
        }
        _ => return Err(("row_end", "malformed")),
    };
    let count = last.checked_sub(first).ok_or(("row_end", "before_start"))?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= MOST_ROWS || last > 1_000_000 {
        return Err(("row_end", "too_many"));
    }
    Ok((first..=last).map(|number| if letters { lettered(number) } else { number.to_string() }).collect())
}

/// `A` is 1, `Z` is 26, `AA` is 27.
fn column(text: &str) -> Option<u32> {
    if text.is_empty() || text.len() > 4 {
        return None;
    }
    text.bytes().try_fold(0_u32, |sum, byte| {
        let letter = byte.to_ascii_uppercase();
        let value = u32::from(letter.is_ascii_uppercase().then(|| letter - b'A')?) + 1;
        sum.checked_mul(26)?.checked_add(value)
    })
}

fn lettered(mut number: u32) -> String {
    let mut letters = Vec::new();
    while number > 0 {
        number -= 1;
        letters.push(char::from(b'A' + u8::try_from(number % 26).unwrap_or(0)));
        number /= 26;
    }
    letters.into_iter().rev().collect()
}

//! Tables as text (RFC 4180), safe to open in a spreadsheet, made while they are sent.

use super::problem::Causes;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::SecondsFormat;
use futures_util::{Stream, stream};
use kernel::{Currency, Cursor, Money, Page, PageRequest, StoreError, Timestamp};

/// The media type.
const CONTENT_TYPE: &str = "text/csv; charset=utf-8";
/// How many rows are read at a time, and in memory.
const AT_A_TIME: u32 = 500;
/// With what a formula begins; some spreadsheets take the wide ones for the same.
const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// What makes a formula of a whole cell that begins with it.
const BLANKS: [char; 3] = ['\t', '\r', '\n'];

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// What somebody may have typed: in quotes where it has to be, and no formula.
    Text(String),
    /// The same, in quotes wherever it stands.
    Quoted(String),
    /// A number that was written here, with its sign.
    Number(String),
}

impl Cell {
    /// An empty one.
    pub const NOTHING: Self = Self::Text(String::new());

    /// Whatever can be said in words.
    pub fn of(value: impl ToString) -> Self {
        Self::Text(value.to_string())
    }

    /// The same, or nothing.
    pub fn some(value: Option<impl ToString>) -> Self {
        Self::Text(value.map(|value| value.to_string()).unwrap_or_default())
    }

    /// In major units.
    #[must_use]
    pub fn money(amount: Money) -> Self {
        Self::Number(amount.decimal())
    }

    /// What was counted, in major units, with its sign: a sum may be less than nothing.
    #[must_use]
    pub fn counted(minor: i64, currency: Currency) -> Self {
        let sign = if minor < 0 { "-" } else { "" };
        let plain = Money::new(minor.saturating_abs(), currency).map(Money::decimal);
        Self::Number(format!("{sign}{}", plain.unwrap_or_default()))
    }

    /// A number, with its sign.
    pub fn number(number: impl ToString) -> Self {
        Self::Number(number.to_string())
    }

    /// The same, or nothing.
    pub fn some_number(number: Option<impl ToString>) -> Self {
        number.map_or(Self::NOTHING, Self::number)
    }

    /// In UTC, to the microsecond.
    #[must_use]
    pub fn instant(at: Timestamp) -> Self {
        Self::Text(at.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    fn write(&self, line: &mut String) {
        let (text, always) = match self {
            Self::Text(text) => (text, false),
            Self::Quoted(text) => (text, true),
            Self::Number(number) => {
                line.push_str(number);
                return;
            }
        };
        let harmless = harmless(text);
        if always || harmless != *text || text.contains([',', '"', '\r', '\n']) {
            line.push('"');
            line.push_str(&harmless.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(text);
        }
    }
}

/// The text with an apostrophe, which spreadsheets do not show in front of a cell, before whatever they would take for
/// a formula. One that separates cells by semicolons or tabs, as German ones do, sees cells within this one, too, and
/// overlooks quotes and blanks at their beginning.
fn harmless(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut begins = true;
    for letter in text.chars() {
        if begins && SIGNS.contains(&letter) || made.is_empty() && BLANKS.contains(&letter) {
            made.push('\'');
        }
        made.push(letter);
        begins = letter == ';' || BLANKS.contains(&letter) || begins && [' ', '"'].contains(&letter);
    }
    made
}

/// Lines of a table.
#[derive(Debug, Default)]
pub struct Lines(String);

impl Lines {
    /// One more, of these cells.
    pub fn add(&mut self, cells: impl IntoIterator<Item = Cell>) {
        for (at, cell) in cells.into_iter().enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            cell.write(&mut self.0);
        }
        self.0.push_str("\r\n");
    }
}

/// A table to be saved under this name: a line with the names of the columns, then what `row` adds for each of all
/// that `read` finds, page by page. It is made as fast as it is taken, and as much of it is in memory as one page needs.
/// Where a page cannot be read the connection breaks, so that nobody takes half a table for the whole.
pub fn table<T, R, L>(name: &str, columns: &'static [&'static str], read: R, row: L) -> HttpResponse
where
    T: 'static,
    R: AsyncFn(PageRequest) -> Result<Page<T>, StoreError> + 'static,
    L: Fn(&T, &mut Lines) + 'static,
{
    saved_as(name).streaming(parts(columns, read, row))
}

/// A table of what is there already: of sums, which come all at once and are as few as days or events.
pub fn whole(name: &str, columns: &[&str], rows: impl FnOnce(&mut Lines)) -> HttpResponse {
    let mut lines = Lines::default();
    lines.add(columns.iter().map(Cell::of));
    rows(&mut lines);
    saved_as(name).body(lines.0)
}

fn saved_as(name: &str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, CONTENT_TYPE))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")))
        .insert_header((header::CACHE_CONTROL, "private, no-store"));
    answer
}

/// A table on its way out.
struct Table<R, L> {
    read: R,
    row: L,
    next: Next,
}

/// Where it goes on.
#[derive(Clone, Copy)]
enum Next {
    Names(&'static [&'static str]),
    Page(Option<Cursor>),
    End,
}

/// The line of names, then the lines of a page at a time. A page is read when somebody asks for its part, not before.
fn parts<T, R, L>(
    columns: &'static [&'static str],
    read: R,
    row: L,
) -> impl Stream<Item = Result<Bytes, StoreError>>
where
    R: AsyncFn(PageRequest) -> Result<Page<T>, StoreError>,
    L: Fn(&T, &mut Lines),
{
    stream::try_unfold(Table { read, row, next: Next::Names(columns) }, next_part::<T, R, L>)
}

/// The next lines, and the rest of the table; `None` when there is none.
async fn next_part<T, R, L>(table: Table<R, L>) -> Result<Option<(Bytes, Table<R, L>)>, StoreError>
where
    R: AsyncFn(PageRequest) -> Result<Page<T>, StoreError>,
    L: Fn(&T, &mut Lines),
{
    let mut lines = Lines::default();
    let next = match table.next {
        Next::Names(columns) => {
            lines.add(columns.iter().map(Cell::of));
            Next::Page(None)
        }
        Next::Page(after) => {
            let page = (table.read)(PageRequest { limit: AT_A_TIME, after }).await;
            let page = page.inspect_err(|error| {
                tracing::warn!(causes = %Causes(error), "a table was cut off");
            })?;
            page.items.iter().for_each(|item| (table.row)(item, &mut lines));
            page.next.map_or(Next::End, |next| Next::Page(Some(next)))
        }
        Next::End => return Ok(None),
    };
    Ok(Some((Bytes::from(lines.0), Table { next, ..table })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use uuid::Uuid;

    fn line(cells: impl IntoIterator<Item = Cell>) -> String {
        let mut lines = Lines::default();
        lines.add(cells);
        lines.0
    }

    #[test]
    fn no_cell_is_a_formula_or_breaks_its_line() {
        let cells = ["plain", "a,b", "say \"no\"", "=1+1", "-5", "@x", "two\nlines", ""];
        let expected = "plain,\"a,b\",\"say \"\"no\"\"\",\"'=1+1\",\"'-5\",\"'@x\",\"two\nlines\",\r\n";
        assert_eq!(line(cells.map(Cell::of)), expected);
        let cells = ["\tx", "\r\nx", "＝1", " +1", "a\r\nb", "1-1", "ada@example.org"];
        let expected = "\"'\tx\",\"'\r\nx\",\"'＝1\",\" '+1\",\"a\r\nb\",1-1,ada@example.org\r\n";
        assert_eq!(line(cells.map(Cell::of)), expected);
    }

    #[test]
    fn nor_is_what_another_separator_makes_a_cell_of() {
        let cells = ["x;=1+1", "x; \"=1+1", "x\t@x", "two\n=lines", "a;b", "a; b - c"];
        let expected = "\"x;'=1+1\",\"x; \"\"'=1+1\",\"x\t'@x\",\"two\n'=lines\",a;b,a; b - c\r\n";
        assert_eq!(line(cells.map(Cell::of)), expected);
    }

    #[test]
    fn what_was_written_here_keeps_its_sign_and_what_is_quoted_its_quotes() {
        let cells = [
            Cell::Number("-21.01".into()),
            Cell::money(Money::eur(2500)),
            Cell::counted(-2105, Currency::EUR),
            Cell::counted(7, Currency::JPY),
            Cell::number(-3),
            Cell::some_number(None::<u64>),
            Cell::Quoted("Łódź, \"live\"".into()),
            Cell::Quoted("=HYPERLINK(\"x\")".into()),
            Cell::Quoted(String::new()),
            Cell::NOTHING,
            Cell::some(None::<u32>),
            Cell::instant("2026-06-01T12:00:00Z".parse().unwrap()),
        ];
        let expected = "-21.01,25.00,-21.05,7,-3,,\"Łódź, \"\"live\"\"\",\"'=HYPERLINK(\"\"x\"\")\",\"\",,,\
                        2026-06-01T12:00:00.000000Z\r\n";
        assert_eq!(line(cells), expected);
    }

    /// Counts how many of its kind there are.
    struct Row {
        number: u128,
        alive: Arc<AtomicUsize>,
    }

    impl Row {
        fn new(number: u128, alive: &Arc<AtomicUsize>) -> Self {
            alive.fetch_add(1, Ordering::Relaxed);
            Self { number, alive: Arc::clone(alive) }
        }
    }

    impl Drop for Row {
        fn drop(&mut self) {
            self.alive.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// So many rows, made up when they are asked for; the cursor is the number of the last one.
    fn made_up(
        rows: u128,
        (alive, read): (&Arc<AtomicUsize>, &Arc<AtomicUsize>),
    ) -> impl AsyncFn(PageRequest) -> Result<Page<Row>, StoreError> {
        let (alive, read) = (Arc::clone(alive), Arc::clone(read));
        async move |page: PageRequest| {
            read.fetch_add(1, Ordering::Relaxed);
            let first = page.after.map_or(1, |after| after.id.as_u128() + 1);
            let numbers = (first..=rows).take(page.limit as usize + 1);
            let found = numbers.map(|number| Row::new(number, &alive)).collect();
            let at = "2026-06-01T12:00:00Z".parse().unwrap();
            let cursor = |row: &Row| Cursor { at, id: Uuid::from_u128(row.number) };
            Ok::<_, StoreError>(Page::cut(found, page.limit, cursor))
        }
    }

    fn row(row: &Row, lines: &mut Lines) {
        lines.add([Cell::of(row.number), Cell::of("somebody, somewhere")]);
    }

    #[tokio::test]
    async fn a_million_rows_go_through_a_page_at_a_time_and_no_faster_than_they_are_taken() {
        const ROWS: usize = 1_000_000;
        let (alive, read) = (Arc::default(), Arc::default());
        let mut parts = pin!(parts(&["number", "who"], made_up(1_000_000, (&alive, &read)), row));
        let (mut taken, mut lines, mut largest) = (0, 0, 0);
        while let Some(part) = parts.next().await {
            let part = part.unwrap();
            // The first part is the line of names.
            assert_eq!(read.load(Ordering::Relaxed), taken, "nothing is read ahead");
            assert_eq!(alive.load(Ordering::Relaxed), 0, "nothing is kept");
            taken += 1;
            lines += part.iter().filter(|byte| **byte == b'\n').count();
            largest = largest.max(part.len());
        }
        assert_eq!((lines, taken), (ROWS + 1, ROWS / AT_A_TIME as usize + 1));
        assert!(largest < 64 * 1024, "{largest} bytes at once");
    }

    #[tokio::test]
    async fn a_table_that_cannot_be_read_on_ends_in_an_error() {
        let (alive, read) = (Arc::default(), Arc::default());
        let whole = made_up(1000, (&alive, &read));
        let broken = async move |page: PageRequest| match page.after {
            None => whole(page).await,
            Some(_) => Err(StoreError::unavailable("reading rows", "it went away")),
        };
        let parts: Vec<_> = parts(&["number", "who"], broken, row).collect().await;
        assert_eq!(parts.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false]);
    }

    #[tokio::test]
    async fn a_table_of_nothing_is_a_line_of_names() {
        let (alive, read) = (Arc::default(), Arc::default());
        let parts: Vec<_> = parts(&["number", "who"], made_up(0, (&alive, &read)), row).collect().await;
        let text: Vec<u8> = parts.into_iter().flat_map(|part| part.unwrap().to_vec()).collect();
        assert_eq!(text, b"number,who\r\n");
    }
}

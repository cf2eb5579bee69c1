//! Tables as text (RFC 4180), safe to open in a spreadsheet.

/// The media type.
pub const CONTENT_TYPE: &str = "text/csv; charset=utf-8";

/// One line. A cell that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or a line
/// break) gets an apostrophe in front, which spreadsheets do not show.
pub fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
        let quoted = formula || cell.contains([',', '"', '\r', '\n']);
        if quoted {
            line.push('"');
            line.push_str(if formula { "'" } else { "" });
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line.push_str("\r\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_breaks_its_line() {
        let cells = ["plain", "a,b", "say \"no\"", "=1+1", "-5", "@x", "two\nlines", ""];
        let expected = "plain,\"a,b\",\"say \"\"no\"\"\",\"'=1+1\",\"'-5\",\"'@x\",\"two\nlines\",\r\n";
        assert_eq!(line(cells), expected);
    }
}

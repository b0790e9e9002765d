//! One JSON array, a row a line, written row by row.

use std::io::{self, Write};

use super::jsonl::object;
use super::table::Table;

/// Writes one array with an object for each row.
pub(super) fn write(table: &impl Table, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    let mut between: &[u8] = b"\n";
    for row in table.rows() {
        out.write_all(between)?;
        object(table.columns(), &row, "JSON", out)?;
        between = b",\n";
    }
    if between == b",\n" {
        out.write_all(b"\n")?;
    }
    out.write_all(b"]\n")
}

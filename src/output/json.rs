//! JSON: one array, with one row on each line.

use std::io::{self, Write};

use super::jsonl::write_object;
use super::table::Table;

/// Writes one array with an object for each row.
pub(super) fn write(table: &impl Table, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    let mut separator: &[u8] = b"\n";
    table.for_each_row(|row| {
        out.write_all(separator)?;
        separator = b",\n";
        write_object(table.columns(), &row, "JSON", out)
    })?;
    if separator == b",\n" {
        out.write_all(b"\n")?;
    }
    out.write_all(b"]\n")
}

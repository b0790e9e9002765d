//! JSON: one array, with one row on each line.

use std::io::{self, Write};

use super::jsonl::write_object;
use super::table::Table;

/// Writes one array with an object for each row.
pub(super) fn write(table: &impl Table, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    let mut separator: &[u8] = b"\n";
    for row in table.rows() {
        out.write_all(separator)?;
        write_object(table.columns(), &row, "JSON", out)?;
        separator = b",\n";
    }
    if separator == b",\n" {
        out.write_all(b"\n")?;
    }
    out.write_all(b"]\n")
}

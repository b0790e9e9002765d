//! A sweep as a table: one for people, one for programs.

use std::io::{self, Write};

use super::{Measured, Sweep};

/// Writes the table to read: aligned, with the fastest spot marked.
///
/// # Errors
/// Those of the writer.
pub fn write_table(sweep: &Sweep, out: &mut dyn Write) -> io::Result<()> {
    let best = sweep.spots.iter().map(Measured::median).fold(f64::INFINITY, f64::min);
    writeln!(
        out,
        "{:<11} {:>7} {:>10} {:>11} {:>9}  {:>8} {:>8} {:>8} {:>9}",
        "executor", "workers", "chunk", "lines/chunk", "chunks", "median s", "least", "most", "speed-up"
    )?;
    for measured in std::iter::once(&sweep.baseline).chain(&sweep.spots) {
        let spot = &measured.spot;
        let mark = if measured.median() == best { "  ← fastest" } else { "" };
        writeln!(
            out,
            "{:<11} {:>7} {:>10} {:>11.1} {:>9}  {:>8.3} {:>8.3} {:>8.3} {:>8.2}×{mark}",
            spot.executor.name(),
            spot.workers,
            spot.chunk.to_string(),
            measured.lines_per_chunk(),
            measured.chunks,
            measured.median(),
            measured.least(),
            measured.most(),
            sweep.speed_up(measured),
        )?;
    }
    Ok(())
}

/// Writes the table for programs: tab-separated with a header, a row a spot, the baseline first.
///
/// # Errors
/// Those of the writer.
pub fn write_tsv(sweep: &Sweep, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "executor\tworkers\tchunk\tlines_per_chunk\tchunks\truns\tmedian_s\tleast_s\tmost_s\tspeed_up"
    )?;
    for measured in std::iter::once(&sweep.baseline).chain(&sweep.spots) {
        let spot = &measured.spot;
        writeln!(
            out,
            "{}\t{}\t{}\t{:.2}\t{}\t{}\t{:.6}\t{:.6}\t{:.6}\t{:.4}",
            spot.executor.name(),
            spot.workers,
            spot.chunk,
            measured.lines_per_chunk(),
            measured.chunks,
            measured.seconds.len(),
            measured.median(),
            measured.least(),
            measured.most(),
            sweep.speed_up(measured),
        )?;
    }
    Ok(())
}

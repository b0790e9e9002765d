//! Tables of the result of a sweep: aligned text, and TSV.

use std::io::{self, Write};

use super::{Measurement, Sweep};

/// Writes an aligned table, with the fastest combination marked.
///
/// # Errors
/// Those of the writer.
pub fn write_text(sweep: &Sweep, out: &mut dyn Write) -> io::Result<()> {
    let best = sweep.measurements.iter().map(Measurement::median).fold(f64::INFINITY, f64::min);
    writeln!(
        out,
        "{:<11} {:>7} {:>10} {:>11} {:>9}  {:>8} {:>8} {:>8} {:>9}",
        "executor", "workers", "chunk", "lines/chunk", "chunks", "median s", "least", "most", "speed-up"
    )?;
    for measured in std::iter::once(&sweep.baseline).chain(&sweep.measurements) {
        let combination = &measured.combination;
        let mark = if measured.median() == best { "  ← fastest" } else { "" };
        writeln!(
            out,
            "{:<11} {:>7} {:>10} {:>11.1} {:>9}  {:>8.3} {:>8.3} {:>8.3} {:>8.2}×{mark}",
            combination.executor.name(),
            combination.workers,
            combination.chunk.to_string(),
            measured.lines_per_chunk(),
            measured.chunks,
            measured.median(),
            measured.fastest(),
            measured.slowest(),
            sweep.speed_up(measured),
        )?;
    }
    Ok(())
}

/// Writes tab-separated values with a header: a row for each combination, the baseline first.
///
/// # Errors
/// Those of the writer.
pub fn write_tsv(sweep: &Sweep, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "executor\tworkers\tchunk\tlines_per_chunk\tchunks\truns\tmedian_s\tleast_s\tmost_s\tspeed_up"
    )?;
    for measured in std::iter::once(&sweep.baseline).chain(&sweep.measurements) {
        let combination = &measured.combination;
        writeln!(
            out,
            "{}\t{}\t{}\t{:.2}\t{}\t{}\t{:.6}\t{:.6}\t{:.6}\t{:.4}",
            combination.executor.name(),
            combination.workers,
            combination.chunk,
            measured.lines_per_chunk(),
            measured.chunks,
            measured.seconds.len(),
            measured.median(),
            measured.fastest(),
            measured.slowest(),
            sweep.speed_up(measured),
        )?;
    }
    Ok(())
}

//! Byte ranges moved to line ends.

use memchr::memchr;

/// The lines of `bytes` that begin within the range, each to its end.
pub(super) fn lines_beginning_in(bytes: &[u8], (start, end): (u64, u64)) -> &[u8] {
    let clamp = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    // A line begins where another one ends.
    let line_start = |at: usize| match at {
        0 => 0,
        _ if bytes[at - 1] == b'\n' => at,
        _ => memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |lf| at + lf + 1),
    };
    let (start, end) = (clamp(start), clamp(end));
    if start < end { &bytes[line_start(start)..line_start(end)] } else { &[] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_line_is_in_exactly_one_range_and_in_order(
            text in "[a\n]{0,40}",
            step in 1u64..12,
        ) {
            let bytes = text.as_bytes();
            let mut together = Vec::new();
            for start in (0..bytes.len() as u64).step_by(step as usize) {
                let end = (start + step).min(bytes.len() as u64);
                let lines = lines_beginning_in(bytes, (start, end));
                prop_assert!(lines.is_empty() || lines.ends_with(b"\n") || bytes.ends_with(lines));
                together.extend_from_slice(lines);
            }
            prop_assert_eq!(together, bytes);
        }
    }
}

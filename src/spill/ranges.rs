//! Division of a merge into ranges of n-grams.

use super::run::Run;

/// Cuts the n-grams of all runs into ranges of about `bytes` decoded bytes, and gives the first n-gram of each range but the
/// first. Ranges end where blocks begin, so that they are even whatever the n-grams are: the table of contents of the runs tells
/// how much there is between any two blocks.
///
/// Ranges of n-grams and not of their hashes: then a range that is sorted needs no merge with the others. In the order of the
/// n-grams the ranges follow each other, and among n-grams that are equally frequent too.
pub(crate) fn plan_ranges(runs: &[Run], bytes: u64) -> Vec<Vec<u8>> {
    let mut blocks: Vec<(&[u8], u64)> = runs
        .iter()
        .flat_map(|run| &run.blocks)
        .map(|block| (&block.low[..], block.decoded + NGRAM_BYTES * u64::from(block.ngrams)))
        .collect();
    blocks.sort_unstable_by_key(|&(low, _)| low);
    let (mut bounds, mut sum): (Vec<Vec<u8>>, _) = (Vec::new(), 0);
    for (low, size) in blocks {
        if sum >= bytes && *low > *bounds.last().map_or(&[][..], Vec::as_slice) {
            bounds.push(low.to_vec());
            sum = 0;
        }
        sum += size;
    }
    bounds
}

/// Bytes that an n-gram takes in a reduce task beside its own and its sums: its end, and its entry in the order of the rows with
/// the buffer of the sort.
const NGRAM_BYTES: u64 = 8 + 16 + 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spill::run::BlockEntry;

    #[test]
    fn ranges_begin_where_blocks_begin_and_are_even() {
        let run = |lows: &[&str]| Run {
            blocks: lows
                .iter()
                .map(|low| BlockEntry {
                    low: low.as_bytes().to_vec(),
                    ngrams: 1,
                    decoded: 68,
                    ..Default::default()
                })
                .collect(),
            ..Run::default()
        };
        let runs = [run(&["", "c", "e", "g"]), run(&["", "b", "d", "f"])];
        let bounds =
            |bytes| plan_ranges(&runs, bytes).into_iter().map(|low| low[0] as char).collect::<String>();
        assert_eq!(bounds(1), "bcdefg");
        assert_eq!(bounds(200), "bdf");
        assert_eq!(bounds(400), "d");
        assert_eq!(bounds(10_000), "");
        assert_eq!(plan_ranges(&[], 1), [[0_u8; 0]; 0]);
    }
}

//! Fuzz target: any bytes from a worker decode to frames or an error, never a panic, and the result does not depend on
//! the sizes of the reads.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let whole = procpool::fuzz_frames(bytes, bytes.len());
    // The sizes of the reads make no difference.
    for cut in [1, 3, 29] {
        assert_eq!(procpool::fuzz_frames(bytes, cut), whole);
    }
});

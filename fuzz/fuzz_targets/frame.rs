//! Whatever a worker writes, its parent reads frames or an error, the same ones however the reads cut
//! the stream, and never panics.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let whole = ngramcount::pool::fuzz_frames(bytes, bytes.len());
    // How the reads cut the stream makes no difference.
    for cut in [1, 3, 29] {
        assert_eq!(ngramcount::pool::fuzz_frames(bytes, cut), whole);
    }
});

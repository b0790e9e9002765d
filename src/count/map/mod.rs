//! The map step: from the bytes of a chunk to its partial count.
//!
//! The module owns the loops over rows and text, the filter of keys and the accumulators of one chunk.
//! It never sees a second chunk: the sum over chunks is the reduce step's.

mod accumulator;
mod key_filter;
mod mapper;
mod row_counter;
mod text;

#[cfg(test)]
pub(in crate::count) use key_filter::KeyFilter;
pub use mapper::Mapper;

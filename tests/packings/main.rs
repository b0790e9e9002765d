//! Packed files: each packing is known by its content, read to its end, and refused if anything of it is missing or changed.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

mod answers;
mod detection;
mod limits;
mod mutations;
mod pack;
mod streams;

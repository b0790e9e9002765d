//! Listing: the files that an input names, by folders and by lists of names.
//!
//! A folder stands for the files in it, a list for the names in it. The module opens no file but a list. Whether a file can be
//! read shows when it is opened.

mod file_list;
mod folder;
mod globs;
mod name_list;

pub use file_list::{FileList, list_files};
pub use globs::{GlobError, Globs};

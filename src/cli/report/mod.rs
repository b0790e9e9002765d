//! Reports: messages, progress, summary, and exit codes.
//!
//! Everything that the program writes to stderr comes from here. An error is one line after `ngramcount:`, as usual for
//! Unix tools. Library errors name values; `advice` adds the option that a person would change. This module never decides
//! what to do and never writes an answer.

pub(super) mod advice;
mod corpus;
pub(super) mod events;
pub(super) mod exit;
pub(super) mod hadoop;
pub(super) mod messages;
pub(super) mod notes;
pub(super) mod progress;
pub(super) mod reporter;
pub(super) mod summary;

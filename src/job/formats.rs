//! Which format each file is in: the meaning of the labels that the reader gives to its chunks.

use crate::count::{Beginning, Format, Plan, begin};
use crate::input::{Labeller, Look};

/// Labels files with their formats, and refuses those that do not hold what is asked for.
pub(super) fn labeller(named: Option<Format>, plan: &Plan) -> Labeller {
    let plan = plan.without_words();
    Box::new(move |start, whole| {
        // A file without a byte has whatever is asked for: there is nothing in it that could lack it.
        if whole && start.is_empty() && named.is_none() {
            return Look::Label { label: Format::Text.label(), skip: 0 };
        }
        let Beginning { format, skip } = match begin(start, whole, named) {
            None => return Look::More,
            Some(Err(foreign)) => return Look::Refuse(foreign.to_string()),
            Some(Ok(beginning)) => beginning,
        };
        match plan.suits(format) {
            Ok(()) => Look::Label { label: format.label(), skip },
            Err(lacks) => Look::Refuse(match named {
                Some(_) => lacks.to_string(),
                None => format!("its first lines are {format}, and {lacks}"),
            }),
        }
    })
}

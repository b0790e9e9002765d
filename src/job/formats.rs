//! Which format each file is in: the meaning of the labels that the reader gives to its chunks.

use crate::count::{BYTE_ORDER_MARK, Format, Plan, begins_as_totals, detect, unmarked};
use crate::input::{Labeller, Look};

/// Labels files with their formats, and refuses those that do not hold what is asked for.
pub(super) fn labeller(format: Option<Format>, plan: &Plan) -> Labeller {
    let plan = plan.without_words();
    Box::new(move |start, whole| {
        if start.len() < BYTE_ORDER_MARK.len() && BYTE_ORDER_MARK.starts_with(start) && !whole {
            return Look::More;
        }
        let marked = start.len();
        let start = unmarked(start);
        let skip = marked - start.len();
        let Some(found) = format.or_else(|| detect(start, whole)) else { return Look::More };
        if format.is_none() && begins_as_totals(start) {
            return Look::Refuse("these are the totals of a corpus, there is no n-gram in them".to_owned());
        }
        if format.is_none() && found == Format::Text && start.contains(&0) {
            let why =
                "neither text nor in a known format: it has NUL bytes; --format text counts it all the same";
            return Look::Refuse(why.to_owned());
        }
        match plan.suits(found) {
            Ok(()) => Look::Label { label: found.label(), skip },
            Err(lacks) => Look::Refuse(match format {
                Some(_) => lacks.to_string(),
                None => format!("its first lines are {found}, and {lacks}"),
            }),
        }
    })
}

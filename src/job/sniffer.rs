//! Sniffer of a job: the format of each file, and whether the plan can count it.

use crate::count::{Format, Header, Plan, read_header};
use crate::input::{Sniffed, Sniffer};

/// Detects the format of each file, and refuses files that lack what the plan asks for.
pub(super) fn format_sniffer(named: Option<Format>, plan: &Plan) -> Sniffer {
    let plan = plan.without_words();
    Box::new(move |start, whole| {
        // An empty file suits every plan: there is no line in it that could lack anything.
        if whole && start.is_empty() && named.is_none() {
            return Sniffed::Read { format: Format::Text, skip: 0 };
        }
        let Header { format, skip } = match read_header(start, whole, named) {
            None => return Sniffed::NeedMore,
            Some(Err(unsupported)) => return Sniffed::Refuse(unsupported.into()),
            Some(Ok(header)) => header,
        };
        match plan.suits(format) {
            Ok(()) => Sniffed::Read { format, skip },
            Err(lacks) => Sniffed::Refuse(match named {
                Some(_) => lacks.into(),
                None => format!("its first lines are {format}, and {lacks}").into(),
            }),
        }
    })
}

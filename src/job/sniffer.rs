//! Sniffer of a job: the format of each file, and whether the plan can count it.

use std::sync::Arc;

use crate::count::{Format, Header, KeyRanges, Measure, Plan, read_header};
use crate::input::{KeyTest, LineNeeds, Sniffed, Sniffer};

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

/// The lines that a plan needs, for the use of indexes.
pub(super) fn line_needs(named: Option<Format>, plan: &Plan) -> LineNeeds {
    let suited = plan.without_words();
    let ranges = KeyRanges::of(plan).map(Arc::new);
    // Whether a line of counts without volumes is malformed depends on the plan, which an index does not know.
    let with_volumes = plan.measures.has(Measure::Volumes);
    LineNeeds {
        format: named,
        suits: Box::new(move |format| suited.suits(format).is_ok()),
        keys: Box::new(move |format| {
            let ranges = ranges.clone().filter(|_| format != Format::Counts || !with_volumes)?;
            Some(Box::new(PlannedKeys(ranges)) as Box<dyn KeyTest>)
        }),
    }
}

struct PlannedKeys(Arc<KeyRanges>);

impl KeyTest for PlannedKeys {
    fn meets(&self, smallest: &[u8], largest: &[u8]) -> bool {
        self.0.meet(smallest, largest)
    }

    fn ngrams(&self) -> Option<&[Vec<u8>]> {
        self.0.ngrams()
    }
}

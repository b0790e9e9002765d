//! The fast reader of v3 lines is the plain one, on lines of any length and with any damage.

use std::ops::ControlFlow;

use ngramcount::record::{LineError, lines, v3};
use proptest::prelude::*;

type Read = Result<(Vec<u8>, Vec<v3::Year>), LineError>;

/// Keeps what it sees.
#[derive(Default)]
struct Seen<const IN_ORDER: bool> {
    line: (Vec<u8>, Vec<v3::Year>),
    lines: Vec<Read>,
}

impl<'a, const IN_ORDER: bool> v3::Visitor<'a> for Seen<IN_ORDER> {
    const IN_ORDER: bool = IN_ORDER;

    fn begin(&mut self, ngram: &'a [u8]) {
        self.line = (ngram.to_vec(), Vec::new());
    }

    fn year(&mut self, year: v3::Year) {
        self.line.1.push(year);
    }

    fn end(&mut self, line: u64, outcome: Result<(), LineError>) -> ControlFlow<()> {
        assert_eq!(line, self.lines.len() as u64);
        self.lines.push(outcome.map(|()| std::mem::take(&mut self.line)));
        ControlFlow::Continue(())
    }
}

fn sorted(mut lines: Vec<Read>) -> Vec<Read> {
    for (_, years) in lines.iter_mut().flatten() {
        years.sort_by_key(|year| (year.year, year.matches, year.volumes));
    }
    lines
}

fn fast(bytes: &[u8]) -> Vec<Read> {
    let mut in_order = Seen::<true>::default();
    v3::visit_lines(bytes, &mut in_order);
    let mut unordered = Seen::<false>::default();
    v3::visit_lines(bytes, &mut unordered);
    assert_eq!(sorted(unordered.lines), sorted(in_order.lines.clone()));
    in_order.lines
}

fn plain(bytes: &[u8]) -> Vec<Read> {
    let mut years = Vec::new();
    lines(bytes)
        .map(|line| v3::parse(line, &mut years).map(|ngram| (ngram.to_vec(), years.clone())))
        .collect()
}

fn line() -> impl Strategy<Value = String> {
    let count = prop_oneof![8 => 0..100_000_000_u64, 8 => 0..100_u64, 1 => any::<u64>()];
    let year = (1000..3000_u32, count.clone(), count).prop_map(|(year, m, v)| format!("\t{year},{m},{v}"));
    let end = prop::sample::select(vec!["\n", "\r\n"]);
    ("[a-c, é]{1,20}", prop::collection::vec(year, 0..40), end)
        .prop_map(|(ngram, years, end)| ngram + &years.concat() + end)
}

proptest! {
    #[test]
    fn good_lines_are_read_alike(lines in prop::collection::vec(line(), 0..8)) {
        let text = lines.concat();
        prop_assert_eq!(fast(text.as_bytes()), plain(text.as_bytes()));
    }

    #[test]
    fn damaged_lines_are_read_alike(
        lines in prop::collection::vec(line(), 1..6),
        damage in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"\t,\n\r0- x\xff".to_vec()), 0..3_u8), 1..4),
    ) {
        let mut text = lines.concat().into_bytes();
        for (place, byte, how) in damage {
            let place = place.index(text.len());
            match how {
                0 => text[place] = byte,
                1 => text.insert(place, byte),
                _ if text.len() > 1 => { text.remove(place); }
                _ => {}
            }
        }
        prop_assert_eq!(fast(&text), plain(&text));
        // Cut anywhere, as the last line of a file may be.
        let cut = text.len() / 2;
        prop_assert_eq!(fast(&text[..cut]), plain(&text[..cut]));
    }

    #[test]
    fn any_bytes_are_read_alike(bytes in prop::collection::vec(prop::sample::select(b"\t\t,,\n\r019a".to_vec()), 0..200)) {
        prop_assert_eq!(fast(&bytes), plain(&bytes));
    }
}

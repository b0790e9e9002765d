//! Damage to files: bytes that are changed, added, left out or repeated.

use bstr::BString;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// One change of a file.
#[derive(Debug, Clone)]
enum Damage {
    Replace(Index, u8),
    FlipBit(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize),
    Truncate(Index),
}

impl Damage {
    fn apply(&self, mut file: Vec<u8>) -> Vec<u8> {
        // One place more than there are bytes, for what is inserted at the end.
        let end = file.len();
        let place = |index: &Index| index.index(end + 1);
        match self {
            Self::Replace(at, byte) => file.iter_mut().skip(place(at)).take(1).for_each(|old| *old = *byte),
            Self::FlipBit(at, bit) => {
                file.iter_mut().skip(place(at)).take(1).for_each(|old| *old ^= 1 << bit)
            }
            Self::Insert(at, bytes) => drop(file.splice(place(at)..place(at), bytes.iter().copied())),
            Self::Remove(at, count) => drop(file.drain(place(at)..end.min(place(at) + count))),
            Self::Repeat(at, count) => {
                let again = file[place(at)..end.min(place(at) + count)].to_vec();
                file.splice(place(at)..place(at), again);
            }
            Self::Truncate(at) => file.truncate(place(at)),
        }
        file
    }
}

/// Any bytes, or a file with some damage; what is inserted is mostly one of `words`.
pub fn damaged(file: impl Strategy<Value = Vec<u8>>, words: &[&[u8]]) -> impl Strategy<Value = BString> {
    let words: Vec<Vec<u8>> = words.iter().map(|word| word.to_vec()).collect();
    let inserted = prop_oneof![3 => select(words), 1 => prop::collection::vec(any::<u8>(), 0..9)];
    let damage = prop_oneof![
        3 => changed_byte(),
        4 => (any::<Index>(), inserted).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => (any::<Index>(), 1..9_usize).prop_map(|(at, count)| Damage::Remove(at, count)),
        1 => (any::<Index>(), 1..99_usize).prop_map(|(at, count)| Damage::Repeat(at, count)),
        1 => any::<Index>().prop_map(Damage::Truncate),
    ];
    let some = (file, prop::collection::vec(damage, 0..5))
        .prop_map(|(file, damages)| damages.iter().fold(file, |file, damage| damage.apply(file)));
    prop_oneof![9 => some, 1 => prop::collection::vec(any::<u8>(), 0..99)].prop_map(BString::from)
}

/// A file of which one byte is another one, or of which the end is missing.
pub fn damaged_once(file: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = BString> {
    let damage = prop_oneof![8 => changed_byte(), 1 => any::<Index>().prop_map(Damage::Truncate)];
    (file, damage).prop_map(|(file, damage)| damage.apply(file).into())
}

fn changed_byte() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<(Index, u8)>().prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (any::<Index>(), 0..4_u8).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Damage::FlipBit(at, bit)),
    ]
}

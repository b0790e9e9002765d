//! Loser tree: merges sorted runs by the prefixes that their n-grams share.
//!
//! In sorted runs the next n-grams of all runs begin with the same bytes, so that comparing them from the beginning would read
//! these bytes at every step. The tree remembers how many bytes each n-gram shares with the last one that was given out, and
//! compares only behind them (Ng and Kakehi, "Merging String Sequences by Longest Common Prefixes", 2008). The front coding of a
//! run tells that number for its next n-gram without reading a byte.

use std::cmp::Ordering;
use std::mem::swap;

use super::cursor::Cursor;
use super::error::SpillError;

/// Merges cursors in the order of their n-grams.
pub(super) struct LoserTree<'f> {
    cursors: Vec<Cursor<'f>>,
    /// The loser of each contest, from the root at 1 down; as many as there are leaves. The winner of all is at 0.
    nodes: Vec<Contender>,
}

/// A cursor in a contest.
#[derive(Clone, Copy)]
struct Contender {
    /// Its index; no cursor behind their number, which loses every contest.
    cursor: u32,
    /// The bytes that its n-gram shares with that of the winner of the contest.
    shared: u32,
}

const NONE: u32 = u32::MAX;

impl<'f> LoserTree<'f> {
    /// A tree of cursors that each are at an n-gram.
    pub fn new(cursors: Vec<Cursor<'f>>) -> Self {
        let leaves = cursors.len().next_power_of_two();
        let mut tree = Self { cursors, nodes: vec![Contender { cursor: NONE, shared: 0 }; leaves.max(1)] };
        let winner = tree.fill(1);
        tree.nodes[0] = winner;
        tree
    }

    /// Has the contests below a node played, and gives the winner.
    fn fill(&mut self, node: usize) -> Contender {
        let leaves = self.nodes.len();
        if node >= leaves {
            let cursor = node - leaves;
            return Contender {
                cursor: if cursor < self.cursors.len() { cursor as u32 } else { NONE },
                shared: 0,
            };
        }
        let (mut winner, mut loser) = (self.fill(2 * node), self.fill(2 * node + 1));
        self.play(&mut winner, &mut loser);
        self.nodes[node] = loser;
        winner
    }

    /// The cursor at the least n-gram, and the bytes that this shares with the one before it in the merged order; `None` at the
    /// end.
    #[inline(always)]
    pub fn least(&self) -> Option<(&Cursor<'f>, usize)> {
        let Contender { cursor, shared } = self.nodes[0];
        Some((self.cursors.get(cursor as usize)?, shared as usize))
    }

    /// Moves on to the next n-gram.
    pub fn advance(&mut self) -> Result<(), SpillError> {
        let Contender { cursor, .. } = self.nodes[0];
        let Some(moved) = self.cursors.get_mut(cursor as usize) else { return Ok(()) };
        let mut winner = match moved.advance()? {
            true => Contender { cursor, shared: moved.shared() as u32 },
            false => Contender { cursor: NONE, shared: 0 },
        };
        let mut node = (self.nodes.len() + cursor as usize) / 2;
        while node > 0 {
            let mut loser = self.nodes[node];
            if winner.cursor == NONE || loser.cursor != NONE && winner.shared <= loser.shared {
                self.play(&mut winner, &mut loser);
                self.nodes[node] = loser;
            }
            node /= 2;
        }
        self.nodes[0] = winner;
        Ok(())
    }

    /// Exchanges the two if the second one is less. Both share their bytes with the same n-gram, which is less than both: the one
    /// that shares more is less.
    #[inline(always)]
    fn play(&self, winner: &mut Contender, loser: &mut Contender) {
        if loser.cursor == NONE {
            return;
        }
        if winner.cursor == NONE {
            return swap(winner, loser);
        }
        match winner.shared.cmp(&loser.shared) {
            Ordering::Greater => {}
            Ordering::Less => swap(winner, loser),
            Ordering::Equal => {
                let [a, b] =
                    [&*winner, &*loser].map(|contender| self.cursors[contender.cursor as usize].ngram());
                let shared = winner.shared as usize;
                let (a, b) = (&a[shared..], &b[shared..]);
                let same = crate::count::common_prefix(a, b);
                if a.get(same) > b.get(same) {
                    swap(winner, loser);
                }
                loser.shared = (shared + same) as u32;
            }
        }
    }
}

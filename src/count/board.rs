use std::mem::take;

use super::answer::{Place, Sort};
use super::ranks::{self, Number, Ranked};
use super::table::Names;

/// Rows on their way into the answer. Where only the first few are wanted it never holds more than twice as many: ten rows
/// of a million need one pass over the million, not its order.
pub(super) struct Board<'n, N> {
    names: &'n Names,
    /// Whether the largest number comes first. Otherwise rows stay in the order in which they come.
    by_number: bool,
    top: usize,
    width: usize,
    rows: Vec<Ranked>,
    years: Vec<u32>,
    numbers: Vec<N>,
}

/// With fewer rows than this nothing is gained by putting some of them away.
const ROOM: usize = 1024;

impl<'n, N: Number> Board<'n, N> {
    pub(super) fn new(
        names: &'n Names,
        sort: Option<Sort>,
        top: Option<usize>,
        width: usize,
        numbers: Vec<N>,
    ) -> Self {
        let by_number = sort == Some(Sort::Matches);
        let top = top.unwrap_or(usize::MAX);
        Self { names, by_number, top, width, rows: Vec::new(), years: Vec::new(), numbers }
    }

    /// Whether no further row can be among the first ones.
    pub(super) fn is_full(&self) -> bool {
        !self.by_number && self.rows.len() >= self.top
    }

    /// A row whose numbers are on the board already.
    pub(super) fn place(&mut self, slot: u32, at: usize) {
        let number = self.numbers[at * self.width];
        let at = u32::try_from(at).expect("fewer than 2^32 rows");
        self.rows.push(Ranked::by_number(Place { slot, at }, number));
        if self.rows.len() >= ROOM.max(self.top.saturating_mul(2)) {
            self.keep();
        }
    }

    /// A row with its numbers.
    pub(super) fn push(&mut self, slot: u32, year: Option<u32>, numbers: &[N]) {
        let at = self.numbers.len() / self.width;
        self.years.extend(year);
        self.numbers.extend_from_slice(numbers);
        self.place(slot, at);
        // The numbers of rows that were put away go too.
        if self.numbers.len() / self.width > 2 * self.rows.len().max(ROOM) {
            self.gather();
        }
    }

    /// Keeps the first rows of the order.
    fn keep(&mut self) {
        if self.top < self.rows.len() {
            if self.by_number {
                self.rows.select_nth_unstable_by(self.top, |a, b| a.compare(b, self.names));
            }
            self.rows.truncate(self.top);
        }
    }

    /// Moves the years and numbers of the rows together. The years of an n-gram stay in their order, which is that of
    /// their places.
    fn gather(&mut self) {
        let mut order: Vec<u32> = (0..self.rows.len() as u32).collect();
        order.sort_unstable_by_key(|&row| self.rows[row as usize].place.at);
        let mut years = Vec::with_capacity(if self.years.is_empty() { 0 } else { self.rows.len() });
        let mut numbers = Vec::with_capacity(self.rows.len() * self.width);
        for (new, row) in (0..).zip(order) {
            let place = &mut self.rows[row as usize].place;
            let at = place.at as usize;
            years.extend(self.years.get(at));
            numbers.extend_from_slice(&self.numbers[at * self.width..(at + 1) * self.width]);
            place.at = new;
        }
        self.years = years;
        self.numbers = numbers;
    }

    /// The rows in their order. No two are equal but those of a word that was asked for twice, so an unstable sort
    /// gives one answer.
    pub(super) fn finish(mut self) -> (Vec<Place>, Vec<u32>, Vec<N>) {
        self.keep();
        if self.by_number {
            ranks::sort_by_number(&mut self.rows, self.names);
        }
        if self.top < usize::MAX {
            self.gather();
        }
        // Both are aligned alike, so the places stay where they are and half of the memory goes back.
        let places = take(&mut self.rows).into_iter().map(|row| row.place).collect();
        (places, self.years, self.numbers)
    }
}

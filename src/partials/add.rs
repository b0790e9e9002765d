//! The two steps behind the map step, each from a [`Reader`] to whoever takes the sums.

use std::io;

use super::{PartialsError, Reader, Sorted};
use crate::count::{Answer, Combiner, Order, Partial, Plan, Reducer, Sort};

/// Takes sums to where they belong; `by_year` and the number of sums are those of the plan.
pub type Emit<'a> = dyn FnMut(&Partial, &Plan) -> io::Result<()> + 'a;

/// Adds rows up as far as `bytes` of memory go, and hands on what that gives: the same sums in fewer rows, in the order in
/// which their n-grams first came.
///
/// # Errors
/// What is wrong with the rows, or [`PartialsError::Write`].
pub fn combine(reader: &mut Reader, bytes: usize, emit: &mut Emit<'_>) -> Result<(), PartialsError> {
    let mut combiner = None;
    while let Some(block) = reader.next_block()? {
        let combiner = combiner.get_or_insert_with(|| Combiner::new(&reader.plan(), bytes));
        if let Some(done) = combiner.merge(&block.rows)? {
            emit(&done, &reader.plan()).map_err(PartialsError::Write)?;
        }
    }
    match combiner {
        Some(combiner) => emit(&combiner.finish(), &reader.plan()).map_err(PartialsError::Write),
        None => Ok(()),
    }
}

/// Adds up all rows, in the memory that their n-grams take. The answer is sorted by the bytes of the n-grams, then by year.
///
/// # Errors
/// What is wrong with the rows.
pub fn reduce(reader: &mut Reader) -> Result<Answer, PartialsError> {
    let mut reducer = None;
    while let Some(block) = reader.next_block()? {
        let reducer = reducer.get_or_insert_with(|| Reducer::new(&reader.plan()));
        reducer.merge(&block.rows)?;
    }
    let plan = reader.plan();
    let order = Order { by_year: plan.by_year, sort: Some(Sort::Ngram), ..Order::default() };
    Ok(reducer.unwrap_or_else(|| Reducer::new(&plan)).finish(&order)?)
}

/// Adds up rows that come sorted, in the memory of one n-gram with its years, and hands on the sums.
///
/// # Errors
/// What is wrong with the rows, among that a row that is out of order; or [`PartialsError::Write`].
pub fn reduce_sorted(reader: &mut Reader, emit: &mut Emit<'_>) -> Result<(), PartialsError> {
    let mut sorted = None;
    while let Some(block) = reader.next_block()? {
        let sorted = sorted.get_or_insert_with(|| Sorted::new(&reader.plan()));
        let done = sorted.add(&block, reader.source(block.file))?;
        emit(&done, &reader.plan()).map_err(PartialsError::Write)?;
    }
    match sorted {
        Some(sorted) => emit(&sorted.finish(), &reader.plan()).map_err(PartialsError::Write),
        None => Ok(()),
    }
}

//! The combine step and the reduce step, from a [`PartialsReader`] to a function that takes the sums.

use std::io;

use super::error::PartialsError;
use super::reader::PartialsReader;
use super::sorted_reducer::SortedReducer;
use crate::count::{Answer, AnswerOptions, Combiner, Partial, Plan, Sort};
use crate::spill::{MemoryRules, SpillingReducer};

/// Function that takes sums; their number, and whether they are by year, is in the plan.
pub type Emit<'a> = dyn FnMut(&Partial, &Plan) -> io::Result<()> + 'a;

/// Sums rows within `bytes` of memory and emits them: the same sums in fewer rows, in the order in which their n-grams
/// first came.
///
/// # Errors
/// Any error of the reader, an overflow, or [`PartialsError::Write`].
pub fn combine(reader: &mut PartialsReader, bytes: usize, emit: &mut Emit<'_>) -> Result<(), PartialsError> {
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

/// Sums all rows, in memory and, beyond that, in temporary files. The answer is sorted by the bytes of the n-grams, then by year.
///
/// # Errors
/// Any error of the reader, an overflow, or of a temporary file.
pub fn reduce(reader: &mut PartialsReader, memory: &MemoryRules) -> Result<Answer, PartialsError> {
    let new_reducer = |reader: &PartialsReader| {
        let plan = reader.plan();
        let order =
            AnswerOptions { by_year: plan.by_year, sort: Some(Sort::Ngram), ..AnswerOptions::default() };
        SpillingReducer::new(&plan, &order, memory, 1)
    };
    let mut reducer = None;
    while let Some(block) = reader.next_block()? {
        reducer.get_or_insert_with(|| new_reducer(reader)).merge(&block.rows, Vec::new())?;
    }
    let mut reducer = reducer.unwrap_or_else(|| new_reducer(reader));
    reducer.run_tasks()?;
    Ok(reducer.finish()?.0)
}

/// Sums sorted rows in the memory of one n-gram with its years, and emits the sums.
///
/// # Errors
/// Any error of the reader, an overflow, [`PartialsError::Unsorted`], or [`PartialsError::Write`].
pub fn reduce_sorted(reader: &mut PartialsReader, emit: &mut Emit<'_>) -> Result<(), PartialsError> {
    let mut sorted = None;
    while let Some(block) = reader.next_block()? {
        let sorted = sorted.get_or_insert_with(|| SortedReducer::new(&reader.plan()));
        let done = sorted.add(&block, reader.source(block.file))?;
        emit(&done, &reader.plan()).map_err(PartialsError::Write)?;
    }
    match sorted {
        Some(sorted) => emit(&sorted.finish(), &reader.plan()).map_err(PartialsError::Write),
        None => Ok(()),
    }
}

//! Value that a pool shares with all its workers, and the state that each worker builds from it.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use serde::de::DeserializeOwned;

use crate::task::TaskError;
use crate::wire;

/// In a worker process, the encoded value if the pool shares one. Empty in any other process.
static PROCESS_VALUE: OnceLock<Option<Vec<u8>>> = OnceLock::new();

thread_local! {
    static STATES: RefCell<BTreeMap<TypeId, Rc<dyn Any>>> = const { RefCell::new(BTreeMap::new()) };
    /// In a thread of a thread pool, the encoded value of that pool.
    static THREAD_VALUE: RefCell<Option<Arc<Vec<u8>>>> = const { RefCell::new(None) };
}

/// Sets the shared value of this worker process.
pub(super) fn set_process_value(bytes: Option<Vec<u8>>) {
    PROCESS_VALUE.get_or_init(|| bytes);
}

/// Sets the shared value of this thread of a thread pool.
pub(crate) fn set_thread_value(bytes: Option<Arc<Vec<u8>>>) {
    THREAD_VALUE.set(bytes);
}

/// The worker's own state, built from the value that the pool shares (`Pool::builder().share(…)`).
///
/// `build` runs at the first call in each worker. Later calls for the same type return the same state.
///
/// # Errors
/// The pool shares no value, or a value of another type.
///
/// ```
/// use procpool::{Pool, Task, TaskError};
///
/// struct Lookup;
/// impl Task for Lookup {
///     const NAME: &'static str = "lookup";
///     type Input = usize;
///     type Output = String;
///     fn run(at: usize) -> Result<String, TaskError> {
///         let words = procpool::worker_state(|text: String| text.split(' ').map(str::to_owned).collect::<Vec<_>>())?;
///         words.get(at).cloned().ok_or_else(|| TaskError::new("no such word"))
///     }
/// }
///
/// procpool::serve_if_worker(&[Lookup::ENTRY]);
/// let pool = Pool::builder().workers(1).share(&"zero one two".to_owned())?.build()?;
/// assert_eq!(pool.apply::<Lookup>(2)?, "two");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn worker_state<S: DeserializeOwned, T: 'static>(build: impl FnOnce(S) -> T) -> Result<Rc<T>, TaskError> {
    let key = TypeId::of::<T>();
    let known = STATES.with_borrow(|states| states.get(&key).cloned());
    if let Some(state) = known.and_then(|state| state.downcast().ok()) {
        return Ok(state);
    }
    let value = match PROCESS_VALUE.get() {
        Some(bytes) => decode_shared(bytes.as_deref()),
        None => THREAD_VALUE.with_borrow(|bytes| decode_shared(bytes.as_ref().map(|bytes| bytes.as_slice()))),
    }?;
    let state = Rc::new(build(value));
    STATES.with_borrow_mut(|states| states.insert(key, state.clone()));
    Ok(state)
}

fn decode_shared<S: DeserializeOwned>(bytes: Option<&[u8]>) -> Result<S, TaskError> {
    let bytes = bytes.ok_or_else(|| TaskError::new("the pool shares no value with its workers"))?;
    wire::decode(bytes).map_err(|error| TaskError::new(format!("the value that the pool shares: {error}")))
}

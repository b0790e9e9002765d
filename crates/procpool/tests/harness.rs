//! Pools in a `#[test]`: this file has the usual test harness, whose `main` knows no workers.

mod support;

use std::path::PathBuf;
use std::time::Duration;

use procpool::{Pool, PoolError, Task, ThreadPool, serve_if_worker};
use support::{Square, TASKS};

/// The example `squares`, a program whose `main` begins with `serve_if_worker` and which has a task of this name.
fn program() -> PathBuf {
    let us = std::env::current_exe().unwrap();
    us.ancestors().nth(2).unwrap().join("examples").join("squares")
}

#[test]
fn a_pool_in_a_test_is_refused_with_what_to_do() {
    // No other test of this file calls serve_if_worker.
    let error = Pool::builder().build().err().unwrap();
    assert!(matches!(error, PoolError::NotServing), "{error}");
    assert!(error.to_string().ends_with("; for a #[test], see PoolBuilder::program"), "{error}");
    let call = || {
        serve_if_worker(TASKS);
        Pool::builder().build().err().unwrap()
    };
    let error = std::thread::Builder::new().name("a_test".into()).spawn(call).unwrap().join().unwrap();
    assert_eq!(
        error.to_string(),
        "serve_if_worker was called on the thread `a_test`: main has to begin with it, or copies of this program \
         cannot become workers; for a #[test], see PoolBuilder::program"
    );
}

#[test]
fn a_test_program_that_is_started_as_a_worker_says_what_is_wrong() {
    let us = std::env::current_exe().unwrap();
    let builder = Pool::builder().workers(1).program(us).max_restarts(0, Duration::from_secs(10));
    let failure = builder.echo_stderr(false).build().unwrap().apply::<Square>(1).unwrap_err().to_string();
    assert!(failure.contains("Unrecognized option: 'procpool-worker'"), "{failure}");
    assert!(
        failure.ends_with("; does main begin with serve_if_worker, before it reads or prints anything?"),
        "{failure}"
    );
}

#[test]
fn a_test_can_name_a_program_that_serves_its_tasks() {
    let program = program();
    assert!(program.exists(), "{} is not built", program.display());
    let pool = Pool::builder().workers(2).program(program).build().unwrap();
    assert_eq!(pool.map::<Square>(0..4).unwrap(), [0, 1, 4, 9]);
    assert_eq!(Square::run(3), Ok(9));
    assert_eq!(ThreadPool::builder().workers(2).build().unwrap().map::<Square>(0..4).unwrap(), [0, 1, 4, 9]);
}

//! Programs that do not start, tasks that workers do not know, and the restart budget.

use super::*;

const HINT: &str = "does main begin with serve_if_worker, before it reads or prints anything?";

/// A shell script that is deleted when it is dropped.
struct Script(PathBuf);

impl Script {
    fn new(lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap().keep();
        let path = folder.join("program");
        std::fs::File::create(&path).unwrap().write_all(lines.as_bytes()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        Script(path)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn start(program: &Path) -> (Ending, Duration) {
    let (since, within) = (Instant::now(), Duration::from_secs(10));
    let builder = builder(2).program(program).start_timeout(200 * MS).max_restarts(3, within);
    let pool = build(builder);
    let why = gave_up(pool.apply::<Square>(1).unwrap_err());
    assert_eq!(why.cause, GiveUpCause::Restarts { deaths: 4, within });
    (why.last.clone().unwrap().ending, since.elapsed())
}

fn start_trials() -> Vec<Trial> {
    vec![
        trial("a program that is not there, or may not be run", || {
            let (ending, took) = start(Path::new("/no/such/program"));
            let reason = "/no/such/program: No such file or directory (os error 2)".to_owned();
            assert_eq!(ending, Ending::CouldNotStart { reason });
            assert!(took < 1000 * MS, "{took:?}");
            let (ending, _) = start(Path::new("/dev/null"));
            let reason = "/dev/null: Permission denied (os error 13)".to_owned();
            assert_eq!(ending, Ending::CouldNotStart { reason });
        }),
        trial("a program that exits at once, and one that reports why", || {
            let script = Script::new("#!/bin/sh\nexit 0\n");
            let reason = format!("exit status: 0 before its hello; {HINT}");
            assert_eq!(start(&script.0).0, Ending::CouldNotStart { reason });
            let script = Script::new("#!/bin/sh\necho no licence >&2\nexit 4\n");
            let reason = "exit status: 4 before its hello: no licence".to_owned();
            assert_eq!(start(&script.0).0, Ending::CouldNotStart { reason });
        }),
        trial("a program that is no worker and prints", || {
            let script = Script::new("#!/bin/sh\necho hello, this is some other program\nsleep 1000\n");
            let Ending::BrokenProtocol { what } = start(&script.0).0 else { panic!() };
            assert!(
                what.starts_with("a frame begins with [68, 65, 6c, 6c]") && what.ends_with(HINT),
                "{what}"
            );
        }),
        trial("a program that hangs at its start", || {
            let script = Script::new("#!/bin/sh\nexec sleep 1000\n");
            let (ending, took) = start(&script.0);
            let reason = format!("no hello within 0.2 s; {HINT}");
            assert_eq!(ending, Ending::CouldNotStart { reason });
            assert!(took < 2000 * MS, "{took:?}");
        }),
        trial("a program that starts at its third try, one that times out among the others", || {
            let folder = tempfile::tempdir().unwrap();
            let script = Script::new(&format!(
                "#!/bin/sh\nmkdir {0}/1 2>/dev/null && exit 7\nmkdir {0}/2 2>/dev/null && kill -STOP $$\nexec {1} \"$@\"\n",
                folder.path().display(),
                std::env::current_exe().unwrap().display()
            ));
            let limit = Duration::from_secs(1);
            let pool = build(builder(1).program(&script.0).start_timeout(limit).max_restarts(2, 10 * limit));
            assert_eq!(pool.map::<Square>(0..3).unwrap(), [0, 1, 4]);
            assert_eq!((pool.stats().started, pool.stats().restarts), (3, 2));
        }),
        trial("a pool whose workers do not all start goes on with the others", || {
            let folder = tempfile::tempdir().unwrap();
            let script = Script::new(&format!(
                "#!/bin/sh\nmkdir {}/only 2>/dev/null || exit 7\nexec {} \"$@\"\n",
                folder.path().display(),
                std::env::current_exe().unwrap().display()
            ));
            let pool = build(builder(3).program(&script.0).max_restarts(2, Duration::from_secs(10)));
            let naps = (0..30).map(|_| Behavior::Sleep(10 * MS));
            assert_eq!(pool.map::<Behave>(naps).unwrap(), [0; 30]);
            assert_eq!((pool.stats().most_ready, pool.stats().refusal), (1, None));
        }),
        trial("a program that forgets to become a worker", || {
            let script = Script::new(&format!(
                "#!/bin/sh\nPROCPOOL_TEST_FORGETS=1 exec {} \"$@\"\n",
                std::env::current_exe().unwrap().display()
            ));
            let Ending::CouldNotStart { reason } = start(&script.0).0 else { panic!() };
            assert_eq!(reason, format!("exit status: 1 before its hello: {}", PoolError::Nested));
        }),
        trial("a task that workers do not know fails, and other tasks do not", || {
            // The parent knows the list of its own program; of another program only the workers know it.
            let same_program = builder(1);
            let named_program = builder(1).program(std::env::current_exe().unwrap());
            for pool in [build(same_program), build(named_program)] {
                for n in 0..3 {
                    let Err(Failure::Task(error)) = pool.apply::<Unknown>(()) else { panic!() };
                    let text = "the task `unknown` is not among those that main gives to serve_if_worker";
                    assert_eq!(error.to_string(), text);
                    assert_eq!(pool.apply::<Square>(n).unwrap(), n * n);
                }
                assert_eq!((pool.stats().started, pool.stats().attempts), (1, 3));
            }
        }),
        trial("a pool that requires a task that workers do not know is not built", || {
            let error = builder(1).require(&[Square::ENTRY, Unknown::ENTRY]).build().err().unwrap();
            assert!(matches!(error, PoolError::TaskNotServed { name: "unknown" }), "{error}");
        }),
    ]
}

fn budget_trials() -> Vec<Trial> {
    vec![trial("a restart budget that is spent ends the pool with the last cause", || {
        let window = Duration::from_secs(10);
        let pool = build(builder(1).max_restarts(3, window).retries(100));
        assert_eq!(pool.apply::<Square>(2).unwrap(), 4);
        let why = gave_up(pool.apply::<Behave>(Behavior::Exit(9)).unwrap_err());
        assert_eq!(why.cause, GiveUpCause::Restarts { deaths: 4, within: window });
        assert_eq!(why.last.as_ref().unwrap().ending, Ending::Exited { code: 9 });
        assert_eq!(why.last.as_ref().unwrap().attempt, 4);
        assert_eq!(
            why.to_string(),
            "gave up: a worker died 4 times within 10 s without finishing a task: exited with code 9"
        );
        gave_up(pool.apply::<Square>(3).unwrap_err());
        assert!(children().is_empty());
    })]
}

pub fn trials() -> Vec<Trial> {
    start_trials().into_iter().chain(budget_trials()).collect()
}

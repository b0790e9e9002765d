//! Deaths of workers: by each other, with their parent, again and again.

use super::*;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("workers that kill each other", || {
            let pool = build(builder(3).retries(1000));
            let behaviors =
                (0..30).map(|n| if n % 3 == 0 { Behavior::RaiseElsewhere(9) } else { Behavior::Answer(n) });
            let answers = pool.map::<Behave>(behaviors).unwrap();
            assert_eq!(answers, (0..30).map(|n| if n % 3 == 0 { 0 } else { n }).collect::<Vec<_>>());
        }),
        trial("a parent killed with SIGKILL leaves no worker, even if they spin", || {
            let mut parent = Command::new(std::env::current_exe().unwrap());
            let mut parent = parent.arg("--spin").stdout(Stdio::null()).spawn().unwrap();
            let id = parent.id() as i32;
            let mut workers = BTreeSet::new();
            within(5000 * MS, "three workers", || {
                workers = children_of(id);
                workers.len() == 3
            });
            std::thread::sleep(100 * MS);
            // One of them is stopped as well.
            raise(pid(*workers.first().unwrap()), 19);
            parent.kill().unwrap();
            parent.wait().unwrap();
            within(2000 * MS, "all workers die", || !workers.iter().any(|&worker| lives(worker)));
        }),
        trial("results count once while workers are killed and stopped", || {
            let pool = build(builder(3).retries(1000).task_timeout(Some(Duration::from_secs(5))));
            let killer = Killer::start(&[9, 19], 7 * MS);
            let mut squares: Vec<u64> =
                pool.imap_unordered::<Square>(0..3000).collect::<Result<_, _>>().unwrap();
            let killed = killer.stop();
            squares.sort_unstable();
            assert_eq!(squares, (0..3000).map(|n| n * n).collect::<Vec<_>>());
            let batches = pool.chunked(100).map::<Square>(0..3000).unwrap();
            assert_eq!(batches, squares);
            assert!(killed > 0);
            assert_eq!(pool.stats().failed, 0);
        }),
        trial("new tasks while a worker is being killed", || {
            let pool = build(builder(2).retries(1000));
            let killer = Killer::start(&[9], 2 * MS);
            let squares = (0..300).map(|n| (n * n, pool.submit::<Square>(n))).collect::<Vec<_>>();
            for (square, handle) in squares {
                assert_eq!(handle.wait().unwrap(), square);
            }
            killer.stop();
        }),
        trial("many restarts", || {
            let chaos = "exit@running=1,seed=3".parse().unwrap();
            let pool = build(builder(2).retries(1).chaos(chaos).backoff(MS));
            assert_eq!(pool.map::<Square>(0..100).unwrap()[99], 9801);
            let stats = pool.stats();
            assert_eq!((stats.attempts, stats.retried, stats.finished), (200, 100, 100));
            assert!(stats.restarts >= 99, "{stats:?}");
        }),
        trial("a worker for each task", || {
            let pool = build(builder(2).max_tasks_per_worker(Some(1)));
            let pids = pool.map::<Behave>((0..20).map(|_| Behavior::Pid)).unwrap();
            assert_eq!(pids.into_iter().collect::<BTreeSet<_>>().len(), 20);
            let stats = pool.stats();
            assert_eq!((stats.attempts, stats.restarts), (20, 0));
        }),
        trial("kills are told as kills by a parent that was started with SIGCHLD ignored", || {
            let mut parent = Command::new("env");
            let parent = parent.arg("--ignore-signal=CHLD").arg(std::env::current_exe().unwrap());
            let output = parent.arg("--kills").output().unwrap();
            let output = String::from_utf8(output.stdout).unwrap();
            let [ignored, rest @ ..] = &output.lines().collect::<Vec<_>>()[..] else { panic!("{output}") };
            assert!(u64::from_str_radix(ignored[7..].trim(), 16).unwrap() & (1 << 16) != 0, "{ignored}");
            assert_eq!(rest, ["signal 9, SIGKILL", "exited with code 3"]);
        }),
        trial("a worker that was retired and is stopped frees its slot", || {
            let chaos = "stop@after-result=1".parse().unwrap();
            let pool = build(builder(1).max_tasks_per_worker(Some(1)).chaos(chaos));
            assert_eq!(pool.map::<Square>(0..3).unwrap(), [0, 1, 4]);
        }),
    ]
}

//! Cancelled tasks and the record of attempts.

use super::*;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("cancel of a task in line, of one that runs, and of one that has ended", || {
            let pool = build(builder(1));
            let running = pool.submit::<Behave>(Behavior::Spin);
            within(2000 * MS, "it runs", || pool.stats().attempts == 1);
            let queued = pool.submit::<Behave>(Behavior::Answer(1));
            let ended = pool.submit::<Behave>(Behavior::Answer(2));
            queued.cancel();
            assert!(matches!(queued.wait(), Err(Failure::Cancelled)));
            let worker = *children().first().unwrap();
            running.cancel();
            assert!(matches!(running.wait(), Err(Failure::Cancelled)));
            within(2000 * MS, "its worker dies", || !lives(worker));
            within(2000 * MS, "the next one ends", || ended.is_done());
            ended.cancel();
            assert_eq!(ended.wait().unwrap(), 2);
            assert_eq!(pool.stats().restarts, 0, "a cancelled task is no crash");
        }),
        trial("cancel of a task that is being written", || {
            let pool = build(builder(1));
            let large = pool.submit::<Echo>(ByteBuf::from(vec![7; 50 << 20]));
            within(2000 * MS, "a worker", || !children().is_empty());
            large.cancel();
            assert!(matches!(large.wait(), Err(Failure::Cancelled)));
            assert_eq!(pool.apply::<Square>(5).unwrap(), 25);
        }),
        trial("a lazy iterator that is dropped calls the rest off", || {
            let pool = build(builder(2));
            let behaviors = [Behavior::Answer(1)].into_iter().chain((0..100).map(|_| Behavior::Spin));
            let mut answers = pool.imap::<Behave>(behaviors);
            assert_eq!(answers.next().unwrap().unwrap(), 1);
            drop(answers);
            assert_eq!(pool.map::<Square>(0..4).unwrap(), [0, 1, 4, 9]);
        }),
        trial("each attempt has its line in the record, cancelled and stopped ones too", || {
            let lines = Arc::new(Mutex::new(Vec::<Attempt>::new()));
            let ours = lines.clone();
            let pool = build(builder(2).retries(1).on_attempt(move |attempt| {
                ours.lock().unwrap().push(attempt.clone());
                // What goes wrong here is not to cost the pool anything.
                assert_ne!(attempt.task, 0, "a panic in the record");
            }));
            assert_eq!(pool.apply::<Behave>(Behavior::Answer(1)).unwrap(), 1);
            pool.apply::<Behave>(Behavior::Exit(1)).unwrap_err();
            let spinning = pool.submit::<Behave>(Behavior::Spin);
            within(2000 * MS, "it runs", || pool.stats().attempts == 4);
            spinning.cancel();
            assert_eq!(pool.apply::<Behave>(Behavior::Answer(1)).unwrap(), 1);
            let stopped = pool.submit::<Behave>(Behavior::Spin);
            within(2000 * MS, "it runs", || pool.stats().attempts == 6);
            let attempts = pool.stats().attempts;
            drop(pool);
            assert!(matches!(stopped.wait(), Err(Failure::Stopped)));
            let lines = lines.lock().unwrap();
            let outcomes: BTreeSet<_> = lines.iter().map(|line| (line.task, line.outcome)).collect();
            let wanted = [(0, "done"), (1, "exited"), (2, "cancelled"), (3, "done"), (4, "stopped")];
            assert_eq!((outcomes, lines.len() as u64), (wanted.into(), attempts));
            assert!(lines.iter().all(|line| line.queued <= line.started && line.started <= line.ended));
        }),
    ]
}

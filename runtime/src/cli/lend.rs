//! What the command line lends the compiler: threads for large projects, a stopwatch for `--timings`, an ear for `--dump-smt`.
//!
//! Knows nothing of what is compiled. Whatever is lent, the findings are the same. Start at [`Lent`].

use crate::clock;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use wayline_compiler::host::{Host, Question, Stage};

/// Fewer jobs than this are not worth a thread more.
const JOBS_PER_THREAD: usize = 64;
/// As much as the first thread has: the parser recurses.
const STACK_BYTES: usize = 8 << 20;

/// The time of a stage, and of each of its jobs by number.
pub(super) type Row = (Stage, Duration, Vec<(usize, Duration)>);

/// Whether questions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ear {
    /// All of them.
    Open,
    /// None.
    Closed,
}

/// What one compilation is lent.
pub(super) struct Lent {
    threads: usize,
    ear: Ear,
    watch: Mutex<Watch>,
    questions: Mutex<Vec<Question>>,
}

/// When stages and jobs began and ended.
struct Watch {
    /// The stage that runs, and since when.
    running: Option<(Stage, clock::Stopwatch)>,
    stages: BTreeMap<Stage, Duration>,
    /// Time of each job of the stages that have some.
    jobs: BTreeMap<Stage, Vec<(usize, Duration)>>,
}

impl Lent {
    /// As many threads as the machine has.
    pub(super) fn new(ear: Ear) -> Lent {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let watch = Watch { running: None, stages: BTreeMap::new(), jobs: BTreeMap::new() };
        Lent { threads, ear, watch: Mutex::new(watch), questions: Mutex::new(Vec::new()) }
    }

    /// The questions heard, in order.
    pub(super) fn questions(&self) -> Vec<Question> {
        std::mem::take(&mut *open(&self.questions))
    }

    /// Ends the last stage; the time of each stage, and of each job of it by number.
    pub(super) fn times(&self) -> Vec<Row> {
        let mut watch = open(&self.watch);
        watch.end();
        let (stages, jobs) = (std::mem::take(&mut watch.stages), std::mem::take(&mut watch.jobs));
        stages
            .into_iter()
            .map(|(stage, time)| (stage, time, jobs.get(&stage).cloned().unwrap_or_default()))
            .collect()
    }

    fn one(&self, number: usize, job: &(dyn Fn(usize) + Sync)) {
        let began = clock::Stopwatch::start();
        job(number);
        let took = began.elapsed();
        let mut watch = open(&self.watch);
        if let Some((stage, _)) = watch.running {
            watch.jobs.entry(stage).or_default().push((number, took));
        }
    }
}

fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch {
    fn end(&mut self) {
        if let Some((stage, since)) = self.running.take() {
            *self.stages.entry(stage).or_default() += since.elapsed();
        }
    }
}

impl Host for Lent {
    fn begins(&self, stage: Stage) {
        let mut watch = open(&self.watch);
        watch.end();
        watch.running = Some((stage, clock::Stopwatch::start()));
    }

    fn each(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        let threads = self.threads.min(count / JOBS_PER_THREAD);
        if threads < 2 {
            return (0..count).for_each(|number| self.one(number, job));
        }
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    break;
                }
                self.one(number, job);
            }
        };
        thread::scope(|scope| {
            // What cannot be started is done by the others.
            let started = (1..threads).filter_map(|_| {
                thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).ok()
            });
            let started: Vec<_> = started.collect();
            work();
            drop(started);
        });
    }

    fn listens(&self) -> bool {
        self.ear == Ear::Open
    }

    fn hears(&self, question: Question) {
        open(&self.questions).push(question);
    }
}

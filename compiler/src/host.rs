//! What whoever runs the compiler may lend it: other threads, a clock beside its stages, an ear for its questions.
//!
//! The compiler itself has neither threads nor a clock nor files. Whatever a host does, the outcome is the same: jobs are independent and
//! their results are taken in the order of their numbers. Start at [`Host`].

use std::sync::{Mutex, PoisonError};

/// A part of a compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Texts to trees: one job a file, std's first.
    Parse,
    /// Names, types, lowering.
    Resolve,
    /// The pass and the checks of each journey: one job a journey.
    Journeys,
    /// The checks over all journeys.
    Project,
    /// Bounds and promises.
    Bounds,
    /// Comments that silence warnings.
    Silence,
}

/// A question the decision procedure was asked, and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What it was about: a journey, or the project.
    pub about: String,
    /// The question as SMT-LIB 2.
    pub smt: String,
    /// `sat`, `unsat` or `unknown`.
    pub answer: &'static str,
}

/// What a compilation borrows. Every default is to have nothing.
pub trait Host: Sync {
    /// A stage begins; the one before has ended.
    fn begins(&self, _stage: Stage) {}

    /// Does the jobs 0 .. `count`, in any order, on any thread.
    fn each(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(job);
    }

    /// Whether it wants to hear questions; printing them takes time.
    fn listens(&self) -> bool {
        false
    }

    /// A question was asked; in the same order each time.
    fn hears(&self, _question: Question) {}
}

/// A host that lends nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Host for Alone {}

/// The results of the jobs 0 .. `count`, in their order.
pub(crate) fn map<T: Send>(host: &dyn Host, count: usize, job: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let done: Vec<Mutex<Option<T>>> = (0..count).map(|_| Mutex::new(None)).collect();
    host.each(count, &|number| {
        let result = job(number);
        if let Some(place) = done.get(number) {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        }
    });
    done.into_iter().filter_map(|place| place.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

//! The questions asked of the decision procedure, written down for whoever listens.
//!
//! Knows nothing of what they are about or where they go.

use crate::host::{Host, Question};
use crate::solve::{Formula, Outcome, Problem};
use std::sync::{Mutex, PoisonError};

/// The questions about one journey, in the order asked.
#[derive(Default)]
pub(crate) struct Questions(Mutex<Vec<(String, &'static str)>>);

impl Questions {
    /// Writes one down.
    pub(crate) fn asked<'f>(
        &self,
        problem: &Problem,
        formulas: impl Iterator<Item = &'f Formula>,
        outcome: &Outcome,
    ) {
        let answer = match outcome {
            Outcome::Sat(_) => "sat",
            Outcome::Unsat => "unsat",
            Outcome::Unknown => "unknown",
        };
        let text = problem.smt_lib(&Formula::and(formulas.cloned()));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((text, answer));
    }

    /// Tells them to the host.
    pub(crate) fn told(self, about: &str, host: &dyn Host) {
        for (smt, answer) in self.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
            host.hears(Question { about: about.to_owned(), smt, answer });
        }
    }
}

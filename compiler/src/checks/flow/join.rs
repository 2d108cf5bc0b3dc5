//! How states meet: what all of them know is kept, of the rest that one of them holds.

use super::{Cause, Flow, Guard, State};
use crate::ir::StepId;
use crate::solve::{Formula, Outcome};

/// Most alternatives a join keeps; beyond, it forgets them.
const MAX_ALTERNATIVES: usize = 16;

impl Flow<'_> {
    /// One state for all arrivals at a step.
    pub(super) fn join(&mut self, step: StepId, mut arrivals: Vec<State>) -> State {
        if arrivals.len() == 1 {
            return arrivals.swap_remove(0);
        }
        let common = arrivals.iter().map(|s| shared(&arrivals[0].guards, &s.guards)).min().unwrap_or(0);
        let rests: Vec<Formula> = arrivals
            .iter()
            .map(|s| Formula::and(s.guards[common..].iter().map(|g| g.formula.clone())))
            .collect();
        let first = arrivals[0].moment;
        let moment = if arrivals.iter().all(|s| s.moment == first) {
            first
        } else {
            let before = arrivals.iter().skip(1).fold(first, |a, s| self.encoder.common(a, s.moment));
            self.encoder.later(before)
        };
        let mut state = State {
            moment,
            guards: arrivals[0].guards[..common].to_vec(),
            least_ms: arrivals.iter().map(|s| s.least_ms).min().unwrap_or(0),
            most_ms: arrivals.iter().map(|s| s.most_ms).max().unwrap_or(0),
            known: arrivals.iter().map(|s| s.known).min().unwrap_or(0).min(common),
        };
        let all_known = arrivals.iter().all(|s| s.known >= s.guards.len());
        if rests.len() <= MAX_ALTERNATIVES {
            self.some_of(step, &mut state, rests);
        }
        if all_known {
            // Whoever got here by one of the ways satisfies what is kept of all.
            state.known = state.guards.len();
        }
        if state.moment != first {
            self.not_exited(&mut state);
        }
        state
    }

    /// One of the rests holds; left out where that is no news.
    fn some_of(&mut self, step: StepId, state: &mut State, rests: Vec<Formula>) {
        let some = Formula::or(rests);
        let none = some.clone().not();
        if self.ask(state, &[&none]) != Outcome::Unsat {
            self.guard(state, some, Cause::Join(step));
        }
    }
}

/// Number of leading guards two states share.
fn shared(left: &[Guard], right: &[Guard]) -> usize {
    left.iter().zip(right).take_while(|(l, r)| l.serial == r.serial).count()
}

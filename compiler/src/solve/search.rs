//! The search: unit propagation over the theories, then the shortest disjunction is split.

use super::difference::Differences;
use super::formula::{Atom, Formula, IntVar};
use super::strings::{Choice, Strings};
use super::{Model, Outcome, Problem};

/// What is known on the way down.
struct State {
    differences: Differences,
    bools: Vec<Option<bool>>,
    sets: Vec<u64>,
    strings: Strings,
}

/// The answer of a branch.
enum Answer {
    Sat(Model),
    Unsat,
    Spent,
}

struct Search<'p> {
    problem: &'p Problem,
    nodes_left: u32,
}

/// Whether all these formulas can hold together.
pub(super) fn solve(problem: &Problem, formulas: Vec<&Formula>, nodes: u32) -> Outcome {
    let all = if problem.constants.is_empty() {
        super::OTHER
    } else {
        ((1 << problem.constants.len()) - 1) | super::OTHER
    };
    let mut state = State {
        differences: Differences::new(problem.ints.max(1) as usize),
        bools: vec![None; problem.bools as usize],
        sets: problem.sets.iter().map(|&size| if size >= 64 { u64::MAX } else { (1 << size) - 1 }).collect(),
        strings: Strings::new(problem.texts as usize, all),
    };
    let mut search = Search { problem, nodes_left: nodes };
    match search.run(&mut state, formulas, Vec::new()) {
        Answer::Sat(model) => Outcome::Sat(model),
        Answer::Unsat => Outcome::Unsat,
        Answer::Spent => Outcome::Unknown,
    }
}

impl State {
    /// Takes an atom as true; false when that contradicts what is known.
    fn assume(&mut self, atom: Atom) -> bool {
        match atom {
            Atom::Difference { left, right, bound } => self.differences.add(left, right, bound),
            Atom::Truth(var, value) => {
                let known = &mut self.bools[var.0 as usize];
                *known.get_or_insert(value) == value
            }
            Atom::Member(var, positions) => {
                let mask = &mut self.sets[var.0 as usize];
                *mask &= positions;
                *mask != 0
            }
            Atom::Text(var, constants) => self.strings.narrow(var, constants),
            Atom::SameText(left, right) => self.strings.merge(left, right),
            Atom::OtherText(left, right) => self.strings.part(left, right),
        }
    }

    /// Whether an atom is already decided by what is known of single variables; differences are asked of the theory.
    fn decided(&mut self, atom: Atom) -> Option<bool> {
        match atom {
            Atom::Difference { left, right, bound } => self.decided_difference(left, right, bound),
            Atom::Truth(var, value) => self.bools[var.0 as usize].map(|known| known == value),
            Atom::Member(var, positions) => decided_mask(self.sets[var.0 as usize], positions),
            Atom::Text(var, constants) => decided_mask(self.strings.mask(var), constants),
            Atom::SameText(left, right) => self.decided_same(left, right),
            Atom::OtherText(left, right) => self.decided_same(left, right).map(|same| !same),
        }
    }

    fn decided_difference(&mut self, left: IntVar, right: IntVar, bound: i64) -> Option<bool> {
        let mark = self.differences.mark();
        if !self.differences.add(left, right, bound) {
            return Some(false);
        }
        self.differences.take_back(mark);
        if !self.differences.add(right, left, -bound - 1) {
            return Some(true);
        }
        self.differences.take_back(mark);
        None
    }

    fn decided_same(&self, left: super::TextVar, right: super::TextVar) -> Option<bool> {
        if self.strings.one(left, right) {
            return Some(true);
        }
        let (l, r) = (self.strings.mask(left), self.strings.mask(right));
        if l & r == 0 {
            return Some(false);
        }
        (l == r && l.is_power_of_two() && l != super::OTHER).then_some(true)
    }
}

fn decided_mask(known: u64, asked: u64) -> Option<bool> {
    if known & !asked == 0 {
        Some(true)
    } else if known & asked == 0 {
        Some(false)
    } else {
        None
    }
}

/// What a disjunction comes to under what is known.
enum Reduced<'f> {
    /// Some disjunct holds.
    Holds,
    /// These are left.
    Open(Vec<&'f Formula>),
}

impl Search<'_> {
    /// Satisfies every formula of `todo` and every disjunction of `open`.
    fn run<'f>(&mut self, state: &mut State, todo: Vec<&'f Formula>, open: Vec<Vec<&'f Formula>>) -> Answer {
        let Some(open) = Self::settle(state, todo, open) else { return Answer::Unsat };
        let Some(shortest) = open.iter().enumerate().min_by_key(|(_, or)| or.len()).map(|(i, _)| i) else {
            return self.finish(state);
        };
        let mut rest = open;
        let disjuncts = rest.swap_remove(shortest);
        let refuted: Vec<Option<Formula>> = disjuncts
            .iter()
            .map(|d| match d {
                Formula::Atom(atom) => Some(atom.negated()),
                Formula::True | Formula::False | Formula::And(_) | Formula::Or(_) => None,
            })
            .collect();
        for (position, disjunct) in disjuncts.iter().enumerate() {
            if self.nodes_left == 0 {
                return Answer::Spent;
            }
            self.nodes_left -= 1;
            // The earlier atomic disjuncts have been tried, so here they are false.
            let mut todo: Vec<&Formula> = refuted[..position].iter().flatten().collect();
            todo.push(disjunct);
            match self.branch(state, todo, rest.clone()) {
                Answer::Unsat => {}
                answer @ (Answer::Sat(_) | Answer::Spent) => return answer,
            }
        }
        Answer::Unsat
    }

    /// Runs with what is known saved and restored.
    fn branch(&mut self, state: &mut State, todo: Vec<&Formula>, open: Vec<Vec<&Formula>>) -> Answer {
        let mark = state.differences.mark();
        let saved = (state.bools.clone(), state.sets.clone(), state.strings.clone());
        let answer = self.run(state, todo, open);
        state.differences.take_back(mark);
        (state.bools, state.sets, state.strings) = saved;
        answer
    }

    /// Takes conjunctions apart and reduces disjunctions until nothing changes; `None` on a contradiction.
    fn settle<'f>(
        state: &mut State,
        mut todo: Vec<&'f Formula>,
        mut open: Vec<Vec<&'f Formula>>,
    ) -> Option<Vec<Vec<&'f Formula>>> {
        loop {
            while let Some(formula) = todo.pop() {
                match formula {
                    Formula::True => {}
                    Formula::False => return None,
                    Formula::Atom(atom) => {
                        if !state.assume(*atom) {
                            return None;
                        }
                    }
                    Formula::And(parts) => todo.extend(parts),
                    Formula::Or(parts) => open.push(parts.iter().collect()),
                }
            }
            let mut left = Vec::with_capacity(open.len());
            for or in open {
                match Self::reduce(state, or) {
                    Reduced::Holds => {}
                    Reduced::Open(rest) => match rest.len() {
                        0 => return None,
                        1 => todo.extend(rest),
                        _ => left.push(rest),
                    },
                }
            }
            open = left;
            if todo.is_empty() {
                return Some(open);
            }
        }
    }

    /// Drops refuted disjuncts.
    fn reduce<'f>(state: &mut State, or: Vec<&'f Formula>) -> Reduced<'f> {
        let mut rest = Vec::with_capacity(or.len());
        for disjunct in or {
            match Self::decided(state, disjunct) {
                Some(true) => return Reduced::Holds,
                Some(false) => {}
                None => rest.push(disjunct),
            }
        }
        Reduced::Open(rest)
    }

    /// Whether a disjunct is decided: an atom, or a conjunction whose atoms are.
    fn decided(state: &mut State, formula: &Formula) -> Option<bool> {
        match formula {
            Formula::True => Some(true),
            Formula::False => Some(false),
            Formula::Atom(atom) => state.decided(*atom),
            Formula::And(parts) => {
                let mut all = Some(true);
                for part in parts {
                    match part {
                        Formula::Atom(atom) => match state.decided(*atom) {
                            Some(false) => return Some(false),
                            Some(true) => {}
                            None => all = None,
                        },
                        Formula::True | Formula::False | Formula::And(_) | Formula::Or(_) => all = None,
                    }
                }
                all
            }
            Formula::Or(_) => None,
        }
    }

    /// Nothing is left to split but strings that differ over few constants; then the model.
    fn finish(&mut self, state: &mut State) -> Answer {
        let Some((var, mask)) = state.strings.unsettled() else { return Answer::Sat(self.model(state)) };
        let mut bits = mask;
        while bits != 0 {
            let bit = 1 << bits.trailing_zeros();
            bits &= bits - 1;
            if self.nodes_left == 0 {
                return Answer::Spent;
            }
            self.nodes_left -= 1;
            let choice = Formula::Atom(Atom::Text(var, bit));
            match self.branch(state, vec![&choice], Vec::new()) {
                Answer::Unsat => {}
                answer @ (Answer::Sat(_) | Answer::Spent) => return answer,
            }
        }
        Answer::Unsat
    }

    fn model(&self, state: &State) -> Model {
        Model {
            ints: (0..self.problem.ints.max(1)).map(|i| state.differences.value(IntVar(i))).collect(),
            bools: state.bools.iter().map(|b| b.unwrap_or(false)).collect(),
            sets: state.sets.iter().map(|mask| mask.trailing_zeros()).collect(),
            texts: (0..self.problem.texts).map(|i| self.text(state, super::TextVar(i))).collect(),
        }
    }

    fn text(&self, state: &State, var: super::TextVar) -> String {
        match state.strings.choose(var) {
            Choice::Constant(bit) => self.problem.constants[bit as usize].clone(),
            Choice::Fresh(class) => {
                let mut fresh = format!("other{class}");
                while self.problem.constants.contains(&fresh) {
                    fresh.push('_');
                }
                fresh
            }
        }
    }
}

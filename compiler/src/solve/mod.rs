//! The decision procedure behind `check`: is there an assignment that makes this formula hold?
//!
//! DPLL over difference logic, closed sets, strings and truth values. Deterministic; a spent budget is [`Outcome::Unknown`], never
//! an answer. Start at [`Problem`], then `search`. It knows nothing of journeys, time zones or source text.

mod difference;
pub mod formula;
mod search;
mod smt;
mod strings;
pub mod variables;

pub use formula::{Atom, BoolVar, Formula, IntVar, MAX_CONSTANT, OTHER, SetVar, TextVar, ZERO};

/// Most branches a query may try.
pub const NODE_BUDGET: u32 = 20_000;

/// The variables and constants of one query.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    ints: u32,
    bools: u32,
    /// Number of members of each closed set.
    sets: Vec<u8>,
    texts: u32,
    constants: Vec<String>,
}

/// What a query comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It can hold, for instance so.
    Sat(Model),
    /// It cannot hold.
    Unsat,
    /// The budget was spent.
    Unknown,
}

/// An assignment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// Value of each integer variable.
    pub ints: Vec<i64>,
    /// Value of each truth value.
    pub bools: Vec<bool>,
    /// Position of each closed-set member.
    pub sets: Vec<u32>,
    /// Each string: a constant, or a fresh one.
    pub texts: Vec<String>,
}

impl Problem {
    /// A query without variables.
    #[must_use]
    pub fn new() -> Self {
        Self { ints: 1, ..Self::default() }
    }
    /// A new integer.
    pub fn int(&mut self) -> IntVar {
        self.ints = self.ints.max(1) + 1;
        IntVar(self.ints - 1)
    }
    /// A new truth value.
    pub fn bool(&mut self) -> BoolVar {
        self.bools += 1;
        BoolVar(self.bools - 1)
    }
    /// A new member of a closed set of `size`, 1 ..= 64.
    pub fn member(&mut self, size: u8) -> SetVar {
        self.sets.push(size.clamp(1, 64));
        SetVar(self.sets.len() as u32 - 1)
    }
    /// The number of members of a closed set.
    #[must_use]
    pub fn size(&self, var: SetVar) -> u8 {
        self.sets.get(var.0 as usize).copied().unwrap_or(0)
    }
    /// A new string.
    pub fn text(&mut self) -> TextVar {
        self.texts += 1;
        TextVar(self.texts - 1)
    }
    /// The bit of a string constant; beyond 63 constants `None`: the caller must treat the comparison as opaque.
    pub fn constant(&mut self, text: &str) -> Option<u64> {
        let position = match self.constants.iter().position(|c| c == text) {
            Some(position) => position,
            None if self.constants.len() < 63 => {
                self.constants.push(text.to_owned());
                self.constants.len() - 1
            }
            None => return None,
        };
        Some(1 << position)
    }
    /// The constants so far, by bit.
    #[must_use]
    pub fn constants(&self) -> &[String] {
        &self.constants
    }
    /// Whether the formula can hold.
    #[must_use]
    pub fn solve(&self, formula: &Formula) -> Outcome {
        self.solve_all([formula])
    }
    /// Whether all of them can hold together.
    #[must_use]
    pub fn solve_all<'f>(&self, formulas: impl IntoIterator<Item = &'f Formula>) -> Outcome {
        search::solve(self, formulas.into_iter().collect(), NODE_BUDGET)
    }
    /// A smallest subset (by deletion) of these conjuncts that cannot hold together with `rest`, as positions. Empty when `rest` alone
    /// is to blame; `None` when they can hold or nobody knows.
    #[must_use]
    pub fn core(&self, conjuncts: &[Formula], rest: &[Formula]) -> Option<Vec<usize>> {
        let holds = |kept: &[usize]| self.solve_all(kept.iter().map(|&i| &conjuncts[i]).chain(rest));
        let mut kept: Vec<usize> = (0..conjuncts.len()).collect();
        if holds(&kept) != Outcome::Unsat {
            return None;
        }
        let mut at = 0;
        while at < kept.len() {
            let mut without = kept.clone();
            without.remove(at);
            if holds(&without) == Outcome::Unsat {
                kept = without;
            } else {
                at += 1;
            }
        }
        Some(kept)
    }
    /// The query as SMT-LIB 2, to be compared with other solvers.
    #[must_use]
    pub fn smt_lib(&self, formula: &Formula) -> String {
        smt::print(self, formula)
    }
}

#[cfg(test)]
mod tests;

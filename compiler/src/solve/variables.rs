//! Which variables formulas are about: what shares none with a question has no say in it.

use super::formula::{Atom, Formula, ZERO};

/// A set of variables, by sort.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    ints: Vec<u64>,
    bools: Vec<u64>,
    sets: Vec<u64>,
    texts: Vec<u64>,
}

impl Variables {
    /// Takes those of a formula.
    pub fn take(&mut self, formula: &Formula) {
        match formula {
            Formula::True | Formula::False => {}
            Formula::Atom(atom) => each(*atom, |sort, number| set(self.of(sort), number)),
            Formula::And(parts) | Formula::Or(parts) => parts.iter().for_each(|part| self.take(part)),
        }
    }

    /// Whether a formula is about one of them. What is about no variable at all concerns every question.
    #[must_use]
    pub fn shares(&self, formula: &Formula) -> bool {
        match formula {
            Formula::True => false,
            Formula::False => true,
            Formula::Atom(atom) => {
                let mut shares = false;
                each(*atom, |sort, number| shares |= has(self.at(sort), number));
                shares
            }
            Formula::And(parts) | Formula::Or(parts) => parts.iter().any(|part| self.shares(part)),
        }
    }

    fn of(&mut self, sort: Sort) -> &mut Vec<u64> {
        match sort {
            Sort::Int => &mut self.ints,
            Sort::Bool => &mut self.bools,
            Sort::Set => &mut self.sets,
            Sort::Text => &mut self.texts,
        }
    }

    fn at(&self, sort: Sort) -> &[u64] {
        match sort {
            Sort::Int => &self.ints,
            Sort::Bool => &self.bools,
            Sort::Set => &self.sets,
            Sort::Text => &self.texts,
        }
    }
}

#[derive(Clone, Copy)]
enum Sort {
    Int,
    Bool,
    Set,
    Text,
}

/// The variables of an atom; zero is a constant and ties nothing together.
fn each(atom: Atom, mut visit: impl FnMut(Sort, u32)) {
    match atom {
        Atom::Difference { left, right, .. } => {
            for var in [left, right].into_iter().filter(|var| *var != ZERO) {
                visit(Sort::Int, var.0);
            }
        }
        Atom::Truth(var, _) => visit(Sort::Bool, var.0),
        Atom::Member(var, _) => visit(Sort::Set, var.0),
        Atom::Text(var, _) => visit(Sort::Text, var.0),
        Atom::SameText(left, right) | Atom::OtherText(left, right) => {
            visit(Sort::Text, left.0);
            visit(Sort::Text, right.0);
        }
    }
}

fn set(words: &mut Vec<u64>, number: u32) {
    let (word, bit) = (number as usize / 64, number % 64);
    if words.len() <= word {
        words.resize(word + 1, 0);
    }
    words[word] |= 1 << bit;
}

fn has(words: &[u64], number: u32) -> bool {
    words.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
}

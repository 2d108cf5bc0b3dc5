//! Strings with equality: a mask of possible constants per class of equal strings, and pairs that differ.
//!
//! Small-model property: besides the constants, each string may take a value of its own that equals nothing else, so
//! "something else" never runs out.

use super::formula::{OTHER, TextVar};

/// What is known of the strings.
#[derive(Clone, Debug)]
pub(super) struct Strings {
    /// Representative of each variable's class.
    class: Vec<u32>,
    /// Possible constants of each representative.
    mask: Vec<u64>,
    /// Pairs that differ.
    apart: Vec<(u32, u32)>,
}

impl Strings {
    /// Nothing known of this many strings; `all` are the bits in use.
    pub(super) fn new(variables: usize, all: u64) -> Self {
        Self { class: (0..variables as u32).collect(), mask: vec![all; variables], apart: Vec::new() }
    }

    fn find(&self, var: u32) -> u32 {
        self.class[var as usize]
    }

    /// Possible constants of a string.
    pub(super) fn mask(&self, var: TextVar) -> u64 {
        self.mask[self.find(var.0) as usize]
    }

    /// Whether two strings are known to be one.
    pub(super) fn one(&self, left: TextVar, right: TextVar) -> bool {
        self.find(left.0) == self.find(right.0)
    }

    /// Narrows a string; false when nothing is left.
    pub(super) fn narrow(&mut self, var: TextVar, constants: u64) -> bool {
        let class = self.find(var.0) as usize;
        self.mask[class] &= constants;
        self.mask[class] != 0 && self.consistent()
    }

    /// Makes two strings one; false when they cannot be.
    pub(super) fn merge(&mut self, left: TextVar, right: TextVar) -> bool {
        let (keep, gone) = (self.find(left.0), self.find(right.0));
        if keep == gone {
            return true;
        }
        self.mask[keep as usize] &= self.mask[gone as usize];
        for class in &mut self.class {
            if *class == gone {
                *class = keep;
            }
        }
        self.mask[keep as usize] != 0 && self.consistent()
    }

    /// Makes two strings differ; false when they cannot.
    pub(super) fn part(&mut self, left: TextVar, right: TextVar) -> bool {
        self.apart.push((left.0, right.0));
        self.consistent()
    }

    /// Removes a constant a string is fixed to from those it differs from, until nothing changes.
    fn consistent(&mut self) -> bool {
        let mut changed = true;
        while changed {
            changed = false;
            for at in 0..self.apart.len() {
                let (left, right) = self.apart[at];
                let (left, right) = (self.find(left) as usize, self.find(right) as usize);
                if left == right {
                    return false;
                }
                for (fixed, free) in [(left, right), (right, left)] {
                    let value = self.mask[fixed];
                    if value.is_power_of_two() && value != OTHER && self.mask[free] & value != 0 {
                        self.mask[free] &= !value;
                        changed = true;
                        if self.mask[free] == 0 {
                            return false;
                        }
                    }
                }
            }
        }
        true
    }

    /// A string that must still be split over its constants before the pairs that differ are settled: it has several and no way out.
    pub(super) fn unsettled(&self) -> Option<(TextVar, u64)> {
        self.apart.iter().flat_map(|&(left, right)| [left, right]).find_map(|var| {
            let mask = self.mask[self.find(var) as usize];
            (mask & OTHER == 0 && !mask.is_power_of_two()).then_some((TextVar(var), mask))
        })
    }

    /// One value per variable: a constant's bit, or a fresh string's class.
    pub(super) fn choose(&self, var: TextVar) -> Choice {
        let class = self.find(var.0);
        let mask = self.mask[class as usize];
        // "Something else" equals nothing, so it is always safe; a fixed constant was removed from whatever differs.
        if mask & OTHER != 0 { Choice::Fresh(class) } else { Choice::Constant(mask.trailing_zeros()) }
    }
}

/// What a string is in a model.
pub(super) enum Choice {
    /// This constant.
    Constant(u32),
    /// A string of its own.
    Fresh(u32),
}

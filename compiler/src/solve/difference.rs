//! Difference constraints `x - y <= c` with instant backtracking.
//!
//! A feasible assignment is kept at all times; adding a constraint repairs it (Cotton and Maler, "Fast and flexible difference
//! constraint propagation", SAT 2006). Taking constraints back needs no work: the assignment stays feasible.

use super::formula::IntVar;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// `to - from <= weight`, as an edge.
#[derive(Clone, Copy, Debug)]
struct Edge {
    from: u32,
    to: u32,
    weight: i64,
}

/// The constraints in force.
#[derive(Debug, Default)]
pub(super) struct Differences {
    edges: Vec<Edge>,
    /// Positions of the edges that leave each variable.
    leaving: Vec<Vec<u32>>,
    /// A value of each variable that satisfies every edge.
    value: Vec<i64>,
    // Scratch of `add`: how far each variable must still fall, and its new value.
    fall: Vec<i64>,
    moved: Vec<Option<i64>>,
}

/// How much to take back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark(usize);

impl Differences {
    /// No constraints over this many variables.
    pub(super) fn new(variables: usize) -> Self {
        Self {
            edges: Vec::new(),
            leaving: vec![Vec::new(); variables],
            value: vec![0; variables],
            fall: vec![0; variables],
            moved: vec![None; variables],
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.edges.len())
    }

    pub(super) fn take_back(&mut self, mark: Mark) {
        while self.edges.len() > mark.0 {
            if let Some(edge) = self.edges.pop() {
                self.leaving[edge.from as usize].pop();
            }
        }
    }

    /// The value of a variable relative to the constant zero.
    pub(super) fn value(&self, var: IntVar) -> i64 {
        self.value[var.0 as usize].saturating_sub(self.value[0])
    }

    /// Adds `left - right <= bound`; false, and nothing added, when that contradicts the others.
    pub(super) fn add(&mut self, left: IntVar, right: IntVar, bound: i64) -> bool {
        let edge = Edge { from: right.0, to: left.0, weight: bound };
        let reach = self.value[edge.from as usize].saturating_add(edge.weight);
        let slack = reach.saturating_sub(self.value[edge.to as usize]);
        if slack < 0 && !self.repair(edge, slack) {
            return false;
        }
        self.leaving[edge.from as usize].push(self.edges.len() as u32);
        self.edges.push(edge);
        true
    }

    /// Lowers the variables that the new edge pushes down, nearest first; false when it comes back to where it began.
    fn repair(&mut self, new: Edge, slack: i64) -> bool {
        let mut queue = BinaryHeap::new();
        let mut touched = vec![new.to];
        self.fall[new.to as usize] = slack;
        queue.push((Reverse(slack), new.to));
        let mut feasible = true;
        while let Some((Reverse(fall), at)) = queue.pop() {
            let at_index = at as usize;
            if self.moved[at_index].is_some() || fall > self.fall[at_index] || self.fall[at_index] >= 0 {
                continue;
            }
            if at == new.from {
                feasible = false;
                break;
            }
            let value = self.value[at_index].saturating_add(self.fall[at_index]);
            self.moved[at_index] = Some(value);
            self.fall[at_index] = 0;
            for &position in &self.leaving[at_index] {
                let edge = self.edges[position as usize];
                let to = edge.to as usize;
                if self.moved[to].is_some() {
                    continue;
                }
                let slack = value.saturating_add(edge.weight).saturating_sub(self.value[to]);
                if slack < self.fall[to] {
                    self.fall[to] = slack;
                    touched.push(edge.to);
                    queue.push((Reverse(slack), edge.to));
                }
            }
        }
        for var in touched {
            let var = var as usize;
            self.fall[var] = 0;
            if let Some(value) = self.moved[var].take()
                && feasible
            {
                self.value[var] = value;
            }
        }
        feasible
    }
}

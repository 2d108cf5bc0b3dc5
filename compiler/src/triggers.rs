//! Which entries of an event are worth a test: found by what they compare, so that cost grows with those that match.
//!
//! Conditions are split at `and`. Where several entries compare one slot with constants, the slot's value is looked up instead of testing each;
//! what is left of their conditions hangs below. Knows nothing of machine code: whoever walks decides what is left. Start at [`Index::new`].

use crate::eval::{Env, const_int};
use crate::ir::{CompareOp, Const, Entry, EventId, Expr, ExprId, ExprKind, JourneyId, Program, Source, Ty};
use crate::row::Row;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;

/// Groups up to this size are tested one after the other.
const FEW: usize = 4;
/// Longest `in` that is looked up: the entry is repeated for each constant.
const MOST_CASES: usize = 8;
/// Look-ups below look-ups.
const DEEPEST: usize = 4;
/// Operands beyond these are not split: a longer condition is one.
const MOST_TERMS: usize = 64;
/// No node.
const NONE: u32 = u32::MAX;

/// What is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key {
    /// The symbol of a text.
    Symbol(Source, u32),
    /// A number or position.
    Number(Source, u32),
}

impl Key {
    fn of(self, env: &Env<'_>) -> i64 {
        match self {
            Self::Symbol(source, slot) => i64::from(row(env, source).slot(slot as usize).sym),
            Self::Number(source, slot) => row(env, source).slot(slot as usize).bits as i64,
        }
    }
}

fn row<'a>(env: &Env<'a>, source: Source) -> Row<'a> {
    match source {
        Source::Event => env.event,
        Source::Entry => env.entry,
        Source::User => env.user,
        Source::Elem(_) => Row::EMPTY,
    }
}

/// The entries of all events.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// By event.
    roots: Vec<u32>,
    nodes: Vec<Node>,
    switches: Vec<Switch>,
    leaves: Vec<Leaf>,
    conditions: Vec<ExprId>,
}

/// Entries to be tested, and look-ups that lead to others.
#[derive(Debug)]
struct Node {
    leaves: Range<u32>,
    switches: Range<u32>,
}

#[derive(Debug)]
struct Switch {
    key: Key,
    cases: Cases,
}

/// Nodes by value.
#[derive(Debug)]
enum Cases {
    Dense { least: i64, nodes: Box<[u32]> },
    Sparse(FxHashMap<i64, u32>),
}

impl Cases {
    fn new(cases: FxHashMap<i64, u32>) -> Self {
        let (Some(least), Some(most)) = (cases.keys().min().copied(), cases.keys().max().copied()) else {
            return Self::Sparse(cases);
        };
        match most.checked_sub(least) {
            Some(span) if span < 64 + 4 * cases.len() as i64 => {
                let mut nodes = vec![NONE; span as usize + 1].into_boxed_slice();
                for (value, node) in cases {
                    nodes[(value - least) as usize] = node;
                }
                Self::Dense { least, nodes }
            }
            Some(_) | None => Self::Sparse(cases),
        }
    }
    #[inline]
    fn get(&self, value: i64) -> Option<u32> {
        let node = match self {
            Self::Dense { least, nodes } => nodes.get(value.wrapping_sub(*least) as u64 as usize),
            Self::Sparse(cases) => cases.get(&value),
        };
        node.copied().filter(|node| *node != NONE)
    }
}

/// An entry and what is left of its condition.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    /// Who enters.
    pub(crate) journey: JourneyId,
    conditions: Range<u32>,
}

impl Index {
    /// The event entries of a program.
    pub(crate) fn new(program: &Program) -> Self {
        let mut builder = Builder { program, index: Self::default(), terms: Vec::new(), values: Vec::new() };
        let mut entries = vec![Vec::new(); program.events.len()];
        for (number, journey) in program.journeys.iter().enumerate() {
            if let Entry::Event { event, filter } = &journey.entry
                // Nobody enters an earlier version.
                && journey.version.is_none()
                && let Some(entries) = entries.get_mut(event.index())
            {
                entries.push(builder.candidate(JourneyId::new(number), *filter));
            }
        }
        for entries in entries {
            let root = if entries.is_empty() { NONE } else { builder.node(entries, 0) };
            builder.index.roots.push(root);
        }
        builder.index
    }

    /// Visits every node with entries that the event at hand may enter.
    #[inline]
    pub(crate) fn walk(&self, event: EventId, env: &Env<'_>, visit: &mut impl FnMut(usize)) {
        if let Some(root) = self.roots.get(event.index()).filter(|root| **root != NONE) {
            self.below(*root, env, visit);
        }
    }
    fn below(&self, node: u32, env: &Env<'_>, visit: &mut impl FnMut(usize)) {
        let here = &self.nodes[node as usize];
        for switch in &self.switches[here.switches.start as usize..here.switches.end as usize] {
            if let Some(next) = switch.cases.get(switch.key.of(env)) {
                self.below(next, env, visit);
            }
        }
        if !here.leaves.is_empty() {
            visit(node as usize);
        }
    }

    /// How many nodes there are.
    #[cfg(feature = "jit")]
    pub(crate) fn nodes(&self) -> usize {
        self.nodes.len()
    }
    /// The entries at a node.
    pub(crate) fn leaves(&self, node: usize) -> &[Leaf] {
        let leaves = self.nodes.get(node).map_or(0..0, |node| node.leaves.clone());
        &self.leaves[leaves.start as usize..leaves.end as usize]
    }
    /// What is left of an entry's condition: all of these.
    pub(crate) fn conditions(&self, leaf: &Leaf) -> &[ExprId] {
        &self.conditions[leaf.conditions.start as usize..leaf.conditions.end as usize]
    }

    /// Bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let cases = |switch: &Switch| match &switch.cases {
            Cases::Dense { nodes, .. } => size_of_val(&**nodes),
            // A bucket and its control byte, at the load the table has.
            Cases::Sparse(cases) => cases.capacity() * (size_of::<(i64, u32)>() + 1),
        };
        size_of_val(self.roots.as_slice())
            + size_of_val(self.nodes.as_slice())
            + size_of_val(self.switches.as_slice())
            + self.switches.iter().map(cases).sum::<usize>()
            + size_of_val(self.leaves.as_slice())
            + size_of_val(self.conditions.as_slice())
    }
}

/// An operand of an entry's condition; where it compares a slot with constants, which and with what.
#[derive(Clone, Debug)]
struct Term {
    condition: ExprId,
    atom: Option<(Key, Range<u32>)>,
}

/// An entry on its way down: the terms that are already decided have their bit set.
#[derive(Clone, Debug)]
struct Candidate {
    journey: JourneyId,
    terms: Range<u32>,
    decided: u64,
}

struct Builder<'p> {
    program: &'p Program,
    index: Index,
    terms: Vec<Term>,
    values: Vec<i64>,
}

impl Builder<'_> {
    fn candidate(&mut self, journey: JourneyId, filter: Option<ExprId>) -> Candidate {
        let start = self.terms.len() as u32;
        for condition in filter.map_or_else(Vec::new, |filter| self.operands(filter)) {
            let atom = self.atom(condition);
            self.terms.push(Term { condition, atom });
        }
        Candidate { journey, terms: start..self.terms.len() as u32, decided: 0 }
    }
    fn operands(&self, filter: ExprId) -> Vec<ExprId> {
        match &self.program.expr(filter).kind {
            ExprKind::All(operands) if operands.len() <= MOST_TERMS => operands.clone(),
            _ => vec![filter],
        }
    }

    /// The key of a condition that is an equality with constants, and those.
    fn atom(&mut self, condition: ExprId) -> Option<(Key, Range<u32>)> {
        let program = self.program;
        let (key, mut values) = match &program.expr(condition).kind {
            ExprKind::Compare { op: CompareOp::Eq, left, right } => {
                let (left, right) = (program.expr(*left), program.expr(*right));
                let constant = |slot: &Expr, constant: &Expr| match &constant.kind {
                    ExprKind::Const(constant) => self.among(slot, std::slice::from_ref(constant)),
                    _ => None,
                };
                (left.ty == right.ty).then_some(())?;
                constant(left, right).or_else(|| constant(right, left))?
            }
            ExprKind::OneOf { value, set } if set.len() <= MOST_CASES => {
                self.among(program.expr(*value), set)?
            }
            _ => return None,
        };
        // Each entry at most once on each way down.
        values.sort_unstable();
        values.dedup();
        let start = self.values.len() as u32;
        self.values.extend(values);
        Some((key, start..self.values.len() as u32))
    }
    fn among(&self, slot: &Expr, set: &[Const]) -> Option<(Key, Vec<i64>)> {
        let ExprKind::Slot { source, slot: at } = slot.kind else { return None };
        if matches!(source, Source::Elem(_)) {
            return None;
        }
        match slot.ty {
            Ty::Str => {
                // A missing slot reads as the empty text, but has no symbol.
                let symbol = |text: &Const| match text {
                    Const::Str(text) if !text.is_empty() => {
                        Some(self.program.symbol(text)).filter(|s| *s != 0)
                    }
                    _ => None,
                };
                let symbols = set.iter().map(|text| symbol(text).map(i64::from)).collect::<Option<_>>()?;
                Some((Key::Symbol(source, at), symbols))
            }
            Ty::Int | Ty::Enum(_) | Ty::Date => {
                Some((Key::Number(source, at), set.iter().map(const_int).collect()))
            }
            Ty::Bool | Ty::Float | Ty::Time | Ty::Clock | Ty::Duration | Ty::Timezone | Ty::List(_) => None,
        }
    }

    /// A node that decides some entries.
    fn node(&mut self, mut candidates: Vec<Candidate>, depth: usize) -> u32 {
        let mut switches = Vec::new();
        while candidates.len() > FEW && depth < DEEPEST {
            let Some(key) = self.best_key(&candidates) else { break };
            let (switch, rest) = self.switch(key, candidates, depth);
            switches.push(switch);
            candidates = rest;
        }
        let first = self.index.switches.len() as u32;
        self.index.switches.extend(switches);
        let switches = first..self.index.switches.len() as u32;
        let first = self.index.leaves.len() as u32;
        for candidate in &candidates {
            let start = self.index.conditions.len() as u32;
            let left: Vec<ExprId> = self.undecided(candidate).map(|(_, term)| term.condition).collect();
            self.index.conditions.extend(left);
            let conditions = start..self.index.conditions.len() as u32;
            self.index.leaves.push(Leaf { journey: candidate.journey, conditions });
        }
        let leaves = first..self.index.leaves.len() as u32;
        self.index.nodes.push(Node { leaves, switches });
        self.index.nodes.len() as u32 - 1
    }

    /// The terms nothing above has decided, by position.
    fn undecided(&self, candidate: &Candidate) -> impl Iterator<Item = (usize, &Term)> {
        let decided = candidate.decided;
        let terms = &self.terms[candidate.terms.start as usize..candidate.terms.end as usize];
        terms.iter().enumerate().filter(move |(at, _)| decided >> at & 1 == 0)
    }

    /// A look-up of the entries that have a term of this key; gives the others.
    fn switch(&mut self, key: Key, candidates: Vec<Candidate>, depth: usize) -> (Switch, Vec<Candidate>) {
        let mut cases: FxHashMap<i64, Vec<Candidate>> = FxHashMap::default();
        let mut rest = Vec::new();
        for candidate in candidates {
            let atom = self.undecided(&candidate).find_map(|(at, term)| {
                let (of, values) = term.atom.as_ref()?;
                (*of == key).then(|| (at, values.clone()))
            });
            let Some((at, values)) = atom else {
                rest.push(candidate);
                continue;
            };
            let below = Candidate { decided: candidate.decided | 1 << at, ..candidate };
            for value in &self.values[values.start as usize..values.end as usize] {
                cases.entry(*value).or_default().push(below.clone());
            }
        }
        // In the order of values: two indexes of one program are the same.
        let mut cases: Vec<_> = cases.into_iter().collect();
        cases.sort_unstable_by_key(|(value, _)| *value);
        let nodes = cases.into_iter().map(|(value, group)| (value, self.node(group, depth + 1)));
        (Switch { key, cases: Cases::new(nodes.collect()) }, rest)
    }

    /// The key that spares most tests; `None` where none spares any.
    fn best_key(&self, candidates: &[Candidate]) -> Option<Key> {
        let mut keys: FxHashMap<Key, (usize, FxHashSet<i64>)> = FxHashMap::default();
        let mut seen = Vec::new();
        for candidate in candidates {
            seen.clear();
            for (key, values) in self.undecided(candidate).filter_map(|(_, term)| term.atom.as_ref()) {
                if !seen.contains(key) {
                    seen.push(*key);
                    let (total, distinct) = keys.entry(*key).or_default();
                    *total += values.len();
                    distinct.extend(&self.values[values.start as usize..values.end as usize]);
                }
            }
        }
        // Entries under the key, less those that an event with one of its values still has to test.
        let spared = |total: usize, distinct: usize| total - total / (distinct + 1);
        let ranked = keys.iter().map(|(key, (total, distinct))| (spared(*total, distinct.len()), *key));
        let best = ranked.max_by_key(|(spared, key)| (*spared, std::cmp::Reverse(*key)))?;
        (best.0 >= 2).then_some(best.1)
    }
}

//! All entries of an event in one function: it writes the journeys that match.
//!
//! Conditions are split at `and`. Entries that compare one slot with a constant are found by a switch on that slot, so that cost grows with the
//! matches; those left are tested one after the other, conditions they share only once.

use super::emit::Emitter;
use super::runtime::RowId;
use crate::eval::const_int;
use crate::ir::{CompareOp, Const, ExprId, ExprKind, JourneyId, Ty};
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData};
use cranelift_frontend::{Switch, Variable};
use std::collections::BTreeMap;

/// Groups up to this size are tested one after the other.
const FEW: usize = 3;
/// Longest `in` that is put into a switch: the entry is repeated for each constant.
const MOST_CASES: usize = 8;
/// Switches within switches.
const DEEPEST: usize = 4;

/// What a switch looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// The symbol of a text.
    Symbol(RowId, u32),
    /// A number or position.
    Number(RowId, u32),
}

/// An entry and what is left of its condition.
#[derive(Clone, Debug)]
struct Candidate {
    journey: JourneyId,
    conditions: Vec<ExprId>,
}

/// Writes the body of a dispatcher: parameters are the environment and where ids go, the result is their number.
pub(super) fn entries(emitter: &mut Emitter<'_, '_>, entries: &[(JourneyId, Option<ExprId>)]) {
    let count = emitter.builder.declare_var(I64);
    let zero = emitter.builder.ins().iconst(I64, 0);
    emitter.builder.def_var(count, zero);
    let candidates = entries
        .iter()
        .map(|(journey, filter)| Candidate {
            journey: *journey,
            conditions: filter.map_or_else(Vec::new, |filter| conjuncts(emitter, filter)),
        })
        .collect();
    let end = emitter.builder.create_block();
    let mut dispatcher = Dispatcher { emitter, count };
    dispatcher.group(candidates, end, 0);
    emitter.enter(end);
    let count = emitter.builder.use_var(count);
    let count = emitter.builder.ins().ireduce(I32, count);
    emitter.builder.ins().return_(&[count]);
}

/// The operands of a conjunction.
fn conjuncts(emitter: &Emitter<'_, '_>, filter: ExprId) -> Vec<ExprId> {
    match &emitter.node(filter).kind {
        ExprKind::All(operands) if emitter.plan.is_small(filter) => operands.clone(),
        _ => vec![filter],
    }
}

struct Dispatcher<'e, 'p, 'b> {
    emitter: &'e mut Emitter<'p, 'b>,
    count: Variable,
}

impl Dispatcher<'_, '_, '_> {
    /// Decides some entries, then goes to `end`.
    fn group(&mut self, mut candidates: Vec<Candidate>, end: Block, depth: usize) {
        while candidates.len() > FEW && depth < DEEPEST {
            let Some(key) = self.best_key(&candidates) else { break };
            candidates = self.switch(key, candidates, depth);
        }
        self.one_by_one(&candidates);
        self.emitter.builder.ins().jump(end, &[]);
    }

    /// A switch over the entries that have a condition on this key; gives the others. Goes on after the switch.
    fn switch(&mut self, key: Key, candidates: Vec<Candidate>, depth: usize) -> Vec<Candidate> {
        let mut cases: BTreeMap<i64, Vec<Candidate>> = BTreeMap::new();
        let mut rest = Vec::new();
        for candidate in candidates {
            let atom = candidate.conditions.iter().enumerate().find_map(|(index, condition)| {
                let (of, values) = self.atom(*condition)?;
                (of == key).then_some((index, values))
            });
            match atom {
                None => rest.push(candidate),
                Some((index, mut values)) => {
                    // Each entry at most once on each way: the caller has room for no more.
                    values.sort_unstable();
                    values.dedup();
                    let mut conditions = candidate.conditions;
                    conditions.remove(index);
                    for value in values {
                        let candidate =
                            Candidate { journey: candidate.journey, conditions: conditions.clone() };
                        cases.entry(value).or_default().push(candidate);
                    }
                }
            }
        }
        let emitter = &mut *self.emitter;
        let after = emitter.builder.create_block();
        let value = match key {
            Key::Symbol(row, slot) => emitter.symbol((row, slot)),
            Key::Number(row, slot) => emitter.bits((row, slot), I64),
        };
        let mut switch = Switch::new();
        let mut blocks = Vec::new();
        for (value, group) in cases {
            let block = emitter.builder.create_block();
            switch.set_entry(u128::from(value as u64), block);
            blocks.push((block, group));
        }
        switch.emit(&mut emitter.builder, value, after);
        for (block, group) in blocks {
            self.emitter.enter(block);
            let known = self.emitter.known.clone();
            self.group(group, after, depth + 1);
            self.emitter.known = known;
        }
        self.emitter.enter(after);
        rest
    }

    /// The key that spares most tests; `None` where none spares any.
    fn best_key(&self, candidates: &[Candidate]) -> Option<Key> {
        let mut keys: BTreeMap<Key, BTreeMap<i64, usize>> = BTreeMap::new();
        for candidate in candidates {
            let mut seen = Vec::new();
            for (key, values) in candidate.conditions.iter().filter_map(|condition| self.atom(*condition)) {
                if !seen.contains(&key) {
                    seen.push(key);
                    for value in values {
                        *keys.entry(key).or_default().entry(value).or_default() += 1;
                    }
                }
            }
        }
        // Entries under the key, less those that an event with one of its values still has to test.
        let spared = |values: &BTreeMap<i64, usize>| {
            let total: usize = values.values().sum();
            total - total / (values.len() + 1)
        };
        let best = keys.iter().max_by_key(|(key, values)| (spared(values), std::cmp::Reverse(**key)))?;
        (spared(best.1) >= 2).then_some(*best.0)
    }

    /// The key of a condition that is an equality with constants, and those.
    fn atom(&self, condition: ExprId) -> Option<(Key, Vec<i64>)> {
        let emitter = &*self.emitter;
        match &emitter.node(condition).kind {
            ExprKind::Compare { op: CompareOp::Eq, left, right } => match emitter.symbols_of(*left, *right) {
                Some(((row, slot), symbol)) => Some((Key::Symbol(row, slot), vec![symbol.into()])),
                None => {
                    let ExprKind::Const(constant) = &emitter.node(*right).kind else { return None };
                    (emitter.node(*left).ty == emitter.node(*right).ty).then_some(())?;
                    self.number(*left, std::slice::from_ref(constant))
                }
            },
            ExprKind::OneOf { value, set } if set.len() <= MOST_CASES => match emitter.node(*value).ty {
                Ty::Str => {
                    let ((row, slot), symbols) = emitter.symbol_set(*value, set)?;
                    Some((Key::Symbol(row, slot), symbols))
                }
                _ => self.number(*value, set),
            },
            _ => None,
        }
    }
    fn number(&self, value: ExprId, set: &[Const]) -> Option<(Key, Vec<i64>)> {
        match self.emitter.node(value).ty {
            Ty::Int | Ty::Enum(_) | Ty::Date => {
                let (row, slot) = self.emitter.row_slot(value)?;
                Some((Key::Number(row, slot), set.iter().map(const_int).collect()))
            }
            Ty::Bool
            | Ty::Float
            | Ty::Str
            | Ty::Time
            | Ty::Clock
            | Ty::Duration
            | Ty::Timezone
            | Ty::List(_) => None,
        }
    }

    /// Tests each entry; conditions that several have are evaluated before.
    fn one_by_one(&mut self, candidates: &[Candidate]) {
        let mut uses: BTreeMap<ExprId, usize> = BTreeMap::new();
        for condition in candidates.iter().flat_map(|candidate| &candidate.conditions) {
            *uses.entry(*condition).or_default() += 1;
        }
        for (condition, _) in uses.into_iter().filter(|(_, uses)| *uses > 1) {
            if self.emitter.cost(condition).is_some() {
                let flag = self.emitter.flag(condition);
                self.emitter.known.insert(condition, flag);
            }
        }
        for candidate in candidates {
            let (yes, no) = (self.emitter.builder.create_block(), self.emitter.builder.create_block());
            self.emitter.every(&candidate.conditions, yes, no);
            self.emitter.enter(yes);
            self.write(candidate.journey);
            self.emitter.builder.ins().jump(no, &[]);
            self.emitter.enter(no);
        }
    }

    /// Appends an id.
    fn write(&mut self, journey: JourneyId) {
        let out = self.emitter.output;
        let builder = &mut self.emitter.builder;
        let count = builder.use_var(self.count);
        let offset = builder.ins().ishl_imm_u(count, 2);
        let address = builder.ins().iadd(out, offset);
        let id = builder.ins().iconst(I32, i64::from(journey.0));
        builder.ins().store(MemFlagsData::trusted(), id, address, 0);
        let next = builder.ins().iadd_imm_u(count, 1);
        builder.def_var(self.count, next);
    }
}

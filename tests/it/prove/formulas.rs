//! The decision procedure against brute force over small domains, and what must end although it cannot be decided.
//!
//! `WAYLINE_FORMULAS=100000` tries more formulas.

use super::number;
use crate::sim::rng::Rng;
use wayline_compiler::solve::{
    Atom, BoolVar, Formula, IntVar, Model, OTHER, Outcome, Problem, SetVar, TextVar,
};

/// Formulas that are always tried.
const FORMULAS: u64 = 4_000;

const INTS: u64 = 3;
const BOOLS: u64 = 3;
const SETS: u64 = 2;
const TEXTS: u64 = 2;
/// Bounds between two variables are at most this, negated one more.
const REACH: i64 = 2;

fn problem() -> Problem {
    let mut problem = Problem::new();
    for _ in 0..INTS {
        problem.int();
    }
    for _ in 0..BOOLS {
        problem.bool();
    }
    for _ in 0..SETS {
        problem.member(3);
    }
    for _ in 0..TEXTS {
        problem.text();
    }
    let _ = (problem.constant("a"), problem.constant("b"));
    problem
}

fn atom(rng: &mut Rng) -> Formula {
    match rng.below(6) {
        0..2 => {
            let (left, right) = (rng.below(INTS + 1) as u32, rng.below(INTS + 1) as u32);
            let bound = rng.below(2 * REACH as u64 + 1) as i64 - REACH;
            match rng.below(4) {
                0 => Formula::equal(IntVar(left), IntVar(right), bound),
                _ => Formula::difference(IntVar(left), IntVar(right), bound),
            }
        }
        2 => Formula::truth(BoolVar(rng.below(BOOLS) as u32)),
        3 => Formula::member(SetVar(rng.below(SETS) as u32), rng.below(8)),
        4 => Formula::same_text(TextVar(rng.below(TEXTS) as u32), TextVar(rng.below(TEXTS) as u32)),
        _ => {
            let other = if rng.one_in(2) { OTHER } else { 0 };
            Formula::text(TextVar(rng.below(TEXTS) as u32), rng.below(4) | other)
        }
    }
}

fn formula(rng: &mut Rng, depth: u32) -> Formula {
    if depth == 0 || rng.one_in(4) {
        let atom = atom(rng);
        return if rng.one_in(2) { atom } else { atom.not() };
    }
    let parts: Vec<Formula> = (0..2 + rng.below(3)).map(|_| formula(rng, depth - 1)).collect();
    match rng.below(5) {
        0 | 1 => Formula::and(parts),
        2 | 3 => Formula::or(parts),
        _ => parts[0].clone().iff(parts[1].clone()),
    }
}

/// A value of every variable.
#[derive(Clone, Debug, Default)]
struct Values {
    ints: Vec<i64>,
    bools: Vec<bool>,
    sets: Vec<u32>,
    texts: Vec<u32>,
}

/// A value of one variable.
#[derive(Clone, Copy)]
enum Value {
    Int(u32, i64),
    Bool(u32, bool),
    Set(u32, u32),
    Texts([u32; TEXTS as usize]),
}

/// The formula with a variable replaced by its value: atoms that are thereby decided are folded away.
fn with(formula: &Formula, value: Value, ints: &[Option<i64>]) -> Formula {
    match formula {
        Formula::True | Formula::False => formula.clone(),
        Formula::And(parts) => Formula::and(parts.iter().map(|part| with(part, value, ints))),
        Formula::Or(parts) => Formula::or(parts.iter().map(|part| with(part, value, ints))),
        Formula::Atom(atom) => match decide(*atom, value, ints) {
            Some(true) => Formula::True,
            Some(false) => Formula::False,
            None => formula.clone(),
        },
    }
}

fn decide(atom: Atom, value: Value, ints: &[Option<i64>]) -> Option<bool> {
    match (atom, value) {
        (Atom::Difference { left, right, bound }, Value::Int(at, given)) => {
            let int = |var: IntVar| match var.0 {
                0 => Some(0),
                n if n == at => Some(given),
                n => ints[n as usize],
            };
            Some(int(left)? - int(right)? <= bound)
        }
        (Atom::Truth(var, wanted), Value::Bool(at, given)) if var.0 == at => Some(wanted == given),
        (Atom::Member(var, mask), Value::Set(at, given)) if var.0 == at => Some(mask >> given & 1 == 1),
        (Atom::Text(var, mask), Value::Texts(texts)) => {
            let text = texts[var.0 as usize];
            Some(if text < 2 { mask >> text & 1 == 1 } else { mask & OTHER != 0 })
        }
        (Atom::SameText(l, r), Value::Texts(texts)) => Some(texts[l.0 as usize] == texts[r.0 as usize]),
        (Atom::OtherText(l, r), Value::Texts(texts)) => Some(texts[l.0 as usize] != texts[r.0 as usize]),
        _ => None,
    }
}

/// Whether these values satisfy it.
fn holds(formula: &Formula, values: &Values) -> bool {
    let mut rest = formula.clone();
    let none = vec![None; INTS as usize + 1];
    for (at, value) in values.bools.iter().enumerate() {
        rest = with(&rest, Value::Bool(at as u32, *value), &none);
    }
    for (at, value) in values.sets.iter().enumerate() {
        rest = with(&rest, Value::Set(at as u32, *value), &none);
    }
    let mut texts = [0; TEXTS as usize];
    texts.copy_from_slice(&values.texts);
    rest = with(&rest, Value::Texts(texts), &none);
    let mut ints = none;
    for (at, value) in values.ints.iter().enumerate() {
        rest = with(&rest, Value::Int(at as u32 + 1, *value), &ints);
        ints[at + 1] = Some(*value);
    }
    rest == Formula::True
}

/// Whether some assignment satisfies it: a solution over all integers has one whose neighbours are at most `REACH + 1` apart, zero
/// included, and strings that are no constant need one value each.
fn brute(formula: &Formula) -> bool {
    let none = vec![None; INTS as usize + 1];
    let mut open = vec![formula.clone()];
    let step = |open: Vec<Formula>, values: &[Value]| -> Vec<Formula> {
        let each = open.iter().flat_map(|f| values.iter().map(|value| with(f, *value, &none)));
        let mut left: Vec<Formula> = Vec::new();
        for formula in each.filter(|f| *f != Formula::False) {
            if !left.contains(&formula) {
                left.push(formula);
            }
        }
        left
    };
    for at in 0..BOOLS as u32 {
        open = step(open, &[Value::Bool(at, false), Value::Bool(at, true)]);
    }
    for at in 0..SETS as u32 {
        open = step(open, &[Value::Set(at, 0), Value::Set(at, 1), Value::Set(at, 2)]);
    }
    let most = 2 + TEXTS as u32;
    let texts = (0..most).flat_map(|a| (0..most).map(move |b| Value::Texts([a, b])));
    open = step(open, &texts.collect::<Vec<_>>());
    open.iter().any(|rest| some_ints(rest, 1, &none))
}

fn some_ints(formula: &Formula, at: usize, ints: &[Option<i64>]) -> bool {
    match formula {
        Formula::True => return true,
        Formula::False => return false,
        Formula::Atom(_) | Formula::And(_) | Formula::Or(_) => {}
    }
    let most = (REACH + 1) * INTS as i64;
    at <= INTS as usize
        && (-most..=most).any(|value| {
            let rest = with(formula, Value::Int(at as u32, value), ints);
            let mut ints = ints.to_vec();
            ints[at] = Some(value);
            some_ints(&rest, at + 1, &ints)
        })
}

fn values(problem: &Problem, model: &Model) -> Values {
    let text = |text: &String| match problem.constants().iter().position(|constant| constant == text) {
        Some(constant) => constant as u32,
        None => 2 + model.texts.iter().position(|other| other == text).unwrap_or(0) as u32,
    };
    Values {
        ints: model.ints.iter().skip(1).copied().collect(),
        bools: model.bools.clone(),
        sets: model.sets.clone(),
        texts: model.texts.iter().map(text).collect(),
    }
}

#[test]
fn answers_agree_with_brute_force() {
    let problem = problem();
    let mut rng = Rng::new(42);
    let (mut sat, mut unsat) = (0u64, 0u64);
    for number in 0..number("WAYLINE_FORMULAS").unwrap_or(FORMULAS) {
        let parts: Vec<Formula> = (0..3 + rng.below(6)).map(|_| formula(&mut rng, 2)).collect();
        let whole = Formula::and(parts.clone());
        match problem.solve(&whole) {
            Outcome::Sat(model) => {
                sat += 1;
                let shown = holds(&whole, &values(&problem, &model));
                assert!(shown, "{number}: the model does not satisfy {whole:?}\n{model:?}");
            }
            Outcome::Unsat => {
                unsat += 1;
                assert!(!brute(&whole), "{number}: there is a solution of {whole:?}");
                if unsat.is_multiple_of(10) {
                    core_is_smallest(&problem, &parts);
                }
            }
            Outcome::Unknown => panic!("{number}: gave up on {whole:?}"),
        }
    }
    assert!(sat * 10 > unsat && unsat * 10 > sat, "lopsided: {sat} can hold, {unsat} cannot");
}

/// A core cannot hold, and without any of its parts it can.
fn core_is_smallest(problem: &Problem, parts: &[Formula]) {
    let Some(core) = problem.core(parts, &[]) else { panic!("no core of {parts:?}") };
    let without = |left_out: Option<usize>| {
        Formula::and(core.iter().filter(|at| Some(**at) != left_out).map(|at| parts[*at].clone()))
    };
    assert!(!brute(&without(None)), "the core {core:?} of {parts:?} can hold");
    for at in &core {
        let rest = without(Some(*at));
        assert!(brute(&rest), "the core {core:?} of {parts:?} does not need {at}");
    }
}

/// Every pigeon sits in a hole, no two in one: no answer within the budget.
fn pigeons(problem: &mut Problem, pigeons: usize, holes: usize) -> Formula {
    let at: Vec<Vec<BoolVar>> = (0..pigeons).map(|_| (0..holes).map(|_| problem.bool()).collect()).collect();
    let mut parts: Vec<Formula> =
        at.iter().map(|row| Formula::or(row.iter().map(|sits| Formula::truth(*sits)))).collect();
    for (number, row) in at.iter().enumerate() {
        for other in &at[..number] {
            for (here, there) in row.iter().zip(other) {
                parts.push(Formula::or([Formula::truth(*here).not(), Formula::truth(*there).not()]));
            }
        }
    }
    Formula::and(parts)
}

#[test]
fn what_cannot_be_decided_ends_as_unknown() {
    for count in [9, 14, 20] {
        let mut problem = Problem::new();
        let formula = pigeons(&mut problem, count + 1, count);
        assert_eq!(problem.solve(&formula), Outcome::Unknown, "{count} holes");
    }
}

#[test]
fn two_hundred_clauses_end() {
    let mut rng = Rng::new(7);
    let (mut unknown, mut decided) = (0, 0);
    for ints in [false, true] {
        for _ in 0..6 {
            let mut problem = Problem::new();
            let bools: Vec<BoolVar> = (0..47).map(|_| problem.bool()).collect();
            let numbers: Vec<IntVar> = (0..47).map(|_| problem.int()).collect();
            let literal = |rng: &mut Rng| {
                let literal = match ints {
                    false => Formula::truth(bools[rng.below(47) as usize]),
                    true => {
                        let (l, r) = (rng.below(47) as usize, rng.below(47) as usize);
                        Formula::difference(numbers[l], numbers[r], rng.below(9) as i64 - 5)
                    }
                };
                if rng.one_in(2) { literal } else { literal.not() }
            };
            let clauses: Vec<Formula> = (0..200)
                .map(|_| Formula::or((0..3).map(|_| literal(&mut rng)).collect::<Vec<_>>()))
                .collect();
            match problem.solve(&Formula::and(clauses)) {
                Outcome::Unknown => unknown += 1,
                Outcome::Sat(_) | Outcome::Unsat => decided += 1,
            }
        }
    }
    assert_eq!(unknown + decided, 12);
}

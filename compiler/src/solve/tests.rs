//! The procedure against brute force over tiny domains, and what must stay cheap.

use super::*;

/// A small generator: tests need the same formulas everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

const INTS: u32 = 2;
const BOOLS: u32 = 3;
const TEXTS: u32 = 2;

fn problem() -> Problem {
    let mut p = Problem::new();
    for _ in 0..INTS {
        p.int();
    }
    for _ in 0..BOOLS {
        p.bool();
    }
    p.member(3);
    p.member(3);
    for _ in 0..TEXTS {
        p.text();
    }
    p.constant("a");
    p.constant("b");
    p
}

fn random_atom(r: &mut Random) -> Formula {
    match r.below(5) {
        0 | 1 => {
            let (left, right) =
                (IntVar(r.below(u64::from(INTS) + 1) as u32), IntVar(r.below(u64::from(INTS) + 1) as u32));
            Formula::difference(left, right, r.below(5) as i64 - 2)
        }
        2 => Formula::truth(BoolVar(r.below(u64::from(BOOLS)) as u32)),
        3 => Formula::member(SetVar(r.below(2) as u32), r.below(8)),
        _ => {
            let (left, right) =
                (TextVar(r.below(u64::from(TEXTS)) as u32), TextVar(r.below(u64::from(TEXTS)) as u32));
            if r.below(2) == 0 {
                Formula::same_text(left, right)
            } else {
                Formula::text(left, r.below(4) | if r.below(2) == 0 { OTHER } else { 0 })
            }
        }
    }
}

fn random_formula(r: &mut Random, depth: u32) -> Formula {
    if depth == 0 || r.below(4) == 0 {
        let atom = random_atom(r);
        return if r.below(2) == 0 { atom } else { atom.not() };
    }
    let parts: Vec<Formula> = (0..2 + r.below(3)).map(|_| random_formula(r, depth - 1)).collect();
    if r.below(2) == 0 { Formula::and(parts) } else { Formula::or(parts) }
}

fn holds(formula: &Formula, ints: &[i64], bools: &[bool], sets: &[u32], texts: &[u32]) -> bool {
    match formula {
        Formula::True => true,
        Formula::False => false,
        Formula::And(parts) => parts.iter().all(|p| holds(p, ints, bools, sets, texts)),
        Formula::Or(parts) => parts.iter().any(|p| holds(p, ints, bools, sets, texts)),
        Formula::Atom(atom) => match *atom {
            Atom::Difference { left, right, bound } => {
                ints[left.0 as usize] - ints[right.0 as usize] <= bound
            }
            Atom::Truth(var, value) => bools[var.0 as usize] == value,
            Atom::Member(var, mask) => mask >> sets[var.0 as usize] & 1 == 1,
            Atom::Text(var, mask) => {
                let value = texts[var.0 as usize];
                if value < 2 { mask >> value & 1 == 1 } else { mask & OTHER != 0 }
            }
            Atom::SameText(l, r) => texts[l.0 as usize] == texts[r.0 as usize],
            Atom::OtherText(l, r) => texts[l.0 as usize] != texts[r.0 as usize],
        },
    }
}

/// Whether some assignment over small domains satisfies it. Two integers and constants in −2 ..= 2 (negated: −3 ..= 3): if any
/// solution exists, one lies in −6 ..= 6, so both answers are proofs.
fn brute(formula: &Formula) -> bool {
    (-6..=6).any(|x| {
        (-6..=6).any(|y| {
            (0..8u32).any(|b| {
                let bools = [b & 1 == 1, b & 2 == 2, b & 4 == 4];
                (0..9u32).any(|e| {
                    (0..16u32).any(|t| holds(formula, &[0, x, y], &bools, &[e % 3, e / 3], &[t % 4, t / 4]))
                })
            })
        })
    })
}

fn check_model(problem: &Problem, formula: &Formula, model: &Model) {
    let texts: Vec<u32> = model
        .texts
        .iter()
        .map(|t| match problem.constants().iter().position(|c| c == t) {
            Some(i) => i as u32,
            None => 2 + model.texts.iter().position(|o| o == t).unwrap_or(0) as u32,
        })
        .collect();
    assert!(
        holds(formula, &model.ints, &model.bools, &model.sets, &texts),
        "the model does not satisfy {formula:?}\n{model:?}"
    );
}

#[test]
fn answers_agree_with_brute_force() {
    // `docs/testing.md` names the command for many more, with more kinds of formulas.
    let rounds = 400;
    let problem = problem();
    let mut r = Random(42);
    let (mut sat, mut unsat) = (0, 0);
    for _ in 0..rounds {
        let parts: Vec<Formula> = (0..3 + r.below(4)).map(|_| random_formula(&mut r, 2)).collect();
        let formula = Formula::and(parts);
        match problem.solve(&formula) {
            Outcome::Sat(model) => {
                sat += 1;
                check_model(&problem, &formula, &model);
            }
            Outcome::Unsat => {
                unsat += 1;
                assert!(!brute(&formula), "says no, brute force found one: {formula:?}");
            }
            Outcome::Unknown => panic!("spent its budget on {formula:?}"),
        }
    }
    assert!(sat > 50 && unsat > 20, "the formulas are lopsided: {sat} sat, {unsat} unsat");
}

#[test]
fn strings_that_differ_over_few_constants_are_coloured() {
    let mut p = Problem::new();
    let (a, b) = (p.constant("a").unwrap(), p.constant("b").unwrap());
    let vars: Vec<TextVar> = (0..3).map(|_| p.text()).collect();
    let two = |v| Formula::text(v, a | b);
    let apart = |l, r| Formula::same_text(l, r).not();
    let pigeons = [
        two(vars[0]),
        two(vars[1]),
        two(vars[2]),
        apart(vars[0], vars[1]),
        apart(vars[1], vars[2]),
        apart(vars[0], vars[2]),
    ];
    assert_eq!(p.solve(&Formula::and(pigeons.clone())), Outcome::Unsat);
    assert!(matches!(p.solve(&Formula::and(pigeons[..5].to_vec())), Outcome::Sat(_)));
}

#[test]
fn a_core_is_smallest() {
    let mut p = Problem::new();
    let (x, y) = (p.int(), p.int());
    let parts =
        [Formula::at_least(y, 0), Formula::at_least(x, 50), Formula::at_most(y, 9), Formula::at_most(x, 29)];
    assert_eq!(p.core(&parts, &[]), Some(vec![1, 3]));
    assert_eq!(p.core(&parts[..3], &[]), None);
}

#[test]
fn pigeonholes_end_as_unknown_not_as_an_answer() {
    let mut p = Problem::new();
    let pigeons = 12;
    let holes = 11;
    let at: Vec<Vec<BoolVar>> = (0..pigeons).map(|_| (0..holes).map(|_| p.bool()).collect()).collect();
    let mut parts: Vec<Formula> =
        at.iter().map(|row| Formula::or(row.iter().map(|&b| Formula::truth(b)))).collect();
    for (i, row) in at.iter().enumerate() {
        for other in &at[..i] {
            for (here, there) in row.iter().zip(other) {
                parts.push(Formula::or([Formula::truth(*here).not(), Formula::truth(*there).not()]));
            }
        }
    }
    assert_eq!(p.solve(&Formula::and(parts)), Outcome::Unknown);
}

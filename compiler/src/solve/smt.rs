//! A query as SMT-LIB 2, for comparison with other solvers. Strings become integers: constants their position, others the rest.

use super::Problem;
use super::formula::{Atom, Formula, OTHER};
use std::fmt::Write as _;

pub(super) fn print(problem: &Problem, formula: &Formula) -> String {
    let mut out = String::from("(set-logic QF_LIA)\n");
    for i in 0..problem.ints.max(1) {
        let _ = writeln!(out, "(declare-const i{i} Int)");
    }
    out.push_str("(assert (= i0 0))\n");
    for i in 0..problem.bools {
        let _ = writeln!(out, "(declare-const b{i} Bool)");
    }
    for (i, size) in problem.sets.iter().enumerate() {
        let _ = writeln!(out, "(declare-const e{i} Int)\n(assert (and (>= e{i} 0) (< e{i} {size})))");
    }
    for i in 0..problem.texts {
        let _ = writeln!(out, "(declare-const s{i} Int)\n(assert (>= s{i} 0))");
    }
    out.push_str("(assert ");
    formula_text(problem, formula, &mut out);
    out.push_str(")\n(check-sat)\n");
    out
}

fn formula_text(problem: &Problem, formula: &Formula, out: &mut String) {
    match formula {
        Formula::True => out.push_str("true"),
        Formula::False => out.push_str("false"),
        Formula::Atom(atom) => atom_text(problem, *atom, out),
        Formula::And(parts) => list("and", parts, problem, out),
        Formula::Or(parts) => list("or", parts, problem, out),
    }
}

fn list(word: &str, parts: &[Formula], problem: &Problem, out: &mut String) {
    let _ = write!(out, "({word}");
    for part in parts {
        out.push(' ');
        formula_text(problem, part, out);
    }
    out.push(')');
}

fn number(value: i64) -> String {
    if value < 0 { format!("(- {})", value.unsigned_abs()) } else { value.to_string() }
}

fn atom_text(problem: &Problem, atom: Atom, out: &mut String) {
    let _ = match atom {
        Atom::Difference { left, right, bound } => {
            write!(out, "(<= (- i{} i{}) {})", left.0, right.0, number(bound))
        }
        Atom::Truth(var, true) => write!(out, "b{}", var.0),
        Atom::Truth(var, false) => write!(out, "(not b{})", var.0),
        Atom::Member(var, positions) => {
            let size = problem.sets[var.0 as usize];
            one_of(
                out,
                &format!("e{}", var.0),
                (0..u32::from(size)).filter(|i| positions >> i & 1 == 1),
                None,
            )
        }
        Atom::Text(var, constants) => {
            let count = problem.constants.len() as u32;
            let other = (constants & OTHER != 0).then_some(count);
            one_of(out, &format!("s{}", var.0), (0..count).filter(|i| constants >> i & 1 == 1), other)
        }
        Atom::SameText(left, right) => write!(out, "(= s{} s{})", left.0, right.0),
        Atom::OtherText(left, right) => write!(out, "(not (= s{} s{}))", left.0, right.0),
    };
}

fn one_of(
    out: &mut String,
    name: &str,
    values: impl Iterator<Item = u32>,
    from: Option<u32>,
) -> std::fmt::Result {
    out.push_str("(or false");
    for value in values {
        write!(out, " (= {name} {value})")?;
    }
    if let Some(from) = from {
        write!(out, " (>= {name} {from})")?;
    }
    out.push(')');
    Ok(())
}

//! What `check` accepts never looks at a missing value, nor divides by zero: random conditions over optional attributes, those accepted traced
//! over random users.

use crate::support::compile_text;
use std::collections::BTreeSet;
use wayline_compiler::calendar::Zone;
use wayline_compiler::diagnostic::Severity;
use wayline_compiler::eval::{EmptyWorld, Env, Value, present, truth, value};
use wayline_compiler::ir::{ArithOp, ExprId, ExprKind, Program, TimeTest, Ty};
use wayline_compiler::row::{Row, RowBuf};

const USER: &str =
    "user { a: int?; b: int?; c: int = 0; d: int? in 1 .. 9; s: string?; f: bool?; t: time?; u: time?; }\n";
const PROGRAMS: u64 = 12;
const CONDITIONS: usize = 60;
const USERS: usize = 40;

/// A small generator: the same conditions every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        let index = self.roll(of.len() as u64) as usize;
        of[index]
    }
}

fn number(dice: &mut Dice, depth: u32) -> String {
    match dice.roll(if depth == 0 { 3 } else { 9 }) {
        0 | 1 => dice.pick(&["user.a", "user.b", "user.d"]).to_owned(),
        2 => dice.pick(&["user.c", "0", "1", "2"]).to_owned(),
        3 => format!("({} + {})", number(dice, depth - 1), number(dice, depth - 1)),
        4 => format!("({} ?? {})", number(dice, depth - 1), number(dice, depth - 1)),
        5 => format!("at_least({}, {})", number(dice, depth - 1), number(dice, depth - 1)),
        6 => format!("({} / {})", number(dice, depth - 1), number(dice, depth - 1)),
        7 => format!("({} ?? 1)", dice.pick(&["user.a", "user.b", "user.d"])),
        _ => format!("-{}", number(dice, depth - 1)),
    }
}

fn condition(dice: &mut Dice, depth: u32) -> String {
    match dice.roll(if depth == 0 { 7 } else { 14 }) {
        0..=2 => format!(
            "{} exists",
            dice.pick(&["user.a", "user.b", "user.d", "user.s", "user.f", "user.t", "user.u"])
        ),
        3 => format!(
            "{} {} {}",
            number(dice, 1),
            dice.pick(&["<", "<=", ">", ">=", "==", "!="]),
            dice.pick(&["0", "1", "user.b"])
        ),
        4 => {
            dice.pick(&["user.f", "user.s == \"x\"", "user.s contains \"x\"", "(user.f ?? false)"]).to_owned()
        }
        5 => dice
            .pick(&[
                "user.t older than 3d",
                "user.t before user.u",
                "user.t + 1d after user.u",
                "user.t > now",
            ])
            .to_owned(),
        6 => format!("{} in {} .. {}", number(dice, 1), number(dice, 0), number(dice, 0)),
        7 => format!("not ({})", condition(dice, depth - 1)),
        8..=10 => format!("({} and {})", condition(dice, depth - 1), condition(dice, depth - 1)),
        11 | 12 => format!("({} or {})", condition(dice, depth - 1), condition(dice, depth - 1)),
        _ => format!("{} > {}", number(dice, depth - 1), number(dice, depth - 1)),
    }
}

/// The conditions that raise no error, as a program of segments.
fn accepted(dice: &mut Dice) -> (Vec<String>, Program) {
    let mut conditions: Vec<String> = (0..CONDITIONS).map(|_| condition(dice, 3)).collect();
    for _ in 0..6 {
        let mut text = USER.to_owned();
        for (index, condition) in conditions.iter().enumerate() {
            text.push_str(&format!("segment s{index:03} = {condition};\n"));
        }
        let (sources, compiled) = compile_text("guards.way", &text);
        if let Some(program) = compiled.program {
            return (conditions, Program::clone(&program));
        }
        let errors = compiled.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        let lines: BTreeSet<u32> =
            errors.map(|found| sources.map().location(found.primary.span).line).collect();
        let kept = conditions.into_iter().zip(2u32..).filter(|(_, line)| !lines.contains(line));
        conditions = kept.map(|(condition, _)| condition).collect();
    }
    panic!("what is left after the wrong ones are taken out compiles")
}

fn user(dice: &mut Dice, program: &Program) -> RowBuf {
    let mut row = RowBuf::new(program.attributes.len());
    for (index, attribute) in program.attributes.iter().enumerate() {
        if dice.roll(2) == 0 && attribute.field.default.is_none() {
            continue;
        }
        let number = dice.roll(4) as i64 - 1;
        let value = match attribute.field.ty.ty() {
            Ty::Bool => Value::Bool(number > 0),
            // Declared ranges are kept at the door.
            Ty::Int => Value::Int(if attribute.field.name == "d" { number.max(1) } else { number }),
            Ty::Time => Value::Time(number * 86_400_000),
            Ty::Str => Value::Str("x".into()),
            Ty::Float | Ty::Date | Ty::Clock | Ty::Duration | Ty::Timezone | Ty::Enum(_) | Ty::List(_) => {
                continue;
            }
        };
        value.put(program, &mut row, index);
    }
    row
}

/// Walks the way evaluation goes; what it must not stumble over.
fn trace(env: &Env<'_>, id: ExprId, tolerant: bool) -> Result<(), String> {
    let kind = &env.program.expr(id).kind;
    match kind {
        ExprKind::Slot { .. } if !tolerant && !present(env, id) => Err("reads a missing value".to_owned()),
        ExprKind::All(operands) | ExprKind::Any(operands) => {
            let goes_on = matches!(kind, ExprKind::All(_));
            for operand in operands {
                trace(env, *operand, tolerant)?;
                if truth(env, *operand) != goes_on {
                    break;
                }
            }
            Ok(())
        }
        ExprKind::Exists(operand) => trace(env, *operand, true),
        ExprKind::Coalesce { value, default } => {
            trace(env, *value, true)?;
            if present(env, *value) { Ok(()) } else { trace(env, *default, tolerant) }
        }
        ExprKind::TimeTest { test, time, operand } => {
            trace(env, *time, true)?;
            trace(env, *operand, tolerant || matches!(test, TimeTest::Before | TimeTest::After))
        }
        ExprKind::Arith { op: ArithOp::Div, left, right } => {
            trace(env, *left, tolerant)?;
            trace(env, *right, tolerant)?;
            let zero = matches!(value(env, *right), Value::Float(divisor) if divisor == 0.0);
            if zero && present(env, *right) { Err("divides by zero".to_owned()) } else { Ok(()) }
        }
        _ => {
            let mut result = Ok(());
            kind.for_each_operand(|operand| {
                if result.is_ok() {
                    result = trace(env, operand, tolerant);
                }
            });
            result
        }
    }
}

#[test]
fn what_is_accepted_needs_nothing_that_is_missing() {
    let mut judged = 0;
    for seed in 1..=PROGRAMS {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (conditions, program) = accepted(&mut dice);
        for _ in 0..USERS {
            let row = user(&mut dice, &program);
            let env = Env {
                program: &program,
                event: Row::EMPTY,
                entry: Row::EMPTY,
                user: row.as_row(),
                now_ms: 0,
                zone: Zone::UTC,
                entry_time_ms: 0,
                world: &EmptyWorld,
            };
            let ours = program.segments.iter().filter(|segment| segment.name.starts_with('s'));
            for (segment, condition) in ours.zip(&conditions) {
                judged += 1;
                if let Err(trouble) = trace(&env, segment.predicate, false) {
                    panic!("{trouble}: {condition}\nuser {row:?}");
                }
            }
        }
    }
    assert!(judged > 2_000, "only {judged} conditions were accepted and tried");
}

//! The instants at which time alone changes a predicate: never later than the change, and exact where it matters.

use super::fixture::{FIELDS, History, add, days, program};
use super::random::{Case, Rng};
use wayline_compiler::calendar::Zone;
use wayline_compiler::calendar::text::parse_instant;
use wayline_compiler::eval::{EmptyWorld, Env, truth, truth_until};
use wayline_compiler::ir::{CompareOp, Const, ExprId, ExprKind, Program, Source, Span, TimeTest, Ty};
use wayline_compiler::row::{Row, RowBuf, Slot};

const SLOT: u32 = 7;

fn ms(text: &str) -> i64 {
    parse_instant(text).unwrap_or_else(|| panic!("no instant {text}"))
}

/// The chain of truths from `now` on: each truth with the instant it was found at.
fn turns(
    program: &Program,
    expr: ExprId,
    time: Option<i64>,
    now: i64,
    zone: &str,
    most: usize,
) -> Vec<(String, bool)> {
    let mut row = RowBuf::new(FIELDS.len());
    row.slots[SLOT as usize] = time.map_or(Slot::MISSING, Slot::int);
    let zone = Zone::named(zone).unwrap_or(Zone::UTC);
    let mut env = Env {
        program,
        event: Row::EMPTY,
        entry: Row::EMPTY,
        user: row.as_row(),
        now_ms: now,
        zone,
        entry_time_ms: 0,
        world: &EmptyWorld,
    };
    let mut turns = Vec::new();
    for _ in 0..most {
        let (holds, until_ms) = truth_until(&env, expr);
        turns.push((wayline_compiler::calendar::text::instant(env.now_ms, zone), holds));
        if until_ms == i64::MAX {
            break;
        }
        env.now_ms = until_ms;
    }
    turns
}

/// `user.t TEST operand`
fn test_of(test: TimeTest, operand: Const, ty: Ty) -> (Program, ExprId) {
    let mut program = program();
    let time = add(&mut program, ExprKind::Slot { source: Source::User, slot: SLOT }, Ty::Time);
    let operand = add(&mut program, ExprKind::Const(operand), ty);
    let expr = add(&mut program, ExprKind::TimeTest { test, time, operand }, Ty::Bool);
    (program, expr)
}

fn shown(turns: &[(String, bool)]) -> Vec<(&str, bool)> {
    turns.iter().map(|(at, holds)| (at.as_str(), *holds)).collect()
}

#[test]
fn older_than_turns_true_exactly_then() {
    let (program, expr) = test_of(TimeTest::OlderThan, Const::Duration(days(30)), Ty::Duration);
    let chain =
        turns(&program, expr, Some(ms("2026-01-05T10:00:00.250Z")), ms("2026-01-10T00:00:00Z"), "UTC", 9);
    assert_eq!(
        shown(&chain),
        [("2026-01-10T00:00:00+00:00", false), ("2026-02-04T10:00:00.250+00:00", true)]
    );
    let chain = turns(&program, expr, None, ms("2026-01-10T00:00:00Z"), "UTC", 9);
    assert_eq!(shown(&chain), [("2026-01-10T00:00:00+00:00", false)]);
}

#[test]
fn a_calendar_month_is_counted_in_the_users_zone() {
    let (program, expr) = test_of(TimeTest::OlderThan, Const::Duration(Span::Months(1)), Ty::Duration);
    let chain = turns(
        &program,
        expr,
        Some(ms("2026-01-31T10:00:00+09:00")),
        ms("2026-02-01T00:00:00Z"),
        "Asia/Seoul",
        9,
    );
    assert_eq!(shown(&chain), [("2026-02-01T09:00:00+09:00", false), ("2026-02-28T10:00:00+09:00", true)]);
}

#[test]
fn within_last_turns_twice() {
    let (program, expr) = test_of(TimeTest::WithinLast, Const::Duration(days(7)), Ty::Duration);
    let chain = turns(&program, expr, Some(ms("2026-01-05T10:00:00Z")), ms("2026-01-05T09:00:00Z"), "UTC", 9);
    let expected = [
        ("2026-01-05T09:00:00+00:00", false),
        ("2026-01-05T10:00:00+00:00", true),
        ("2026-01-12T10:00:00+00:00", false),
    ];
    assert_eq!(shown(&chain), expected);
}

#[test]
fn within_next_holds_until_the_instant_has_passed() {
    let (program, expr) = test_of(TimeTest::WithinNext, Const::Duration(days(7)), Ty::Duration);
    let chain = turns(&program, expr, Some(ms("2026-01-12T10:00:00Z")), ms("2026-01-01T00:00:00Z"), "UTC", 9);
    let expected = [
        ("2026-01-01T00:00:00+00:00", false),
        ("2026-01-05T10:00:00.001+00:00", true),
        ("2026-01-12T10:00:00.001+00:00", false),
    ];
    assert_eq!(shown(&chain), expected);
}

#[test]
fn within_the_next_month_takes_a_step_a_day_at_most() {
    let (program, expr) = test_of(TimeTest::WithinNext, Const::Duration(Span::Months(1)), Ty::Duration);
    let chain = turns(
        &program,
        expr,
        Some(ms("2026-03-12T10:00:00-04:00")),
        ms("2026-02-05T00:00:00-05:00"),
        "America/New_York",
        60,
    );
    let trues: Vec<_> = chain.iter().filter(|(_, holds)| *holds).collect();
    assert_eq!(trues[0].0, "2026-02-12T10:00:00.001-05:00");
    assert_eq!(
        chain.last().map(|(at, holds)| (at.as_str(), *holds)),
        Some(("2026-03-12T10:00:00.001-04:00", false))
    );
    assert!(chain.len() < 45, "{}", chain.len());
}

#[test]
fn today_changes_at_local_midnight() {
    let mut program = program();
    let today = add(&mut program, ExprKind::Today, Ty::Date);
    let day = wayline_compiler::calendar::text::parse_date("2026-01-07").unwrap_or_default();
    let day = add(&mut program, ExprKind::Const(Const::Date(day)), Ty::Date);
    let expr = add(&mut program, ExprKind::Compare { op: CompareOp::Eq, left: today, right: day }, Ty::Bool);
    let chain = turns(&program, expr, None, ms("2026-01-05T10:00:00+09:00"), "Asia/Seoul", 4);
    let expected = [
        ("2026-01-05T10:00:00+09:00", false),
        ("2026-01-06T00:00:00+09:00", false),
        ("2026-01-07T00:00:00+09:00", true),
        ("2026-01-08T00:00:00+09:00", false),
    ];
    assert_eq!(shown(&chain), expected);
}

#[test]
fn a_difference_to_now_is_exact() {
    let mut program = program();
    let now = add(&mut program, ExprKind::Now, Ty::Time);
    let time = add(&mut program, ExprKind::Slot { source: Source::User, slot: SLOT }, Ty::Time);
    let gap = add(
        &mut program,
        ExprKind::Arith { op: wayline_compiler::ir::ArithOp::Sub, left: now, right: time },
        Ty::Duration,
    );
    let week = add(&mut program, ExprKind::Const(Const::Duration(days(7))), Ty::Duration);
    let expr = add(&mut program, ExprKind::Compare { op: CompareOp::Gt, left: gap, right: week }, Ty::Bool);
    let chain = turns(&program, expr, Some(ms("2026-01-05T10:00:00Z")), ms("2026-01-05T10:00:00Z"), "UTC", 9);
    assert_eq!(
        shown(&chain),
        [("2026-01-05T10:00:00+00:00", false), ("2026-01-12T10:00:00.001+00:00", true)]
    );
}

#[test]
fn a_false_conjunction_waits_for_its_last_false_operand() {
    let mut program = program();
    let time = add(&mut program, ExprKind::Slot { source: Source::User, slot: SLOT }, Ty::Time);
    let older = |program: &mut Program, n| {
        let operand = add(program, ExprKind::Const(Const::Duration(days(n))), Ty::Duration);
        add(program, ExprKind::TimeTest { test: TimeTest::OlderThan, time, operand }, Ty::Bool)
    };
    let operands = vec![older(&mut program, 3), older(&mut program, 9), older(&mut program, 5)];
    let expr = add(&mut program, ExprKind::All(operands), Ty::Bool);
    let chain = turns(&program, expr, Some(ms("2026-01-01T00:00:00Z")), ms("2026-01-01T00:00:00Z"), "UTC", 9);
    assert_eq!(shown(&chain), [("2026-01-01T00:00:00+00:00", false), ("2026-01-10T00:00:00+00:00", true)]);
}

/// How many random cases: `WAYLINE_CASES=100000` for a long run.
pub(super) fn cases(default: u64) -> u64 {
    std::env::var("WAYLINE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

#[test]
fn no_predicate_changes_before_its_instant() {
    let (mut asked, mut waited) = (0u64, 0u64);
    for seed in 0..cases(1500) {
        let mut rng = Rng(seed);
        let mut case = Case::new(&mut rng, program());
        let exprs: Vec<ExprId> = (0..4).map(|_| case.node(Ty::Bool, 4)).collect();
        let rows: Vec<RowBuf> = (0..3).map(|_| case.row(&FIELDS)).collect();
        let (history, zone, now_ms) = (case.history(), case.zone(), case.now_ms);
        let program = case.program;
        for expr in exprs {
            let env = env(&program, &rows, &history, zone, now_ms);
            follow(&env, expr, &mut rng, seed, &mut asked, &mut waited);
        }
    }
    // Waiting is not polling: most instants lie further than a second away.
    assert!(waited * 10 > asked * 9, "{waited} of {asked}");
}

pub(super) fn env<'a>(
    program: &'a Program,
    rows: &'a [RowBuf],
    history: &'a History,
    zone: Zone,
    now_ms: i64,
) -> Env<'a> {
    Env {
        program,
        event: rows[0].as_row(),
        entry: rows[1].as_row(),
        user: rows[2].as_row(),
        now_ms,
        zone,
        entry_time_ms: now_ms - 7_200_000,
        world: history,
    }
}

/// Walks some instants of change and looks between them.
fn follow(env: &Env<'_>, expr: ExprId, rng: &mut Rng, seed: u64, asked: &mut u64, waited: &mut u64) {
    let mut at = Env { ..*env };
    for _ in 0..6 {
        let (holds, until_ms) = truth_until(&at, expr);
        assert_eq!(holds, truth(&at, expr), "seed {seed} {expr:?}");
        assert!(until_ms > at.now_ms, "seed {seed} {expr:?}");
        *asked += 1;
        *waited += u64::from(until_ms - at.now_ms > 1000 || until_ms == i64::MAX);
        let most = (until_ms - 1).min(at.now_ms + 900 * 86_400_000);
        for _ in 0..12 {
            let reach = 1u64 << rng.below(37);
            let step = (rng.next() % reach) as i64;
            for now_ms in [(at.now_ms + step).min(most), (most - step).max(at.now_ms)] {
                let there = truth(&Env { now_ms, ..at }, expr);
                assert_eq!(
                    there, holds,
                    "seed {seed} {expr:?} at {} until {until_ms} but {now_ms}",
                    at.now_ms
                );
            }
        }
        if until_ms > wayline_compiler::calendar::MAX_MS {
            return;
        }
        at.now_ms = until_ms;
    }
}

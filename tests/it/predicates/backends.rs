//! Machine code and the interpreter give the same answers, bit for bit.

use super::fixture::{FIELDS, History, add, event, journey, program, segment};
use super::random::{Case, Rng};
use super::time::{cases, env};
use std::sync::Arc;
use wayline_compiler::eval::{EmptyWorld, Env, truth};
use wayline_compiler::ir::{
    CompareOp, Const, EventId, ExprId, ExprKind, JourneyId, Program, Quantifier, Source, TextTest, Ty,
};
use wayline_compiler::predicates::{Backend, Predicates};
use wayline_compiler::row::{Row, RowBuf, Slot};

/// Both backends of a program.
fn both(program: Program) -> (Predicates, Predicates) {
    let program = Arc::new(program);
    let make = |backend| Predicates::new(&program, backend).unwrap_or_else(|reason| panic!("{reason}"));
    let (jit, interp) = (make(Backend::Jit), make(Backend::Interp));
    assert!(jit.code_bytes() > 0 && interp.code_bytes() == 0);
    (jit, interp)
}

#[test]
fn random_predicates_agree() {
    for seed in 0..cases(150) {
        let mut rng = Rng(seed ^ 0x5eed);
        let mut case = Case::new(&mut rng, program());
        let exprs: Vec<ExprId> = (0..24).map(|_| case.node(Ty::Bool, 4)).collect();
        let worlds: Vec<([RowBuf; 3], History)> = (0..12)
            .map(|_| ([case.row(&FIELDS), case.row(&FIELDS), case.row(&FIELDS)], case.history()))
            .collect();
        let (zone, now_ms) = (case.zone(), case.now_ms);
        let mut program = case.program;
        program.segments = exprs.iter().copied().map(segment).collect();
        let (jit, interp) = both(program);
        for (rows, history) in &worlds {
            let mut env = env(jit.program(), rows, history, zone, now_ms);
            // Rows may be shorter than the program's.
            if rng.one_in(10) {
                env.entry = Row::EMPTY;
            }
            for expr in &exprs {
                let expected = interp.truth(*expr, &env);
                assert_eq!(jit.truth(*expr, &env), expected, "seed {seed} {:?}", jit.program().expr(*expr));
                assert_eq!(truth(&env, *expr), expected, "seed {seed}");
            }
        }
    }
}

#[test]
fn predicates_that_differ_in_constants_agree() {
    for seed in 0..cases(120) {
        let mut rng = Rng(seed ^ 0xa11ce);
        let mut case = Case::new(&mut rng, program());
        let mut exprs = Vec::new();
        for _ in 0..8 {
            // The same way through the generator each time, but for constants.
            let (start, mut next) = (case.rng.0, 0);
            for twist in 0..4 {
                case.rng.0 = start;
                case.twist = twist * 0x1234_5678_9abc;
                exprs.push(case.node(Ty::Bool, 3));
                next = case.rng.0;
            }
            case.rng.0 = next;
        }
        let worlds: Vec<([RowBuf; 3], History)> = (0..12)
            .map(|_| ([case.row(&FIELDS), case.row(&FIELDS), case.row(&FIELDS)], case.history()))
            .collect();
        let (zone, now_ms) = (case.zone(), case.now_ms);
        let mut program = case.program;
        program.segments = exprs.iter().copied().map(segment).collect();
        let entries = exprs.iter().enumerate();
        program.journeys =
            entries.map(|(i, expr)| journey(&format!("j{i}"), i as u32 % 2, Some(*expr))).collect();
        let filters: Vec<Option<ExprId>> = exprs.iter().copied().map(Some).collect();
        let (jit, interp) = both(program);
        for (rows, history) in &worlds {
            let env = env(jit.program(), rows, history, zone, now_ms);
            for expr in &exprs {
                assert_eq!(jit.truth(*expr, &env), interp.truth(*expr, &env), "seed {seed}");
            }
            for event in [EventId(0), EventId(1)] {
                let mut found = vec![JourneyId(99)];
                jit.triggers(event, &env, &mut found);
                assert_eq!(found, entered(&filters, event, &env), "seed {seed}");
            }
        }
    }
}

#[test]
fn random_dispatchers_agree() {
    for seed in 0..cases(60) {
        let mut rng = Rng(seed ^ 0xd15);
        let mut case = Case::new(&mut rng, program());
        let filters: Vec<Option<ExprId>> = (0..40).map(|_| entry_condition(&mut case)).collect();
        let worlds: Vec<([RowBuf; 3], History)> = (0..20)
            .map(|_| ([case.row(&FIELDS), RowBuf::default(), case.row(&FIELDS)], case.history()))
            .collect();
        let (zone, now_ms) = (case.zone(), case.now_ms);
        let mut program = case.program;
        program.journeys = filters
            .iter()
            .enumerate()
            .map(|(i, filter)| journey(&format!("j{i}"), i as u32 % 2, *filter))
            .collect();
        let (jit, interp) = both(program);
        for (rows, history) in &worlds {
            let env = env(jit.program(), rows, history, zone, now_ms);
            for event in [EventId(0), EventId(1), EventId(7)] {
                let (mut found, mut asked) = (vec![JourneyId(99)], vec![JourneyId(99)]);
                jit.triggers(event, &env, &mut found);
                interp.triggers(event, &env, &mut asked);
                let expected = entered(&filters, event, &env);
                assert_eq!(found, expected, "seed {seed}");
                assert_eq!(asked, expected, "seed {seed}");
            }
        }
    }
}

/// The journeys that enter, one after the other; entries are on the two events in turn.
fn entered(filters: &[Option<ExprId>], event: EventId, env: &Env<'_>) -> Vec<JourneyId> {
    let holds = |filter: &Option<ExprId>| filter.is_none_or(|filter| truth(env, filter));
    let all = filters.iter().enumerate();
    let entered = all.filter(|(i, filter)| *i as u32 % 2 == event.0 && holds(filter));
    std::iter::once(JourneyId(99)).chain(entered.map(|(i, _)| JourneyId(i as u32))).collect()
}

/// A condition as entries have them: equalities with constants, then anything.
fn entry_condition(case: &mut Case<'_>) -> Option<ExprId> {
    if case.rng.one_in(12) {
        return None;
    }
    let mut operands = Vec::new();
    for _ in 0..1 + case.rng.below(3) {
        let operand = match case.rng.below(5) {
            0 | 1 => case.equality(Ty::Str),
            2 => case.equality(Ty::Enum(super::fixture::COLOURS)),
            3 => case.equality(Ty::Int),
            _ => case.node(Ty::Bool, 2),
        };
        operands.push(operand);
    }
    Some(match operands.as_slice() {
        [only] => *only,
        _ => add(&mut case.program, ExprKind::All(operands), Ty::Bool),
    })
}

/// A program of one predicate over `event.s OP text`, asked with and without the text being a symbol.
fn on_text(
    kind: impl Fn(&mut Program, ExprId, ExprId) -> ExprKind,
    constant: &str,
    text: Option<&str>,
) -> bool {
    let answers = [true, false].map(|is_symbol| {
        let mut program = program();
        if is_symbol {
            program.symbols = vec![constant.to_owned()];
        }
        let value = add(&mut program, ExprKind::Slot { source: Source::Event, slot: 5 }, Ty::Str);
        let pattern = add(&mut program, ExprKind::Const(Const::Str(constant.to_owned())), Ty::Str);
        let kind = kind(&mut program, value, pattern);
        let expr = add(&mut program, kind, Ty::Bool);
        program.segments = vec![segment(expr)];
        let mut row = RowBuf::new(FIELDS.len());
        // Something before the text, nothing after it.
        row.push(b"before", 0);
        if let Some(text) = text {
            row.set_text(5, text, program.symbol(text));
        }
        let (jit, interp) = both(program);
        let history = History { rows: Vec::new(), instants: Vec::new(), fixed: Vec::new() };
        let rows = [row, RowBuf::default(), RowBuf::default()];
        let env = env(jit.program(), &rows, &history, wayline_compiler::calendar::Zone::UTC, 0);
        let answer = interp.truth(expr, &env);
        assert_eq!(jit.truth(expr, &env), answer, "{constant:?} {text:?}");
        answer
    });
    assert_eq!(answers[0], answers[1], "{constant:?} {text:?}");
    answers[0]
}

#[test]
fn texts_of_every_length_are_compared_to_their_last_byte() {
    let long = "0123456789abcdefghijklmnopqrstuvwxyz";
    for length in 0..=long.len() {
        let text = &long[..length];
        let equal = |_: &mut Program, left, right| ExprKind::Compare { op: CompareOp::Eq, left, right };
        let unequal =
            |_: &mut Program, left, right| ExprKind::Compare { op: CompareOp::Ne, left: right, right: left };
        assert!(on_text(equal, text, Some(text)));
        assert!(!on_text(unequal, text, Some(text)));
        assert_eq!(on_text(equal, text, None), text.is_empty());
        for at in 0..length {
            let mut other = text.to_owned().into_bytes();
            other[at] ^= 1;
            let other = String::from_utf8(other).unwrap_or_default();
            assert!(!on_text(equal, text, Some(&other)), "{text} {other}");
        }
        for test in [TextTest::StartsWith, TextTest::EndsWith, TextTest::Contains] {
            let kind = |_: &mut Program, value, pattern| ExprKind::Text { test, value, pattern };
            assert!(on_text(kind, text, Some(text)));
            let at = |prefix: bool| test == TextTest::Contains || prefix;
            assert_eq!(
                on_text(kind, text, Some(&format!("{text}!"))),
                at(test == TextTest::StartsWith) || length == 0
            );
            assert_eq!(
                on_text(kind, text, Some(&format!("!{text}"))),
                at(test == TextTest::EndsWith) || length == 0
            );
        }
    }
}

#[test]
fn slots_that_point_nowhere_read_as_empty() {
    let mut program = program();
    program.symbols = vec!["a".to_owned()];
    let value = add(&mut program, ExprKind::Slot { source: Source::Event, slot: 5 }, Ty::Str);
    let mut exprs = Vec::new();
    for text in ["", "b", "bc"] {
        let pattern = add(&mut program, ExprKind::Const(Const::Str(text.to_owned())), Ty::Str);
        for test in [TextTest::StartsWith, TextTest::EndsWith, TextTest::Contains] {
            exprs.push(add(&mut program, ExprKind::Text { test, value, pattern }, Ty::Bool));
        }
        exprs.push(add(
            &mut program,
            ExprKind::Compare { op: CompareOp::Eq, left: value, right: pattern },
            Ty::Bool,
        ));
    }
    exprs.push(add(
        &mut program,
        ExprKind::Matches { value, regex: wayline_compiler::ir::RegexId(1) },
        Ty::Bool,
    ));
    program.segments = exprs.iter().copied().map(segment).collect();
    let (jit, interp) = both(program);
    for (offset, length) in
        [(0, 1), (0, u32::MAX), (u32::MAX, u32::MAX), (3, 1), (2, 2), (2, 1), (3, 0), (4, 0), (4, 2)]
    {
        let mut row = RowBuf::new(FIELDS.len());
        row.bytes = b"abc".to_vec();
        row.slots[5] = Slot::text(offset, length, 0);
        let env = Env {
            program: jit.program(),
            event: row.as_row(),
            entry: Row::EMPTY,
            user: Row::EMPTY,
            now_ms: 0,
            zone: wayline_compiler::calendar::Zone::UTC,
            entry_time_ms: 0,
            world: &EmptyWorld,
        };
        for expr in &exprs {
            let expected = interp.truth(*expr, &env);
            assert_eq!(jit.truth(*expr, &env), expected, "{offset} {length} {:?}", jit.program().expr(*expr));
        }
    }
}

#[test]
fn a_hundred_thousand_operands_do_not_overflow_the_stack() {
    let mut program = program();
    let yes = add(&mut program, ExprKind::Const(Const::Bool(true)), Ty::Bool);
    let list = add(&mut program, ExprKind::Slot { source: Source::Event, slot: 14 }, FIELDS[14]);
    let every = ExprKind::Quantified { quantifier: Quantifier::All, list, predicate: yes };
    let every = add(&mut program, every, Ty::Bool);
    let all = add(&mut program, ExprKind::All(vec![every; 100_000]), Ty::Bool);
    let not = add(&mut program, ExprKind::Not(all), Ty::Bool);
    let any = add(&mut program, ExprKind::Any(vec![not; 100_000]), Ty::Bool);
    program.segments = vec![segment(any)];
    program.journeys = vec![journey("j", 0, Some(all)), journey("k", 0, Some(not))];
    let (jit, interp) = both(program);
    let rows = [RowBuf::new(FIELDS.len()), RowBuf::default(), RowBuf::default()];
    let history = History { rows: Vec::new(), instants: Vec::new(), fixed: Vec::new() };
    let env = env(jit.program(), &rows, &history, wayline_compiler::calendar::Zone::UTC, 0);
    assert!(truth(&env, all) && jit.truth(all, &env) && interp.truth(all, &env));
    let mut found = Vec::new();
    jit.triggers(EventId(0), &env, &mut found);
    assert_eq!(found, [JourneyId(0)]);
    assert!(wayline_compiler::eval::truth_until(&env, all).0);
}

#[test]
fn thousands_of_entries_are_decided_at_once() {
    let mut program = program();
    program.events = vec![event("a")];
    program.symbols = (0..2000).map(|i| format!("s{i:04}")).collect();
    let slot = add(&mut program, ExprKind::Slot { source: Source::Event, slot: 5 }, Ty::Str);
    let price = add(&mut program, ExprKind::Slot { source: Source::Event, slot: 1 }, Ty::Int);
    for i in 0..4000i64 {
        let text = add(&mut program, ExprKind::Const(Const::Str(format!("s{:04}", i % 2000))), Ty::Str);
        let same =
            add(&mut program, ExprKind::Compare { op: CompareOp::Eq, left: slot, right: text }, Ty::Bool);
        let least = add(&mut program, ExprKind::Const(Const::Int(i)), Ty::Int);
        let dear =
            add(&mut program, ExprKind::Compare { op: CompareOp::Ge, left: price, right: least }, Ty::Bool);
        let both = add(&mut program, ExprKind::All(vec![dear, same]), Ty::Bool);
        program.journeys.push(journey(&format!("j{i:04}"), 0, Some(both)));
    }
    let (jit, interp) = both(program);
    let history = History { rows: Vec::new(), instants: Vec::new(), fixed: Vec::new() };
    for (text, price, matches) in [("s0007", 5000, 2), ("s0007", 100, 1), ("s0007", 6, 0), ("s9999", 5000, 0)]
    {
        let mut row = RowBuf::new(FIELDS.len());
        row.set_text(5, text, jit.program().symbol(text));
        row.slots[1] = Slot::int(price);
        let rows = [row, RowBuf::default(), RowBuf::default()];
        let env = env(jit.program(), &rows, &history, wayline_compiler::calendar::Zone::UTC, 0);
        let (mut found, mut expected) = (Vec::new(), Vec::new());
        jit.triggers(EventId(0), &env, &mut found);
        interp.triggers(EventId(0), &env, &mut expected);
        assert_eq!((found.len(), &found), (matches, &expected), "{text} {price}");
    }
}

#[test]
fn the_interpreter_needs_no_machine_code() {
    let program = Arc::new(program());
    let interp = Predicates::new(&program, Backend::Interp).unwrap_or_else(|reason| panic!("{reason}"));
    assert_eq!((interp.code_bytes(), interp.fallback()), (0, None));
    let auto = Predicates::new(&program, Backend::Auto).unwrap_or_else(|reason| panic!("{reason}"));
    assert!(auto.fallback().is_none() || auto.code_bytes() == 0);
}

//! History against a model that keeps everything and recomputes each answer from the definitions.

use super::*;
use wayline_compiler::ir::{
    AggFunc, Event, EventId, Field, FieldId, FieldType, JourneyId, Keep, Range, Scope, Span, Ty, Window,
};
use wayline_compiler::row::RowBuf;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// 2026-01-05T00:00:00Z
const START: i64 = 1_767_571_200_000;

const INT: FieldId = FieldId(0);
const FLOAT: FieldId = FieldId(1);
const TEXT: FieldId = FieldId(2);
const TIME: FieldId = FieldId(3);
const SPAN: FieldId = FieldId(4);
const GROUP: FieldId = FieldId(5);

/// splitmix64
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: i64) -> i64 {
        (self.next() % n.max(1) as u64) as i64
    }
    fn one_in(&mut self, n: i64) -> bool {
        self.below(n) == 0
    }
    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as i64) as usize]
    }
}

fn field(name: &str, ty: FieldType) -> Field {
    Field {
        name: name.to_owned(),
        wire: vec![name.to_owned()],
        ty,
        optional: true,
        default: None,
        needed: true,
    }
}

fn program(agg: Aggregate) -> Program {
    let mut program = Program::empty("Asia/Seoul");
    let types = [
        ("n", FieldType::Int(Range { min: None, max: None })),
        ("x", FieldType::Float(Range { min: None, max: None })),
        ("s", FieldType::Str(None)),
        ("t", FieldType::Time { past: false }),
        ("d", FieldType::Duration),
        ("g", FieldType::Str(None)),
    ];
    program.lists = types.iter().map(|(_, ty)| vec![field("", *ty)]).collect();
    program.events.push(Event {
        name: "e".to_owned(),
        wire: "e".to_owned(),
        subject: None,
        past: None,
        once: false,
        rate: None,
        fields: types.map(|(name, ty)| field(name, ty)).to_vec(),
        doc: None,
    });
    program.symbols = vec!["b".to_owned()];
    program.aggregates.push(agg);
    program
}

fn aggregate(func: AggFunc, window: Window, keep: Keep) -> Aggregate {
    Aggregate {
        event: EventId(0),
        filter: None,
        residual: None,
        group_by: Vec::new(),
        func,
        window,
        scope: match window {
            Window::SinceEntry => Scope::Instance(JourneyId(0)),
            Window::Ever | Window::Within(_) | Window::Since => Scope::User,
        },
        keep,
        keep_fields: Vec::new(),
    }
}

/// Everything that happened, as the model sees it.
struct Happened {
    row: RowBuf,
    own: i64,
    hour: i64,
}

/// What a reading was about.
struct Asked<'a> {
    key: Option<&'a str>,
    since: Option<i64>,
    read: Read,
    zone: Zone,
}

/// What a residual filter of these tests asks: whether the kept `n` is at least 0. As a function of the row alone.
fn residual(row: Row<'_>) -> bool {
    row.slot(INT.index()).bits as i64 >= 0
}

fn model(program: &Program, all: &[Happened], asked: &Asked<'_>, now: i64) -> Option<Value<'static>> {
    let agg = &program.aggregates[0];
    let inside = |event: &&Happened| {
        let at = event.own;
        let window = match agg.window {
            Window::Ever | Window::SinceEntry => true,
            Window::Within(span) => asked.zone.add(at, span) > now,
            Window::Since => at >= asked.since.unwrap_or(i64::MIN),
        };
        let row = event.row.as_row();
        let group = asked.key.is_none_or(|key| row.text(row.slot(GROUP.index())) == key);
        at <= now && window && group && (agg.residual.is_none() || residual(row))
    };
    let mut events: Vec<&Happened> = all.iter().filter(inside).collect();
    events.sort_by_key(|event| event.own);
    let types: Vec<Ty> = program.events[0].fields.iter().map(|field| field.ty.ty()).collect();
    let values = |field: FieldId| {
        let value = move |event: &&&'_ Happened| {
            let row = event.row.as_row();
            let value = Value::of_slot(types[field.index()], row, row.slot(field.index()));
            value.map(Value::into_owned)
        };
        events.iter().filter_map(|event| value(&event)).collect::<Vec<_>>()
    };
    let times: Vec<i64> = events.iter().map(|event| event.own).collect();
    let edge = |event: &Happened| match asked.read {
        Read::Value => Some(Value::Time(event.own)),
        Read::Field(position) => {
            let field = agg.keep_fields[position as usize];
            let row = event.row.as_row();
            let ty = program.events[0].fields[field.index()].ty.ty();
            Value::of_slot(ty, row, row.slot(field.index())).map(Value::into_owned)
        }
    };
    match agg.func {
        AggFunc::Did => Some(Value::Bool(!events.is_empty())),
        AggFunc::Count => Some(Value::Int(events.len() as i64)),
        AggFunc::Sum(field) => Some(sum(&values(field), field)),
        AggFunc::Avg(field) => mean(&values(field), field),
        AggFunc::Min(field) => values(field).into_iter().min_by(order),
        AggFunc::Max(field) => values(field).into_iter().rev().max_by(order),
        AggFunc::Distinct(field) => {
            let mut seen: Vec<Value<'static>> = Vec::new();
            for value in values(field) {
                if !seen.iter().any(|old| order(old, &value).is_eq()) {
                    seen.push(value);
                }
            }
            Some(Value::Int(seen.len() as i64))
        }
        AggFunc::Last => events.last().and_then(|event| edge(event)),
        AggFunc::First => events.first().and_then(|event| edge(event)),
        AggFunc::Recent(field, n) => {
            let mut values = values(field);
            values.reverse();
            values.truncate(n as usize);
            (!values.is_empty()).then(|| Value::Str(format!("{values:?}").into()))
        }
        AggFunc::Gap if times.len() < 2 => None,
        AggFunc::Gap => Some(span((times[times.len() - 1] - times[0]) / (times.len() as i64 - 1))),
        AggFunc::LastGap if times.len() < 2 => None,
        AggFunc::LastGap => Some(span(times[times.len() - 1] - times[times.len() - 2])),
        AggFunc::UsualHour => {
            let count = |hour: i64| events.iter().filter(|event| event.hour == hour).count();
            let best = (0..24).rev().max_by_key(|hour| count(*hour))?;
            (count(best) > 0).then(|| Value::Clock(best * HOUR))
        }
    }
}

fn span(ms: i64) -> Value<'static> {
    Value::Duration(Span::Exact(ms))
}

fn number(value: &Value<'_>) -> i64 {
    match value {
        Value::Int(n) | Value::Time(n) => *n,
        Value::Duration(Span::Exact(ms)) => *ms,
        Value::Duration(Span::Months(n)) => i64::from(*n) * 30 * DAY,
        other => panic!("not a number: {other:?}"),
    }
}

fn order(a: &Value<'_>, b: &Value<'_>) -> std::cmp::Ordering {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b).unwrap(),
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        (a, b) => number(a).cmp(&number(b)),
    }
}

fn sum(values: &[Value<'_>], field: FieldId) -> Value<'static> {
    if field == FLOAT {
        let floats = values.iter().map(|value| if let Value::Float(x) = value { *x } else { 0.0 });
        return Value::Float(floats.fold(0.0, |sum, x| sum + x));
    }
    let total: i128 = values.iter().map(|value| i128::from(number(value))).sum();
    let total = total.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    if field == SPAN { span(total) } else { Value::Int(total) }
}

fn mean(values: &[Value<'_>], field: FieldId) -> Option<Value<'static>> {
    let count = values.len() as f64;
    let total = match sum(values, field) {
        Value::Float(x) => x,
        _ => values.iter().map(|value| i128::from(number(value))).sum::<i128>() as f64,
    };
    (count > 0.0).then(|| Value::Float(total / count))
}

/// Lists as text, so that they compare.
fn shown(program: &Program, value: Option<Value<'_>>) -> Option<Value<'static>> {
    match value {
        Some(Value::List(list, blob)) => {
            let ty = program.lists[list.index()][0].ty.ty();
            let value = Value::List(list, blob);
            let view = value.elements(program);
            let items: Vec<Value<'static>> = (0..view.len())
                .filter_map(|n| {
                    let row = view.element(n);
                    Value::of_slot(ty, row.as_row(), row.slots[0]).map(Value::into_owned)
                })
                .collect();
            Some(Value::Str(format!("{items:?}").into()))
        }
        other => other.map(Value::into_owned),
    }
}

fn random_aggregate(random: &mut Random) -> Aggregate {
    let ordered = random.pick(&[INT, FLOAT, TEXT, TIME, SPAN]);
    let summable = random.pick(&[INT, FLOAT, SPAN]);
    let func = match random.below(13) {
        0 => AggFunc::Did,
        1 => AggFunc::Count,
        2 => AggFunc::Sum(summable),
        3 => AggFunc::Min(ordered),
        4 => AggFunc::Max(ordered),
        5 => AggFunc::Avg(summable),
        6 => AggFunc::Distinct(ordered),
        7 => AggFunc::Last,
        8 => AggFunc::First,
        9 => AggFunc::Recent(ordered, 1 + random.below(4) as u32),
        10 => AggFunc::Gap,
        11 => AggFunc::LastGap,
        _ => AggFunc::UsualHour,
    };
    let window = match random.below(6) {
        0 => Window::Ever,
        1 => Window::SinceEntry,
        2 => Window::Since,
        3 => Window::Within(Span::Months(1 + random.below(3) as i32)),
        _ => Window::Within(Span::Exact(random.pick(&[1, HOUR, DAY, 7 * DAY, 30 * DAY]))),
    };
    // The floats of a running sum are added as they come; the model adds them in order of time.
    let float_sum = matches!(func, AggFunc::Sum(FLOAT) | AggFunc::Avg(FLOAT));
    let keep = match window {
        Window::Ever | Window::SinceEntry if !float_sum => random.pick(&[Keep::Running, Keep::Listed]),
        Window::Within(_) | Window::Since if func == AggFunc::Did || func == AggFunc::Last => {
            random.pick(&[Keep::LastInstant, Keep::Listed])
        }
        Window::Ever | Window::SinceEntry | Window::Within(_) | Window::Since => Keep::Listed,
    };
    let mut agg = aggregate(func, window, keep);
    if random.one_in(3) {
        agg.group_by = vec![GROUP];
    }
    if random.one_in(3) {
        agg.keep_fields = vec![TEXT, INT, SPAN];
    }
    if random.one_in(4) && keep == Keep::Listed {
        agg.residual = Some(ExprId(0));
        agg.keep_fields = vec![TEXT, INT];
    }
    agg
}

fn random_row(random: &mut Random) -> RowBuf {
    let mut row = RowBuf::new(6);
    let n = random.pick(&[-3, 0, 1, 7, 7, 1 << 40, i64::MAX, i64::MIN]);
    if !random.one_in(5) {
        row.slots[0] = wayline_compiler::row::Slot::int(n);
    }
    if !random.one_in(5) {
        row.slots[1] = wayline_compiler::row::Slot::float(random.below(1000) as f64 / 8.0 - 60.0);
    }
    if !random.one_in(5) {
        row.set_text(2, random.pick(&["", "a", "b", "고객", "a\0b"]), 0);
    }
    if !random.one_in(5) {
        row.slots[3] = wayline_compiler::row::Slot::int(START + random.below(5) * DAY);
    }
    match random.below(5) {
        0 => {}
        1 => row.slots[4] = wayline_compiler::row::Slot::months(random.below(3) as i32),
        _ => row.slots[4] = wayline_compiler::row::Slot::int(random.below(40) * DAY),
    }
    if !random.one_in(6) {
        row.set_text(5, random.pick(&["", "A", "B"]), 0);
    }
    row
}

/// One aggregate over one stream of events; every reading against the model, and the model at the instants up to `until_ms`.
fn trial(seed: u64) {
    let random = &mut Random(seed);
    let program = program(random_aggregate(random));
    let agg = &program.aggregates[0];
    let zone = Zone::named(random.pick(&["Asia/Seoul", "America/New_York", "Australia/Lord_Howe", "UTC"]))
        .expect("a zone");
    let (mut history, mut all, mut now) = (History::default(), Vec::new(), START + random.below(60) * DAY);
    let late = random.pick(&[DAY, 40 * DAY, 100 * DAY]);
    for _ in 0..50 {
        now += random.pick(&[0, 1, HOUR, 5 * HOUR, DAY, 3 * DAY, 9 * DAY]);
        let own = if random.one_in(3) { now - random.below(late) } else { now };
        let own = if random.one_in(4) { own - own.rem_euclid(DAY) } else { own };
        let row = random_row(random);
        let occurrence = Occurrence { row: row.as_row(), own_ms: own, now_ms: now, zone };
        history.feed(&program, AggId(0), &occurrence);
        all.push(Happened { row, own, hour: zone.local(own).clock / HOUR });
        now += random.pick(&[0, 0, 1, HOUR, 6 * DAY]);
        let key = (!agg.group_by.is_empty()).then(|| random.pick(&["", "A", "B", "C"]));
        let field = matches!(agg.func, AggFunc::First | AggFunc::Last) && !agg.keep_fields.is_empty();
        let read = if field && random.one_in(2) { Read::Field(random.below(2) as u32) } else { Read::Value };
        let since = Some(now - random.below(60 * DAY));
        let asked = Asked { key, since, read, zone };
        check(&program, &history, &all, &asked, now, random);
    }
}

fn check(
    program: &Program,
    history: &History,
    all: &[Happened],
    asked: &Asked<'_>,
    now: i64,
    random: &mut Random,
) {
    let keys: Vec<Value<'_>> = asked.key.iter().map(|key| Value::Str((*key).into())).collect();
    let question = Question {
        keys: &keys,
        since: asked.since,
        read: asked.read,
        now_ms: now,
        zone: asked.zone,
        residual: &|_, row| (residual(row), i64::MAX),
    };
    let reading = history.read(program, AggId(0), &question);
    let expected = model(program, all, asked, now);
    let agg = &program.aggregates[0];
    assert_eq!(shown(program, reading.value), expected, "{agg:?} at {now}");
    assert!(reading.until_ms > now, "{agg:?}: an answer stands for a while");
    let last = reading.until_ms.min(now + 4000 * DAY) - 1;
    for at in [last, now + random.below(last - now + 1), now + 1] {
        if (now..=last).contains(&at) {
            assert_eq!(model(program, all, asked, at), expected, "{agg:?}: asked at {now}, changed by {at}");
        }
    }
    let months = matches!(agg.window, Window::Within(Span::Months(_)));
    let exact = match agg.func {
        AggFunc::Count => true,
        AggFunc::Did | AggFunc::Last => !months && asked.read == Read::Value,
        _ => false,
    };
    if exact && agg.residual.is_none() && reading.until_ms < i64::MAX {
        assert_ne!(model(program, all, asked, reading.until_ms), expected, "{agg:?}: changes exactly then");
    }
}

#[test]
fn agrees_with_a_model_that_forgets_nothing() {
    for seed in 0..4000 {
        trial(seed);
    }
}

/// Reads `count`-like aggregates of the only group.
fn ask<'a>(history: &'a History, program: &'a Program, now: i64) -> Reading<'a> {
    let question = Question {
        keys: &[],
        since: None,
        read: Read::Value,
        now_ms: now,
        zone: Zone::UTC,
        residual: &|_, _| (true, i64::MAX),
    };
    history.read(program, AggId(0), &question)
}

fn feed(history: &mut History, program: &Program, own: i64, now: i64) {
    let row = RowBuf::new(6);
    let occurrence = Occurrence { row: row.as_row(), own_ms: own, now_ms: now, zone: Zone::UTC };
    history.feed(program, AggId(0), &occurrence);
}

#[test]
fn a_window_is_open_at_its_start_and_closed_at_now() {
    let program = program(aggregate(AggFunc::Count, Window::Within(Span::Exact(DAY)), Keep::Listed));
    let mut history = History::default();
    feed(&mut history, &program, START, START);
    let reading = ask(&history, &program, START);
    assert_eq!((reading.value, reading.until_ms), (Some(Value::Int(1)), START + DAY));
    assert_eq!(ask(&history, &program, START + DAY - 1).value, Some(Value::Int(1)));
    let reading = ask(&history, &program, START + DAY);
    assert_eq!((reading.value, reading.until_ms), (Some(Value::Int(0)), i64::MAX));
}

#[test]
fn an_untouched_aggregate_costs_nothing() {
    let program = program(aggregate(AggFunc::Count, Window::Ever, Keep::Running));
    let history = History::default();
    assert!(history.is_empty());
    assert_eq!(ask(&history, &program, START).value, Some(Value::Int(0)));
}

/// What `check --report` says of sizes is what the states here take.
#[test]
fn states_are_as_large_as_the_compiler_says() {
    use wayline_compiler::ir::memory::{HEAD_BYTES, LIST_BYTES, TOTAL_BYTES, VALUE_BYTES};
    assert_eq!(HEAD_BYTES as usize, size_of::<(AggId, Cell)>());
    assert_eq!(TOTAL_BYTES as usize, size_of::<state::Total>());
    assert_eq!(LIST_BYTES as usize, size_of::<list::List>());
    assert_eq!(VALUE_BYTES as usize, size_of::<item::Item>());
}

#[test]
fn beyond_its_limit_a_list_forgets_the_oldest() {
    let program = program(aggregate(AggFunc::Count, Window::Within(Span::Exact(365 * DAY)), Keep::Listed));
    let mut history = History::default();
    for n in 0..MAX_LISTED as i64 + 10 {
        feed(&mut history, &program, START + n, START + n);
    }
    feed(&mut history, &program, START, START + MAX_LISTED as i64 + 10);
    assert_eq!(ask(&history, &program, START + DAY).value, Some(Value::Int(MAX_LISTED as i64)));
}

#[test]
fn groups_that_no_window_sees_are_thrown_away() {
    let mut agg = aggregate(AggFunc::Count, Window::Within(Span::Exact(HOUR)), Keep::Listed);
    agg.group_by = vec![INT];
    let program = program(agg);
    let mut history = History::default();
    for n in 0..10_000 {
        let mut row = RowBuf::new(6);
        row.slots[0] = wayline_compiler::row::Slot::int(n);
        let now_ms = START + n * HOUR;
        let occurrence = Occurrence { row: row.as_row(), own_ms: now_ms, now_ms, zone: Zone::UTC };
        history.feed(&program, AggId(0), &occurrence);
    }
    let Some((_, Cell::Many(groups))) = history.0.first() else { panic!("groups") };
    assert!(groups.states.len() <= LEAST_SWEEP, "{}", groups.states.len());
}

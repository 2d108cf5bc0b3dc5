//! A hand-made program whose events, attributes, catalog rows and list elements have a field of every type, and a world with history.

use wayline_compiler::eval::{Reading, Value, World};
use wayline_compiler::ir::{
    AggId, CatalogId, Entry, EnumId, Event, EventId, Expr, ExprId, ExprKind, Field, FieldType, Journey,
    ListId, OnUpdate, PolicyId, Program, Range, Read, Reenter, ReenterMode, Segment, Settings, Span, Ty,
    WellKnown,
};
use wayline_compiler::list::ListWriter;
use wayline_compiler::row::{Row, RowBuf};

/// Lists of integers, of texts, of records, of instants.
pub(super) const INTS: ListId = ListId(0);
pub(super) const TEXTS: ListId = ListId(1);
pub(super) const RECORDS: ListId = ListId(2);
pub(super) const TIMES: ListId = ListId(3);

/// The closed set of every enum field.
pub(super) const COLOURS: EnumId = EnumId(0);

/// Types of the fields of every row, by slot. Two of those that machine code treats itself.
pub(super) const FIELDS: [Ty; 17] = [
    Ty::Bool,
    Ty::Int,
    Ty::Int,
    Ty::Float,
    Ty::Float,
    Ty::Str,
    Ty::Str,
    Ty::Time,
    Ty::Time,
    Ty::Date,
    Ty::Clock,
    Ty::Duration,
    Ty::Timezone,
    Ty::Enum(COLOURS),
    Ty::List(INTS),
    Ty::List(TEXTS),
    Ty::List(RECORDS),
];

/// Types of the fields of an element of [`RECORDS`].
pub(super) const ELEMENT: [Ty; 5] = [Ty::Int, Ty::Str, Ty::Time, Ty::Float, Ty::List(INTS)];

/// Types of the aggregates of [`History`], by id.
pub(super) const AGGREGATES: [Ty; 13] = [
    Ty::Int,
    Ty::Time,
    Ty::Bool,
    Ty::Float,
    Ty::List(INTS),
    Ty::Clock,
    Ty::Str,
    Ty::Duration,
    Ty::Date,
    Ty::Enum(COLOURS),
    Ty::Int,
    Ty::Int,
    Ty::List(TIMES),
];

/// The aggregate that reads `since T`, and the one with a key.
pub(super) const SINCE: AggId = AggId(10);
pub(super) const KEYED: AggId = AggId(11);

fn field_type(ty: Ty) -> FieldType {
    match ty {
        Ty::Bool => FieldType::Bool,
        Ty::Int => FieldType::Int(Range { min: None, max: None }),
        Ty::Float => FieldType::Float(Range { min: None, max: None }),
        Ty::Str => FieldType::Str(None),
        Ty::Time => FieldType::Time { past: false },
        Ty::Date => FieldType::Date { past: false },
        Ty::Clock => FieldType::Clock,
        Ty::Duration => FieldType::Duration,
        Ty::Timezone => FieldType::Timezone,
        Ty::Enum(set) => FieldType::Enum(set),
        Ty::List(list) => FieldType::List(list),
    }
}

pub(super) fn field(name: &str, ty: Ty) -> Field {
    Field {
        name: name.to_owned(),
        wire: vec![name.to_owned()],
        ty: field_type(ty),
        optional: true,
        default: None,
        needed: true,
    }
}

pub(super) fn event(name: &str) -> Event {
    Event {
        name: name.to_owned(),
        wire: name.to_owned(),
        subject: None,
        past: None,
        once: false,
        rate: None,
        fields: FIELDS.iter().enumerate().map(|(i, ty)| field(&format!("f{i}"), *ty)).collect(),
        doc: None,
    }
}

/// A program with nothing to do; predicates are added to [`Program::exprs`].
pub(super) fn program() -> Program {
    Program {
        format_version: 1,
        hash: String::new(),
        settings: Settings { zone: "UTC".to_owned(), locale: "en".to_owned(), max_instances: 100 },
        events: vec![event("a"), event("b")],
        attributes: Vec::new(),
        well_known: WellKnown::default(),
        catalogs: Vec::new(),
        enums: vec![["red", "green", "blue", "grün"].map(str::to_owned).to_vec()],
        lists: vec![
            vec![field("", Ty::Int)],
            vec![field("", Ty::Str)],
            ELEMENT.iter().enumerate().map(|(i, ty)| field(&format!("e{i}"), *ty)).collect(),
            vec![field("", Ty::Time)],
        ],
        symbols: Vec::new(),
        regexes: ["^a", "b+c", "\\d{2}", "(?i)KOREA", "^$", "\u{0}", "민."]
            .map(|text| text.to_owned().into())
            .to_vec(),
        exprs: Vec::new(),
        aggregates: Vec::new(),
        segments: Vec::new(),
        classifies: Vec::new(),
        channels: Vec::new(),
        templates: Vec::new(),
        policies: Vec::new(),
        journeys: Vec::new(),
    }
}

/// Adds a node.
pub(super) fn add(program: &mut Program, kind: ExprKind, ty: Ty) -> ExprId {
    program.exprs.push(Expr { kind, ty });
    ExprId::new(program.exprs.len() - 1)
}

/// A list of one-column elements.
pub(super) fn list_of(program: &Program, values: &[Value<'_>]) -> Vec<u8> {
    let mut writer = ListWriter::new(1);
    for value in values {
        let mut row = RowBuf::new(1);
        value.put(program, &mut row, 0);
        writer.push(row.as_row(), |_| matches!(value, Value::Str(_) | Value::List(..)));
    }
    writer.finish()
}

/// Instants of events, and answers that do not change.
pub(super) struct History {
    pub(super) rows: Vec<(String, RowBuf)>,
    pub(super) instants: Vec<i64>,
    /// By aggregate; those that windows compute are not looked at.
    pub(super) fixed: Vec<Option<Value<'static>>>,
}

impl History {
    /// Reading of the instants in (`from`, `now`], each of which leaves after `stay`.
    fn window(&self, now: i64, stay: i64) -> (Vec<i64>, i64) {
        let inside: Vec<i64> =
            self.instants.iter().copied().filter(|t| *t <= now && t.saturating_add(stay) > now).collect();
        let leave = inside.iter().map(|t| t.saturating_add(stay)).min().unwrap_or(i64::MAX);
        let come = self.instants.iter().copied().filter(|t| *t > now).min().unwrap_or(i64::MAX);
        (inside, leave.min(come))
    }
}

impl World for History {
    fn catalog_row(&self, _: CatalogId, key: &str) -> Option<Row<'_>> {
        self.rows.iter().find(|(k, _)| k == key).map(|(_, row)| row.as_row())
    }

    fn aggregate(
        &self,
        agg: AggId,
        keys: &[Value<'_>],
        since: Option<i64>,
        _: Read,
        now_ms: i64,
    ) -> Reading<'_> {
        let day = 86_400_000;
        let (value, until_ms) = match agg.0 {
            0 => {
                let (inside, until_ms) = self.window(now_ms, day);
                (Some(Value::Int(inside.len() as i64)), until_ms)
            }
            1 => {
                let (inside, until_ms) = self.window(now_ms, 7 * day);
                (inside.iter().copied().max().map(Value::Time), until_ms)
            }
            2 => {
                let (inside, until_ms) = self.window(now_ms, 3_600_000);
                (Some(Value::Bool(!inside.is_empty())), until_ms)
            }
            10 => {
                let (inside, until_ms) = self.window(now_ms, i64::MAX);
                let since = since.unwrap_or(i64::MIN);
                (Some(Value::Int(inside.iter().filter(|t| **t >= since).count() as i64)), until_ms)
            }
            11 => {
                let length = match keys {
                    [Value::Str(text)] => text.len() as i64,
                    _ => -1,
                };
                (Some(Value::Int(length)), i64::MAX)
            }
            index => (self.fixed.get(index as usize).cloned().flatten(), i64::MAX),
        };
        Reading { value, until_ms }
    }
}

/// A duration of elapsed days.
pub(super) fn days(n: i64) -> Span {
    Span::Exact(n * 86_400_000)
}

/// A journey without steps that an event enters.
pub(super) fn journey(name: &str, event: u32, filter: Option<ExprId>) -> Journey {
    Journey {
        name: name.to_owned(),
        version: None,
        doc: None,
        entry: Entry::Event { event: EventId(event), filter },
        key: Vec::new(),
        reenter: Reenter { mode: ReenterMode::Every, limit: None, cooldown: None },
        goals: Vec::new(),
        exits: Vec::new(),
        refreshes: Vec::new(),
        policy: PolicyId(0),
        priority: 0,
        lasts: None,
        holdout: 0,
        active: None,
        on_update: OnUpdate::Pin,
        cells: Vec::new(),
        steps: Vec::new(),
        first: None,
        loops: 0,
    }
}

/// A segment: a predicate that the program asks for.
pub(super) fn segment(predicate: ExprId) -> Segment {
    Segment { name: String::new(), predicate, doc: None }
}

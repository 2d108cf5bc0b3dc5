//! Wayline itself: a project's text compiled as `wayline check` does, then asked by machine code or the interpreter.
//!
//! Conditions stand in `exit on event where …`: there each becomes a function of its own.

use crate::condition::{Condition, Field, Syntax, quoted};
use crate::contest::Contestant;
use crate::data::{DAY, Datum, NOW, Record};
use std::sync::Arc;
use wayline_compiler::calendar::Zone;
use wayline_compiler::eval::{EmptyWorld, Env};
use wayline_compiler::ir::{Exit, ExprId, Program};
use wayline_compiler::predicates::{Backend, Predicates};
use wayline_compiler::row::{Row, RowBuf, Slot};
use wayline_compiler::{Settings, Sources, compile};

/// The schema every project starts with.
const SCHEMA: &str = r#"
event event {
    name: string; price: int; category: string; sku: string; coupon: string?; currency: string; quantity: int;
    url: string; discount: float;
}
user {
    lifecycle: string = ""; locale: string = ""; total_spent: float = 0.0; last_login: time?;
    age: int?; email: string = ""; orders: int = 0;
}
"#;

struct Language;

impl Syntax for Language {
    const AND: &'static str = "and";
    const OR: &'static str = "or";

    fn field(&self, field: Field) -> String {
        if field.row == "event" { field.name.to_owned() } else { format!("user.{}", field.name) }
    }
    fn not(&self, inner: &str) -> String {
        format!("not ({inner})")
    }
    fn starts_with(&self, field: Field, text: &str) -> String {
        format!("{} starts_with {}", self.field(field), quoted(text))
    }
    fn contains(&self, field: Field, text: &str) -> String {
        format!("{} contains {}", self.field(field), quoted(text))
    }
    fn matches(&self, field: Field, regex: &str, _: [&str; 2]) -> String {
        format!("{} matches {}", self.field(field), quoted(regex))
    }
    fn exists(&self, field: Field) -> String {
        format!("{} exists", self.field(field))
    }
    fn age(&self, field: Field, op: &str, ms: i64) -> String {
        let test = if op == "<" { "within last" } else { "older than" };
        format!("{} {test} {}d", self.field(field), ms / DAY)
    }
}

/// A project whose journeys leave on these conditions.
pub fn project(conditions: &[String]) -> String {
    let journey = |(number, condition): (usize, &String)| {
        format!(
            "journey j{number} {{ on session reenter after exit; exit on event where {condition}; wait 1d; }}\n"
        )
    };
    SCHEMA.to_owned() + &conditions.iter().enumerate().map(journey).collect::<String>()
}

/// A project whose journeys are entered on these conditions, as many small journeys are.
pub fn triggers(conditions: &[Condition]) -> String {
    let journey = |(number, condition): (usize, &Condition)| {
        let condition = Language.text(condition);
        format!(
            "journey j{number} {{ on event where {condition} reenter after exit; send push \"Still there?\"; }}\n"
        )
    };
    SCHEMA.to_owned() + &conditions.iter().enumerate().map(journey).collect::<String>()
}

/// All stages, with full analysis.
pub fn program(text: &str) -> Arc<Program> {
    let sources = sources(text);
    let compiled = compile(&sources, &Settings::default());
    compiled.program.unwrap_or_else(|| panic!("{}", compiled.diagnostics.render_plain(sources.map())))
}

pub fn sources(text: &str) -> Sources {
    let mut sources = Sources::new();
    sources.add("project.way", text);
    sources
}

/// The conditions of `exit on event where …`, in order.
fn conditions(program: &Program) -> Vec<ExprId> {
    let exits = program.journeys.iter().flat_map(|journey| &journey.exits);
    let filter = |exit: &Exit| match exit {
        Exit::Event { filter, .. } => *filter,
        Exit::When { .. } => None,
    };
    exits.filter_map(filter).collect()
}

pub struct Wayline {
    backend: Backend,
    records: Vec<Record>,
    predicates: Option<Predicates>,
    conditions: Vec<ExprId>,
    /// Of the event and of the user.
    rows: Vec<[Row<'static>; 2]>,
    /// One for all: a host changes its rows from event to event.
    env: Option<Env<'static>>,
}

impl Wayline {
    pub fn new(records: &[Record], backend: Backend) -> Self {
        let (conditions, rows) = (Vec::new(), Vec::new());
        Self { backend, records: records.to_vec(), predicates: None, conditions, rows, env: None }
    }
}

/// The rows of all records, one after the other, for as long as the benchmark runs.
fn rows(program: &Program, records: &[Record]) -> Vec<[Row<'static>; 2]> {
    let event = program.events.iter().find(|event| event.name == "event").expect("the schema has it");
    let events: Vec<&str> = event.fields.iter().map(|field| field.name.as_str()).collect();
    let users: Vec<&str> = program.attributes.iter().map(|attribute| attribute.field.name.as_str()).collect();
    let rows = records.iter().map(|record| {
        let (mut event, mut user) = (RowBuf::new(events.len()), RowBuf::new(users.len()));
        for (row, name, datum) in record.fields() {
            let (names, row) = if row == "event" { (&events, &mut event) } else { (&users, &mut user) };
            let slot = names.iter().position(|one| *one == name).expect("the schema has it");
            match datum {
                Datum::Text(text) => row.set_text(slot, text, program.symbol(text)),
                Datum::Int(n) => row.slots[slot] = Slot::int(n),
                Datum::Float(x) => row.slots[slot] = Slot::float(x),
            }
        }
        [event, user]
    });
    let rows: Vec<[RowBuf; 2]> = rows.collect();
    let all = rows.iter().flatten();
    let slots: &'static [Slot] =
        all.clone().flat_map(|row| row.slots.iter().copied()).collect::<Vec<_>>().leak();
    let bytes: &'static [u8] = all.flat_map(|row| row.bytes.iter().copied()).collect::<Vec<_>>().leak();
    let (mut slot, mut byte) = (0, 0);
    let mut row = |row: &RowBuf| {
        let (from, start) = (slot, byte);
        slot += row.slots.len();
        byte += row.bytes.len();
        Row { slots: &slots[from..slot], bytes: &bytes[start..byte] }
    };
    rows.iter().map(|[event, user]| [row(event), row(user)]).collect()
}

impl Contestant for Wayline {
    fn name(&self) -> &'static str {
        match self.backend {
            Backend::Interp => "wayline, interpreter",
            Backend::Jit | Backend::Auto => "wayline, machine code",
        }
    }
    fn text(&self, condition: &Condition) -> String {
        project(&[Language.text(condition)])
    }
    fn compile(&self, text: &str) {
        let predicates = Predicates::new(&program(text), self.backend);
        std::hint::black_box(predicates.expect("machine code"));
    }
    fn load(&mut self, conditions: &[Condition]) {
        let texts: Vec<String> = conditions.iter().map(|condition| Language.text(condition)).collect();
        let program = program(&project(&texts));
        self.conditions = self::conditions(&program);
        self.predicates = Some(Predicates::new(&program, self.backend).expect("machine code"));
        let program: &'static Arc<Program> = Box::leak(Box::new(program));
        self.rows = rows(program, &self.records);
        self.env = Some(Env {
            program,
            event: Row::EMPTY,
            entry: Row::EMPTY,
            user: Row::EMPTY,
            now_ms: NOW,
            zone: Zone::UTC,
            entry_time_ms: NOW,
            world: &EmptyWorld,
        });
    }
    fn events(&self) -> usize {
        self.rows.len()
    }
    #[inline]
    fn holds(&mut self, which: usize, event: usize) -> bool {
        let (Some(predicates), Some(env)) = (&self.predicates, &mut self.env) else { return false };
        [env.event, env.user] = self.rows[event];
        predicates.truth(self.conditions[which], env)
    }
}

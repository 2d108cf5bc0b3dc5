//! JSONLogic, as datalogic-rs compiles it: values in an arena, names looked up.

use crate::condition::{Condition, Field};
use crate::contest::Contestant;
use crate::data::Record;
use datalogic_rs::bumpalo::Bump;
use datalogic_rs::operator::EvalContext;
use datalogic_rs::{ArenaExt, CustomOperator, DataValue, Engine, Logic};
use regex::Regex;
use serde_json::{Value, json};

/// The one regular expression of the conditions: JSONLogic has none, but operators of the host.
struct Matches(Regex);

impl CustomOperator for Matches {
    fn evaluate<'a>(
        &self,
        operands: &[&'a DataValue<'a>],
        _: &mut EvalContext<'_, 'a>,
        arena: &'a Bump,
    ) -> datalogic_rs::Result<&'a DataValue<'a>> {
        let found = operands.first().and_then(|text| text.as_str()).is_some_and(|text| self.0.is_match(text));
        Ok(arena.bool(found))
    }
}

pub struct Datalogic {
    engine: Engine,
    data: Vec<&'static DataValue<'static>>,
    rules: Vec<Logic>,
    arena: Bump,
}

impl Datalogic {
    pub fn new(records: &[Record]) -> Self {
        let regex = Regex::new(crate::data::EMAIL).expect("a pattern");
        // For as long as the benchmark runs.
        let arena: &'static Bump = Box::leak(Box::new(Bump::new()));
        let data = |record: &Record| {
            let text: &'static str = record.json().to_string().leak();
            &*arena.alloc(DataValue::from_str(text, arena).expect("JSON"))
        };
        Self {
            engine: Engine::builder().add_operator("matches", Matches(regex)).build(),
            data: records.iter().map(data).collect(),
            rules: Vec::new(),
            arena: Bump::new(),
        }
    }
}

fn rule(condition: &Condition) -> Value {
    use Condition::*;
    let var = |field: &Field| json!({ "var": format!("{}.{}", field.row, field.name) });
    let all = |all: &[Condition]| all.iter().map(rule).collect::<Vec<_>>();
    let age = |field: &Field| json!({ "-": [{ "var": "now" }, var(field)] });
    match condition {
        All(operands) => json!({ "and": all(operands) }),
        Any(operands) => json!({ "or": all(operands) }),
        Not(operand) => json!({ "!": [rule(operand)] }),
        Int(field, op, value) => json!({ *op: [var(field), value] }),
        Float(field, op, value) => json!({ *op: [var(field), value] }),
        Is(field, text) => json!({ "===": [var(field), text] }),
        IsNot(field, text) => json!({ "!==": [var(field), text] }),
        OneOf(field, texts) => json!({ "in": [var(field), texts] }),
        StartsWith(field, text) => json!({ "starts_with": [var(field), text] }),
        Contains(field, text) => json!({ "in": [text, var(field)] }),
        Matches(field, regex, _) => json!({ "matches": [var(field), regex] }),
        Exists(field) => json!({ "!==": [var(field), null] }),
        OlderThan(field, ms) => json!({ ">=": [age(field), ms] }),
        WithinLast(field, ms) => json!({ "<": [age(field), ms] }),
    }
}

impl Contestant for Datalogic {
    fn name(&self) -> &'static str {
        "datalogic-rs 5"
    }
    fn text(&self, condition: &Condition) -> String {
        rule(condition).to_string()
    }
    fn compile(&self, text: &str) {
        std::hint::black_box(self.engine.compile(text).expect("compiles"));
    }
    fn load(&mut self, conditions: &[Condition]) {
        let compile = |condition| self.engine.compile(self.text(condition).as_str()).expect("compiles");
        self.rules = conditions.iter().map(compile).collect();
    }
    fn events(&self) -> usize {
        self.data.len()
    }
    fn holds(&mut self, which: usize, event: usize) -> bool {
        let answer = self.engine.evaluate(&self.rules[which], self.data[event], &self.arena);
        let holds = answer.is_ok_and(|answer| answer.as_bool() == Some(true));
        self.arena.reset();
        holds
    }
}

//! CEL: a walk over a tree, variables by name.

use crate::condition::{Condition, Field, Syntax, quoted};
use crate::contest::Contestant;
use crate::data::{NOW, Record};
use cel::Value;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;

struct Language;

impl Syntax for Language {
    fn starts_with(&self, field: Field, text: &str) -> String {
        format!("{}.startsWith({})", self.field(field), quoted(text))
    }
    fn matches(&self, field: Field, regex: &str, _: [&str; 2]) -> String {
        format!("{}.matches({})", self.field(field), quoted(regex))
    }
    fn exists(&self, field: Field) -> String {
        format!("has({})", self.field(field))
    }
}

pub struct Cel {
    env: Arc<cel::Env>,
    contexts: Vec<cel::Context<'static, 'static>>,
    programs: Vec<cel::Program>,
}

impl Cel {
    pub fn new(records: &[Record]) -> Self {
        let env = Arc::new(cel::Env::stdlib());
        let context = |record: &Record| {
            let json = record.json();
            let mut context = cel::Context::with_env(env.clone());
            context.add_variable_from_value("event", value(&json["event"]));
            context.add_variable_from_value("user", value(&json["user"]));
            context.add_variable_from_value("now", NOW);
            context
        };
        let contexts = records.iter().map(context).collect();
        Self { env, contexts, programs: Vec::new() }
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::String(text) => Value::String(Arc::new(text.clone())),
        Json::Number(n) => n.as_i64().map_or(Value::Float(n.as_f64().unwrap_or(0.0)), Value::Int),
        Json::Array(all) => Value::List(Arc::new(all.iter().map(value).collect())),
        Json::Object(all) => {
            let all: HashMap<String, Value> =
                all.iter().map(|(key, json)| (key.clone(), value(json))).collect();
            all.into()
        }
    }
}

impl Contestant for Cel {
    fn name(&self) -> &'static str {
        "cel 0.15"
    }
    fn text(&self, condition: &Condition) -> String {
        Language.text(condition)
    }
    fn compile(&self, text: &str) {
        std::hint::black_box(self.env.compile(text).expect("compiles"));
    }
    fn load(&mut self, conditions: &[Condition]) {
        let compile = |condition| self.env.compile(&Language.text(condition)).expect("compiles");
        self.programs = conditions.iter().map(compile).collect();
    }
    fn events(&self) -> usize {
        self.contexts.len()
    }
    fn holds(&mut self, which: usize, event: usize) -> bool {
        matches!(self.programs[which].execute(&self.contexts[event]), Ok(Value::Bool(true)))
    }
}

//! VRL: a typed tree that is walked.

use crate::condition::{Condition, Field, Syntax, list, quoted};
use crate::contest::Contestant;
use crate::data::Record;
use std::collections::BTreeMap;
use vrl::compiler::runtime::Runtime;
use vrl::compiler::state::ExternalEnv;
use vrl::compiler::{Function, Program, TargetValue, TimeZone};
use vrl::value::kind::Collection;
use vrl::value::{Kind, Value, kind};

struct Language;

/// The fields that may be missing are asserted where they are used.
fn present(syntax: &Language, field: Field) -> String {
    match field.name {
        "age" => format!("int!({})", syntax.field(field)),
        "coupon" => format!("string!({})", syntax.field(field)),
        _ => syntax.field(field),
    }
}

impl Syntax for Language {
    fn field(&self, field: Field) -> String {
        format!(".{}.{}", field.row, field.name)
    }
    fn int(&self, field: Field, op: &str, value: i64) -> String {
        format!("{} {op} {value}", present(self, field))
    }
    fn one_of(&self, field: Field, texts: &[String]) -> String {
        format!("includes([{}], {})", list(texts), self.field(field))
    }
    fn starts_with(&self, field: Field, text: &str) -> String {
        format!("starts_with({}, {})", self.field(field), quoted(text))
    }
    fn contains(&self, field: Field, text: &str) -> String {
        format!("contains({}, {})", present(self, field), quoted(text))
    }
    fn matches(&self, field: Field, regex: &str, _: [&str; 2]) -> String {
        format!("match({}, r'{regex}')", self.field(field))
    }
    fn exists(&self, field: Field) -> String {
        format!("exists({})", self.field(field))
    }
    fn age(&self, field: Field, op: &str, ms: i64) -> String {
        format!(".now - {} {op} {ms}", self.field(field))
    }
}

pub struct Vrl {
    functions: Vec<Box<dyn Function>>,
    external: ExternalEnv,
    zone: TimeZone,
    runtime: Runtime,
    targets: Vec<TargetValue>,
    programs: Vec<Program>,
}

fn object(fields: &[(&str, Kind)]) -> Kind {
    let fields = fields.iter().map(|(name, kind)| ((*name).into(), kind.clone()));
    Kind::object(Collection::from(fields.collect::<BTreeMap<kind::Field, Kind>>()))
}

impl Vrl {
    pub fn new(records: &[Record]) -> Self {
        let (text, int, float) = (Kind::bytes(), Kind::integer(), Kind::float());
        let event = object(&[
            ("name", text.clone()),
            ("price", int.clone()),
            ("category", text.clone()),
            ("sku", text.clone()),
            ("coupon", text.clone().or_undefined()),
            ("currency", text.clone()),
            ("quantity", int.clone()),
            ("url", text.clone()),
            ("discount", float.clone()),
        ]);
        let user = object(&[
            ("lifecycle", text.clone()),
            ("locale", text.clone()),
            ("total_spent", float),
            ("last_login", int.clone()),
            ("age", int.clone().or_undefined()),
            ("email", text),
            ("orders", int.clone()),
        ]);
        let root = object(&[("event", event), ("user", user), ("now", int)]);
        let target = |record: &Record| TargetValue {
            value: Value::from(record.json()),
            metadata: Value::Object(BTreeMap::new()),
            secrets: Default::default(),
        };
        Self {
            functions: vrl::stdlib::all(),
            external: ExternalEnv::new_with_kind(root, Kind::object(Collection::any())),
            zone: TimeZone::default(),
            runtime: Runtime::default(),
            targets: records.iter().map(target).collect(),
            programs: Vec::new(),
        }
    }

    fn program(&self, text: &str) -> Program {
        let compiled =
            vrl::compiler::compile_with_external(text, &self.functions, &self.external, Default::default());
        compiled.unwrap_or_else(|error| panic!("{text}: {error:?}")).program
    }
}

impl Contestant for Vrl {
    fn name(&self) -> &'static str {
        "vrl 0.38"
    }
    fn text(&self, condition: &Condition) -> String {
        Language.text(condition)
    }
    fn compile(&self, text: &str) {
        std::hint::black_box(self.program(text));
    }
    fn load(&mut self, conditions: &[Condition]) {
        self.programs = conditions.iter().map(|condition| self.program(&Language.text(condition))).collect();
    }
    fn events(&self) -> usize {
        self.targets.len()
    }
    fn holds(&mut self, which: usize, event: usize) -> bool {
        let answer = self.runtime.resolve(&mut self.targets[event], &self.programs[which], &self.zone);
        self.runtime.clear();
        matches!(answer, Ok(Value::Boolean(true)))
    }
}

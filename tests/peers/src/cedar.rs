//! Cedar: policies over requests. It has no floats (cents and decimals instead) and no regular expressions (`like` instead).

use crate::condition::{Condition, Field, Syntax, list};
use crate::contest::Contestant;
use crate::data::{Datum, NOW, Record};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, RestrictedExpression, Schema,
    ValidationMode, Validator,
};

/// What policies are checked against.
const SCHEMA: &str = r#"
entity User;
entity Event;
action "match" appliesTo {
    principal: [User],
    resource: [Event],
    context: {
        event: {
            name: String, price: Long, category: String, sku: String, coupon?: String, currency: String,
            quantity: Long, url: String, discount: decimal
        },
        user: {
            lifecycle: String, locale: String, total_spent: Long, last_login: Long, age?: Long,
            email: String, orders: Long
        },
        now: Long
    }
};
"#;

struct Language;

impl Syntax for Language {
    fn field(&self, field: Field) -> String {
        format!("context.{}.{}", field.row, field.name)
    }
    fn float(&self, field: Field, op: &str, value: f64) -> String {
        let name = self.field(field);
        match (field.name, op) {
            ("total_spent", _) => format!("{name} {op} {}", (value * 100.0).round() as i64),
            (_, "<=") => format!("{name}.lessThanOrEqual(decimal(\"{value:?}\"))"),
            (_, _) => format!("{name}.greaterThan(decimal(\"{value:?}\"))"),
        }
    }
    fn one_of(&self, field: Field, texts: &[String]) -> String {
        format!("[{}].contains({})", list(texts), self.field(field))
    }
    fn starts_with(&self, field: Field, text: &str) -> String {
        format!("{} like \"{text}*\"", self.field(field))
    }
    fn contains(&self, field: Field, text: &str) -> String {
        format!("{} like \"*{text}*\"", self.field(field))
    }
    fn matches(&self, field: Field, _: &str, patterns: [&str; 2]) -> String {
        let patterns = patterns.map(|pattern| format!("{} like \"{pattern}\"", self.field(field)));
        format!("({})", patterns.join(" || "))
    }
    fn exists(&self, field: Field) -> String {
        format!("context.{} has {}", field.row, field.name)
    }
    fn age(&self, field: Field, op: &str, ms: i64) -> String {
        format!("context.now - {} {op} {ms}", self.field(field))
    }
}

pub struct Cedar {
    authorizer: Authorizer,
    entities: Entities,
    requests: Vec<Request>,
    policies: Vec<PolicySet>,
}

fn uid(text: &str) -> EntityUid {
    text.parse().expect("an entity")
}

fn request(record: &Record) -> Request {
    let (mut event, mut user) = (Vec::new(), Vec::new());
    for (row, name, datum) in record.fields() {
        let value = match (datum, name) {
            (Datum::Text(text), _) => RestrictedExpression::new_string(text.to_owned()),
            (Datum::Int(n), _) => RestrictedExpression::new_long(n),
            (Datum::Float(x), "total_spent") => RestrictedExpression::new_long((x * 100.0).round() as i64),
            (Datum::Float(x), _) => RestrictedExpression::new_decimal(format!("{x:.4}")),
        };
        if row == "event" { &mut event } else { &mut user }.push((name.to_owned(), value));
    }
    let context = Context::from_pairs([
        ("event".to_owned(), RestrictedExpression::new_record(event).expect("a record")),
        ("user".to_owned(), RestrictedExpression::new_record(user).expect("a record")),
        ("now".to_owned(), RestrictedExpression::new_long(NOW)),
    ]);
    let (user, action, event) = (uid("User::\"u\""), uid("Action::\"match\""), uid("Event::\"e\""));
    Request::new(user, action, event, context.expect("a context"), None).expect("a request")
}

impl Cedar {
    pub fn new(records: &[Record]) -> Self {
        Self {
            authorizer: Authorizer::new(),
            entities: Entities::empty(),
            requests: records.iter().map(request).collect(),
            policies: Vec::new(),
        }
    }
}

/// One file of policies.
pub fn file(conditions: &[Condition]) -> String {
    let policy =
        |condition| format!("permit(principal, action, resource) when {{ {} }};\n", Language.text(condition));
    conditions.iter().map(policy).collect()
}

pub fn validator() -> Validator {
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).expect("a schema");
    Validator::new(schema)
}

/// Text to a set of policies, checked against the schema.
pub fn check(text: &str, validator: &Validator) {
    let policies: PolicySet = text.parse().expect("policies");
    assert!(validator.validate(&policies, ValidationMode::Strict).validation_passed());
}

impl Contestant for Cedar {
    fn name(&self) -> &'static str {
        "cedar-policy 4"
    }
    fn text(&self, condition: &Condition) -> String {
        file(std::slice::from_ref(condition))
    }
    fn compile(&self, text: &str) {
        std::hint::black_box(text.parse::<PolicySet>().expect("policies"));
    }
    fn load(&mut self, conditions: &[Condition]) {
        let parse = |condition| self.text(condition).parse().expect("policies");
        self.policies = conditions.iter().map(parse).collect();
    }
    fn events(&self) -> usize {
        self.requests.len()
    }
    fn holds(&mut self, which: usize, event: usize) -> bool {
        let answer =
            self.authorizer.is_authorized(&self.requests[event], &self.policies[which], &self.entities);
        answer.decision() == Decision::Allow
    }
}

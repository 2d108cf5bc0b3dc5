//! What comes in during a test: users, events, rows, providers.

use super::super::{Resolver, names};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::Field;
use crate::ir::test::{Input, ProviderResult};
use crate::syntax::ast::{self, FieldInit, FieldValue, TestAction};
use serde_json::{Map, Value};

/// What a test's provider says where the test does not.
const SOME_ERROR: &str = "failed";

impl<'a> Resolver<'a> {
    /// Lowers what comes in.
    pub(super) fn test_input(&mut self, action: &'a TestAction) -> Option<Input> {
        Some(match action {
            TestAction::Nothing => Input::Nothing,
            TestAction::User(fields) => {
                let declared: Vec<Field> =
                    self.schema.attributes.iter().map(|attribute| attribute.field.clone()).collect();
                Input::Identify(self.wire_object(fields, &declared, ("user", "the user", "attribute")))
            }
            TestAction::Event { event, fields } => {
                let id = self.event(event)?;
                let declared = self.schema.events[id.index()].clone();
                let owner = format!("event `{}`", declared.name);
                let properties =
                    self.wire_object(fields, &declared.fields, (&declared.name, &owner, "field"));
                Input::Track { event: declared.wire, properties }
            }
            TestAction::Row { catalog, key, fields } => {
                let id = self.catalog(catalog)?;
                let declared = self.schema.catalogs[id.index()].clone();
                let owner = format!("catalog `{}`", declared.name);
                let key = self.any_literal(key).map(|key| text_of(&key));
                let owned = (declared.name.as_str(), owner.as_str(), "column");
                let row = fields.as_ref().map(|fields| self.wire_object(fields, &declared.columns, owned));
                Input::Row { catalog: declared.name, key: key?, row }
            }
            TestAction::Provider { channel, result } => {
                let id = self.channel(channel)?;
                let result = match result {
                    ast::ProviderResult::Ok => ProviderResult::Ok,
                    ast::ProviderResult::Fails(reason) => {
                        let reason = reason.as_ref().and_then(ast::Text::as_plain).unwrap_or(SOME_ERROR);
                        ProviderResult::Fails(reason.to_owned())
                    }
                };
                Input::Provider { channel: self.schema.channels[id.index()].name.clone(), result }
            }
        })
    }

    /// Fields as an object nested as on the wire; `of` is the name they are declared under, `owner` and `what` are how a message says it.
    fn wire_object(
        &mut self,
        fields: &'a [FieldInit],
        declared: &[Field],
        (of, owner, what): (&str, &str, &str),
    ) -> Map<String, Value> {
        let mut object = Map::new();
        for init in fields {
            let Some(field) = declared.iter().find(|field| field.name == init.name.text) else {
                if self.is_broken(of, init.name.as_str()) {
                    continue;
                }
                let finding = names::unknown_in(
                    owner,
                    what,
                    &init.name,
                    declared.iter().map(|field| field.name.as_str()),
                );
                self.report(finding);
                continue;
            };
            let FieldValue::Expr(expr) = &init.value else {
                self.report(
                    Diagnostic::new(
                        &codes::TYPE_MISMATCH,
                        init.span,
                        format!("`{}` takes one value", init.name.text),
                    )
                    .label("a text per locale")
                    .help("write the value that comes in"),
                );
                continue;
            };
            if let Some(value) = self.wire_value(expr, field) {
                place(&mut object, &field.wire, value);
            }
        }
        object
    }
}

/// Puts a value at a path.
fn place(object: &mut Map<String, Value>, path: &[String], value: Value) {
    let Some((last, above)) = path.split_last() else { return };
    let mut at = object;
    for name in above {
        let next = at.entry(name.as_str()).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(next) = next else { return };
        at = next;
    }
    at.insert(last.clone(), value);
}

/// The text form of a plain value.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

//! Steps that act and go on at once: `set`, `emit`, `call`, `exit`.

use super::super::Lowering;
use super::super::block::Site;
use super::super::flow::Flow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, AttrId, ExprKind, FieldId, FieldType, Source, StepKind};
use crate::resolve::Resolver;
use crate::syntax::ast::{self, FieldInit, Ident};
use std::collections::BTreeSet;

impl<'a> Lowering<'_, 'a> {
    /// `set user.x = E`
    pub(in super::super) fn set(
        &mut self,
        step: &'a ast::Step,
        attribute: &'a Ident,
        value: &'a ast::Expr,
        mut site: Site<'_>,
        mut flow: Flow<'a>,
    ) -> Flow<'a> {
        let Some(id) = self.resolver.attribute(attribute) else { return self.skip(&site, flow) };
        let declared = self.resolver.schema.attributes[id.index()].clone();
        let Some(lowered) = self.resolver.field_value(value, &mut flow.scope, &declared.field.ty) else {
            return self.skip(&site, flow);
        };
        self.resolver.need_attribute(id);
        let key = self.key(step, &mut site, &format!("set_{}", attribute.text));
        self.put(step, site.at, site.next, key, StepKind::Set { attribute: id, value: lowered.id });
        // What was known of the attribute ends; that it is there begins, unless the door may refuse what is computed.
        let slot = ExprKind::Slot { source: Source::User, slot: id.0 };
        let slot = self.resolver.arena.expr(slot, lowered.ty);
        let is_certain = matches!(self.resolver.arena.get(lowered.id).kind, ExprKind::Const(_))
            || flow.scope.facts.present.contains(&slot)
            || !can_be_refused(&declared.field.ty);
        let resolver = &*self.resolver;
        flow.scope.facts.retain(|fact| !reads_attribute(resolver, fact, id));
        if is_certain {
            flow.scope.facts.present.insert(slot);
        }
        flow
    }

    /// `emit EVENT { f: E; }`
    pub(in super::super) fn emit(
        &mut self,
        step: &'a ast::Step,
        event: &'a Ident,
        fields: &'a [FieldInit],
        mut site: Site<'_>,
        mut flow: Flow<'a>,
    ) -> Flow<'a> {
        let Some(id) = self.resolver.event(event) else { return self.skip(&site, flow) };
        self.duplicate_fields(fields);
        let declared = self.resolver.schema.events[id.index()].fields.clone();
        let mut lowered: Vec<(FieldId, ir::ExprId)> = Vec::new();
        for init in fields {
            let Some(field) = self.resolver.event_field(id, &init.name) else { continue };
            let Some(value) = self.expression(init) else { continue };
            let value = self.resolver.field_value(value, &mut flow.scope, &declared[field.index()].ty);
            lowered.extend(value.map(|value| (field, value.id)));
        }
        let given = |name: &str| fields.iter().any(|init| init.name.text == name);
        let missing: Vec<&str> = declared
            .iter()
            .filter(|field| !field.optional && field.default.is_none() && !given(&field.name))
            .filter(|_| !self.resolver.is_stand_in(id))
            .map(|field| field.name.as_str())
            .collect();
        self.missing_fields(&missing, &format!("`emit {}`", event.text), event.span);
        lowered.sort_by_key(|(field, _)| *field);
        let key = self.key(step, &mut site, &format!("emit_{}", event.text));
        self.put(step, site.at, site.next, key, StepKind::Emit { event: id, fields: lowered });
        flow
    }

    /// `call NAME { f: E; }`
    pub(in super::super) fn call(
        &mut self,
        step: &'a ast::Step,
        name: &'a Ident,
        fields: &'a [FieldInit],
        mut site: Site<'_>,
        mut flow: Flow<'a>,
    ) -> Flow<'a> {
        self.duplicate_fields(fields);
        let mut lowered = Vec::new();
        for init in fields {
            let Some(value) = self.expression(init) else { continue };
            let value = self.present(value, &mut flow);
            lowered.extend(value.map(|value| (init.name.text.clone(), value.id)));
        }
        let key = self.key(step, &mut site, &format!("call_{}", name.text));
        self.put(step, site.at, site.next, key, StepKind::Call { name: name.text.clone(), fields: lowered });
        flow
    }

    /// `exit ["reason"]`
    pub(in super::super) fn exit(
        &mut self,
        step: &'a ast::Step,
        reason: Option<&'a ast::Text>,
        mut site: Site<'_>,
        flow: Flow<'a>,
    ) -> Flow<'a> {
        let reason = reason.and_then(|text| match text.as_plain() {
            Some(plain) => Some(plain.to_owned()),
            None => {
                self.resolver.report(
                    Diagnostic::new(
                        &codes::INVALID_VALUE,
                        text.span,
                        "the reason of an exit is a fixed text",
                    )
                    .label("depends on data")
                    .help("write the reason without `{…}`: reports count by it"),
                );
                None
            }
        });
        let key = self.key(step, &mut site, "exit");
        self.put(step, site.at, site.next, key, StepKind::Exit { reason });
        flow.ended()
    }
}

/// Whether a value of the right type may still break the facts declared with it. One that must not change or fall is there already.
fn can_be_refused(ty: &FieldType) -> bool {
    match ty {
        FieldType::Int(range) => range.min.is_some() || range.max.is_some(),
        FieldType::Float(range) => range.min.is_some() || range.max.is_some(),
        FieldType::Str(limit) | FieldType::Url(limit) => limit.is_some(),
        FieldType::Time { past } | FieldType::Date { past } => *past,
        FieldType::Bool
        | FieldType::Clock
        | FieldType::Duration
        | FieldType::Timezone
        | FieldType::Enum(_)
        | FieldType::List(_)
        | FieldType::Record => false,
    }
}

/// Whether an expression reads an attribute.
fn reads_attribute(resolver: &Resolver<'_>, id: ir::ExprId, attribute: AttrId) -> bool {
    let slot = ExprKind::Slot { source: Source::User, slot: attribute.0 };
    let (mut open, mut seen) = (vec![id], BTreeSet::new());
    while let Some(id) = open.pop() {
        let kind = &resolver.arena.get(id).kind;
        if *kind == slot {
            return true;
        }
        kind.each_operand(&mut |operand| {
            if seen.insert(operand) {
                open.push(operand);
            }
        });
    }
    false
}

//! The last step of resolving: everything lowered becomes one program.
//!
//! Here stands what needs the whole: the symbols of string constants, the project's zone and locale, fields read only through a refresh,
//! the content hash.

use super::{Resolver, prune};
use crate::ir::{
    self, AttrId, CompareOp, Const, Entry, Expr, ExprKind, FORMAT_VERSION, FieldType, Program, StepKind, Ty,
    WellKnown,
};
use crate::pipeline::{DEFAULT_MAX_INSTANCES, Resolved};
use std::collections::BTreeSet;

/// The project's zone where nobody says one.
const DEFAULT_ZONE: &str = "UTC";
/// The project's locale where nobody says one.
const DEFAULT_LOCALE: &str = "en";

impl Resolver<'_> {
    /// The program as lowered.
    pub(super) fn finish(mut self, tests: Vec<ir::test::Test>) -> Resolved {
        let well_known = self.well_known();
        let settings = self.project_settings(&well_known);
        self.refreshed_fields();
        let symbols = self.symbols();
        let used_channels = self.used_channels();
        prune::drop_unused_rules(&mut self.schema.policies, &mut self.spans, &used_channels);
        let schema = self.schema;
        let mut program = Program {
            format_version: FORMAT_VERSION,
            hash: String::new(),
            settings,
            events: schema.events,
            attributes: schema.attributes,
            well_known,
            catalogs: schema.catalogs,
            enums: self.arena.enums,
            lists: self.arena.lists,
            symbols,
            regexes: self.arena.regexes.into_iter().map(ir::Pattern::new).collect(),
            exprs: self.arena.exprs,
            aggregates: self.arena.aggregates,
            segments: schema.segments,
            classifies: schema.classifies,
            channels: schema.channels,
            templates: schema.templates,
            policies: schema.policies,
            journeys: schema.journeys,
        };
        prune::prune(&mut program, &self.names, &used_channels);
        program.hash = ir::hash::content_hash(&program);
        Resolved { program, tests, spans: self.spans }
    }

    /// `user.timezone` and `user.locale`, where they have the types the engine can use.
    pub(super) fn well_known(&mut self) -> WellKnown {
        let timezone =
            self.attribute_named("timezone").filter(|id| *self.type_of(*id) == FieldType::Timezone);
        let locale = self.attribute_named("locale").filter(|id| match self.type_of(*id) {
            FieldType::Str(_) | FieldType::Enum(_) => true,
            FieldType::Bool
            | FieldType::Int(_)
            | FieldType::Float(_)
            | FieldType::Url(_)
            | FieldType::Time { .. }
            | FieldType::Date { .. }
            | FieldType::Clock
            | FieldType::Duration
            | FieldType::Timezone
            | FieldType::List(_)
            | FieldType::Record => false,
        });
        for id in [timezone, locale].into_iter().flatten() {
            self.need_attribute(id);
        }
        WellKnown { timezone, locale }
    }

    fn type_of(&self, id: AttrId) -> &FieldType {
        &self.schema.attributes[id.index()].field.ty
    }

    /// The project's locale.
    pub(super) fn project_locale(&self) -> String {
        let locale =
            self.settings.locale.clone().or_else(|| self.default_text(self.attribute_named("locale")?));
        locale.unwrap_or_else(|| DEFAULT_LOCALE.to_owned())
    }

    /// `wayline.toml`, else the defaults of the attributes, else ours.
    pub(super) fn project_settings(&self, well_known: &WellKnown) -> ir::Settings {
        let zone = self.settings.zone.clone().or_else(|| self.default_text(well_known.timezone?));
        ir::Settings {
            zone: zone.unwrap_or_else(|| DEFAULT_ZONE.to_owned()),
            locale: self.project_locale(),
            max_instances: self.settings.max_instances.unwrap_or(DEFAULT_MAX_INSTANCES),
        }
    }

    fn default_text(&self, id: AttrId) -> Option<String> {
        let field = &self.schema.attributes[id.index()].field;
        match (field.default.as_ref()?, &field.ty) {
            (Const::Str(text), _) => Some(text.clone()),
            (Const::Member(member), FieldType::Enum(set)) => {
                self.arena.enums.get(set.index())?.get(*member as usize).cloned()
            }
            _ => None,
        }
    }

    /// A field that only fills an entry field at a refresh is needed where that one is; the rest of a refresh changes nothing.
    fn refreshed_fields(&mut self) {
        for journey in &mut self.schema.journeys {
            let Entry::Event { event: entry, .. } = journey.entry else { continue };
            for refresh in &mut journey.refreshes {
                let needed =
                    |field: &ir::FieldId| self.schema.events[entry.index()].fields[field.index()].needed;
                refresh.fields.retain(|(_, of_entry)| needed(of_entry));
                let fields = &mut self.schema.events[refresh.event.index()].fields;
                for field in refresh.fields.iter().map(|(own, _)| own).chain(&refresh.key) {
                    fields[field.index()].needed = true;
                }
            }
        }
    }

    /// The string constants predicates compare with: a decoder turns each into a small number.
    fn symbols(&self) -> Vec<String> {
        let mut symbols = BTreeSet::new();
        for expr in &self.arena.exprs {
            match &expr.kind {
                ExprKind::Compare { op: CompareOp::Eq | CompareOp::Ne, left, right } => {
                    for operand in [left, right] {
                        if let Expr { kind: ExprKind::Const(Const::Str(text)), ty: Ty::Str } =
                            self.arena.get(*operand)
                        {
                            symbols.insert(text.clone());
                        }
                    }
                }
                ExprKind::OneOf { set, value } if self.arena.get(*value).ty == Ty::Str => {
                    symbols.extend(set.iter().filter_map(text_of));
                }
                ExprKind::InList { value, .. } => {
                    if let ExprKind::Const(Const::Str(text)) = &self.arena.get(*value).kind {
                        symbols.insert(text.clone());
                    }
                }
                _ => {}
            }
        }
        for step in self.schema.journeys.iter().flat_map(|journey| &journey.steps) {
            if let StepKind::Match { arms, .. } = &step.kind {
                symbols.extend(arms.iter().flat_map(|(values, _)| values).filter_map(text_of));
            }
        }
        symbols.into_iter().collect()
    }
}

fn text_of(value: &Const) -> Option<String> {
    match value {
        Const::Str(text) => Some(text.clone()),
        Const::Bool(_)
        | Const::Int(_)
        | Const::Float(_)
        | Const::Time(_)
        | Const::Date(_)
        | Const::Clock(_)
        | Const::Duration(_)
        | Const::Member(_)
        | Const::EmptyList => None,
    }
}

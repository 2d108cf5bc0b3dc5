//! Lowered paths as their authors write them, for messages.

use super::super::Resolver;
use super::super::scope::ExprScope;
use crate::ir::{AggFunc, AggId, Const, EventId, ExprId, ExprKind, FieldId, ListId, Read, Source, Ty};

/// The rows around an expression.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    /// The event at hand.
    pub(super) event: Option<EventId>,
    /// The entry event.
    pub(super) entry: Option<EventId>,
    /// The lists of the `any`s around, innermost last.
    pub(super) elements: &'a [ListId],
}

impl<'a> Around<'a> {
    /// Those of a scope.
    pub(super) fn of(scope: &'a ExprScope<'_>) -> Around<'a> {
        Around { event: scope.event, entry: scope.entry, elements: &scope.elements }
    }
}

impl Resolver<'_> {
    /// A path as it is written; `…` for what is longer.
    pub(super) fn path_text(&self, id: ExprId, around: Around<'_>) -> String {
        match &self.arena.get(id).kind {
            ExprKind::Slot { source, slot } => self.slot_text(*source, *slot as usize, around),
            ExprKind::Column { catalog, key, column } => {
                let catalog = &self.schema.catalogs[catalog.index()];
                let key = self.path_text(*key, around);
                format!("{}({key}).{}", catalog.name, catalog.columns[column.index()].name)
            }
            ExprKind::Aggregate { agg, read, .. } => self.history_text(*agg, *read),
            ExprKind::Const(Const::Str(text)) => format!("\"{text}\""),
            ExprKind::Const(Const::Int(n)) => n.to_string(),
            ExprKind::EntryTime => "entry.time".to_owned(),
            ExprKind::ToFloat(inner) | ExprKind::ToText(inner) => self.path_text(*inner, around),
            ExprKind::AtLeast(a, b) => {
                format!("at_least({}, {})", self.path_text(*a, around), self.path_text(*b, around))
            }
            ExprKind::AtMost(a, b) => {
                format!("at_most({}, {})", self.path_text(*a, around), self.path_text(*b, around))
            }
            ExprKind::Const(Const::Float(x)) => x.to_string(),
            _ => "…".to_owned(),
        }
    }

    fn slot_text(&self, source: Source, slot: usize, around: Around<'_>) -> String {
        let of_event = |event: Option<EventId>| {
            let fields = &self.schema.events[event?.index()].fields;
            Some(fields.get(slot)?.name.clone())
        };
        let name = match source {
            Source::Event => of_event(around.event),
            Source::Entry if around.event.is_some() => {
                of_event(around.entry).map(|name| format!("entry.{name}"))
            }
            Source::Entry => of_event(around.entry),
            Source::User => {
                self.schema.attributes.get(slot).map(|attribute| format!("user.{}", attribute.field.name))
            }
            Source::Elem(out) => {
                let list = around.elements.iter().rev().nth(usize::from(out));
                let field = list.and_then(|list| self.arena.lists[list.index()].get(slot));
                field.map(|field| if field.name.is_empty() { "it".to_owned() } else { field.name.clone() })
            }
        };
        name.unwrap_or_else(|| "…".to_owned())
    }

    fn history_text(&self, agg: AggId, read: Read) -> String {
        let aggregate = &self.arena.aggregates[agg.index()];
        let event = &self.schema.events[aggregate.event.index()];
        let field = |field: FieldId| event.fields[field.index()].name.as_str();
        let (word, of) = match aggregate.func {
            AggFunc::Did => return format!("did {} …", event.name),
            AggFunc::Count => ("count", None),
            AggFunc::Sum(of) => ("sum", Some(of)),
            AggFunc::Min(of) => ("min", Some(of)),
            AggFunc::Max(of) => ("max", Some(of)),
            AggFunc::Avg(of) => ("avg", Some(of)),
            AggFunc::Distinct(of) => ("distinct", Some(of)),
            AggFunc::Last => ("last", None),
            AggFunc::First => ("first", None),
            AggFunc::Recent(of, _) => ("recent", Some(of)),
            AggFunc::Gap => ("gap", None),
            AggFunc::LastGap => ("last_gap", None),
            AggFunc::UsualHour => ("usual_hour", None),
        };
        let of = of.map_or_else(String::new, |of| format!(".{}", field(of)));
        let kept = match read {
            Read::Value => String::new(),
            Read::Field(position) => {
                let kept = aggregate.keep_fields.get(position as usize);
                kept.map_or_else(String::new, |kept| format!(".{}", field(*kept)))
            }
        };
        format!("{word}({}{of} …){kept}", event.name)
    }

    /// What a guard would be on: the row, where the column itself is always there with it.
    pub(super) fn guard_text(&self, id: ExprId, shown: &str) -> String {
        let ExprKind::Column { catalog, column, .. } = self.arena.get(id).kind else {
            return shown.to_owned();
        };
        let field = &self.schema.catalogs[catalog.index()].columns[column.index()];
        let row = shown.strip_suffix(&format!(".{}", field.name));
        if field.optional { shown.to_owned() } else { row.unwrap_or(shown).to_owned() }
    }

    /// A default of the right type, where one can be written.
    pub(super) fn example_default(&self, id: ExprId) -> Option<String> {
        let example = match self.arena.get(id).ty {
            Ty::Bool => "false",
            Ty::Int => "0",
            Ty::Float => "0.0",
            Ty::Str => "\"…\"",
            Ty::Time => "now",
            Ty::Date => "today",
            Ty::Clock => "10:00",
            Ty::Duration => "1d",
            Ty::Timezone => "\"Asia/Seoul\"",
            Ty::Enum(set) => {
                let first = self.arena.enums.get(set.index()).and_then(|set| set.first());
                return first.map(|first| format!("\"{first}\""));
            }
            Ty::List(_) => return None,
        };
        Some(example.to_owned())
    }
}

//! Lowered paths as their authors write them, for messages.

use super::super::Resolver;
use crate::ir::{AggFunc, AggId, Const, EventId, ExprId, ExprKind, FieldId, Read, Source, Ty};

impl Resolver<'_> {
    /// A path as it is written; `…` for what is longer.
    pub(super) fn path_text(&self, id: ExprId, event: Option<EventId>, entry: Option<EventId>) -> String {
        match &self.arena.get(id).kind {
            ExprKind::Slot { source, slot } => {
                let name = |event: EventId| {
                    let fields = &self.schema.events[event.index()].fields;
                    fields.get(*slot as usize).map_or("…", |field| field.name.as_str()).to_owned()
                };
                match (source, event, entry) {
                    (Source::Event, Some(event), _) => name(event),
                    (Source::Entry, Some(_), Some(entry)) => format!("entry.{}", name(entry)),
                    (Source::Entry, None, Some(entry)) => name(entry),
                    (Source::User, ..) => {
                        let attribute = self.schema.attributes.get(*slot as usize);
                        format!("user.{}", attribute.map_or("…", |attribute| attribute.field.name.as_str()))
                    }
                    (Source::Event, None, _) | (Source::Entry, _, None) | (Source::Elem(_), ..) => "…".to_owned(),
                }
            }
            ExprKind::Column { catalog, key, column } => {
                let catalog = &self.schema.catalogs[catalog.index()];
                let key = self.path_text(*key, event, entry);
                format!("{}({key}).{}", catalog.name, catalog.columns[column.index()].name)
            }
            ExprKind::Aggregate { agg, read, .. } => self.history_text(*agg, *read),
            ExprKind::Const(Const::Str(text)) => format!("\"{text}\""),
            ExprKind::Const(Const::Int(n)) => n.to_string(),
            ExprKind::EntryTime => "entry.time".to_owned(),
            ExprKind::ToFloat(inner) | ExprKind::ToText(inner) => self.path_text(*inner, event, entry),
            ExprKind::AtLeast(a, b) => {
                format!("at_least({}, {})", self.path_text(*a, event, entry), self.path_text(*b, event, entry))
            }
            ExprKind::AtMost(a, b) => {
                format!("at_most({}, {})", self.path_text(*a, event, entry), self.path_text(*b, event, entry))
            }
            ExprKind::Const(Const::Float(x)) => x.to_string(),
            _ => "…".to_owned(),
        }
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
        let ExprKind::Column { catalog, column, .. } = self.arena.get(id).kind else { return shown.to_owned() };
        let field = &self.schema.catalogs[catalog.index()].columns[column.index()];
        let row = shown.strip_suffix(&format!(".{}", field.name));
        if field.optional { shown.to_owned() } else { row.unwrap_or(shown).to_owned() }
    }

    /// A default of the right type.
    pub(super) fn example_default(&self, id: ExprId) -> String {
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
                return first.map_or_else(|| "…".to_owned(), |first| format!("\"{first}\""));
            }
            Ty::List(_) => "…",
        };
        example.to_owned()
    }
}

//! What names mean where they stand: fields of rows, attributes, parameters, definitions, segments, classes.
//!
//! A bare name is a field of the nearest row (the element of an `any`, the event of a `where`, else the entry) or something declared; if it
//! could be both it must be qualified. Start reading at `Resolver::place`.

use super::super::scope::{ExprScope, Position};
use super::super::{Resolver, suggest};
use super::lower::Lowered;
use super::show::Around;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{CatalogId, EventId, ExprId, ExprKind, FieldId, FieldType, ListId, Source, Ty};
use crate::pipeline::Sources;
use crate::source::Span;
use crate::syntax::ast::{self, Ident};

/// What a name or path stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// A value.
    Value(ExprId, Ty),
    /// `product(item)`: a row, which may only be asked whether it exists.
    Row {
        /// The catalog.
        catalog: CatalogId,
        /// The key.
        key: ExprId,
    },
    /// A record, which may only be asked whether it exists; the node is its mark.
    Record(ExprId),
}

/// A row whose fields have bare names.
#[derive(Debug, Clone, Copy)]
pub(super) enum RowRef {
    /// The event at hand.
    Event(EventId),
    /// The payload of the entry event.
    Entry(EventId),
    /// An element, so many `any`s out.
    Element(u8, ListId),
}

/// The name of an element that is no record.
const ELEMENT: &str = "it";
/// What other languages call a missing value.
const NOTHING: &[&str] = &["null", "none", "nil", "None", "NULL", "undefined", "empty"];
/// What other tools call the event at hand.
const EVENT_WORDS: &[&str] = &["event", "this", "self", "properties", "props", "context", "payload"];

impl Resolver<'_> {
    /// What a name, path or call stands for.
    pub(super) fn place(
        &mut self,
        expr: &ast::Expr,
        scope: &mut ExprScope<'_>,
        hint: Option<Ty>,
    ) -> Option<Place> {
        match &expr.inner().kind {
            ast::ExprKind::Name(name) => self.bare(name, scope, hint),
            ast::ExprKind::Path { base, fields } => self.path(base, fields, scope),
            ast::ExprKind::Call { function, args } => self.call(function, args, expr.span, scope),
            _ => self.lower(expr, scope, hint).map(|value| Place::Value(value.id, value.ty)),
        }
    }

    /// The value of a place; rows and records have none.
    pub(super) fn as_value(&mut self, place: Place, span: Span, scope: &ExprScope<'_>) -> Option<Lowered> {
        let diagnostic = match place {
            Place::Value(id, ty) => return Some(Lowered { id, ty, span }),
            Place::Row { catalog, key } => {
                let catalog = &self.schema.catalogs[catalog.index()];
                let column = catalog.columns.first().map_or("column", |column| column.name.as_str());
                let row = format!("{}({})", catalog.name, self.path_text(key, Around::of(scope)));
                Diagnostic::new(
                    &codes::TYPE_MISMATCH,
                    span,
                    format!("a row of `{}` is no value", catalog.name),
                )
                .label("a whole row")
                .help(format!(
                    "name a column, `{row}.{column}`, or ask whether the row is there: `{row} exists`"
                ))
            }
            Place::Record(_) => Diagnostic::new(&codes::TYPE_MISMATCH, span, "a record is no value")
                .label("a whole record")
                .help("name one of its fields, or ask whether it is there: `… exists`"),
        };
        self.report(diagnostic);
        None
    }

    /// `x exists`
    pub(super) fn exists(&mut self, operand: &ast::Expr, scope: &mut ExprScope<'_>) -> Option<Lowered> {
        let place = self.place(operand, scope, None)?;
        let kind = match place {
            Place::Value(id, _) | Place::Record(id) => {
                self.spans.note(id, operand.span);
                ExprKind::Exists(id)
            }
            Place::Row { catalog, key } => ExprKind::RowExists { catalog, key },
        };
        Some(self.node(kind, Ty::Bool, operand.span))
    }

    fn bare(&mut self, name: &Ident, scope: &mut ExprScope<'_>, hint: Option<Ty>) -> Option<Place> {
        let field = self.row_field(name.as_str(), scope);
        let declared = self.declared_kind(name.as_str(), scope);
        match (field, declared) {
            (Some((row, _)), Some(declared)) if !self.is_stds(name.as_str(), scope) => {
                self.report_ambiguous(name, row, declared);
                None
            }
            (Some((row, field)), _) => self.slot(row, field),
            (None, Some(_)) => self.declared(name, scope),
            (None, None) => {
                if !self.is_broken_field(name.as_str(), scope) {
                    self.report_unknown(name, scope, hint);
                }
                None
            }
        }
    }

    /// Whether std declares the name: a field of the project's own events comes before it.
    fn is_stds(&self, name: &str, scope: &ExprScope<'_>) -> bool {
        let names = &self.names;
        let declared =
            [names.defines.span_of(name), names.segments.span_of(name), names.classifies.span_of(name)];
        let declared = declared.into_iter().flatten().chain(names.past.span_of(name)).next();
        !scope.params.contains_key(name) && declared.is_some_and(|span| Sources::is_std(span.file))
    }

    /// Whether a row at hand declares the field, but wrongly: that was reported.
    fn is_broken_field(&self, name: &str, scope: &ExprScope<'_>) -> bool {
        Self::rows(scope).into_iter().any(|row| match row {
            RowRef::Event(event) | RowRef::Entry(event) => {
                self.is_broken(&self.schema.events[event.index()].name, name)
            }
            RowRef::Element(..) => false,
        })
    }

    /// What kind of declared thing a bare name is, for messages.
    fn declared_kind(&self, name: &str, scope: &ExprScope<'_>) -> Option<&'static str> {
        if scope.params.contains_key(name) {
            Some("parameter")
        } else if name == "now" || name == "today" {
            Some("present")
        } else if self.names.defines.get(name).is_some() {
            Some("definition")
        } else if self.names.segments.get(name).is_some() {
            Some("segment")
        } else if self.names.classifies.get(name).is_some() {
            Some("classification")
        } else if self.names.past.get(name).is_some_and(|(_, event)| event.subject.is_none()) {
            Some("past-tense name")
        } else {
            None
        }
    }

    fn declared(&mut self, name: &Ident, scope: &mut ExprScope<'_>) -> Option<Place> {
        if let Some(param) = scope.params.get(name.as_str()) {
            return Some(Place::Value(param.id, param.ty));
        }
        let lowered = match name.as_str() {
            "now" => self.node(ExprKind::Now, Ty::Time, name.span),
            "today" => self.node(ExprKind::Today, Ty::Date, name.span),
            text if self.names.defines.get(text).is_some() => {
                let define = self.define(name)?;
                Lowered { id: define.id, ty: define.ty, span: name.span }
            }
            text if self.names.segments.get(text).is_some() => {
                let (segment, predicate) = self.segment(name)?;
                self.node(ExprKind::InSegment { segment, predicate }, Ty::Bool, name.span)
            }
            text if self.names.classifies.get(text).is_some() => {
                let (classes, id) = self.classify(name)?;
                Lowered { id, ty: Ty::Enum(classes), span: name.span }
            }
            _ => self.past_tense(name, &[], name.span, scope)?,
        };
        Some(Place::Value(lowered.id, lowered.ty))
    }

    fn path(&mut self, base: &ast::Expr, fields: &[Ident], scope: &mut ExprScope<'_>) -> Option<Place> {
        let name = match &base.inner().kind {
            ast::ExprKind::Name(name) => name,
            ast::ExprKind::Call { function, args }
                if self.names.catalogs.get(function.as_str()).is_some() =>
            {
                let (catalog, key) = self.row_of(function, args, base.span, scope)?;
                return self.column(catalog, key, &dotted(fields)?);
            }
            ast::ExprKind::History(history) => {
                let value = self.history(history, fields, scope)?;
                return Some(Place::Value(value.id, value.ty));
            }
            _ => return self.no_parts(base, fields, scope),
        };
        let path = dotted(fields)?;
        if name.as_str() == "user" {
            return self.user_field(&path);
        }
        if name.as_str() == "entry" {
            return self.entry_field(&path, name.span, scope);
        }
        let whole = Ident { text: format!("{}.{}", name.text, path.text), span: name.span.to(path.span) };
        if let Some((row, field)) = self.row_field(whole.as_str(), scope) {
            return self.slot(row, field);
        }
        if let Some((event, _)) = self.names.events.get(name.as_str()) {
            return self.event_path(EventId::new(event), name, &path, scope);
        }
        if !self.is_broken_field(whole.as_str(), scope) && !self.is_broken_field(name.as_str(), scope) {
            self.report_unknown_path(name, &path, scope);
        }
        None
    }

    fn user_field(&mut self, path: &Ident) -> Option<Place> {
        let id = self.attribute(path)?;
        self.need_attribute(id);
        let ty = self.schema.attributes[id.index()].field.ty;
        Some(self.field_place(Source::User, id.index(), ty))
    }

    /// `entry.x`
    fn entry_field(&mut self, path: &Ident, base: Span, scope: &ExprScope<'_>) -> Option<Place> {
        if scope.position == Position::EntryWhere {
            return match (scope.outer, scope.event) {
                (Some(_), _) => self.only_as_key(base.to(path.span)),
                (None, Some(event)) => self.known_field(RowRef::Event(event), event, path),
                (None, None) => self.no_entry(base),
            };
        }
        if scope.position == Position::User {
            return self.no_entry(base);
        }
        if path.as_str() == "time" {
            let id = self.node(ExprKind::EntryTime, Ty::Time, base.to(path.span)).id;
            return Some(Place::Value(id, Ty::Time));
        }
        match scope.entry {
            Some(event) => self.known_field(RowRef::Entry(event), event, path),
            None => {
                self.report(
                    Diagnostic::new(
                        &codes::UNKNOWN_NAME,
                        base.to(path.span),
                        "this journey is not entered on an event",
                    )
                    .label("there are no entry fields")
                    .help("use attributes, `user.…`, or what happened last, `last(EVENT ever).…`"),
                );
                None
            }
        }
    }

    /// `purchase.total`, where an event of that name is at hand.
    fn event_path(
        &mut self,
        event: EventId,
        name: &Ident,
        path: &Ident,
        scope: &ExprScope<'_>,
    ) -> Option<Place> {
        if scope.event == Some(event) {
            return self.known_field(RowRef::Event(event), event, path);
        }
        if scope.outer.is_some_and(|outer| outer.event == Some(event)) {
            return self.only_as_key(name.span.to(path.span));
        }
        if scope.entry == Some(event) {
            return self.known_field(RowRef::Entry(event), event, path);
        }
        self.report(
            Diagnostic::new(&codes::UNKNOWN_NAME, name.span, format!("no `{}` is at hand here", name.text))
                .label("an event, not a value")
                .help(format!("ask what happened: `last({} ever).{}`", name.text, path.text)),
        );
        None
    }

    fn known_field(&mut self, row: RowRef, event: EventId, path: &Ident) -> Option<Place> {
        let field = self.event_field(event, path)?;
        self.slot(row, field)
    }

    fn only_as_key(&mut self, span: Span) -> Option<Place> {
        self.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, span, "history is not kept for this comparison")
                .label("outside the history function")
                .help("inside it, only equality reaches out: `where item == entry.item`"),
        );
        None
    }

    fn no_entry(&mut self, span: Span) -> Option<Place> {
        self.report(
            Diagnostic::new(&codes::UNKNOWN_NAME, span, "there is no entry here")
                .label("only a journey has an entry")
                .help("use attributes, `user.…`, or what happened last, `last(EVENT ever).…`"),
        );
        None
    }

    /// The rows whose fields have bare names, nearest first.
    fn rows(scope: &ExprScope<'_>) -> Vec<RowRef> {
        let elements = scope.elements.iter().rev().enumerate();
        let mut rows: Vec<RowRef> = elements
            .filter_map(|(out, list)| Some(RowRef::Element(u8::try_from(out).ok()?, *list)))
            .collect();
        match (scope.event, scope.entry) {
            (Some(event), _) => rows.push(RowRef::Event(event)),
            (None, Some(event)) => rows.push(RowRef::Entry(event)),
            (None, None) => {}
        }
        rows
    }

    /// The field of a bare name in the nearest row that has it.
    fn row_field(&self, name: &str, scope: &ExprScope<'_>) -> Option<(RowRef, FieldId)> {
        Self::rows(scope).into_iter().find_map(|row| {
            let position = match row {
                RowRef::Event(event) | RowRef::Entry(event) => {
                    self.schema.events[event.index()].fields.iter().position(|field| field.name == name)
                }
                RowRef::Element(_, list) => self.arena.lists[list.index()]
                    .iter()
                    .position(|field| field.name == name || (field.name.is_empty() && name == ELEMENT)),
            };
            position.map(|position| (row, FieldId::new(position)))
        })
    }

    fn slot(&mut self, row: RowRef, field: FieldId) -> Option<Place> {
        let (source, ty) = match row {
            RowRef::Event(event) | RowRef::Entry(event) => {
                self.need_event_field(event, field);
                let source = if matches!(row, RowRef::Entry(_)) { Source::Entry } else { Source::Event };
                (source, self.schema.events[event.index()].fields[field.index()].ty)
            }
            RowRef::Element(out, list) => {
                (Source::Elem(out), self.arena.lists[list.index()][field.index()].ty)
            }
        };
        Some(self.field_place(source, field.index(), ty))
    }

    fn field_place(&mut self, source: Source, index: usize, ty: FieldType) -> Place {
        let slot = FieldId::new(index).0;
        let id = self.arena.expr(ExprKind::Slot { source, slot }, ty.ty());
        if ty == FieldType::Record { Place::Record(id) } else { Place::Value(id, ty.ty()) }
    }

    fn no_parts(&mut self, base: &ast::Expr, fields: &[Ident], scope: &mut ExprScope<'_>) -> Option<Place> {
        let value = self.lower(base, scope, None)?;
        let found = self.type_name(value.ty);
        let span = dotted(fields).map_or(base.span, |path| path.span);
        self.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, span, format!("{found} has no fields"))
                .label("nothing to take this from")
                .also(base.span, format!("this is {found}"))
                .help("fields follow `user`, `entry`, a catalog row or `last(…)`"),
        );
        None
    }
}

/// Names after dots as one name.
fn dotted(fields: &[Ident]) -> Option<Ident> {
    let (first, last) = (fields.first()?, fields.last()?);
    let text = fields.iter().map(Ident::as_str).collect::<Vec<_>>().join(".");
    Some(Ident { text, span: first.span.to(last.span) })
}

impl Resolver<'_> {
    fn report_ambiguous(&mut self, name: &Ident, row: RowRef, declared: &str) {
        let (of, qualified) = match row {
            RowRef::Event(event) => {
                let event = &self.schema.events[event.index()].name;
                (format!("a field of `{event}`"), Some(format!("`{event}.{}`", name.text)))
            }
            RowRef::Entry(event) => {
                let event = &self.schema.events[event.index()].name;
                (format!("a field of `{event}`"), Some(format!("`entry.{}`", name.text)))
            }
            RowRef::Element(..) => ("a field of the list's elements".to_owned(), None),
        };
        let help = match (qualified, declared) {
            (Some(qualified), "present") => format!("write {qualified} for the field"),
            (Some(qualified), _) => {
                format!("write {qualified} for the field, or give the {declared} another name")
            }
            (None, _) => format!("give the {declared} another name"),
        };
        let what = if declared == "present" { "the present".to_owned() } else { format!("a {declared}") };
        self.report(
            Diagnostic::new(
                &codes::AMBIGUOUS_NAME,
                name.span,
                format!("`{}` could be two things", name.text),
            )
            .label(format!("{of}, and {what}"))
            .help(help),
        );
    }

    fn report_unknown(&mut self, name: &Ident, scope: &ExprScope<'_>, hint: Option<Ty>) {
        let text = name.as_str();
        let diagnostic =
            Diagnostic::new(&codes::UNKNOWN_NAME, name.span, format!("there is no `{text}` here"))
                .label("unknown here");
        let diagnostic = match self.meant(text, scope, hint) {
            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")).fix(name.span, meant),
            None if ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word)) => {
                let word = text.to_ascii_lowercase();
                diagnostic.help(format!("write `{word}`")).fix(name.span, word)
            }
            None if NOTHING.contains(&text) => diagnostic
                .help("nothing has no name: ask whether a value is there, `… exists` or `not … exists`"),
            None if self.names.events.get(text).is_some() => diagnostic
                .label("this is an event")
                .help(format!("ask whether it happened: `did {text} within 7d`; to wait for it, `wait for {text} up to 7d`")),
            None if let Some((_, event)) = self.names.past.get(text) => {
                diagnostic.label("this is asked about something").help(format!(
                    "write `{text}(…)` with the {}, or `did {} within 7d`",
                    event.subject.as_ref().map_or("subject", Ident::as_str),
                    event.name.text
                ))
            }
            None if text == "yes" || text == "no" => {
                let value = if text == "yes" { "true" } else { "false" };
                diagnostic.help(format!("write `{value}`")).fix(name.span, value.to_owned())
            }
            None => diagnostic.help(match scope.position {
                Position::User => "attributes are written `user.…`, declared names alone",
                Position::Body | Position::Header => {
                    "entry fields stand alone, attributes are written `user.…`"
                }
                Position::EntryWhere => "the event's fields stand alone, attributes are written `user.…`",
                Position::InnerWhere => {
                    "the event's fields stand alone, those of the entry are written `entry.…`"
                }
            }),
        };
        self.report(diagnostic);
    }

    /// What was probably meant by an unknown bare name.
    fn meant(&self, name: &str, scope: &ExprScope<'_>, hint: Option<Ty>) -> Option<String> {
        if let Some(Ty::Enum(set)) = hint
            && self.arena.enums.get(set.index()).is_some_and(|set| set.iter().any(|member| member == name))
        {
            return Some(format!("\"{name}\""));
        }
        let has =
            |event: EventId| self.schema.events[event.index()].fields.iter().any(|field| field.name == name);
        if scope.entry.is_some_and(has) {
            return Some(format!("entry.{name}"));
        }
        if self.schema.attributes.iter().any(|attribute| attribute.field.name == name) {
            return Some(format!("user.{name}"));
        }
        let mut known: Vec<&str> = scope.params.keys().copied().collect();
        for row in Self::rows(scope) {
            let fields = match row {
                RowRef::Event(event) | RowRef::Entry(event) => &self.schema.events[event.index()].fields,
                RowRef::Element(_, list) => &self.arena.lists[list.index()],
            };
            known.extend(fields.iter().map(|field| field.name.as_str()));
        }
        known.extend(self.names.defines.names());
        known.extend(self.names.segments.names());
        known.extend(self.names.classifies.names());
        let nearest = suggest::nearest(name, known);
        // Short words that everything resembles: only where one letter is wrong.
        let present = ["now", "today"].into_iter().find(|word| strsim::damerau_levenshtein(word, name) == 1);
        nearest.or(present).map(str::to_owned)
    }

    fn report_unknown_path(&mut self, name: &Ident, path: &Ident, scope: &ExprScope<'_>) {
        let text = name.as_str();
        let span = name.span.to(path.span);
        if let Some((catalog, _)) = self.names.catalogs.get(text) {
            let key = self.schema.catalogs.get(catalog).map_or("key", |catalog| catalog.key.as_str());
            self.report(
                Diagnostic::new(
                    &codes::UNKNOWN_NAME,
                    span,
                    format!("catalog `{text}` is asked for a row by its key"),
                )
                .label("which row?")
                .help(format!("write `{text}({key}).{}`", path.text)),
            );
            return;
        }
        if let Some((row, field)) = self.row_field(text, scope) {
            let ty = match row {
                RowRef::Event(event) | RowRef::Entry(event) => {
                    self.schema.events[event.index()].fields[field.index()].ty
                }
                RowRef::Element(_, list) => self.arena.lists[list.index()][field.index()].ty,
            };
            let found = self.type_name(ty.ty());
            self.report(
                Diagnostic::new(
                    &codes::UNKNOWN_NAME,
                    path.span,
                    format!("`{text}` has no field `{}`", path.text),
                )
                .label("no such field")
                .also(name.span, format!("this is {found}")),
            );
            return;
        }
        if EVENT_WORDS.contains(&text) && self.row_field(path.as_str(), scope).is_some() {
            self.report(
                Diagnostic::new(&codes::UNKNOWN_NAME, name.span, format!("there is no `{text}` here"))
                    .label("the event's fields stand alone")
                    .help(format!("write `{}`", path.text))
                    .fix(span, path.text.clone()),
            );
            return;
        }
        let known = ["user", "entry"].into_iter().chain(self.names.catalogs.names());
        let diagnostic =
            Diagnostic::new(&codes::UNKNOWN_NAME, name.span, format!("there is no `{text}` here"))
                .label("unknown here");
        let diagnostic = match suggest::nearest(text, known) {
            Some(nearest) => {
                diagnostic.help(format!("did you mean `{nearest}`?")).fix(name.span, nearest.to_owned())
            }
            None => diagnostic
                .help("fields follow `user`, `entry`, a catalog row such as `product(item)`, or `last(…)`"),
        };
        self.report(diagnostic);
    }
}

//! What is called with arguments: catalog rows, past-tense names, functions.
//!
//! Start reading at `Resolver::call`.

use super::super::scope::{ExprScope, Position};
use super::super::{Resolver, suggest};
use super::aggregate::Key;
use super::lower::Lowered;
use super::names::Place;
use super::types::Values;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::functions;
use crate::ir::{CatalogId, EventId, ExprId, ExprKind, FieldId, Ty};
use crate::source::Span;
use crate::syntax::ast::{self, Ident};

impl Resolver<'_> {
    /// `product(item)`, `purchased(item)`, `at_least(a, b)`, `consent(push)`, `date(t)`
    pub(super) fn call(
        &mut self,
        function: &Ident,
        args: &[ast::Expr],
        span: Span,
        scope: &mut ExprScope<'_>,
    ) -> Option<Place> {
        let text = function.as_str();
        if self.names.catalogs.get(text).is_some() {
            let (catalog, key) = self.row_of(function, args, span, scope)?;
            return Some(Place::Row { catalog, key });
        }
        let value = if self.names.past.get(text).is_some() {
            self.past_tense(function, args, span, scope)
        } else {
            match text {
                "at_least" | "at_most" => self.greater_or_smaller(function, args, span, scope),
                "date" => self.date_of(function, args, span, scope),
                "consent" => self.consent(function, args, span),
                _ => {
                    self.report_unknown_call(function);
                    None
                }
            }
        }?;
        Some(Place::Value(value.id, value.ty))
    }

    fn report_unknown_call(&mut self, function: &Ident) {
        let text = function.as_str();
        let known = functions::ALL.iter().filter(|known| known.kind.is_called()).map(|known| known.name);
        let known = known.chain(self.names.catalogs.names()).chain(self.names.past.names());
        let diagnostic =
            Diagnostic::new(&codes::UNKNOWN_NAME, function.span, format!("there is no function `{text}`"))
                .label("unknown here");
        let diagnostic = match suggest::nearest(text, known) {
            _ if foreign(text).is_some() => diagnostic.help(foreign(text).unwrap_or_default()),
            Some(nearest) => {
                diagnostic.help(format!("did you mean `{nearest}`?")).fix(function.span, nearest.to_owned())
            }
            None if self.names.events.get(text).is_some() => {
                diagnostic.help(format!("ask what happened: `did {text}`, `count({text} within 7d)`"))
            }
            None => diagnostic.help("functions are `at_least`, `at_most`, `date`, `consent`, catalogs and past-tense names of events"),
        };
        self.report(diagnostic);
    }

    fn arguments(
        &mut self,
        function: &Ident,
        args: &[ast::Expr],
        wanted: usize,
        span: Span,
        help: &str,
    ) -> Option<()> {
        if args.len() == wanted {
            return Some(());
        }
        let plural = if wanted == 1 { "" } else { "s" };
        let message = format!("`{}` takes {wanted} argument{plural}, found {}", function.text, args.len());
        self.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, span, message)
                .label("wrong number of arguments")
                .help(help),
        );
        None
    }

    /// The catalog and key of `product(x)`.
    pub(super) fn row_of(
        &mut self,
        name: &Ident,
        args: &[ast::Expr],
        span: Span,
        scope: &mut ExprScope<'_>,
    ) -> Option<(CatalogId, ExprId)> {
        let catalog = self.catalog(name)?;
        let help = format!("write `{}({})`", name.text, self.schema.catalogs[catalog.index()].key);
        self.arguments(name, args, 1, span, &help)?;
        let key = self.lower(args.first()?, scope, Some(Ty::Str))?;
        if let Ty::List(_) | Ty::Bool | Ty::Float = key.ty {
            self.expect_type(key, Ty::Str)?;
        }
        Some((catalog, key.id))
    }

    /// `product(x).name`
    pub(super) fn column(&mut self, catalog: CatalogId, key: ExprId, path: &Ident) -> Option<Place> {
        let declared = &self.schema.catalogs[catalog.index()];
        if let Some(index) = declared.columns.iter().position(|column| column.name == path.text) {
            let (column, ty) = (FieldId::new(index), declared.columns[index].ty);
            self.need_column(catalog, column);
            let id = self.arena.expr(ExprKind::Column { catalog, key, column }, ty.ty());
            return Some(if ty == crate::ir::FieldType::Record {
                Place::Record(id)
            } else {
                Place::Value(id, ty.ty())
            });
        }
        if self.is_broken(&declared.name, path.as_str()) {
            return None;
        }
        let owner = format!("catalog `{}`", declared.name);
        let columns = declared.columns.iter().map(|column| column.name.as_str());
        let diagnostic = super::super::names::unknown_in(&owner, "column", path, columns);
        self.report(diagnostic);
        None
    }

    /// `purchased(x)`: `did purchase since entry where item == x`
    pub(super) fn past_tense(
        &mut self,
        name: &Ident,
        args: &[ast::Expr],
        span: Span,
        scope: &mut ExprScope<'_>,
    ) -> Option<Lowered> {
        let (_, decl) = self.names.past.get(name.as_str())?;
        let event = self.names.events.get(decl.name.as_str()).map(|(index, _)| EventId::new(index))?;
        let declared = &self.schema.events[event.index()];
        let subject = declared.subject;
        let event_name = declared.name.clone();
        let subject_name =
            subject.map(|field| declared.fields[field.index()].name.clone()).unwrap_or_default();
        let help = match subject {
            Some(_) => format!("write `{}({subject_name})`; for any: `did {event_name}`", name.text),
            None => format!("write `{}`", name.text),
        };
        self.arguments(name, args, usize::from(subject.is_some()), span, &help)?;
        if matches!(scope.position, Position::User | Position::EntryWhere) {
            self.report(
                Diagnostic::new(
                    &codes::MISSING_WINDOW,
                    span,
                    format!("`{}` looks back to the entry", name.text),
                )
                .label("there is no entry here")
                .help(format!("say over which time: `did {event_name} within 7d`")),
            );
            return None;
        }
        let key = match (subject, args.first()) {
            (Some(field), Some(arg)) => {
                self.need_event_field(event, field);
                let wanted = self.schema.events[event.index()].fields[field.index()].ty.ty();
                let value = self.lower(arg, scope, Some(wanted))?;
                Some(Key { field, value: self.expect_type(value, wanted)? })
            }
            _ => None,
        };
        self.did_since_entry(event, key, span, scope)
    }

    /// `at_least(a, b)`, `at_most(a, b)`
    fn greater_or_smaller(
        &mut self,
        function: &Ident,
        args: &[ast::Expr],
        span: Span,
        scope: &mut ExprScope<'_>,
    ) -> Option<Lowered> {
        self.arguments(function, args, 2, span, &format!("write `{}(n, 1)`", function.text))?;
        let values: Values = self.lower_alike(args, scope, None)?;
        let [a, b] = values.as_slice() else { return None };
        match a.ty {
            Ty::Int | Ty::Float | Ty::Time | Ty::Date | Ty::Clock | Ty::Duration => {}
            Ty::Bool | Ty::Str | Ty::Timezone | Ty::Enum(_) | Ty::List(_) => {
                self.expect_type(*a, Ty::Float)?;
            }
        }
        let kind = match function.as_str() {
            "at_least" => ExprKind::AtLeast(a.id, b.id),
            _ => ExprKind::AtMost(a.id, b.id),
        };
        Some(self.node(kind, a.ty, span))
    }

    /// `date(T)`
    fn date_of(
        &mut self,
        function: &Ident,
        args: &[ast::Expr],
        span: Span,
        scope: &mut ExprScope<'_>,
    ) -> Option<Lowered> {
        self.arguments(function, args, 1, span, "write `date(entry.time)`; the present date is `today`")?;
        let time = self.lower(args.first()?, scope, Some(Ty::Time))?;
        let time = self.expect_type(time, Ty::Time)?;
        Some(self.node(ExprKind::DateOf(time.id), Ty::Date, span))
    }

    /// `consent(CHANNEL)`
    fn consent(&mut self, function: &Ident, args: &[ast::Expr], span: Span) -> Option<Lowered> {
        self.arguments(function, args, 1, span, "write `consent(push)`")?;
        let arg = args.first()?;
        let ast::ExprKind::Name(channel) = &arg.inner().kind else {
            self.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, arg.span, "expected the name of a channel")
                    .label("not a channel")
                    .help("write `consent(push)`"),
            );
            return None;
        };
        let channel = self.channel(channel)?;
        let rule = self.consent_rule(channel)?;
        Some(self.node(ExprKind::Consent { channel, rule }, Ty::Bool, span))
    }
}

/// What functions of other languages are in this one.
fn foreign(name: &str) -> Option<&'static str> {
    Some(match name {
        "exists" | "defined" | "isset" | "is_set" | "has" | "present" => {
            "`exists` comes after: `user.name exists`"
        }
        "is_null" | "isnull" | "is_none" | "is_empty" | "missing" => "write `not user.name exists`",
        "coalesce" | "ifnull" | "nvl" | "default" => "`a ?? b` is `b` where `a` is missing",
        "now" | "today" => "`now` and `today` stand alone, without parentheses",
        "days_since" | "age" | "since" | "days_between" | "datediff" | "date_diff" => {
            "ages are tested as `last(purchase) older than 3d`; `now - T` is a duration"
        }
        "hour" | "weekday" | "dayofweek" | "day_of_week" => {
            "hours and days belong to steps: `wait until 10:00 on weekday;`, `send push \"…\" between 09:00 .. 18:00;`"
        }
        "day" | "days" | "hours" | "minutes" => "durations are a number and a unit: `3d`, `1h30m`",
        _ => return None,
    })
}

//! History functions: from `count(purchase within 30d where …)` to what must be remembered.
//!
//! This file types the function and its window; [`super::aggregate`] derives the state. Start reading at `Resolver::history`.

use super::super::Resolver;
use super::super::literal::span_of;
use super::super::scope::{ExprScope, Position};
use super::aggregate::{Key, Wanted};
use super::lower::Lowered;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{AggFunc, EventId, ExprId, ExprKind, Field, FieldId, FieldType, Read, Scope, Ty, Window};
use crate::source::Span;
use crate::syntax::ast::{self, HistoryFn, Ident};

/// The most values `recent` keeps.
const MOST_RECENT: i64 = 100;

/// What a history function answers.
#[derive(Debug, Clone, Copy)]
struct Answer {
    func: AggFunc,
    ty: Ty,
}

/// Over which part of history.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// The window.
    pub(super) window: Window,
    /// The `T` of `since T`.
    pub(super) since: Option<ExprId>,
    /// Whose state it is.
    pub(super) scope: Scope,
}

impl Resolver<'_> {
    /// A history function; `fields` are the names after it: `last(purchase ever).item`.
    pub(super) fn history(
        &mut self,
        history: &ast::History,
        fields: &[Ident],
        scope: &mut ExprScope<'_>,
    ) -> Option<Lowered> {
        let event = self.event(&history.event)?;
        let answer = self.answer(history, event);
        let reach = self.reach(history, scope);
        let filter = match &history.filter {
            Some(filter) => self.history_filter(event, filter, reach, scope),
            None => Some(Vec::new()),
        };
        let (answer, reach, filter) = (answer?, reach?, filter?);
        let span = history_span(history);
        let wanted = Wanted { event, func: answer.func, reach };
        let (agg, keys) = self.aggregate(wanted, filter, scope)?;
        let (read, ty) = match fields.split_first() {
            None => (Read::Value, answer.ty),
            Some((first, rest)) => {
                let (field, ty) = self.remembered_field(history, event, first, rest)?;
                (Read::Field(self.arena.keep_field(agg, field)), ty)
            }
        };
        Some(self.node(ExprKind::Aggregate { agg, keys, since: reach.since, read }, ty, span))
    }

    /// `did E since entry where FIELD == KEY`
    pub(super) fn did_since_entry(
        &mut self,
        event: EventId,
        key: Option<Key>,
        span: Span,
        scope: &mut ExprScope<'_>,
    ) -> Option<Lowered> {
        let reach = Reach { window: Window::SinceEntry, since: None, scope: Scope::Instance(scope.journey?) };
        let wanted = Wanted { event, func: AggFunc::Did, reach };
        let conditions = key.into_iter().map(|key| self.key_condition(key)).collect();
        let (agg, keys) = self.aggregate(wanted, conditions, scope)?;
        Some(self.node(ExprKind::Aggregate { agg, keys, since: None, read: Read::Value }, Ty::Bool, span))
    }

    /// The field of `last(E).f`.
    fn remembered_field(
        &mut self,
        history: &ast::History,
        event: EventId,
        first: &Ident,
        rest: &[Ident],
    ) -> Option<(FieldId, Ty)> {
        let path = rest.iter().fold(first.clone(), |path, name| Ident {
            text: format!("{}.{}", path.text, name.text),
            span: path.span.to(name.span),
        });
        if !matches!(history.function, HistoryFn::Last | HistoryFn::First) {
            let word = history.function.word();
            self.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, path.span, format!("`{word}` has no fields"))
                    .label("nothing to take this from")
                    .help(format!(
                        "`last({0} …).{1}` is the field of one event",
                        history.event.text, path.text
                    )),
            );
            return None;
        }
        let field = self.event_field(event, &path)?;
        self.need_event_field(event, field);
        let ty = self.schema.events[event.index()].fields[field.index()].ty;
        if ty == FieldType::Record {
            self.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, path.span, format!("`{}` is a record", path.text))
                    .label("a whole record")
                    .help("name one of its fields"),
            );
            return None;
        }
        Some((field, ty.ty()))
    }

    /// What the function answers, of a field where it needs one.
    fn answer(&mut self, history: &ast::History, event: EventId) -> Option<Answer> {
        let answer = |func, ty| Some(Answer { func, ty });
        match history.function {
            HistoryFn::Did => self.no_field(history).and(answer(AggFunc::Did, Ty::Bool)),
            HistoryFn::Count => self.no_field(history).and(answer(AggFunc::Count, Ty::Int)),
            HistoryFn::Last => self.no_field(history).and(answer(AggFunc::Last, Ty::Time)),
            HistoryFn::First => self.no_field(history).and(answer(AggFunc::First, Ty::Time)),
            HistoryFn::Gap => self.no_field(history).and(answer(AggFunc::Gap, Ty::Duration)),
            HistoryFn::LastGap => self.no_field(history).and(answer(AggFunc::LastGap, Ty::Duration)),
            HistoryFn::UsualHour => self.no_field(history).and(answer(AggFunc::UsualHour, Ty::Clock)),
            HistoryFn::Sum => {
                let (field, ty) = self.numeric_field(history, event)?;
                answer(AggFunc::Sum(field), ty)
            }
            HistoryFn::Avg => {
                let (field, _) = self.numeric_field(history, event)?;
                answer(AggFunc::Avg(field), Ty::Float)
            }
            HistoryFn::Min | HistoryFn::Max => {
                let (field, ty) = self.value_field(history, event)?;
                let ty = self.ordered_field(history, ty)?;
                let func = if history.function == HistoryFn::Min {
                    AggFunc::Min(field)
                } else {
                    AggFunc::Max(field)
                };
                answer(func, ty)
            }
            HistoryFn::Distinct => {
                let (field, _) = self.value_field(history, event)?;
                answer(AggFunc::Distinct(field), Ty::Int)
            }
            HistoryFn::Recent => {
                let (field, ty) = self.value_field(history, event)?;
                let count = self.recent_count(history)?;
                let element = Field {
                    name: String::new(),
                    wire: Vec::new(),
                    ty,
                    optional: false,
                    default: None,
                    needed: true,
                };
                let list = self.arena.list(vec![element]);
                answer(AggFunc::Recent(field, count), Ty::List(list))
            }
        }
    }

    fn no_field(&mut self, history: &ast::History) -> Option<()> {
        let (Some(first), Some(last)) = (history.field.first(), history.field.last()) else {
            return Some(());
        };
        let (word, event) = (history.function.word(), &history.event.text);
        let help = match history.function {
            HistoryFn::Last | HistoryFn::First => {
                format!("the field stands after it: `{word}({event} …).{}`", first.text)
            }
            _ => format!(
                "write `{word}({event} …)`; values are taken by `sum`, `min`, `max`, `avg`, `distinct`"
            ),
        };
        self.report(
            Diagnostic::new(
                &codes::TYPE_MISMATCH,
                first.span.to(last.span),
                format!("`{word}` is about events, not a field"),
            )
            .label("a field of the event")
            .help(help),
        );
        None
    }

    /// The field the function takes its values from.
    fn value_field(&mut self, history: &ast::History, event: EventId) -> Option<(FieldId, FieldType)> {
        let word = history.function.word();
        let Some((first, rest)) = history.field.split_first() else {
            if self.is_stand_in(event) {
                return None;
            }
            self.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, history.event.span, format!("`{word}` needs a field"))
                    .label("of which field?")
                    .help(format!(
                        "write `{word}({}.FIELD …)`; events are counted by `count`",
                        history.event.text
                    )),
            );
            return None;
        };
        let path = rest.iter().fold(first.clone(), |path, name| Ident {
            text: format!("{}.{}", path.text, name.text),
            span: path.span.to(name.span),
        });
        let field = self.event_field(event, &path)?;
        let ty = self.schema.events[event.index()].fields[field.index()].ty;
        if matches!(ty, FieldType::List(_) | FieldType::Record) {
            self.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, path.span, format!("`{word}` takes single values"))
                    .label(if ty == FieldType::Record { "a record" } else { "a list" })
                    .help("name a field that holds one value"),
            );
            return None;
        }
        self.need_event_field(event, field);
        Some((field, ty))
    }

    fn numeric_field(&mut self, history: &ast::History, event: EventId) -> Option<(FieldId, Ty)> {
        let (field, ty) = self.value_field(history, event)?;
        match ty.ty() {
            ty @ (Ty::Int | Ty::Float) => Some((field, ty)),
            other => {
                self.report_field_type(history, other, "numbers");
                None
            }
        }
    }

    fn ordered_field(&mut self, history: &ast::History, ty: FieldType) -> Option<Ty> {
        match ty.ty() {
            ty @ (Ty::Int | Ty::Float | Ty::Time | Ty::Date | Ty::Clock | Ty::Duration) => Some(ty),
            other => {
                self.report_field_type(history, other, "numbers, times and durations");
                None
            }
        }
    }

    fn report_field_type(&mut self, history: &ast::History, ty: Ty, wanted: &str) {
        let (word, found) = (history.function.word(), self.type_name(ty));
        let span = history.field.last().map_or(history.event.span, |field| field.span);
        self.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, span, format!("`{word}` takes {wanted}, found {found}"))
                .label(format!("this is {found}"))
                .help(format!("different values are counted by `distinct({}.…)`", history.event.text)),
        );
    }

    fn recent_count(&mut self, history: &ast::History) -> Option<u32> {
        let help = format!("write `recent({}.FIELD, 3 …)`", history.event.text);
        let (span, message) = match &history.count {
            Some(count) => match count.inner().kind {
                ast::ExprKind::Int(n) if (1..=MOST_RECENT).contains(&n) => return u32::try_from(n).ok(),
                _ => (count.span, format!("`recent` keeps 1 to {MOST_RECENT} values")),
            },
            None => (history.function_span, "`recent` needs a number of values".to_owned()),
        };
        self.report(Diagnostic::new(&codes::TYPE_MISMATCH, span, message).label("how many?").help(help));
        None
    }

    /// The window, written or by default.
    pub(super) fn reach(&mut self, history: &ast::History, scope: &mut ExprScope<'_>) -> Option<Reach> {
        let user = |window, since| Some(Reach { window, since, scope: Scope::User });
        let instance = scope.journey.filter(|_| scope.position != Position::EntryWhere);
        let Some(window) = &history.window else {
            if let Some(journey) = instance {
                return Some(Reach {
                    window: Window::SinceEntry,
                    since: None,
                    scope: Scope::Instance(journey),
                });
            }
            if has_natural_window(history.function) {
                return user(Window::Ever, None);
            }
            let (word, event) = (history.function.word(), &history.event.text);
            let example = match history.function {
                HistoryFn::Did => format!("did {event} within 30d"),
                _ => format!("{word}({event} within 30d)"),
            };
            self.report(
                Diagnostic::new(
                    &codes::MISSING_WINDOW,
                    history_span(history),
                    format!("over which time does `{word}` look?"),
                )
                .label("no window is written")
                .help(format!("write `{example}`, `since T` or `ever`")),
            );
            return None;
        };
        match &window.kind {
            ast::WindowKind::Ever => user(Window::Ever, None),
            ast::WindowKind::Within(length) => user(Window::Within(span_of(length)), None),
            ast::WindowKind::Since(time) if matches!(time.inner().kind, ast::ExprKind::Duration(_)) => {
                self.report(
                    Diagnostic::new(
                        &codes::TYPE_MISMATCH,
                        time.span,
                        "`since` is followed by a point in time",
                    )
                    .label("this is a length of time")
                    .help("write `within 7d` for the last seven days, or `since T`"),
                );
                None
            }
            ast::WindowKind::Since(time) => {
                let time = self.instant(time, scope)?;
                user(Window::Since, Some(time.id))
            }
            ast::WindowKind::SinceEntry => match instance {
                Some(journey) => {
                    Some(Reach { window: Window::SinceEntry, since: None, scope: Scope::Instance(journey) })
                }
                None => {
                    self.report(
                        Diagnostic::new(
                            &codes::MISSING_WINDOW,
                            window.span,
                            "there is no entry to look back to",
                        )
                        .label("only after the entry of a journey")
                        .help("write `within 30d`, `since T` or `ever`"),
                    );
                    None
                }
            },
        }
    }
}

/// Functions that point at events ("the last session") mean all of history where no entry is around; those that add events up have no
/// such reading.
fn has_natural_window(function: HistoryFn) -> bool {
    match function {
        HistoryFn::Last
        | HistoryFn::First
        | HistoryFn::Recent
        | HistoryFn::Gap
        | HistoryFn::LastGap
        | HistoryFn::UsualHour => true,
        HistoryFn::Did
        | HistoryFn::Count
        | HistoryFn::Sum
        | HistoryFn::Min
        | HistoryFn::Max
        | HistoryFn::Avg
        | HistoryFn::Distinct => false,
    }
}

/// From the function's name to the last thing written inside.
fn history_span(history: &ast::History) -> Span {
    let mut span = history.function_span.to(history.event.span);
    for field in &history.field {
        span = span.to(field.span);
    }
    if let Some(count) = &history.count {
        span = span.to(count.span);
    }
    if let Some(window) = &history.window {
        span = span.to(window.span);
    }
    if let Some(filter) = &history.filter {
        span = span.to(filter.span);
    }
    span
}

//! Entries: how users come into a journey, the lane's key, and who may come again.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, EventId, FieldId, JourneyId, Reenter, ReenterMode};
use crate::resolve::Resolver;
use crate::resolve::literal;
use crate::resolve::scope::{ExprScope, Facts, Position, Truth};
use crate::source::Span;
use crate::syntax::ast::{self, EntryKind, Ident, Recurrence};

/// A lowered entry.
#[derive(Debug)]
pub(super) struct Entered {
    /// How users enter.
    pub(super) entry: ir::Entry,
    /// The entry event, where there is one.
    pub(super) event: Option<EventId>,
    /// The key fields, in written order.
    pub(super) key: Vec<FieldId>,
    /// Who may come again.
    pub(super) reenter: Reenter,
    /// What the entry's condition establishes for the first steps.
    pub(super) facts: Facts,
}

impl<'a> Resolver<'a> {
    /// Lowers an entry.
    pub(super) fn entry(&mut self, journey: JourneyId, entry: &'a ast::Entry) -> Option<Entered> {
        let reenter = self.reenter(entry);
        let (lowered, event, key, facts) = match &entry.kind {
            EntryKind::Event { event, per, filter } => {
                let id = self.event(event)?;
                let key = self.key_fields(id, per);
                let (filter, facts) = self.entry_filter(journey, id, filter.as_ref());
                if entry.reenter.is_none() && per.is_empty() {
                    self.implicit_never(event, id);
                }
                (ir::Entry::Event { event: id, filter }, Some(id), key, facts)
            }
            EntryKind::Segment { turn, segment, including_current } => {
                let (segment, predicate) = self.segment(segment)?;
                let (entry, facts) = match turn {
                    ast::Turn::Enter => {
                        let including_current = including_current.is_some();
                        (ir::Entry::Enter { segment, including_current }, self.when(predicate, Truth::True))
                    }
                    ast::Turn::Leave => {
                        self.nobody_to_include(*including_current);
                        (ir::Entry::Leave { segment }, self.when(predicate, Truth::False))
                    }
                };
                (entry, None, Vec::new(), facts)
            }
            EntryKind::Recurring { every, at, segment } => {
                let (segment, predicate) = self.segment(segment)?;
                let period = self.recurrence(every)?;
                let at_ms = self.written_clock(at)?;
                (
                    ir::Entry::Every { period, at_ms, segment },
                    None,
                    Vec::new(),
                    self.when(predicate, Truth::True),
                )
            }
            EntryKind::Once { at, segment } => {
                let (segment, predicate) = self.segment(segment)?;
                let at = self.written_instant(at)?;
                (ir::Entry::At { at, segment }, None, Vec::new(), self.when(predicate, Truth::True))
            }
        };
        Some(Entered { entry: lowered, event, key, reenter, facts })
    }

    /// The condition of an event entry, and what it establishes for the entry's fields.
    fn entry_filter(
        &mut self,
        journey: JourneyId,
        event: EventId,
        filter: Option<&'a ast::Expr>,
    ) -> (Option<ir::ExprId>, Facts) {
        let Some(filter) = filter else { return (None, Facts::default()) };
        let mut scope = ExprScope { position: Position::EntryWhere, ..ExprScope::body(journey, None) };
        scope.event = Some(event);
        // A wrong condition does not hide what is wrong in the steps.
        match self.predicate(filter, &mut scope) {
            Some(predicate) => (Some(predicate), self.when_entered(predicate)),
            None => (None, Facts { guards: scope.facts.guards, ..Facts::default() }),
        }
    }

    /// `including current` is about those inside at a deploy: they have not left.
    fn nobody_to_include(&mut self, including_current: Option<Span>) {
        let Some(span) = including_current else { return };
        self.report(
            Diagnostic::new(
                &codes::INVALID_VALUE,
                span,
                "those inside at a deploy have not left the segment",
            )
            .label("nobody to include")
            .help("remove it, or write `on enter … including current`"),
        );
    }

    fn key_fields(&mut self, event: EventId, per: &[Ident]) -> Vec<FieldId> {
        let mut key = Vec::new();
        for name in per {
            let Some(field) = self.event_field(event, name) else { continue };
            if key.contains(&field) {
                self.report(
                    Diagnostic::new(
                        &codes::DUPLICATE_NAME,
                        name.span,
                        format!("`{}` is in the key twice", name.text),
                    )
                    .label("here again")
                    .help("name each key field once"),
                );
                continue;
            }
            self.need_event_field(event, field);
            self.key_is_there(event, field, name.span);
            key.push(field);
        }
        key
    }

    /// A key field must always be there and have one value.
    pub(super) fn key_is_there(&mut self, event: EventId, field: FieldId, span: Span) {
        let declared = &self.schema.events[event.index()];
        let lowered = &declared.fields[field.index()];
        let (event_name, name) = (declared.name.clone(), lowered.name.clone());
        if matches!(lowered.ty, ir::FieldType::List(_) | ir::FieldType::Record | ir::FieldType::Float(_)) {
            self.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, span, format!("`{name}` cannot be a key"))
                    .label("a list, record or float")
                    .help("key by a field that names one thing: a string, a number, a date, a closed set"),
            );
        } else if lowered.optional {
            self.report(
                Diagnostic::new(
                    &codes::OPTIONAL_KEY,
                    span,
                    format!("key field `{name}` of `{event_name}` may be absent"),
                )
                .label("declared with `?`")
                .help(format!(
                    "remove the `?` from `{name}` in `event {event_name}`, or leave it out of `per`"
                )),
            );
        }
    }

    /// An event that is about something, one entry for ever: probably one per thing was meant.
    fn implicit_never(&mut self, name: &Ident, event: EventId) {
        let Some(subject) = self.schema.events[event.index()].subject else { return };
        let subject = self.schema.events[event.index()].fields[subject.index()].name.clone();
        let message =
            format!("a user enters on `{}` once in their life, whatever `{subject}` it is about", name.text);
        self.report(
            Diagnostic::new(&codes::IMPLICIT_NEVER, name.span, message)
                .label("without `reenter`, the first entry blocks all later ones")
                .help(format!(
                    "write `on {} per {subject} …` for one journey per {subject}, or say `reenter never` (or `after exit`, `every`, `restart`)",
                    name.text
                )),
        );
    }

    fn reenter(&mut self, entry: &ast::Entry) -> Reenter {
        let by_default = match entry.kind {
            EntryKind::Recurring { .. } => ReenterMode::AfterExit,
            EntryKind::Event { .. } | EntryKind::Segment { .. } | EntryKind::Once { .. } => {
                ReenterMode::Never
            }
        };
        let Some(written) = &entry.reenter else {
            return Reenter { mode: by_default, limit: None, cooldown: None };
        };
        let mode = match written.mode.value {
            ast::ReenterMode::Never => ReenterMode::Never,
            ast::ReenterMode::AfterExit => ReenterMode::AfterExit,
            ast::ReenterMode::Every => ReenterMode::Every,
            ast::ReenterMode::Restart => ReenterMode::Restart,
        };
        self.reenter_fits(entry, mode, written.mode.span);
        let limit = written.limit.as_ref().map(|limit| {
            let count = self.at_least_one(limit.count, "a limit of entries");
            (count, limit.per.map(|per| literal::span_of(&per)))
        });
        let cooldown = written.cooldown.as_ref().map(|cooldown| {
            let from = match cooldown.from {
                ast::CooldownFrom::Entry => ir::CooldownFrom::Entry,
                ast::CooldownFrom::Exit => ir::CooldownFrom::Exit,
            };
            (literal::span_of(&cooldown.after), from)
        });
        Reenter { mode, limit, cooldown }
    }

    /// `every` and `restart` answer to a match of an event; a segment has turns, a schedule has occurrences.
    fn reenter_fits(&mut self, entry: &ast::Entry, mode: ReenterMode, span: Span) {
        let what = match entry.kind {
            EntryKind::Event { .. } => return,
            EntryKind::Segment { .. } => "a segment",
            EntryKind::Recurring { .. } => "a schedule",
            EntryKind::Once { .. } => "a single instant",
        };
        let word = match mode {
            ReenterMode::Never | ReenterMode::AfterExit => return,
            ReenterMode::Every => "every",
            ReenterMode::Restart => "restart",
        };
        self.report(
            Diagnostic::new(
                &codes::SEGMENT_REENTER,
                span,
                format!("`reenter {word}` needs an event, and this journey enters by {what}"),
            )
            .label("there is no event that could start another run")
            .help("write `reenter after exit`, or `reenter never` for once in a user's life"),
        );
    }

    fn recurrence(&mut self, every: &'a Recurrence) -> Option<ir::Period> {
        Some(match every {
            Recurrence::Day => ir::Period::Day,
            Recurrence::Week(days) => {
                ir::Period::Week(days.iter().fold(0, |all, day| all | 1 << literal::weekday_index(day.value)))
            }
            Recurrence::Month(day) => match u8::try_from(day.value) {
                Ok(n @ 1..=31) => ir::Period::Month(n),
                _ => {
                    self.report(
                        Diagnostic::new(
                            &codes::INVALID_VALUE,
                            day.span,
                            format!("there is no day {} of a month", day.value),
                        )
                        .label("1 to 31")
                        .help("write a day from 1 to 31; in shorter months the last day counts"),
                    );
                    return None;
                }
            },
            Recurrence::Year(date) => {
                let value = self.optional_date(date)?;
                ir::Period::Year(value)
            }
        })
    }
}

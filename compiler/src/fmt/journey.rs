//! Journeys: entry and header.

use super::doc::{Doc, join};
use super::printer::{Braces, Item, Printer};
use crate::source::Span;
use crate::syntax::ast::{
    CooldownFrom, Doc as DocComment, Entry, EntryKind, HeaderItem, HeaderKind, Journey, OnUpdate, Recurrence,
    Reenter, ReenterMode, Spanned, Step, Turn, Weekday,
};

/// A statement of a journey.
pub(super) enum Statement<'t> {
    Entry(&'t Entry),
    Header(&'t HeaderItem),
    Step(&'t Step),
}

/// The statements of a journey in order.
pub(super) fn statements(journey: &Journey) -> Vec<(Option<&DocComment>, Span, Statement<'_>)> {
    let mut all: Vec<(Option<&DocComment>, Span, Statement<'_>)> = Vec::new();
    all.extend(journey.entry.iter().map(|entry| (entry.doc.as_ref(), entry.span, Statement::Entry(entry))));
    all.extend(journey.header.iter().map(|item| (item.doc.as_ref(), item.span, Statement::Header(item))));
    all.extend(journey.steps.iter().map(|step| (step.doc.as_ref(), step.span, Statement::Step(step))));
    all
}

impl Printer<'_> {
    pub(super) fn journey(&mut self, journey: &Journey) -> Doc {
        let all = statements(journey);
        let items = all.iter().map(|(doc, span, node)| Item { doc: *doc, span: *span, node }).collect();
        let (open, end) = (journey.span.start as usize, journey.span.end as usize);
        let body =
            self.braces(items, open, end, Braces::Always, |printer, statement| printer.statement(statement));
        Doc::Concat(vec![Doc::text(format!("journey {} ", self.name(&journey.name))), body])
    }

    pub(super) fn statement(&mut self, statement: &Statement<'_>) -> Doc {
        match statement {
            Statement::Entry(entry) => Doc::Concat(vec![self.entry(entry), Doc::text(";")]),
            Statement::Header(item) => Doc::Concat(vec![self.header(&item.kind, item.span), Doc::text(";")]),
            Statement::Step(step) => self.step_line(step),
        }
    }

    fn entry(&self, entry: &Entry) -> Doc {
        let mut out = match &entry.kind {
            EntryKind::Event { event, per, filter } => {
                let per = if per.is_empty() { String::new() } else { format!(" per {}", self.names(per)) };
                let mut out = vec![Doc::text(format!("on {}{per}", self.name(event)))];
                out.extend(filter.iter().map(|filter| self.filter(filter)));
                out
            }
            EntryKind::Segment { turn, segment, including_current } => {
                let turn = match turn {
                    Turn::Enter => "enter",
                    Turn::Leave => "leave",
                };
                let including = if including_current.is_some() { " including current" } else { "" };
                vec![Doc::text(format!("on {turn} {}{including}", self.name(segment)))]
            }
            EntryKind::Recurring { every, at, segment } => {
                let mut out = vec![Doc::text("every ")];
                match every {
                    Recurrence::Day => out.push(Doc::text("day")),
                    Recurrence::Week(days) => out.push(Doc::text(format!("week on {}", weekdays(days)))),
                    Recurrence::Month(day) => {
                        out.push(Doc::text(format!("month on {}", self.slice(day.span))))
                    }
                    Recurrence::Year(date) => {
                        out.push(Doc::text("year on "));
                        out.push(self.expr(date));
                    }
                }
                out.extend([
                    Doc::text(" at "),
                    self.expr(at),
                    Doc::text(format!(" for {}", self.name(segment))),
                ]);
                out
            }
            EntryKind::Once { at, segment } => {
                vec![Doc::text("at "), self.expr(at), Doc::text(format!(" for {}", self.name(segment)))]
            }
        };
        if let Some(reenter) = &entry.reenter {
            out.push(Doc::Group(vec![Doc::Nest(vec![Doc::Line, Doc::text(self.reenter(reenter))])]));
        }
        Doc::Concat(out)
    }

    fn reenter(&self, reenter: &Reenter) -> String {
        let mode = match reenter.mode.value {
            ReenterMode::Never => "never",
            ReenterMode::AfterExit => "after exit",
            ReenterMode::Every => "every",
            ReenterMode::Restart => "restart",
        };
        let mut out = format!("reenter {mode}");
        if let Some(limit) = &reenter.limit {
            out.push_str(&format!(" at most {}", self.slice(limit.count.span)));
            if let Some(per) = &limit.per {
                out.push_str(&format!(" per {}", self.slice(per.span)));
            }
        }
        if let Some(cooldown) = &reenter.cooldown {
            let from = match cooldown.from {
                CooldownFrom::Entry => "entry",
                CooldownFrom::Exit => "exit",
            };
            out.push_str(&format!(" after {} from {from}", self.slice(cooldown.after.span)));
        }
        out
    }

    fn header(&self, kind: &HeaderKind, span: Span) -> Doc {
        let text = match kind {
            HeaderKind::Goal { event, within, filter, name, keep_going } => {
                let mut out = vec![Doc::text(format!("goal {}", self.name(event)))];
                if let Some(within) = within {
                    out.push(Doc::text(format!(" within {}", self.slice(within.span))));
                }
                out.extend(filter.iter().map(|filter| self.filter(filter)));
                if let Some(name) = name {
                    out.push(Doc::text(format!(" as {}", self.name(name))));
                }
                if keep_going.is_some() {
                    out.push(Doc::text(" keep going"));
                }
                return Doc::Concat(out);
            }
            HeaderKind::ExitOn { event, filter } => {
                let mut out = vec![Doc::text(format!("exit on {}", self.name(event)))];
                out.extend(filter.iter().map(|filter| self.filter(filter)));
                return Doc::Concat(out);
            }
            HeaderKind::ExitWhen(condition) => {
                return Doc::Concat(vec![Doc::text("exit when "), self.expr(condition)]);
            }
            HeaderKind::Refresh { event } => format!("refresh on {}", self.name(event)),
            HeaderKind::Purpose(purpose) => format!("purpose {}", purpose.value.word()),
            HeaderKind::Policy(name) => format!("policy {}", self.name(name)),
            HeaderKind::Priority(number) => format!("priority {}", self.slice(number.span)),
            HeaderKind::Lasts(length) => format!("lasts at most {}", self.slice(length.span)),
            HeaderKind::Holdout(share) => format!("holdout {}", self.slice(share.span)),
            HeaderKind::Active { from, to } => {
                let ends = vec![self.expr(from), self.expr(to)];
                let mut out = vec![Doc::text("active ")];
                out.extend(join(ends, &[Doc::text(" .. ")]));
                return Doc::Concat(out);
            }
            HeaderKind::OnUpdate(mode) => {
                let mode = match mode.value {
                    OnUpdate::Pin => "pin",
                    OnUpdate::Move => "move",
                    OnUpdate::Exit => "exit",
                };
                format!("on update {mode}")
            }
            HeaderKind::Error => self.slice(span).to_owned(),
        };
        Doc::text(text)
    }
}

/// Days with commas.
pub(super) fn weekdays(days: &[Spanned<Weekday>]) -> String {
    let word = |day: &Spanned<Weekday>| match day.value {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    };
    days.iter().map(word).collect::<Vec<_>>().join(", ")
}

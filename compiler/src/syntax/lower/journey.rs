//! Journeys: entry, header, and the order of the three parts.

use super::lines::Line;
use super::{Lowering, Pair, child};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{
    Cooldown, CooldownFrom, Doc, Entry, EntryKind, Expr, ExprKind, HeaderItem, HeaderKind, Ident, Journey,
    JourneyOrigin, OnUpdate, Recurrence, Reenter, ReenterLimit, ReenterMode, Spanned, Step, StepKind, Turn,
    Weekday,
};
use wayline_grammar::Rule;

/// How far the statements of a journey have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Stage {
    Entry,
    Header,
    Steps,
}

impl Lowering<'_> {
    /// A journey of its statements.
    pub(super) fn journey(
        &mut self,
        doc: Option<Doc>,
        name: Ident,
        origin: JourneyOrigin,
        lines: Vec<Line<'_>>,
        span: Span,
    ) -> Journey {
        let mut journey =
            Journey { doc, name, origin, entry: None, header: Vec::new(), steps: Vec::new(), span };
        let mut stage = Stage::Entry;
        let mut broken = false;
        let mut entry_at = None;
        for line in lines {
            match line {
                Line::Cut { .. } => {}
                Line::Bad(span) => {
                    broken = true;
                    if stage == Stage::Steps {
                        journey.steps.push(Step { doc: None, label: None, kind: StepKind::Error, span });
                    }
                }
                Line::Statement { doc, content } => {
                    let Some(head) = content.first().cloned() else { continue };
                    match head.as_rule() {
                        Rule::entry => {
                            let entry = self.entry(&head, doc);
                            self.entry_in_place(&head, stage, entry_at);
                            entry_at.get_or_insert(self.real(&head));
                            journey.entry.get_or_insert(entry);
                            stage = if stage == Stage::Entry { Stage::Header } else { stage };
                        }
                        Rule::header => {
                            if stage == Stage::Steps {
                                self.misplaced_header(&head);
                            }
                            stage = if stage == Stage::Entry { Stage::Header } else { stage };
                            journey.header.push(self.header(&head, doc));
                        }
                        _ => {
                            stage = Stage::Steps;
                            journey.steps.push(self.step(&content, doc));
                        }
                    }
                }
            }
        }
        if journey.entry.is_none() && !broken {
            self.no_entry(&journey);
        }
        journey
    }

    fn no_entry(&mut self, journey: &Journey) {
        let span = match journey.origin {
            JourneyOrigin::Declared => journey.name.span,
            JourneyOrigin::File => journey.name.span,
        };
        self.report(
            Diagnostic::new(&codes::SYNTAX, span, format!("journey `{}` has no entry", journey.name.text))
                .label("nobody ever enters it")
                .help("start it with `on EVENT;`, `on enter SEGMENT;`, `every day at 10:00 for SEGMENT;` or `at INSTANT for SEGMENT;`"),
        );
    }

    fn entry_in_place(&mut self, pair: &Pair<'_>, stage: Stage, first: Option<Span>) {
        let span = self.real(pair);
        if let Some(first) = first {
            self.report(
                Diagnostic::new(&codes::SYNTAX, span, "a journey has one entry")
                    .label("the second one")
                    .also(first, "the first one")
                    .help("write a journey for each, or one event that both emit"),
            );
        } else if stage != Stage::Entry {
            self.report(
                Diagnostic::new(&codes::SYNTAX, span, "the entry is the first statement of a journey")
                    .label("it stands too late")
                    .help("move it to the top of the journey"),
            );
        }
    }

    /// A header statement where only steps may stand.
    pub(super) fn misplaced_header(&mut self, pair: &Pair<'_>) {
        let span = self.real(pair);
        let word = pair.as_str().split_whitespace().next().unwrap_or("").to_owned();
        self.report(
            Diagnostic::new(&codes::SYNTAX, span, format!("`{word} …` stands before the steps of a journey"))
                .label("not a step")
                .help("move it to the top of the journey, after the entry"),
        );
    }

    /// An entry inside a block.
    pub(super) fn misplaced_entry(&mut self, pair: &Pair<'_>) {
        let span = self.real(pair);
        self.report(
            Diagnostic::new(&codes::SYNTAX, span, "an entry is no step")
                .label("only the first statement of a journey says who enters")
                .help("to wait for an event here write `wait for EVENT up to 1d { … }`"),
        );
    }

    fn entry(&mut self, pair: &Pair<'_>, doc: Option<Doc>) -> Entry {
        let span = self.span(pair);
        let reenter = child(pair, Rule::reenter).map(|kid| self.reenter(&kid));
        let kind = match pair.clone().into_inner().next() {
            Some(kid) if kid.as_rule() == Rule::segment_entry => {
                let turn = child(&kid, Rule::turn);
                let leave = turn.is_some_and(|turn| child(&turn, Rule::kw_leave).is_some());
                EntryKind::Segment {
                    turn: if leave { Turn::Leave } else { Turn::Enter },
                    segment: self.name(&kid),
                    including_current: self.span_of(&kid, Rule::including),
                }
            }
            Some(kid) if kid.as_rule() == Rule::recurring_entry => EntryKind::Recurring {
                every: self.recurrence(&kid),
                at: self.expr_of(&kid),
                segment: self.name(&kid),
            },
            Some(kid) if kid.as_rule() == Rule::once_entry => {
                EntryKind::Once { at: self.expr_of(&kid), segment: self.name(&kid) }
            }
            Some(kid) => {
                self.once_each(&kid, &[Rule::per_clause, Rule::filter]);
                let per = child(&kid, Rule::per_clause).map_or(Vec::new(), |per| self.idents(&per));
                EntryKind::Event { event: self.name(&kid), per, filter: self.filter_of(&kid) }
            }
            None => EntryKind::Event { event: self.name(pair), per: Vec::new(), filter: None },
        };
        Entry { doc, kind, reenter, span }
    }

    fn recurrence(&mut self, pair: &Pair<'_>) -> Recurrence {
        let Some(every) = child(pair, Rule::recurrence) else { return Recurrence::Day };
        match every.clone().into_inner().next().map(|kid| kid.as_rule()) {
            Some(Rule::kw_week) => Recurrence::Week(self.weekdays_of(&every)),
            Some(Rule::kw_month) => Recurrence::Month(self.int_of(&every)),
            Some(Rule::kw_year) => Recurrence::Year(self.expr_of(&every)),
            _ => Recurrence::Day,
        }
    }

    pub(super) fn weekdays_of(&mut self, pair: &Pair<'_>) -> Vec<Spanned<Weekday>> {
        let days = pair.clone().into_inner().filter(|kid| kid.as_rule() == Rule::weekday_name);
        days.map(|kid| Spanned { value: weekday(kid.as_str()), span: self.span(&kid) }).collect()
    }

    fn reenter(&mut self, pair: &Pair<'_>) -> Reenter {
        self.once_each(pair, &[Rule::reenter_limit, Rule::cooldown]);
        let span = self.span(pair);
        let mode = match child(pair, Rule::reenter_mode) {
            Some(kid) => {
                let value = match kid.clone().into_inner().next().map(|word| word.as_rule()) {
                    Some(Rule::kw_after) => ReenterMode::AfterExit,
                    Some(Rule::kw_every) => ReenterMode::Every,
                    Some(Rule::kw_restart) => ReenterMode::Restart,
                    _ => ReenterMode::Never,
                };
                Spanned { value, span: self.span(&kid) }
            }
            None => Spanned { value: ReenterMode::Never, span },
        };
        let limit = child(pair, Rule::reenter_limit).map(|kid| ReenterLimit {
            count: self.int_of(&kid),
            per: child(&kid, Rule::length).map(|_| self.length_of(&kid)),
            span: self.span(&kid),
        });
        let cooldown = child(pair, Rule::cooldown).map(|kid| Cooldown {
            after: self.length_of(&kid),
            from: if child(&kid, Rule::kw_exit).is_some() { CooldownFrom::Exit } else { CooldownFrom::Entry },
            span: self.span(&kid),
        });
        Reenter { mode, limit, cooldown, span }
    }

    fn header(&mut self, pair: &Pair<'_>, doc: Option<Doc>) -> HeaderItem {
        let span = self.span(pair);
        let kind = match pair.clone().into_inner().next() {
            Some(kid) => self.header_kind(&kid),
            None => HeaderKind::Error,
        };
        HeaderItem { doc, kind, span }
    }

    fn header_kind(&mut self, kid: &Pair<'_>) -> HeaderKind {
        match kid.as_rule() {
            Rule::goal_header => {
                self.once_each(kid, &[Rule::within_clause, Rule::filter, Rule::past_name, Rule::keep_going]);
                HeaderKind::Goal {
                    event: self.name(kid),
                    within: child(kid, Rule::within_clause).map(|within| self.length_of(&within)),
                    filter: self.filter_of(kid),
                    name: child(kid, Rule::past_name).map(|name| self.name(&name)),
                    keep_going: self.span_of(kid, Rule::keep_going),
                }
            }
            Rule::exit_on_header => HeaderKind::ExitOn { event: self.name(kid), filter: self.filter_of(kid) },
            Rule::exit_when_header => HeaderKind::ExitWhen(self.expr_of(kid)),
            Rule::refresh_header => HeaderKind::Refresh { event: self.name(kid) },
            Rule::purpose_header => HeaderKind::Purpose(self.purpose_of(kid)),
            Rule::policy_header => HeaderKind::Policy(self.name(kid)),
            Rule::priority_header => HeaderKind::Priority(self.int_of(kid)),
            Rule::lasts_header => HeaderKind::Lasts(self.length_of(kid)),
            Rule::holdout_header => HeaderKind::Holdout(self.percent_of(kid)),
            Rule::active_header => {
                let error = Expr { kind: ExprKind::Error, span: self.span(kid) };
                let mut ends = self.ariths_of(kid).into_iter();
                let from = ends.next().unwrap_or_else(|| error.clone());
                HeaderKind::Active { from, to: ends.next().unwrap_or(error) }
            }
            Rule::update_header => {
                let Some(mode) = child(kid, Rule::update_mode) else { return HeaderKind::Error };
                let value = match mode.clone().into_inner().next().map(|word| word.as_rule()) {
                    Some(Rule::kw_move) => OnUpdate::Move,
                    Some(Rule::kw_exit) => OnUpdate::Exit,
                    _ => OnUpdate::Pin,
                };
                HeaderKind::OnUpdate(Spanned { value, span: self.span(&mode) })
            }
            _ => HeaderKind::Error,
        }
    }
}

fn weekday(word: &str) -> Weekday {
    match word {
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => Weekday::Monday,
    }
}

//! Journeys as text: header, then step by step with keys and where each leads.

use super::super::{
    Const, Content, CooldownFrom, DayRule, Entry, EventId, Exit, ExprId, FieldId, Goal, Journey, OnUpdate,
    Period, PolicyId, Reenter, ReenterMode, Send, Span, Split, Step, StepId, StepKind, Text, TextPart,
    WaitArm,
};
use super::expr::{duration, instant, name_of};
use super::policy::hours;
use super::schema::purpose_word;
use super::{Context, Printer};
use crate::calendar::text::push_clock;

impl Printer<'_> {
    pub(super) fn journey(&mut self, journey: &Journey) {
        self.section(&format!("journey {}", journey.name));
        let entry = match journey.entry {
            Entry::Event { event, .. } => Some(event),
            Entry::Enter { .. } | Entry::Leave { .. } | Entry::Every { .. } | Entry::At { .. } => None,
        };
        let at = Context::entered(entry);
        self.entry(journey, &at);
        self.header(journey, &at);
        if journey.first.is_none() {
            self.line(1, "no steps");
        }
        for (index, step) in journey.steps.iter().enumerate() {
            self.step(journey, index, step, &at);
        }
    }

    fn entry(&mut self, journey: &Journey, at: &Context) {
        let segment = |id: super::super::SegmentId| self.program.segments[id.index()].name.clone();
        let mut text = match &journey.entry {
            Entry::Event { event, filter } => {
                let fields = &self.program.event(*event).fields;
                let key: Vec<String> = journey.key.iter().map(|field| name_of(fields, *field)).collect();
                let per = if key.is_empty() { String::new() } else { format!(" per {}", key.join(", ")) };
                format!("on {}{per}{}", self.program.event(*event).name, self.filter(*filter, *event, at))
            }
            Entry::Enter { segment: of, including_current } => {
                let current = if *including_current { " including current" } else { "" };
                format!("on enter {}{current}", segment(*of))
            }
            Entry::Leave { segment: of } => format!("on leave {}", segment(*of)),
            Entry::Every { period, at_ms, segment: of } => {
                let period = match period {
                    Period::Day => "day".to_owned(),
                    Period::Week(days) => format!("week{}", day_rule(DayRule::Weekdays(*days))),
                    Period::Month(day) => format!("month on {day}"),
                    Period::Year(date) => format!("year on {}", self.expr(*date, at)),
                };
                let mut clock = String::new();
                push_clock(&mut clock, *at_ms);
                format!("every {period} at {clock} for {}", segment(*of))
            }
            Entry::At { at, segment: of } => format!("at {} for {}", instant(*at), segment(*of)),
        };
        text.push_str(&reenter(&journey.reenter));
        self.line(1, &text);
    }

    fn filter(&self, filter: Option<ExprId>, event: EventId, at: &Context) -> String {
        filter.map_or_else(String::new, |filter| format!(" where {}", self.expr(filter, &at.inside(event))))
    }

    fn header(&mut self, journey: &Journey, at: &Context) {
        for goal in &journey.goals {
            let text = self.goal(goal, at);
            self.line(1, &text);
        }
        for exit in &journey.exits {
            let text = match exit {
                Exit::Event { event, filter } => {
                    format!("exit on {}{}", self.program.event(*event).name, self.filter(*filter, *event, at))
                }
                Exit::When { predicate } => format!("exit when {}", self.expr(*predicate, at)),
            };
            self.line(1, &text);
        }
        for refresh in &journey.refreshes {
            let event = self.program.event(refresh.event);
            let fields: Vec<String> =
                refresh.fields.iter().map(|(own, _)| name_of(&event.fields, *own)).collect();
            self.line(1, &format!("refresh on {} of {}", event.name, fields.join(", ")));
        }
        if journey.policy != PolicyId(0) {
            let name = &self.program.policies[journey.policy.index()].name;
            self.line(1, &format!("policy {name}"));
        }
        if journey.priority != 0 {
            self.line(1, &format!("priority {}", journey.priority));
        }
        if let Some(lasts) = journey.lasts {
            self.line(1, &format!("lasts at most {}", duration(lasts)));
        }
        if journey.holdout != 0 {
            self.line(1, &format!("holdout {}", share(journey.holdout)));
        }
        if let Some((from, to)) = journey.active {
            self.line(1, &format!("active {} .. {}", instant(from), instant(to)));
        }
        match journey.on_update {
            OnUpdate::Pin => {}
            OnUpdate::Move => self.line(1, "on update move"),
            OnUpdate::Exit => self.line(1, "on update exit"),
        }
    }

    fn goal(&self, goal: &Goal, at: &Context) -> String {
        let event = &self.program.event(goal.event).name;
        let name = if goal.name == *event { String::new() } else { format!(" as {}", goal.name) };
        let going = if goal.keep_going { " keep going" } else { "" };
        format!(
            "goal {event} within {}{}{name}{going}",
            duration(goal.window),
            self.filter(goal.filter, goal.event, at)
        )
    }

    fn step(&mut self, journey: &Journey, index: usize, step: &Step, at: &Context) {
        let targets = Targets { journey };
        let mut lines = self.step_lines(&step.kind, at, &targets).into_iter();
        let head = lines.next().unwrap_or_default();
        // What follows in the text needs no arrow.
        let next = if step.next == Some(StepId::new(index + 1)) {
            String::new()
        } else {
            format!(" -> {}", targets.name(step.next))
        };
        let next = match step.kind {
            StepKind::Exit { .. } => String::new(),
            _ => next,
        };
        self.line(1, &format!("{}: {head}{next}", step.key));
        for line in lines {
            self.line(2, &line);
        }
    }

    fn step_lines(&self, kind: &StepKind, at: &Context, targets: &Targets<'_>) -> Vec<String> {
        match kind {
            StepKind::Wait { duration } => vec![format!("wait {}", self.expr(*duration, at))],
            StepKind::WaitClock { clock, days, zone } => {
                let zone = zone.map_or_else(String::new, |zone| format!(" zone {}", self.expr(zone, at)));
                vec![format!("wait until {}{}{zone}", self.expr(*clock, at), day_rule(*days))]
            }
            StepKind::WaitUntil { predicate, up_to, otherwise } => vec![
                format!("wait until {} up to {}", self.expr(*predicate, at), duration(*up_to)),
                format!("else -> {}", targets.name(*otherwise)),
            ],
            StepKind::WaitFor { arms, up_to, otherwise } => {
                self.wait_for(arms, *up_to, *otherwise, at, targets)
            }
            StepKind::At { time, on_day, body, otherwise, gives_way_to } => {
                let on =
                    on_day.as_ref().map(|(day, clock)| format!(" on day {day} at {}", self.expr(*clock, at)));
                let mut lines = vec![
                    format!(
                        "at {}{} -> {}",
                        self.expr(*time, at),
                        on.unwrap_or_default(),
                        targets.name(*body)
                    ),
                    format!("else -> {}", targets.name(*otherwise)),
                ];
                if gives_way_to.is_some() {
                    lines.push(format!("gives way to {}", targets.name(*gives_way_to)));
                }
                lines
            }
            StepKind::If { condition, then, otherwise } => vec![
                format!("if {} -> {}", self.expr(*condition, at), targets.name(*then)),
                format!("else -> {}", targets.name(*otherwise)),
            ],
            StepKind::Match { value, arms, otherwise } => {
                self.match_arms(*value, arms, *otherwise, at, targets)
            }
            StepKind::Split(split) => split_arms(split, targets),
            StepKind::Send(send) => self.send(send, at, targets),
            StepKind::Repeat { counter, times, every, until, body } => {
                let until =
                    until.map_or_else(String::new, |until| format!(" until {}", self.expr(until, at)));
                let every = duration(*every);
                vec![format!(
                    "repeat #{counter} up to {times} times every {every}{until} -> {}",
                    targets.name(*body)
                )]
            }
            StepKind::Set { attribute, value } => {
                let name = &self.program.attributes[attribute.index()].field.name;
                vec![format!("set user.{name} = {}", self.expr(*value, at))]
            }
            StepKind::Emit { event, fields } => self.emit(*event, fields, at),
            StepKind::Call { name, fields } => {
                let mut lines = vec![format!("call {name}")];
                lines.extend(
                    fields.iter().map(|(field, value)| format!("{field}: {}", self.expr(*value, at))),
                );
                lines
            }
            StepKind::Exit { reason } => match reason {
                Some(reason) => vec![format!("exit {reason:?}")],
                None => vec!["exit".to_owned()],
            },
        }
    }

    fn emit(&self, event: EventId, fields: &[(FieldId, ExprId)], at: &Context) -> Vec<String> {
        let event = self.program.event(event);
        let mut lines = vec![format!("emit {}", event.name)];
        for (field, value) in fields {
            lines.push(format!("{}: {}", name_of(&event.fields, *field), self.expr(*value, at)));
        }
        lines
    }

    fn wait_for(
        &self,
        arms: &[WaitArm],
        up_to: Span,
        otherwise: Option<StepId>,
        at: &Context,
        targets: &Targets<'_>,
    ) -> Vec<String> {
        let mut lines = vec![format!("wait up to {}", duration(up_to))];
        for arm in arms {
            let since =
                arm.since_entry.map_or_else(String::new, |did| format!(" already if {}", self.expr(did, at)));
            let (event, filter) =
                (&self.program.event(arm.event).name, self.filter(arm.filter, arm.event, at));
            lines.push(format!("on {event}{filter}{since} -> {}", targets.name(arm.body)));
        }
        lines.push(format!("else -> {}", targets.name(otherwise)));
        lines
    }

    fn match_arms(
        &self,
        value: ExprId,
        arms: &[(Vec<Const>, Option<StepId>)],
        otherwise: Option<StepId>,
        at: &Context,
        targets: &Targets<'_>,
    ) -> Vec<String> {
        let ty = self.program.expr(value).ty;
        let mut lines = vec![format!("match {}", self.expr(value, at))];
        for (values, body) in arms {
            let values: Vec<String> = values.iter().map(|value| self.constant(value, ty)).collect();
            lines.push(format!("{} -> {}", values.join(" | "), targets.name(*body)));
        }
        lines.push(format!("otherwise -> {}", targets.name(otherwise)));
        lines
    }

    fn send(&self, send: &Send, at: &Context, targets: &Targets<'_>) -> Vec<String> {
        let mut head = format!("send {}", purpose_word(send.purpose));
        if let Some(between) = send.between {
            head.push_str(&format!(" between {}", hours(between)));
        }
        if send.days != 0b111_1111 {
            head.push_str(&day_rule(DayRule::Weekdays(send.days)));
        }
        if let Some(within) = send.within {
            head.push_str(&format!(" within {}", duration(within)));
        }
        if send.since.is_some() {
            head.push_str(&format!(" released from {}", targets.name(send.since)));
        }
        let mut lines = vec![head];
        for option in &send.options {
            let template = option.template.map(|id| format!(" {}", self.program.templates[id.index()].name));
            lines.push(format!(
                "{}{}",
                self.program.channel(option.channel).name,
                template.unwrap_or_default()
            ));
            for (name, content) in &option.fields {
                let value = match content {
                    Content::Text(text) => self.content(text, at),
                    Content::Value(value) => self.expr(*value, at),
                };
                lines.push(format!("  {name}: {value}"));
            }
        }
        lines
    }

    fn content(&self, text: &Text, at: &Context) -> String {
        let one = |parts: &[TextPart]| {
            let mut text = String::from("\"");
            for part in parts {
                match part {
                    TextPart::Literal(literal) => {
                        text.push_str(&literal.escape_debug().to_string().replace('{', "\\{"))
                    }
                    TextPart::Value(value) => text.push_str(&format!("{{{}}}", self.expr(*value, at))),
                }
            }
            text.push('"');
            text
        };
        match text.variants.as_slice() {
            [(locale, parts)] if locale.is_empty() => one(parts),
            variants => {
                let all = variants.iter().enumerate().map(|(index, (locale, parts))| {
                    let mark = if index == text.default as usize { "*" } else { "" };
                    format!("{locale}{mark}: {}", one(parts))
                });
                format!("{{ {} }}", all.collect::<Vec<_>>().join("; "))
            }
        }
    }
}

/// Step ids as keys.
struct Targets<'j> {
    journey: &'j Journey,
}

impl Targets<'_> {
    fn name(&self, id: Option<StepId>) -> String {
        match id.and_then(|id| self.journey.steps.get(id.index())) {
            Some(step) => step.key.clone(),
            None => "end".to_owned(),
        }
    }
}

fn reenter(rule: &Reenter) -> String {
    let mut text = match rule.mode {
        ReenterMode::Never => " reenter never",
        ReenterMode::AfterExit => " reenter after exit",
        ReenterMode::Every => " reenter every",
        ReenterMode::Restart => " reenter restart",
    }
    .to_owned();
    if let Some((count, per)) = rule.limit {
        text.push_str(&format!(" at most {count}"));
        if let Some(per) = per {
            text.push_str(&format!(" per {}", duration(per)));
        }
    }
    if let Some((after, from)) = rule.cooldown {
        let from = match from {
            CooldownFrom::Entry => "entry",
            CooldownFrom::Exit => "exit",
        };
        text.push_str(&format!(" after {} from {from}", duration(after)));
    }
    text
}

fn day_rule(days: DayRule) -> String {
    const NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    match days {
        DayRule::Any => String::new(),
        DayRule::Weekdays(bits) => {
            let days: Vec<&str> = NAMES
                .iter()
                .zip(0..)
                .filter(|(_, bit)| bits & (1 << *bit) != 0)
                .map(|(name, _)| *name)
                .collect();
            format!(" on {}", days.join(", "))
        }
        DayRule::Day(day) => format!(" on day {day}"),
    }
}

fn split_arms(split: &Split, targets: &Targets<'_>) -> Vec<String> {
    let mut lines =
        vec![format!("split {} salt {:?} holdout {}", split.name, split.salt, share(split.holdout))];
    for arm in &split.arms {
        lines.push(format!("{} {} -> {}", arm.name, share(arm.weight), targets.name(arm.body)));
    }
    lines
}

/// Millionths as percent.
fn share(millionths: u32) -> String {
    format!("{}%", f64::from(millionths) / 10_000.0)
}

//! `send [PURPOSE] ATTEMPT [or ATTEMPT]… [between RANGE] [on DAYS] [within D]`

use super::super::Lowering;
use super::super::block::Site;
use super::super::flow::Flow;
use super::super::hold::EVERY_DAY;
use super::super::written;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{ChannelId, Purpose, Send, SendOption, StepKind, TemplateId};
use crate::resolve::literal;
use crate::resolve::suggest;
use crate::source::Span;
use crate::syntax::ast::{self, DayChoice, DayChoiceKind};

impl<'a> Lowering<'_, 'a> {
    /// Lowers a `send` step. One that can be held takes time: what was known before it is not known after it.
    pub(in super::super) fn send(
        &mut self,
        step: &'a ast::Step,
        send: &'a ast::Send,
        mut site: Site<'_>,
        mut flow: Flow<'a>,
    ) -> Flow<'a> {
        let purpose = send.purpose.map_or(self.settings.purpose, |purpose| literal::purpose(purpose.value));
        let (mut options, mut places) = (Vec::new(), Vec::new());
        for attempt in &send.attempts {
            if let Some(option) =
                self.attempt(attempt, purpose, send.purpose.map(|purpose| purpose.span), &mut flow)
            {
                options.push(option);
                places.push(attempt.span);
            }
        }
        let Some(first) = options.first() else { return self.skip(&site, flow) };
        let kind = format!("send_{}", self.resolver.schema.channels[first.channel.index()].name);
        let lowered = Send {
            purpose,
            options,
            between: send.between.as_ref().map(literal::clock_range),
            days: send.on.as_ref().map_or(EVERY_DAY, |on| self.send_days(on)),
            within: send.within.map(|within| self.resolver.some_time(within, "the deadline of a send")),
            since: flow.since.target(),
        };
        let hold_ms = self.longest_hold(&lowered);
        let key = self.key(step, &mut site, &kind);
        self.put_arms(step, site.at, site.next, key, StepKind::Send(lowered), places);
        if hold_ms > 0 {
            self.time_passes(&mut flow, site.next, hold_ms);
        }
        flow
    }

    fn attempt(
        &mut self,
        attempt: &'a ast::Attempt,
        purpose: Purpose,
        purpose_at: Option<Span>,
        flow: &mut Flow<'a>,
    ) -> Option<SendOption> {
        let channel = self.resolver.channel(&attempt.channel)?;
        self.carries(attempt, channel, purpose, purpose_at);
        let template = match &attempt.template {
            Some(name) => Some(self.template(name, attempt, channel)?),
            None => {
                self.may_go_without_template(attempt, channel);
                None
            }
        };
        let fields = self.content(attempt, channel, template, purpose, flow);
        Some(SendOption { channel, template, fields })
    }

    /// Reports a purpose that the channel does not carry.
    fn carries(
        &mut self,
        attempt: &ast::Attempt,
        channel: ChannelId,
        purpose: Purpose,
        written: Option<Span>,
    ) {
        let declared = &self.resolver.schema.channels[channel.index()];
        if declared.purposes.contains(&purpose) {
            return;
        }
        let name = declared.name.clone();
        let carried = suggest::choices(declared.purposes.iter().map(|purpose| purpose_word(*purpose)));
        let word = purpose_word(purpose);
        let example = declared.purposes.first().map_or(word, |purpose| purpose_word(*purpose));
        let mut finding = Diagnostic::new(
            &codes::CHANNEL_PURPOSE,
            attempt.channel.span,
            format!("`{name}` does not carry {word} messages"),
        )
        .label(format!("carries {carried} only"))
        .help(format!(
            "send it by another channel, or, where that is what it is, write `send {example} {name} …`"
        ));
        if let Some(span) = written {
            finding = finding.also(span, format!("this message is {word}"));
        } else {
            finding =
                finding.note(format!("messages of this journey are {word} where they do not say otherwise"));
        }
        self.resolver.report(finding);
    }

    fn template(
        &mut self,
        name: &ast::Ident,
        attempt: &ast::Attempt,
        channel: ChannelId,
    ) -> Option<TemplateId> {
        let id = self.resolver.template(name)?;
        let template = &self.resolver.schema.templates[id.index()];
        let declared = &self.resolver.schema.channels[channel.index()];
        let (belongs, approved) = (template.channel, template.approved);
        let channel_name = declared.name.clone();
        if belongs != channel {
            let other = self.resolver.schema.channels[belongs.index()].name.clone();
            self.resolver.report(
                Diagnostic::new(
                    &codes::CHANNEL_PURPOSE,
                    name.span,
                    format!("template `{}` is for `{other}`, not for `{channel_name}`", name.text),
                )
                .label("of another channel")
                .also(attempt.channel.span, "sent by this channel")
                .help(format!(
                    "write `send {other} {} {{ … }}`, or use a template of `{channel_name}`",
                    name.text
                )),
            );
            return None;
        }
        if declared.templates_only && !approved {
            self.resolver.report(
                Diagnostic::new(
                    &codes::CHANNEL_PURPOSE,
                    name.span,
                    format!("`{channel_name}` carries approved templates only, and `{}` is not approved", name.text),
                )
                .label("not approved")
                .help(format!(
                    "once the provider has approved it, write `template {} for {channel_name} approved {{ … }}`",
                    name.text
                )),
            );
        }
        Some(id)
    }

    fn may_go_without_template(&mut self, attempt: &ast::Attempt, channel: ChannelId) {
        let declared = &self.resolver.schema.channels[channel.index()];
        if !declared.templates_only {
            return;
        }
        let name = declared.name.clone();
        self.resolver.report(
            Diagnostic::new(
                &codes::CHANNEL_PURPOSE,
                attempt.span,
                format!("`{name}` carries approved templates only"),
            )
            .label("no template")
            .help(format!(
                "declare `template NAME for {name} approved {{ … }}` and write `send {name} NAME {{ … }}`"
            )),
        );
    }

    fn send_days(&mut self, on: &DayChoice) -> u8 {
        match &on.kind {
            DayChoiceKind::Weekdays(days) => written::weekdays(days),
            DayChoiceKind::Weekday => written::WORKDAYS,
            DayChoiceKind::Weekend => EVERY_DAY & !written::WORKDAYS,
            DayChoiceKind::Day(day) => {
                self.resolver.report(
                    Diagnostic::new(
                        &codes::INVALID_VALUE,
                        day.span,
                        "a send has days of the week, not days since entry",
                    )
                    .label("a day since entry")
                    .help("wait for the day before the send: `wait until 10:00 on day 3;`"),
                );
                EVERY_DAY
            }
        }
    }
}

/// The word of a purpose in the language.
fn purpose_word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Marketing => "marketing",
        Purpose::Informational => "informational",
        Purpose::Transactional => "transactional",
    }
}

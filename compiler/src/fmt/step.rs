//! Steps and blocks.

use super::doc::{Doc, join};
use super::journey::weekdays;
use super::printer::{Braces, Item, Printer};
use crate::syntax::ast::{
    AtDay, Attempt, Block, BlockStyle, Branch, Content, DayChoice, DayChoiceKind, Expr, ExprKind, FieldInit,
    FieldValue, LocaleText, MatchArm, MatchPattern, Send, SplitArm, SplitArmKind, Step, StepKind, WaitArm,
    WaitForm,
};

impl Printer<'_> {
    /// A step as a statement: with the `;` it needs.
    pub(super) fn step_line(&mut self, step: &Step) -> Doc {
        let printed = self.step(step);
        if ends_with_block(&step.kind) { printed } else { Doc::Concat(vec![printed, Doc::text(";")]) }
    }

    /// `{ … }`, or a bare step.
    pub(super) fn block(&mut self, block: &Block) -> Doc {
        let items = block
            .steps
            .iter()
            .map(|step| Item { doc: step.doc.as_ref(), span: step.span, node: step })
            .collect();
        let (open, end) = (block.span.start as usize, block.span.end as usize);
        self.braces(items, open, end, Braces::Always, |printer, step| printer.step_line(step))
    }

    /// The block of an arm: a single step may stay on the arm's line.
    fn arm_block(&mut self, block: &Block) -> Doc {
        let items: Vec<_> = block
            .steps
            .iter()
            .map(|step| Item { doc: step.doc.as_ref(), span: step.span, node: step })
            .collect();
        let layout = if items.len() == 1 { Braces::AsWritten } else { Braces::Always };
        let (open, end) = (block.span.start as usize, block.span.end as usize);
        self.braces(items, open, end, layout, |printer, step| printer.step_line(step))
    }

    /// A body after a condition that ended at `after`: a bare step keeps the line the author gave it.
    fn body(&mut self, block: &Block, after: usize) -> Doc {
        if block.style == BlockStyle::Braced {
            return Doc::Concat(vec![Doc::text(" "), self.block(block)]);
        }
        let Some(step) = block.steps.first() else { return Doc::text(" { }") };
        let start = step.doc.as_ref().map_or(step.span, |doc| doc.span).start as usize;
        let own_line =
            step.doc.is_some() || self.source.get(after..start).is_some_and(|gap| gap.contains('\n'));
        if !own_line {
            return Doc::Concat(vec![Doc::text(" "), self.step(step)]);
        }
        let item = Item { doc: step.doc.as_ref(), span: step.span, node: step };
        let mut inner = vec![Doc::HardLine];
        inner.extend(self.lines(vec![item], start, start, |printer, step| printer.step(step)));
        Doc::Nest(inner)
    }

    /// ` else …`, on the line of a `}` and on a new line after a bare step that has its own.
    fn otherwise(&mut self, otherwise: &Option<Block>, before: Option<&Block>) -> Doc {
        let Some(block) = otherwise else { return Doc::text("") };
        let (gap, after) = self.before_else(before, block.span.start as usize);
        Doc::Concat(vec![gap, Doc::text("else"), self.body(block, after)])
    }

    /// The space before an `else`, and where the `else` ends in the source.
    fn before_else(&self, before: Option<&Block>, next: usize) -> (Doc, usize) {
        let end = before.map_or(next, |block| block.span.end as usize);
        let between = self.source.get(end..next).unwrap_or("");
        let word = between.find("else").unwrap_or(0);
        let after = end + word + "else".len().min(between.len());
        let bare = before.is_some_and(|block| block.style == BlockStyle::Bare);
        let new_line = between.get(..word).is_some_and(|gap| gap.contains('\n'));
        (if bare && new_line { Doc::HardLine } else { Doc::text(" ") }, after)
    }

    fn step(&mut self, step: &Step) -> Doc {
        let label = step.label.as_ref().map_or(String::new(), |label| format!("{}: ", self.name(label)));
        Doc::Concat(vec![Doc::text(label), self.step_kind(step)])
    }

    fn step_kind(&mut self, step: &Step) -> Doc {
        match &step.kind {
            StepKind::Wait { duration } => Doc::Concat(vec![Doc::text("wait "), self.expr(duration)]),
            StepKind::WaitClock { clock, on, zone } => self.wait_clock(clock, on.as_ref(), zone.as_ref()),
            StepKind::WaitUntil { condition, up_to, otherwise } => {
                let up_to_text = format!(" up to {}", self.slice(up_to.span));
                let head = vec![Doc::text("wait until "), self.expr(condition), Doc::text(up_to_text)];
                Doc::Concat(vec![Doc::Concat(head), self.otherwise(otherwise, None)])
            }
            StepKind::WaitFor { arms, form, up_to, otherwise } => {
                let up_to = format!("up to {}", self.slice(up_to.span));
                self.wait_for(step, arms, *form, &up_to, otherwise)
            }
            StepKind::At { time, on, body, otherwise } => self.at(time, on.as_ref(), body, otherwise),
            StepKind::If { branches, otherwise } => self.if_step(branches, otherwise),
            StepKind::Unless { branch, otherwise } => {
                let mut out = vec![Doc::text("unless ")];
                out.push(self.branch(branch));
                out.push(self.otherwise(otherwise, Some(&branch.body)));
                Doc::Concat(out)
            }
            StepKind::Match { subject, arms } => self.match_step(step, subject, arms),
            StepKind::Split { name, salt, arms } => {
                let salt =
                    salt.as_ref().map_or(String::new(), |salt| format!(" salt {}", self.slice(salt.span)));
                let head = format!("split {}{salt} ", self.name(name));
                let items = arms.iter().map(|arm| Item { doc: None, span: arm.span, node: arm }).collect();
                let (open, end) = (step.span.start as usize, step.span.end as usize);
                let body =
                    self.braces(items, open, end, Braces::Always, |printer, arm| printer.split_arm(arm));
                Doc::Concat(vec![Doc::text(head), body])
            }
            StepKind::Send(send) => self.send(send),
            StepKind::Repeat { times, every, until, body } => {
                let head =
                    format!("repeat up to {} times every {}", self.slice(times.span), self.slice(every.span));
                let mut out = vec![Doc::text(head)];
                if let Some(until) = until {
                    out.extend([Doc::text(" until "), self.expr(until)]);
                }
                out.extend([Doc::text(" "), self.block(body)]);
                Doc::Concat(out)
            }
            StepKind::Set { attribute, value } => Doc::Concat(vec![
                Doc::text(format!("set user.{} = ", self.name(attribute))),
                self.expr(value),
            ]),
            StepKind::Emit { event, fields } => self.called("emit", event, fields, step),
            StepKind::Call { name, fields } => self.called("call", name, fields, step),
            StepKind::Exit { reason } => match reason {
                Some(reason) => Doc::text(format!("exit {}", self.slice(reason.span))),
                None => Doc::text("exit"),
            },
            StepKind::Do { sequence, args } => Doc::Concat(vec![
                Doc::text(format!("do {}", self.name(sequence))),
                self.bracketed("(", args, ")"),
            ]),
            StepKind::Error => self.raw(step.span),
        }
    }

    fn wait_clock(&self, clock: &Expr, on: Option<&DayChoice>, zone: Option<&Expr>) -> Doc {
        let mut out = vec![Doc::text("wait until "), self.expr(clock)];
        out.extend(on.map(|on| Doc::text(format!(" {}", self.day_choice(on)))));
        if let Some(zone) = zone {
            out.extend([Doc::text(" zone "), self.expr(zone)]);
        }
        Doc::Concat(out)
    }

    fn at(&mut self, time: &Expr, on: Option<&AtDay>, body: &Block, otherwise: &Option<Block>) -> Doc {
        let mut out = vec![Doc::text("at "), self.expr(time)];
        if let Some(on) = on {
            out.push(Doc::text(format!(" on day {} at ", self.slice(on.day.span))));
            out.push(self.expr(&on.clock));
        }
        out.extend([Doc::text(" "), self.block(body), self.otherwise(otherwise, Some(body))]);
        Doc::Concat(out)
    }

    fn match_step(&mut self, step: &Step, subject: &Expr, arms: &[MatchArm]) -> Doc {
        let head = Doc::Concat(vec![Doc::text("match "), self.expr(subject), Doc::text(" ")]);
        let before_minus = |index: usize| arms.get(index + 1).is_some_and(starts_with_minus);
        let signed: Vec<(&MatchArm, bool)> =
            arms.iter().enumerate().map(|(index, arm)| (arm, before_minus(index))).collect();
        let items = signed.iter().map(|pair| Item { doc: None, span: pair.0.span, node: pair }).collect();
        let (open, end) = (subject.span.end as usize, step.span.end as usize);
        let body = self.braces(items, open, end, Braces::Always, |printer, (arm, before_minus)| {
            let printed = printer.match_arm(arm);
            // Without the `;` the sign of the next arm's number would be read as a subtraction.
            let bare = arm.body.style == BlockStyle::Bare && *before_minus;
            Doc::Concat(vec![printed, Doc::text(if bare { ";" } else { "" })])
        });
        Doc::Concat(vec![head, body])
    }

    fn branch(&mut self, branch: &Branch) -> Doc {
        let condition = self.expr(&branch.condition);
        let body = self.body(&branch.body, branch.condition.span.end as usize);
        Doc::Concat(vec![condition, body])
    }

    fn if_step(&mut self, branches: &[Branch], otherwise: &Option<Block>) -> Doc {
        let mut out = Vec::new();
        let mut before: Option<&Block> = None;
        for branch in branches {
            match before {
                None => out.push(Doc::text("if ")),
                Some(block) => {
                    out.push(self.before_else(Some(block), branch.condition.span.start as usize).0);
                    out.push(Doc::text("else if "));
                }
            }
            out.push(self.branch(branch));
            before = Some(&branch.body);
        }
        out.push(self.otherwise(otherwise, before));
        Doc::Concat(out)
    }

    fn wait_for(
        &mut self,
        step: &Step,
        arms: &[WaitArm],
        form: WaitForm,
        up_to: &str,
        otherwise: &Option<Block>,
    ) -> Doc {
        let mut out = Vec::new();
        let mut before = None;
        match form {
            WaitForm::One => {
                out.push(Doc::text("wait for "));
                for arm in arms {
                    out.push(self.wait_event(arm));
                    out.push(Doc::text(format!(" {up_to}")));
                    if let Some(body) = &arm.body {
                        out.extend([Doc::text(" "), self.block(body)]);
                    }
                    before = arm.body.as_ref();
                }
            }
            WaitForm::Several => {
                let end = match otherwise {
                    // The `}` of the arms is the last one before the `else`.
                    Some(block) => self
                        .source
                        .get(..block.span.start as usize)
                        .and_then(|head| head.rfind("else"))
                        .and_then(|word| self.source.get(..word)?.rfind('}'))
                        .map_or(block.span.start as usize, |brace| brace + 1),
                    None => step.span.end as usize,
                };
                let items = arms.iter().map(|arm| Item { doc: None, span: arm.span, node: arm }).collect();
                let start = step.span.start as usize;
                let body = self.braces(items, start, end, Braces::Always, |printer, arm: &WaitArm| {
                    let mut out = vec![Doc::text("on "), printer.wait_event(arm)];
                    if let Some(body) = &arm.body {
                        out.extend([Doc::text(" "), printer.arm_block(body)]);
                    }
                    Doc::Concat(out)
                });
                out.extend([Doc::text(format!("wait {up_to} ")), body]);
            }
        }
        out.push(self.otherwise(otherwise, before));
        Doc::Concat(out)
    }

    fn wait_event(&self, arm: &WaitArm) -> Doc {
        let mut out = vec![Doc::text(self.name(&arm.event))];
        if let Some(window) = &arm.window {
            out.extend([Doc::text(" "), self.window(window)]);
        }
        out.extend(arm.filter.iter().map(|filter| self.filter(filter)));
        Doc::Concat(out)
    }

    fn match_arm(&mut self, arm: &MatchArm) -> Doc {
        let pattern = match &arm.pattern {
            MatchPattern::Values(values) => {
                Doc::Concat(join(values.iter().map(|value| self.expr(value)).collect(), &[Doc::text(" | ")]))
            }
            MatchPattern::Otherwise => Doc::text("otherwise"),
        };
        let body = match arm.body.style {
            BlockStyle::Braced => Doc::Concat(vec![Doc::text(" "), self.arm_block(&arm.body)]),
            BlockStyle::Bare => self.body(&arm.body, arm.body.span.start as usize),
        };
        Doc::Concat(vec![pattern, Doc::text(" =>"), body])
    }

    fn split_arm(&mut self, arm: &SplitArm) -> Doc {
        let head = format!("{} {}", self.name(&arm.name), self.slice(arm.share.span));
        match &arm.kind {
            SplitArmKind::Holdout => Doc::text(head),
            SplitArmKind::Arm(body) => Doc::Concat(vec![Doc::text(head + " "), self.arm_block(body)]),
        }
    }

    fn day_choice(&self, choice: &DayChoice) -> String {
        match &choice.kind {
            DayChoiceKind::Weekdays(days) => format!("on {}", weekdays(days)),
            DayChoiceKind::Weekday => "on weekday".to_owned(),
            DayChoiceKind::Weekend => "on weekend".to_owned(),
            DayChoiceKind::Day(day) => format!("on day {}", self.slice(day.span)),
        }
    }

    fn send(&mut self, send: &Send) -> Doc {
        let mut out = vec![Doc::text("send ")];
        if let Some(purpose) = &send.purpose {
            out.push(Doc::text(format!("{} ", purpose.value.word())));
        }
        let mut rest = Vec::new();
        for (index, attempt) in send.attempts.iter().enumerate() {
            let printed = self.attempt(attempt);
            if index == 0 {
                out.push(printed);
            } else {
                rest.extend([Doc::Line, Doc::text("or "), printed]);
            }
        }
        if let Some(range) = &send.between {
            rest.extend([Doc::Line, Doc::text(format!("between {}", self.clock_range(range)))]);
        }
        if let Some(on) = &send.on {
            rest.extend([Doc::Line, Doc::text(self.day_choice(on))]);
        }
        if let Some(within) = &send.within {
            rest.extend([Doc::Line, Doc::text(format!("within {}", self.slice(within.span)))]);
        }
        if !rest.is_empty() {
            out.push(Doc::Nest(rest));
        }
        Doc::Group(out)
    }

    fn attempt(&mut self, attempt: &Attempt) -> Doc {
        let mut head = self.name(&attempt.channel);
        if let Some(template) = &attempt.template {
            head.push_str(&format!(" {}", self.name(template)));
        }
        match &attempt.content {
            Content::None => Doc::text(head),
            Content::Text(text) => Doc::text(format!("{head} {}", self.slice(text.span))),
            Content::Fields(fields) => {
                let body = self.inits(fields, attempt.span.start as usize, attempt.span.end as usize);
                Doc::Concat(vec![Doc::text(head + " "), body])
            }
        }
    }

    fn called(
        &mut self,
        word: &str,
        name: &crate::syntax::ast::Ident,
        fields: &[FieldInit],
        step: &Step,
    ) -> Doc {
        let head = format!("{word} {}", self.name(name));
        if fields.is_empty() && !self.slice(step.span).ends_with('}') {
            return Doc::text(head);
        }
        let body = self.inits(fields, name.span.end as usize, step.span.end as usize);
        Doc::Concat(vec![Doc::text(head + " "), body])
    }

    /// `{ name: value; … }`
    pub(super) fn inits(&mut self, fields: &[FieldInit], open: usize, end: usize) -> Doc {
        let items = fields.iter().map(|field| Item { doc: None, span: field.span, node: field }).collect();
        self.braces(items, open, end, Braces::AsWritten, |printer, field: &FieldInit| {
            let value = match &field.value {
                FieldValue::Expr(value) => printer.expr(value),
                FieldValue::Localised(localised) => {
                    let items = localised.entries.iter().map(|entry| Item {
                        doc: None,
                        span: entry.locale.span.to(entry.text.span),
                        node: entry,
                    });
                    let (open, end) = (localised.span.start as usize, localised.span.end as usize);
                    printer.braces(
                        items.collect(),
                        open,
                        end,
                        Braces::AsWritten,
                        |printer, entry: &LocaleText| {
                            Doc::text(format!(
                                "{}: {};",
                                printer.slice(entry.locale.span),
                                printer.slice(entry.text.span)
                            ))
                        },
                    )
                }
            };
            let semicolon = if matches!(field.value, FieldValue::Localised(_)) { "" } else { ";" };
            Doc::Concat(vec![
                Doc::text(format!("{}: ", printer.name(&field.name))),
                value,
                Doc::text(semicolon),
            ])
        })
    }
}

fn starts_with_minus(arm: &MatchArm) -> bool {
    let MatchPattern::Values(values) = &arm.pattern else { return false };
    values.first().is_some_and(|value| match value.kind {
        ExprKind::Int(number) => number < 0,
        ExprKind::Float(number) => number.is_sign_negative(),
        _ => false,
    })
}

/// Whether a step ends with `}`, so that it needs no `;`. Effects keep theirs.
fn ends_with_block(kind: &StepKind) -> bool {
    match kind {
        StepKind::Wait { .. }
        | StepKind::WaitClock { .. }
        | StepKind::Set { .. }
        | StepKind::Emit { .. }
        | StepKind::Call { .. }
        | StepKind::Exit { .. }
        | StepKind::Do { .. }
        | StepKind::Error => false,
        StepKind::Match { .. } | StepKind::Split { .. } | StepKind::Repeat { .. } => true,
        StepKind::WaitUntil { otherwise, .. } => otherwise.as_ref().is_some_and(block_ends),
        StepKind::WaitFor { arms, form, otherwise, .. } => match (otherwise, form) {
            (Some(otherwise), _) => block_ends(otherwise),
            (None, WaitForm::Several) => true,
            (None, WaitForm::One) => arms.iter().all(|arm| arm.body.is_some()),
        },
        StepKind::At { otherwise, .. } => otherwise.as_ref().is_none_or(block_ends),
        StepKind::If { branches, otherwise } => match otherwise {
            Some(otherwise) => block_ends(otherwise),
            None => branches.last().is_some_and(|branch| block_ends(&branch.body)),
        },
        StepKind::Unless { branch, otherwise } => match otherwise {
            Some(otherwise) => block_ends(otherwise),
            None => block_ends(&branch.body),
        },
        StepKind::Send(send) => {
            let clauses = send.between.is_some() || send.on.is_some() || send.within.is_some();
            let last = send.attempts.last();
            !clauses && last.is_some_and(|attempt| matches!(attempt.content, Content::Fields(_)))
        }
    }
}

fn block_ends(block: &Block) -> bool {
    match block.style {
        BlockStyle::Braced => true,
        BlockStyle::Bare => block.steps.last().is_some_and(|step| ends_with_block(&step.kind)),
    }
}

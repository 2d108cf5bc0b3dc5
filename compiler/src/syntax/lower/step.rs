//! Steps and blocks.

use super::lines::Line;
use super::{Lowering, Pair, child};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{
    AtDay, Attempt, Block, BlockStyle, Branch, Content, DayChoice, DayChoiceKind, Doc, Expr, ExprKind,
    MatchArm, MatchPattern, Send, Spanned, SplitArm, SplitArmKind, Step, StepKind, WaitArm, WaitForm,
};
use crate::syntax::forms::Part;
use wayline_grammar::Rule;

impl Lowering<'_> {
    /// `{ … }`
    pub(super) fn block(&mut self, pair: &Pair<'_>) -> Block {
        let mut steps = Vec::new();
        for line in self.lines(pair, Part::Step) {
            match line {
                Line::Cut { .. } => {}
                Line::Bad(span) => steps.push(Step { doc: None, label: None, kind: StepKind::Error, span }),
                Line::Statement { doc, content } => {
                    let Some(head) = content.first().cloned() else { continue };
                    match head.as_rule() {
                        Rule::header => self.misplaced_header(&head),
                        Rule::entry => self.misplaced_entry(&head),
                        _ => steps.push(self.step(&content, doc)),
                    }
                }
            }
        }
        Block { steps, style: BlockStyle::Braced, span: self.span(pair) }
    }

    /// A `body`: a block or a bare step.
    fn body(&mut self, pair: &Pair<'_>) -> Block {
        let span = self.span(pair);
        let Some(kid) = pair.clone().into_inner().next() else {
            return Block { steps: Vec::new(), style: BlockStyle::Braced, span };
        };
        if kid.as_rule() == Rule::block {
            return self.block(&kid);
        }
        let mut docs = Vec::new();
        let mut content = Vec::new();
        for part in kid.into_inner() {
            if part.as_rule() == Rule::doc { docs.push(part) } else { content.push(part) }
        }
        let doc = self.doc(&docs);
        Block { steps: vec![self.step(&content, doc)], style: BlockStyle::Bare, span }
    }

    /// The `body` among a pair's children.
    fn body_of(&mut self, pair: &Pair<'_>) -> Block {
        match child(pair, Rule::body) {
            Some(kid) => self.body(&kid),
            None => Block { steps: Vec::new(), style: BlockStyle::Braced, span: self.span(pair) },
        }
    }

    /// The `block` among a pair's children.
    fn block_of(&mut self, pair: &Pair<'_>) -> Option<Block> {
        child(pair, Rule::block).map(|kid| self.block(&kid))
    }

    /// The `else` among a pair's children.
    fn else_of(&mut self, pair: &Pair<'_>) -> Option<Block> {
        child(pair, Rule::else_body).map(|kid| self.body_of(&kid))
    }

    /// A step, with its label before it.
    pub(super) fn step(&mut self, content: &[Pair<'_>], doc: Option<Doc>) -> Step {
        let label = content.iter().find(|kid| kid.as_rule() == Rule::label).map(|kid| self.name(kid));
        let Some(pair) = content.last() else {
            return Step { doc, label, kind: StepKind::Error, span: self.place(0, 0) };
        };
        let span = content.first().map_or(self.span(pair), |first| self.span(first).to(self.span(pair)));
        let kind = self.step_kind(pair);
        Step { doc, label, kind, span }
    }

    fn step_kind(&mut self, pair: &Pair<'_>) -> StepKind {
        match pair.as_rule() {
            Rule::wait_step => self.wait(pair),
            Rule::send_step => StepKind::Send(self.send(pair)),
            Rule::if_step => self.if_step(pair),
            Rule::unless_step => {
                let branch = Branch { condition: self.expr_of(pair), body: self.body_of(pair) };
                StepKind::Unless { branch: Box::new(branch), otherwise: self.else_of(pair) }
            }
            Rule::match_step => self.match_step(pair),
            Rule::at_step => {
                let on = child(pair, Rule::at_day).map(|kid| AtDay {
                    day: self.int_of(&kid),
                    clock: self.expr_of(&kid),
                    span: self.span(&kid),
                });
                let time = self.expr_of(pair);
                match self.block_of(pair) {
                    Some(body) => StepKind::At { time, on, body, otherwise: self.else_of(pair) },
                    None => StepKind::Error,
                }
            }
            Rule::split_step => self.split(pair),
            Rule::repeat_step => self.repeat(pair),
            Rule::set_step => {
                let attribute = self.name(pair);
                StepKind::Set { attribute, value: self.expr_of(pair) }
            }
            Rule::emit_step => {
                StepKind::Emit { event: self.name(pair), fields: self.inits_of(pair).unwrap_or_default() }
            }
            Rule::call_step => {
                StepKind::Call { name: self.name(pair), fields: self.inits_of(pair).unwrap_or_default() }
            }
            Rule::exit_step => StepKind::Exit { reason: self.text_of(pair) },
            Rule::do_step => {
                let args = child(pair, Rule::args).map_or(Vec::new(), |args| self.exprs_of(&args));
                StepKind::Do { sequence: self.name(pair), args }
            }
            _ => StepKind::Error,
        }
    }

    fn if_step(&mut self, pair: &Pair<'_>) -> StepKind {
        let mut branches = vec![Branch { condition: self.expr_of(pair), body: self.body_of(pair) }];
        for kid in pair.clone().into_inner().filter(|kid| kid.as_rule() == Rule::else_if) {
            branches.push(Branch { condition: self.expr_of(&kid), body: self.body_of(&kid) });
        }
        StepKind::If { branches, otherwise: self.else_of(pair) }
    }

    fn match_step(&mut self, pair: &Pair<'_>) -> StepKind {
        let subject = self.expr_of(pair);
        let mut arms = Vec::new();
        for line in self.lines(pair, Part::Arm) {
            let Line::Statement { content, .. } = line else { continue };
            let Some(arm) = content.first() else { continue };
            let patterns = arm.clone().into_inner().filter(|kid| kid.as_rule() == Rule::pattern);
            let values: Vec<Expr> = patterns.map(|kid| self.pattern(&kid)).collect();
            let pattern =
                if values.is_empty() { MatchPattern::Otherwise } else { MatchPattern::Values(values) };
            arms.push(MatchArm { pattern, body: self.body_of(arm), span: self.span(arm) });
        }
        StepKind::Match { subject, arms }
    }

    /// A literal, maybe with a sign.
    pub(super) fn pattern(&mut self, pair: &Pair<'_>) -> Expr {
        let mut kids = pair.clone().into_inner();
        let error = Expr { kind: ExprKind::Error, span: self.span(pair) };
        match (kids.next(), kids.next()) {
            (Some(sign), Some(number)) if matches!(number.as_rule(), Rule::int | Rule::float) => {
                self.negative(&sign, &number)
            }
            (Some(literal), None) => self.primary(literal),
            _ => {
                let span = self.real(pair);
                self.report(Diagnostic::new(&codes::SYNTAX, span, "only numbers have a sign").label("here"));
                error
            }
        }
    }

    fn wait(&mut self, pair: &Pair<'_>) -> StepKind {
        let form = pair.clone().into_inner().find(|kid| kid.as_rule() != Rule::kw_wait);
        let Some(form) = form else { return StepKind::Error };
        match form.as_rule() {
            Rule::wait_plain => StepKind::Wait { duration: self.expr_of(&form) },
            Rule::wait_until => {
                let until = self.expr_of(&form);
                match self.up_to(&form) {
                    Some(up_to) => {
                        StepKind::WaitUntil { condition: until, up_to, otherwise: self.else_of(&form) }
                    }
                    None => {
                        let on = self.day_choice_of(&form);
                        let zone = child(&form, Rule::zone).and_then(|kid| self.ariths_of(&kid).pop());
                        StepKind::WaitClock { clock: until, on, zone }
                    }
                }
            }
            Rule::wait_for => {
                let arm = child(&form, Rule::wait_event).map(|event| {
                    let body = self.block_of(&form);
                    self.wait_arm(&event, body)
                });
                let otherwise = self.else_of(&form);
                match (arm, self.up_to(&form)) {
                    (Some(arm), Some(up_to)) => {
                        StepKind::WaitFor { arms: vec![arm], form: WaitForm::One, up_to, otherwise }
                    }
                    _ => StepKind::Error,
                }
            }
            Rule::wait_several => {
                let Some(up_to) = self.up_to(&form) else { return StepKind::Error };
                let mut arms = Vec::new();
                for line in self.lines(&form, Part::Wait) {
                    let Line::Statement { content, .. } = line else { continue };
                    let Some(arm) = content.first() else { continue };
                    let body = self.block_of(arm);
                    if let Some(event) = child(arm, Rule::wait_event) {
                        arms.push(self.wait_arm(&event, body));
                    }
                }
                StepKind::WaitFor { arms, form: WaitForm::Several, up_to, otherwise: self.else_of(&form) }
            }
            _ => StepKind::Error,
        }
    }

    fn up_to(&mut self, pair: &Pair<'_>) -> Option<crate::syntax::ast::DurationLit> {
        child(pair, Rule::up_to).map(|kid| self.length_of(&kid))
    }

    fn wait_arm(&mut self, event: &Pair<'_>, body: Option<Block>) -> WaitArm {
        self.once_each(event, &[Rule::window, Rule::filter]);
        let span = self.span(event);
        let span = body.as_ref().map_or(span, |body| span.to(body.span));
        WaitArm {
            event: self.name(event),
            window: self.window_of(event),
            filter: self.filter_of(event),
            body,
            span,
        }
    }

    fn day_choice_of(&mut self, pair: &Pair<'_>) -> Option<DayChoice> {
        let choice = child(pair, Rule::day_choice)?;
        let span = self.span(&choice);
        let kind = match choice.clone().into_inner().nth(1).map(|kid| kid.as_rule()) {
            Some(Rule::kw_day) => DayChoiceKind::Day(self.int_of(&choice)),
            Some(Rule::kw_weekday) => DayChoiceKind::Weekday,
            Some(Rule::kw_weekend) => DayChoiceKind::Weekend,
            _ => DayChoiceKind::Weekdays(self.weekdays_of(&choice)),
        };
        Some(DayChoice { kind, span })
    }

    fn split(&mut self, pair: &Pair<'_>) -> StepKind {
        let name = self.name(pair);
        let salt = child(pair, Rule::salt).and_then(|kid| self.string_of(&kid));
        let mut arms = Vec::new();
        for line in self.lines(pair, Part::Split) {
            let Line::Statement { content, .. } = line else { continue };
            let Some(arm) = content.first() else { continue };
            let name = self.name(arm);
            let share = self.percent_of(arm);
            let body = self.block_of(arm);
            let span = self.span(arm);
            let real = self.real(arm);
            let kind = match (name.text == "holdout", body) {
                (false, Some(body)) => SplitArmKind::Arm(body),
                (true, None) => SplitArmKind::Holdout,
                (true, Some(_)) => {
                    self.report(
                        Diagnostic::new(&codes::SYNTAX, real, "a holdout has no steps")
                            .label("those held out get nothing")
                            .help("write `holdout 10%`, or give the arm another name"),
                    );
                    SplitArmKind::Holdout
                }
                (false, None) => {
                    self.report(
                        Diagnostic::new(
                            &codes::SYNTAX,
                            real,
                            format!("the arm `{}` has no block", name.text),
                        )
                        .label("no steps")
                        .help(format!(
                            "write `{} 45% {{ send … }}`; those who get nothing are `holdout 10%`",
                            name.text
                        )),
                    );
                    SplitArmKind::Arm(Block { steps: Vec::new(), style: BlockStyle::Braced, span })
                }
            };
            arms.push(SplitArm { name, share, kind, span });
        }
        StepKind::Split { name, salt, arms }
    }

    fn repeat(&mut self, pair: &Pair<'_>) -> StepKind {
        let until = child(pair, Rule::expr).map(|kid| self.expr(kid));
        match self.block_of(pair) {
            Some(body) => {
                StepKind::Repeat { times: self.int_of(pair), every: self.length_of(pair), until, body }
            }
            None => StepKind::Error,
        }
    }

    fn send(&mut self, pair: &Pair<'_>) -> Send {
        self.once_each(pair, &[Rule::between_clause, Rule::day_choice, Rule::within_clause]);
        let purpose: Option<Spanned<_>> = child(pair, Rule::purpose).map(|kid| self.purpose(&kid));
        let attempts = pair.clone().into_inner().filter(|kid| kid.as_rule() == Rule::attempt);
        Send {
            purpose,
            attempts: attempts.map(|kid| self.attempt(&kid)).collect(),
            between: child(pair, Rule::between_clause).map(|kid| self.clock_range_of(&kid)),
            on: self.day_choice_of(pair),
            within: child(pair, Rule::within_clause).map(|kid| self.length_of(&kid)),
        }
    }

    fn attempt(&mut self, pair: &Pair<'_>) -> Attempt {
        let channel = self.name(pair);
        let template = child(pair, Rule::template_name).map(|kid| self.name(&kid));
        let content = match (self.inits_of(pair), self.text_of(pair)) {
            (Some(fields), _) => Content::Fields(fields),
            (None, Some(text)) => Content::Text(text),
            (None, None) => Content::None,
        };
        Attempt { channel, template, content, span: self.span(pair) }
    }
}

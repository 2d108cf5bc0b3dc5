//! Types that meet: coercions, members of closed sets, and what is said where they do not fit.
//!
//! Two things are converted: a whole number where a fraction is needed, a member of a closed set where a text is compared. Start reading at
//! `Resolver::lower_alike`.

use super::super::arena::Arena;
use super::super::scope::ExprScope;
use super::super::{Resolver, suggest};
use super::lower::Lowered;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Const, EnumId, ExprKind, Ty};
use crate::source::Span;
use crate::syntax::ast;

/// Values of one type.
pub(super) type Values = Vec<Lowered>;

/// A type as people call it, with its article.
pub(super) fn name_of(ty: Ty, arena: &Arena) -> String {
    match ty {
        Ty::Bool => "a truth value".to_owned(),
        Ty::Int => "a whole number".to_owned(),
        Ty::Float => "a number".to_owned(),
        Ty::Str => "a text".to_owned(),
        Ty::Time => "a time".to_owned(),
        Ty::Date => "a date".to_owned(),
        Ty::Clock => "a clock time".to_owned(),
        Ty::Duration => "a duration".to_owned(),
        Ty::Timezone => "a time zone".to_owned(),
        Ty::Enum(set) => {
            let members = arena.enums.get(set.index()).map_or(&[][..], Vec::as_slice);
            let shown: Vec<String> = members.iter().take(4).map(|member| format!("\"{member}\"")).collect();
            let more = if members.len() > shown.len() { " | …" } else { "" };
            format!("one of `{}{more}`", shown.join(" | "))
        }
        Ty::List(_) => "a list".to_owned(),
    }
}

impl Resolver<'_> {
    /// A type as people call it.
    pub(super) fn type_name(&self, ty: Ty) -> String {
        name_of(ty, &self.arena)
    }

    /// The value as the wanted type, converted where that is allowed; reports what does not fit.
    pub(super) fn expect_type(&mut self, value: Lowered, wanted: Ty) -> Option<Lowered> {
        if let Some(fits) = self.as_type(value, wanted) {
            return Some(fits);
        }
        let (found, wanted_name) = (self.type_name(value.ty), self.type_name(wanted));
        let mut diagnostic = Diagnostic::new(
            &codes::TYPE_MISMATCH,
            value.span,
            format!("expected {wanted_name}, found {found}"),
        )
        .label(format!("this is {found}"));
        if let Some(help) = mismatch_help(wanted, value.ty) {
            diagnostic = diagnostic.help(help);
        }
        self.report(diagnostic);
        None
    }

    /// The value as the wanted type where the language converts it.
    pub(super) fn as_type(&mut self, value: Lowered, wanted: Ty) -> Option<Lowered> {
        match (value.ty, wanted) {
            (found, wanted) if found == wanted => Some(value),
            (Ty::Int, Ty::Float) => Some(self.as_float(value)),
            (Ty::Enum(_), Ty::Str) => Some(self.as_text(value)),
            _ => None,
        }
    }

    /// A whole number as a fraction; constants are folded.
    pub(super) fn as_float(&mut self, value: Lowered) -> Lowered {
        #[expect(clippy::cast_precision_loss, reason = "literals are at most 2^53")]
        let kind = match self.arena.get(value.id).kind {
            ExprKind::Const(Const::Int(n)) => ExprKind::Const(Const::Float(n as f64)),
            _ => ExprKind::ToFloat(value.id),
        };
        self.node(kind, Ty::Float, value.span)
    }

    /// A member of a closed set as its text; constants are folded.
    pub(super) fn as_text(&mut self, value: Lowered) -> Lowered {
        let kind = match (&self.arena.get(value.id).kind, value.ty) {
            (ExprKind::Const(Const::Member(position)), Ty::Enum(set)) => {
                let member = self.arena.enums.get(set.index()).and_then(|set| set.get(*position as usize));
                ExprKind::Const(Const::Str(member.cloned().unwrap_or_default()))
            }
            _ => ExprKind::ToText(value.id),
        };
        self.node(kind, Ty::Str, value.span)
    }

    /// Lowers operands that must be of one type; text literals take the type of the others. Reports what does not fit.
    pub(super) fn lower_alike(
        &mut self,
        operands: &[ast::Expr],
        scope: &mut ExprScope<'_>,
        hint: Option<Ty>,
    ) -> Option<Values> {
        let operands: Vec<&ast::Expr> = operands.iter().collect();
        self.lower_all_alike(&operands, scope, hint)
    }

    /// The same for operands that do not lie beside each other.
    pub(super) fn lower_all_alike(
        &mut self,
        operands: &[&ast::Expr],
        scope: &mut ExprScope<'_>,
        hint: Option<Ty>,
    ) -> Option<Values> {
        let mut lowered: Vec<Option<Lowered>> = vec![None; operands.len()];
        let mut failed = false;
        for (slot, operand) in lowered.iter_mut().zip(operands).filter(|(_, operand)| !is_adaptable(operand))
        {
            *slot = self.lower(operand, scope, hint);
            failed |= slot.is_none();
        }
        let typed = lowered.iter().flatten().next().copied();
        let as_text = hint == Some(Ty::Str) && self.has_stranger(operands, typed);
        let text_hint = match typed {
            Some(typed) if !as_text => Some(typed.ty),
            Some(_) => Some(Ty::Str),
            None => hint,
        };
        for (slot, operand) in lowered.iter_mut().zip(operands).filter(|(_, operand)| is_adaptable(operand)) {
            *slot = self.lower(operand, scope, text_hint);
            failed |= slot.is_none();
        }
        if failed {
            return None;
        }
        self.unify(lowered.into_iter().flatten().collect(), as_text)
    }

    /// In a text, a default need not be a member: `{user.country ?? "your country"}`.
    fn has_stranger(&self, operands: &[&ast::Expr], typed: Option<Lowered>) -> bool {
        let Some(Lowered { ty: Ty::Enum(set), .. }) = typed else { return false };
        let members = self.arena.enums.get(set.index()).map_or(&[][..], Vec::as_slice);
        operands.iter().any(|operand| match &operand.inner().kind {
            ast::ExprKind::Text(text) => {
                text.as_plain().is_some_and(|plain| !members.iter().any(|member| member == plain))
            }
            _ => false,
        })
    }

    fn unify(&mut self, values: Values, as_text: bool) -> Option<Values> {
        let first = *values.first()?;
        let mut common = if as_text { Ty::Str } else { first.ty };
        for value in &values {
            common = match (common, value.ty) {
                (common, ty) if common == ty => common,
                (Ty::Int | Ty::Float, Ty::Int | Ty::Float) => Ty::Float,
                (Ty::Enum(_) | Ty::Str, Ty::Enum(_) | Ty::Str) => Ty::Str,
                _ => {
                    self.report_unlike(first, *value);
                    return None;
                }
            };
        }
        values.into_iter().map(|value| self.as_type(value, common)).collect()
    }

    fn report_unlike(&mut self, first: Lowered, second: Lowered) {
        let (a, b) = (self.type_name(first.ty), self.type_name(second.ty));
        let mut diagnostic =
            Diagnostic::new(&codes::TYPE_MISMATCH, second.span, format!("{a} and {b} do not go together"))
                .label(format!("this is {b}"))
                .also(first.span, format!("this is {a}"));
        if let Some(help) = mismatch_help(first.ty, second.ty) {
            diagnostic = diagnostic.help(help);
        }
        self.report(diagnostic);
    }

    /// The position of a member in its closed set; reports a stranger with the nearest member.
    pub(super) fn member_of(&mut self, set: EnumId, text: &str, span: Span) -> Option<u32> {
        let members = self.arena.enums.get(set.index()).map_or(&[][..], Vec::as_slice);
        if let Some(position) = members.iter().position(|member| member == text) {
            return u32::try_from(position).ok();
        }
        let all = suggest::choices(members.iter().map(String::as_str));
        let nearest = suggest::nearest(text, members.iter().map(String::as_str)).map(str::to_owned);
        let mut diagnostic =
            Diagnostic::new(&codes::UNKNOWN_MEMBER, span, format!("`{text}` is not in the closed set"))
                .label("never a value here");
        diagnostic = match nearest {
            Some(nearest) => {
                let fixed = format!("\"{nearest}\"");
                diagnostic
                    .help(format!("did you mean `{fixed}`?"))
                    .note(format!("the set is {all}"))
                    .fix(span, fixed)
            }
            None => diagnostic.help(format!("write {all}")),
        };
        self.report(diagnostic);
        None
    }

    /// Reports a zone that does not exist.
    pub(super) fn zone_name(&mut self, name: &str, span: Span) -> Option<()> {
        if name.parse::<chrono_tz::Tz>().is_ok() {
            return Some(());
        }
        let zones = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let mut diagnostic =
            Diagnostic::new(&codes::UNKNOWN_MEMBER, span, format!("there is no time zone `{name}`"))
                .label("no such zone");
        diagnostic = match suggest::nearest(name, zones) {
            Some(nearest) => {
                diagnostic.help(format!("did you mean `\"{nearest}\"`?")).fix(span, format!("\"{nearest}\""))
            }
            None => diagnostic.help("write an IANA name such as `\"Asia/Seoul\"` or `\"Europe/Berlin\"`"),
        };
        self.report(diagnostic);
        None
    }
}

/// Whether it takes the type of what it stands beside: texts and the empty list.
fn is_adaptable(expr: &ast::Expr) -> bool {
    match &expr.inner().kind {
        ast::ExprKind::Text(_) => true,
        ast::ExprKind::List(elements) => elements.is_empty(),
        _ => false,
    }
}

/// What is mostly meant when one of these stands for the other.
pub(super) fn mismatch_help(wanted: Ty, found: Ty) -> Option<&'static str> {
    match (wanted, found) {
        (Ty::Int | Ty::Float, Ty::Str) => Some("write numbers without quotes: `10_000`"),
        (Ty::Time, Ty::Str) => Some("write instants without quotes: `2026-12-24T18:00:00+09:00`"),
        (Ty::Date, Ty::Str) => Some("write dates without quotes: `2026-12-24`"),
        (Ty::Clock, Ty::Str) => Some("write clock times without quotes: `09:00`"),
        (Ty::Duration, Ty::Str) => Some("write durations without quotes: `1h30m`"),
        (Ty::Duration, Ty::Int | Ty::Float) | (Ty::Int | Ty::Float, Ty::Duration) => {
            Some("a duration has a unit: `30m`, `1h`, `7d`")
        }
        (Ty::Date, Ty::Time) | (Ty::Time, Ty::Date) => {
            Some("take the local date of the time, `date(…)`; that of now is `today`")
        }
        (Ty::Time | Ty::Date, Ty::Duration) | (Ty::Duration, Ty::Time | Ty::Date) => {
            Some("compare an age with `older than 30d` or `within last 7d`")
        }
        (Ty::Bool, Ty::Int | Ty::Float) => Some("compare it: `… > 0`"),
        (Ty::Bool, Ty::Time | Ty::Date) => {
            Some("test it: `… exists`, `… older than 30d`, `… within last 7d`")
        }
        (Ty::Bool, Ty::Enum(_)) => Some("compare it with a member: `… == \"…\"`"),
        (Ty::Bool, Ty::List(_)) => Some("ask for an element: `\"…\" in …`, `any … where …`"),
        (Ty::Time | Ty::Date, Ty::Clock) => {
            Some("a time of day belongs to a step: `send … between 09:00 .. 18:00`, `wait until 09:00`")
        }
        (Ty::Bool, Ty::Str) => Some("test it: `… == \"…\"`, `… contains \"…\"`, `… exists`"),
        (Ty::Clock, Ty::Time) => Some("`wait until CLOCK` takes a local clock time such as `10:00`"),
        _ => None,
    }
}

//! Expressions as text, close to how they are written.

use super::super::{
    AggFunc, Aggregate, ArithOp, CompareOp, Const, EventId, ExprId, ExprKind, Field, FieldId, Quantifier,
    Read, Scope, Source, Span, TextTest, TimeTest, Ty, Window,
};
use super::{Context, Printer};
use crate::calendar::text::{push_clock, push_date, push_duration};

/// How tightly an operator binds, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Any,
    All,
    Not,
    Test,
    Default,
    Sum,
    Product,
    Atom,
}

impl Printer<'_> {
    /// An expression as text.
    pub(super) fn expr(&self, id: ExprId, at: &Context) -> String {
        self.node(id, at).1
    }

    /// The text, in parentheses where it binds more loosely than its place.
    fn operand(&self, id: ExprId, at: &Context, least: Level) -> String {
        let (level, text) = self.node(id, at);
        if level < least { format!("({text})") } else { text }
    }

    fn list(&self, ids: &[ExprId], at: &Context, least: Level, between: &str) -> String {
        ids.iter().map(|id| self.operand(*id, at, least)).collect::<Vec<_>>().join(between)
    }

    fn node(&self, id: ExprId, at: &Context) -> (Level, String) {
        let expr = self.program.expr(id);
        match &expr.kind {
            ExprKind::Const(value) => (Level::Atom, self.constant(value, expr.ty)),
            ExprKind::Slot { source, slot } => (Level::Atom, self.slot(*source, *slot, at)),
            ExprKind::Column { catalog, key, column } => {
                let catalog = &self.program.catalogs[catalog.index()];
                let column = name_of(&catalog.columns, *column);
                (Level::Atom, format!("{}({}).{column}", catalog.name, self.expr(*key, at)))
            }
            ExprKind::RowExists { catalog, key } => {
                let name = &self.program.catalogs[catalog.index()].name;
                (Level::Test, format!("{name}({}) exists", self.expr(*key, at)))
            }
            ExprKind::Aggregate { agg, keys, since, read } => {
                (Level::Atom, self.aggregate(agg.index(), keys, *since, *read, at))
            }
            ExprKind::Now => (Level::Atom, "now".to_owned()),
            ExprKind::Today => (Level::Atom, "today".to_owned()),
            ExprKind::EntryTime => (Level::Atom, "entry.time".to_owned()),
            ExprKind::All(operands) => (Level::All, self.list(operands, at, Level::Not, " and ")),
            ExprKind::Any(operands) => (Level::Any, self.list(operands, at, Level::All, " or ")),
            ExprKind::Not(operand) => (Level::Not, format!("not {}", self.operand(*operand, at, Level::Not))),
            ExprKind::Compare { op, left, right } => {
                (Level::Test, self.binary(*left, compare(*op), *right, at))
            }
            ExprKind::OneOf { value, set } => {
                let ty = self.program.expr(*value).ty;
                let set: Vec<String> = set.iter().map(|value| self.constant(value, ty)).collect();
                (Level::Test, format!("{} in [{}]", self.operand(*value, at, Level::Default), set.join(", ")))
            }
            ExprKind::InList { value, list } => (Level::Test, self.binary(*value, "in", *list, at)),
            ExprKind::Exists(operand) => {
                (Level::Test, format!("{} exists", self.operand(*operand, at, Level::Default)))
            }
            ExprKind::Coalesce { value, default } => {
                let value = self.operand(*value, at, Level::Default);
                (Level::Default, format!("{value} ?? {}", self.operand(*default, at, Level::Sum)))
            }
            ExprKind::Arith { op, left, right } => self.arithmetic(*op, *left, *right, at),
            ExprKind::Neg(operand) => (Level::Atom, format!("-{}", self.operand(*operand, at, Level::Atom))),
            ExprKind::ToFloat(operand) => (Level::Atom, format!("float({})", self.expr(*operand, at))),
            ExprKind::ToText(operand) => (Level::Atom, format!("text({})", self.expr(*operand, at))),
            ExprKind::AtLeast(a, b) => {
                (Level::Atom, format!("at_least({}, {})", self.expr(*a, at), self.expr(*b, at)))
            }
            ExprKind::AtMost(a, b) => {
                (Level::Atom, format!("at_most({}, {})", self.expr(*a, at), self.expr(*b, at)))
            }
            ExprKind::Text { test, value, pattern } => {
                (Level::Test, self.binary(*value, text_test(*test), *pattern, at))
            }
            ExprKind::Matches { value, regex } => {
                let regex = self.program.regexes[regex.index()].as_str();
                (Level::Test, format!("{} matches {regex:?}", self.operand(*value, at, Level::Default)))
            }
            ExprKind::Quantified { quantifier, list, predicate } => {
                self.quantified(*quantifier, *list, *predicate, at)
            }
            ExprKind::TimeTest { test, time, operand } => {
                (Level::Test, self.binary(*time, time_test(*test), *operand, at))
            }
            ExprKind::DateOf(operand) => (Level::Atom, format!("date({})", self.expr(*operand, at))),
            ExprKind::Case { arms, otherwise } => (Level::Atom, self.case(arms, *otherwise, at)),
            ExprKind::Consent { channel, .. } => {
                (Level::Atom, format!("consent({})", self.program.channel(*channel).name))
            }
            ExprKind::InSegment { segment, .. } => {
                (Level::Atom, self.program.segments[segment.index()].name.clone())
            }
        }
    }

    fn binary(&self, left: ExprId, sign: &str, right: ExprId, at: &Context) -> String {
        format!(
            "{} {sign} {}",
            self.operand(left, at, Level::Default),
            self.operand(right, at, Level::Default)
        )
    }

    fn arithmetic(&self, op: ArithOp, left: ExprId, right: ExprId, at: &Context) -> (Level, String) {
        let (sign, level, tighter) = match op {
            ArithOp::Add => ("+", Level::Sum, Level::Product),
            ArithOp::Sub => ("-", Level::Sum, Level::Product),
            ArithOp::Mul => ("*", Level::Product, Level::Atom),
            ArithOp::Div => ("/", Level::Product, Level::Atom),
        };
        (level, format!("{} {sign} {}", self.operand(left, at, level), self.operand(right, at, tighter)))
    }

    fn quantified(
        &self,
        quantifier: Quantifier,
        list: ExprId,
        predicate: ExprId,
        at: &Context,
    ) -> (Level, String) {
        let word = match quantifier {
            Quantifier::Any => "any",
            Quantifier::All => "all",
        };
        let mut inner = at.clone();
        if let Ty::List(shape) = self.program.expr(list).ty {
            inner.elements.push(shape);
        }
        let list = self.operand(list, at, Level::Atom);
        (Level::Test, format!("{word} {list} where {}", self.operand(predicate, &inner, Level::Test)))
    }

    fn case(&self, arms: &[(ExprId, ExprId)], otherwise: ExprId, at: &Context) -> String {
        let mut text = String::from("case {");
        for (condition, value) in arms {
            text.push_str(&format!(" {} when {};", self.expr(*value, at), self.expr(*condition, at)));
        }
        text.push_str(&format!(" {} otherwise }}", self.expr(otherwise, at)));
        text
    }

    fn slot(&self, source: Source, slot: u32, at: &Context) -> String {
        let field = FieldId(slot);
        let event_field = |event: Option<EventId>| match event {
            Some(event) => name_of(&self.program.event(event).fields, field),
            None => format!("?{slot}"),
        };
        match source {
            Source::Event => event_field(at.event),
            Source::Entry => format!("entry.{}", event_field(at.entry)),
            Source::User => {
                let attribute = self.program.attributes.get(field.index());
                format!("user.{}", attribute.map_or("?", |attribute| attribute.field.name.as_str()))
            }
            Source::Elem(up) => {
                let shape = at.elements.iter().rev().nth(usize::from(up));
                let name = shape
                    .map_or_else(String::new, |shape| name_of(&self.program.lists[shape.index()], field));
                match (up, name.is_empty()) {
                    (0, true) => "it".to_owned(),
                    (0, false) => name,
                    (up, true) => format!("outer{up}"),
                    (up, false) => format!("outer{up}.{name}"),
                }
            }
        }
    }

    /// `count(purchase within 30d where total > 5)`
    fn aggregate(
        &self,
        index: usize,
        keys: &[ExprId],
        since: Option<ExprId>,
        read: Read,
        at: &Context,
    ) -> String {
        let aggregate = &self.program.aggregates[index];
        let mut text = self.aggregate_head(aggregate, since.map(|since| self.expr(since, at)).as_deref(), at);
        let fields = &self.program.event(aggregate.event).fields;
        let pairs = aggregate.group_by.iter().zip(keys);
        let keys: Vec<String> = pairs
            .map(|(field, key)| {
                format!("{} == {}", name_of(fields, *field), self.operand(*key, at, Level::Default))
            })
            .collect();
        if !keys.is_empty() {
            text.push_str(&format!(" for {}", keys.join(", ")));
        }
        text.push(')');
        if let Read::Field(position) = read {
            let field = aggregate.keep_fields.get(position as usize);
            text.push_str(&format!(
                ".{}",
                field.map_or_else(|| "?".to_owned(), |field| name_of(fields, *field))
            ));
        }
        text
    }

    /// `count(purchase within 30d where total > 5`, unclosed.
    pub(super) fn aggregate_head(&self, aggregate: &Aggregate, since: Option<&str>, at: &Context) -> String {
        let event = self.program.event(aggregate.event);
        let of = |field: FieldId| format!("{}.{}", event.name, name_of(&event.fields, field));
        let mut text = match aggregate.func {
            AggFunc::Did => format!("did({}", event.name),
            AggFunc::Count => format!("count({}", event.name),
            AggFunc::Sum(field) => format!("sum({}", of(field)),
            AggFunc::Min(field) => format!("min({}", of(field)),
            AggFunc::Max(field) => format!("max({}", of(field)),
            AggFunc::Avg(field) => format!("avg({}", of(field)),
            AggFunc::Distinct(field) => format!("distinct({}", of(field)),
            AggFunc::Last => format!("last({}", event.name),
            AggFunc::First => format!("first({}", event.name),
            AggFunc::Recent(field, count) => format!("recent({}, {count}", of(field)),
            AggFunc::Gap => format!("gap({}", event.name),
            AggFunc::LastGap => format!("last_gap({}", event.name),
            AggFunc::UsualHour => format!("usual_hour({}", event.name),
        };
        text.push_str(&match aggregate.window {
            Window::Ever => " ever".to_owned(),
            Window::Within(span) => format!(" within {}", duration(span)),
            Window::SinceEntry => " since entry".to_owned(),
            Window::Since => format!(" since {}", since.unwrap_or("T")),
        });
        let entry = match aggregate.scope {
            Scope::User => None,
            Scope::Instance(_) => at.entry,
        };
        let inner = Context { event: Some(aggregate.event), entry, elements: Vec::new() };
        if let Some(filter) = aggregate.filter {
            text.push_str(&format!(" where {}", self.expr(filter, &inner)));
        }
        if let Some(residual) = aggregate.residual {
            let inner = Context { event: Some(aggregate.event), ..at.clone() };
            text.push_str(&format!(" such that {}", self.expr(residual, &inner)));
        }
        text
    }

    /// A constant as the language writes it.
    pub(super) fn constant(&self, value: &Const, ty: Ty) -> String {
        let mut text = String::new();
        match value {
            Const::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
            Const::Int(value) => text.push_str(&value.to_string()),
            Const::Float(value) => text.push_str(&format!("{value:?}")),
            Const::Str(value) => text.push_str(&format!("{value:?}")),
            Const::Time(ms) => text.push_str(&instant(*ms)),
            Const::Date(days) => push_date(&mut text, *days),
            Const::Clock(ms) => push_clock(&mut text, *ms),
            Const::Duration(span) => push_duration(&mut text, *span),
            Const::Member(member) => {
                let set = match ty {
                    Ty::Enum(set) => self.program.enums.get(set.index()),
                    _ => None,
                };
                let member = set.and_then(|set| set.get(*member as usize));
                text.push_str(&member.map_or_else(|| "?".to_owned(), |member| format!("{member:?}")));
            }
            Const::EmptyList => text.push_str("[]"),
        }
        text
    }
}

/// A duration as the language writes it.
pub(super) fn duration(span: Span) -> String {
    let mut text = String::new();
    push_duration(&mut text, span);
    text
}

/// An instant in UTC.
pub(super) fn instant(ms: i64) -> String {
    crate::calendar::text::instant(ms, crate::calendar::Zone::UTC)
}

/// The name of a field.
pub(super) fn name_of(fields: &[Field], id: FieldId) -> String {
    fields.get(id.index()).map_or_else(|| format!("?{}", id.0), |field| field.name.clone())
}

fn compare(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}

fn text_test(test: TextTest) -> &'static str {
    match test {
        TextTest::StartsWith => "starts_with",
        TextTest::EndsWith => "ends_with",
        TextTest::Contains => "contains",
    }
}

fn time_test(test: TimeTest) -> &'static str {
    match test {
        TimeTest::OlderThan => "older than",
        TimeTest::WithinLast => "within last",
        TimeTest::WithinNext => "within next",
        TimeTest::Before => "before",
        TimeTest::After => "after",
    }
}

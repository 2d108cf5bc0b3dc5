//! Expressions.
//!
//! Precedence is in the tree; parentheses are kept as [`ExprKind::Paren`] for the formatter ([`Expr::inner`] looks through them).

use super::{ClockLit, DateLit, DurationLit, Ident, InstantLit, Text};
use crate::source::Span;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its place.
    pub span: Span,
}

impl Expr {
    /// The expression within any parentheses.
    #[must_use]
    pub fn inner(&self) -> &Expr {
        let mut at = self;
        while let ExprKind::Paren(inner) = &at.kind {
            at = inner;
        }
        at
    }
}

/// The kinds of expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `true`, `false`
    Bool(bool),
    /// `42`, `30_000`
    Int(i64),
    /// `2.5`
    Float(f64),
    /// `"text {expr}"`
    Text(Text),
    /// `1h30m`
    Duration(DurationLit),
    /// `09:00`
    Clock(ClockLit),
    /// `2026-12-24`
    Date(DateLit),
    /// `2026-12-24T18:00:00+09:00`
    Instant(InstantLit),
    /// `["a", "b"]`
    List(Vec<Expr>),
    /// `price`, `now`, `today`, `dormant`, `everyone`: a name alone.
    Name(Ident),
    /// `user.name`, `entry.item`, `product(x).name`: names after a base, at least one.
    Path {
        /// A name, a call, a history function or something in parentheses.
        base: Box<Expr>,
        /// The names after the dots.
        fields: Vec<Ident>,
    },
    /// `product(item)`, `purchased(item)`, `at_least(a, b)`, `consent(push)`, `date(t)`
    Call {
        /// What is called.
        function: Ident,
        /// The arguments.
        args: Vec<Expr>,
    },
    /// `did E …`, `count(E …)`, `last(E …)` and the other history functions
    History(Box<History>),
    /// `any LIST where P`, `all LIST where P`
    Quantified {
        /// Which of the two.
        quantifier: Quantifier,
        /// The list.
        list: Box<Expr>,
        /// The condition; bare names in it are the element's fields.
        filter: Box<Expr>,
    },
    /// `a or b or c`: at least two.
    Or(Vec<Expr>),
    /// `a and b and c`: at least two.
    And(Vec<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `a == b`, `a < b`
    Compare {
        /// The sign.
        op: CompareOp,
        /// Left of it.
        left: Box<Expr>,
        /// Right of it.
        right: Box<Expr>,
    },
    /// `a starts_with "x"`
    TextTest {
        /// The word.
        op: TextTestOp,
        /// Left of it.
        left: Box<Expr>,
        /// Right of it.
        right: Box<Expr>,
    },
    /// `x in LIST`
    In {
        /// The element.
        item: Box<Expr>,
        /// The list.
        list: Box<Expr>,
    },
    /// `x in 1 .. 5`, both ends inside; for clocks half-open
    InRange {
        /// The value.
        item: Box<Expr>,
        /// The lower end.
        low: Box<Expr>,
        /// The upper end.
        high: Box<Expr>,
    },
    /// `x exists`
    Exists(Box<Expr>),
    /// `T older than D`, `T within last D`, `T before T2`, …
    TimeTest {
        /// The time.
        time: Box<Expr>,
        /// The test.
        test: TimeTestOp,
        /// The duration or the other time.
        operand: Box<Expr>,
    },
    /// `a ?? b ?? c`: at least two.
    Coalesce(Vec<Expr>),
    /// `a + b - c`: at least one further term.
    Sum {
        /// The first term.
        first: Box<Expr>,
        /// The further ones, from the left.
        rest: Vec<(SumOp, Expr)>,
    },
    /// `a * b / c`: at least one further factor.
    Product {
        /// The first factor.
        first: Box<Expr>,
        /// The further ones, from the left.
        rest: Vec<(ProductOp, Expr)>,
    },
    /// `-a`
    Neg(Box<Expr>),
    /// `(a)`
    Paren(Box<Expr>),
    /// Something that could not be read; a diagnostic was raised.
    Error,
}

/// `== != < <= > >=`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// `starts_with ends_with contains matches`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TextTestOp {
    StartsWith,
    EndsWith,
    Contains,
    Matches,
}

/// The time tests. A missing time gives false.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeTestOp {
    /// `T older than D`: now − T ≥ D
    OlderThan,
    /// `T within last D`: now − T < D, and not in the future
    WithinLast,
    /// `T within next D`
    WithinNext,
    /// `T before T2`
    Before,
    /// `T after T2`
    After,
}

/// `+ -`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum SumOp {
    Add,
    Sub,
}

/// `* /`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ProductOp {
    Mul,
    Div,
}

/// `any`, `all`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Quantifier {
    Any,
    All,
}

/// `did E [W] [where P]`, `sum(E.f [W] [where P])`, `recent(E.f, 3 [W] [where P])`
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Which function.
    pub function: HistoryFn,
    /// The place of the function's name.
    pub function_span: Span,
    /// The event.
    pub event: Ident,
    /// The names after the event: the field, or the path to it.
    pub field: Vec<Ident>,
    /// The number of `recent`.
    pub count: Option<Expr>,
    /// The window, where written.
    pub window: Option<Window>,
    /// The condition; bare names in it are the event's fields.
    pub filter: Option<Expr>,
}

/// The history functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HistoryFn {
    /// `did E`: whether there was one
    Did,
    /// `count(E)`
    Count,
    /// `sum(E.f)`
    Sum,
    /// `min(E.f)`
    Min,
    /// `max(E.f)`
    Max,
    /// `avg(E.f)`
    Avg,
    /// `distinct(E.f)`: how many different values
    Distinct,
    /// `last(E)`: the last one; alone its time
    Last,
    /// `first(E)`
    First,
    /// `recent(E.f, N)`: the last N values
    Recent,
    /// `gap(E)`: the mean interval
    Gap,
    /// `last_gap(E)`: the interval between the last two
    LastGap,
    /// `usual_hour(E)`: the most frequent local hour, as a clock
    UsualHour,
}

impl HistoryFn {
    /// All of them.
    pub const ALL: [HistoryFn; 13] = [
        HistoryFn::Did,
        HistoryFn::Count,
        HistoryFn::Sum,
        HistoryFn::Min,
        HistoryFn::Max,
        HistoryFn::Avg,
        HistoryFn::Distinct,
        HistoryFn::Last,
        HistoryFn::First,
        HistoryFn::Recent,
        HistoryFn::Gap,
        HistoryFn::LastGap,
        HistoryFn::UsualHour,
    ];

    /// The word in the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            HistoryFn::Did => "did",
            HistoryFn::Count => "count",
            HistoryFn::Sum => "sum",
            HistoryFn::Min => "min",
            HistoryFn::Max => "max",
            HistoryFn::Avg => "avg",
            HistoryFn::Distinct => "distinct",
            HistoryFn::Last => "last",
            HistoryFn::First => "first",
            HistoryFn::Recent => "recent",
            HistoryFn::Gap => "gap",
            HistoryFn::LastGap => "last_gap",
            HistoryFn::UsualHour => "usual_hour",
        }
    }
}

/// The window of a history function or of a `wait for`.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// What it spans.
    pub kind: WindowKind,
    /// Its place.
    pub span: Span,
}

/// The kinds of window.
#[derive(Debug, Clone, PartialEq)]
pub enum WindowKind {
    /// `within D`: (now − D, now]
    Within(DurationLit),
    /// `since entry`
    SinceEntry,
    /// `since T`
    Since(Box<Expr>),
    /// `ever`
    Ever,
}

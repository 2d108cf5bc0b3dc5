//! Expressions: typed nodes in an arena, n-ary logic, slots instead of names.
//!
//! Evaluation is total. Reading a slot that is missing gives the zero of its type (`0`, `""`, `false`); the type checker has
//! proven that nobody looks at such a value without a guard, a default or a time test. What a node means is defined by
//! `eval`; `jit` agrees with it bit for bit.

use super::{AggId, CatalogId, ChannelId, EnumId, ExprId, FieldId, ListId, RegexId, Span};
use serde::{Deserialize, Serialize};

/// A typed node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// What it computes.
    pub kind: ExprKind,
    /// The type of its value.
    pub ty: Ty,
}

/// Type of a value. Optionality is not a type here: see [`ExprKind::Exists`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ty {
    /// `true` or `false`.
    Bool,
    /// 64-bit signed, saturating.
    Int,
    /// IEEE double, never NaN; arithmetic that would give NaN gives 0, infinities are clamped to the largest finite value.
    Float,
    /// UTF-8 text (also `url`).
    Str,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Time,
    /// Days since 1970-01-01.
    Date,
    /// Milliseconds since local midnight, 0 ..= 86_400_000.
    Clock,
    /// A [`Span`].
    Duration,
    /// IANA zone; its name as text, with the zone's own symbol ([`crate::calendar::Zone::symbol`]).
    Timezone,
    /// Member of a closed set, as its position.
    Enum(EnumId),
    /// List whose elements look like this.
    List(ListId),
}

/// A literal value.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Const {
    /// Of [`Ty::Bool`].
    Bool(bool),
    /// Of [`Ty::Int`].
    Int(i64),
    /// Of [`Ty::Float`]; finite.
    Float(f64),
    /// Of [`Ty::Str`] or [`Ty::Timezone`].
    Str(String),
    /// Of [`Ty::Time`].
    Time(i64),
    /// Of [`Ty::Date`].
    Date(i32),
    /// Of [`Ty::Clock`], in milliseconds.
    Clock(i64),
    /// Of [`Ty::Duration`].
    Duration(Span),
    /// Of [`Ty::Enum`]: position in its set.
    Member(u32),
    /// Of [`Ty::List`]; only the empty list, as a default.
    EmptyList,
}

/// By kind and value; floats are finite and hashed by their bits.
impl std::hash::Hash for Const {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Bool(value) => value.hash(state),
            Self::Int(value) | Self::Time(value) | Self::Clock(value) => value.hash(state),
            Self::Float(value) => value.to_bits().hash(state),
            Self::Str(value) => value.hash(state),
            Self::Date(value) => value.hash(state),
            Self::Duration(value) => value.hash(state),
            Self::Member(value) => value.hash(state),
            Self::EmptyList => {}
        }
    }
}

/// Which row a slot is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The event at hand: in a `where`, the one being tested.
    Event,
    /// The payload of the entry event, pinned by the instance (as refreshed since).
    Entry,
    /// The user's attributes.
    User,
    /// The element at hand of the innermost `any`/`all`; `Elem(1)` the one around it, and so on.
    Elem(u8),
}

/// What a node computes.
#[derive(Clone, Debug, PartialEq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExprKind {
    /// A literal.
    Const(Const),
    /// A field or attribute.
    Slot {
        /// Which row.
        source: Source,
        /// Which slot of it.
        slot: u32,
    },
    /// A column of the catalog row with this key; missing when there is no such row.
    Column {
        /// Which catalog.
        catalog: CatalogId,
        /// Its key, a string (other key types are compared by their text form).
        key: ExprId,
        /// Which column.
        column: FieldId,
    },
    /// True when the catalog has a row with this key: `product(x) exists`.
    RowExists {
        /// Which catalog.
        catalog: CatalogId,
        /// Its key.
        key: ExprId,
    },
    /// What an aggregate remembers.
    Aggregate {
        /// Which aggregate.
        agg: AggId,
        /// One value per [`super::Aggregate::group_by`] field.
        keys: Vec<ExprId>,
        /// The `T` of `since T`; events at `T` itself count.
        since: Option<ExprId>,
        /// What is read of it.
        read: Read,
    },
    /// The present instant.
    Now,
    /// The present local date of the user.
    Today,
    /// The entry event's own time.
    EntryTime,
    /// True when every operand is (left to right, stops at the first false). Never empty, never nested in itself.
    All(Vec<ExprId>),
    /// True when some operand is (left to right, stops at the first true). Never empty, never nested in itself.
    Any(Vec<ExprId>),
    /// Negation.
    Not(ExprId),
    /// Comparison of two values of one type; enums and lists only by `Eq` and `Ne`. Durations: see [`Span`], months count as 30 days.
    Compare {
        /// How.
        op: CompareOp,
        /// Left operand.
        left: ExprId,
        /// Right operand.
        right: ExprId,
    },
    /// Value is one of these constants (of its own type; sorted by [`PartialOrd`], no duplicates).
    OneOf {
        /// What is looked for.
        value: ExprId,
        /// Where.
        set: Vec<Const>,
    },
    /// Value is an element of a list of scalars.
    InList {
        /// What is looked for.
        value: ExprId,
        /// Where.
        list: ExprId,
    },
    /// True when the operand is present: a slot that is set, a row and column that exist, an aggregate that has a value; for
    /// computed operands, when all they read is.
    Exists(ExprId),
    /// The left operand where present, else the right one.
    Coalesce {
        /// May be missing.
        value: ExprId,
        /// Instead.
        default: ExprId,
    },
    /// Arithmetic: `Int` saturates; `Float` see [`Ty::Float`], division by zero (proven impossible) gives 0; `Time ± Duration` and
    /// `Date ± Duration` are calendar-aware in the user's zone (a date moves by whole days of elapsed time); `Time − Time` and `Date − Date` give an exact duration; `Duration ± Duration` adds exact ones.
    Arith {
        /// Which.
        op: ArithOp,
        /// Left operand.
        left: ExprId,
        /// Right operand.
        right: ExprId,
    },
    /// Arithmetic negation of an `Int`, `Float` or `Duration`.
    Neg(ExprId),
    /// `Int` as `Float`.
    ToFloat(ExprId),
    /// A closed-set member as its text.
    ToText(ExprId),
    /// `at_least(a, b)`: the greater.
    AtLeast(ExprId, ExprId),
    /// `at_most(a, b)`: the smaller.
    AtMost(ExprId, ExprId),
    /// `starts_with`, `ends_with`, `contains` on text, byte for byte.
    Text {
        /// Which test.
        test: TextTest,
        /// Text.
        value: ExprId,
        /// What is looked for.
        pattern: ExprId,
    },
    /// Linear-time regular expression, anywhere in the text.
    Matches {
        /// Text.
        value: ExprId,
        /// Pattern.
        regex: RegexId,
    },
    /// `any LIST where P` / `all LIST where P`; inside, [`Source::Elem`] 0 is the element.
    Quantified {
        /// Any or all.
        quantifier: Quantifier,
        /// The list.
        list: ExprId,
        /// The predicate.
        predicate: ExprId,
    },
    /// Time test; false when the time is missing.
    TimeTest {
        /// Which.
        test: TimeTest,
        /// A `Time` or a `Date` (its local midnight).
        time: ExprId,
        /// A `Duration` for `OlderThan`, `WithinLast`, `WithinNext`; a `Time` or `Date` for `Before`, `After`.
        operand: ExprId,
    },
    /// The local date of an instant in the user's zone.
    DateOf(ExprId),
    /// First arm whose condition holds: a `classify`.
    Case {
        /// Condition and value of each arm.
        arms: Vec<(ExprId, ExprId)>,
        /// When none holds.
        otherwise: ExprId,
    },
    /// `consent(CHANNEL)`: the channel's marketing consent rule, compiled in; kept apart so that it can be named.
    Consent {
        /// Which channel.
        channel: ChannelId,
        /// Its rule.
        rule: ExprId,
    },
    /// A segment's predicate, compiled in; kept apart so that it can be named.
    InSegment {
        /// Which segment.
        segment: super::SegmentId,
        /// Its predicate.
        predicate: ExprId,
    },
}

/// What is read of an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// The function's own result (`count` → Int, `did` → Bool, `last` → Time, `usual_hour` → Clock …).
    Value,
    /// A field of the event that `last`/`first` remembers: position in [`super::Aggregate::keep_fields`].
    Field(u32),
}

/// Comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompareOp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// Arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArithOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
}

/// Test on text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextTest {
    /// `starts_with`
    StartsWith,
    /// `ends_with`
    EndsWith,
    /// `contains`
    Contains,
}

/// Quantifier over a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantifier {
    /// Some element; false for the empty list.
    Any,
    /// Every element; true for the empty list.
    All,
}

/// Test on time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeTest {
    /// now − T ≥ D (calendar D: T + D ≤ now).
    OlderThan,
    /// T ≤ now and now − T < D (calendar D: T + D > now).
    WithinLast,
    /// T ≥ now and T − now < D (calendar D: now + D > T).
    WithinNext,
    /// T < T2.
    Before,
    /// T > T2.
    After,
}

impl ExprKind {
    /// Calls `visit` with every operand, in evaluation order.
    pub fn each_operand(&self, visit: &mut dyn FnMut(ExprId)) {
        match self {
            Self::Const(_) | Self::Slot { .. } | Self::Now | Self::Today | Self::EntryTime => {}
            Self::Column { key, .. } | Self::RowExists { key, .. } => visit(*key),
            Self::Aggregate { keys, since, .. } => keys.iter().chain(since).for_each(|id| visit(*id)),
            Self::All(operands) | Self::Any(operands) => operands.iter().for_each(|id| visit(*id)),
            Self::Not(value)
            | Self::Exists(value)
            | Self::Neg(value)
            | Self::ToFloat(value)
            | Self::ToText(value)
            | Self::DateOf(value)
            | Self::OneOf { value, .. }
            | Self::Matches { value, .. }
            | Self::Consent { rule: value, .. }
            | Self::InSegment { predicate: value, .. } => visit(*value),
            Self::Compare { left, right, .. } | Self::Arith { left, right, .. } => {
                visit(*left);
                visit(*right);
            }
            Self::Coalesce { value: first, default: second }
            | Self::InList { value: first, list: second }
            | Self::AtLeast(first, second)
            | Self::AtMost(first, second)
            | Self::Text { value: first, pattern: second, .. }
            | Self::Quantified { list: first, predicate: second, .. }
            | Self::TimeTest { time: first, operand: second, .. } => {
                visit(*first);
                visit(*second);
            }
            Self::Case { arms, otherwise } => {
                for (condition, value) in arms {
                    visit(*condition);
                    visit(*value);
                }
                visit(*otherwise);
            }
        }
    }
}

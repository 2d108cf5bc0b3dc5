//! What can be asked: formulas over integers, closed sets, strings and truth values.
//!
//! Built through the constructors, which flatten and fold, so that the search sees conjunctions of small disjunctions.
//! Knows nothing of journeys: `checks` encodes predicates into this.

/// An integer variable: ints, instants, durations, scaled decimals. Variable 0 is the constant zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IntVar(pub u32);

/// A truth value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BoolVar(pub u32);

/// A member of a closed set of at most 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetVar(pub u32);

/// A string: one of the query's constants, or something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextVar(pub u32);

/// The constant zero, for bounds on one variable.
pub const ZERO: IntVar = IntVar(0);

/// Largest magnitude of a constant; larger ones are clamped, which the type checker has already refused.
pub const MAX_CONSTANT: i64 = 1 << 53;

/// A fact the theories decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// `left - right <= bound`
    Difference {
        /// Minuend.
        left: IntVar,
        /// Subtrahend.
        right: IntVar,
        /// Inclusive.
        bound: i64,
    },
    /// The truth value is this.
    Truth(BoolVar, bool),
    /// The member is among these positions.
    Member(SetVar, u64),
    /// The string is among these constants (bit per constant of the problem; see [`super::Problem::constant`]); [`OTHER`] = none of them.
    Text(TextVar, u64),
    /// Two strings are equal.
    SameText(TextVar, TextVar),
    /// Two strings differ.
    OtherText(TextVar, TextVar),
}

/// The bit of "none of the constants" in [`Atom::Text`].
pub const OTHER: u64 = 1 << 63;

/// A formula in negation normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Formula {
    /// Holds always.
    True,
    /// Holds never.
    False,
    /// An atom.
    Atom(Atom),
    /// All hold.
    And(Vec<Formula>),
    /// Some holds.
    Or(Vec<Formula>),
}

impl Formula {
    /// `left - right <= bound`.
    #[must_use]
    pub fn difference(left: IntVar, right: IntVar, bound: i64) -> Self {
        if left == right {
            return if bound >= 0 { Self::True } else { Self::False };
        }
        Self::Atom(Atom::Difference { left, right, bound: bound.clamp(-2 * MAX_CONSTANT, 2 * MAX_CONSTANT) })
    }
    /// `var <= bound`.
    #[must_use]
    pub fn at_most(var: IntVar, bound: i64) -> Self {
        Self::difference(var, ZERO, bound)
    }
    /// `var >= bound`.
    #[must_use]
    pub fn at_least(var: IntVar, bound: i64) -> Self {
        Self::difference(ZERO, var, bound.saturating_neg())
    }
    /// `left - right == offset`.
    #[must_use]
    pub fn equal(left: IntVar, right: IntVar, offset: i64) -> Self {
        Self::and([
            Self::difference(left, right, offset),
            Self::difference(right, left, offset.saturating_neg()),
        ])
    }
    /// The truth value.
    #[must_use]
    pub fn truth(var: BoolVar) -> Self {
        Self::Atom(Atom::Truth(var, true))
    }
    /// The member is among these.
    #[must_use]
    pub fn member(var: SetVar, positions: u64) -> Self {
        if positions == 0 { Self::False } else { Self::Atom(Atom::Member(var, positions)) }
    }
    /// The string is among these constants.
    #[must_use]
    pub fn text(var: TextVar, constants: u64) -> Self {
        match constants {
            0 => Self::False,
            u64::MAX => Self::True,
            some => Self::Atom(Atom::Text(var, some)),
        }
    }
    /// Two strings are equal.
    #[must_use]
    pub fn same_text(left: TextVar, right: TextVar) -> Self {
        if left == right { Self::True } else { Self::Atom(Atom::SameText(left.min(right), left.max(right))) }
    }
    /// All of them.
    #[must_use]
    pub fn and(parts: impl IntoIterator<Item = Formula>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::True => {}
                Self::False => return Self::False,
                Self::And(inner) => flat.extend(inner),
                Self::Atom(_) | Self::Or(_) => flat.push(part),
            }
        }
        match flat.len() {
            0 => Self::True,
            1 => flat.swap_remove(0),
            _ => Self::And(flat),
        }
    }
    /// Some of them.
    #[must_use]
    pub fn or(parts: impl IntoIterator<Item = Formula>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::False => {}
                Self::True => return Self::True,
                Self::Or(inner) => flat.extend(inner),
                Self::Atom(_) | Self::And(_) => flat.push(part),
            }
        }
        match flat.len() {
            0 => Self::False,
            1 => flat.swap_remove(0),
            _ => Self::Or(flat),
        }
    }
    /// Its negation, in negation normal form. Depth is bounded by the nesting of the source (64).
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "reads better in chains than a prefix operator")]
    pub fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Atom(atom) => atom.negated(),
            Self::And(parts) => Self::or(parts.into_iter().map(Self::not)),
            Self::Or(parts) => Self::and(parts.into_iter().map(Self::not)),
        }
    }
    /// The left implies the right.
    #[must_use]
    pub fn implies(self, other: Formula) -> Self {
        Self::or([self.not(), other])
    }
    /// Both hold or neither does.
    #[must_use]
    pub fn iff(self, other: Formula) -> Self {
        Self::or([Self::and([self.clone(), other.clone()]), Self::and([self.not(), other.not()])])
    }
}

impl Atom {
    /// Its negation.
    #[must_use]
    pub fn negated(self) -> Formula {
        match self {
            // Integers: not (l - r <= b) is r - l <= -b - 1.
            Self::Difference { left, right, bound } => Formula::difference(right, left, -bound - 1),
            Self::Truth(var, value) => Formula::Atom(Self::Truth(var, !value)),
            Self::Member(var, positions) => Formula::member(var, !positions),
            Self::Text(var, constants) => Formula::text(var, !constants),
            Self::SameText(left, right) => Formula::Atom(Self::OtherText(left, right)),
            Self::OtherText(left, right) => Formula::Atom(Self::SameText(left, right)),
        }
    }
}

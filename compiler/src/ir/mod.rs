//! The compiled program: arenas, ids, slots instead of names, every node typed.
//!
//! A [`Program`] exists only when the sources have no error. It is self-contained: nothing here points back into source
//! text, so it can be stored, hashed and run elsewhere. It knows nothing of syntax, diagnostics or of how it is run.
//! Start at [`Program`], then [`expr`] (what predicates are), [`journey`] (what instances walk through).

pub mod aggregate;
pub mod expr;
pub mod hash;
pub mod journey;
pub mod link;
pub mod memory;
mod operands;
pub mod pattern;
pub mod policy;
pub mod print;
pub mod schema;
pub mod test;

use crate::row::RowBuf;
use serde::{Deserialize, Serialize};

pub use aggregate::{AggFunc, Aggregate, Keep, Scope, Window};
pub use expr::{ArithOp, CompareOp, Const, Expr, ExprKind, Quantifier, Read, Source, TextTest, TimeTest, Ty};
pub use journey::{
    Arm, Content, CooldownFrom, DayRule, Entry, Exit, Goal, Journey, OnUpdate, Period, Reenter, ReenterMode,
    Refresh, Send, SendOption, Split, Step, StepKind, Text, TextPart, WaitArm,
};
pub use pattern::Pattern;
pub use policy::{
    Budget, Cap, CapPeriod, CapScope, ConsentAge, Ensure, FactId, Label, Labeller, OnCap, Policy, Purse,
    Quiet, QuietAction, Rate,
};
pub use schema::{
    Attribute, Catalog, Channel, Classify, ClockRange, ContentField, Event, Field, FieldType, Limit,
    Mutability, Purpose, Range, Segment, Template, Unit,
};

/// Version of the stored form of [`Program`]; raised when an older reader would misread a newer program.
pub const FORMAT_VERSION: u32 = 1;

/// Declares newtype indexes into the arenas of [`Program`].
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        #[repr(transparent)]
        pub struct $name(pub u32);
        impl $name {
            /// Position in the arena it belongs to.
            #[inline]
            pub const fn index(self) -> usize { self.0 as usize }
            /// The id of position `index`; arenas never grow past `u32::MAX` (sources are at most 1 MiB each).
            #[inline]
            pub const fn new(index: usize) -> Self { Self(index as u32) }
        }
    )* };
}

ids! {
    /// Index into [`Program::exprs`].
    ExprId,
    /// Index into [`Program::events`].
    EventId,
    /// Position of a field in its event or catalog row; it is also its slot in the decoded row.
    FieldId,
    /// Index into [`Program::attributes`]; it is also the slot in the user's row.
    AttrId,
    /// Index into [`Program::catalogs`].
    CatalogId,
    /// Index into [`Program::enums`]: a closed set of strings.
    EnumId,
    /// Index into [`Program::lists`]: what one element of a list looks like.
    ListId,
    /// Index into [`Program::regexes`].
    RegexId,
    /// Index into [`Program::aggregates`].
    AggId,
    /// Index into [`Program::segments`].
    SegmentId,
    /// Index into [`Program::channels`].
    ChannelId,
    /// Index into [`Program::templates`].
    TemplateId,
    /// Index into [`Program::journeys`].
    JourneyId,
    /// Index into [`Journey::steps`].
    StepId,
    /// Index into [`Program::policies`].
    PolicyId,
}

/// A length of time as the language has it: exact elapsed milliseconds, or calendar months in the user's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Elapsed time in milliseconds (`s m h d w`).
    Exact(i64),
    /// Calendar months (`mo`, `y` = 12 of them): same wall-clock time, clamped to the month's end.
    Months(i32),
}

impl Span {
    /// The longest elapsed time it can take, in milliseconds (a month is at most 31 days and a 2 h change of clocks).
    pub fn longest_ms(self) -> i64 {
        match self {
            Self::Exact(ms) => ms,
            Self::Months(n) => i64::from(n).saturating_mul(31 * 86_400_000).saturating_add(7_200_000),
        }
    }
    /// The shortest elapsed time it can take, in milliseconds.
    pub fn shortest_ms(self) -> i64 {
        match self {
            Self::Exact(ms) => ms,
            Self::Months(n) => i64::from(n).saturating_mul(28 * 86_400_000).saturating_sub(7_200_000).max(0),
        }
    }
}

/// Everything a runtime needs, complete and checked. Arenas are ordered by declaration name, so the order of files and of
/// declarations does not show.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Program {
    /// [`FORMAT_VERSION`] when it was written.
    pub format_version: u32,
    /// Content hash in lower-case hex, blind to comments, formatting and file layout.
    pub hash: String,
    /// Project-wide settings from `wayline.toml` and std.
    pub settings: Settings,
    /// Every declared event, std's included, by name.
    pub events: Vec<Event>,
    /// User attributes by name; index = slot of the user's row.
    pub attributes: Vec<Attribute>,
    /// Attributes the engine itself reads.
    pub well_known: WellKnown,
    /// Catalogs by name.
    pub catalogs: Vec<Catalog>,
    /// Closed sets of strings, in the order written; a value is an index into its set.
    pub enums: Vec<Vec<String>>,
    /// Shapes of list elements: the fields of one element (one field named `` for lists of scalars).
    pub lists: Vec<Vec<Field>>,
    /// String constants that predicates compare with, sorted; a string's symbol is its position + 1, 0 is "none of them".
    pub symbols: Vec<String>,
    /// Regular expressions of `matches`, each checked and of bounded size.
    pub regexes: Vec<Pattern>,
    /// The expression arena; operands come before the nodes that use them.
    pub exprs: Vec<Expr>,
    /// What is remembered of each user's (or instance's) history.
    pub aggregates: Vec<Aggregate>,
    /// Segments by name.
    pub segments: Vec<Segment>,
    /// Classes by name (for printing and `describe`; uses are compiled into [`ExprKind::Case`]).
    pub classifies: Vec<Classify>,
    /// Channels by name.
    pub channels: Vec<Channel>,
    /// Message templates by name.
    pub templates: Vec<Template>,
    /// Policies; 0 is the default one (empty when the project has none). Named ones are already merged with it.
    pub policies: Vec<Policy>,
    /// Journeys by name.
    pub journeys: Vec<Journey>,
}

/// Settings of the whole project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// IANA name of the project's zone: zone of users without one, of budgets and reports.
    pub zone: String,
    /// The project's default locale, e.g. `ko-KR`.
    pub locale: String,
    /// Most live instances per user and journey.
    pub max_instances: u32,
}

/// Attributes with a meaning for the engine, where declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WellKnown {
    /// `user.timezone`: the zone of clocks and calendar periods.
    pub timezone: Option<AttrId>,
    /// `user.locale`: chooses localised text.
    pub locale: Option<AttrId>,
}

impl Program {
    /// A program that declares nothing, in this zone.
    pub fn empty(zone: &str) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            hash: String::new(),
            settings: Settings { zone: zone.to_owned(), locale: "en".to_owned(), max_instances: 100 },
            events: Vec::new(),
            attributes: Vec::new(),
            well_known: WellKnown::default(),
            catalogs: Vec::new(),
            enums: Vec::new(),
            lists: Vec::new(),
            symbols: Vec::new(),
            regexes: Vec::new(),
            exprs: Vec::new(),
            aggregates: Vec::new(),
            segments: Vec::new(),
            classifies: Vec::new(),
            channels: Vec::new(),
            templates: Vec::new(),
            policies: Vec::new(),
            journeys: Vec::new(),
        }
    }
    /// The node of `id`.
    #[inline]
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.index()]
    }
    /// The event of `id`.
    #[inline]
    pub fn event(&self, id: EventId) -> &Event {
        &self.events[id.index()]
    }
    /// The journey of `id`.
    #[inline]
    pub fn journey(&self, id: JourneyId) -> &Journey {
        &self.journeys[id.index()]
    }
    /// The channel of `id`.
    #[inline]
    pub fn channel(&self, id: ChannelId) -> &Channel {
        &self.channels[id.index()]
    }
    /// The symbol of a string: its position among the constants + 1, or 0.
    #[inline]
    pub fn symbol(&self, text: &str) -> u32 {
        self.symbols.binary_search_by(|s| s.as_str().cmp(text)).map_or(0, |i| i as u32 + 1)
    }
    /// Gives the texts of a row the symbols of this program: for rows that an older program wrote. `types` are those of its slots.
    pub fn intern(&self, row: &mut RowBuf, types: impl IntoIterator<Item = Ty>) {
        for (slot, ty) in row.slots.iter_mut().zip(types) {
            if slot.is_present() && ty == Ty::Str {
                let text = row.bytes.get(slot.range()).and_then(|bytes| std::str::from_utf8(bytes).ok());
                slot.sym = text.map_or(0, |text| self.symbol(text));
            }
        }
    }
}

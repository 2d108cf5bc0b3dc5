//! Journeys: entry, header, steps, sends.

use super::{
    ClockRange, Doc, DurationLit, Expr, FieldInit, Ident, Percent, Purpose, Spanned, StrLit, Text, Weekday,
    Window,
};
use crate::source::Span;

/// `journey NAME { ENTRY HEADER… STEP… }`
#[derive(Debug, Clone, PartialEq)]
pub struct Journey {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// Its name; for a file's implicit journey the file's stem, with an empty span at the first statement.
    pub name: Ident,
    /// Whether it was declared or is the file.
    pub origin: JourneyOrigin,
    /// How one enters; none where it is missing or broken (a diagnostic was raised).
    pub entry: Option<Entry>,
    /// Goals, exits and settings.
    pub header: Vec<HeaderItem>,
    /// The steps.
    pub steps: Vec<Step>,
    /// Its place.
    pub span: Span,
}

/// Where a journey comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JourneyOrigin {
    /// `journey NAME { … }`
    Declared,
    /// The statements of a file, to its end.
    File,
}

/// The first statement: how one enters.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// On what.
    pub kind: EntryKind,
    /// `reenter …`, where written.
    pub reenter: Option<Reenter>,
    /// Its place.
    pub span: Span,
}

/// The kinds of entry.
#[derive(Debug, Clone, PartialEq)]
pub enum EntryKind {
    /// `on EVENT [per FIELD, …] [where P]`
    Event {
        /// The event.
        event: Ident,
        /// The key fields.
        per: Vec<Ident>,
        /// The condition; bare names in it are the event's fields.
        filter: Option<Expr>,
    },
    /// `on enter SEGMENT [including current]`, `on leave SEGMENT …`
    Segment {
        /// `enter` or `leave`.
        turn: Turn,
        /// The segment.
        segment: Ident,
        /// The place of `including current`, where written.
        including_current: Option<Span>,
    },
    /// `every day|week on …|month on N|year on DATE at CLOCK for SEGMENT`
    Recurring {
        /// How often.
        every: Recurrence,
        /// The local time.
        at: Expr,
        /// For whom.
        segment: Ident,
    },
    /// `at INSTANT for SEGMENT`
    Once {
        /// When.
        at: Expr,
        /// For whom.
        segment: Ident,
    },
}

/// `enter`, `leave`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The segment's predicate turns true.
    Enter,
    /// It turns false.
    Leave,
}

/// How often a recurring entry comes.
#[derive(Debug, Clone, PartialEq)]
pub enum Recurrence {
    /// `day`
    Day,
    /// `week on monday, thursday`
    Week(Vec<Spanned<Weekday>>),
    /// `month on 1`
    Month(Spanned<i64>),
    /// `year on user.birthday`
    Year(Expr),
}

/// `reenter MODE [at most N [per D]] [after D from entry|exit]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reenter {
    /// What blocks an entry.
    pub mode: Spanned<ReenterMode>,
    /// `at most N [per D]`
    pub limit: Option<ReenterLimit>,
    /// `after D from entry|exit`
    pub cooldown: Option<Cooldown>,
    /// Its place.
    pub span: Span,
}

/// `never | after exit | every | restart`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReenterMode {
    /// Any earlier entry blocks.
    Never,
    /// Only a live instance blocks.
    AfterExit,
    /// Nothing blocks.
    Every,
    /// A match ends the live instance and starts anew.
    Restart,
}

/// `at most N [per D]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReenterLimit {
    /// How many entries.
    pub count: Spanned<i64>,
    /// In which time; ever where not written.
    pub per: Option<DurationLit>,
    /// Its place.
    pub span: Span,
}

/// `after D from entry|exit`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cooldown {
    /// How long.
    pub after: DurationLit,
    /// From when.
    pub from: CooldownFrom,
    /// Its place.
    pub span: Span,
}

/// `from entry`, `from exit`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum CooldownFrom {
    Entry,
    Exit,
}

/// A header statement.
#[derive(Debug, Clone, PartialEq)]
pub struct HeaderItem {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// What it says.
    pub kind: HeaderKind,
    /// Its place.
    pub span: Span,
}

/// The kinds of header statement.
#[derive(Debug, Clone, PartialEq)]
pub enum HeaderKind {
    /// `goal EVENT [within D] [where P] [as NAME] [keep going];`
    Goal {
        /// The event.
        event: Ident,
        /// The window from entry.
        within: Option<DurationLit>,
        /// The condition.
        filter: Option<Expr>,
        /// `as NAME`
        name: Option<Ident>,
        /// The place of `keep going`, where written.
        keep_going: Option<Span>,
    },
    /// `exit on EVENT [where P];`
    ExitOn {
        /// The event.
        event: Ident,
        /// The condition.
        filter: Option<Expr>,
    },
    /// `exit when P;`
    ExitWhen(Expr),
    /// `refresh on EVENT;`
    Refresh {
        /// The event.
        event: Ident,
    },
    /// `purpose marketing;`
    Purpose(Spanned<Purpose>),
    /// `policy NAME;`
    Policy(Ident),
    /// `priority 10;`
    Priority(Spanned<i64>),
    /// `lasts at most D;`
    Lasts(DurationLit),
    /// `holdout 5%;`
    Holdout(Percent),
    /// `active FROM .. TO;`
    Active {
        /// The first date or instant.
        from: Expr,
        /// The last.
        to: Expr,
    },
    /// `on update pin;`
    OnUpdate(Spanned<OnUpdate>),
    /// Something that could not be read; a diagnostic was raised.
    Error,
}

/// What happens to a live instance at a deploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OnUpdate {
    /// `pin`: it stays on its version.
    Pin,
    /// `move`: it goes on in the new one.
    Move,
    /// `exit`: it ends.
    Exit,
}

/// `{ STEP… }`, or one bare step where that may stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// The steps; exactly one where bare.
    pub steps: Vec<Step>,
    /// With braces or without.
    pub style: BlockStyle,
    /// Its place, braces included.
    pub span: Span,
}

/// How a block is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockStyle {
    /// `{ … }`
    Braced,
    /// One step of an `if`, `unless`, `else` or `match`.
    Bare,
}

/// `[LABEL:] STEP`
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// Its label: the identity across versions.
    pub label: Option<Ident>,
    /// What it does.
    pub kind: StepKind,
    /// Its place, label included.
    pub span: Span,
}

/// The kinds of step.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// `wait D;`
    Wait {
        /// How long: a duration.
        duration: Expr,
    },
    /// `wait until CLOCK [on DAY] [zone Z];`: no `up to`.
    WaitClock {
        /// The local time.
        clock: Expr,
        /// On which days.
        on: Option<DayChoice>,
        /// In which zone, a string or an expression; the user's where not written.
        zone: Option<Expr>,
    },
    /// `wait until P up to D [else BLOCK]`
    WaitUntil {
        /// What must hold.
        condition: Expr,
        /// The longest wait.
        up_to: DurationLit,
        /// What happens when it did not come to hold.
        otherwise: Option<Block>,
    },
    /// `wait for EVENT … up to D [BLOCK] [else BLOCK]`, `wait up to D { on E1 … BLOCK on E2 … BLOCK } [else BLOCK]`
    WaitFor {
        /// What is waited for; one in the first form.
        arms: Vec<WaitArm>,
        /// Which form it is.
        form: WaitForm,
        /// The longest wait.
        up_to: DurationLit,
        /// What happens when none came.
        otherwise: Option<Block>,
    },
    /// `at TIME [on day N at CLOCK] BLOCK [else BLOCK]`
    At {
        /// The instant, or the base of the day.
        time: Expr,
        /// `on day N at CLOCK`
        on: Option<AtDay>,
        /// What runs then.
        body: Block,
        /// What runs when it has passed on arrival.
        otherwise: Option<Block>,
    },
    /// `if P S [else if P S]… [else S]`
    If {
        /// The conditions in order, at least one.
        branches: Vec<Branch>,
        /// The last `else`.
        otherwise: Option<Block>,
    },
    /// `unless P S [else S]`
    Unless {
        /// The condition and what runs when it does not hold.
        branch: Box<Branch>,
        /// What runs when it holds.
        otherwise: Option<Block>,
    },
    /// `match E { "a" => S … otherwise => S }`
    Match {
        /// What is looked at.
        subject: Expr,
        /// The arms.
        arms: Vec<MatchArm>,
    },
    /// `split NAME [salt "…"] { a 45% BLOCK … holdout 10% }`
    Split {
        /// Its name.
        name: Ident,
        /// The salt, where written.
        salt: Option<StrLit>,
        /// The arms.
        arms: Vec<SplitArm>,
    },
    /// `send …`
    Send(Send),
    /// `repeat up to N times every D [until P] BLOCK`
    Repeat {
        /// The most rounds.
        times: Spanned<i64>,
        /// From a round's start to the next.
        every: DurationLit,
        /// What ends it, read at each round's start.
        until: Option<Expr>,
        /// A round.
        body: Block,
    },
    /// `set user.x = E;`
    Set {
        /// The attribute's name.
        attribute: Ident,
        /// What it gets.
        value: Expr,
    },
    /// `emit EVENT { f: E; };`
    Emit {
        /// The event.
        event: Ident,
        /// Its fields.
        fields: Vec<FieldInit>,
    },
    /// `call NAME { f: E; };`
    Call {
        /// What is called.
        name: Ident,
        /// Its fields.
        fields: Vec<FieldInit>,
    },
    /// `exit ["reason"];`
    Exit {
        /// Why.
        reason: Option<Text>,
    },
    /// `do NAME(args);`
    Do {
        /// The sequence.
        sequence: Ident,
        /// Its arguments.
        args: Vec<Expr>,
    },
    /// Something that could not be read; a diagnostic was raised.
    Error,
}

/// `on monday, friday`, `on weekday`, `on day 3`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayChoice {
    /// Which days.
    pub kind: DayChoiceKind,
    /// Its place.
    pub span: Span,
}

/// Which days are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DayChoiceKind {
    /// Named days.
    Weekdays(Vec<Spanned<Weekday>>),
    /// `weekday`: Monday to Friday.
    Weekday,
    /// `weekend`: Saturday and Sunday.
    Weekend,
    /// `day 3`: local calendar days from the entry's day 0.
    Day(Spanned<i64>),
}

/// One event of a `wait for`: `EVENT [since …] [where P] [BLOCK]`
#[derive(Debug, Clone, PartialEq)]
pub struct WaitArm {
    /// The event.
    pub event: Ident,
    /// `since entry` and its like: looks back.
    pub window: Option<Window>,
    /// The condition; bare names in it are the event's fields.
    pub filter: Option<Expr>,
    /// What runs when it comes.
    pub body: Option<Block>,
    /// Its place.
    pub span: Span,
}

/// Which form of `wait for` it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitForm {
    /// `wait for EVENT … up to D`
    One,
    /// `wait up to D { on … }`
    Several,
}

/// `on day N at CLOCK`
#[derive(Debug, Clone, PartialEq)]
pub struct AtDay {
    /// How many days after the local date of the time; negative is before.
    pub day: Spanned<i64>,
    /// The local time.
    pub clock: Expr,
    /// Its place.
    pub span: Span,
}

/// `P S`
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// The condition.
    pub condition: Expr,
    /// What runs.
    pub body: Block,
}

/// `"b" | "c" => S`, `otherwise => S`
#[derive(Debug, Clone, PartialEq)]
pub struct MatchArm {
    /// What it takes.
    pub pattern: MatchPattern,
    /// What runs.
    pub body: Block,
    /// Its place.
    pub span: Span,
}

/// The left side of a match arm.
#[derive(Debug, Clone, PartialEq)]
pub enum MatchPattern {
    /// Literals.
    Values(Vec<Expr>),
    /// `otherwise`
    Otherwise,
}

/// `a 45% BLOCK`, `holdout 10%`
#[derive(Debug, Clone, PartialEq)]
pub struct SplitArm {
    /// The arm; `holdout` for the holdout.
    pub name: Ident,
    /// How many take it.
    pub share: Percent,
    /// What they get.
    pub kind: SplitArmKind,
    /// Its place.
    pub span: Span,
}

/// An arm or the holdout.
#[derive(Debug, Clone, PartialEq)]
pub enum SplitArmKind {
    /// An arm with its steps.
    Arm(Block),
    /// Those who get nothing.
    Holdout,
}

/// `send [PURPOSE] ATTEMPT [or ATTEMPT]… [between RANGE] [on DAYS] [within D]`
#[derive(Debug, Clone, PartialEq)]
pub struct Send {
    /// Its purpose, where written; else the journey's.
    pub purpose: Option<Spanned<Purpose>>,
    /// The channels in order, at least one.
    pub attempts: Vec<Attempt>,
    /// `between 10:00 .. 20:00`
    pub between: Option<ClockRange>,
    /// `on weekday`
    pub on: Option<DayChoice>,
    /// `within 6h`: the deadline.
    pub within: Option<DurationLit>,
}

/// `push "text"`, `push { title: …; }`, `kakao_alimtalk order_ok { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The channel.
    pub channel: Ident,
    /// The template, where written.
    pub template: Option<Ident>,
    /// What is sent.
    pub content: Content,
    /// Its place.
    pub span: Span,
}

/// What a message holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing was written.
    None,
    /// A text for the main field.
    Text(Text),
    /// Fields.
    Fields(Vec<FieldInit>),
}

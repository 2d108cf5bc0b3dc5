//! Journeys as the engine walks them: a header and a flat graph of steps with one successor each.
//!
//! There is one position per instance, so the structured source becomes `next` links: the last step of a block points to what
//! follows the block, `None` is the end of the journey. Sequences are already expanded. Stored instances refer to
//! [`Step::key`], never to positions.

use super::{
    AggId, AttrId, ChannelId, Const, EventId, ExprId, FieldId, PolicyId, Purpose, SegmentId, Span, StepId,
    TemplateId,
};
use serde::{Deserialize, Serialize};

/// One journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Journey {
    /// Name.
    pub name: String,
    /// The version it is of, where that is an earlier one than the program's: nobody enters it (see [`super::link`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its doc comment.
    pub doc: Option<String>,
    /// How users enter.
    pub entry: Entry,
    /// `per FIELD, …`: fields of the entry event that key the lane.
    pub key: Vec<FieldId>,
    /// Who may enter again, and when.
    pub reenter: Reenter,
    /// Goals in written order.
    pub goals: Vec<Goal>,
    /// Exits in written order.
    pub exits: Vec<Exit>,
    /// Refreshes in written order.
    pub refreshes: Vec<Refresh>,
    /// Its policy.
    pub policy: PolicyId,
    /// Higher wins.
    pub priority: i64,
    /// `lasts at most D`: from entry or the last refresh.
    pub lasts: Option<Span>,
    /// `holdout N%` in millionths.
    pub holdout: u32,
    /// `active FROM .. TO`: entries only in [from, to), in ms.
    pub active: Option<(i64, i64)>,
    /// What happens to live instances at a deploy.
    pub on_update: OnUpdate,
    /// Instance-scoped aggregates, in cell order.
    pub cells: Vec<AggId>,
    /// Step arena, in source order.
    pub steps: Vec<Step>,
    /// Where instances start; `None` for a journey without steps.
    pub first: Option<StepId>,
    /// Number of `repeat` counters an instance carries.
    pub loops: u32,
}

/// How users enter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// `on EVENT where P`.
    Event {
        /// The event.
        event: EventId,
        /// Over the event ([`super::Source::Event`]), attributes and history.
        filter: Option<ExprId>,
    },
    /// `on enter SEGMENT`.
    Enter {
        /// The segment.
        segment: SegmentId,
        /// Those already inside at a deploy enter too.
        including_current: bool,
    },
    /// `on leave SEGMENT`.
    Leave {
        /// The segment.
        segment: SegmentId,
    },
    /// `every PERIOD at CLOCK for SEGMENT`, in each user's zone.
    Every {
        /// How often.
        period: Period,
        /// Local clock, ms.
        at_ms: i64,
        /// For whom.
        segment: SegmentId,
    },
    /// `at INSTANT for SEGMENT`.
    At {
        /// When, ms.
        at: i64,
        /// For whom.
        segment: SegmentId,
    },
}

/// How often a recurring entry comes round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Every local day.
    Day,
    /// On these weekdays, bit 0 = Monday.
    Week(u8),
    /// On this day of the month, 1 ..= 31, clamped to the month's end.
    Month(u8),
    /// On the month and day of this date expression; Feb 29 is Feb 28 in common years; a missing date is no occurrence.
    Year(ExprId),
}

/// Re-entry rule of a lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reenter {
    /// Which earlier instances block.
    pub mode: ReenterMode,
    /// `at most N [per D]`: entries in (t − D, t], or ever.
    pub limit: Option<(u32, Option<Span>)>,
    /// `after D from entry|exit`; exactly D later is free.
    pub cooldown: Option<(Span, CooldownFrom)>,
}

/// Which earlier instances of a lane block an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReenterMode {
    /// Any, finished or not, for ever.
    Never,
    /// A live one.
    AfterExit,
    /// None: each match starts one more.
    Every,
    /// None: a match ends the live one and starts anew.
    Restart,
}

/// What a cooldown is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CooldownFrom {
    /// The last entry.
    Entry,
    /// The end of the last instance's live time.
    Exit,
}

/// `goal EVENT [within D] [where P] [as NAME] [keep going];`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// `as NAME`, else the event's name.
    pub name: String,
    /// The event.
    pub event: EventId,
    /// Over the event, the entry row, attributes and history.
    pub filter: Option<ExprId>,
    /// From entry, its last instant included; filled in where not written.
    pub window: Span,
    /// `keep going`: records each match and does not end the instance.
    pub keep_going: bool,
}

/// `exit on …` / `exit when …`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// `exit on EVENT where P`
    Event {
        /// The event.
        event: EventId,
        /// Over the event, the entry row, attributes and history.
        filter: Option<ExprId>,
    },
    /// `exit when P`; also tested at entry.
    When {
        /// Over the entry row, attributes and history.
        predicate: ExprId,
    },
}

/// `refresh on EVENT`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refresh {
    /// The event.
    pub event: EventId,
    /// Its fields that hold the lane's key, in the order of [`Journey::key`].
    pub key: Vec<FieldId>,
    /// (field of the event, field of the entry event) that it replaces where present.
    pub fields: Vec<(FieldId, FieldId)>,
}

/// What happens to live instances when a new version is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUpdate {
    /// They finish on their own version.
    Pin,
    /// They move to the step with the same key.
    Move,
    /// They end (`exited(version)`).
    Exit,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Identity across versions: the label, else derived from path and kind (`wait`, `send_push`, `if.then.send_push`, `…#2`).
    pub key: String,
    /// Its doc comment.
    pub doc: Option<String>,
    /// What it does.
    pub kind: StepKind,
    /// What follows it; for branching steps, what follows when no branch is taken. `None` is the end.
    pub next: Option<StepId>,
}

/// What a step does. Targets that are `None` are the end of the journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// `wait D`
    Wait {
        /// A duration, from the moment the previous step ended.
        duration: ExprId,
    },
    /// `wait until CLOCK [on …] [zone Z]`
    WaitClock {
        /// Local clock.
        clock: ExprId,
        /// Which days.
        days: DayRule,
        /// Zone, else the user's: a `Timezone` expression.
        zone: Option<ExprId>,
    },
    /// `wait until P up to D [else BLOCK]`
    WaitUntil {
        /// Until this holds.
        predicate: ExprId,
        /// At most, its last instant included.
        up_to: Span,
        /// When it does not come to hold.
        otherwise: Option<StepId>,
    },
    /// `wait for …`: the first of several events.
    WaitFor {
        /// Each event with its body.
        arms: Vec<WaitArm>,
        /// At most, its last instant included.
        up_to: Span,
        /// When none comes.
        otherwise: Option<StepId>,
    },
    /// `at TIME [on day N at CLOCK] BLOCK [else BLOCK]`
    At {
        /// The instant.
        time: ExprId,
        /// Instead: the local date of the instant plus N days, at this clock.
        on_day: Option<(i64, ExprId)>,
        /// Runs at it.
        body: Option<StepId>,
        /// Runs when it has passed on arrival, or the time is missing.
        otherwise: Option<StepId>,
        /// The `at` that follows immediately: holds and clock waits of `body` give way to it.
        gives_way_to: Option<StepId>,
    },
    /// `if P S else S` (an `unless` is negated).
    If {
        /// Condition.
        condition: ExprId,
        /// When it holds.
        then: Option<StepId>,
        /// When not.
        otherwise: Option<StepId>,
    },
    /// `match E { … }`
    Match {
        /// What is matched.
        value: ExprId,
        /// Constants and target of each arm.
        arms: Vec<(Vec<Const>, Option<StepId>)>,
        /// Where nothing matches (for exhaustive ones: never).
        otherwise: Option<StepId>,
    },
    /// `split NAME { … }`
    Split(Split),
    /// `send …`
    Send(Send),
    /// `repeat up to N times every D [until P] BLOCK`; the body's end leads back here.
    Repeat {
        /// Which counter of the instance.
        counter: u32,
        /// Most rounds.
        times: u32,
        /// From a round's start to the next; calendar spans anchored at the first.
        every: Span,
        /// Read at each round's start.
        until: Option<ExprId>,
        /// The round.
        body: Option<StepId>,
    },
    /// `set user.x = E`
    Set {
        /// Which attribute.
        attribute: AttrId,
        /// Its new value.
        value: ExprId,
    },
    /// `emit EVENT { f: E; }`
    Emit {
        /// Which event.
        event: EventId,
        /// Field values.
        fields: Vec<(FieldId, ExprId)>,
    },
    /// `call NAME { f: E; }`
    Call {
        /// Name of the effect.
        name: String,
        /// Arguments by name.
        fields: Vec<(String, ExprId)>,
    },
    /// `exit ["reason"]`
    Exit {
        /// Text of the author.
        reason: Option<String>,
    },
}

/// Days a clock wait accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayRule {
    /// Any.
    Any,
    /// Days of the week, bit 0 = Monday (`weekday` = 0b001_1111).
    Weekdays(u8),
    /// The local calendar day this many days after the entry's; passed: continue at once.
    Day(u32),
}

/// An event a wait listens for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitArm {
    /// The event.
    pub event: EventId,
    /// Over the event, the entry row, attributes and history.
    pub filter: Option<ExprId>,
    /// `since entry`: this instance aggregate (a `Did`) tells whether it has already come.
    pub since_entry: Option<ExprId>,
    /// Where it leads.
    pub body: Option<StepId>,
}

/// `split NAME { a 45% … holdout 10% }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// Name.
    pub name: String,
    /// Salt of its hashes; `journey.split` unless written.
    pub salt: String,
    /// Share of the holdout in millionths.
    pub holdout: u32,
    /// Arms; their weights and the holdout sum to 1,000,000.
    pub arms: Vec<Arm>,
}

/// An arm of a split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// Name.
    pub name: String,
    /// Weight in millionths.
    pub weight: u32,
    /// Where it leads.
    pub body: Option<StepId>,
}

/// `send [purpose] CHANNEL … [or CHANNEL …] [between …] [on …] [within D]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Send {
    /// Purpose.
    pub purpose: Purpose,
    /// The channel and its fallbacks, in order.
    pub options: Vec<SendOption>,
    /// `between A .. B`: local clock window, held outside.
    pub between: Option<super::ClockRange>,
    /// `on weekday`: days of `between`, bit 0 = Monday.
    pub days: u8,
    /// `within D`: deadline from the due instant, its last instant included.
    pub within: Option<Span>,
    /// Whether anything that decides about this send can change while it is held: the step from which its conditions are walked again
    /// at release (the first step after the last one that takes time), `None` when it is the start of the journey.
    pub since: Option<StepId>,
}

/// One channel of a send with its content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SendOption {
    /// Channel.
    pub channel: ChannelId,
    /// Template.
    pub template: Option<TemplateId>,
    /// Name and value of each field, in the channel's (then the template's) order.
    pub fields: Vec<(String, Content)>,
}

/// Value of a message field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Text with interpolation, perhaps localised.
    Text(Text),
    /// A value; sent as JSON of its type.
    Value(ExprId),
}

/// A text in one or more locales.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// (locale, parts); an unlocalised text has one variant with an empty locale. The longest locale that is a prefix of the user's
    /// (at a `-`) is chosen, else `default`.
    pub variants: Vec<(String, Vec<TextPart>)>,
    /// Index of the variant for everyone else.
    pub default: u32,
}

/// Piece of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextPart {
    /// As it is.
    Literal(String),
    /// A value in its text form.
    Value(ExprId),
}

impl StepKind {
    /// Calls `visit` with every step its branches lead to; what simply follows it is [`Step::next`].
    pub fn each_target(&self, visit: &mut dyn FnMut(StepId)) {
        let mut each = |target: &Option<StepId>| target.iter().for_each(|step| visit(*step));
        match self {
            Self::WaitUntil { otherwise, .. } => each(otherwise),
            Self::WaitFor { arms, otherwise, .. } => {
                arms.iter().for_each(|arm| each(&arm.body));
                each(otherwise);
            }
            Self::At { body, otherwise, gives_way_to: _, .. } => {
                each(body);
                each(otherwise);
            }
            Self::If { then, otherwise, .. } => {
                each(then);
                each(otherwise);
            }
            Self::Match { arms, otherwise, .. } => {
                arms.iter().for_each(|(_, body)| each(body));
                each(otherwise);
            }
            Self::Split(split) => split.arms.iter().for_each(|arm| each(&arm.body)),
            Self::Repeat { body, .. } => each(body),
            Self::Wait { .. }
            | Self::WaitClock { .. }
            | Self::Send(_)
            | Self::Set { .. }
            | Self::Emit { .. }
            | Self::Call { .. }
            | Self::Exit { .. } => {}
        }
    }
}

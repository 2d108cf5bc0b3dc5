//! What comes out of the engine: decisions in order, and effects for the world.
//!
//! Texts lie in one growing buffer that the host reuses, decisions point into it: a decision costs no allocation. Keys, messages
//! and call arguments are already JSON. Nothing here prints: names of kinds and reasons are, the line is the host's.

use super::Fact;
use super::trace::Visit;
use super::zone::Zone;
use wayline_compiler::ir::{CatalogId, ChannelId, JourneyId, StepId};

/// Everything one call of the engine leads to; append-only until the host clears it.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// Decisions in order.
    pub decisions: Vec<Decision>,
    /// `call` steps to carry out, in order.
    pub calls: Vec<Call>,
    /// Catalog rows (with their keys) that something of this user now waits on: when one changes, the user is to be given it as an
    /// input. Rows that are no longer waited on do no harm ([`super::User::watches`] tells).
    pub watched: Vec<(CatalogId, Text)>,
    /// What [`Text`]s point into.
    pub text: String,
    /// The ways of instances, where the host asks for them; the host takes them out.
    pub trace: Option<Vec<Visit>>,
}

/// A piece of [`Effects::text`]; empty means "none".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Text {
    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// One decision, as `run` prints it.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// The user's clock.
    pub at: i64,
    /// The user's zone at that moment, for printing `at` and `until`.
    pub zone: Zone,
    /// What was decided.
    pub kind: Kind,
    /// About which journey.
    pub journey: Option<JourneyId>,
    /// Key of its lane as a JSON object: `{"item":"A"}`; empty for journeys without `per` (printed `{}`).
    pub key: Text,
    /// At which step.
    pub step: Option<StepId>,
    /// On which channel.
    pub channel: Option<ChannelId>,
    /// The message as a JSON object, of `sent` and `failed`.
    pub message: Text,
    /// Idempotency key of the message or attempt; the credited message of `converted`; 0 when there is none.
    pub id: u128,
    /// End of a hold, where it is known.
    pub until: Option<i64>,
    /// Rule, window, winner, error, or the author's text; for `late` the own time in ms; for `failed` also the reason.
    pub detail: Text,
}

/// A `call` effect.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// When.
    pub at: i64,
    /// By which journey and step.
    pub journey: JourneyId,
    /// The step, whose kind names the effect.
    pub step: StepId,
    /// Arguments as a JSON object.
    pub arguments: Text,
    /// Idempotency key.
    pub id: u128,
}

/// Kind of a decision with its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An input refused at the door.
    Rejected(Fact),
    /// An instance started.
    Entered,
    /// An entry that was not to be.
    Refused(Refusal),
    /// An arm of a split (or of a journey's holdout) taken; named in `detail`.
    Arm,
    /// A message waits.
    Held(Hold),
    /// A message left.
    Sent,
    /// A message will not leave.
    Dropped(Drop),
    /// The provider refused it; the reason is `detail`.
    Failed,
    /// Its instance ended or moved first.
    Cancelled(Cancel),
    /// A goal was reached.
    Converted,
    /// An instance ended otherwise.
    Exited(End),
    /// A late input acts now.
    Late,
    /// A `call` was handed to the host: its name is `detail`, its arguments are `message`.
    Called,
}

/// Declares a closed set of reasons with their printed names.
macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* $variant),* }
        impl $name {
            /// As in decisions.
            pub fn name(self) -> &'static str { match self { $(Self::$variant => $text),* } }
        }
    };
}

reasons! {
    /// Why an entry was refused.
    Refusal {
        /// The re-entry mode blocks it.
        Reenter = "reenter",
        /// Too soon after the last entry or exit.
        Cooldown = "cooldown",
        /// `at most N` entries are used up.
        Limit = "limit",
        /// Too many live instances.
        Instances = "instances",
        /// Beyond the event's declared rate.
        Rate = "rate",
        /// Outside `active`.
        Inactive = "inactive",
    }
}
reasons! {
    /// Why a message is held.
    Hold {
        /// Quiet hours of a policy or profile.
        Quiet = "quiet",
        /// The channel's own hours.
        Hours = "hours",
        /// `between` of the send.
        Window = "window",
        /// A rate: waits its turn.
        Rate = "rate",
        /// `on cap retry`.
        Cap = "cap",
    }
}
reasons! {
    /// Why a message was dropped.
    Drop {
        /// No consent for its purpose.
        NoConsent = "no_consent",
        /// An attribute the channel needs is missing.
        Unreachable = "unreachable",
        /// Quiet hours that drop, or a hold they cannot meet.
        Quiet = "quiet",
        /// A frequency cap.
        Cap = "cap",
        /// A budget.
        Budget = "budget",
        /// What led to it no longer holds at release.
        Stale = "stale",
        /// Its deadline, or the next `at`, came first.
        Expired = "expired",
        /// The rendering is longer than the channel's field.
        TooLong = "too_long",
        /// The rendering has characters the channel cannot carry.
        Unencodable = "unencodable",
    }
}
reasons! {
    /// Why an attempt was cancelled.
    Cancel {
        /// Its instance exited.
        Exit = "exit",
        /// Its instance converted.
        Goal = "goal",
        /// Its instance was restarted.
        Restart = "restart",
        /// The `at` it belongs to moved.
        Moved = "moved",
    }
}
reasons! {
    /// How an instance ended.
    End {
        /// `exit on EVENT`.
        Event = "event",
        /// `exit when P`.
        When = "when",
        /// An `exit` step.
        Step = "step",
        /// The last step.
        End = "end",
        /// `lasts at most`.
        Lifetime = "lifetime",
        /// A new entry took its lane.
        Restarted = "restarted",
        /// `on cap exit`.
        Capped = "capped",
        /// A new version of the journey.
        Version = "version",
    }
}

impl Kind {
    /// As in decisions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rejected(_) => "rejected",
            Self::Entered => "entered",
            Self::Refused(_) => "refused",
            Self::Arm => "arm",
            Self::Held(_) => "held",
            Self::Sent => "sent",
            Self::Dropped(_) => "dropped",
            Self::Failed => "failed",
            Self::Cancelled(_) => "cancelled",
            Self::Converted => "converted",
            Self::Exited(_) => "exited",
            Self::Late => "late",
            Self::Called => "called",
        }
    }
    /// The reason, where it is one of a closed set.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Rejected(fact) => Some(fact.name()),
            Self::Refused(why) => Some(why.name()),
            Self::Held(why) => Some(why.name()),
            Self::Dropped(why) => Some(why.name()),
            Self::Cancelled(why) => Some(why.name()),
            Self::Exited(how) => Some(how.name()),
            Self::Entered
            | Self::Arm
            | Self::Sent
            | Self::Failed
            | Self::Converted
            | Self::Late
            | Self::Called => None,
        }
    }
}

impl Effects {
    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.decisions.clear();
        self.calls.clear();
        self.watched.clear();
        self.text.clear();
    }
    /// The text a handle points to.
    pub fn get(&self, text: Text) -> &str {
        self.text.get(text.start as usize..text.end as usize).unwrap_or_default()
    }
    /// The reason of a decision: one of a closed set, or the provider's own word for a failure.
    pub fn reason(&self, decision: &Decision) -> Option<&str> {
        match decision.kind {
            Kind::Failed => Some(self.get(decision.detail)),
            kind => kind.reason(),
        }
    }
    /// Stores a text.
    pub fn put(&mut self, text: &str) -> Text {
        let start = self.mark();
        self.text.push_str(text);
        self.since(start)
    }
    /// The end of the buffer, to be given to [`Self::since`] after writing to [`Self::text`].
    pub fn mark(&self) -> u32 {
        self.text.len() as u32
    }
    /// What was written since a mark.
    pub fn since(&self, start: u32) -> Text {
        Text { start, end: self.text.len() as u32 }
    }
}

//! Policies: what limits sends, over all journeys.
//!
//! Within one kind the most specific scope decides: a channel's own quiet hours replace the general ones for it; caps of
//! every scope hold together.

use super::{ChannelId, ClockRange, ExprId, Span};
use serde::{Deserialize, Serialize};

/// A policy, already merged with the default one where it is named.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Name; empty for the default one.
    pub name: String,
    /// Frequency caps, in written order.
    pub caps: Vec<Cap>,
    /// Quiet hours, most specific scope first, then in written order.
    pub quiet: Vec<Quiet>,
    /// Budgets.
    pub budgets: Vec<Budget>,
    /// Sending rates.
    pub rates: Vec<Rate>,
    /// Claims that `check` proves.
    pub ensures: Vec<Ensure>,
    /// Consents must be younger (of a profile).
    pub consent_age: Option<ConsentAge>,
    /// What advertising texts begin and end with (of profiles).
    pub labels: Vec<Label>,
    /// Names of the profiles whose rules are merged in.
    pub profiles: Vec<String>,
}

/// A rule of a profile: position in [`crate::profiles::FACTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FactId(pub u32);

/// Marketing sends need a consent given less than `age` ago; one without a date is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentAge {
    /// The attribute that dates the consent.
    pub given_at: super::AttrId,
    /// Consent given at T holds while now is before T + this.
    pub age: Span,
    /// Where it comes from.
    pub fact: FactId,
}

/// What the marketing texts of a channel begin and end with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Which channel.
    pub channel: ChannelId,
    /// The mark alone, e.g. `(광고)`: where the text already begins with it, nothing is put before it.
    pub mark: String,
    /// Put before the first of `head_fields` that the message has, mark included.
    pub head: String,
    /// Fields that can carry the head, first choice first.
    pub head_fields: Vec<String>,
    /// The opt-out alone, e.g. `080-000-0000`: where the text already holds it, nothing is put after it.
    pub optout: String,
    /// Put after the first of `tail_fields` that the message has, opt-out included; empty for none.
    pub tail: String,
    /// Fields that can carry the tail, first choice first.
    pub tail_fields: Vec<String>,
    /// Who writes them.
    pub by: Labeller,
    /// Where it comes from.
    pub fact: FactId,
}

/// Who writes labels and opt-outs into texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Labeller {
    /// `labels automatic`: the runtime.
    Runtime,
    /// `labels manual`: the author; `check` looks for them.
    Author,
}

/// Which sends a rule is about; the written form names it in records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapScope {
    /// Every channel.
    All,
    /// One channel.
    Channel(ChannelId),
}

impl CapScope {
    /// Whether messages of a channel are meant.
    #[must_use]
    pub fn covers(self, channel: ChannelId) -> bool {
        match self {
            CapScope::All => true,
            CapScope::Channel(one) => one == channel,
        }
    }
}

/// `cap [SCOPE] N per PERIOD [on cap ACTION];`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// What it counts.
    pub scope: CapScope,
    /// At most this many.
    pub max: u32,
    /// In what time.
    pub per: CapPeriod,
    /// What happens to a send that would exceed it.
    pub on_cap: OnCap,
    /// Where this holds the cap does not apply (only rules of profiles have one).
    pub unless: Option<ExprId>,
    /// The rule of a profile it comes from; `None` for the author's own.
    pub fact: Option<FactId>,
}

/// Period of a cap or budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapPeriod {
    /// `day`: the local calendar day.
    Day,
    /// `week`: the local week from Monday.
    Week,
    /// `month`: the local month.
    Month,
    /// Rolling: (t − D, t].
    Rolling(Span),
}

/// One day.
const DAY_MS: i64 = 86_400_000;
/// As far as a change of clocks is reckoned to move a period's end.
const CLOCK_CHANGE_MS: i64 = DAY_MS / 12;

impl CapPeriod {
    /// The longest it can be, ms, with a change of clocks.
    #[must_use]
    pub fn longest_ms(self) -> i64 {
        match self {
            CapPeriod::Day => DAY_MS + CLOCK_CHANGE_MS,
            CapPeriod::Week => 7 * DAY_MS + CLOCK_CHANGE_MS,
            CapPeriod::Month => 31 * DAY_MS + CLOCK_CHANGE_MS,
            CapPeriod::Rolling(span) => span.longest_ms(),
        }
    }

    /// The shortest it can be, ms, with a change of clocks.
    #[must_use]
    pub fn shortest_ms(self) -> i64 {
        match self {
            CapPeriod::Day => DAY_MS - CLOCK_CHANGE_MS,
            CapPeriod::Week => 7 * DAY_MS - CLOCK_CHANGE_MS,
            CapPeriod::Month => 28 * DAY_MS - CLOCK_CHANGE_MS,
            CapPeriod::Rolling(span) => span.shortest_ms(),
        }
    }
}

/// What happens to a send over a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnCap {
    /// Dropped; the instance goes on.
    Skip,
    /// Dropped; the instance ends (`exited(capped)`).
    Exit,
    /// Held until the cap frees, at most this long.
    Retry(Span),
}

/// `quiet [SCOPE] A .. B hold|hold up to D|drop [unless P];`
///
/// The author's own rules: among those whose `unless` does not hold, the ones of the most specific scope decide together.
/// A profile's rules (`fact`) each hold besides, for marketing sends only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// What it silences.
    pub scope: CapScope,
    /// When, local.
    pub hours: ClockRange,
    /// On which local days, bit 0 = Monday; the day is that of the instant itself, also after midnight.
    pub days: u8,
    /// What happens to a send inside.
    pub action: QuietAction,
    /// Where this holds the rule does not apply and the next one decides.
    pub unless: Option<ExprId>,
    /// The rule of a profile it comes from; `None` for the author's own.
    pub fact: Option<FactId>,
}

/// What happens to a send in quiet hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuietAction {
    /// Held to the end of the quiet hours.
    Hold,
    /// Held if they end within this long, else `dropped(quiet)` at once.
    HoldUpTo(Span),
    /// `dropped(quiet)`.
    Drop,
}

/// `budget [SCOPE] AMOUNT [per user] per PERIOD;`
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// What it pays for.
    pub scope: CapScope,
    /// Most money, project currency.
    pub amount: f64,
    /// In what time (calendar words: the project's zone for project budgets, the user's for per-user ones).
    pub per: CapPeriod,
    /// Whose purse.
    pub of: Purse,
}

/// Whose purse a budget is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purse {
    /// The whole project's.
    Project,
    /// Each user's.
    User,
}

/// `rate SCOPE N per D;`: rolling, every purpose; beyond it messages wait their turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// What it slows.
    pub scope: CapScope,
    /// At most this many.
    pub max: u32,
    /// In this time.
    pub per: Span,
}

/// `ensure …;`: proven by `check`, not executed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ensure {
    /// `ensure [demand] at most N [SCOPE] per D`
    Messages {
        /// Which.
        scope: CapScope,
        /// At most.
        max: u32,
        /// In this time.
        per: CapPeriod,
        /// Before caps.
        demand: bool,
    },
    /// `ensure cost at most X per D`, per user.
    Cost {
        /// At most.
        max: f64,
        /// In this time.
        per: CapPeriod,
    },
    /// `ensure campaign cost at most X for N users per D`
    CampaignCost {
        /// At most.
        max: f64,
        /// Audience.
        users: u64,
        /// In this time.
        per: CapPeriod,
    },
}

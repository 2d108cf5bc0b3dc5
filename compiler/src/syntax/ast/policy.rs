//! Policies: caps, quiet hours, budgets, rates, promises, profiles.

use super::{ClockRange, Doc, DurationLit, Expr, Ident, Spanned, StrLit};
use crate::source::Span;

/// `policy { … }`, `policy gentle { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// Its name; none for the default policy.
    pub name: Option<Ident>,
    /// Its rules.
    pub items: Vec<PolicyItem>,
    /// Its place.
    pub span: Span,
}

/// A rule of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyItem {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// What it says.
    pub kind: PolicyItemKind,
    /// Its place.
    pub span: Span,
}

/// The kinds of rule. A `scope` is a channel; without one the rule holds for all.
#[derive(Debug, Clone, PartialEq)]
pub enum PolicyItemKind {
    /// `cap sms 4 per 30d on cap exit;`
    Cap {
        /// The channel.
        scope: Option<Ident>,
        /// The most messages.
        count: Spanned<i64>,
        /// In which period.
        per: Period,
        /// What happens beyond; `skip` where not written.
        on_cap: Option<OnCap>,
    },
    /// `quiet sms 20:50 .. 08:00 drop unless user.night_consent;`
    Quiet {
        /// The channel.
        scope: Option<Ident>,
        /// The hours.
        hours: ClockRange,
        /// What happens to a message due then.
        action: QuietAction,
        /// Who is exempt.
        unless: Option<Expr>,
    },
    /// `budget sms 500_000 per month;`, `budget 60 per user per 30d;`
    Budget {
        /// The channel.
        scope: Option<Ident>,
        /// The most to spend.
        amount: Spanned<i64>,
        /// The place of `per user`, where written; else it is the project's.
        per_user: Option<Span>,
        /// In which period.
        per: Period,
    },
    /// `rate push 10_000 per 1m;`
    Rate {
        /// The channel.
        scope: Option<Ident>,
        /// The most messages.
        count: Spanned<i64>,
        /// In which time.
        per: Period,
    },
    /// `ensure [demand] … per 1d;`
    Ensure {
        /// The place of `demand`, where written: before caps.
        demand: Option<Span>,
        /// What is promised.
        promise: Promise,
        /// In which period.
        per: Period,
    },
    /// `profile kr { night: user.night_consent; labels automatic; }`
    Profile {
        /// The jurisdiction.
        name: Ident,
        /// The names its rules need.
        bindings: Vec<ProfileBinding>,
        /// `labels automatic`, `labels manual`
        labels: Option<Spanned<Labels>>,
    },
    /// `exempt kr.K3 because "…";`
    Exempt {
        /// The jurisdiction.
        profile: Ident,
        /// The rule.
        rule: Ident,
        /// Why.
        because: StrLit,
    },
    /// Something that could not be read; a diagnostic was raised.
    Error,
}

/// `per day`, `per 30d`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// A word: a calendar period.
    Calendar(Spanned<CalendarPeriod>),
    /// A duration: a rolling window.
    Rolling(DurationLit),
}

/// `day week month`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum CalendarPeriod {
    Day,
    Week,
    Month,
}

/// What happens to a message beyond its cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnCap {
    /// `on cap skip`: the default.
    Skip,
    /// `on cap exit`
    Exit,
    /// `on cap retry up to D`
    Retry(DurationLit),
}

/// What happens to a message in quiet hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuietAction {
    /// `hold`
    Hold,
    /// `hold up to D`
    HoldUpTo(DurationLit),
    /// `drop`
    Drop,
}

/// What an `ensure` promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Promise {
    /// `at most 2 push`, `at most 5`
    Messages {
        /// The most messages to one user.
        count: Spanned<i64>,
        /// On which channel.
        scope: Option<Ident>,
    },
    /// `cost at most 60`: for one user.
    Cost {
        /// The most to spend.
        amount: Spanned<i64>,
    },
    /// `campaign cost at most 2_000_000 for 100_000 users`
    CampaignCost {
        /// The most to spend.
        amount: Spanned<i64>,
        /// For how many users.
        users: Spanned<i64>,
    },
}

/// `night: user.night_consent;`
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileBinding {
    /// The name the rules use.
    pub name: Ident,
    /// What it is here.
    pub value: Expr,
    /// Its place.
    pub span: Span,
}

/// Who writes labels and opt-outs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Labels {
    /// `labels automatic`: the runtime adds them.
    Automatic,
    /// `labels manual`: the author does, the compiler checks.
    Manual,
}

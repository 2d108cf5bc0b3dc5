//! The table of diagnostics: number, public name, severity, page. One line per code; numbers are never used again.
//!
//! Only codes that are really raised stand here. Families: 00 syntax, 01 names, 02 types, 03 flow, 04 entry, 05 policies, 06 content,
//! 07 compliance, 08 bounds, 09 time, 10 versions, 99 internal. To add one, write `diagnostics/NAME.md` first (what it means, why it
//! matters, a failing and a fixed example), then its line in the family below.

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The program is refused.
    Error,
    /// The program runs; something is probably not meant.
    Warning,
    /// A report or advice.
    Info,
}

impl Severity {
    /// `error`, `warning` or `info`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// A kind of diagnostic.
#[derive(Debug)]
pub struct Code {
    /// `WL` + family + number, such as `WL0001`.
    pub number: &'static str,
    /// The kebab name: the public contract.
    pub name: &'static str,
    /// The severity unless a finding says otherwise.
    pub severity: Severity,
    /// Its page in Markdown.
    pub page: &'static str,
}

impl PartialEq for Code {
    fn eq(&self, other: &Code) -> bool {
        self.number == other.number
    }
}

impl Eq for Code {}

/// The code of a name or number.
#[must_use]
pub fn find(name: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.name == name || code.number.eq_ignore_ascii_case(name))
}

macro_rules! codes {
    ($($id:ident $number:literal $name:literal $severity:ident;)*) => {
        $(
            #[doc = concat!("`", $name, "`, ", $number, ": see its page.")]
            pub static $id: Code = Code {
                number: $number,
                name: $name,
                severity: Severity::$severity,
                page: include_str!(concat!("../diagnostics/", $name, ".md")),
            };
        )*
        /// Every code, by number.
        pub static ALL: &[&Code] = &[$(&$id),*];
    };
}

codes! {
    // 00 syntax
    SYNTAX            "WL0001" "syntax"            Error;
    LIMIT             "WL0002" "limit"             Error;
    ENCODING          "WL0003" "encoding"          Error;
    BIDI_CONTROL      "WL0004" "bidi-control"      Error;
    MIXED_DURATION    "WL0006" "mixed-duration"    Error;
    BAD_LITERAL       "WL0007" "bad-literal"       Error;
    CONTROL_CHARACTER "WL0008" "control-character" Error;
    BYTE_ORDER_MARK   "WL0009" "byte-order-mark"   Warning;
    MERGE_CONFLICT    "WL0010" "merge-conflict"    Error;

    // 01 names
    UNKNOWN_NAME      "WL0101" "unknown-name"      Error;
    AMBIGUOUS_NAME    "WL0102" "ambiguous-name"    Error;
    RECURSIVE_NAME    "WL0103" "recursive-name"    Error;
    DUPLICATE_NAME    "WL0104" "duplicate-name"    Error;
    CONFUSABLE_NAME   "WL0105" "confusable-name"   Error;
    RECURSIVE_SEQUENCE "WL0106" "recursive-sequence" Error;
    DEPRECATED        "WL0107" "deprecated"        Warning;
    UNUSED_SILENCE    "WL0108" "unused-silence"    Warning;
    UNUSED            "WL0109" "unused"            Warning;
    DUPLICATE_JOURNEY "WL0110" "duplicate-journey" Warning;

    // 02 types
    TYPE_MISMATCH     "WL0201" "type-mismatch"     Error;
    UNKNOWN_MEMBER    "WL0202" "unknown-member"    Error;
    MAYBE_MISSING     "WL0203" "maybe-missing"     Error;
    MAYBE_ZERO        "WL0204" "maybe-zero"        Error;
    NOT_EXHAUSTIVE    "WL0205" "not-exhaustive"    Error;
    OPTIONAL_KEY      "WL0206" "optional-key"      Error;
    MISSING_WINDOW    "WL0207" "missing-window"    Error;
    BAD_PATTERN       "WL0208" "bad-pattern"       Error;
    SPLIT_SUM         "WL0209" "split-sum"         Error;
    NEEDS_LIFETIME    "WL0210" "needs-lifetime"    Error;
    USER_DEFAULT      "WL0211" "user-default"      Error;
    MISSING_FIELD     "WL0212" "missing-field"     Error;
    INVALID_VALUE     "WL0213" "invalid-value"     Error;

    // 03 flow
    DEAD_BRANCH       "WL0301" "dead-branch"       Error;
    UNREACHABLE_STEP  "WL0303" "unreachable-step"  Error;
    UNREACHABLE_GOAL  "WL0302" "unreachable-goal"  Error;
    ALWAYS_TRUE       "WL0304" "always-true"       Warning;
    GOAL_WINDOW_TOO_SHORT "WL0305" "goal-window-too-short" Warning;
    WAIT_NEVER_ENDS   "WL0306" "wait-never-ends"   Error;
    ENTRY_IMPLIES_EXIT "WL0307" "entry-implies-exit" Error;
    REDUNDANT_EXIT    "WL0308" "redundant-exit"    Warning;

    // 04 entry
    SEGMENT_REENTER   "WL0401" "segment-reenter"   Error;
    IMPLICIT_NEVER    "WL0402" "implicit-never"    Warning;
    KEY_MISMATCH      "WL0403" "key-mismatch"      Warning;
    UNBOUNDED_INSTANCES "WL0404" "unbounded-instances" Warning;
    INSTANT_LOOP      "WL0405" "instant-loop"      Error;
    TIMED_LOOP        "WL0406" "timed-loop"        Warning;

    // 05 policies
    NEVER_SENDABLE    "WL0501" "never-sendable"    Error;
    SOMETIMES_LATE    "WL0502" "sometimes-late"    Warning;
    SURPLUS_SENDS     "WL0503" "surplus-sends"     Error;
    CAP_MAY_DROP      "WL0504" "cap-may-drop"      Warning;
    CAP_NEVER_BINDS   "WL0505" "cap-never-binds"   Warning;
    CONFLICTING_POLICIES "WL0506" "conflicting-policies" Error;
    COMPETING_JOURNEYS "WL0507" "competing-journeys" Warning;
    SHADOWED_SEND     "WL0508" "shadowed-send"     Error;

    // 06 content
    TOO_LONG          "WL0601" "too-long"          Error;
    UNENCODABLE       "WL0602" "unencodable"       Error;
    MISSING_LOCALE    "WL0603" "missing-locale"    Warning;
    ITEM_MISMATCH     "WL0604" "item-mismatch"     Error;

    // 07 compliance
    UNBOUND_PROFILE   "WL0701" "unbound-profile"   Error;
    CHANNEL_PURPOSE   "WL0702" "channel-purpose"   Error;
    NO_CONSENT_RULE   "WL0703" "no-consent-rule"   Error;
    WEAKER_THAN_PROFILE "WL0704" "weaker-than-profile" Error;
    MISSING_LABEL     "WL0705" "missing-label"     Error;
    NIGHT_ADVERTISING "WL0706" "night-advertising" Info;
    STALE_CONSENT     "WL0707" "stale-consent"     Info;

    // 08 bounds
    MESSAGE_BOUND     "WL0801" "message-bound"     Error;
    COST_BOUND        "WL0802" "cost-bound"        Error;
    DURATION_BOUND    "WL0803" "duration-bound"    Info;
    INSTANCE_BOUND    "WL0804" "instance-bound"    Info;
    UNKNOWN           "WL0805" "unknown"           Info;

    // 09 time
    DST_FRAGILE       "WL0901" "dst-fragile"       Warning;

    // 10 versions
}

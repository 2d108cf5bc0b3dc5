//! The statements by their first word, with a form to copy: what "did you mean" chooses from and what help shows.
//!
//! Knows nothing of trees or places. Start reading at [`Part`].

/// What a skipped place should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A declaration, or a statement of the file's journey.
    Top,
    /// A statement of a journey.
    Statement,
    /// A step of a block.
    Step,
    /// A field of an event, a user, a catalog, a record.
    Field,
    /// A class.
    Class,
    /// A statement of a channel.
    Channel,
    /// A rule of a policy.
    Policy,
    /// A binding of a profile.
    Profile,
    /// An arm of a match.
    Arm,
    /// An arm of a wait.
    Wait,
    /// An arm of a split.
    Split,
    /// A field of a message or an event.
    Init,
    /// A text of a locale.
    Locale,
    /// A line of a test.
    Test,
    /// An expression in a text.
    Interpolation,
}

/// Statements by their first word, with a form to copy. The first column is also what "did you mean" chooses from.
const STEPS: &[(&str, &str)] = &[
    ("wait", "`wait 1h;`, `wait until 10:00;`, `wait until P up to 3d;` or `wait for EVENT up to 1d { … }`"),
    ("send", "`send push \"text\";` or `send push { title: \"…\"; body: \"…\"; }`"),
    ("if", "`if P { … } else { … }`"),
    ("unless", "`unless P { … }`"),
    ("match", "`match E { \"a\" => … otherwise => … }`"),
    ("split", "`split NAME { a 45% { … } b 45% { … } holdout 10% }`"),
    ("at", "`at TIME { … }`, `at TIME on day -7 at 10:00 { … }` or, as an entry, `at INSTANT for SEGMENT;`"),
    ("repeat", "`repeat up to 3 times every 1d until P { … }`"),
    ("set", "`set user.NAME = E;`"),
    ("emit", "`emit EVENT { field: E; };`"),
    ("call", "`call NAME { field: E; };`"),
    ("exit", "`exit;` or `exit \"reason\";`, and in the header `exit on EVENT;` or `exit when P;`"),
    ("do", "`do SEQUENCE(…);`"),
];
const HEADER: &[(&str, &str)] = &[
    ("on", "`on EVENT per FIELD where P reenter after exit;`"),
    (
        "every",
        "`every day at 10:00 for SEGMENT;`, `every week on monday at …`, `every month on 1 at …` or `every year on DATE at …`",
    ),
    ("goal", "`goal EVENT within 3d where P;`"),
    ("refresh", "`refresh on EVENT;`"),
    ("purpose", "`purpose marketing;`"),
    ("policy", "`policy NAME;`"),
    ("priority", "`priority 10;`"),
    ("lasts", "`lasts at most 30d;`"),
    ("holdout", "`holdout 5%;`"),
    ("active", "`active 2026-12-01 .. 2026-12-31;`"),
];
const DECLARATIONS: &[(&str, &str)] = &[
    ("event", "`event NAME(SUBJECT) { field: type; }`"),
    ("user", "`user { name: type = default; }`"),
    ("catalog", "`catalog NAME per KEY { column: type; }`"),
    ("define", "`define NAME = E;`"),
    ("segment", "`segment NAME = P;`"),
    ("classify", "`classify NAME { class when P; other otherwise; }`"),
    ("channel", "`channel NAME { needs …; purposes marketing; main text: string; }`"),
    ("template", "`template NAME for CHANNEL approved { field: type; }`"),
    ("policy", "`policy { cap 3 per day; }`"),
    ("sequence", "`sequence NAME(param: type) { … }`"),
    ("journey", "`journey NAME { on EVENT; … }`"),
    ("test", "`test \"what\" for JOURNEY { … }`"),
];
const POLICY: &[(&str, &str)] = &[
    ("cap", "`cap push 1 per 4h on cap skip;`"),
    ("quiet", "`quiet 21:00 .. 08:00 hold;`"),
    ("budget", "`budget sms 500_000 per month;`"),
    ("rate", "`rate push 10_000 per 1m;`"),
    ("ensure", "`ensure at most 2 push per 1d;` or `ensure cost at most 60 per 30d;`"),
    ("profile", "`profile kr { sender: \"…\"; labels automatic; }`"),
    ("exempt", "`exempt kr.K3 because \"…\";`"),
];
const CHANNEL: &[(&str, &str)] = &[
    ("needs", "`needs user.phone;`"),
    ("consent", "`consent marketing: user.marketing_consent;`"),
    ("purposes", "`purposes marketing, informational;`"),
    ("hours", "`hours 08:00 .. 21:00;`"),
    ("costs", "`costs 9;`"),
    ("uncapped", "`uncapped;`"),
    ("unbilled", "`unbilled on failure;`"),
    ("templates", "`templates approved;`"),
    ("main", "`main text: string at most 90 bytes euckr;`"),
];

const TEST: &[(&str, &str)] = &[
    ("expect", "`expect sent push at 2026-01-05 11:00 where title contains \"Case\";`"),
    ("at", "`at 2026-01-05 10:00 EVENT { field: value; };`"),
    ("after", "`after 20m EVENT { field: value; };` or `after 1d;`"),
    ("user", "`user { name: \"…\"; }`"),
    ("provider", "`provider push fails \"blocked\";`"),
    ("delete", "`delete product \"A\";`"),
];

/// The words a place's statements start with.
pub(super) fn words(part: Part) -> Vec<(&'static str, &'static str)> {
    let tables: &[&[(&str, &str)]] = match part {
        Part::Top => &[DECLARATIONS, STEPS, HEADER],
        Part::Statement => &[STEPS, HEADER],
        Part::Step => &[STEPS],
        Part::Channel => &[CHANNEL],
        Part::Policy => &[POLICY],
        Part::Test => &[TEST],
        Part::Field
        | Part::Class
        | Part::Profile
        | Part::Arm
        | Part::Wait
        | Part::Split
        | Part::Init
        | Part::Locale
        | Part::Interpolation => &[],
    };
    tables.concat()
}

/// Whether a declaration starts with the word.
pub(super) fn declares(word: &str) -> bool {
    DECLARATIONS.iter().any(|(known, _)| *known == word)
}

/// What may start a statement at a place, in words.
pub(super) fn starters(part: Part) -> &'static str {
    match part {
        Part::Top => {
            "a declaration (`event`, `segment`, `journey`, …), an entry (`on`, `every`) or a step (`wait`, `send`, `if`, …)"
        }
        Part::Statement => {
            "an entry (`on`, `every`), the header (`goal`, `exit`, …) or a step (`wait`, `send`, `if`, …)"
        }
        Part::Step => {
            "a step: `wait`, `send`, `if`, `unless`, `match`, `split`, `at`, `repeat`, `set`, `emit`, `call`, `exit` or `do`"
        }
        Part::Channel => "`needs`, `consent`, `purposes`, `hours`, `costs`, `main NAME: TYPE` or a field",
        Part::Policy => "`cap`, `quiet`, `budget`, `rate`, `ensure`, `profile` or `exempt`",
        Part::Test => "`user`, a row, `at DATE TIME`, `after 1d`, `provider` or `expect`",
        Part::Field | Part::Init | Part::Profile | Part::Locale => "a name and `:`",
        Part::Class => "the name of a class",
        Part::Arm => "a literal or `otherwise`",
        Part::Wait => "`on`",
        Part::Split => "the name of an arm",
        Part::Interpolation => "a name",
    }
}

/// Whether a word is a misspelling of another.
pub(super) fn is_near(word: &str, known: &str) -> bool {
    strsim::damerau_levenshtein(&word.to_lowercase(), known) <= known.len().div_ceil(3).min(3)
}

/// The statement of a place that a word is nearest to, with its form.
pub(super) fn nearest(word: &str, part: Part) -> Option<(&'static str, &'static str)> {
    words(part)
        .into_iter()
        .filter(|(known, _)| is_near(word, known))
        .min_by_key(|(known, _)| strsim::damerau_levenshtein(&word.to_lowercase(), known))
}

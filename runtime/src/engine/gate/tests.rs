//! The gate at its boundaries, and the search for the end of a hold against a walk over every minute.

use super::*;
use wayline_compiler::calendar::text::{instant, parse_instant};
use wayline_compiler::calendar::{DAY_MS, hours, weekday};
use wayline_compiler::ir::{
    Budget, Cap, CapPeriod, CapScope, ClockRange, ConsentAge, FactId, OnCap, Purse, Quiet, QuietAction, Rate,
    Span,
};

const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;
const PUSH: ChannelId = ChannelId(0);
const SMS: ChannelId = ChannelId(1);
const IN_APP: ChannelId = ChannelId(2);
/// A condition that holds for the user of [`Night`].
const NIGHT: ExprId = ExprId(7);

fn channel(name: &str, cost: f64) -> Channel {
    Channel {
        name: name.to_owned(),
        needs: Vec::new(),
        consent: Vec::new(),
        purposes: vec![Purpose::Marketing, Purpose::Informational, Purpose::Transactional],
        hours: None,
        cost,
        uncapped: false,
        unbilled_on_failure: false,
        templates_only: false,
        deprecated: None,
        fields: Vec::new(),
        main: None,
    }
}

fn program() -> Program {
    let mut program = Program::empty("Asia/Seoul");
    program.channels = vec![channel("push", 0.0), channel("sms", 9.0), channel("in_app", 0.0)];
    program.channels[2].uncapped = true;
    program.policies = vec![Policy::default()];
    program
}

fn send(purpose: Purpose) -> Send {
    Send { purpose, options: Vec::new(), between: None, days: hours::EVERY_DAY, within: None, since: None }
}

fn range(from: &str, to: &str) -> ClockRange {
    let clock = |text: &str| wayline_compiler::calendar::text::parse_clock(text).expect("a clock");
    ClockRange { from_ms: clock(from), to_ms: clock(to) }
}

fn quiet(scope: CapScope, from: &str, to: &str, action: QuietAction) -> Quiet {
    Quiet { scope, hours: range(from, to), days: hours::EVERY_DAY, action, unless: None, fact: None }
}

fn cap(scope: CapScope, max: u32, per: CapPeriod, on_cap: OnCap) -> Cap {
    Cap { scope, max, per, on_cap, unless: None, fact: None }
}

fn at(text: &str) -> i64 {
    parse_instant(text).expect("an instant")
}

fn seoul() -> Zone {
    Zone::named("Asia/Seoul").expect("a zone")
}

/// A user for whom these conditions hold and who has these attributes.
#[derive(Default)]
struct User {
    holds: Vec<ExprId>,
    attributes: Vec<(AttrId, Slot)>,
}

impl Facts for User {
    fn holds(&mut self, predicate: ExprId) -> bool {
        self.holds.contains(&predicate)
    }
    fn attribute(&mut self, attribute: AttrId) -> Slot {
        self.attributes.iter().find(|(id, _)| *id == attribute).map_or(Slot::MISSING, |(_, slot)| *slot)
    }
}

fn attempt<'a>(program: &'a Program, send: &'a Send, channel: ChannelId, now: i64) -> Attempt<'a> {
    Attempt {
        program,
        policy: &program.policies[0],
        send,
        channel,
        zone: seoul(),
        now,
        held_since: now,
        deadline: i64::MAX,
        retry_until: None,
        id: 1,
        journey: JourneyId(0),
        step: StepId(0),
    }
}

/// What hours say, in short: `open`, `quiet 2026-…`, `never`, `drop`.
fn hours_say(attempt: &Attempt<'_>, user: &mut User) -> String {
    match timing(attempt, user) {
        Timing::Open => "open".to_owned(),
        Timing::Later { why, until, .. } => format!("{} {}", why.name(), instant(until, attempt.zone)),
        Timing::Never { .. } => "never".to_owned(),
        Timing::Drop { .. } => "drop".to_owned(),
    }
}

#[track_caller]
fn check_hours(program: &Program, send: &Send, channel: ChannelId, now: &str, expected: &str) {
    let attempt = attempt(program, send, channel, at(now));
    assert_eq!(hours_say(&attempt, &mut User::default()), expected, "at {now}");
}

#[test]
fn quiet_hours_are_half_open_and_wrap() {
    let mut program = program();
    program.policies[0].quiet = vec![quiet(CapScope::All, "21:00", "08:00", QuietAction::Hold)];
    let send = send(Purpose::Marketing);
    check_hours(&program, &send, PUSH, "2026-01-05T20:59:59.999+09:00", "open");
    check_hours(&program, &send, PUSH, "2026-01-05T21:00:00+09:00", "quiet 2026-01-06T08:00:00+09:00");
    check_hours(&program, &send, PUSH, "2026-01-06T07:59:59.999+09:00", "quiet 2026-01-06T08:00:00+09:00");
    check_hours(&program, &send, PUSH, "2026-01-06T08:00:00+09:00", "open");
}

#[test]
fn informational_obeys_quiet_hours_and_transactional_does_not() {
    let mut program = program();
    program.policies[0].quiet = vec![quiet(CapScope::All, "21:00", "08:00", QuietAction::Hold)];
    program.channels[1].hours = Some(range("09:00", "20:00"));
    let now = "2026-01-05T22:00:00+09:00";
    check_hours(&program, &send(Purpose::Informational), PUSH, now, "quiet 2026-01-06T08:00:00+09:00");
    check_hours(&program, &send(Purpose::Transactional), PUSH, now, "open");
    check_hours(&program, &send(Purpose::Transactional), SMS, now, "hours 2026-01-06T09:00:00+09:00");
}

#[test]
fn all_rules_are_met_at_once() {
    let mut program = program();
    program.channels[1].hours = Some(range("08:00", "21:00"));
    program.policies[0].quiet = vec![
        quiet(CapScope::Channel(SMS), "11:00", "12:30", QuietAction::Hold),
        quiet(CapScope::All, "00:00", "24:00", QuietAction::Hold),
    ];
    let mut send = send(Purpose::Marketing);
    send.between = Some(range("11:00", "13:00"));
    send.days = 0b001_1111;
    // Friday 13:00 is past the window; Saturday and Sunday are no weekdays; on Monday the channel's own quiet hours (which
    // replace the general ones) end at 12:30.
    check_hours(&program, &send, SMS, "2026-01-09T13:00:00+09:00", "window 2026-01-12T12:30:00+09:00");
    check_hours(&program, &send, SMS, "2026-01-12T12:00:00+09:00", "quiet 2026-01-12T12:30:00+09:00");
    check_hours(&program, &send, SMS, "2026-01-12T12:59:59+09:00", "open");
    check_hours(&program, &send, PUSH, "2026-01-12T12:30:00+09:00", "never");
}

#[test]
fn where_unless_holds_the_next_scope_decides() {
    let mut program = program();
    let mut night = quiet(CapScope::Channel(SMS), "20:50", "08:00", QuietAction::Drop);
    night.unless = Some(NIGHT);
    program.policies[0].quiet = vec![night, quiet(CapScope::All, "23:00", "07:00", QuietAction::Hold)];
    let send = send(Purpose::Marketing);
    let say = |now: &str, user: &mut User| hours_say(&attempt(&program, &send, SMS, at(now)), user);
    assert_eq!(say("2026-01-05T20:50:00+09:00", &mut User::default()), "drop");
    let mut owl = User { holds: vec![NIGHT], ..User::default() };
    assert_eq!(say("2026-01-05T22:59:00+09:00", &mut owl), "open");
    assert_eq!(say("2026-01-05T23:00:00+09:00", &mut owl), "quiet 2026-01-06T07:00:00+09:00");
    assert_eq!(say("2026-01-06T07:30:00+09:00", &mut User::default()), "drop");
}

#[test]
fn a_hold_that_would_last_too_long_is_dropped_when_due() {
    let mut program = program();
    let up_to = QuietAction::HoldUpTo(Span::Exact(3 * HOUR));
    program.policies[0].quiet = vec![quiet(CapScope::All, "21:00", "08:00", up_to)];
    let send = send(Purpose::Marketing);
    check_hours(&program, &send, PUSH, "2026-01-06T04:59:59.999+09:00", "drop");
    check_hours(&program, &send, PUSH, "2026-01-06T05:00:00+09:00", "quiet 2026-01-06T08:00:00+09:00");
}

#[test]
fn rules_of_a_profile_hold_beside_the_authors_and_for_advertising_only() {
    let mut program = program();
    let mut night = quiet(CapScope::Channel(PUSH), "21:00", "08:00", QuietAction::Hold);
    night.fact = Some(FactId(2));
    night.unless = Some(NIGHT);
    program.policies[0].quiet = vec![night, quiet(CapScope::All, "20:00", "07:00", QuietAction::Hold)];
    let now = "2026-01-05T22:00:00+09:00";
    check_hours(&program, &send(Purpose::Marketing), PUSH, now, "quiet 2026-01-06T08:00:00+09:00");
    check_hours(&program, &send(Purpose::Informational), PUSH, now, "quiet 2026-01-06T07:00:00+09:00");
    let advertising = send(Purpose::Marketing);
    let mut owl = User { holds: vec![NIGHT], ..User::default() };
    let attempt = attempt(&program, &advertising, PUSH, at(now));
    assert_eq!(hours_say(&attempt, &mut owl), "quiet 2026-01-06T07:00:00+09:00");
}

#[test]
fn changes_of_clocks_end_holds_at_the_end_of_the_gap_and_at_the_first_of_two() {
    let mut program = program();
    program.policies[0].quiet = vec![quiet(CapScope::All, "22:00", "02:30", QuietAction::Hold)];
    let send = send(Purpose::Marketing);
    let new_york = Zone::named("America/New_York").expect("a zone");
    let say = |now: &str| {
        let attempt = Attempt { zone: new_york, ..attempt(&program, &send, PUSH, at(now)) };
        hours_say(&attempt, &mut User::default())
    };
    assert_eq!(say("2026-03-07T23:00:00-05:00"), "quiet 2026-03-08T03:00:00-04:00");
    program.policies[0].quiet = vec![quiet(CapScope::All, "22:00", "01:30", QuietAction::Hold)];
    let say = |now: &str| {
        let attempt = Attempt { zone: new_york, ..attempt(&program, &send, PUSH, at(now)) };
        hours_say(&attempt, &mut User::default())
    };
    assert_eq!(say("2026-10-31T23:00:00-04:00"), "quiet 2026-11-01T01:30:00-04:00");
    // Set back to 01:00, the clock shows quiet hours once more.
    assert_eq!(say("2026-11-01T01:00:00-05:00"), "quiet 2026-11-01T01:30:00-05:00");
}

/// splitmix64
fn random(seed: &mut u64, below: i64) -> i64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) % below as u64) as i64
}

#[test]
fn the_search_for_the_end_of_a_hold_agrees_with_a_walk_over_every_minute() {
    let zones = [
        "Asia/Seoul",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Beirut",
        "Africa/Cairo",
        "America/Havana",
    ];
    let changes =
        ["2026-03-06T00:00:00Z", "2026-03-27T00:00:00Z", "2026-04-03T00:00:00Z", "2026-10-30T00:00:00Z"];
    let seed = &mut 1;
    let clock = |seed: &mut u64| random(seed, 49) * 30 * MINUTE;
    for _ in 0..600 {
        let mut program = program();
        let window = |seed: &mut u64| ClockRange { from_ms: clock(seed) % DAY_MS, to_ms: clock(seed) };
        let days = [hours::EVERY_DAY, 0b001_1111, 0b110_0000, 0b000_0001][random(seed, 4) as usize];
        let mut send = send(Purpose::Marketing);
        if random(seed, 2) == 0 {
            (send.between, send.days) = (Some(window(seed)), days);
        }
        if random(seed, 2) == 0 {
            program.channels[0].hours = Some(window(seed));
        }
        for _ in 0..random(seed, 3) {
            let rule =
                Quiet { hours: window(seed), ..quiet(CapScope::All, "00:00", "00:00", QuietAction::Hold) };
            program.policies[0].quiet.push(rule);
        }
        let zone = Zone::named(zones[random(seed, 6) as usize]).expect("a zone");
        let now = at(changes[random(seed, 4) as usize]) + random(seed, 5 * 24 * 60) * MINUTE;
        let attempt = Attempt { zone, ..attempt(&program, &send, PUSH, now) };
        let allowed = |ms: i64| {
            let local = zone.local(ms);
            let inside = |range: ClockRange| hours::contains(range, local.clock);
            let window =
                send.between.is_none_or(|range| inside(range) && send.days >> weekday(local.date) & 1 == 1);
            let channel = program.channels[0].hours.is_none_or(inside);
            window && channel && !program.policies[0].quiet.iter().any(|quiet| inside(quiet.hours))
        };
        let walked = (0..15 * 24 * 60).map(|minute| now + minute * MINUTE).find(|ms| allowed(*ms));
        let found = match timing(&attempt, &mut User::default()) {
            Timing::Open => Some(now),
            Timing::Later { until, .. } => Some(until),
            Timing::Never { .. } => None,
            Timing::Drop { .. } => panic!("no rule drops"),
        };
        assert_eq!(found.map(|ms| instant(ms, zone)), walked.map(|ms| instant(ms, zone)), "{program:?}");
    }
}

#[test]
fn a_deadline_includes_its_last_instant() {
    let mut program = program();
    program.policies[0].quiet = vec![quiet(CapScope::All, "21:00", "08:00", QuietAction::Hold)];
    let mut send = send(Purpose::Marketing);
    let due = at("2026-01-05T22:00:00+09:00");
    let outcome = |hours: i64, now: &str, send: &mut Send| {
        send.within = Some(Span::Exact(hours * HOUR));
        let deadline = deadline(send, due, seoul());
        admit(&Attempt { deadline, ..attempt(&program, send, PUSH, at(now)) }, None, &mut User::default())
    };
    let until = |outcome: Result<(), Obstacle>| match outcome {
        Err(Obstacle::Wait(wait)) => instant(wait.until, seoul()),
        other => format!("{other:?}"),
    };
    let now = "2026-01-05T22:00:00+09:00";
    assert_eq!(until(outcome(11, now, &mut send)), "2026-01-06T08:00:00+09:00");
    assert_eq!(until(outcome(9, now, &mut send)), "2026-01-06T07:00:00+09:00", "to be expired then");
    assert_eq!(outcome(10, "2026-01-06T08:00:00+09:00", &mut send), Ok(()));
    let expired = outcome(9, "2026-01-06T07:00:00+09:00", &mut send);
    assert_eq!(expired, Err(Obstacle::Drop { why: Drop::Expired, detail: "within 9h".to_owned() }));
}

/// One user's sends through caps, one after the other: `sent`, or what stands in the way.
struct Story<'a> {
    program: &'a Program,
    ledger: Option<Box<Ledger>>,
    pool: Pool,
    next: u128,
}

impl<'a> Story<'a> {
    fn of(program: &'a Program) -> Self {
        Self { program, ledger: None, pool: Pool::new(program), next: 1 }
    }
    fn send(&mut self, now: &str, channel: ChannelId, purpose: Purpose) -> String {
        let send = send(purpose);
        let attempt = Attempt { id: self.next, ..attempt(self.program, &send, channel, at(now)) };
        self.next += 1;
        self.outcome(&attempt)
    }
    fn outcome(&mut self, attempt: &Attempt<'_>) -> String {
        let admitted = admit(attempt, self.ledger.as_deref(), &mut User::default());
        let taken = admitted.and_then(|()| take(attempt, 1, &mut self.ledger, &mut self.pool));
        match taken {
            Ok(()) => "sent".to_owned(),
            Err(Obstacle::Wait(wait)) => format!("{} {}", wait.why.name(), instant(wait.until, attempt.zone)),
            Err(Obstacle::Drop { why, detail }) => format!("{}: {detail}", why.name()),
            Err(Obstacle::Exit { detail }) => format!("exit: {detail}"),
        }
    }
    #[track_caller]
    fn check(&mut self, now: &str, channel: ChannelId, expected: &str) {
        assert_eq!(self.send(now, channel, Purpose::Marketing), expected, "at {now}");
    }
}

const ROLLING: CapPeriod = CapPeriod::Rolling(Span::Exact(24 * HOUR));

#[test]
fn a_rolling_cap_is_free_exactly_its_length_later() {
    let mut program = program();
    program.policies[0].caps = vec![
        cap(CapScope::Channel(PUSH), 1, ROLLING, OnCap::Skip),
        cap(CapScope::All, 2, ROLLING, OnCap::Skip),
    ];
    let mut story = Story::of(&program);
    story.check("2026-01-05T23:59:00+09:00", PUSH, "sent");
    story.check(
        "2026-01-06T23:58:59.999+09:00",
        PUSH,
        "cap: cap push 1 per 24h: used by . at 2026-01-05T23:59:00+09:00",
    );
    story.check("2026-01-06T23:58:59.999+09:00", SMS, "sent");
    story.check(
        "2026-01-06T23:58:59.999+09:00",
        SMS,
        "cap: cap 2 per 24h: used by . at 2026-01-06T23:58:59.999+09:00",
    );
    story.check("2026-01-06T23:59:00+09:00", PUSH, "sent");
    story.check("2026-01-06T23:59:00+09:00", IN_APP, "sent");
    assert_eq!(story.send("2026-01-06T23:59:00+09:00", PUSH, Purpose::Informational), "sent");
    assert_eq!(story.send("2026-01-06T23:59:00+09:00", PUSH, Purpose::Transactional), "sent");
}

#[test]
fn calendar_caps_follow_the_local_day_week_and_month() {
    let mut program = program();
    let retry = OnCap::Retry(Span::Exact(40 * DAY_MS));
    program.policies[0].caps = vec![
        cap(CapScope::All, 2, CapPeriod::Day, retry),
        cap(CapScope::All, 3, CapPeriod::Week, retry),
        cap(CapScope::All, 4, CapPeriod::Month, retry),
    ];
    let mut story = Story::of(&program);
    // Thursday 2026-01-22 is in the week of Monday the 19th.
    story.check("2026-01-22T23:59:00+09:00", PUSH, "sent");
    story.check("2026-01-22T23:59:59.999+09:00", PUSH, "sent");
    story.check("2026-01-22T23:59:59.999+09:00", PUSH, "cap 2026-01-23T00:00:00+09:00");
    story.check("2026-01-23T00:00:00+09:00", PUSH, "sent");
    story.check("2026-01-23T00:00:00+09:00", PUSH, "cap 2026-01-26T00:00:00+09:00");
    story.check("2026-01-26T00:00:00+09:00", PUSH, "sent");
    story.check("2026-01-26T00:00:00+09:00", PUSH, "cap 2026-02-01T00:00:00+09:00");
    story.check("2026-02-01T00:00:00+09:00", PUSH, "sent");
}

#[test]
fn retry_ends_after_its_time_and_exit_is_the_sternest() {
    let mut program = program();
    let retry = |hours: i64| OnCap::Retry(Span::Exact(hours * HOUR));
    program.policies[0].caps = vec![cap(CapScope::All, 1, ROLLING, retry(24))];
    let mut story = Story::of(&program);
    story.check("2026-01-05T10:00:00+09:00", PUSH, "sent");
    story.check("2026-01-05T12:00:00+09:00", PUSH, "cap 2026-01-06T10:00:00+09:00");
    let short = {
        let mut program = program.clone();
        program.policies[0].caps = vec![cap(CapScope::All, 1, ROLLING, retry(4))];
        program
    };
    story.program = &short;
    story.check("2026-01-05T12:00:00+09:00", PUSH, "cap 2026-01-05T16:00:00+09:00");
    let send = send(Purpose::Marketing);
    let end = at("2026-01-05T16:00:00+09:00");
    let at_end = Attempt { retry_until: Some(end), ..attempt(&short, &send, PUSH, end) };
    assert_eq!(story.outcome(&at_end), "cap: cap 1 per 24h: used by . at 2026-01-05T10:00:00+09:00");
    let stern = {
        let mut program = program.clone();
        program.policies[0].caps.push(cap(CapScope::Channel(PUSH), 1, ROLLING, OnCap::Exit));
        program
    };
    story.program = &stern;
    story.check(
        "2026-01-05T12:00:00+09:00",
        PUSH,
        "exit: cap push 1 per 24h: used by . at 2026-01-05T10:00:00+09:00",
    );
}

#[test]
fn a_rejected_message_gives_its_slot_back() {
    let mut program = program();
    program.channels[1].unbilled_on_failure = true;
    program.policies[0].caps = vec![cap(CapScope::All, 1, ROLLING, OnCap::Skip)];
    program.policies[0].budgets = vec![
        Budget { scope: CapScope::Channel(SMS), amount: 9.0, per: CapPeriod::Month, of: Purse::Project },
        Budget { scope: CapScope::All, amount: 9.0, per: ROLLING, of: Purse::User },
    ];
    let mut story = Story::of(&program);
    story.check("2026-01-05T10:00:00+09:00", SMS, "sent");
    let now = at("2026-01-05T10:00:00+09:00");
    give_back(SMS, &program.channels[1], 1, now, 1, story.ledger.as_deref_mut(), &mut story.pool);
    story.check("2026-01-05T10:00:00+09:00", SMS, "sent");
    assert!(
        story
            .send("2026-01-05T10:00:00+09:00", SMS, Purpose::Transactional)
            .starts_with("budget: budget sms 9")
    );
}

#[test]
fn budgets_are_the_projects_or_the_users() {
    let mut program = program();
    program.policies[0].budgets = vec![
        Budget { scope: CapScope::All, amount: 27.0, per: CapPeriod::Month, of: Purse::Project },
        Budget { scope: CapScope::All, amount: 18.0, per: ROLLING, of: Purse::User },
    ];
    let mut story = Story::of(&program);
    story.check("2026-01-30T10:00:00+09:00", SMS, "sent");
    story.check("2026-01-30T11:00:00+09:00", SMS, "sent");
    story.check("2026-01-30T12:00:00+09:00", SMS, "budget: budget 18 per user per 24h");
    story.check("2026-01-30T12:00:00+09:00", PUSH, "sent");
    story.check("2026-01-31T10:00:00+09:00", SMS, "sent");
    story.check("2026-01-31T12:00:00+09:00", SMS, "budget: budget 27 per month");
    story.check("2026-02-01T00:00:00+09:00", SMS, "sent");
    story.check("2026-02-01T01:00:00+09:00", SMS, "budget: budget 18 per user per 24h");
    story.check("2026-02-01T10:00:00+09:00", SMS, "sent");
}

#[test]
fn beyond_a_rate_messages_wait_their_turn() {
    let mut program = program();
    program.policies[0].rates =
        vec![Rate { scope: CapScope::Channel(PUSH), max: 2, per: Span::Exact(MINUTE) }];
    let mut story = Story::of(&program);
    let now = "2026-01-05T10:00:00+09:00";
    let outcomes: Vec<String> = (0..5).map(|_| story.send(now, PUSH, Purpose::Transactional)).collect();
    let (second, third) = ("rate 2026-01-05T10:01:00+09:00", "rate 2026-01-05T10:02:00+09:00");
    assert_eq!(outcomes, ["sent", "sent", second, second, third]);
    assert_eq!(story.send(now, SMS, Purpose::Transactional), "sent");
    let send = send(Purpose::Transactional);
    let turn = |story: &mut Story<'_>, id: u128, now: &str| {
        let attempt = Attempt { id, ..attempt(&program, &send, PUSH, at(now)) };
        story.outcome(&attempt)
    };
    assert_eq!(turn(&mut story, 3, "2026-01-05T10:00:30+09:00"), second, "it keeps its turn");
    assert_eq!(turn(&mut story, 3, "2026-01-05T10:01:00+09:00"), "sent");
    assert_eq!(story.send("2026-01-05T10:01:00+09:00", PUSH, Purpose::Transactional), third);
    assert_eq!(turn(&mut story, 4, "2026-01-05T10:01:00+09:00"), "sent");
    assert_eq!(turn(&mut story, 5, "2026-01-05T10:02:00+09:00"), "sent");
}

#[test]
fn consent_then_reach() {
    let mut program = program();
    program.attributes.push(wayline_compiler::ir::Attribute {
        field: wayline_compiler::ir::Field {
            name: "phone".to_owned(),
            wire: vec!["phone".to_owned()],
            ty: FieldType::Str(None),
            optional: true,
            default: None,
            needed: true,
        },
        mutability: wayline_compiler::ir::Mutability::Mutable,
        doc: None,
    });
    program.channels[1].needs = vec![AttrId(0)];
    program.channels[1].consent = vec![(Purpose::Marketing, ExprId(3))];
    let mut user = User::default();
    let now = at("2026-01-05T10:00:00+09:00");
    let why = |program: &Program, user: &mut User, purpose: Purpose| {
        let send = send(purpose);
        match permission(&attempt(program, &send, SMS, now), user) {
            Err(Obstacle::Drop { why, .. }) => why.name(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(why(&program, &mut user, Purpose::Marketing), "no_consent");
    assert_eq!(why(&program, &mut user, Purpose::Informational), "unreachable");
    user.holds.push(ExprId(3));
    assert_eq!(why(&program, &mut user, Purpose::Marketing), "unreachable");
    user.attributes.push((AttrId(0), Slot::of(0)));
    let fact = FactId(0);
    program.policies[0].consent_age = Some(ConsentAge { given_at: AttrId(1), age: Span::Months(24), fact });
    assert_eq!(why(&program, &mut user, Purpose::Marketing), "no_consent");
    user.attributes.push((AttrId(1), Slot::int(at("2024-01-05T10:00:00+09:00"))));
    assert_eq!(why(&program, &mut user, Purpose::Marketing), "no_consent");
    user.attributes[1].1 = Slot::int(at("2024-01-05T10:00:00.001+09:00"));
    let send = send(Purpose::Marketing);
    assert_eq!(permission(&attempt(&program, &send, SMS, now), &mut user), Ok(()));
}

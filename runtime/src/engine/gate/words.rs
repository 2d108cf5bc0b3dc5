//! How rules are named in the `detail` of decisions: as the author wrote them.

use super::hours::Block;
use super::{Attempt, Entry};
use wayline_compiler::calendar::hours::EVERY_DAY;
use wayline_compiler::calendar::text::{instant, push_clock, push_duration};
use wayline_compiler::ir::{
    Budget, Cap, CapPeriod, CapScope, ClockRange, ConsentAge, FactId, Purpose, Purse, Span,
};
use wayline_compiler::profiles;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// Monday to Friday.
const WEEKDAYS: u8 = 0b001_1111;

/// `marketing`
pub(super) fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Marketing => "marketing",
        Purpose::Informational => "informational",
        Purpose::Transactional => "transactional",
    }
}

/// `between 10:00 .. 20:00 on weekday`, `push hours 08:00 .. 21:00`, `quiet push 21:00 .. 08:00 (kr.K3)`
pub(super) fn block(attempt: &Attempt<'_>, block: Block<'_>) -> String {
    match block {
        Block::Window => {
            let mut out = String::from("between");
            if let Some(between) = attempt.send.between {
                out.push(' ');
                push_range(&mut out, between);
            }
            push_days(&mut out, attempt.send.days);
            out
        }
        Block::Hours(range) => {
            let mut out = format!("{} hours ", attempt.program.channel(attempt.channel).name);
            push_range(&mut out, range);
            out
        }
        Block::Quiet(quiet) => {
            let mut out = String::from("quiet ");
            push_scope(&mut out, attempt, quiet.scope);
            push_range(&mut out, quiet.hours);
            push_days(&mut out, quiet.days);
            push_fact(&mut out, quiet.fact);
            out
        }
    }
}

/// `within 6h`
pub(super) fn deadline(attempt: &Attempt<'_>) -> String {
    let mut out = String::from("within ");
    if let Some(span) = attempt.send.within {
        push_duration(&mut out, span);
    }
    out
}

/// `consent older than 2y (kr.K9)`
pub(super) fn consent_age(age: ConsentAge) -> String {
    let mut out = String::from("consent without a date or older than ");
    push_duration(&mut out, age.age);
    push_fact(&mut out, Some(age.fact));
    out
}

/// `cap push 1 per 4h: used by cart_recovery.nudge at 2026-01-05T10:00:00+09:00`
pub(super) fn cap(attempt: &Attempt<'_>, cap: &Cap, used_by: Option<&str>) -> String {
    let mut out = String::from("cap ");
    push_scope(&mut out, attempt, cap.scope);
    out.push_str(&cap.max.to_string());
    push_period(&mut out, cap.per);
    push_fact(&mut out, cap.fact);
    if let Some(winner) = used_by {
        out.push_str(": used by ");
        out.push_str(winner);
    }
    out
}

/// `cart_recovery.nudge at 2026-01-05T10:00:00+09:00`
pub(super) fn author(attempt: &Attempt<'_>, entry: &Entry) -> String {
    let journey = attempt.program.journeys.get(entry.journey.index());
    let step = journey.and_then(|journey| journey.steps.get(entry.step.index()));
    let (journey, step) = (journey.map_or("", |journey| &journey.name), step.map_or("", |step| &step.key));
    format!("{journey}.{step} at {}", instant(entry.at, attempt.zone))
}

/// `budget sms 500000 per month`
pub(super) fn budget(attempt: &Attempt<'_>, budget: &Budget) -> String {
    let mut out = String::from("budget ");
    push_scope(&mut out, attempt, budget.scope);
    out.push_str(&budget.amount.to_string());
    match budget.of {
        Purse::Project => {}
        Purse::User => out.push_str(" per user"),
    }
    push_period(&mut out, budget.per);
    out
}

/// The rates a message waits for: `rate push 10000 per 1m`
pub(super) fn rates(attempt: &Attempt<'_>) -> String {
    let mut out = String::new();
    for rate in &attempt.policy.rates {
        match rate.scope {
            CapScope::Channel(channel) if channel != attempt.channel => continue,
            CapScope::Channel(_) | CapScope::All => {}
        }
        out.push_str(if out.is_empty() { "rate " } else { ", rate " });
        push_scope(&mut out, attempt, rate.scope);
        out.push_str(&rate.max.to_string());
        push_period(&mut out, CapPeriod::Rolling(rate.per));
    }
    out
}

fn push_scope(out: &mut String, attempt: &Attempt<'_>, scope: CapScope) {
    match scope {
        CapScope::All => {}
        CapScope::Channel(channel) => {
            out.push_str(&attempt.program.channel(channel).name);
            out.push(' ');
        }
    }
}

fn push_range(out: &mut String, range: ClockRange) {
    push_clock(out, range.from_ms);
    out.push_str(" .. ");
    push_clock(out, range.to_ms);
}

fn push_days(out: &mut String, days: u8) {
    match days & EVERY_DAY {
        EVERY_DAY => {}
        WEEKDAYS => out.push_str(" on weekday"),
        days => {
            let names =
                DAYS.iter().enumerate().filter(|(bit, _)| days >> bit & 1 == 1).map(|(_, name)| *name);
            out.push_str(" on ");
            out.push_str(&names.collect::<Vec<_>>().join(", "));
        }
    }
}

fn push_period(out: &mut String, per: CapPeriod) {
    out.push_str(" per ");
    match per {
        CapPeriod::Day => out.push_str("day"),
        CapPeriod::Week => out.push_str("week"),
        CapPeriod::Month => out.push_str("month"),
        // Hours up to two days, as people write them.
        CapPeriod::Rolling(Span::Exact(ms)) if ms % 3_600_000 == 0 && ms <= 48 * 3_600_000 => {
            out.push_str(&format!("{}h", ms / 3_600_000));
        }
        CapPeriod::Rolling(span) => push_duration(out, span),
    }
}

fn push_fact(out: &mut String, fact: Option<FactId>) {
    if let Some(fact) = fact.and_then(profiles::fact) {
        out.push_str(" (");
        out.push_str(fact.id);
        out.push(')');
    }
}

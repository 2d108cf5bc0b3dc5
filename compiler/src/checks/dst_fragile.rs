//! `dst-fragile`: a wall-clock time that a change of clocks skips or repeats, within two years of [`FROM`].
//!
//! Only constant clocks, in the zone written beside them, else in the project's zone and those `wayline.toml` names: the zone of each
//! user is not known. Clock ranges (quiet hours, `between`) have no such instant. The compiler has no clock, so the years are fixed.

use super::Report;
use super::flow::Flow;
use crate::calendar::{Civil, DAY_MS, Zone, add_months, civil, date_of, weekday};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Const, DayRule, Entry, ExprId, ExprKind, Period, Program, StepId, StepKind};
use crate::source::Span;

/// The first day that is looked at: when the zone rules of this compiler were last brought up to date.
const FROM: Civil = Civil { year: 2026, month: 11, day: 22 };
/// How far ahead.
const MONTHS: i32 = 24;

/// The days on which a clock is read.
#[derive(Clone, Copy)]
enum Days {
    Any,
    /// Bit 0 = Monday.
    Of(u8),
    /// This day of the month, clamped to its end.
    OfMonth(u8),
}

/// What a change of clocks does to a time.
#[derive(Clone, Copy)]
enum Change {
    Skipped,
    Repeated,
}

pub(super) fn check(flow: &mut Flow<'_>, report: &mut Report<'_>) {
    if let Entry::Every { period, at_ms, .. } = &flow.journey.entry {
        let days = match period {
            Period::Day | Period::Year(_) => Days::Any,
            Period::Week(days) => Days::Of(*days),
            Period::Month(day) => Days::OfMonth(*day),
        };
        let span = report.journey(flow.id).entry;
        one(flow.program, report, (*at_ms, days), None, span);
    }
    for (index, step) in flow.journey.steps.iter().enumerate() {
        let (clock, days, zone) = match &step.kind {
            StepKind::WaitClock { clock, days, zone } => {
                let days = match days {
                    DayRule::Any | DayRule::Day(_) => Days::Any,
                    DayRule::Weekdays(days) => Days::Of(*days),
                };
                (*clock, days, *zone)
            }
            StepKind::At { on_day: Some((_, clock)), .. } => (*clock, Days::Any, None),
            StepKind::At { on_day: None, .. }
            | StepKind::Wait { .. }
            | StepKind::WaitUntil { .. }
            | StepKind::WaitFor { .. }
            | StepKind::If { .. }
            | StepKind::Match { .. }
            | StepKind::Split(_)
            | StepKind::Send(_)
            | StepKind::Repeat { .. }
            | StepKind::Set { .. }
            | StepKind::Emit { .. }
            | StepKind::Call { .. }
            | StepKind::Exit { .. } => continue,
        };
        if let ExprKind::Const(Const::Clock(ms)) = flow.program.expr(clock).kind
            && flow.states[index].is_some()
        {
            let span = report.in_step(flow.id, StepId::new(index), clock);
            one(flow.program, report, (ms, days), zone, span);
        }
    }
}

/// Reports a clock, once, for the first zone and day that is to blame.
fn one(program: &Program, report: &mut Report<'_>, at: (i64, Days), zone: Option<ExprId>, span: Span) {
    let zones: Vec<String> = match zone {
        Some(zone) => written(program, zone).into_iter().collect(),
        None => std::iter::once(program.settings.zone.clone()).chain(report.settings.zones.clone()).collect(),
    };
    for name in zones {
        let Some(zone) = Zone::named(&name) else { continue };
        let Some((date, change)) = fragile(zone, at.0, at.1) else { continue };
        let clock = format!("{:02}:{:02}", at.0 / 3_600_000, at.0 / 60_000 % 60);
        let Civil { year, month, day } = civil(date);
        let (message, label) = match change {
            Change::Skipped => ("does not exist on some day", "skipped when the clocks go forward"),
            Change::Repeated => ("comes twice on some day", "repeated when the clocks go back"),
        };
        report.push(
            Diagnostic::new(&codes::DST_FRAGILE, span, format!("{clock} {message} in {name}"))
                .label(label)
                .help("choose an hour in which no clocks change")
                .note(format!(
                    "next on {year:04}-{month:02}-{day:02}; a skipped time runs when the gap ends, a repeated one the first time"
                )),
        );
        return;
    }
}

/// The zone a step names, where it is a constant.
fn written(program: &Program, zone: ExprId) -> Option<String> {
    match &program.expr(zone).kind {
        ExprKind::Const(Const::Str(name)) => Some(name.clone()),
        _ => None,
    }
}

/// The first day on which a clock is skipped or repeated.
fn fragile(zone: Zone, clock: i64, days: Days) -> Option<(i32, Change)> {
    let from = date_of(FROM.year, FROM.month, FROM.day);
    let to = add_months(from, MONTHS);
    // Days on which the offset does not change have every clock once.
    (from..to)
        .filter(|date| matches_day(*date, days))
        .filter(|date| zone.offset_s(utc(*date, -1)) != zone.offset_s(utc(*date, 2)))
        .find_map(|date| change_at(zone, date, clock).map(|change| (date, change)))
}

/// Midnight UTC some days from a date.
fn utc(date: i32, more: i64) -> i64 {
    (i64::from(date) + more) * DAY_MS
}

fn matches_day(date: i32, days: Days) -> bool {
    match days {
        Days::Any => true,
        Days::Of(days) => days >> weekday(date) & 1 == 1,
        Days::OfMonth(day) => {
            let tomorrow_is_first = civil(date.saturating_add(1)).day == 1;
            let today = civil(date).day;
            today == u32::from(day) || (tomorrow_is_first && today < u32::from(day))
        }
    }
}

fn change_at(zone: Zone, date: i32, clock: i64) -> Option<Change> {
    let instant = zone.instant(date, clock);
    let local = zone.local(instant);
    // `24:00` is midnight of the next day.
    let wanted = i64::from(date) * DAY_MS + clock;
    if i64::from(local.date) * DAY_MS + local.clock != wanted {
        return Some(Change::Skipped);
    }
    // Clocks set back within a day after it show it again where they do so before it is that much later.
    let back = (zone.offset_s(instant) - zone.offset_s(instant + DAY_MS / 2)) * 1000;
    (back > 0 && zone.local(instant + back) == local).then_some(Change::Repeated)
}

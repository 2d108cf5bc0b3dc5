//! The table of `check --report` for people: what any user can get at most.

use std::fmt::Write as _;
use wayline_compiler::checks::Bounds;
use wayline_compiler::checks::bounds::{MessageBound, StateBounds};

/// A row a journey, then the project.
pub(super) fn table(bounds: &Bounds) -> String {
    let mut rows: Vec<[String; 6]> =
        vec![["journey", "stays at most", "live at once", "messages 1d", "7d", "30d"].map(str::to_owned)];
    for journey in &bounds.journeys {
        let most =
            |window: &str| cell(journey.messages.iter().find(|m| m.scope == "all" && m.window == window));
        rows.push([
            journey.journey.clone(),
            length(journey.longest_stay_ms),
            journey.live_instances.map_or("any".to_owned(), |n| n.to_string()),
            most("1d"),
            most("7d"),
            most("30d"),
        ]);
    }
    for scope in bounds.messages.iter().filter(|m| m.window == "1d") {
        let most = |window: &str| {
            cell(bounds.messages.iter().find(|m| m.scope == scope.scope && m.window == window))
        };
        let name = format!("any journey, {}", scope.scope);
        rows.push([name, String::new(), String::new(), most("1d"), most("7d"), most("30d")]);
    }
    let mut text = align(&rows);
    for cost in bounds.cost.iter().filter(|c| c.most != Some(0.0)) {
        let most = cost.most.map_or("any amount".to_owned(), |x| x.to_string());
        let _ = writeln!(text, "cost per user in {}: at most {most}", cost.window);
    }
    let mut missing: Vec<&String> = bounds.messages.iter().flat_map(|m| &m.missing_rates).collect();
    missing.sort();
    missing.dedup();
    for event in missing {
        let _ = writeln!(
            text,
            "`any`: no rate is declared for `{event}`; write `event {event} at most N per 1d {{ … }}`"
        );
    }
    text.push_str("messages are counted before caps, for one user\n\n");
    text.push_str(&state(&bounds.state));
    text
}

/// What is remembered of each user, a line a quantity.
fn state(state: &StateBounds) -> String {
    if state.aggregates.is_empty() {
        return String::new();
    }
    let mut text = format!("remembered of a user: {} bytes, and for each event listed\n", state.user_bytes);
    for aggregate in &state.aggregates {
        let whose =
            aggregate.journey.as_ref().map_or(String::new(), |name| format!(", per instance of {name}"));
        let _ = write!(text, "  {}: {}, {} bytes", aggregate.what, aggregate.keeps, aggregate.bytes);
        if !aggregate.groups.is_empty() {
            let _ = write!(text, " for each {}", aggregate.groups.join(", "));
        }
        if let Some(most) = aggregate.most_events {
            let _ =
                write!(text, ", {} more for each event, at most {most} of them", aggregate.bytes_per_event);
        }
        let _ = writeln!(text, "{whose}");
    }
    text.push('\n');
    text
}

fn cell(bound: Option<&MessageBound>) -> String {
    match bound {
        None => "0".to_owned(),
        Some(bound) => bound.most.map_or("any".to_owned(), |n| n.to_string()),
    }
}

fn length(ms: i64) -> String {
    const HOUR_MS: i64 = 3_600_000;
    if ms > 3650 * 24 * HOUR_MS {
        return "as its data says".to_owned();
    }
    match (ms / (24 * HOUR_MS), ms / HOUR_MS % 24, ms / 60_000 % 60) {
        (0, 0, 0) => "no time".to_owned(),
        (0, hours, minutes) => format!("{hours}h{minutes:02}m"),
        (days, 0, 0) => format!("{days}d"),
        (days, hours, _) => format!("{days}d{hours}h"),
    }
}

fn align(rows: &[[String; 6]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = format!("{:<width$}", row[0], width = widths[0]);
        for column in 1..6 {
            let _ = write!(line, "  {:>width$}", row[column], width = widths[column]);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

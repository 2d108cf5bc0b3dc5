//! Witnesses: a run of one user that really comes to an amount, as inputs to be replayed and as a story.
//!
//! Only journeys whose best path depends on nothing but the entry and the passing of time take part, and only with users and events
//! that a model of their conditions gives; what would disturb them (a goal on an event of the story, a cap, a budget) leaves them out.
//! So a story is never too tall. Start at [`of`]: [`candidates`] are journeys with their messages, [`person`] is the user they need,
//! [`layout`] puts them on the calendar, [`lines`] writes them down.

mod candidates;
mod layout;
mod lines;
mod person;

use super::{Class, Run};
use crate::calendar::Zone;
use crate::checks::wait_never_ends::in_days;
use crate::ir::{CapPeriod, CapScope, ChannelId, Program, StepKind};
use crate::witness::{Shows, Witness};
use candidates::{Again, Candidate};
use layout::Layout;
use person::Person;
use std::collections::BTreeSet;

/// A story with what it comes to.
pub(super) struct Found {
    pub(super) story: Vec<String>,
    pub(super) witness: Witness,
}

/// What is asked of a witness.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) class: Class,
    pub(super) per: CapPeriod,
    pub(super) allowed: i64,
    /// Whether messages that a cap takes away count too.
    pub(super) before_caps: bool,
}

/// The best story found that comes to more than is allowed.
pub(super) fn of(program: &Program, runs: &[Run<'_>], asked: Asked) -> Option<Found> {
    // Somebody's `set` may take away what the story rests on; what a purse or a pace holds back depends on others.
    let is_settled = program.policies.iter().all(|p| p.budgets.is_empty() && p.rates.is_empty())
        && !program.journeys.iter().flat_map(|j| &j.steps).any(|s| matches!(s.kind, StepKind::Set { .. }));
    if !is_settled {
        return None;
    }
    let mut candidates = candidates::all(program, runs, asked);
    // The heaviest first, so that those that do not go with it are left out.
    candidates.sort_by_key(|c| (std::cmp::Reverse(c.total()), c.run));
    let zone = zone(program);
    let mut chosen: Vec<Candidate> = Vec::new();
    let mut person = None;
    for candidate in candidates {
        if !candidates::go_together(runs, &chosen, &candidate) {
            continue;
        }
        chosen.push(candidate);
        match Person::of(program, runs, &chosen, zone) {
            Some(found) => person = Some(found),
            None => drop(chosen.pop()),
        }
    }
    let person = person?;
    let layout = Layout::of(program, runs, &chosen, &person, zone, asked)?;
    if layout.amount <= asked.allowed {
        return None;
    }
    let failing: BTreeSet<ChannelId> = chosen.iter().flat_map(|c| candidates::failing(runs, c)).collect();
    let failing: Vec<ChannelId> = failing.into_iter().collect();
    let (lines, until) = layout.lines(program, &person, &failing)?;
    let (shows, counts) = match asked.class {
        Class::Cost => (Shows::Cost, "cost".to_owned()),
        Class::Messages(scope) => {
            let counts = match scope {
                CapScope::All => "messages".to_owned(),
                CapScope::Channel(channel) => program.channel(channel).name.clone(),
            };
            (if asked.before_caps { Shows::Due(scope) } else { Shows::Sent(scope) }, counts)
        }
    };
    let mut story: Vec<String> =
        chosen.iter().enumerate().map(|(nth, c)| tell(runs, c, layout.rounds(nth))).collect();
    story.extend(person.told());
    if !failing.is_empty() {
        let names = failing.iter().map(|channel| format!("`{}`", program.channel(*channel).name));
        story.push(format!("{} fails for this user", names.collect::<Vec<_>>().join(", ")));
    }
    let witness = Witness {
        shows,
        counts,
        per: asked.per,
        allowed: asked.allowed,
        amount: layout.amount,
        lines,
        until,
    };
    Some(Found { story, witness })
}

/// The zone of the user: one without changes of clocks where the user may choose, else the project's.
fn zone(program: &Program) -> Zone {
    match program.well_known.timezone {
        Some(_) => Zone::UTC,
        None => Zone::named(&program.settings.zone).unwrap_or(Zone::UTC),
    }
}

fn tell(runs: &[Run<'_>], candidate: &Candidate, rounds: i64) -> String {
    let run = &runs[candidate.run];
    let journey = &run.flow.journey.name;
    let how = match candidate.event {
        Some(event) => format!("`{}`", run.flow.program.event(event).name),
        None => "its segment".to_owned(),
    };
    let times: Vec<String> = candidate
        .dues
        .iter()
        .filter(|d| d.adds > 0)
        .map(|d| if d.at_ms == 0 { "at once".to_owned() } else { format!("{} later", in_days(d.at_ms)) })
        .collect();
    let again = match (rounds, candidate.again) {
        (..=1, _) | (_, None) => String::new(),
        (n, Some(Again::Ended(_))) => {
            format!(", {n} times in a row, each entry a millisecond after the run before has ended")
        }
        (n, Some(Again::Anytime)) => format!(", {n} times in a row, a millisecond apart"),
        (n, Some(Again::Lane(field))) => {
            let fields = candidate.event.map(|event| &run.flow.program.event(event).fields);
            let name = fields.map_or("key", |fields| fields[field.index()].name.as_str());
            format!(", {n} times in a row, each with another `{name}`")
        }
    };
    format!("a user enters `{journey}` by {how}: messages {}{again}", times.join(", "))
}

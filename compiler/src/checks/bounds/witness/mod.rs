//! Witnesses: a run of one user that really comes to an amount, as inputs to be replayed and as a story.
//!
//! Only journeys whose best path depends on nothing but the entry and the passing of time take part, and only with users and events
//! that a model of their conditions gives; what would disturb them (a goal on an event of the story, a cap, a budget) leaves them out.
//! So a story is never too tall. Start at [`of`]: [`candidates`] are journeys with their messages, [`person`] is the user they need,
//! [`layout`] puts them on the calendar, [`lines`] writes them down.

mod candidates;
mod capped;
mod layout;
mod lines;
mod person;

use super::{Class, Run};
use crate::calendar::Zone;
use crate::checks::wait_never_ends::in_days;
use crate::ir::{CapPeriod, CapScope, ChannelId, Program, StepKind};
use crate::witness::{Shows, Witness};
use candidates::{Again, Candidate, Trigger};
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

/// What happens while the user is in one state.
struct Act<'p> {
    candidates: Vec<Candidate>,
    person: Person<'p>,
}

/// Most states of a user in one story.
const MOST_ACTS: usize = 4;

impl<'p> Act<'p> {
    /// The longest time from an entry to its first message.
    fn lead_ms(&self) -> i64 {
        self.candidates.iter().map(Candidate::first_ms).max().unwrap_or(0)
    }

    /// Puts a candidate into the act whose user it fits, or into one of its own.
    fn join(
        program: &'p Program,
        runs: &[Run<'_>],
        acts: &mut Vec<Act<'p>>,
        candidate: Candidate,
        zone: Zone,
    ) {
        for act in acts.iter_mut() {
            act.candidates.push(candidate.clone());
            match Person::of(program, runs, &act.candidates, zone) {
                Some(person) => {
                    act.person = person;
                    return;
                }
                None => drop(act.candidates.pop()),
            }
        }
        // A segment must turn, an event of a lifetime comes once.
        let is_free = candidate.trigger.event().is_some_and(|event| !program.event(event).once);
        let candidates = vec![candidate];
        if (is_free || acts.is_empty())
            && acts.len() < MOST_ACTS
            && let Some(person) = Person::of(program, runs, &candidates, zone)
        {
            acts.push(Act { candidates, person });
        }
    }
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
    let mut acts: Vec<Act<'_>> = Vec::new();
    for candidate in candidates {
        let chosen: Vec<&Candidate> = acts.iter().flat_map(|act| &act.candidates).collect();
        if candidates::go_together(runs, &chosen, &candidate) {
            Act::join(program, runs, &mut acts, candidate, zone);
        }
    }
    // A segment turns with the first state; then what takes longest to its first message.
    acts.sort_by_key(|act| {
        let turns = act.candidates.iter().any(|candidate| candidate.trigger == Trigger::Segment);
        std::cmp::Reverse((turns, act.lead_ms()))
    });
    let layout = Layout::of(program, runs, &acts, zone, asked)?;
    if layout.amount <= asked.allowed {
        return None;
    }
    let chosen = || acts.iter().flat_map(|act| &act.candidates);
    let failing: BTreeSet<ChannelId> = chosen().flat_map(|c| candidates::failing(runs, c)).collect();
    let failing: Vec<ChannelId> = failing.into_iter().collect();
    let (lines, until) = layout.lines(program, &acts, &failing)?;
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
    let mut story = Vec::new();
    let mut nth = 0;
    for (number, act) in acts.iter().enumerate() {
        story.extend(act.person.told(if number > 0 { "then the user has" } else { "the user has" }));
        for candidate in &act.candidates {
            story.push(tell(runs, candidate, layout.rounds(nth)));
            nth += 1;
        }
    }
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
    let how = match candidate.trigger {
        Trigger::Event(event) => format!("`{}`", run.flow.program.event(event).name),
        Trigger::Segment => "its segment".to_owned(),
        Trigger::Clock { .. } => "its clock".to_owned(),
    };
    let times: Vec<String> = candidate
        .dues
        .iter()
        .filter(|d| d.adds > 0)
        .map(|d| if d.at_ms == 0 { "at once".to_owned() } else { format!("{} later", in_days(d.at_ms)) })
        .collect();
    let again = match (rounds, candidate.again) {
        (..=1, _) | (_, None) => String::new(),
        (n, Some(_)) if matches!(candidate.trigger, Trigger::Clock { .. }) => {
            format!(", {n} days it is due in a row")
        }
        (n, Some(Again::Ended(_))) => {
            format!(", {n} times in a row, each entry a millisecond after the run before has ended")
        }
        (n, Some(Again::Anytime)) => format!(", {n} times in a row, a millisecond apart"),
        (n, Some(Again::Lane(field))) => {
            let fields = candidate.trigger.event().map(|event| &run.flow.program.event(event).fields);
            let name = fields.map_or("key", |fields| fields[field.index()].name.as_str());
            format!(", {n} times in a row, each with another `{name}`")
        }
    };
    format!("a user enters `{journey}` by {how}: messages {}{again}", times.join(", "))
}

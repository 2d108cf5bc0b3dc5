//! `entry-implies-exit`: everyone who enters leaves at once.

use super::Report;
use super::encode::At;
use super::flow::Flow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::Exit;
use crate::solve::{Formula, Outcome};

pub(super) fn check(flow: &mut Flow<'_>, report: &mut Report<'_>) {
    let Some(position) = first(flow) else { return };
    let places = report.journey(flow.id);
    let span = places.exits.get(position).copied().unwrap_or(places.name);
    report.push(
        Diagnostic::new(&codes::ENTRY_IMPLIES_EXIT, span, "everyone who enters leaves at once")
            .label("already holds for everyone who enters")
            .also(places.entry, "lets in only users for whom the exit holds")
            .help("loosen the entry or narrow the exit: `exit when` is also tested at entry"),
    );
}

/// Whether this check fires; its consequences are not reported again.
pub(super) fn fires(flow: &mut Flow<'_>) -> bool {
    first(flow).is_some()
}

/// The exit that takes everyone, alone or with those before it.
fn first(flow: &mut Flow<'_>) -> Option<usize> {
    let entry = flow.entry.formula();
    if flow.entry_is_empty() {
        return None;
    }
    let mut staying = entry;
    for (position, exit) in flow.journey.exits.iter().enumerate() {
        match exit {
            Exit::When { predicate } => {
                let leaves = flow.encoder.truth(*predicate, At::moment(flow.start));
                staying = Formula::and([staying, leaves.not()]);
                if flow.encoder.solve(&staying) == Outcome::Unsat {
                    return Some(position);
                }
            }
            Exit::Event { .. } => {}
        }
    }
    None
}

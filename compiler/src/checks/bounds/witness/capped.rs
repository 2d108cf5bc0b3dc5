//! What caps leave of a story's messages.

use super::super::{Class, Run};
use super::candidates::{Candidate, overlaps};
use crate::calendar::{Unit, Zone};
use crate::checks::sendable::counts;
use crate::ir::{Cap, CapPeriod, CapScope, OnCap, Program};

/// The caps that count every message of the story; `None` where which of them are counted is not one answer for all.
pub(super) fn caps(
    program: &Program,
    runs: &[Run<'_>],
    chosen: &[&Candidate],
    class: Class,
) -> Option<Vec<Cap>> {
    if !chosen.iter().any(|candidate| is_capped(program, runs, candidate, class)) {
        return Some(Vec::new());
    }
    let flow = &runs[chosen.first()?.run].flow;
    let (_, model) = chosen.first()?.sends(runs).next()?;
    let channel = model.options.first()?.channel;
    let is_alike = |candidate: &Candidate| {
        runs[candidate.run].flow.journey.policy == flow.journey.policy
            && candidate.sends(runs).all(|(_, send)| {
                send.purpose == model.purpose && send.options.len() == 1 && send.options[0].channel == channel
            })
    };
    let caps = &program.policies[flow.journey.policy.index()].caps;
    let caps = caps.iter().filter(|cap| counts(flow, cap, model.purpose, channel));
    let caps: Vec<Cap> = caps.copied().collect();
    let only_skip = caps.iter().all(|cap| cap.on_cap == OnCap::Skip);
    (only_skip && chosen.iter().all(|candidate| is_alike(candidate))).then_some(caps)
}

/// The messages that caps let leave; `sends` are in order.
pub(super) fn under_caps(caps: &[Cap], zone: Zone, sends: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    let mut left: Vec<(i64, i64)> = Vec::new();
    for (at, adds) in sends {
        let is_full = caps.iter().any(|cap| {
            let counted = left.iter().filter(|(sent, _)| match cap.per {
                CapPeriod::Rolling(span) => zone.add(*sent, span) > at,
                CapPeriod::Day => zone.start_of(Unit::Day, *sent) == zone.start_of(Unit::Day, at),
                CapPeriod::Week => zone.start_of(Unit::Week, *sent) == zone.start_of(Unit::Week, at),
                CapPeriod::Month => zone.start_of(Unit::Month, *sent) == zone.start_of(Unit::Month, at),
            });
            counted.count() >= cap.max as usize
        });
        if !is_full {
            left.push((at, adds));
        }
    }
    left
}

/// Whether a cap may take one of its messages away.
fn is_capped(program: &Program, runs: &[Run<'_>], candidate: &Candidate, class: Class) -> bool {
    let flow = &runs[candidate.run].flow;
    let scope = match class {
        Class::Messages(scope) => scope,
        Class::Cost => CapScope::All,
    };
    let caps = &program.policies[flow.journey.policy.index()].caps;
    caps.iter().filter(|cap| overlaps(cap.scope, scope)).any(|cap| {
        candidate
            .sends(runs)
            .any(|(_, send)| send.options.iter().any(|o| counts(flow, cap, send.purpose, o.channel)))
    })
}

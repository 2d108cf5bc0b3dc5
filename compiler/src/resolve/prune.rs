//! Leaves out what std declares and the project does not use, so that a program holds, and the door checks, only what is the project's.
//!
//! Ids are positions, so what stays is renumbered everywhere. What a project declares itself always stays.

use super::Spans;
use super::names::Names;
use crate::ir::policy::{CapScope, Ensure};
use crate::ir::{
    AttrId, ChannelId, Entry, EventId, Exit, ExprKind, Policy, PolicyId, Program, Source, StepKind,
};
use crate::pipeline::Sources;
use crate::source::Span;
use std::collections::BTreeSet;

/// New positions by old ones; none for what is left out.
struct Moved(Vec<Option<u32>>);

impl Moved {
    fn new(kept: impl Iterator<Item = bool>) -> Moved {
        let mut next = 0;
        let place = |kept: bool| {
            kept.then(|| {
                next += 1;
                next - 1
            })
        };
        Moved(kept.map(place).collect())
    }

    /// The new position. Nothing refers to what is left out.
    fn of(&self, old: u32) -> u32 {
        self.0.get(old as usize).copied().flatten().unwrap_or(old)
    }

    fn keep<T>(&self, items: &mut Vec<T>) {
        let mut places = self.0.iter();
        items.retain(|_| places.next().is_some_and(Option::is_some));
    }
}

/// Leaves out the unused events, attributes and channels of std.
pub(super) fn prune(program: &mut Program, names: &Names<'_>, used_channels: &BTreeSet<ChannelId>) {
    let project = |span: Option<Span>| span.is_some_and(|span| !Sources::is_std(span.file));
    let events = used_events(program);
    let events =
        Moved::new(
            program.events.iter().zip(0..).map(|(event, id)| {
                events.contains(&EventId(id)) || project(names.events.span_of(&event.name))
            }),
        );
    let channels =
        Moved::new((0..).take(program.channels.len()).map(|id| used_channels.contains(&ChannelId(id))));
    let set = set_attributes(program);
    let attributes = Moved::new(program.attributes.iter().zip(0..).map(|(attribute, id)| {
        let root = attribute.field.name.split('.').next().unwrap_or_default();
        attribute.field.needed || set.contains(&AttrId(id)) || project(names.attributes.span_of(root))
    }));
    events.keep(&mut program.events);
    channels.keep(&mut program.channels);
    attributes.keep(&mut program.attributes);
    move_events(program, &events);
    move_channels(program, &channels);
    move_attributes(program, &attributes);
}

fn used_events(program: &mut Program) -> BTreeSet<EventId> {
    let mut used = BTreeSet::new();
    each_event(program, |event| {
        used.insert(*event);
    });
    used
}

fn set_attributes(program: &Program) -> BTreeSet<AttrId> {
    let steps = program.journeys.iter().flat_map(|journey| &journey.steps);
    let set = steps.filter_map(|step| match step.kind {
        StepKind::Set { attribute, .. } => Some(attribute),
        _ => None,
    });
    set.collect()
}

fn move_events(program: &mut Program, moved: &Moved) {
    each_event(program, |event| event.0 = moved.of(event.0));
}

fn move_channels(program: &mut Program, moved: &Moved) {
    each_channel(program, |channel| channel.0 = moved.of(channel.0));
}

/// Every place that names an event.
fn each_event(program: &mut Program, mut act: impl FnMut(&mut EventId)) {
    for aggregate in &mut program.aggregates {
        act(&mut aggregate.event);
    }
    for journey in &mut program.journeys {
        if let Entry::Event { event, .. } = &mut journey.entry {
            act(event);
        }
        journey.goals.iter_mut().for_each(|goal| act(&mut goal.event));
        journey.refreshes.iter_mut().for_each(|refresh| act(&mut refresh.event));
        for exit in &mut journey.exits {
            match exit {
                Exit::Event { event, .. } => act(event),
                Exit::When { .. } => {}
            }
        }
        for step in &mut journey.steps {
            match &mut step.kind {
                StepKind::WaitFor { arms, .. } => arms.iter_mut().for_each(|arm| act(&mut arm.event)),
                StepKind::Emit { event, .. } => act(event),
                _ => {}
            }
        }
    }
}

/// Profiles bring rules for every channel; those of channels that are left out say nothing.
pub(super) fn drop_unused_rules(policies: &mut [Policy], spans: &mut Spans, used: &BTreeSet<ChannelId>) {
    let says = |scope: CapScope| match scope {
        CapScope::All => true,
        CapScope::Channel(channel) => used.contains(&channel),
    };
    for (policy, id) in policies.iter_mut().zip(0..) {
        let Some(spans) = spans.policies.get_mut(&PolicyId(id)) else { continue };
        retain(&mut policy.caps, &mut spans.caps, |rule| says(rule.scope));
        retain(&mut policy.quiet, &mut spans.quiet, |rule| says(rule.scope));
        policy.labels.retain(|label| used.contains(&label.channel));
    }
}

/// Keeps rules and their places side by side.
fn retain<T>(rules: &mut Vec<T>, spans: &mut Vec<Span>, keep: impl Fn(&T) -> bool) {
    let mut kept = rules.iter().map(&keep).collect::<Vec<_>>().into_iter();
    spans.retain(|_| kept.next().unwrap_or(true));
    rules.retain(keep);
}

/// Every place that names a channel.
fn each_channel(program: &mut Program, mut act: impl FnMut(&mut ChannelId)) {
    for expr in &mut program.exprs {
        if let ExprKind::Consent { channel, .. } = &mut expr.kind {
            act(channel);
        }
    }
    program.templates.iter_mut().for_each(|template| act(&mut template.channel));
    for step in program.journeys.iter_mut().flat_map(|journey| &mut journey.steps) {
        if let StepKind::Send(send) = &mut step.kind {
            send.options.iter_mut().for_each(|option| act(&mut option.channel));
        }
    }
    for policy in &mut program.policies {
        let caps = policy.caps.iter_mut().map(|rule| &mut rule.scope);
        let quiet = policy.quiet.iter_mut().map(|rule| &mut rule.scope);
        let budgets = policy.budgets.iter_mut().map(|rule| &mut rule.scope);
        let rates = policy.rates.iter_mut().map(|rule| &mut rule.scope);
        let ensures = policy.ensures.iter_mut().filter_map(|rule| match rule {
            Ensure::Messages { scope, .. } => Some(scope),
            Ensure::Cost { .. } | Ensure::CampaignCost { .. } => None,
        });
        for scope in caps.chain(quiet).chain(budgets).chain(rates).chain(ensures) {
            match scope {
                CapScope::Channel(channel) => act(channel),
                CapScope::All => {}
            }
        }
        policy.labels.iter_mut().for_each(|label| act(&mut label.channel));
    }
}

fn move_attributes(program: &mut Program, moved: &Moved) {
    let act = |id: &mut AttrId| id.0 = moved.of(id.0);
    for expr in &mut program.exprs {
        if let ExprKind::Slot { source: Source::User, slot } = &mut expr.kind {
            *slot = moved.of(*slot);
        }
    }
    program.channels.iter_mut().flat_map(|channel| &mut channel.needs).for_each(act);
    for step in program.journeys.iter_mut().flat_map(|journey| &mut journey.steps) {
        if let StepKind::Set { attribute, .. } = &mut step.kind {
            act(attribute);
        }
    }
    program
        .policies
        .iter_mut()
        .filter_map(|policy| policy.consent_age.as_mut())
        .for_each(|age| act(&mut age.given_at));
    program.well_known.timezone.as_mut().map(act);
    program.well_known.locale.as_mut().map(act);
}

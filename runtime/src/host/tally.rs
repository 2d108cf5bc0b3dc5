//! Counts decisions for the summary of a run.
//!
//! Only counts; words and layout are the command line's. Start at [`Tally`].

use crate::engine::{Decision, Effects, Kind};
use std::collections::BTreeMap;
use wayline_compiler::ir::{ChannelId, Program, StepId};

/// What happened in each journey, and to inputs as such.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// By journey.
    pub journeys: Vec<JourneyTally>,
    /// Inputs refused at the door, by fact.
    pub rejected: BTreeMap<&'static str, u64>,
    /// Late inputs.
    pub late: u64,
}

/// What happened in one journey.
#[derive(Clone, Debug, Default)]
pub struct JourneyTally {
    /// Instances started.
    pub entered: u64,
    /// Entries refused, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Messages sent, by step and channel.
    pub sent: BTreeMap<(StepId, ChannelId), u64>,
    /// Messages dropped, by reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Messages the provider refused.
    pub failed: u64,
    /// Times a message had to wait.
    pub held: u64,
    /// Attempts cancelled, by reason.
    pub cancelled: BTreeMap<&'static str, u64>,
    /// Conversions, by goal.
    pub converted: BTreeMap<String, Conversions>,
    /// Instances that ended otherwise, by how.
    pub exited: BTreeMap<&'static str, u64>,
    /// Effects handed out, by name.
    pub called: BTreeMap<String, u64>,
    /// Arms taken, by split step and arm.
    pub arms: BTreeMap<(Option<StepId>, String), u64>,
}

/// Conversions of one goal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conversions {
    /// The instance had been sent a message before.
    pub after_message: u64,
    /// It had not.
    pub without: u64,
}

impl Tally {
    /// Nothing counted yet.
    pub fn new(program: &Program) -> Self {
        Self { journeys: vec![JourneyTally::default(); program.journeys.len()], ..Self::default() }
    }

    /// Counts all decisions of `effects`.
    pub fn count_all(&mut self, effects: &Effects) {
        for decision in &effects.decisions {
            self.count(decision, effects);
        }
    }

    fn count(&mut self, decision: &Decision, effects: &Effects) {
        match decision.kind {
            Kind::Rejected(fact) => return bump(&mut self.rejected, fact.name()),
            Kind::Late => return self.late += 1,
            Kind::Entered
            | Kind::Refused(_)
            | Kind::Arm
            | Kind::Held(_)
            | Kind::Sent
            | Kind::Dropped(_)
            | Kind::Failed
            | Kind::Cancelled(_)
            | Kind::Converted
            | Kind::Exited(_)
            | Kind::Called => {}
        }
        let journey = decision.journey.and_then(|journey| self.journeys.get_mut(journey.index()));
        if let Some(journey) = journey {
            journey.count(decision, effects);
        }
    }
}

impl JourneyTally {
    fn count(&mut self, decision: &Decision, effects: &Effects) {
        match decision.kind {
            Kind::Entered => self.entered += 1,
            Kind::Refused(why) => bump(&mut self.refused, why.name()),
            Kind::Arm => {
                let arm = effects.get(decision.detail).to_owned();
                *self.arms.entry((decision.step, arm)).or_default() += 1;
            }
            Kind::Held(_) => self.held += 1,
            Kind::Sent => {
                if let (Some(step), Some(channel)) = (decision.step, decision.channel) {
                    *self.sent.entry((step, channel)).or_default() += 1;
                }
            }
            Kind::Dropped(why) => bump(&mut self.dropped, why.name()),
            Kind::Failed => self.failed += 1,
            Kind::Cancelled(why) => bump(&mut self.cancelled, why.name()),
            Kind::Converted => {
                let goal = effects.get(decision.detail);
                let goal = match self.converted.get_mut(goal) {
                    Some(goal) => goal,
                    None => self.converted.entry(goal.to_owned()).or_default(),
                };
                *(if decision.id == 0 { &mut goal.without } else { &mut goal.after_message }) += 1;
            }
            Kind::Exited(how) => bump(&mut self.exited, how.name()),
            Kind::Called => *self.called.entry(effects.get(decision.detail).to_owned()).or_default() += 1,
            Kind::Rejected(_) | Kind::Late => {}
        }
    }

    /// All messages sent.
    pub fn total_sent(&self) -> u64 {
        self.sent.values().sum()
    }
    /// All conversions.
    pub fn total_converted(&self) -> u64 {
        self.converted.values().map(|goal| goal.after_message + goal.without).sum()
    }
    /// All other ends.
    pub fn total_exited(&self) -> u64 {
        self.exited.values().sum()
    }
}

fn bump(counts: &mut BTreeMap<&'static str, u64>, name: &'static str) {
    *counts.entry(name).or_default() += 1;
}

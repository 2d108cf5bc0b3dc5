//! The summary of a run, for people: what came in, and per journey who entered, was written to, converted.
//!
//! Only words and layout; the numbers are counted elsewhere. Start at [`Summary::text`].

use crate::engine::user::Phase;
use crate::host::memory::{Taken, Users};
use crate::host::tally::{JourneyTally, Tally};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;
use wayline_compiler::ir::{Journey, Program};

/// What became of the lines of the log.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lines {
    /// Lines read.
    pub(super) read: u64,
    /// Lines that could not be used.
    pub(super) bad: u64,
    /// Inputs refused at the door.
    pub(super) rejected: u64,
    /// Problems told so far.
    pub(super) told: u64,
    applied: u64,
    duplicate: u64,
    passed_over: u64,
    beyond: u64,
}

impl Lines {
    /// Counts what became of a line.
    pub(super) fn count(&mut self, taken: Taken) {
        *match taken {
            Taken::Applied => &mut self.applied,
            Taken::Duplicate => &mut self.duplicate,
            Taken::PassedOver => &mut self.passed_over,
            Taken::Beyond => &mut self.beyond,
        } += 1;
    }
}

/// Everything a summary is made from.
pub(super) struct Summary<'a> {
    pub(super) program: &'a Program,
    pub(super) tally: &'a Tally,
    pub(super) lines: &'a Lines,
    pub(super) users: &'a Users,
}

/// Instances that have not ended.
#[derive(Clone, Copy, Default)]
struct Standing {
    live: u64,
    measuring: u64,
}

impl Summary<'_> {
    /// The whole summary.
    pub(super) fn text(&self, took: Duration) -> String {
        let mut out = self.head(took);
        let standing = self.standing();
        for (journey, (tally, standing)) in
            self.program.journeys.iter().zip(self.tally.journeys.iter().zip(standing))
        {
            out.push_str(&journey_text(journey, self.program, tally, standing));
        }
        out
    }

    fn head(&self, took: Duration) -> String {
        let lines = self.lines;
        let seconds = took.as_secs_f64();
        let rate = if seconds > 0.0 { (lines.read as f64 / seconds) as u64 } else { 0 };
        let mut out =
            format!("{} lines in {seconds:.1} s ({} per second)", grouped(lines.read), grouped(rate));
        let parts = [
            (lines.applied - lines.rejected.min(lines.applied), "applied"),
            (lines.passed_over, "passed over"),
            (lines.duplicate, "repeated"),
            (self.tally.late, "late"),
            (lines.rejected, "refused"),
            (lines.bad, "bad"),
            (lines.beyond, "after the end"),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{} {word}", grouped(count)))
            .collect();
        if !parts.is_empty() {
            let _ = write!(out, ": {}", parts.join(", "));
        }
        let _ = writeln!(out, "; {} users", grouped(self.users.len() as u64));
        if !self.tally.rejected.is_empty() {
            let _ = writeln!(out, "  refused at the door: {}", by_name(&self.tally.rejected));
        }
        let hidden = lines.told.saturating_sub(super::run::SHOWN);
        if hidden > 0 {
            let _ = writeln!(out, "  {} more such lines are not shown", grouped(hidden));
        }
        out
    }

    fn standing(&self) -> Vec<Standing> {
        let mut all = vec![Standing::default(); self.program.journeys.len()];
        for instance in self.users.states().flat_map(|user| &user.instances) {
            if let Some(standing) = all.get_mut(instance.journey.index()) {
                match instance.phase {
                    Phase::Live => standing.live += 1,
                    Phase::Measuring => standing.measuring += 1,
                    Phase::Over => {}
                }
            }
        }
        all
    }
}

fn journey_text(journey: &Journey, program: &Program, tally: &JourneyTally, standing: Standing) -> String {
    let mut out = format!("\n{}\n", journey.name);
    let mut row = |name: &str, count: u64, detail: String| {
        if count > 0 || name == "entered" || name == "sent" {
            let space = if detail.is_empty() { "" } else { "  " };
            let _ = writeln!(out, "  {name:<10}{:>12}{space}{detail}", grouped(count));
        }
    };
    row("entered", tally.entered, String::new());
    row("refused", tally.refused.values().sum(), by_name(&tally.refused));
    let step = |at: usize| journey.steps.get(at).map_or("?", |step| step.key.as_str());
    for ((split, arm), count) in &tally.arms {
        let split = split.map_or("holdout", |split| step(split.index()));
        row("arm", *count, format!("{split}: {arm}"));
    }
    let sent: Vec<String> = tally
        .sent
        .iter()
        .map(|((at, channel), count)| {
            let channel = &program.channel(*channel).name;
            let key = step(at.index());
            let way =
                if key.ends_with(channel.as_str()) { key.to_owned() } else { format!("{key} by {channel}") };
            format!("{way} {}", grouped(*count))
        })
        .collect();
    row("sent", tally.total_sent(), sent.join(", "));
    row("held", tally.held, String::new());
    row("dropped", tally.dropped.values().sum(), by_name(&tally.dropped));
    row("failed", tally.failed, String::new());
    row("cancelled", tally.cancelled.values().sum(), by_name(&tally.cancelled));
    for (name, count) in &tally.called {
        row("called", *count, name.clone());
    }
    for (goal, count) in &tally.converted {
        let detail = format!(
            "{goal}: {} after a message, {} without one",
            grouped(count.after_message),
            grouped(count.without)
        );
        row("converted", count.after_message + count.without, detail);
    }
    row("exited", tally.total_exited(), by_name(&tally.exited));
    row("live", standing.live, String::new());
    row("measuring", standing.measuring, "past their last step, goals still counted".to_owned());
    out
}

fn by_name(counts: &BTreeMap<&'static str, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{name} {}", grouped(*count))).collect::<Vec<_>>().join(", ")
}

/// `1,310,770`.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1000, 1_310_770].map(grouped), ["0", "999", "1,000", "1,310,770"]);
    }
}

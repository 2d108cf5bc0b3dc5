//! Single events in order of own time, and what the functions answer over those in a window.

use super::item::{self, Item, type_of};
use super::state::{
    self, Total, answer_at, duration, fed_type, is_past, local_hour, mean_gap, nothing, usual_hour,
};
use super::{Occurrence, Plan, Question};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeSet, VecDeque};
use wayline_compiler::calendar::{DAY_MS, Zone};
use wayline_compiler::eval::{Reading, Value};
use wayline_compiler::ir::{AggFunc, Aggregate, Span, Ty, Window};
use wayline_compiler::row::{Row, RowBuf};

/// A calendar span measured in another zone may be this much longer.
pub(super) const ZONE_SLACK_MS: i64 = 2 * DAY_MS;
/// Of two events further apart than this the earlier one leaves a calendar window first. Nearer ones may not: a month after
/// Jan 28 13:00 is later than a month after Jan 31 12:00.
const MONTH_END_MS: i64 = 5 * DAY_MS;

/// Events in parallel columns, ascending by own time, equal ones in order of arrival. Columns that the aggregate does not need are empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct List {
    times: VecDeque<i64>,
    /// Value of the function's field; for `usual_hour` the local hour.
    values: VecDeque<Item>,
    /// Kept fields.
    rows: VecDeque<RowBuf>,
    /// Sum of all integer values, so that a long window need not be added up at each reading.
    total: i128,
}

/// Events of a list that a question is about.
struct Picked {
    /// All of this range …
    from: usize,
    to: usize,
    /// … or these.
    some: Option<Vec<usize>>,
    /// When the choice may change by time alone, apart from events leaving the window.
    until_ms: i64,
}

impl Picked {
    fn len(&self) -> usize {
        self.some.as_ref().map_or(self.to - self.from, Vec::len)
    }
    /// Position in the list of the n-th one.
    fn get(&self, n: usize) -> Option<usize> {
        match &self.some {
            Some(some) => some.get(n).copied(),
            None => Some(self.from + n).filter(|index| *index < self.to),
        }
    }
    fn first(&self) -> Option<usize> {
        self.get(0)
    }
    fn last(&self) -> Option<usize> {
        self.get(self.len().checked_sub(1)?)
    }
    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter_map(|n| self.get(n))
    }
}

impl List {
    pub(super) fn is_empty(&self) -> bool {
        self.times.is_empty()
    }
    pub(super) fn newest(&self) -> Option<i64> {
        self.times.back().copied()
    }

    /// Takes in an event, at its own time; forgets those that no later reading can see.
    pub(super) fn feed(&mut self, plan: Plan<'_>, event: &Occurrence<'_>) {
        let agg = plan.agg;
        while self.times.front().is_some_and(|at| is_past(agg.window, *at, event.now_ms)) {
            self.forget_oldest();
        }
        if is_past(agg.window, event.own_ms, event.now_ms) {
            return;
        }
        if let (Some(newest), true) = (self.newest(), wants_newest(agg)) {
            // Only those that may outstay the newest one in a calendar window.
            let oldest = newest.max(event.own_ms).saturating_sub(MONTH_END_MS);
            while self.times.front().is_some_and(|at| *at < oldest) {
                self.forget_oldest();
            }
        }
        let value = match agg.func.field() {
            Some(field) => match Item::of(type_of(plan, field), event.row, field) {
                Some(item) => Some(item),
                // Without the field there is nothing to sum, compare or list.
                None => return,
            },
            None if agg.func == AggFunc::UsualHour => Some(Item::Bits(local_hour(event) as u64)),
            None => None,
        };
        let index = self.times.partition_point(|at| *at <= event.own_ms);
        let most = agg.most_listed() as usize;
        if self.times.len() >= most {
            if index == 0 {
                return;
            }
            self.forget_oldest();
            self.insert(index - 1, plan, event, value);
        } else {
            self.insert(index, plan, event, value);
        }
    }

    fn insert(&mut self, index: usize, plan: Plan<'_>, event: &Occurrence<'_>, value: Option<Item>) {
        self.times.insert(index, event.own_ms);
        if let Some(value) = value {
            self.total = self.total.saturating_add(i128::from(value.int()));
            self.values.insert(index, value);
        }
        if let Some(row) = item::kept(plan, event.row) {
            self.rows.insert(index, *row);
        }
    }

    fn forget_oldest(&mut self) {
        self.times.pop_front();
        if let Some(value) = self.values.pop_front() {
            self.total = self.total.saturating_sub(i128::from(value.int()));
        }
        self.rows.pop_front();
    }

    fn item(&self, index: usize) -> Option<&Item> {
        self.values.get(index)
    }

    /// What the aggregate answers.
    pub(super) fn read<'a>(&'a self, plan: Plan<'a>, question: &Question<'_>) -> Reading<'a> {
        let picked = self.pick(plan, question);
        let value = self.answer(plan, question, &picked);
        let leaves = match plan.agg.window {
            Window::Within(span) => self.changes_at(plan.agg, &picked, span, question.zone),
            Window::Ever | Window::SinceEntry | Window::Since => i64::MAX,
        };
        // An event from beyond the clock enters the window when the clock reaches it.
        let enters = self.times.get(self.times.partition_point(|at| *at <= question.now_ms));
        let until_ms = leaves.min(picked.until_ms).min(enters.copied().unwrap_or(i64::MAX));
        Reading { value, until_ms }
    }

    /// The events the question is about: in the window, not after now, passing the residual filter.
    fn pick(&self, plan: Plan<'_>, question: &Question<'_>) -> Picked {
        let now = question.now_ms;
        let to = self.times.partition_point(|at| *at <= now);
        let mut picked = Picked { from: 0, to, some: None, until_ms: i64::MAX };
        match plan.agg.window {
            Window::Ever | Window::SinceEntry => {}
            Window::Since => {
                let since = question.since.unwrap_or(i64::MIN);
                picked.from = self.times.partition_point(|at| *at < since).min(to);
            }
            Window::Within(Span::Exact(ms)) => {
                picked.from = self.times.partition_point(|at| at.saturating_add(ms) <= now).min(to);
            }
            Window::Within(span @ Span::Months(_)) => self.pick_months(&mut picked, span, question.zone, now),
        }
        if let Some(residual) = plan.agg.residual {
            let mut until_ms = i64::MAX;
            let mut slots = Vec::new();
            let passes = |index: &usize| {
                let empty = RowBuf::default();
                let kept = self.rows.get(*index).unwrap_or(&empty);
                item::unkept(plan, kept, &mut slots);
                let (holds, until) = (question.residual)(residual, Row { slots: &slots, bytes: &kept.bytes });
                until_ms = until_ms.min(until);
                holds
            };
            picked.some = Some(picked.iter().filter(passes).collect());
            picked.until_ms = until_ms;
        }
        picked
    }

    /// The last months. Events near a change of clocks may leave such a window out of order, so those near its edge are asked one by one.
    fn pick_months(&self, picked: &mut Picked, span: Span, zone: Zone, now: i64) {
        let (longest, shortest) = (span.longest_ms() + ZONE_SLACK_MS, span.shortest_ms() - ZONE_SLACK_MS);
        let surely_out = self.times.partition_point(|at| at.saturating_add(longest) <= now);
        let surely_in = self.times.partition_point(|at| at.saturating_add(shortest) <= now).min(picked.to);
        let inside = |index: &usize| zone.add(self.times[*index], span) > now;
        let near: Vec<usize> = (surely_out..surely_in).filter(inside).collect();
        picked.from = near.first().copied().unwrap_or(surely_in);
        if near.len() != surely_in - picked.from {
            picked.some = Some(near.into_iter().chain(surely_in..picked.to).collect());
        }
    }

    /// When the first of the events that the answer rests on leaves the window.
    fn changes_at(&self, agg: &Aggregate, picked: &Picked, span: Span, zone: Zone) -> i64 {
        let oldest_that_counts = match agg.func {
            AggFunc::Did | AggFunc::Last => picked.len().checked_sub(1),
            AggFunc::LastGap => picked.len().checked_sub(2),
            AggFunc::Recent(_, n) => Some(picked.len().saturating_sub(n as usize)),
            AggFunc::First
            | AggFunc::Count
            | AggFunc::Sum(_)
            | AggFunc::Min(_)
            | AggFunc::Max(_)
            | AggFunc::Avg(_)
            | AggFunc::Distinct(_)
            | AggFunc::Gap
            | AggFunc::UsualHour => Some(0),
        };
        let Some(n) = oldest_that_counts.filter(|n| *n < picked.len()) else { return i64::MAX };
        let mut times =
            (n..picked.len()).filter_map(|n| picked.get(n)).map(|index| self.times[index]).peekable();
        let Some(oldest) = times.peek().copied() else { return i64::MAX };
        let near = times.take_while(|at| match span {
            Span::Exact(_) => *at == oldest,
            Span::Months(_) => *at <= oldest.saturating_add(MONTH_END_MS),
        });
        near.map(|at| zone.add(at, span)).min().unwrap_or(i64::MAX)
    }

    fn answer<'a>(&'a self, plan: Plan<'a>, question: &Question<'_>, picked: &Picked) -> Option<Value<'a>> {
        let Some((first, last)) = picked.first().zip(picked.last()) else { return nothing(plan) };
        let at = |index: usize| self.times[index];
        match plan.agg.func {
            AggFunc::Did | AggFunc::Last => answer_at(plan, question.read, at(last), self.rows.get(last)),
            AggFunc::First => answer_at(plan, question.read, at(first), self.rows.get(first)),
            AggFunc::Count => Some(Value::Int(picked.len() as i64)),
            AggFunc::Sum(_) | AggFunc::Avg(_) => self.sum(plan, picked).answer(plan),
            AggFunc::Min(_) => self.extreme(plan, picked, Ordering::Less),
            AggFunc::Max(_) => self.extreme(plan, picked, Ordering::Greater),
            AggFunc::Distinct(_) => {
                let ty = fed_type(plan);
                let keys: BTreeSet<_> =
                    picked.iter().filter_map(|index| self.item(index)).map(|item| item.key(ty)).collect();
                Some(Value::Int(keys.len() as i64))
            }
            AggFunc::Recent(_, n) => {
                let skip = picked.len().saturating_sub(n as usize);
                let newest = (skip..picked.len()).rev().filter_map(|n| picked.get(n));
                state::list_of(plan, newest.filter_map(|index| self.item(index)))
            }
            AggFunc::Gap => mean_gap(at(first), at(last), picked.len() as u64),
            AggFunc::LastGap => {
                let before = picked.get(picked.len().checked_sub(2)?)?;
                Some(duration(at(last).saturating_sub(at(before))))
            }
            AggFunc::UsualHour => {
                let mut hours = [0u32; 24];
                for item in picked.iter().filter_map(|index| self.item(index)) {
                    hours[item.int().clamp(0, 23) as usize] += 1;
                }
                usual_hour(&hours)
            }
        }
    }

    /// Floats are added anew in order of time; of integers, the shorter of what is in the window and what is before it.
    fn sum(&self, plan: Plan<'_>, picked: &Picked) -> Total {
        let ty = fed_type(plan);
        let mut sum = Total::default();
        let before = picked.from;
        if ty != Ty::Float && picked.some.is_none() && picked.to == self.times.len() && before < picked.len()
        {
            let outside: i128 =
                (0..before).filter_map(|index| self.item(index)).map(|item| i128::from(item.int())).sum();
            sum.int = self.total.saturating_sub(outside);
            sum.count = picked.len() as u64;
        } else {
            for item in picked.iter().filter_map(|index| self.item(index)) {
                sum.add(item, ty);
            }
        }
        sum
    }

    fn extreme(&self, plan: Plan<'_>, picked: &Picked, wanted: Ordering) -> Option<Value<'_>> {
        let ty = fed_type(plan);
        let mut items = picked.iter().filter_map(|index| self.item(index));
        let first = items.next()?;
        let best = items.fold(first, |best, item| if item.order(best, ty) == wanted { item } else { best });
        best.value(ty)
    }
}

/// Whether the last event in the window is all that is asked.
fn wants_newest(agg: &Aggregate) -> bool {
    matches!((agg.func, agg.window), (AggFunc::Did | AggFunc::Last, Window::Within(_)))
        && agg.residual.is_none()
}

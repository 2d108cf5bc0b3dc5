//! What one aggregate (of one group) remembers, and what it answers.

use super::item::{self, Item, type_of};
use super::list::List;
use super::{Occurrence, Plan, Question};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use wayline_compiler::eval::{Reading, Value};
use wayline_compiler::ir::memory::Form;
use wayline_compiler::ir::{AggFunc, Aggregate, FieldId, Read, Span, Ty, Window};
use wayline_compiler::list::ListWriter;
use wayline_compiler::row::{Row, RowBuf};

/// Remembered quantity; which one is a function of the aggregate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum State {
    /// `did`, of all time.
    Seen,
    /// `count`
    Count(u64),
    /// `sum` and `avg`.
    Total(Box<Total>),
    /// `min` and `max`.
    Extreme(Item),
    /// `first`, `last`: the event that is first or last.
    Edge(i64, Option<Box<RowBuf>>),
    /// `distinct`: keys of the values.
    Distinct(BTreeSet<Box<[u8]>>),
    /// `gap`.
    Reach(i64, i64, u64),
    /// `last_gap`: the greatest own time and the one before it.
    Pair(i64, Option<i64>),
    /// `usual_hour`: events by local hour.
    Hours(Box<[u32; 24]>),
    /// Single events.
    List(Box<List>),
}

/// Running sum. Integers in 128 bits, so that the order of events does not matter; the answer saturates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Total {
    pub(super) int: i128,
    pub(super) float: f64,
    pub(super) count: u64,
}

impl State {
    /// The state after a first event; `None` when that leaves nothing to remember.
    pub(super) fn first(plan: Plan<'_>, event: &Occurrence<'_>) -> Option<Self> {
        if plan.agg.form() == Form::Events {
            let mut list = List::default();
            list.feed(plan, event);
            return (!list.is_empty()).then(|| Self::List(Box::new(list)));
        }
        let own = event.own_ms;
        let value = |field: FieldId| Item::of(type_of(plan, field), event.row, field);
        Some(match plan.agg.func {
            AggFunc::Did => match plan.agg.window {
                Window::Ever | Window::SinceEntry => Self::Seen,
                Window::Within(_) | Window::Since => Self::Edge(own, None),
            },
            AggFunc::Count => Self::Count(1),
            AggFunc::Sum(field) | AggFunc::Avg(field) => {
                let mut total = Total::default();
                total.add(&value(field)?, type_of(plan, field));
                Self::Total(Box::new(total))
            }
            AggFunc::Min(field) | AggFunc::Max(field) => Self::Extreme(value(field)?),
            AggFunc::Distinct(field) => {
                Self::Distinct(BTreeSet::from([value(field)?.key(type_of(plan, field))]))
            }
            AggFunc::Last | AggFunc::First => Self::Edge(own, item::kept(plan, event.row)),
            AggFunc::Gap => Self::Reach(own, own, 1),
            AggFunc::LastGap => Self::Pair(own, None),
            AggFunc::UsualHour => {
                let mut hours = Box::new([0; 24]);
                hours[local_hour(event)] = 1;
                Self::Hours(hours)
            }
            AggFunc::Recent(..) => return None,
        })
    }

    /// Takes in one more event.
    pub(super) fn feed(&mut self, plan: Plan<'_>, event: &Occurrence<'_>) {
        let own = event.own_ms;
        match self {
            Self::Seen => {}
            Self::Count(count) => *count = count.saturating_add(1),
            Self::Total(total) => {
                if let Some((item, ty)) = fed(plan, event) {
                    total.add(&item, ty);
                }
            }
            Self::Extreme(best) => {
                if let Some((item, ty)) = fed(plan, event) {
                    let wanted = if matches!(plan.agg.func, AggFunc::Min(_)) {
                        Ordering::Less
                    } else {
                        Ordering::Greater
                    };
                    if item.order(best, ty) == wanted {
                        *best = item;
                    }
                }
            }
            Self::Edge(at, row) => {
                // Of events with equal own times the first to arrive is the first, the last to arrive the last.
                let takes = if plan.agg.func == AggFunc::First { own < *at } else { own >= *at };
                if takes {
                    *at = own;
                    *row = if plan.agg.func == AggFunc::Did { None } else { item::kept(plan, event.row) };
                }
            }
            Self::Distinct(keys) => {
                if let Some((item, ty)) = fed(plan, event)
                    && keys.len() < super::MAX_LISTED
                {
                    keys.insert(item.key(ty));
                }
            }
            Self::Reach(first, last, count) => {
                *first = own.min(*first);
                *last = own.max(*last);
                *count = count.saturating_add(1);
            }
            Self::Pair(last, before) => {
                if own >= *last {
                    *before = Some(*last);
                    *last = own;
                } else {
                    *before = Some(before.map_or(own, |before| before.max(own)));
                }
            }
            Self::Hours(hours) => {
                let hour = &mut hours[local_hour(event)];
                *hour = hour.saturating_add(1);
            }
            Self::List(list) => list.feed(plan, event),
        }
    }

    /// Whether no reading from `now` on can see any of it.
    pub(super) fn is_past(&self, agg: &Aggregate, now: i64) -> bool {
        match self {
            Self::Edge(at, _) => is_past(agg.window, *at, now),
            Self::List(list) => list.newest().is_none_or(|at| is_past(agg.window, at, now)),
            Self::Seen
            | Self::Count(_)
            | Self::Total(_)
            | Self::Extreme(_)
            | Self::Distinct(_)
            | Self::Reach(..)
            | Self::Pair(..)
            | Self::Hours(_) => false,
        }
    }

    /// What it answers.
    pub(super) fn read<'a>(&'a self, plan: Plan<'a>, question: &Question<'_>) -> Reading<'a> {
        let forever = |value| Reading { value, until_ms: i64::MAX };
        match self {
            Self::Seen => forever(Some(Value::Bool(true))),
            Self::Count(count) => forever(Some(Value::Int(i64::try_from(*count).unwrap_or(i64::MAX)))),
            Self::Total(total) => forever(total.answer(plan)),
            Self::Extreme(best) => forever(best.value(fed_type(plan))),
            Self::Edge(at, row) => edge(plan, question, *at, row.as_deref()),
            Self::Distinct(keys) => forever(Some(Value::Int(keys.len() as i64))),
            Self::Reach(first, last, count) => forever(mean_gap(*first, *last, *count)),
            Self::Pair(last, before) => forever(before.map(|before| duration(last.saturating_sub(before)))),
            Self::Hours(hours) => forever(usual_hour(hours)),
            Self::List(list) => list.read(plan, question),
        }
    }
}

/// What an aggregate answers over nothing.
pub(super) fn untouched(plan: Plan<'_>) -> Reading<'static> {
    Reading { value: nothing(plan), until_ms: i64::MAX }
}

pub(super) fn nothing(plan: Plan<'_>) -> Option<Value<'static>> {
    match plan.agg.func {
        AggFunc::Did => Some(Value::Bool(false)),
        AggFunc::Count | AggFunc::Distinct(_) => Some(Value::Int(0)),
        AggFunc::Sum(field) => Some(Value::zero(type_of(plan, field))),
        AggFunc::Min(_)
        | AggFunc::Max(_)
        | AggFunc::Avg(_)
        | AggFunc::Last
        | AggFunc::First
        | AggFunc::Recent(..)
        | AggFunc::Gap
        | AggFunc::LastGap
        | AggFunc::UsualHour => None,
    }
}

impl Total {
    pub(super) fn add(&mut self, item: &Item, ty: Ty) {
        if ty == Ty::Float {
            self.float += item.float(ty);
        } else {
            self.int = self.int.saturating_add(i128::from(item.int()));
        }
        self.count = self.count.saturating_add(1);
    }

    /// The sum or the mean.
    pub(super) fn answer(&self, plan: Plan<'_>) -> Option<Value<'static>> {
        let ty = fed_type(plan);
        if matches!(plan.agg.func, AggFunc::Avg(_)) {
            let sum = if ty == Ty::Float { self.float } else { self.int as f64 };
            return (self.count > 0).then(|| Value::Float(finite(sum / self.count as f64)));
        }
        let int = self.int.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        Some(match ty {
            Ty::Float => Value::Float(finite(self.float)),
            Ty::Duration => duration(int),
            Ty::Bool
            | Ty::Int
            | Ty::Str
            | Ty::Time
            | Ty::Date
            | Ty::Clock
            | Ty::Timezone
            | Ty::Enum(_)
            | Ty::List(_) => Value::Int(int),
        })
    }
}

pub(super) fn fed_type(plan: Plan<'_>) -> Ty {
    plan.agg.func.field().map_or(Ty::Bool, |field| type_of(plan, field))
}

/// The value of that field, where the event has it, with its type.
fn fed(plan: Plan<'_>, event: &Occurrence<'_>) -> Option<(Item, Ty)> {
    let field = plan.agg.func.field()?;
    let ty = type_of(plan, field);
    Item::of(ty, event.row, field).map(|item| (item, ty))
}

/// Whether an event is out of the window at every instant from `now` on, whatever the zone.
pub(super) fn is_past(window: Window, at: i64, now: i64) -> bool {
    match window {
        Window::Ever | Window::SinceEntry | Window::Since => false,
        Window::Within(Span::Exact(ms)) => at.saturating_add(ms) <= now,
        Window::Within(span @ Span::Months(_)) => {
            at.saturating_add(span.longest_ms()).saturating_add(super::list::ZONE_SLACK_MS) <= now
        }
    }
}

/// The answer of `did` and `last`/`first` from one event.
fn edge<'a>(plan: Plan<'a>, question: &Question<'_>, at: i64, row: Option<&'a RowBuf>) -> Reading<'a> {
    let (inside, until_ms) = match plan.agg.window {
        Window::Ever | Window::SinceEntry => (true, i64::MAX),
        Window::Since => (question.since.is_none_or(|since| at >= since), i64::MAX),
        Window::Within(span) => {
            let end = question.zone.add(at, span);
            if at > question.now_ms {
                (false, at)
            } else if end > question.now_ms {
                (true, end)
            } else {
                (false, i64::MAX)
            }
        }
    };
    let value = if inside { answer_at(plan, question.read, at, row) } else { nothing(plan) };
    Reading { value, until_ms }
}

/// The answer of `did`, `last`, `first` about the event that decides.
pub(super) fn answer_at<'a>(
    plan: Plan<'a>,
    read: Read,
    at: i64,
    row: Option<&'a RowBuf>,
) -> Option<Value<'a>> {
    match read {
        Read::Value if plan.agg.func == AggFunc::Did => Some(Value::Bool(true)),
        Read::Value => Some(Value::Time(at)),
        Read::Field(position) => item::field(plan, row, position),
    }
}

pub(super) fn local_hour(event: &Occurrence<'_>) -> usize {
    (event.zone.local(event.own_ms).clock / 3_600_000).clamp(0, 23) as usize
}

/// The most frequent hour, the earliest of equals, as a clock.
pub(super) fn usual_hour(hours: &[u32; 24]) -> Option<Value<'static>> {
    let most = hours.iter().copied().max().filter(|most| *most > 0)?;
    let hour = hours.iter().position(|count| *count == most)?;
    Some(Value::Clock(hour as i64 * 3_600_000))
}

/// Mean interval of `count` events from `first` to `last`, rounded down.
pub(super) fn mean_gap(first: i64, last: i64, count: u64) -> Option<Value<'static>> {
    let intervals = i64::try_from(count).unwrap_or(i64::MAX).checked_sub(1).filter(|n| *n > 0)?;
    Some(duration(last.saturating_sub(first) / intervals))
}

pub(super) fn duration(ms: i64) -> Value<'static> {
    Value::Duration(Span::Exact(ms))
}

/// As arithmetic has it: no NaN, no infinity.
pub(super) fn finite(x: f64) -> f64 {
    if x.is_nan() { 0.0 } else { x.clamp(f64::MIN, f64::MAX) }
}

/// A list value of items, in the given order.
pub(super) fn list_of<'a>(plan: Plan<'_>, items: impl Iterator<Item = &'a Item>) -> Option<Value<'static>> {
    let ty = fed_type(plan);
    let lists = plan.program.lists.iter();
    let mut scalars = lists.enumerate().filter(|(_, fields)| fields.len() == 1 && fields[0].name.is_empty());
    let (index, _) = scalars.find(|(_, fields)| fields[0].ty.ty() == ty)?;
    let mut writer = ListWriter::new(1);
    for item in items {
        let (slot, bytes) = item.slot();
        let mut slot = slot;
        if ty == Ty::Str {
            slot.sym = plan.program.symbol(std::str::from_utf8(bytes).unwrap_or_default());
        }
        writer.push(Row { slots: &[slot], bytes }, |_| item::is_blob(ty));
    }
    Some(Value::List(wayline_compiler::ir::ListId::new(index), writer.finish().into()))
}

//! What an aggregate costs a user: the form of its state and its size in bytes, without any user at hand.
//!
//! The forms are decided here, for the engine too: it keeps what [`Aggregate::form`] says. Sizes are those of the engine's states on a 64-bit
//! machine, which a test of the engine compares; texts are reckoned at [`TEXT_BYTES`]. Start at [`state_size`].

use super::{AggFunc, Aggregate, Event, FieldId, Keep, Program, Span, Ty, Window};
use crate::row::Slot;

/// What a text is reckoned with.
pub const TEXT_BYTES: u64 = 24;
/// A state with its number: what every aggregate takes that some event has touched.
pub const HEAD_BYTES: u64 = 40;
/// A running total.
pub const TOTAL_BYTES: u64 = 32;
/// The head of a list of events.
pub const LIST_BYTES: u64 = 112;
/// A value in a list.
pub const VALUE_BYTES: u64 = 24;
/// Most events that one state lists; beyond, the oldest is forgotten.
pub const MAX_LISTED: u64 = 100_000;

/// What is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// That it happened.
    Flag,
    /// One or two instants, perhaps with a count.
    Instants,
    /// How often.
    Counter,
    /// A running sum.
    Total,
    /// The least or greatest value.
    Value,
    /// One event, the first or the last, with the fields that are read.
    Event,
    /// The different values.
    Values,
    /// 24 counters.
    Hours,
    /// Single events.
    Events,
}

impl Form {
    /// In reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flag => "a flag",
            Self::Instants => "instants",
            Self::Counter => "a counter",
            Self::Total => "a total",
            Self::Value => "a value",
            Self::Event => "one event",
            Self::Values => "different values",
            Self::Hours => "24 counters",
            Self::Events => "events",
        }
    }
}

impl AggFunc {
    /// The field whose values it takes in.
    pub fn field(self) -> Option<FieldId> {
        match self {
            Self::Sum(field)
            | Self::Min(field)
            | Self::Max(field)
            | Self::Avg(field)
            | Self::Distinct(field)
            | Self::Recent(field, _) => Some(field),
            Self::Did
            | Self::Count
            | Self::Last
            | Self::First
            | Self::Gap
            | Self::LastGap
            | Self::UsualHour => None,
        }
    }
}

impl Aggregate {
    /// The smallest state that answers it.
    pub fn form(&self) -> Form {
        let windowed = match self.window {
            Window::Ever | Window::SinceEntry => false,
            Window::Within(_) | Window::Since => match self.func {
                // The greatest own time answers; of calendar months, which end unevenly, those near it.
                AggFunc::Did | AggFunc::Last => matches!(self.window, Window::Within(Span::Months(_))),
                AggFunc::Count
                | AggFunc::Sum(_)
                | AggFunc::Min(_)
                | AggFunc::Max(_)
                | AggFunc::Avg(_)
                | AggFunc::Distinct(_)
                | AggFunc::First
                | AggFunc::Recent(..)
                | AggFunc::Gap
                | AggFunc::LastGap
                | AggFunc::UsualHour => true,
            },
        };
        if windowed || self.residual.is_some() || self.keep == Keep::Listed {
            return Form::Events;
        }
        match self.func {
            AggFunc::Did => match self.window {
                Window::Ever | Window::SinceEntry => Form::Flag,
                Window::Within(_) | Window::Since => Form::Instants,
            },
            AggFunc::Count => Form::Counter,
            AggFunc::Sum(_) | AggFunc::Avg(_) => Form::Total,
            AggFunc::Min(_) | AggFunc::Max(_) => Form::Value,
            AggFunc::Distinct(_) => Form::Values,
            AggFunc::First | AggFunc::Last => Form::Event,
            AggFunc::Gap | AggFunc::LastGap => Form::Instants,
            AggFunc::UsualHour => Form::Hours,
            AggFunc::Recent(..) => Form::Events,
        }
    }

    /// How many events it lists at most, rates aside.
    pub fn most_listed(&self) -> u64 {
        match self.func {
            AggFunc::Recent(_, n) if self.residual.is_none() => u64::from(n).clamp(1, MAX_LISTED),
            AggFunc::Recent(..)
            | AggFunc::Did
            | AggFunc::Count
            | AggFunc::Sum(_)
            | AggFunc::Min(_)
            | AggFunc::Max(_)
            | AggFunc::Avg(_)
            | AggFunc::Distinct(_)
            | AggFunc::Last
            | AggFunc::First
            | AggFunc::Gap
            | AggFunc::LastGap
            | AggFunc::UsualHour => MAX_LISTED,
        }
    }
}

/// What one aggregate costs one user (or instance), once an event has touched it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateSize {
    /// What is kept.
    pub form: Form,
    /// Bytes however many events come; of one group, where there are groups.
    pub bytes: u64,
    /// Bytes for each event (or different value) that is kept.
    pub bytes_per_event: u64,
    /// Most events kept, by the window and the event's declared rate; `None` where nothing is kept by event.
    pub most_events: Option<u64>,
}

/// The state of an aggregate.
pub fn state_size(program: &Program, aggregate: &Aggregate) -> StateSize {
    let event = program.event(aggregate.event);
    let text = |field: FieldId| if has_text(event, field) { TEXT_BYTES } else { 0 };
    let slot = size_of::<Slot>() as u64;
    let kept: u64 = aggregate.keep_fields.iter().map(|field| slot + text(*field)).sum();
    let key = aggregate.group_by.len() as u64 * TEXT_BYTES;
    let value = aggregate.func.field().map_or(0, |field| VALUE_BYTES + text(field));
    let form = aggregate.form();
    let (more, bytes_per_event) = match form {
        Form::Flag | Form::Instants | Form::Counter => (0, 0),
        Form::Value => (aggregate.func.field().map_or(0, text), 0),
        Form::Total => (TOTAL_BYTES, 0),
        Form::Event => (kept, 0),
        Form::Hours => (24 * size_of::<u32>() as u64, 0),
        Form::Values => (0, 2 * size_of::<usize>() as u64 + value),
        Form::Events => (LIST_BYTES, size_of::<i64>() as u64 + value + kept),
    };
    StateSize {
        form,
        bytes: HEAD_BYTES + key + more,
        bytes_per_event,
        most_events: (bytes_per_event > 0).then(|| most_events(aggregate, event)),
    }
}

/// Most events in the window, by the declared rate.
fn most_events(aggregate: &Aggregate, event: &Event) -> u64 {
    let most = aggregate.most_listed();
    match (aggregate.window, event.rate) {
        (Window::Within(window), Some((max, per))) => {
            let window_ms = u64::try_from(window.longest_ms()).unwrap_or(0);
            let periods = window_ms.div_ceil(u64::try_from(per.longest_ms()).unwrap_or(1).max(1));
            u64::from(max).saturating_mul(periods).min(most)
        }
        (Window::Within(_) | Window::Ever | Window::SinceEntry | Window::Since, _) => most,
    }
}

/// Whether values of a field lie apart, as bytes.
fn has_text(event: &Event, field: FieldId) -> bool {
    match event.fields.get(field.index()).map(|field| field.ty.ty()) {
        Some(Ty::Str | Ty::Timezone | Ty::List(_)) => true,
        Some(
            Ty::Bool | Ty::Int | Ty::Float | Ty::Time | Ty::Date | Ty::Clock | Ty::Duration | Ty::Enum(_),
        )
        | None => false,
    }
}

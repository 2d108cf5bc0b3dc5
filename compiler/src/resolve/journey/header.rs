//! Headers: goals, exits, refreshes and settings, which stand before the steps.

use super::entry::Entered;
use super::written::{self, DAY_MS};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, EventId, Exit, FieldId, FieldType, JourneyId, OnUpdate, PolicyId, Purpose, Refresh};
use crate::resolve::scope::{ExprScope, Position};
use crate::resolve::{JourneySpans, Resolver, literal};
use crate::source::Span;
use crate::syntax::ast::{self, HeaderItem, HeaderKind, Ident};
use std::collections::{BTreeMap, BTreeSet};

/// The least default goal window.
const LEAST_GOAL_WINDOW: ir::Span = ir::Span::Exact(3 * DAY_MS);

/// A lowered header.
#[derive(Debug)]
pub(super) struct Header {
    goals: Vec<WrittenGoal>,
    pub(super) exits: Vec<Exit>,
    pub(super) refreshes: Vec<Refresh>,
    pub(super) purpose: Purpose,
    pub(super) policy: PolicyId,
    pub(super) priority: i64,
    pub(super) lasts: Option<ir::Span>,
    pub(super) holdout: u32,
    pub(super) active: Option<(i64, i64)>,
    pub(super) on_update: OnUpdate,
}

/// A goal whose window may still have to be filled in.
#[derive(Debug)]
struct WrittenGoal {
    name: String,
    event: EventId,
    filter: Option<ir::ExprId>,
    window: Option<ir::Span>,
    keep_going: bool,
}

impl Header {
    fn empty() -> Header {
        Header {
            goals: Vec::new(),
            exits: Vec::new(),
            refreshes: Vec::new(),
            purpose: Purpose::Marketing,
            policy: PolicyId::new(0),
            priority: 0,
            lasts: None,
            holdout: 0,
            active: None,
            on_update: OnUpdate::Pin,
        }
    }

    /// The goals; a window that was not written is the journey's longest stay, and at least three days.
    pub(super) fn goals(&self, stay: ir::Span) -> Vec<ir::Goal> {
        let by_default =
            if stay.longest_ms() > LEAST_GOAL_WINDOW.longest_ms() { stay } else { LEAST_GOAL_WINDOW };
        self.goals
            .iter()
            .map(|goal| ir::Goal {
                name: goal.name.clone(),
                event: goal.event,
                filter: goal.filter,
                window: goal.window.unwrap_or(by_default),
                keep_going: goal.keep_going,
            })
            .collect()
    }

    /// The entry fields that a refresh can replace.
    pub(super) fn refreshed(&self) -> BTreeSet<FieldId> {
        self.refreshes.iter().flat_map(|refresh| refresh.fields.iter().map(|(_, to)| *to)).collect()
    }
}

impl<'a> Resolver<'a> {
    /// Lowers a header.
    pub(super) fn header(
        &mut self,
        id: JourneyId,
        journey: &'a ast::Journey,
        entered: &Entered,
        places: &mut JourneySpans,
    ) -> Header {
        let mut header = Header::empty();
        let mut once = BTreeMap::new();
        for item in &journey.header {
            self.only_once(item, &mut once);
        }
        // Refreshes first: what they can replace is not known for good in any condition.
        for item in &journey.header {
            if let HeaderKind::Refresh { event } = &item.kind
                && let Some(refresh) = self.refresh(event, entered)
            {
                header.refreshes.push(refresh);
                places.refreshes.push(item.span);
            }
        }
        let mut scope = ExprScope::body(id, entered.event);
        scope.refreshed = header.refreshed();
        scope.facts = entered.facts.clone();
        self.time_passes(&mut scope);
        for item in &journey.header {
            self.header_item(item, &scope, &mut header, places);
        }
        header
    }

    fn header_item(
        &mut self,
        item: &'a HeaderItem,
        scope: &ExprScope<'a>,
        header: &mut Header,
        places: &mut JourneySpans,
    ) {
        match &item.kind {
            HeaderKind::Goal { .. } => {
                if let Some(goal) = self.goal(&item.kind, scope) {
                    header.goals.push(goal);
                    places.goals.push(item.span);
                }
            }
            HeaderKind::ExitOn { event, filter } => {
                if let Some((event, filter)) = self.event_where(event, filter.as_ref(), scope) {
                    header.exits.push(Exit::Event { event, filter });
                    places.exits.push(item.span);
                }
            }
            HeaderKind::ExitWhen(predicate) => {
                let mut scope = ExprScope { position: Position::Header, ..scope.clone() };
                if let Some(predicate) = self.predicate(predicate, &mut scope) {
                    header.exits.push(Exit::When { predicate });
                    places.exits.push(item.span);
                }
            }
            HeaderKind::Purpose(purpose) => header.purpose = literal::purpose(purpose.value),
            HeaderKind::Policy(name) => {
                if let Some(policy) = self.policy(name) {
                    header.policy = policy;
                }
            }
            HeaderKind::Priority(priority) => header.priority = priority.value,
            HeaderKind::Lasts(longest) => {
                header.lasts = Some(self.some_time(*longest, "the life of an instance"));
                places.lasts = Some(item.span);
            }
            HeaderKind::Holdout(share) => header.holdout = self.share(*share),
            HeaderKind::Active { from, to } => header.active = self.active(from, to),
            HeaderKind::OnUpdate(update) => {
                header.on_update = match update.value {
                    ast::OnUpdate::Pin => OnUpdate::Pin,
                    ast::OnUpdate::Move => OnUpdate::Move,
                    ast::OnUpdate::Exit => OnUpdate::Exit,
                }
            }
            HeaderKind::Refresh { .. } | HeaderKind::Error => {}
        }
    }

    fn goal(&mut self, goal: &'a HeaderKind, scope: &ExprScope<'a>) -> Option<WrittenGoal> {
        let HeaderKind::Goal { event: event_name, within, filter, name, keep_going } = goal else {
            return None;
        };
        let window = within.map(|within| self.some_time(within, "the window of a goal"));
        let (event, filter) = self.event_where(event_name, filter.as_ref(), scope)?;
        let name = name.as_ref().unwrap_or(event_name).text.clone();
        Some(WrittenGoal { name, event, filter, window, keep_going: keep_going.is_some() })
    }

    /// An event with its condition, in a goal, an exit or a wait.
    pub(super) fn event_where(
        &mut self,
        event: &Ident,
        filter: Option<&'a ast::Expr>,
        scope: &ExprScope<'a>,
    ) -> Option<(EventId, Option<ir::ExprId>)> {
        let id = self.event(event)?;
        let Some(filter) = filter else { return Some((id, None)) };
        let predicate = self.predicate(filter, &mut scope.inner(id))?;
        Some((id, Some(predicate)))
    }

    fn refresh(&mut self, name: &Ident, entered: &Entered) -> Option<Refresh> {
        let event = self.event(name)?;
        let Some(entry) = entered.event else {
            return Some(Refresh { event, key: Vec::new(), fields: Vec::new() });
        };
        let key = self.refresh_key(name, event, entry, &entered.key)?;
        let entry_fields = &self.schema.events[entry.index()].fields;
        let fields: Vec<(FieldId, FieldId)> = self.schema.events[event.index()]
            .fields
            .iter()
            .enumerate()
            .filter_map(|(from, field)| {
                let to = entry_fields.iter().position(|entry| entry.name == field.name)?;
                let replaces =
                    !entered.key.contains(&FieldId::new(to)) && fits(&field.ty, &entry_fields[to].ty);
                replaces.then(|| (FieldId::new(from), FieldId::new(to)))
            })
            .collect();
        for (from, _) in &fields {
            self.need_event_field(event, *from);
        }
        Some(Refresh { event, key, fields })
    }

    /// The fields of the refreshing event that hold the lane's key.
    fn refresh_key(
        &mut self,
        name: &Ident,
        event: EventId,
        entry: EventId,
        key: &[FieldId],
    ) -> Option<Vec<FieldId>> {
        let mut found = Vec::new();
        for field in key {
            let wanted = self.schema.events[entry.index()].fields[field.index()].clone();
            let here =
                self.schema.events[event.index()].fields.iter().position(|field| field.name == wanted.name);
            let Some(here) = here.map(FieldId::new) else {
                self.report(
                    Diagnostic::new(
                        &codes::MISSING_FIELD,
                        name.span,
                        format!(
                            "event `{}` has no field `{}`, the key of this journey",
                            name.text, wanted.name
                        ),
                    )
                    .label("does not say which instance it is about")
                    .help(format!(
                        "add `{}` to `event {}`, or refresh on an event that has it",
                        wanted.name, name.text
                    )),
                );
                return None;
            };
            let lowered = self.schema.events[event.index()].fields[here.index()].clone();
            if std::mem::discriminant(&lowered.ty) != std::mem::discriminant(&wanted.ty) {
                self.report(
                    Diagnostic::new(
                        &codes::TYPE_MISMATCH,
                        name.span,
                        format!(
                            "`{}` has another type in `{}` than in the entry event",
                            wanted.name, name.text
                        ),
                    )
                    .label("the key cannot be compared")
                    .help("declare the key field with the same type in both events"),
                );
                return None;
            }
            self.need_event_field(event, here);
            self.key_is_there(event, here, name.span);
            found.push(here);
        }
        Some(found)
    }

    fn share(&mut self, share: ast::Percent) -> u32 {
        if share.basis_points > 10_000 {
            self.report(
                Diagnostic::new(&codes::INVALID_VALUE, share.span, "a share is at most 100%")
                    .label("more than all")
                    .help("write a share from `0%` to `100%`"),
            );
        }
        written::millionths(share).min(1_000_000)
    }

    /// `active FROM .. TO`: a date stands for its whole day, so the last one is included.
    fn active(&mut self, from: &'a ast::Expr, to: &'a ast::Expr) -> Option<(i64, i64)> {
        let start = self.written_instant(from);
        let end = match &to.inner().kind {
            ast::ExprKind::Date(date) => Some(self.midnight(date.date.succ_opt().unwrap_or(date.date))),
            _ => self.written_instant(to),
        };
        let (start, end) = (start?, end?);
        if start >= end {
            self.report(
                Diagnostic::new(
                    &codes::INVALID_VALUE,
                    from.span.to(to.span),
                    "the active period ends before it begins",
                )
                .label("nobody could ever enter")
                .help("write the earlier date first"),
            );
            return None;
        }
        Some((start, end))
    }

    /// A setting may stand once.
    fn only_once(&mut self, item: &HeaderItem, seen: &mut BTreeMap<&'static str, Span>) {
        let word = match &item.kind {
            HeaderKind::Purpose(_) => "purpose",
            HeaderKind::Policy(_) => "policy",
            HeaderKind::Priority(_) => "priority",
            HeaderKind::Lasts(_) => "lasts at most",
            HeaderKind::Holdout(_) => "holdout",
            HeaderKind::Active { .. } => "active",
            HeaderKind::OnUpdate(_) => "on update",
            HeaderKind::Goal { .. }
            | HeaderKind::ExitOn { .. }
            | HeaderKind::ExitWhen(_)
            | HeaderKind::Refresh { .. }
            | HeaderKind::Error => return,
        };
        let Some(first) = seen.insert(word, item.span) else { return };
        self.report(
            Diagnostic::new(&codes::DUPLICATE_NAME, item.span, format!("this journey says `{word}` twice"))
                .label("said again here")
                .also(first, "first said here")
                .help("keep one of them"),
        );
    }
}

/// Whether every value of one type may stand in a field of the other: the same type, and no declared fact of the field is lost.
fn fits(from: &FieldType, to: &FieldType) -> bool {
    let without_facts = match to {
        FieldType::Int(range) => *range == ir::Range { min: None, max: None },
        FieldType::Float(range) => *range == ir::Range { min: None, max: None },
        FieldType::Str(limit) | FieldType::Url(limit) => limit.is_none(),
        FieldType::Time { past } | FieldType::Date { past } => !past,
        // Nothing is declared of them beyond the type itself, and that has to be the same.
        FieldType::Bool
        | FieldType::Clock
        | FieldType::Duration
        | FieldType::Timezone
        | FieldType::Enum(_)
        | FieldType::List(_)
        | FieldType::Record => false,
    };
    from == to || without_facts && std::mem::discriminant(from) == std::mem::discriminant(to)
}

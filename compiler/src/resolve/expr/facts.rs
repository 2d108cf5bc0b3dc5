//! What a condition establishes: which optionals are there, which numbers are not zero.
//!
//! Facts are about nodes; equal expressions are one node. Start reading at [`Resolver::when`](super::super::Resolver::when).

use super::super::Resolver;
use super::super::scope::{ExprScope, Facts, Truth};
use crate::ir::{
    AggFunc, AggId, ChannelId, CompareOp, Const, ExprId, ExprKind, FieldId, Mutability, Read, Source,
    TimeTest, Window,
};

impl Resolver<'_> {
    /// What is known when a condition went this way.
    pub(crate) fn when(&self, condition: ExprId, truth: Truth) -> Facts {
        let mut facts = Facts::default();
        self.establish(condition, truth, &mut facts);
        facts
    }

    /// What is known in the arm of a `match` that took one of these values.
    pub(crate) fn when_matched(&self, subject: ExprId, patterns: &[Const]) -> Facts {
        let of_one = |pattern: &Const| match (pattern, &self.arena.get(subject).kind) {
            (Const::Bool(true), _) => self.when(subject, Truth::True),
            (Const::Bool(false), _) => self.when(subject, Truth::False),
            (Const::Member(_), ExprKind::Case { arms, .. }) => self.when_classified(arms, pattern),
            _ => Facts::default(),
        };
        let mut all = patterns.iter().map(of_one);
        let first = all.next().unwrap_or_default();
        all.fold(first, |known, facts| known.join(&facts))
    }

    /// A class was taken: its condition holds, those before it do not.
    fn when_classified(&self, arms: &[(ExprId, ExprId)], class: &Const) -> Facts {
        let mut facts = Facts::default();
        for (condition, value) in arms {
            let taken = matches!(&self.arena.get(*value).kind, ExprKind::Const(member) if member == class);
            let truth = if taken { Truth::True } else { Truth::False };
            self.establish(*condition, truth, &mut facts);
            if taken {
                break;
            }
        }
        facts
    }

    /// What an entry's `where` (over the event) establishes for the body (over the entry).
    pub(crate) fn when_entered(&mut self, filter: ExprId) -> Facts {
        let facts = self.when(filter, Truth::True);
        let mut moved = Facts::default();
        for id in facts.present {
            moved.present.extend(self.as_entry(id));
        }
        for id in facts.nonzero {
            moved.nonzero.extend(self.as_entry(id));
        }
        moved
    }

    /// What is known where a channel carries a message: the attributes it needs are there.
    pub(crate) fn when_reachable(&mut self, channel: ChannelId) -> Facts {
        let mut facts = Facts::default();
        for attribute in self.schema.channels[channel.index()].needs.clone() {
            let ty = self.schema.attributes[attribute.index()].field.ty.ty();
            let slot = ExprKind::Slot { source: Source::User, slot: attribute.0 };
            facts.present.insert(self.arena.expr(slot, ty));
        }
        facts
    }

    /// The same expression over the entry instead of the event; only fields and what does not read the event have one.
    fn as_entry(&mut self, id: ExprId) -> Option<ExprId> {
        let ty = self.arena.get(id).ty;
        match self.arena.get(id).kind {
            ExprKind::Slot { source: Source::Event, slot } => {
                Some(self.arena.expr(ExprKind::Slot { source: Source::Entry, slot }, ty))
            }
            ExprKind::Column { catalog, key, column } => {
                let key = self.as_entry(key)?;
                Some(self.arena.expr(ExprKind::Column { catalog, key, column }, ty))
            }
            ExprKind::RowExists { catalog, key } => {
                let key = self.as_entry(key)?;
                Some(self.arena.expr(ExprKind::RowExists { catalog, key }, ty))
            }
            _ => (!self.reads(id).event).then_some(id),
        }
    }

    /// What the `where` of a wait establishes for the steps after it: the facts that are not about the event it waited for.
    pub(crate) fn when_arrived(&self, filter: ExprId) -> Facts {
        let mut facts = self.when(filter, Truth::True);
        facts.retain(|id| !self.reads(id).event);
        facts
    }

    /// Ends the facts that do not outlive a step that can take time.
    pub(crate) fn time_passes(&self, scope: &mut ExprScope<'_>) {
        let mut facts = std::mem::take(&mut scope.facts);
        let before = facts.present.clone();
        facts.present.retain(|id| self.stays_present(*id, scope));
        facts.nonzero.retain(|id| self.stays_equal(*id, scope));
        facts.ended.extend(before.difference(&facts.present));
        scope.facts = facts;
    }

    /// Whether what is present now is so for the rest of the instance's life.
    fn stays_present(&self, id: ExprId, scope: &ExprScope<'_>) -> bool {
        let ExprKind::Aggregate { agg, keys, since, read } = &self.arena.get(id).kind else {
            return self.stays_equal(id, scope);
        };
        let aggregate = &self.arena.aggregates[agg.index()];
        let keeps_growing = match aggregate.window {
            Window::Ever | Window::SinceEntry | Window::Since => aggregate.residual.is_none(),
            Window::Within(_) => false,
        };
        // The last event may be replaced by one without the field; the first one, by a late event.
        let any_event = match read {
            Read::Value => true,
            Read::Field(_) => false,
        };
        keeps_growing
            && any_event
            && keys.iter().chain(since).all(|operand| self.stays_equal(*operand, scope))
    }

    /// Whether a value cannot change any more.
    fn stays_equal(&self, id: ExprId, scope: &ExprScope<'_>) -> bool {
        let kind = &self.arena.get(id).kind;
        match kind {
            ExprKind::Const(_) | ExprKind::EntryTime => true,
            ExprKind::Slot { source, slot } => match source {
                Source::Entry => !scope.refreshed.contains(&FieldId(*slot)),
                Source::User => self
                    .schema
                    .attributes
                    .get(*slot as usize)
                    .is_some_and(|attribute| attribute.mutability == Mutability::Immutable),
                Source::Event | Source::Elem(_) => false,
            },
            ExprKind::Column { .. } | ExprKind::RowExists { .. } | ExprKind::Aggregate { .. } => false,
            ExprKind::Now | ExprKind::Today | ExprKind::TimeTest { .. } => false,
            _ => {
                let mut stays = true;
                kind.for_each_operand(|operand| stays &= self.stays_equal(operand, scope));
                stays
            }
        }
    }

    /// Adds what is known when a condition went this way.
    fn establish(&self, condition: ExprId, truth: Truth, facts: &mut Facts) {
        match (&self.arena.get(condition).kind, truth) {
            (ExprKind::All(operands), Truth::True) | (ExprKind::Any(operands), Truth::False) => {
                for operand in operands {
                    self.establish(*operand, truth, facts);
                }
            }
            (ExprKind::All(operands), Truth::False) | (ExprKind::Any(operands), Truth::True) => {
                let mut common: Option<Facts> = None;
                for operand in operands {
                    let of_one = self.when(*operand, truth);
                    common = Some(common.map_or_else(|| of_one.clone(), |known| known.join(&of_one)));
                }
                facts.add(&common.unwrap_or_default());
            }
            (ExprKind::Not(operand), truth) => self.establish(*operand, truth.negated(), facts),
            (ExprKind::InSegment { predicate, .. }, truth) => self.establish(*predicate, truth, facts),
            (ExprKind::Consent { rule, .. }, truth) => self.establish(*rule, truth, facts),
            (ExprKind::Exists(value), Truth::True) => self.all_present(*value, facts),
            (ExprKind::RowExists { key, .. }, Truth::True) => {
                facts.present.insert(condition);
                self.all_present(*key, facts);
            }
            (ExprKind::TimeTest { test, time, operand }, Truth::True) => {
                self.all_present(*time, facts);
                if matches!(test, TimeTest::Before | TimeTest::After) {
                    self.all_present(*operand, facts);
                }
            }
            (ExprKind::Aggregate { .. }, Truth::True) => {
                facts.present.insert(condition);
            }
            (ExprKind::Compare { op, left, right }, truth) => {
                self.classified(*op, *left, *right, truth, facts);
                self.not_zero(*op, *left, *right, truth, facts);
            }
            _ => {}
        }
    }

    /// `stage == "new"` says what the condition of that class says.
    fn classified(&self, op: CompareOp, left: ExprId, right: ExprId, truth: Truth, facts: &mut Facts) {
        let equal = matches!((op, truth), (CompareOp::Eq, Truth::True) | (CompareOp::Ne, Truth::False));
        for (class, member) in [(left, right), (right, left)] {
            if let (ExprKind::Case { arms, .. }, ExprKind::Const(member)) =
                (&self.arena.get(class).kind, &self.arena.get(member).kind)
                && equal
            {
                facts.add(&self.when_classified(arms, member));
            }
        }
    }

    /// All that a value reads is there.
    fn all_present(&self, value: ExprId, facts: &mut Facts) {
        let node = self.arena.get(value);
        match &node.kind {
            ExprKind::Slot { .. } => {
                facts.present.insert(value);
            }
            ExprKind::Column { key, .. } => {
                facts.present.insert(value);
                self.all_present(*key, facts);
            }
            ExprKind::Aggregate { agg, read, .. } => {
                if !self.always_answers(*agg, *read) {
                    facts.present.insert(value);
                }
            }
            // Present without all it reads being so.
            ExprKind::Coalesce { .. }
            | ExprKind::Case { .. }
            | ExprKind::Exists(_)
            | ExprKind::RowExists { .. }
            | ExprKind::Consent { .. }
            | ExprKind::InSegment { .. } => {}
            ExprKind::Quantified { list, .. } => self.all_present(*list, facts),
            kind => kind.for_each_operand(|operand| self.all_present(operand, facts)),
        }
    }

    /// Whether an aggregate has a value over nothing too.
    pub(super) fn always_answers(&self, agg: AggId, read: Read) -> bool {
        match self.arena.aggregates[agg.index()].func {
            AggFunc::Did | AggFunc::Count | AggFunc::Sum(_) | AggFunc::Distinct(_) | AggFunc::Recent(..) => {
                read == Read::Value
            }
            AggFunc::Min(_)
            | AggFunc::Max(_)
            | AggFunc::Avg(_)
            | AggFunc::Last
            | AggFunc::First
            | AggFunc::Gap
            | AggFunc::LastGap
            | AggFunc::UsualHour => false,
        }
    }

    /// `n > 0` and its like.
    fn not_zero(&self, op: CompareOp, left: ExprId, right: ExprId, truth: Truth, facts: &mut Facts) {
        let op = if truth == Truth::True { op } else { negated(op) };
        let excludes = |op: CompareOp, bound: f64| match op {
            CompareOp::Eq => bound != 0.0,
            CompareOp::Ne => bound == 0.0,
            CompareOp::Lt => bound <= 0.0,
            CompareOp::Le => bound < 0.0,
            CompareOp::Gt => bound >= 0.0,
            CompareOp::Ge => bound > 0.0,
        };
        if self.number(right).is_some_and(|bound| excludes(op, bound)) {
            facts.nonzero.insert(self.whole(left));
        }
        if self.number(left).is_some_and(|bound| excludes(flipped(op), bound)) {
            facts.nonzero.insert(self.whole(right));
        }
    }

    /// The number a constant is.
    pub(super) fn number(&self, id: ExprId) -> Option<f64> {
        match self.arena.get(id).kind {
            #[expect(clippy::cast_precision_loss, reason = "only the sign matters")]
            ExprKind::Const(Const::Int(n)) => Some(n as f64),
            ExprKind::Const(Const::Float(x)) => Some(x),
            _ => None,
        }
    }

    /// The number behind a conversion.
    pub(super) fn whole(&self, id: ExprId) -> ExprId {
        match self.arena.get(id).kind {
            ExprKind::ToFloat(inner) => inner,
            _ => id,
        }
    }

    /// Whether an aggregate has a value because another fact says that its event has come: after `did purchase ever`, `last(purchase ever)` is there.
    pub(super) fn has_happened(&self, id: ExprId, facts: &Facts) -> bool {
        let ExprKind::Aggregate { agg, keys, since, .. } = &self.arena.get(id).kind else { return false };
        let wanted = &self.arena.aggregates[agg.index()];
        let one_event_answers = match wanted.func {
            AggFunc::Last | AggFunc::First | AggFunc::UsualHour => true,
            AggFunc::Min(field) | AggFunc::Max(field) | AggFunc::Avg(field) => {
                let fields = &self.schema.events[wanted.event.index()].fields;
                !fields[field.index()].optional && !fields[field.index()].name.contains('.')
            }
            AggFunc::Did
            | AggFunc::Count
            | AggFunc::Sum(_)
            | AggFunc::Distinct(_)
            | AggFunc::Recent(..)
            | AggFunc::Gap
            | AggFunc::LastGap => false,
        };
        let says_so = |fact: ExprId| {
            let ExprKind::Aggregate { agg: other, keys: other_keys, since: other_since, .. } =
                &self.arena.get(fact).kind
            else {
                return false;
            };
            let known = &self.arena.aggregates[other.index()];
            keys == other_keys
                && since == other_since
                && known.event == wanted.event
                && known.filter == wanted.filter
                && known.residual == wanted.residual
                && known.group_by == wanted.group_by
                && known.window == wanted.window
                && known.scope == wanted.scope
        };
        let counted = |fact: ExprId| match &self.arena.get(fact).kind {
            ExprKind::Aggregate { agg, .. } => self.arena.aggregates[agg.index()].func == AggFunc::Count,
            _ => false,
        };
        let counts = facts.nonzero.iter().filter(|fact| counted(**fact));
        one_event_answers && facts.present.iter().chain(counts).any(|fact| says_so(*fact))
    }
}

fn negated(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::Ne,
        CompareOp::Ne => CompareOp::Eq,
        CompareOp::Lt => CompareOp::Ge,
        CompareOp::Le => CompareOp::Gt,
        CompareOp::Gt => CompareOp::Le,
        CompareOp::Ge => CompareOp::Lt,
    }
}

fn flipped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq | CompareOp::Ne => op,
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
    }
}

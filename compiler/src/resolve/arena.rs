//! The arenas of the program being built. Equal things are stored once.
//!
//! Knows nothing of names or types beyond the nodes it is given. Start reading at [`Arena::expr`].

use crate::ir::{
    AggId, Aggregate, Const, EnumId, Expr, ExprId, ExprKind, Field, FieldId, JourneyId, ListId, RegexId,
    Scope, Ty,
};
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::hash::BuildHasher;

/// How deep and how large an expression is when written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The longest chain of operands.
    pub(crate) depth: u32,
    /// The nodes, those of shared parts counted each time.
    pub(crate) size: u32,
}

/// Expressions, closed sets, list shapes, regular expressions, aggregates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arena {
    /// Operands before the nodes that use them.
    pub(crate) exprs: Vec<Expr>,
    /// Closed sets in the order written.
    pub(crate) enums: Vec<Vec<String>>,
    /// Shapes of list elements.
    pub(crate) lists: Vec<Vec<Field>>,
    /// Patterns of `matches`.
    pub(crate) regexes: Vec<String>,
    /// What is remembered of history.
    pub(crate) aggregates: Vec<Aggregate>,
    /// Instance-scoped aggregates of each journey, in cell order.
    cells: BTreeMap<JourneyId, Vec<AggId>>,
    /// How deep and how large each expression is.
    shapes: Vec<Shape>,
    /// Expressions by the hash of their node.
    known: FxHashMap<u64, SmallVec<[ExprId; 1]>>,
    /// Aggregates without the fields kept.
    states: FxHashMap<Aggregate, AggId>,
}

impl Arena {
    /// The node, shared with an equal one.
    pub(crate) fn expr(&mut self, kind: ExprKind, ty: Ty) -> ExprId {
        let expr = Expr { kind, ty };
        let hash = FxBuildHasher.hash_one((&expr.kind, ty));
        let alike = self.known.entry(hash).or_default();
        if let Some(id) = alike.iter().find(|id| self.exprs[id.index()] == expr) {
            return *id;
        }
        let id = ExprId::new(self.exprs.len());
        alike.push(id);
        self.shapes.push(self.measure(&expr.kind));
        self.exprs.push(expr);
        id
    }

    fn measure(&self, kind: &ExprKind) -> Shape {
        let mut shape = Shape { depth: 1, size: 1 };
        kind.for_each_operand(|operand| {
            let inner = self.shape(operand);
            shape.depth = shape.depth.max(inner.depth.saturating_add(1));
            shape.size = shape.size.saturating_add(inner.size);
        });
        shape
    }

    /// How deep and how large an expression is.
    pub(crate) fn shape(&self, id: ExprId) -> Shape {
        self.shapes[id.index()]
    }

    /// A constant.
    pub(crate) fn constant(&mut self, value: Const, ty: Ty) -> ExprId {
        self.expr(ExprKind::Const(value), ty)
    }

    /// `true` or `false`.
    pub(crate) fn truth(&mut self, value: bool) -> ExprId {
        self.constant(Const::Bool(value), Ty::Bool)
    }

    /// The node of an id.
    pub(crate) fn get(&self, id: ExprId) -> &Expr {
        &self.exprs[id.index()]
    }

    /// A closed set, shared with an equal one.
    pub(crate) fn members(&mut self, members: Vec<String>) -> EnumId {
        EnumId::new(intern(&mut self.enums, members))
    }

    /// A list shape, shared with an equal one.
    pub(crate) fn list(&mut self, fields: Vec<Field>) -> ListId {
        ListId::new(intern(&mut self.lists, fields))
    }

    /// A pattern.
    pub(crate) fn regex(&mut self, pattern: String) -> RegexId {
        RegexId::new(intern(&mut self.regexes, pattern))
    }

    /// An aggregate, shared with one that differs at most in the fields kept; one of an instance becomes a cell of its journey.
    pub(crate) fn aggregate(&mut self, aggregate: Aggregate) -> AggId {
        let state = Aggregate { keep_fields: Vec::new(), ..aggregate.clone() };
        if let Some(id) = self.states.get(&state) {
            return *id;
        }
        let id = AggId::new(self.aggregates.len());
        self.states.insert(state, id);
        if let Scope::Instance(journey) = aggregate.scope {
            self.cells.entry(journey).or_default().push(id);
        }
        self.aggregates.push(aggregate);
        id
    }

    /// Where a field of the remembered event is kept.
    pub(crate) fn keep_field(&mut self, id: AggId, field: FieldId) -> u32 {
        let fields = &mut self.aggregates[id.index()].keep_fields;
        let position = fields.iter().position(|kept| *kept == field).unwrap_or_else(|| {
            fields.push(field);
            fields.len() - 1
        });
        FieldId::new(position).0
    }

    /// The instance-scoped aggregates of a journey.
    pub(crate) fn cells(&self, journey: JourneyId) -> Vec<AggId> {
        self.cells.get(&journey).cloned().unwrap_or_default()
    }
}

fn intern<T: PartialEq>(arena: &mut Vec<T>, value: T) -> usize {
    if let Some(index) = arena.iter().position(|known| *known == value) {
        return index;
    }
    arena.push(value);
    arena.len() - 1
}

//! The arenas of the program being built. Equal things are stored once.
//!
//! Knows nothing of names or types beyond the nodes it is given. Start reading at [`Arena::expr`].

use crate::ir::{AggId, Aggregate, Const, EnumId, Expr, ExprId, ExprKind, Field, JourneyId, ListId, RegexId, Scope, Ty};
use std::collections::{BTreeMap, HashMap};

/// Expressions, closed sets, list shapes, regular expressions, aggregates.
#[derive(Debug, Default)]
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
    /// By printed node: floats have no `Hash`, and their bits are in the print.
    known: HashMap<String, ExprId>,
}

impl Arena {
    /// The node, shared with an equal one.
    pub(crate) fn expr(&mut self, kind: ExprKind, ty: Ty) -> ExprId {
        let expr = Expr { kind, ty };
        let print = format!("{expr:?}");
        if let Some(id) = self.known.get(&print) {
            return *id;
        }
        let id = ExprId::new(self.exprs.len());
        self.exprs.push(expr);
        self.known.insert(print, id);
        id
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

    /// An aggregate, shared with an equal one; one of an instance becomes a cell of its journey.
    pub(crate) fn aggregate(&mut self, aggregate: Aggregate) -> AggId {
        let scope = aggregate.scope;
        let known = self.aggregates.len();
        let id = AggId::new(intern(&mut self.aggregates, aggregate));
        if let (Scope::Instance(journey), true) = (scope, id.index() == known) {
            self.cells.entry(journey).or_default().push(id);
        }
        id
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

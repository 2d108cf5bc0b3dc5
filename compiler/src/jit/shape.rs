//! What conditions look like without their constants: those of one shape share their machine code.
//!
//! A shape is a key and, in the same order, the constants left out of it. Two conditions with equal keys become the same instructions but for
//! constants, which then are read from a row of them. What is not left out is in the key, so forgetting a constant costs sharing, never
//! truth. The walk follows the emitter: [`Shaper::condition`] its branches, [`Shaper::cheap`] its flags.

use super::Keep;
use super::number::{FEW, bits, floats, is_int, spans};
use super::runtime::RowId;
use super::view::{Rank, View};
use crate::eval::const_int;
use crate::ir::{CompareOp, Const, ExprId, ExprKind, Source, Span, TextTest, Ty};
use rustc_hash::FxHashMap;

/// The constant of a literal, comparison or search. Items of a short set are its parts from here on.
pub(super) const VALUE: u32 = 0;
/// The parts of a longer set: its least value, the bits from there on, those bits or their address.
pub(super) const LEAST: u32 = 0;
pub(super) const LIMIT: u32 = 1;
pub(super) const WORDS: u32 = 2;
/// The id of a node the interpreter is asked about.
pub(super) const ID: u32 = u32::MAX;

/// Where in its row a node's constant stands.
pub(super) type Places = FxHashMap<(ExprId, u32), u32>;

/// What a part of a key says.
#[derive(Clone, Copy)]
enum Token {
    Seen,
    Ask,
    All,
    Any,
    Not,
    Case,
    Bytes,
    Text,
    Search,
    Matches,
    Symbol,
    Compare,
    Few,
    Bits,
    Table,
    TimeTest,
    Exists,
    Coalesce,
    Arith,
    Neg,
    ToFloat,
    AtLeast,
    AtMost,
    DateOf,
    Now,
    Today,
    EntryTime,
    Slot,
    Literal,
    Baked,
    Other,
}

/// Walks conditions. One after the other: what it holds is that of the last one.
pub(super) struct Shaper<'p, 'k> {
    view: View<'p>,
    keep: &'k mut Keep,
    pub(super) key: Vec<u64>,
    pub(super) constants: Vec<u64>,
    pub(super) places: Places,
    seen: FxHashMap<ExprId, u64>,
}

impl<'p, 'k> Shaper<'p, 'k> {
    pub(super) fn new(view: View<'p>, keep: &'k mut Keep) -> Self {
        Self {
            view,
            keep,
            key: Vec::new(),
            constants: Vec::new(),
            places: Places::default(),
            seen: FxHashMap::default(),
        }
    }

    /// Starts anew: a shape of this kind, whose row begins with these constants.
    pub(super) fn start(&mut self, kind: u64, constants: &[u64]) {
        self.key.clear();
        self.key.push(kind);
        self.constants.clear();
        self.constants.extend(constants);
        self.places.clear();
        self.seen.clear();
    }

    fn token(&mut self, token: Token) {
        self.key.push(token as u64);
    }
    fn place(&mut self, node: ExprId, part: u32, constant: u64) {
        self.places.insert((node, part), self.constants.len() as u32);
        self.constants.push(constant);
    }
    /// Whether a node has been walked: its constants have their places.
    fn seen(&mut self, expr: ExprId) -> bool {
        let next = self.seen.len() as u64;
        let first = *self.seen.entry(expr).or_insert(next);
        if first != next {
            self.token(Token::Seen);
            self.key.push(first);
        }
        first != next
    }
    fn text(&mut self, text: &str) {
        self.key.push(text.len() as u64);
        self.key.extend(text.as_bytes().chunks(8).map(|chunk| {
            let mut bytes = [0; 8];
            bytes[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(bytes)
        }));
    }
    fn slot(&mut self, (row, slot): (RowId, u32)) {
        self.key.push((row as u64) << 32 | u64::from(slot));
    }
    /// A condition the interpreter is asked about whatever it is: what `Emitter::every_asked` writes.
    pub(super) fn asked(&mut self, expr: ExprId) {
        if !self.seen(expr) {
            self.ask(expr);
        }
    }
    fn ask(&mut self, expr: ExprId) {
        self.token(Token::Ask);
        self.place(expr, ID, u64::from(expr.0));
    }

    /// What `Emitter::condition` writes.
    pub(super) fn condition(&mut self, expr: ExprId) {
        if self.view.cost(expr).is_some() {
            return self.cheap(expr);
        }
        if self.seen(expr) {
            return;
        }
        if !self.view.plan.is_small(expr) {
            return self.ask(expr);
        }
        match &self.view.node(expr).kind {
            ExprKind::All(operands) => self.conditions(Token::All, operands),
            ExprKind::Any(operands) => self.conditions(Token::Any, operands),
            ExprKind::Not(operand) => self.conditions(Token::Not, &[*operand]),
            ExprKind::Consent { rule: inner, .. } | ExprKind::InSegment { predicate: inner, .. } => {
                self.condition(*inner);
            }
            ExprKind::Case { arms, otherwise } => {
                self.token(Token::Case);
                self.key.push(arms.len() as u64);
                for (condition, value) in arms {
                    self.condition(*condition);
                    self.condition(*value);
                }
                self.condition(*otherwise);
            }
            ExprKind::Compare { op, left, right } => match self.view.bytes_of(*left, *right) {
                Some((slot, text)) if matches!(op, CompareOp::Eq | CompareOp::Ne) => {
                    self.token(Token::Bytes);
                    self.key.push(*op as u64);
                    self.slot(slot);
                    self.text(text);
                }
                Some(_) | None => self.ask(expr),
            },
            ExprKind::Text { test, value, pattern } => self.text_test(expr, *test, *value, *pattern),
            ExprKind::Matches { value, regex } => {
                match (self.view.row_slot(*value), self.view.pattern(*regex)) {
                    (Some(slot), Some(pattern)) => {
                        self.token(Token::Matches);
                        self.slot(slot);
                        self.place(expr, VALUE, pattern as u64);
                    }
                    (_, _) => self.ask(expr),
                }
            }
            _ => self.ask(expr),
        }
    }
    fn conditions(&mut self, token: Token, operands: &[ExprId]) {
        self.token(token);
        self.key.push(operands.len() as u64);
        operands.iter().for_each(|operand| self.condition(*operand));
    }
    fn text_test(&mut self, expr: ExprId, test: TextTest, value: ExprId, pattern: ExprId) {
        let rank = self.view.text_rank(test, value, pattern);
        match (rank, self.view.row_slot(value), self.view.literal(pattern)) {
            (Rank::Search, Some(slot), Some(text)) if !text.is_empty() => {
                self.token(Token::Search);
                self.slot(slot);
                let finder = self.keep.finder(text);
                self.place(expr, VALUE, finder as u64);
            }
            (Rank::Branching | Rank::Search, Some(slot), Some(text)) => {
                self.token(Token::Text);
                self.key.push(test as u64);
                self.slot(slot);
                self.text(text);
            }
            (_, _, _) => self.ask(expr),
        }
    }

    /// What `Emitter::flag` writes, and the operands it reads.
    fn cheap(&mut self, expr: ExprId) {
        if self.seen(expr) {
            return;
        }
        let node = self.view.node(expr);
        self.key.push(kind_of(node.ty));
        match &node.kind {
            ExprKind::Const(constant) => self.constant(expr, node.ty, constant),
            ExprKind::Slot { source, slot } => {
                self.token(Token::Slot);
                self.key.push(source_of(*source) << 32 | u64::from(*slot));
            }
            ExprKind::Compare { op, left, right } => {
                let symbols =
                    (self.view.node(*left).ty == Ty::Str).then(|| self.view.symbols_of(*left, *right));
                if let Some((slot, symbol)) = symbols.flatten() {
                    self.token(Token::Symbol);
                    self.slot(slot);
                    self.place(expr, VALUE, u64::from(symbol));
                    self.key.push(*op as u64);
                } else {
                    self.operands(Token::Compare, *op as u64, &[*left, *right]);
                }
            }
            ExprKind::OneOf { value, set } => self.one_of(expr, *value, set),
            ExprKind::TimeTest { test, time, operand } => {
                self.operands(Token::TimeTest, *test as u64, &[*time, *operand]);
            }
            ExprKind::All(operands) => self.operands(Token::All, operands.len() as u64, operands),
            ExprKind::Any(operands) => self.operands(Token::Any, operands.len() as u64, operands),
            ExprKind::Not(operand) => self.operands(Token::Not, 0, &[*operand]),
            ExprKind::Consent { rule: inner, .. } | ExprKind::InSegment { predicate: inner, .. } => {
                self.cheap(*inner);
            }
            ExprKind::Exists(operand) => self.operands(Token::Exists, 0, &[*operand]),
            ExprKind::Coalesce { value, default } => self.operands(Token::Coalesce, 0, &[*value, *default]),
            ExprKind::Arith { op, left, right } => {
                self.operands(Token::Arith, *op as u64, &[*left, *right]);
            }
            ExprKind::Neg(operand) => self.operands(Token::Neg, 0, &[*operand]),
            ExprKind::ToFloat(operand) => self.operands(Token::ToFloat, 0, &[*operand]),
            ExprKind::AtLeast(left, right) => self.operands(Token::AtLeast, 0, &[*left, *right]),
            ExprKind::AtMost(left, right) => self.operands(Token::AtMost, 0, &[*left, *right]),
            ExprKind::DateOf(operand) => self.operands(Token::DateOf, 0, &[*operand]),
            ExprKind::Now => self.token(Token::Now),
            ExprKind::Today => self.token(Token::Today),
            ExprKind::EntryTime => self.token(Token::EntryTime),
            // None of these is cheap; if one were, it would be shared with nobody.
            ExprKind::Column { .. }
            | ExprKind::RowExists { .. }
            | ExprKind::Aggregate { .. }
            | ExprKind::InList { .. }
            | ExprKind::ToText(_)
            | ExprKind::Text { .. }
            | ExprKind::Matches { .. }
            | ExprKind::Quantified { .. }
            | ExprKind::Case { .. } => {
                self.token(Token::Other);
                self.key.push(u64::from(expr.0));
            }
        }
    }
    fn operands(&mut self, token: Token, detail: u64, operands: &[ExprId]) {
        self.token(token);
        self.key.push(detail);
        operands.iter().for_each(|operand| self.cheap(*operand));
    }
    fn constant(&mut self, expr: ExprId, ty: Ty, constant: &Const) {
        match constant {
            Const::Float(x) if ty == Ty::Float => {
                self.token(Token::Literal);
                self.place(expr, VALUE, x.to_bits());
            }
            Const::Int(_) | Const::Time(_) | Const::Date(_) | Const::Clock(_) | Const::Member(_)
                if is_int(ty) =>
            {
                self.token(Token::Literal);
                self.place(expr, VALUE, const_int(constant) as u64);
            }
            _ => {
                self.token(Token::Baked);
                self.baked(constant);
            }
        }
    }
    fn baked(&mut self, constant: &Const) {
        match constant {
            Const::Bool(truth) => self.key.extend([0, u64::from(*truth)]),
            Const::Int(n) | Const::Time(n) | Const::Clock(n) => self.key.extend([1, *n as u64]),
            Const::Float(x) => self.key.extend([2, x.to_bits()]),
            Const::Str(text) => {
                self.key.push(3);
                self.text(text);
            }
            Const::Date(day) => self.key.extend([4, i64::from(*day) as u64]),
            Const::Duration(Span::Exact(ms)) => self.key.extend([5, *ms as u64]),
            Const::Duration(Span::Months(months)) => self.key.extend([6, i64::from(*months) as u64]),
            Const::Member(member) => self.key.extend([7, u64::from(*member)]),
            Const::EmptyList => self.key.push(8),
        }
    }
    fn one_of(&mut self, expr: ExprId, value: ExprId, set: &[Const]) {
        let ty = self.view.node(value).ty;
        match ty {
            Ty::Float => self.few(expr, floats(set).map(f64::to_bits)),
            Ty::Duration => self.few(expr, spans(set).map(|ms| ms as u64)),
            Ty::Str => {
                let symbols = self.view.symbol_set(value, set).map_or_else(Vec::new, |(_, symbols)| symbols);
                self.member(expr, &symbols);
            }
            Ty::Bool
            | Ty::Int
            | Ty::Time
            | Ty::Date
            | Ty::Clock
            | Ty::Enum(_)
            | Ty::Timezone
            | Ty::List(_) => self.member(expr, &set.iter().map(const_int).collect::<Vec<_>>()),
        }
        self.cheap(value);
    }
    fn few(&mut self, expr: ExprId, items: impl Iterator<Item = u64>) {
        self.token(Token::Few);
        let before = self.constants.len();
        (0..).zip(items).for_each(|(part, item)| self.place(expr, part, item));
        self.key.push((self.constants.len() - before) as u64);
    }
    fn member(&mut self, expr: ExprId, set: &[i64]) {
        let Some((least, words)) = bits(set).filter(|_| set.len() > FEW) else {
            return self.few(expr, set.iter().map(|item| *item as u64));
        };
        self.place(expr, LEAST, least as u64);
        self.place(expr, LIMIT, words.len() as u64 * 64);
        if let [word] = words.as_slice() {
            self.token(Token::Bits);
            self.place(expr, WORDS, *word);
        } else {
            self.token(Token::Table);
            let table = self.keep.table(words);
            self.place(expr, WORDS, table as u64);
        }
    }
}

/// Types whose values are compiled alike.
fn kind_of(ty: Ty) -> u64 {
    match ty {
        Ty::Bool => 0,
        Ty::Int => 1,
        Ty::Float => 2,
        Ty::Str => 3,
        Ty::Time => 4,
        Ty::Date => 5,
        Ty::Clock => 6,
        Ty::Duration => 7,
        Ty::Timezone => 8,
        Ty::Enum(_) => 9,
        Ty::List(_) => 10,
    }
}

fn source_of(source: Source) -> u64 {
    match source {
        Source::Event => 0,
        Source::Entry => 1,
        Source::User => 2,
        Source::Elem(depth) => 3 + u64::from(depth),
    }
}

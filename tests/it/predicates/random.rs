//! Random predicates, directed by type, and random rows. Deterministic: a seed gives the same case for ever.

use super::fixture::{
    AGGREGATES, COLOURS, ELEMENT, FIELDS, History, INTS, KEYED, RECORDS, SINCE, TEXTS, TIMES, add, list_of,
};
use std::borrow::Cow;
use wayline_compiler::calendar::Zone;
use wayline_compiler::eval::Value;
use wayline_compiler::ir::{
    AggId, ArithOp, CatalogId, ChannelId, CompareOp, Const, ExprId, ExprKind, FieldId, ListId, Program,
    Quantifier, Read, RegexId, SegmentId, Source, Span, TextTest, TimeTest, Ty,
};
use wayline_compiler::list::ListWriter;
use wayline_compiler::row::RowBuf;

/// SplitMix64.
pub(super) struct Rng(pub(super) u64);

impl Rng {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub(super) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    pub(super) fn of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

pub(super) const TEXT: [&str; 18] = [
    "",
    "a",
    "ab",
    "abc",
    "abcd",
    "abcde",
    "abcdefgh",
    "abcdefghi",
    "abbc12",
    "a\0b",
    "\0",
    "😀",
    "x😀",
    "민지",
    "South Korea",
    "https://example.com/a/very/long/path?q=1",
    "https://example.com/a/very/long/path?q=2",
    "red",
];
const ZONES: [&str; 8] = [
    "UTC",
    "Asia/Seoul",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Pacific/Apia",
];
const INTEGERS: [i64; 14] =
    [0, 1, -1, 2, 3, 7, 30, 100, 86_400_000, i64::MAX, i64::MIN, i64::MAX - 1, i64::MIN + 1, -100];
const FLOATS: [f64; 13] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    2.0,
    3.0,
    1e300,
    -1e300,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    9.007_199_254_740_993e15,
];
/// Around changes of clocks, an ordinary day, the ends of months.
pub(super) const NOWS: [i64; 8] = [
    1_767_578_400_000,
    1_772_953_199_000,
    1_793_511_000_000,
    1_541_300_400_000,
    1_775_316_600_000,
    1_709_164_800_000,
    1_325_240_000_000,
    0,
];

pub(super) struct Case<'r> {
    pub(super) rng: &'r mut Rng,
    pub(super) program: Program,
    pub(super) now_ms: i64,
    /// Another one gives other constants to otherwise equal predicates.
    pub(super) twist: u64,
    /// What elements look like, innermost last.
    elements: Vec<ListId>,
}

impl<'r> Case<'r> {
    pub(super) fn new(rng: &'r mut Rng, mut program: Program) -> Self {
        let now_ms = rng.of(&NOWS) + rng.below(3) as i64 * 3_600_000;
        // Some constants are symbols, some are not.
        program.symbols = TEXT.iter().filter(|_| !rng.one_in(4)).map(|s| (*s).to_owned()).collect();
        program.symbols.sort();
        Self { rng, program, now_ms, twist: 0, elements: Vec::new() }
    }

    fn near(&mut self) -> i64 {
        const STEPS: [i64; 9] = [
            0,
            1,
            60_000,
            1_800_000,
            3_600_000,
            86_400_000,
            7 * 86_400_000,
            30 * 86_400_000,
            365 * 86_400_000,
        ];
        let away = self.rng.of(&STEPS) * (self.rng.below(5) as i64 - 2) + self.rng.below(3) as i64 - 1;
        self.now_ms + away
    }
    fn time(&mut self) -> i64 {
        if self.rng.one_in(40) {
            self.rng.of(&[i64::MIN, i64::MAX, -62_135_596_800_000, 253_402_300_799_999])
        } else {
            self.near()
        }
    }
    fn date(&mut self) -> i32 {
        if self.rng.one_in(40) {
            self.rng.of(&[i32::MIN, i32::MAX])
        } else {
            self.near().div_euclid(86_400_000) as i32
        }
    }
    fn duration(&mut self) -> Span {
        const EXACT: [i64; 9] =
            [0, 1, 999, 3_600_000, 86_400_000, 7 * 86_400_000, 2_592_000_000, -3_600_000, i64::MAX];
        if self.rng.one_in(3) {
            Span::Months(self.rng.of(&[0, 1, -1, 7, 12, 1000]))
        } else {
            Span::Exact(self.rng.of(&EXACT))
        }
    }

    /// A value of a type.
    pub(super) fn value(&mut self, ty: Ty) -> Value<'static> {
        match ty {
            Ty::Bool => Value::Bool(self.rng.one_in(2)),
            Ty::Int => Value::Int(self.rng.of(&INTEGERS)),
            Ty::Float => Value::Float(self.rng.of(&FLOATS)),
            Ty::Str => Value::Str(Cow::Borrowed(self.rng.of(&TEXT))),
            Ty::Time => Value::Time(self.time()),
            Ty::Date => Value::Date(self.date()),
            Ty::Clock => Value::Clock(self.rng.of(&[0, 1, 3_600_000, 32_400_000, 86_400_000])),
            Ty::Duration => Value::Duration(self.duration()),
            Ty::Timezone => Value::Zone(Zone::named(self.rng.of(&ZONES)).unwrap_or(Zone::UTC)),
            Ty::Enum(set) => Value::Member(set, self.rng.below(4) as u32),
            Ty::List(RECORDS) => {
                let mut writer = ListWriter::new(ELEMENT.len());
                for _ in 0..self.rng.below(4) {
                    let row = self.row(&ELEMENT);
                    writer.push(row.as_row(), |column| matches!(ELEMENT[column], Ty::Str | Ty::List(_)));
                }
                Value::List(RECORDS, Cow::Owned(writer.finish()))
            }
            Ty::List(list) => {
                let ty = if list == INTS {
                    Ty::Int
                } else if list == TEXTS {
                    Ty::Str
                } else {
                    Ty::Time
                };
                let values: Vec<_> = (0..self.rng.below(4)).map(|_| self.value(ty)).collect();
                Value::List(list, Cow::Owned(list_of(&self.program, &values)))
            }
        }
    }

    /// A row, one slot in five missing.
    pub(super) fn row(&mut self, types: &[Ty]) -> RowBuf {
        let mut row = RowBuf::new(types.len());
        for (index, ty) in types.iter().enumerate() {
            if !self.rng.one_in(5) {
                let value = self.value(*ty);
                value.put(&self.program, &mut row, index);
            }
        }
        row
    }

    /// History around now, catalog rows for some of the texts.
    pub(super) fn history(&mut self) -> History {
        History {
            rows: (0..4).map(|i| (TEXT[i * 4].to_owned(), self.row(&FIELDS))).collect(),
            instants: (0..self.rng.below(5)).map(|_| self.near()).collect(),
            fixed: AGGREGATES.iter().map(|ty| (!self.rng.one_in(4)).then(|| self.value(*ty))).collect(),
        }
    }

    /// A constant. Whichever it is, what is drawn next does not depend on it.
    fn constant(&mut self, ty: Ty) -> Const {
        let seed = self.rng.next() ^ self.twist;
        let next = std::mem::replace(&mut self.rng.0, seed);
        let value = self.value(ty);
        self.rng.0 = next;
        match value {
            Value::Bool(b) => Const::Bool(b),
            Value::Int(n) => Const::Int(n),
            Value::Float(x) => Const::Float(x),
            Value::Str(text) => Const::Str(text.into_owned()),
            Value::Time(ms) => Const::Time(ms),
            Value::Date(days) => Const::Date(days),
            Value::Clock(ms) => Const::Clock(ms),
            Value::Duration(span) => Const::Duration(span),
            Value::Zone(zone) => Const::Str(zone.name().to_owned()),
            Value::Member(_, position) => Const::Member(position),
            Value::List(..) => Const::EmptyList,
        }
    }

    /// Sorted constants without duplicates.
    fn set(&mut self, ty: Ty) -> Vec<Const> {
        let length = self.rng.of(&[1, 2, 3, 12]);
        let mut set: Vec<Const> = (0..length).map(|_| self.constant(ty)).collect();
        set.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        set.dedup();
        set
    }

    fn add(&mut self, kind: ExprKind, ty: Ty) -> ExprId {
        add(&mut self.program, kind, ty)
    }

    /// A slot of the event or the user that equals a constant, or is one of some.
    pub(super) fn equality(&mut self, ty: Ty) -> ExprId {
        let slots: Vec<usize> = (0..FIELDS.len()).filter(|i| FIELDS[*i] == ty).collect();
        let slot = self.rng.of(&slots) as u32;
        let source = self.rng.of(&[Source::Event, Source::Event, Source::User]);
        let left = self.add(ExprKind::Slot { source, slot }, ty);
        if self.rng.one_in(3) {
            let set = self.set(ty);
            return self.add(ExprKind::OneOf { value: left, set }, Ty::Bool);
        }
        let constant = self.constant(ty);
        let right = self.add(ExprKind::Const(constant), ty);
        self.add(ExprKind::Compare { op: CompareOp::Eq, left, right }, Ty::Bool)
    }

    /// A random node of a type.
    pub(super) fn node(&mut self, ty: Ty, depth: usize) -> ExprId {
        if depth == 0 || self.rng.one_in(4) {
            return self.leaf(ty);
        }
        let depth = depth - 1;
        if self.rng.one_in(8) {
            let (value, default) = (self.node(ty, depth), self.node(ty, depth));
            return self.add(ExprKind::Coalesce { value, default }, ty);
        }
        if self.rng.one_in(12) {
            let arms = (0..1 + self.rng.below(2))
                .map(|_| (self.node(Ty::Bool, depth), self.node(ty, depth)))
                .collect();
            let otherwise = self.node(ty, depth);
            return self.add(ExprKind::Case { arms, otherwise }, ty);
        }
        match ty {
            Ty::Bool => self.predicate(depth),
            Ty::Int | Ty::Float | Ty::Time | Ty::Date | Ty::Duration => self.computed(ty, depth),
            Ty::Str if self.rng.one_in(4) => {
                let member = self.node(Ty::Enum(COLOURS), depth);
                self.add(ExprKind::ToText(member), ty)
            }
            Ty::Str | Ty::Clock | Ty::Timezone | Ty::Enum(_) | Ty::List(_) => self.leaf(ty),
        }
    }

    fn leaf(&mut self, ty: Ty) -> ExprId {
        let kind = match self.rng.below(10) {
            0 | 1 => ExprKind::Const(self.constant(ty)),
            2 => match self.column(ty) {
                Some(kind) => kind,
                None => ExprKind::Const(self.constant(ty)),
            },
            3 => match self.aggregate(ty) {
                Some(kind) => kind,
                None => ExprKind::Const(self.constant(ty)),
            },
            4 | 5 if ty == Ty::Time => {
                if self.rng.one_in(4) {
                    ExprKind::EntryTime
                } else {
                    ExprKind::Now
                }
            }
            4 if ty == Ty::Date => ExprKind::Today,
            _ => self.slot(ty).unwrap_or(ExprKind::Const(Const::EmptyList)),
        };
        self.add(kind, ty)
    }

    fn slot(&mut self, ty: Ty) -> Option<ExprKind> {
        if !self.elements.is_empty() && !self.rng.one_in(3) {
            let depth = self.rng.below(self.elements.len());
            let element: &[Ty] = match self.elements[self.elements.len() - 1 - depth] {
                INTS => &[Ty::Int],
                TEXTS => &[Ty::Str],
                TIMES => &[Ty::Time],
                _ => &ELEMENT,
            };
            if let Some(slot) = element.iter().position(|t| *t == ty) {
                return Some(ExprKind::Slot { source: Source::Elem(depth as u8), slot: slot as u32 });
            }
        }
        let slots: Vec<usize> = (0..FIELDS.len()).filter(|i| FIELDS[*i] == ty).collect();
        if slots.is_empty() {
            return None;
        }
        // Rarely past the end of a row.
        let slot = if self.rng.one_in(60) { FIELDS.len() + 3 } else { self.rng.of(&slots) };
        let source = self.rng.of(&[Source::Event, Source::Entry, Source::User]);
        Some(ExprKind::Slot { source, slot: slot as u32 })
    }

    fn column(&mut self, ty: Ty) -> Option<ExprKind> {
        let column = FieldId::new(FIELDS.iter().position(|t| *t == ty)?);
        let key = self.node(Ty::Str, 0);
        Some(ExprKind::Column { catalog: CatalogId(0), key, column })
    }

    fn aggregate(&mut self, ty: Ty) -> Option<ExprKind> {
        let those: Vec<usize> = (0..AGGREGATES.len()).filter(|i| AGGREGATES[*i] == ty).collect();
        if those.is_empty() {
            return None;
        }
        let agg = AggId::new(self.rng.of(&those));
        let keys = if agg == KEYED { vec![self.node(Ty::Str, 1)] } else { Vec::new() };
        let since = (agg == SINCE).then(|| self.node(Ty::Time, 0));
        Some(ExprKind::Aggregate { agg, keys, since, read: Read::Value })
    }

    /// A computation that gives a number, an instant, a date or a duration.
    fn computed(&mut self, ty: Ty, depth: usize) -> ExprId {
        let pick = self.rng.below(6);
        let pair = |case: &mut Self, ty: Ty| (case.node(ty, depth), case.node(ty, depth));
        let kind = match (pick, ty) {
            (0, _) => {
                let (a, b) = pair(self, ty);
                ExprKind::AtLeast(a, b)
            }
            (1, _) => {
                let (a, b) = pair(self, ty);
                ExprKind::AtMost(a, b)
            }
            (2, Ty::Int | Ty::Float | Ty::Duration) => ExprKind::Neg(self.node(ty, depth)),
            (3, Ty::Float) => ExprKind::ToFloat(self.node(Ty::Int, depth)),
            (2 | 3, Ty::Date) => ExprKind::DateOf(self.node(Ty::Time, depth)),
            (2..=4, Ty::Duration) => {
                let of = self.rng.of(&[Ty::Time, Ty::Date]);
                let (left, right) = pair(self, of);
                ExprKind::Arith { op: ArithOp::Sub, left, right }
            }
            (_, Ty::Time | Ty::Date) => {
                let (left, right) = (self.node(ty, depth), self.node(Ty::Duration, depth));
                let op = self.rng.of(&[ArithOp::Add, ArithOp::Sub]);
                ExprKind::Arith { op, left, right }
            }
            (_, Ty::Duration) => {
                let (left, right) = pair(self, ty);
                ExprKind::Arith { op: self.rng.of(&[ArithOp::Add, ArithOp::Sub]), left, right }
            }
            (_, Ty::Int) => {
                let (left, right) = pair(self, ty);
                ExprKind::Arith { op: self.rng.of(&[ArithOp::Add, ArithOp::Sub, ArithOp::Mul]), left, right }
            }
            _ => {
                let (left, right) = pair(self, Ty::Float);
                let op = self.rng.of(&[ArithOp::Add, ArithOp::Sub, ArithOp::Mul, ArithOp::Div]);
                ExprKind::Arith { op, left, right }
            }
        };
        self.add(kind, ty)
    }

    fn predicate(&mut self, depth: usize) -> ExprId {
        let any_type = [
            Ty::Bool,
            Ty::Int,
            Ty::Float,
            Ty::Str,
            Ty::Time,
            Ty::Date,
            Ty::Clock,
            Ty::Duration,
            Ty::Timezone,
            Ty::Enum(COLOURS),
            Ty::List(INTS),
            Ty::List(TEXTS),
            Ty::List(RECORDS),
            Ty::Int,
            Ty::Float,
            Ty::Str,
            Ty::Time,
        ];
        let kind = match self.rng.below(22) {
            0..=2 => ExprKind::All(self.operands(depth)),
            3..=5 => ExprKind::Any(self.operands(depth)),
            6 => ExprKind::Not(self.node(Ty::Bool, depth)),
            7..=10 => self.comparison(&any_type, depth),
            11 => {
                let ty = self.rng.of(&any_type[..10]);
                let (value, set) = (self.node(ty, depth), self.set(ty));
                ExprKind::OneOf { value, set }
            }
            12 => {
                let (ty, list) = self.rng.of(&[(Ty::Int, INTS), (Ty::Str, TEXTS), (Ty::Time, TIMES)]);
                let (value, list) = (self.node(ty, depth), self.node(Ty::List(list), 0));
                ExprKind::InList { value, list }
            }
            13 => {
                let ty = self.rng.of(&any_type);
                ExprKind::Exists(self.node(ty, depth))
            }
            14 => ExprKind::RowExists { catalog: CatalogId(0), key: self.node(Ty::Str, 0) },
            15 | 16 => {
                let (value, pattern) = (self.node(Ty::Str, depth), self.node(Ty::Str, 0));
                let test = self.rng.of(&[TextTest::StartsWith, TextTest::EndsWith, TextTest::Contains]);
                ExprKind::Text { test, value, pattern }
            }
            17 => {
                let value = self.node(Ty::Str, depth);
                ExprKind::Matches { value, regex: RegexId::new(self.rng.below(self.program.regexes.len())) }
            }
            18 => self.quantified(depth),
            19 => {
                let predicate = self.node(Ty::Bool, depth);
                if self.rng.one_in(2) {
                    ExprKind::InSegment { segment: SegmentId(0), predicate }
                } else {
                    ExprKind::Consent { channel: ChannelId(0), rule: predicate }
                }
            }
            _ => self.time_test(depth),
        };
        self.add(kind, Ty::Bool)
    }

    fn operands(&mut self, depth: usize) -> Vec<ExprId> {
        (0..2 + self.rng.below(4)).map(|_| self.node(Ty::Bool, depth)).collect()
    }

    fn comparison(&mut self, types: &[Ty], depth: usize) -> ExprKind {
        let ty = self.rng.of(types);
        let ordered = !matches!(ty, Ty::Bool | Ty::Timezone | Ty::Enum(_) | Ty::List(_));
        let ops = [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge];
        let op = if ordered { self.rng.of(&ops) } else { self.rng.of(&ops[..2]) };
        let (left, right) = (self.node(ty, depth), self.node(ty, depth));
        ExprKind::Compare { op, left, right }
    }

    fn quantified(&mut self, depth: usize) -> ExprKind {
        let list = self.rng.of(&[INTS, TEXTS, RECORDS, RECORDS]);
        let node = self.node(Ty::List(list), 0);
        self.elements.push(list);
        let predicate = self.node(Ty::Bool, depth);
        self.elements.pop();
        let quantifier = self.rng.of(&[Quantifier::Any, Quantifier::All]);
        ExprKind::Quantified { quantifier, list: node, predicate }
    }

    /// A time test, mostly of data against the clock.
    pub(super) fn time_test(&mut self, depth: usize) -> ExprKind {
        let of = self.rng.of(&[Ty::Time, Ty::Time, Ty::Date]);
        let time = self.node(of, depth);
        let test = self.rng.of(&[
            TimeTest::OlderThan,
            TimeTest::WithinLast,
            TimeTest::WithinNext,
            TimeTest::Before,
            TimeTest::After,
        ]);
        let operand = match test {
            TimeTest::OlderThan | TimeTest::WithinLast | TimeTest::WithinNext => {
                self.node(Ty::Duration, depth)
            }
            TimeTest::Before | TimeTest::After => self.node(of, depth),
        };
        ExprKind::TimeTest { test, time, operand }
    }

    /// A zone.
    pub(super) fn zone(&mut self) -> Zone {
        Zone::named(self.rng.of(&ZONES)).unwrap_or(Zone::UTC)
    }
}

//! What the door knows of a program: which keys of which object lead to which slot, and what may stand there.
//!
//! Built once per program from its declarations; knows nothing of JSON tokens. A record is flattened, so its fields hang in a tree of
//! objects by their paths on the wire. Start at [`Schema::new`], then [`Plan`].

use super::shape::Shape;
use rustc_hash::FxHashMap;
use wayline_compiler::calendar::Zone;
use wayline_compiler::ir::{
    Attribute, CatalogId, ChannelId, Const, EnumId, EventId, Field, FieldType, Program, Span,
};
use wayline_compiler::row::{RowBuf, Slot};

/// Names and types of a program, as lines use them.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    events: FxHashMap<Box<str>, EventId>,
    catalogs: FxHashMap<Box<str>, CatalogId>,
    channels: FxHashMap<Box<str>, ChannelId>,
    symbols: Symbols,
    enums: Vec<Vec<Box<str>>>,
}

/// The string constants of the program with their symbols.
#[derive(Clone, Debug, Default)]
pub(super) struct Symbols {
    ids: FxHashMap<Box<str>, u32>,
    /// One bit per length (63 and more share one) that some constant has.
    lengths: u64,
}

impl Symbols {
    fn new(constants: &[String]) -> Self {
        let ids = constants.iter().zip(1..).map(|(text, id)| (text.as_str().into(), id)).collect();
        let lengths = constants.iter().fold(0, |bits, text| bits | 1 << text.len().min(63));
        Self { ids, lengths }
    }

    /// Its position among the constants + 1, or 0.
    #[inline]
    pub(super) fn of(&self, text: &str) -> u32 {
        if self.lengths >> text.len().min(63) & 1 == 0 {
            return 0;
        }
        self.ids.get(text).copied().unwrap_or(0)
    }
}

/// Where a key leads: some slots, an object with more keys, or both (the mark of an optional record).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Target {
    /// Range of [`Plan::leaves`].
    pub(super) leaves: (u32, u32),
    /// Position in [`Plan::nodes`]; 0, the root, for none.
    pub(super) node: u32,
}

/// How one kind of row is read.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The fields, by slot.
    pub(super) fields: Vec<Leaf>,
    /// Fields by target.
    pub(super) leaves: Vec<u32>,
    /// Where keys lead.
    pub(super) targets: Vec<Target>,
    /// The objects, the root first; their keys lead to positions in `targets`, which travel in a register.
    pub(super) nodes: Vec<Shape<u32>>,
    /// Whether any field has a default or must be there.
    pub(super) completes: bool,
}

/// One field as the door sees it.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// Name in the language.
    pub(super) name: Box<str>,
    /// What may stand there.
    pub(super) ty: FieldType,
    /// Whether something reads it.
    pub(super) keep: bool,
    /// What happens when it is absent.
    pub(super) absent: Absent,
    /// The optional record it is part of: what holds only where that is there.
    pub(super) within: Option<u32>,
}

/// What an absent field means.
#[derive(Clone, Debug)]
pub(super) enum Absent {
    /// Nothing.
    Fine,
    /// Its default.
    Default(Slot, Box<[u8]>),
    /// A fault.
    Missing,
}

/// A level of the tree while it is built.
#[derive(Default)]
struct Level {
    keys: Vec<(Box<str>, Branch)>,
}

#[derive(Default)]
struct Branch {
    leaves: Vec<u32>,
    below: Option<Level>,
}

impl Schema {
    pub(super) fn new(program: &Program) -> Self {
        let by_wire = |(index, event): (usize, &wayline_compiler::ir::Event)| {
            (event.wire.as_str().into(), EventId::new(index))
        };
        Self {
            events: program.events.iter().enumerate().map(by_wire).collect(),
            catalogs: program
                .catalogs
                .iter()
                .enumerate()
                .map(|(index, catalog)| (catalog.name.as_str().into(), CatalogId::new(index)))
                .collect(),
            channels: program
                .channels
                .iter()
                .enumerate()
                .map(|(index, channel)| (channel.name.as_str().into(), ChannelId::new(index)))
                .collect(),
            symbols: Symbols::new(&program.symbols),
            enums: program.enums.iter().map(|set| set.iter().map(|m| m.as_str().into()).collect()).collect(),
        }
    }

    pub(super) fn event(&self, wire: &str) -> Option<EventId> {
        self.events.get(wire).copied()
    }
    pub(super) fn catalog(&self, name: &str) -> Option<CatalogId> {
        self.catalogs.get(name).copied()
    }
    pub(super) fn channel(&self, name: &str) -> Option<ChannelId> {
        self.channels.get(name).copied()
    }
    #[inline]
    pub(super) fn symbol(&self, text: &str) -> u32 {
        self.symbols.of(text)
    }
    /// Position of a member in its closed set.
    pub(super) fn member(&self, set: EnumId, text: &str) -> Option<u64> {
        let members = self.enums.get(set.index())?;
        members.iter().position(|member| &**member == text).map(|at| at as u64)
    }
}

impl Plan {
    /// A plan that reads nothing, to stand in for one that is in use.
    pub(super) fn nothing() -> Self {
        Self {
            fields: Vec::new(),
            leaves: Vec::new(),
            targets: Vec::new(),
            nodes: Vec::new(),
            completes: false,
        }
    }

    /// How an event, a catalog row or a list element is read: absent fields get their defaults or are faults.
    pub(super) fn of_fields(program: &Program, fields: &[Field]) -> Self {
        Self::build(program, fields.iter(), |program, field| match &field.default {
            Some(default) => default_of(program, &field.ty, default),
            None if field.optional || matches!(field.ty, FieldType::Record) => Absent::Fine,
            None => Absent::Missing,
        })
    }

    /// How traits are read: what is absent stays as it is.
    pub(super) fn of_attributes(program: &Program, attributes: &[Attribute]) -> Self {
        let mut plan = Self::build(program, attributes.iter().map(|a| &a.field), |_, _| Absent::Fine);
        plan.fields.iter_mut().for_each(|leaf| leaf.keep = true);
        plan
    }

    fn build<'f>(
        program: &Program,
        fields: impl Iterator<Item = &'f Field>,
        absent: impl Fn(&Program, &Field) -> Absent,
    ) -> Self {
        let fields: Vec<&Field> = fields.collect();
        let mut root = Level::default();
        let mut leaves: Vec<Leaf> = Vec::new();
        for (slot, field) in (0u32..).zip(&fields) {
            root.add(&field.wire, slot);
            leaves.push(Leaf {
                name: field.name.as_str().into(),
                ty: field.ty,
                keep: field.needed,
                absent: absent(program, field),
                within: record_around(&fields, field),
            });
        }
        let completes = leaves.iter().any(|leaf| !matches!(leaf.absent, Absent::Fine));
        let mut plan =
            Self { fields: leaves, leaves: Vec::new(), targets: Vec::new(), nodes: Vec::new(), completes };
        plan.lay(root);
        plan
    }

    /// Turns a level and what is below into nodes; the root becomes node 0.
    fn lay(&mut self, level: Level) -> u32 {
        let at = self.nodes.len();
        self.nodes.push(Shape::new([]));
        let mut known = Vec::new();
        for (key, branch) in level.keys {
            let from = self.leaves.len() as u32;
            self.leaves.extend(&branch.leaves);
            let to = self.leaves.len() as u32;
            let node = branch.below.map_or(0, |below| self.lay(below));
            known.push((key, self.targets.len() as u32));
            self.targets.push(Target { leaves: (from, to), node });
        }
        self.nodes[at] = Shape::new(known);
        at as u32
    }
}

impl Level {
    fn add(&mut self, path: &[String], slot: u32) {
        let Some((key, rest)) = path.split_first() else { return };
        let at = match self.keys.iter().position(|(known, _)| **known == **key) {
            Some(at) => at,
            None => {
                self.keys.push((key.as_str().into(), Branch::default()));
                self.keys.len() - 1
            }
        };
        let branch = &mut self.keys[at].1;
        if rest.is_empty() {
            branch.leaves.push(slot);
        } else {
            branch.below.get_or_insert_default().add(rest, slot);
        }
    }
}

/// The innermost optional record a field is part of.
fn record_around(fields: &[&Field], field: &Field) -> Option<u32> {
    let holds = |record: &&Field| {
        matches!(record.ty, FieldType::Record)
            && field.name.strip_prefix(record.name.as_str()).is_some_and(|rest| rest.starts_with('.'))
    };
    let around = (0u32..).zip(fields).filter(|(_, record)| holds(record));
    around.max_by_key(|(_, record)| record.name.len()).map(|(at, _)| at)
}

/// A default as the slot it fills and the bytes it brings along.
fn default_of(program: &Program, ty: &FieldType, value: &Const) -> Absent {
    let plain = |slot: Slot| Absent::Default(slot, Box::default());
    match value {
        Const::Bool(value) => plain(Slot::bool(*value)),
        Const::Int(value) if matches!(ty, FieldType::Float(_)) => plain(Slot::float(*value as f64)),
        Const::Int(value) | Const::Time(value) | Const::Clock(value) => plain(Slot::int(*value)),
        Const::Float(value) => plain(Slot::float(*value)),
        Const::Date(value) => plain(Slot::int(i64::from(*value))),
        Const::Duration(Span::Exact(ms)) => plain(Slot::int(*ms)),
        Const::Duration(Span::Months(months)) => plain(Slot::months(*months)),
        Const::Member(at) => plain(Slot::of(u64::from(*at))),
        Const::Str(text) => {
            let mut bytes = RowBuf::default();
            let sym = match ty {
                FieldType::Timezone => Zone::named(text).map_or(0, Zone::symbol),
                FieldType::Bool
                | FieldType::Int(_)
                | FieldType::Float(_)
                | FieldType::Str(_)
                | FieldType::Url(_)
                | FieldType::Time { .. }
                | FieldType::Date { .. }
                | FieldType::Clock
                | FieldType::Duration
                | FieldType::Enum(_)
                | FieldType::List(_)
                | FieldType::Record => program.symbol(text),
            };
            let slot = bytes.push(text.as_bytes(), sym);
            Absent::Default(slot, bytes.bytes.into())
        }
        Const::EmptyList => Absent::Default(Slot::text(0, 0, 0), Box::default()),
    }
}

/// Plans of the element rows of every list, by [`wayline_compiler::ir::ListId`]. A list that is kept is kept whole.
pub(super) fn list_plans(program: &Program) -> Vec<Plan> {
    let plan = |fields: &Vec<Field>| {
        let mut plan = Plan::of_fields(program, fields);
        plan.fields.iter_mut().for_each(|leaf| leaf.keep = true);
        plan
    };
    program.lists.iter().map(plan).collect()
}

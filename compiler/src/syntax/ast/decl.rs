//! Declarations: events, attributes, catalogs, names, channels, templates, sequences; types and fields.

use super::{
    Block, ClockRange, Doc, DurationLit, Expr, Ident, Journey, Policy, Purpose, Spanned, StrLit, TestDecl,
};
use crate::source::Span;

/// A declaration at the top of a file.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there are few of them, and they are matched without boxes")]
pub enum Decl {
    /// `event NAME { … }`
    Event(EventDecl),
    /// `user { … }`
    User(UserDecl),
    /// `catalog NAME per KEY { … }`
    Catalog(CatalogDecl),
    /// `define NAME = E;`
    Define(DefineDecl),
    /// `segment NAME = P;`
    Segment(SegmentDecl),
    /// `classify NAME { … }`
    Classify(ClassifyDecl),
    /// `channel NAME { … }`
    Channel(ChannelDecl),
    /// `template NAME for CHANNEL { … }`
    Template(TemplateDecl),
    /// `policy { … }`, `policy NAME { … }`
    Policy(Policy),
    /// `sequence NAME(…) { … }`
    Sequence(SequenceDecl),
    /// `journey NAME { … }`, or the statements of a file
    Journey(Journey),
    /// `test "…" for NAME { … }`
    Test(TestDecl),
    /// Something that could not be read; a diagnostic was raised.
    Error(Span),
}

impl Decl {
    /// Its place.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Decl::Event(decl) => decl.span,
            Decl::User(decl) => decl.span,
            Decl::Catalog(decl) => decl.span,
            Decl::Define(decl) => decl.span,
            Decl::Segment(decl) => decl.span,
            Decl::Classify(decl) => decl.span,
            Decl::Channel(decl) => decl.span,
            Decl::Template(decl) => decl.span,
            Decl::Policy(decl) => decl.span,
            Decl::Sequence(decl) => decl.span,
            Decl::Journey(decl) => decl.span,
            Decl::Test(decl) => decl.span,
            Decl::Error(span) => *span,
        }
    }
}

/// `event cart_add(item) as added from "Cart Add" once at most 200 per 1d { … }`; the clauses after the subject in any order
#[derive(Debug, Clone, PartialEq)]
pub struct EventDecl {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// Its name.
    pub name: Ident,
    /// `(item)`: the field that says what it is about.
    pub subject: Option<Ident>,
    /// `as purchased`: the name of "did it since entry".
    pub past: Option<Ident>,
    /// `from "Order Completed"`: its name on the wire.
    pub from: Option<StrLit>,
    /// `once`: once in a user's life.
    pub once: Option<Span>,
    /// `at most 200 per 1d`
    pub rate: Option<EventRate>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Its place.
    pub span: Span,
}

/// `at most 200 per 1d`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRate {
    /// How many.
    pub count: Spanned<i64>,
    /// In which time.
    pub per: DurationLit,
    /// Its place.
    pub span: Span,
}

/// `user { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct UserDecl {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// The attributes.
    pub fields: Vec<Field>,
    /// Its place.
    pub span: Span,
}

/// `catalog product per item { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogDecl {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// Its name.
    pub name: Ident,
    /// The subject its rows are keyed by.
    pub key: Ident,
    /// Its columns.
    pub fields: Vec<Field>,
    /// Its place.
    pub span: Span,
}

/// `define total_90d = sum(purchase.total within 90d);`
#[derive(Debug, Clone, PartialEq)]
pub struct DefineDecl {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// Its name.
    pub name: Ident,
    /// What it stands for.
    pub value: Expr,
    /// Its place.
    pub span: Span,
}

/// `segment dormant = last(login) older than 30d;`
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentDecl {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// Its name.
    pub name: Ident,
    /// Who is in it.
    pub predicate: Expr,
    /// Its place.
    pub span: Span,
}

/// `classify lifecycle { … }`: the first arm that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassifyDecl {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// Its name.
    pub name: Ident,
    /// Its classes in order.
    pub arms: Vec<ClassArm>,
    /// Its place.
    pub span: Span,
}

/// `churned when P;`, `current otherwise;`
#[derive(Debug, Clone, PartialEq)]
pub struct ClassArm {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// The class.
    pub name: Ident,
    /// Its condition; none for `otherwise`.
    pub when: Option<Expr>,
    /// Its place.
    pub span: Span,
}

/// `channel sms { … }`, `channel old = new deprecated "why";`
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelDecl {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// Its name.
    pub name: Ident,
    /// What it says of itself; empty for an alias.
    pub body: ChannelBody,
    /// `deprecated "why"`: using it is a warning.
    pub deprecated: Option<StrLit>,
    /// Its place.
    pub span: Span,
}

/// A channel of its own or another name for one.
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelBody {
    /// `{ … }`
    Items(Vec<ChannelItem>),
    /// `= OTHER;`
    Alias(Ident),
}

/// A statement of a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelItem {
    /// What it says.
    pub kind: ChannelItemKind,
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// Its place.
    pub span: Span,
}

/// The kinds of channel statement.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there are few of them, and they are matched without boxes")]
pub enum ChannelItemKind {
    /// `needs user.phone, user.x;`
    Needs(Vec<Expr>),
    /// `consent marketing: P;`
    Consent {
        /// For which purpose.
        purpose: Spanned<Purpose>,
        /// The rule.
        rule: Expr,
    },
    /// `purposes marketing, informational;`
    Purposes(Vec<Spanned<Purpose>>),
    /// `hours 08:00 .. 21:00;`
    Hours(ClockRange),
    /// `costs 9;`, `costs 8.4;`
    Costs(Expr),
    /// `uncapped;`
    Uncapped,
    /// `unbilled on failure;`
    UnbilledOnFailure,
    /// `templates approved;`: every send names an approved template.
    TemplatesApproved,
    /// `main text: string at most 90 bytes euckr;`, `link: url?;`
    Field {
        /// The place of `main`, where written.
        main: Option<Span>,
        /// The field.
        field: Field,
    },
    /// Something that could not be read; a diagnostic was raised.
    Error,
}

/// `template order_ok for kakao_alimtalk approved { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateDecl {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// Its name.
    pub name: Ident,
    /// Its channel.
    pub channel: Ident,
    /// The place of `approved`, where written.
    pub approved: Option<Span>,
    /// Its variables.
    pub fields: Vec<Field>,
    /// Its place.
    pub span: Span,
}

/// `sequence remind(what: string) { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct SequenceDecl {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// Its name.
    pub name: Ident,
    /// Its parameters.
    pub params: Vec<Param>,
    /// Its steps.
    pub body: Block,
    /// Its place.
    pub span: Span,
}

/// `what: string`
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
    /// Its place.
    pub span: Span,
}

/// `price: int ? in 0 .. 100 from "Price" = 1;` of an event, a user, a catalog, a channel, a template, a record
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
    /// `from "order_id"`: its name or dotted path on the wire.
    pub from: Option<StrLit>,
    /// `= 1`: its default.
    pub default: Option<Expr>,
    /// Its place.
    pub span: Span,
}

/// `int ? in 0 .. 120 past immutable`
#[derive(Debug, Clone, PartialEq)]
pub struct TypeExpr {
    /// The type itself.
    pub kind: TypeKind,
    /// The place of `?`, where written.
    pub optional: Option<Span>,
    /// `in 0 .. 120`
    pub range: Option<TypeRange>,
    /// `at most 90 bytes euckr`
    pub bound: Option<LengthBound>,
    /// The place of `past`, where written: never in the future.
    pub past: Option<Span>,
    /// `immutable`, `monotone`
    pub mutability: Option<Spanned<Mutability>>,
    /// Its place.
    pub span: Span,
}

/// The kinds of type.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeKind {
    /// `bool int float string url time date clock duration timezone`, or a name nobody knows
    Named(Ident),
    /// `"KR" | "US" | "JP"`
    Set(Vec<StrLit>),
    /// `list<T>`
    List(Box<TypeExpr>),
    /// `{ item: string; qty: int = 1 }`
    Record(Vec<Field>),
    /// Something that could not be read; a diagnostic was raised.
    Error,
}

/// `in 0 .. 120`, both ends inside
#[derive(Debug, Clone, PartialEq)]
pub struct TypeRange {
    /// The lower end.
    pub low: Expr,
    /// The upper end.
    pub high: Expr,
    /// Its place.
    pub span: Span,
}

/// `at most 90 bytes euckr`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LengthBound {
    /// The most there may be.
    pub max: Spanned<i64>,
    /// Of what.
    pub unit: LengthUnit,
    /// Its place.
    pub span: Span,
}

/// What a length counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LengthUnit {
    /// `chars`
    Chars,
    /// `bytes utf8`
    BytesUtf8,
    /// `bytes euckr`
    BytesEuckr,
    /// `gsm7`
    Gsm7,
}

/// How an attribute may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mutability {
    /// `immutable`: never changes once set.
    Immutable,
    /// `monotone`: never falls.
    Monotone,
}

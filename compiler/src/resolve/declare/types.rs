//! A written type to a [`FieldType`] with the facts enforced at the door.

use super::super::{Resolver, names};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::schema::Limit;
use crate::ir::{Const, FieldType, Range, Unit};
use crate::source::Span;
use crate::syntax::ast::{self, LengthUnit, TypeExpr, TypeKind};

/// What a field belongs to: not every place can have everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// An event.
    Event,
    /// The user.
    Attribute,
    /// A catalog.
    Row,
    /// A channel or template.
    Content,
    /// An element of a list.
    Element,
    /// A parameter of a sequence.
    Param,
}

/// The scalar types by name.
pub(crate) const TYPES: [&str; 10] =
    ["bool", "int", "float", "string", "url", "time", "date", "clock", "duration", "timezone"];

/// Without bounds.
pub(crate) const ANY_INT: FieldType = FieldType::Int(Range { min: None, max: None });
/// Without bounds.
pub(crate) const ANY_FLOAT: FieldType = FieldType::Float(Range { min: None, max: None });

impl<'a> Resolver<'a> {
    /// The type of a field that is not a record; `None` when it is wrong (reported).
    pub(crate) fn field_type(&mut self, ty: &'a TypeExpr, place: Place) -> Option<FieldType> {
        let base = match &ty.kind {
            TypeKind::Named(name) => self.scalar(name)?,
            TypeKind::Set(members) => FieldType::Enum(self.closed_set(members)),
            TypeKind::List(element) => FieldType::List(self.list_shape(element)?),
            TypeKind::Record(_) => {
                self.misfit(ty.span, "a record", "cannot stand here", "write its fields one by one");
                return None;
            }
            TypeKind::Error => return None,
        };
        self.check_mutability(ty, &base, place);
        self.bounded(ty, base)
    }

    fn scalar(&mut self, name: &ast::Ident) -> Option<FieldType> {
        Some(match name.as_str() {
            "bool" => FieldType::Bool,
            "int" => ANY_INT,
            "float" => ANY_FLOAT,
            "string" => FieldType::Str(None),
            "url" => FieldType::Url(None),
            "time" => FieldType::Time { past: false },
            "date" => FieldType::Date { past: false },
            "clock" => FieldType::Clock,
            "duration" => FieldType::Duration,
            "timezone" => FieldType::Timezone,
            _ => {
                self.unknown_type(name);
                return None;
            }
        })
    }

    fn unknown_type(&mut self, name: &ast::Ident) {
        let other = match name.as_str() {
            "text" | "str" | "varchar" | "char" | "id" | "uuid" => Some("string"),
            "number" | "integer" | "long" | "i64" | "bigint" | "money" => Some("int"),
            "double" | "decimal" | "f64" | "real" => Some("float"),
            "boolean" => Some("bool"),
            "datetime" | "timestamp" | "instant" => Some("time"),
            "uri" | "link" => Some("url"),
            "array" => Some("list<string>"),
            _ => None,
        };
        let diagnostic = match other {
            Some(other) => {
                Diagnostic::new(&codes::UNKNOWN_NAME, name.span, format!("there is no type `{}`", name.text))
                    .label("not a type")
                    .help(format!("write `{other}`"))
                    .fix(name.span, other)
            }
            None => names::unknown("type", name, TYPES.into_iter().chain(["list"])).note(format!(
                "types are {}, closed sets such as `\"a\" | \"b\"`, lists and records",
                TYPES.join(", ")
            )),
        };
        self.report(diagnostic);
    }

    fn closed_set(&mut self, members: &[ast::StrLit]) -> crate::ir::EnumId {
        let mut texts: Vec<String> = Vec::new();
        for member in members {
            if texts.contains(&member.text) {
                self.report(
                    Diagnostic::new(
                        &codes::DUPLICATE_NAME,
                        member.span,
                        format!("\"{}\" is listed twice in this closed set", member.text),
                    )
                    .label("listed again here")
                    .help("remove it"),
                );
            } else {
                texts.push(member.text.clone());
            }
        }
        self.arena.members(texts)
    }

    fn list_shape(&mut self, element: &'a TypeExpr) -> Option<crate::ir::ListId> {
        let mut fields = match &element.kind {
            TypeKind::Record(fields) => self.fields("", fields, Place::Element),
            TypeKind::Named(_) | TypeKind::Set(_) | TypeKind::List(_) => {
                let ty = self.field_type(element, Place::Element)?;
                let optional = element.optional.is_some();
                vec![crate::ir::Field {
                    name: String::new(),
                    wire: Vec::new(),
                    ty,
                    optional,
                    default: None,
                    needed: true,
                }]
            }
            TypeKind::Error => return None,
        };
        // A list that is read is kept whole.
        fields.iter_mut().for_each(|field| field.needed = true);
        Some(self.arena.list(fields))
    }

    /// Applies `in 0 .. 120`, `at most 40 chars`, `past`.
    fn bounded(&mut self, ty: &'a TypeExpr, base: FieldType) -> Option<FieldType> {
        let base = match &ty.range {
            Some(range) => self.ranged(range, base)?,
            None => base,
        };
        let base = match &ty.bound {
            Some(bound) => self.limited(bound, base)?,
            None => base,
        };
        let Some(past) = ty.past else { return Some(base) };
        match base {
            FieldType::Time { .. } => Some(FieldType::Time { past: true }),
            FieldType::Date { .. } => Some(FieldType::Date { past: true }),
            other => {
                self.misfit(
                    past,
                    "`past`",
                    "says that a `time` or `date` is never in the future",
                    "remove it",
                );
                Some(other)
            }
        }
    }

    fn ranged(&mut self, range: &'a ast::TypeRange, base: FieldType) -> Option<FieldType> {
        let (low, high) = match base {
            FieldType::Int(_) => {
                (self.constant(&range.low, &ANY_INT)?, self.constant(&range.high, &ANY_INT)?)
            }
            FieldType::Float(_) => {
                (self.constant(&range.low, &ANY_FLOAT)?, self.constant(&range.high, &ANY_FLOAT)?)
            }
            other => {
                self.misfit(range.span, "a range", "bounds an `int` or a `float`", "remove it");
                return Some(other);
            }
        };
        let ordered = match (&low, &high) {
            (Const::Int(low), Const::Int(high)) => low <= high,
            (Const::Float(low), Const::Float(high)) => low <= high,
            _ => true,
        };
        if !ordered {
            self.report(
                Diagnostic::new(&codes::INVALID_VALUE, range.span, "the range is empty")
                    .label("its lower end is above its upper end")
                    .help("write the smaller number first"),
            );
            return Some(base);
        }
        Some(match (low, high) {
            (Const::Int(low), Const::Int(high)) => FieldType::Int(Range { min: Some(low), max: Some(high) }),
            (Const::Float(low), Const::Float(high)) => {
                FieldType::Float(Range { min: Some(low), max: Some(high) })
            }
            _ => base,
        })
    }

    fn limited(&mut self, bound: &ast::LengthBound, base: FieldType) -> Option<FieldType> {
        let Ok(max) = u32::try_from(bound.max.value) else {
            self.report(
                Diagnostic::new(
                    &codes::INVALID_VALUE,
                    bound.max.span,
                    "a length is between 0 and 4,294,967,295",
                )
                .label("not a length"),
            );
            return Some(base);
        };
        let unit = match bound.unit {
            LengthUnit::Chars => Unit::Chars,
            LengthUnit::BytesUtf8 => Unit::BytesUtf8,
            LengthUnit::BytesEuckr => Unit::BytesEucKr,
            LengthUnit::Gsm7 => Unit::Gsm7,
        };
        let limit = Some(Limit { max, unit });
        Some(match base {
            FieldType::Str(_) => FieldType::Str(limit),
            FieldType::Url(_) => FieldType::Url(limit),
            other => {
                self.misfit(
                    bound.span,
                    "a length",
                    "bounds a `string` or a `url`",
                    "bound numbers with `in LOW .. HIGH`",
                );
                other
            }
        })
    }

    fn check_mutability(&mut self, ty: &TypeExpr, base: &FieldType, place: Place) {
        let Some(mutability) = ty.mutability else { return };
        let word = match mutability.value {
            ast::Mutability::Immutable => "`immutable`",
            ast::Mutability::Monotone => "`monotone`",
        };
        if place != Place::Attribute {
            self.misfit(
                mutability.span,
                word,
                "is a fact about user attributes; everything else never changes",
                "remove it",
            );
            return;
        }
        let ordered = match base {
            FieldType::Int(_)
            | FieldType::Float(_)
            | FieldType::Time { .. }
            | FieldType::Date { .. }
            | FieldType::Clock
            | FieldType::Duration => true,
            FieldType::Bool
            | FieldType::Str(_)
            | FieldType::Url(_)
            | FieldType::Timezone
            | FieldType::Enum(_)
            | FieldType::List(_)
            | FieldType::Record => false,
        };
        if mutability.value == ast::Mutability::Monotone && !ordered {
            let help =
                "use it on a number, a time, a date or a duration; a value that never changes is `immutable`";
            self.misfit(mutability.span, word, "needs a type with an order", help);
        }
    }

    /// Something that does not fit the type or place it is written at.
    fn misfit(&mut self, span: Span, what: &str, why: &str, help: &str) {
        self.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, span, format!("{what} {why}"))
                .label("does not fit here")
                .help(help),
        );
    }
}

//! How short and how long a rendering can be, and whether the channel can carry it: `too-long`, `unencodable`.
//!
//! Constants are measured as the runtime does ([`crate::content`]); values by their declared bounds. Parts of GSM messages do not add up,
//! so there only the constant text is measured.

use super::Lowering;
use super::additions::Additions;
use crate::codes;
use crate::content;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::schema::Limit;
use crate::ir::{Const, ContentField, ExprId, ExprKind, Field, FieldType, Source, TextPart, Ty, Unit};
use crate::source::Span;
use crate::syntax::ast;

/// How deep an expression is looked into.
const MAX_DEPTH: u32 = 64;

/// Shortest and longest length of a rendering, in a unit; `None` is without bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Extent {
    min: u64,
    max: Option<u64>,
}

impl Extent {
    fn exactly(length: u32) -> Extent {
        Extent { min: u64::from(length), max: Some(u64::from(length)) }
    }

    fn unknown(min: u64) -> Extent {
        Extent { min, max: None }
    }

    fn then(self, next: Extent) -> Extent {
        let max = self.max.zip(next.max).map(|(a, b)| a.saturating_add(b));
        Extent { min: self.min.saturating_add(next.min), max }
    }

    fn or(self, other: Extent) -> Extent {
        Extent { min: self.min.min(other.min), max: self.max.zip(other.max).map(|(a, b)| a.max(b)) }
    }
}

impl Lowering<'_, '_> {
    /// Checks a text against its field's limit.
    pub(super) fn fits(
        &mut self,
        parts: &[TextPart],
        written: &ast::Text,
        field: &ContentField,
        (channel, additions): (&str, &Additions),
    ) {
        let Some(limit) = field.ty.limit() else { return };
        self.encodable(written, limit.unit, field, channel);
        let constant: String =
            parts.iter().map(|part| if let TextPart::Literal(text) = part { text } else { "" }).collect();
        let is_constant = parts.iter().all(|part| matches!(part, TextPart::Literal(_)));
        let extent = if is_constant {
            Extent::exactly(content::length(&additions.put_into(&field.name, constant), limit.unit))
        } else if limit.unit == Unit::Gsm7 {
            Extent::unknown(u64::from(content::length(&constant, limit.unit)))
        } else {
            let text = parts.iter().fold(Extent::exactly(0), |sum, part| {
                sum.then(match part {
                    TextPart::Literal(text) => Extent::exactly(content::length(text, limit.unit)),
                    TextPart::Value(id) => self.extent(*id, limit.unit, MAX_DEPTH),
                })
            });
            let (least, most) = additions.around(&field.name, parts, limit.unit, text.min);
            Extent { min: least, max: text.max.map(|max| max.saturating_add(most)) }
        };
        self.within_limit(extent, limit, written.span, field, (channel, additions.to(&field.name)));
    }

    /// Checks a value against its field's limit.
    pub(super) fn value_fits(&mut self, value: ExprId, span: Span, field: &ContentField, channel: &str) {
        let Some(limit) = field.ty.limit() else { return };
        let extent = self.extent(value, limit.unit, MAX_DEPTH);
        self.within_limit(extent, limit, span, field, (channel, None));
    }

    fn within_limit(
        &mut self,
        extent: Extent,
        limit: Limit,
        span: Span,
        field: &ContentField,
        (channel, added): (&str, Option<String>),
    ) {
        let most = u64::from(limit.max);
        let unit = content::unit_name(limit.unit);
        let (severity, message) = if extent.min > most {
            let at_least = if extent.max == Some(extent.min) { "" } else { "at least " };
            (
                Severity::Error,
                format!(
                    "`{}` is {at_least}{} {unit} long, and `{channel}` carries {most}",
                    field.name, extent.min
                ),
            )
        } else if extent.max.is_some_and(|max| max > most) {
            let max = extent.max.unwrap_or(0);
            (
                Severity::Warning,
                format!("`{}` can be {max} {unit} long, and `{channel}` carries {most}", field.name),
            )
        } else {
            return;
        };
        let mut finding = Diagnostic::new(&codes::TOO_LONG, span, message)
            .severity(severity)
            .label(if severity == Severity::Error {
                "always too long"
            } else {
                "too long for the longest values"
            })
            .help(format!("shorten it to {most} {unit}; a message that is too long is dropped"));
        if let Some(added) = added {
            finding = finding.note(format!("counted with what the profile adds: {added}"));
        }
        self.resolver.report(finding);
    }

    fn encodable(&mut self, written: &ast::Text, unit: Unit, field: &ContentField, channel: &str) {
        for part in &written.parts {
            let ast::TextPart::Literal { text, span } = part else { continue };
            let Some((offset, character)) = content::first_unencodable(text, unit) else { continue };
            // Without escapes the text stands in the source as it is.
            let as_written = span.range().len() == text.len();
            let start = span.start as usize + offset;
            let at =
                if as_written { Span::new(span.file, start, start + character.len_utf8()) } else { *span };
            self.resolver.report(
                Diagnostic::new(&codes::UNENCODABLE, at, format!("`{channel}` cannot carry `{character}`"))
                    .label(format!("not in the character set of `{}`", field.name))
                    .help("write it in other characters; a message with it would be dropped"),
            );
        }
    }

    /// The length of a value's text form.
    fn extent(&self, id: ExprId, unit: Unit, depth: u32) -> Extent {
        let node = self.resolver.arena.get(id);
        let Some(depth) = depth.checked_sub(1) else { return self.type_extent(node.ty, unit) };
        match &node.kind {
            ExprKind::Const(Const::Str(text)) => Extent::exactly(content::length(text, unit)),
            ExprKind::Const(Const::Int(number)) => {
                Extent::exactly(content::length(&number.to_string(), unit))
            }
            ExprKind::Const(Const::Member(index)) => self.member_extent(node.ty, Some(*index), unit),
            ExprKind::Slot { source, slot } => {
                let field = self.slot_field(*source, *slot);
                field.map_or_else(
                    || self.type_extent(node.ty, unit),
                    |field| self.field_extent(field, node.ty, unit),
                )
            }
            ExprKind::Column { catalog, column, .. } => {
                let columns =
                    self.resolver.schema.catalogs.get(catalog.index()).map(|catalog| &catalog.columns);
                let field = columns.and_then(|columns| columns.get(column.index()));
                field.map_or_else(
                    || self.type_extent(node.ty, unit),
                    |field| self.field_extent(field, node.ty, unit),
                )
            }
            ExprKind::Coalesce { value, default } => {
                self.extent(*value, unit, depth).or(self.extent(*default, unit, depth))
            }
            ExprKind::AtLeast(a, b) | ExprKind::AtMost(a, b) => {
                self.extent(*a, unit, depth).or(self.extent(*b, unit, depth))
            }
            ExprKind::Case { arms, otherwise } => {
                arms.iter().fold(self.extent(*otherwise, unit, depth), |all, (_, value)| {
                    all.or(self.extent(*value, unit, depth))
                })
            }
            ExprKind::ToText(value) => self.extent(*value, unit, depth),
            _ => self.type_extent(node.ty, unit),
        }
    }

    fn slot_field(&self, source: Source, slot: u32) -> Option<&Field> {
        match source {
            Source::Entry => self.entry_fields().and_then(|fields| fields.get(slot as usize)),
            Source::User => {
                self.resolver.schema.attributes.get(slot as usize).map(|attribute| &attribute.field)
            }
            Source::Event | Source::Elem(_) => None,
        }
    }

    fn field_extent(&self, field: &Field, ty: Ty, unit: Unit) -> Extent {
        match &field.ty {
            FieldType::Str(Some(limit)) | FieldType::Url(Some(limit)) => {
                let least = u64::from(matches!(field.ty, FieldType::Url(_)));
                Extent { min: least, max: convert(*limit, unit) }
            }
            FieldType::Int(range) => match (range.min, range.max) {
                (Some(min), Some(max)) => {
                    let digits = |number: i64| number.to_string().len() as u64;
                    let shortest = if min <= 0 && max >= 0 { 1 } else { digits(min).min(digits(max)) };
                    Extent { min: shortest, max: Some(digits(min).max(digits(max))) }
                }
                (None | Some(_), None) | (None, Some(_)) => Extent::unknown(1),
            },
            FieldType::Bool
            | FieldType::Float(_)
            | FieldType::Str(None)
            | FieldType::Url(None)
            | FieldType::Time { .. }
            | FieldType::Date { .. }
            | FieldType::Clock
            | FieldType::Duration
            | FieldType::Timezone
            | FieldType::Enum(_)
            | FieldType::List(_)
            | FieldType::Record => self.type_extent(ty, unit),
        }
    }

    fn type_extent(&self, ty: Ty, unit: Unit) -> Extent {
        match ty {
            Ty::Enum(_) => self.member_extent(ty, None, unit),
            Ty::Bool => Extent { min: 4, max: Some(5) },
            Ty::Date => Extent::exactly(10),
            Ty::Clock => Extent::exactly(5),
            Ty::Int | Ty::Float | Ty::Time | Ty::Duration | Ty::Timezone => Extent::unknown(1),
            Ty::Str | Ty::List(_) => Extent::unknown(0),
        }
    }

    /// Of one member of a closed set, or of any.
    fn member_extent(&self, ty: Ty, member: Option<u32>, unit: Unit) -> Extent {
        let Ty::Enum(set) = ty else { return Extent::unknown(0) };
        let Some(members) = self.resolver.arena.enums.get(set.index()) else { return Extent::unknown(0) };
        let lengths = members
            .iter()
            .enumerate()
            .filter(|(index, _)| member.is_none_or(|member| member as usize == *index))
            .map(|(_, text)| Extent::exactly(content::length(text, unit)));
        lengths.reduce(Extent::or).unwrap_or(Extent::unknown(0))
    }
}

/// The most a text of this limit can be in another unit.
fn convert(limit: Limit, unit: Unit) -> Option<u64> {
    if limit.unit == unit {
        return Some(u64::from(limit.max));
    }
    // A character is at least one byte in every encoding.
    let characters = match limit.unit {
        Unit::Chars | Unit::BytesUtf8 | Unit::BytesEucKr => u64::from(limit.max),
        Unit::Gsm7 => return None,
    };
    content::widest_char(unit).map(|width| characters.saturating_mul(u64::from(width)))
}

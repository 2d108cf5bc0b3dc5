//! What a refused value should have been, in words.
//!
//! For reports about lines; decisions carry only the fact and the field. Start at [`refusal`].

use super::Body;
use crate::engine::Fact;
use std::fmt::Display;
use wayline_compiler::content::unit_name;
use wayline_compiler::ir::schema::Limit;
use wayline_compiler::ir::{Field, FieldType, Program, Range};

/// Why an input was refused: the fact it breaks, and of which field.
pub fn refusal(program: &Program, body: &Body<'_>, fact: Fact, field: &str) -> String {
    let known = match body {
        Body::Event { event, .. } => program.event(*event).fields.iter().find(|known| known.name == field),
        Body::Identify { .. } => {
            program.attributes.iter().map(|a| &a.field).find(|known| known.name == field)
        }
        Body::Catalog { .. } | Body::Provider { .. } | Body::Undeclared | Body::PassedOver => None,
    };
    let must = |known: Option<&Field>| {
        known.map_or_else(String::new, |known| format!(": it must be {}", kind(program, &known.ty)))
    };
    match fact {
        Fact::Missing => format!("`{field}` is missing{} (missing)", must(known)),
        Fact::Type => format!("`{field}` has the wrong type{} (type)", must(known)),
        Fact::Range => format!("`{field}` is out of range{} (range)", must(known)),
        Fact::Member => format!("`{field}` is none of its values{} (member)", must(known)),
        Fact::Past => format!("`{field}` lies in the future, declared `past` (past)"),
        Fact::Immutable => format!("`{field}` is set already, declared `immutable` (immutable)"),
        Fact::Monotone => format!("`{field}` would fall, declared `monotone` (monotone)"),
        Fact::Once => "a second one of an event declared `once` (once)".to_owned(),
    }
}

fn kind(program: &Program, ty: &FieldType) -> String {
    match ty {
        FieldType::Bool => "`true` or `false`".to_owned(),
        FieldType::Int(range) => format!("an int{}", between(*range)),
        FieldType::Float(range) => format!("a number{}", between(*range)),
        FieldType::Str(limit) => format!("a string{}", at_most(*limit)),
        FieldType::Url(limit) => format!("an absolute address{}", at_most(*limit)),
        FieldType::Time { .. } => "an instant like `2026-01-05T10:00:00+09:00`".to_owned(),
        FieldType::Date { .. } => "a date like `2026-01-05`".to_owned(),
        FieldType::Clock => "a clock like `09:00`".to_owned(),
        FieldType::Duration => "a duration like `36h` or `7mo`, or milliseconds".to_owned(),
        FieldType::Timezone => "a zone like `Asia/Seoul`".to_owned(),
        FieldType::Enum(set) => {
            let members = program.enums.get(set.index()).map_or(&[][..], Vec::as_slice);
            let members: Vec<String> = members.iter().map(|member| format!("`{member}`")).collect();
            format!("one of {}", members.join(", "))
        }
        FieldType::List(_) => "a list of what is declared".to_owned(),
        FieldType::Record => "an object".to_owned(),
    }
}

fn between<T: Display>(range: Range<T>) -> String {
    match (range.min, range.max) {
        (None, None) => String::new(),
        (Some(min), None) => format!(" of {min} or more"),
        (None, Some(max)) => format!(" of {max} or less"),
        (Some(min), Some(max)) => format!(" in {min} .. {max}"),
    }
}

fn at_most(limit: Option<Limit>) -> String {
    limit.map_or_else(String::new, |limit| format!(" of at most {} {}", limit.max, unit_name(limit.unit)))
}

//! How a zone lies in stored state: by its IANA name.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

pub use wayline_compiler::calendar::Zone;

pub(super) fn serialize<S: Serializer>(zone: &Zone, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(zone.name())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Zone, D::Error> {
    let name = <std::borrow::Cow<'de, str>>::deserialize(from)?;
    Zone::named(&name).ok_or_else(|| D::Error::custom(format!("no zone is called `{name}`")))
}

//! How a zone lies in stored state: by its IANA name.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// An IANA zone.
pub type Zone = chrono_tz::Tz;

pub(super) fn serialize<S: Serializer>(zone: &Zone, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(zone.name())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Zone, D::Error> {
    let name = <std::borrow::Cow<'de, str>>::deserialize(from)?;
    name.parse().map_err(|_| D::Error::custom(format!("no zone is called `{name}`")))
}

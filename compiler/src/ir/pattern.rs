//! A regular expression of the program: stored as its text, compiled once when first used.

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// Longest pattern, in bytes.
pub const MAX_PATTERN: usize = 256;
/// Largest compiled pattern, in bytes.
const MAX_COMPILED: usize = 256 * 1024;

/// A linear-time regular expression. Equality and storage are those of its text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern that [`check`](Self::check) has accepted; any other matches nothing.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), compiled: OnceLock::new() }
    }
    /// Whether a text is a pattern within the limits; else why not.
    pub fn check(text: &str) -> Result<(), regex::Error> {
        if text.len() > MAX_PATTERN {
            return Err(regex::Error::CompiledTooBig(MAX_PATTERN));
        }
        compile(text).map(drop)
    }
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
    /// Whether it matches anywhere in UTF-8 bytes.
    #[inline]
    pub fn is_match(&self, bytes: &[u8]) -> bool {
        self.compiled
            .get_or_init(|| compile(&self.text).ok())
            .as_ref()
            .is_some_and(|regex| regex.is_match(bytes))
    }
}

/// Unicode classes as for text, over bytes so that nothing is validated twice.
fn compile(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).size_limit(MAX_COMPILED).build()
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.text
    }
}

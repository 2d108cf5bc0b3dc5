//! Decisions as JSON lines: fields in one order, the same input gives the same bytes.
//!
//! Appends to a buffer; keys and messages are JSON already. Knows nothing of files. Start at [`Writer::push`].

use super::stamp::Stamp;
use crate::engine::{Decision, Effects, Kind};
use crate::ingest::string_stop;
use wayline_compiler::ir::Program;

/// Prints the decisions of one program.
#[derive(Clone, Debug)]
pub struct Writer {
    stamp: Stamp,
    /// `"name","key":` of each journey.
    journeys: Vec<Vec<u8>>,
    /// `"key"` of each step of each journey.
    steps: Vec<Vec<Vec<u8>>>,
    channels: Vec<Vec<u8>>,
    program: Vec<u8>,
    /// The same for each journey of an earlier version.
    versions: Vec<Option<Vec<u8>>>,
}

impl Writer {
    /// A printer of this program's decisions.
    pub fn new(program: &Program) -> Self {
        let quoted = |text: &str| {
            let mut out = Vec::new();
            push_string(&mut out, text);
            out
        };
        let version = |hash: &str| [b",\"program\":".as_slice(), &quoted(hash), b"}\n"].concat();
        Self {
            stamp: Stamp::default(),
            journeys: program.journeys.iter().map(|journey| quoted(&journey.name)).collect(),
            steps: program
                .journeys
                .iter()
                .map(|journey| journey.steps.iter().map(|step| quoted(&step.key)).collect())
                .collect(),
            channels: program.channels.iter().map(|channel| quoted(&channel.name)).collect(),
            program: version(&program.hash),
            versions: program
                .journeys
                .iter()
                .map(|journey| journey.version.as_deref().map(version))
                .collect(),
        }
    }

    /// Appends all decisions of `effects`, one a line.
    pub fn push_all(&mut self, out: &mut Vec<u8>, user: &str, effects: &Effects) {
        for decision in &effects.decisions {
            self.push(out, user, decision, effects);
        }
    }

    /// Appends one decision with its line end.
    pub fn push(&mut self, out: &mut Vec<u8>, user: &str, decision: &Decision, effects: &Effects) {
        out.extend_from_slice(b"{\"at\":\"");
        self.stamp.push(out, decision.at, decision.zone);
        out.extend_from_slice(b"\",\"user\":");
        push_string(out, user);
        let journey = decision.journey.map(|journey| journey.index());
        field(out, b",\"journey\":", journey.and_then(|at| self.journeys.get(at)));
        let key = effects.get(decision.key);
        out.extend_from_slice(b",\"key\":");
        out.extend_from_slice(if key.is_empty() { b"{}" } else { key.as_bytes() });
        out.extend_from_slice(b",\"kind\":\"");
        out.extend_from_slice(decision.kind.name().as_bytes());
        out.push(b'"');
        let step = journey.zip(decision.step).and_then(|(at, step)| self.steps.get(at)?.get(step.index()));
        field(out, b",\"step\":", step);
        field(out, b",\"channel\":", decision.channel.and_then(|channel| self.channels.get(channel.index())));
        let message = effects.get(decision.message);
        out.extend_from_slice(b",\"message\":");
        out.extend_from_slice(if message.is_empty() { b"null" } else { message.as_bytes() });
        out.extend_from_slice(b",\"id\":");
        push_id(out, decision.id);
        self.push_why(out, decision, effects);
        let version = journey.and_then(|at| self.versions.get(at)?.as_deref());
        out.extend_from_slice(version.unwrap_or(&self.program));
    }

    /// Reason, and where there are such, the end of a hold and the detail.
    fn push_why(&mut self, out: &mut Vec<u8>, decision: &Decision, effects: &Effects) {
        let detail = effects.get(decision.detail);
        let reason = effects.reason(decision);
        out.extend_from_slice(b",\"reason\":");
        match reason {
            Some(reason) => push_string(out, reason),
            None => out.extend_from_slice(b"null"),
        }
        if let Some(until) = decision.until {
            out.extend_from_slice(b",\"until\":\"");
            self.stamp.push(out, until, decision.zone);
            out.push(b'"');
        }
        if detail.is_empty() {
            return;
        }
        out.extend_from_slice(b",\"detail\":");
        match (decision.kind, detail.parse()) {
            (Kind::Late, Ok(own_time)) => {
                out.push(b'"');
                self.stamp.push(out, own_time, decision.zone);
                out.push(b'"');
            }
            _ => push_string(out, detail),
        }
    }
}

fn field(out: &mut Vec<u8>, name: &[u8], value: Option<&Vec<u8>>) {
    out.extend_from_slice(name);
    out.extend_from_slice(value.map_or(b"null", Vec::as_slice));
}

/// An id as 32 hex digits; null for none.
fn push_id(out: &mut Vec<u8>, id: u128) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    if id == 0 {
        out.extend_from_slice(b"null");
        return;
    }
    let mut text = [b'"'; 34];
    for (place, byte) in text[1..33].chunks_exact_mut(2).zip(id.to_be_bytes()) {
        place[0] = HEX[usize::from(byte >> 4)];
        place[1] = HEX[usize::from(byte & 15)];
    }
    out.extend_from_slice(&text);
}

/// Appends a text as a JSON string.
pub(crate) fn push_string(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    out.push(b'"');
    let mut from = 0;
    loop {
        let stop = string_stop(bytes, from);
        out.extend_from_slice(&bytes[from..stop]);
        let Some(&byte) = bytes.get(stop) else { break };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x8 => out.extend_from_slice(b"\\b"),
            0xc => out.extend_from_slice(b"\\f"),
            other => out.extend_from_slice(format!("\\u{other:04x}").as_bytes()),
        }
        from = stop + 1;
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::{push_id, push_string};

    #[test]
    fn strings_are_those_of_serde_json() {
        let all: String = (0u8..128).map(char::from).chain("한글 \u{1F600} \u{2028}".chars()).collect();
        for text in ["", "plain", all.as_str(), "quote\"", "\\"] {
            let mut out = Vec::new();
            push_string(&mut out, text);
            assert_eq!(String::from_utf8_lossy(&out), serde_json::json!(text).to_string());
        }
    }

    #[test]
    fn ids_are_32_hex_digits() {
        let mut out = Vec::new();
        push_id(&mut out, 0x0123_4567_89ab_cdef);
        assert_eq!(out, b"\"00000000000000000123456789abcdef\"");
    }
}

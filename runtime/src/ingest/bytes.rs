//! Finding bytes fast: where a JSON string ends, where white space ends.
//!
//! Knows only bytes, nothing of values. Eight bytes are looked at together in one word, by arithmetic that sets the high bit of each byte
//! it looks for. Start at [`string_stop`].

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The first byte at or after `from` that a plain JSON string cannot hold: a quote, a backslash or a control character; the length of
/// `bytes` when there is none.
#[inline]
pub(crate) fn string_stop(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let stops = stops_in(u64::from_le_bytes(*chunk));
        if stops != 0 {
            return at + stops.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while at < bytes.len() && !is_stop(bytes[at]) {
        at += 1;
    }
    at.min(bytes.len())
}

/// The first byte at or after `from` that is not JSON white space.
#[inline]
pub(super) fn skip_space(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < bytes.len() && matches!(bytes[at], b' ' | b'\t' | b'\n' | b'\r') {
        at += 1;
    }
    at
}

#[inline]
fn is_stop(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < 0x20
}

/// The high bit of each byte that stops a string. Exact up to and including the first such byte, which is all we look at: only a stop
/// borrows from the bytes above it.
#[inline]
fn stops_in(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let escape = word ^ (ONES * b'\\' as u64);
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    ((quote.wrapping_sub(ONES) & !quote) | (escape.wrapping_sub(ONES) & !escape) | control) & HIGH
}

#[cfg(test)]
mod tests {
    use super::{is_stop, string_stop};

    #[test]
    fn every_byte_at_every_offset() {
        for byte in 0..=255u8 {
            for at in 0..40 {
                let mut bytes = vec![0xe1u8; 41];
                bytes[at] = byte;
                let want = bytes.iter().position(|&b| is_stop(b)).unwrap_or(bytes.len());
                assert_eq!(string_stop(&bytes, 0), want, "{byte} at {at}");
            }
        }
        assert_eq!(string_stop(b"abc", 3), 3);
    }
}

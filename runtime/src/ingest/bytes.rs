//! Finding bytes fast: where a JSON string ends, where white space ends.
//!
//! Knows only bytes, nothing of values. Sixteen bytes are looked at together in a loop without branches, which the compiler turns
//! into vector instructions. Start at [`string_stop`].

/// How many bytes are looked at together.
const LANE: usize = 16;

/// The first byte at or after `from` that a plain JSON string cannot hold: a quote, a backslash or a control character; the length of
/// `bytes` when there is none.
#[inline]
pub(crate) fn string_stop(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<LANE>) {
        let stops = stops_in(chunk);
        if stops != 0 {
            return at + stops.trailing_zeros() as usize / 8;
        }
        at += LANE;
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
    // Without `||`: a branch in here would keep the loop below from becoming vector code.
    (byte == b'"') | (byte == b'\\') | (byte < 0x20)
}

/// A set byte for each byte that stops a string.
#[inline]
fn stops_in(chunk: &[u8; LANE]) -> u128 {
    let mut stops = [0u8; LANE];
    for (stop, byte) in stops.iter_mut().zip(chunk) {
        *stop = if is_stop(*byte) { 0xff } else { 0 };
    }
    u128::from_le_bytes(stops)
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

//! Finding bytes fast: where a JSON string ends, where white space ends.
//!
//! Knows only bytes, nothing of values. Sixteen bytes at a time where the machine has SSE2 (always on x86-64), else eight in one word; all
//! of it safe code. Start at [`string_stop`].

/// The first byte at or after `from` that a plain JSON string cannot hold: a quote, a backslash or a control character; the length of
/// `bytes` when there is none.
#[inline]
pub(super) fn string_stop(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..at + LANE) {
        let stops = stops_in(chunk);
        if stops != 0 {
            return at + first(stops);
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

fn is_stop(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < 0x20
}

#[cfg(target_arch = "x86_64")]
use sse2::{LANE, first, stops_in};
#[cfg(not(target_arch = "x86_64"))]
use word::{LANE, first, stops_in};

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
    };

    pub(super) const LANE: usize = 16;

    #[inline]
    fn load(chunk: &[u8]) -> __m128i {
        let low = u64::from_le_bytes(chunk[..8].try_into().unwrap_or_default());
        let high = u64::from_le_bytes(chunk[8..16].try_into().unwrap_or_default());
        _mm_set_epi64x(high as i64, low as i64)
    }

    /// One bit per byte that stops a string.
    #[inline]
    pub(super) fn stops_in(chunk: &[u8]) -> u32 {
        let bytes = load(chunk);
        let quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"' as i8));
        let escape = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\' as i8));
        let control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
        _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, escape))) as u32
    }

    #[inline]
    pub(super) fn first(stops: u32) -> usize {
        stops.trailing_zeros() as usize
    }
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod word {
    pub(super) const LANE: usize = 8;
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;

    /// The high bit of each byte that is zero; exact for the lowest such byte, which is all we look at.
    const fn zeros(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word & HIGH
    }

    /// The high bit of each byte that stops a string (exact up to and including the first).
    #[inline]
    pub(super) fn stops_in(chunk: &[u8]) -> u64 {
        let word = u64::from_le_bytes(chunk[..8].try_into().unwrap_or_default());
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        zeros(word ^ ONES * b'"' as u64) | zeros(word ^ ONES * b'\\' as u64) | control
    }

    #[inline]
    pub(super) fn first(stops: u64) -> usize {
        stops.trailing_zeros() as usize / 8
    }
}

#[cfg(test)]
mod tests {
    use super::{is_stop, string_stop, word};

    fn by_word(bytes: &[u8]) -> usize {
        let mut at = 0;
        while let Some(chunk) = bytes.get(at..at + word::LANE) {
            let stops = word::stops_in(chunk);
            if stops != 0 {
                return at + word::first(stops);
            }
            at += word::LANE;
        }
        at + bytes[at..].iter().position(|&b| is_stop(b)).unwrap_or(bytes.len() - at)
    }

    #[test]
    fn every_byte_at_every_offset() {
        for byte in 0..=255u8 {
            for at in 0..40 {
                let mut bytes = vec![0xe1u8; 41];
                bytes[at] = byte;
                let want = bytes.iter().position(|&b| is_stop(b)).unwrap_or(bytes.len());
                assert_eq!(string_stop(&bytes, 0), want, "{byte} at {at}");
                assert_eq!(by_word(&bytes), want, "{byte} at {at} by words");
            }
        }
    }
}

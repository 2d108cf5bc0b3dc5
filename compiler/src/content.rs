//! How long a text is in a channel's own unit, whether the channel can carry it, and into how many billed parts it falls.
//!
//! Pure functions of text, shared by `check` (constants) and the runtime (renderings), so that both always agree. Knows
//! nothing of programs or messages. Start at [`length`], [`first_unencodable`] and [`parts`].

use crate::ir::Unit;
use encoding_rs::{EUC_KR, EncoderResult};

/// Septets of a GSM 03.38 message that fits one part.
const GSM_SINGLE: u32 = 160;
/// Septets of each part of a longer one (the rest is the header that joins them).
const GSM_JOINED: u32 = 153;
/// UTF-16 units of a UCS-2 message that fits one part.
const UCS2_SINGLE: u32 = 70;
/// UTF-16 units of each part of a longer one.
const UCS2_JOINED: u32 = 67;

/// The basic alphabet of GSM 03.38 apart from ASCII letters and digits.
const GSM_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// The extension of GSM 03.38: each takes an escape septet and one of its own.
const GSM_EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Length of `text` in `unit`; of [`Unit::Gsm7`] the number of parts. Characters that cannot be carried count as the widest.
pub fn length(text: &str, unit: Unit) -> u32 {
    match unit {
        Unit::Chars => clamp(text.chars().count()),
        Unit::BytesUtf8 => clamp(text.len()),
        Unit::BytesEucKr => clamp(text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()),
        Unit::Gsm7 => parts(text, unit),
    }
}

/// The first character that a channel of this unit cannot carry, with its byte offset.
pub fn first_unencodable(text: &str, unit: Unit) -> Option<(usize, char)> {
    match unit {
        Unit::Chars | Unit::BytesUtf8 | Unit::Gsm7 => None,
        Unit::BytesEucKr => text.char_indices().find(|&(_, c)| !in_cp949(c)),
    }
}

/// Into how many parts `text` falls; each is billed. Units without parts, and the empty text, are one.
pub fn parts(text: &str, unit: Unit) -> u32 {
    match unit {
        Unit::Chars | Unit::BytesUtf8 | Unit::BytesEucKr => 1,
        Unit::Gsm7 => {
            if text.chars().all(|c| septets(c).is_some()) {
                pack(text.chars().map(|c| septets(c).unwrap_or(2)), GSM_SINGLE, GSM_JOINED)
            } else {
                pack(text.chars().map(|c| clamp(c.len_utf16())), UCS2_SINGLE, UCS2_JOINED)
            }
        }
    }
}

/// Most that one more character can add to a length in `unit`; `None` for [`Unit::Gsm7`], whose parts do not add up.
pub fn widest_char(unit: Unit) -> Option<u32> {
    match unit {
        Unit::Chars => Some(1),
        Unit::BytesUtf8 => Some(4),
        Unit::BytesEucKr => Some(2),
        Unit::Gsm7 => None,
    }
}

/// What a unit is called in messages.
pub fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Chars => "chars",
        Unit::BytesUtf8 => "bytes utf8",
        Unit::BytesEucKr => "bytes euckr",
        Unit::Gsm7 => "gsm7 parts",
    }
}

/// Septets of a character of the GSM 03.38 alphabet; `None` outside it.
pub fn septets(c: char) -> Option<u32> {
    if c.is_ascii_alphanumeric() || GSM_BASIC.contains(c) {
        Some(1)
    } else if GSM_EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

/// Whether CP949 (EUC-KR with Microsoft's extension) has the character.
fn in_cp949(c: char) -> bool {
    if c.is_ascii() {
        return true;
    }
    let (mut text, mut out) = ([0u8; 4], [0u8; 8]);
    let text = c.encode_utf8(&mut text);
    let (result, _, _) = EUC_KR.new_encoder().encode_from_utf8_without_replacement(text, &mut out, true);
    matches!(result, EncoderResult::InputEmpty)
}

/// Number of parts of characters of these widths: one if all fit `single`, else as many of `joined`, no character cut in two.
fn pack(widths: impl Iterator<Item = u32>, single: u32, joined: u32) -> u32 {
    let (mut total, mut parts, mut room) = (0u32, 1u32, joined);
    for width in widths {
        total = total.saturating_add(width);
        if width > room {
            parts = parts.saturating_add(1);
            room = joined;
        }
        room -= width;
    }
    if total <= single { 1 } else { parts }
}

fn clamp(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Whether a text is an absolute address: a scheme, a colon, something after it without spaces; `http` and `https` with a host.
pub fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut letters = scheme.bytes();
    let named = letters.next().is_some_and(|b| b.is_ascii_alphabetic())
        && letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let host =
        rest.strip_prefix("//").is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#']));
    named
        && !rest.is_empty()
        && (host || !web)
        && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gsm(text: &str) -> u32 {
        parts(text, Unit::Gsm7)
    }

    #[test]
    fn euckr_counts_two_bytes_for_hangul_and_one_for_ascii() {
        assert_eq!(length("(광고) A", Unit::BytesEucKr), 8);
        assert_eq!(length("가".repeat(45).as_str(), Unit::BytesEucKr), 90);
        // As the encoder itself counts, on every character it knows.
        for c in ('\u{0}'..='\u{ffff}').filter(|&c| in_cp949(c)) {
            let text = c.to_string();
            let (bytes, _, bad) = EUC_KR.encode(&text);
            assert!(!bad);
            assert_eq!(length(&text, Unit::BytesEucKr), bytes.len() as u32, "{c:?}");
        }
    }

    #[test]
    fn euckr_names_what_it_cannot_carry() {
        assert_eq!(first_unencodable("뷁 똠방각하 쀍", Unit::BytesEucKr), None);
        assert_eq!(first_unencodable("안녕 👋", Unit::BytesEucKr), Some((7, '👋')));
        assert_eq!(first_unencodable("₩1,000", Unit::BytesEucKr), Some((0, '₩')));
        assert_eq!(first_unencodable("€ ￦", Unit::BytesEucKr), None);
        assert_eq!(first_unencodable("👋", Unit::BytesUtf8), None);
    }

    #[test]
    fn gsm_parts_at_their_edges() {
        assert_eq!(gsm(""), 1);
        assert_eq!(gsm(&"a".repeat(160)), 1);
        assert_eq!(gsm(&"a".repeat(161)), 2);
        assert_eq!(gsm(&"a".repeat(306)), 2);
        assert_eq!(gsm(&"a".repeat(307)), 3);
        // An extension character counts two and is not cut between parts.
        assert_eq!(gsm(&"€".repeat(80)), 1);
        assert_eq!(gsm(&"€".repeat(81)), 2);
        assert_eq!(gsm(&"€".repeat(152)), 2);
        assert_eq!(gsm(&"€".repeat(153)), 3);
    }

    #[test]
    fn one_character_outside_gsm_turns_all_to_ucs2() {
        assert_eq!(gsm(&"가".repeat(70)), 1);
        assert_eq!(gsm(&"가".repeat(71)), 2);
        assert_eq!(gsm(&"가".repeat(134)), 2);
        assert_eq!(gsm(&"가".repeat(135)), 3);
        assert_eq!(gsm(&format!("{}가", "a".repeat(70))), 2);
        // Emoji are two UTF-16 units and stay whole: 33 of them fill 66 of 67.
        assert_eq!(gsm(&"👋".repeat(35)), 1);
        assert_eq!(gsm(&"👋".repeat(66)), 2);
        assert_eq!(gsm(&"👋".repeat(67)), 3);
    }

    #[test]
    fn the_gsm_alphabet_is_whole() {
        assert_eq!(GSM_BASIC.chars().count() + 62, 127, "128 code points without the escape");
        assert_eq!(GSM_EXTENSION.chars().count(), 10);
    }
}

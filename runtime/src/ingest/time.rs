//! Timestamps, fast: most lines of a log share the date and the offset of the line before.
//!
//! What an instant looks like is defined by `calendar::text::parse_instant`; this only agrees with it sooner. Start at [`Stamps`].

use wayline_compiler::calendar::text::parse_instant;

/// Reads RFC 3339 instants, remembering the last date and offset.
#[derive(Clone, Debug, Default)]
pub(super) struct Stamps {
    date: [u8; 10],
    offset: [u8; 6],
    /// Milliseconds of that date's midnight at that offset.
    midnight: i64,
    /// Whether there is something to remember.
    known: bool,
}

impl Stamps {
    /// The instant in milliseconds.
    #[inline]
    pub(super) fn read(&mut self, text: &str) -> Option<i64> {
        self.recall(text.as_bytes()).or_else(|| self.read_whole(text))
    }

    /// `YYYY-MM-DDTHH:MM:SS±HH:MM`, perhaps with three digits of a second or `Z`, of the remembered day.
    #[inline]
    fn recall(&self, text: &[u8]) -> Option<i64> {
        let (date, rest) = text.split_first_chunk::<10>()?;
        let (clock, rest) = rest.split_first_chunk::<9>()?;
        let (ms, offset) = match rest {
            [b'.', a, b, c, offset @ ..] => (digit(*a)? * 100 + digit(*b)? * 10 + digit(*c)?, offset),
            offset => (0, offset),
        };
        let same_offset = match offset {
            b"Z" => self.offset[0] == b'Z',
            offset => offset == self.offset,
        };
        if !self.known || *date != self.date || !same_offset {
            return None;
        }
        let &[b'T', h1, h2, b':', m1, m2, b':', s1, s2] = clock else { return None };
        let (hour, minute, second) = (pair(h1, h2)?, pair(m1, m2)?, pair(s1, s2)?);
        (hour < 24 && minute < 60 && second < 60)
            .then(|| self.midnight + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms)
    }

    fn read_whole(&mut self, text: &str) -> Option<i64> {
        let instant = parse_instant(text)?;
        let bytes = text.as_bytes();
        let offset: [u8; 6] = match bytes.last() {
            Some(b'Z') => *b"Z     ",
            _ => *bytes.last_chunk()?,
        };
        if let Some(date) = bytes.first_chunk::<10>()
            && let Some(midnight) = parse_instant(&midnight_text(date, &offset))
        {
            *self = Self { date: *date, offset, midnight, known: true };
        }
        Some(instant)
    }
}

fn midnight_text(date: &[u8], offset: &[u8]) -> String {
    let offset = String::from_utf8_lossy(offset);
    format!("{}T00:00:00{}", String::from_utf8_lossy(date), offset.trim_end())
}

#[inline]
fn digit(byte: u8) -> Option<i64> {
    byte.is_ascii_digit().then(|| i64::from(byte - b'0'))
}

#[inline]
fn pair(tens: u8, ones: u8) -> Option<i64> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

#[cfg(test)]
mod tests {
    use super::{Stamps, parse_instant};

    #[test]
    fn remembered_or_not_the_instant_is_the_same() {
        let texts = [
            "2026-01-05T10:00:00+09:00",
            "2026-01-05T10:00:00.250+09:00",
            "2026-01-05T23:59:59.999+09:00",
            "2026-01-05T10:00:00Z",
            "2026-01-05T10:00:00.5Z",
            "2026-01-05T10:00:00.1234567Z",
            "2026-01-05T10:00:00-09:00",
            "2026-01-05t10:00:00z",
            "2026-01-05T24:00:00Z",
            "2026-01-05T10:60:00Z",
            "2026-01-05T10:00:61Z",
            "2026-01-05T10:00:00",
            "2026-01-05T10:00:00+9:00",
            "2026-02-30T10:00:00Z",
            "2024-02-29T10:00:00-00:30",
            "1767600000",
            "",
            "2026-01-05",
            "2026-01-05T1\u{661}:00:00Z",
        ];
        let mut stamps = Stamps::default();
        for first in texts {
            for second in texts {
                stamps.read(first);
                assert_eq!(stamps.read(second), parse_instant(second), "{second:?} after {first:?}");
            }
        }
    }
}

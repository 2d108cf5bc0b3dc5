//! One bit a byte: where the strings of a line may end, and whether the brackets of a piece of it close.
//!
//! Found sixteen bytes a step, without a branch on what stands there; the end of a string is then one count of zero bits. Knows nothing
//! of values. Start at [`Marks::mark`].

use wide::u8x16;

/// Bytes that one word of marks stands for.
const BLOCK: usize = 64;

/// The marks of one line; the memory is kept from line to line.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    /// Bytes that a plain string cannot hold: quotes, backslashes, control characters; and every byte past the end.
    stops: Vec<u64>,
    /// Whether all of them are quotes.
    is_plain: bool,
}

impl Marks {
    /// Marks a line.
    #[inline]
    pub(super) fn mark(&mut self, line: &[u8]) {
        let (blocks, rest) = line.as_chunks::<BLOCK>();
        // Quotes past the end stop every search.
        let mut last = [b'"'; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        let mut odd = u8x16::ZERO;
        self.stops.clear();
        self.stops.extend(blocks.iter().map(|block| stops(block, &mut odd)));
        self.stops.push(stops(&last, &mut odd));
        self.is_plain = odd == u8x16::ZERO;
    }

    /// The first byte at or after `from` that a plain string cannot hold; at least the length of the line when there is none.
    #[inline]
    pub(super) fn stop(&self, from: usize) -> usize {
        let mut place = from / BLOCK;
        let mut word = self.word(place) & (u64::MAX << (from % BLOCK));
        while word == 0 {
            place += 1;
            word = self.word(place);
        }
        place * BLOCK + word.trailing_zeros() as usize
    }

    #[inline]
    fn word(&self, place: usize) -> u64 {
        self.stops.get(place).copied().unwrap_or(u64::MAX)
    }

    /// Whether a line may end as this one does from a value of its outer object on: it ends with a brace, one more bracket closes than
    /// opens, quotes come in pairs. Brackets inside of strings count like others, so that `false` may only mean that it cannot be told.
    #[inline]
    pub(super) fn is_rest(&self, rest: &[u8]) -> bool {
        /// So many steps that no lane of a sum overflows.
        const PIECE: usize = 16 * 127;
        let (mut depth, mut quotes) = (0, u8x16::ZERO);
        for piece in rest.chunks(PIECE) {
            let mut sum = u8x16::ZERO;
            let mut add = |bytes: u8x16| {
                let folded = bytes | u8x16::splat(0x20);
                // What is equal is minus one.
                sum = sum + folded.simd_eq(u8x16::splat(b'}')) - folded.simd_eq(u8x16::splat(b'{'));
                quotes ^= bytes.simd_eq(u8x16::splat(b'"'));
            };
            let (steps, last) = piece.as_chunks::<16>();
            steps.iter().for_each(|bytes| add(u8x16::new(*bytes)));
            let mut padded = [b' '; 16];
            padded[..last.len()].copy_from_slice(last);
            add(u8x16::new(padded));
            depth += sum.to_array().into_iter().map(|lane| i32::from(lane as i8)).sum::<i32>();
        }
        self.is_plain
            && rest.last() == Some(&b'}')
            && depth == -1
            && quotes.to_bitmask().count_ones() % 2 == 0
    }

    /// Where the object or array that opens at `from` ends, judged by its frame: the brackets outside of strings balance, and strings and
    /// brackets stand where they may. `None` when it is not so, or cannot be told.
    #[inline]
    pub(super) fn frame_end(&self, line: &[u8], from: usize) -> Option<usize> {
        if !self.is_plain {
            return None;
        }
        let mut seen = u64::MAX << (from % BLOCK);
        // What the block before hands on: inside a string (all bits), ends with a closing quote, ends so that a value may begin.
        let (mut inside, mut closed, mut may_begin) = (0, 0, 1 << (from % BLOCK));
        let mut depth = 0u32;
        for (place, quotes) in self.stops.iter().enumerate().skip(from / BLOCK) {
            let bytes = line.get(place * BLOCK..)?;
            let frame = match bytes.first_chunk() {
                Some(block) => Frame::of(block),
                None => {
                    seen &= !(u64::MAX << bytes.len());
                    Frame::of_rest(bytes)
                }
            };
            let quotes = quotes & seen;
            // From each opening quote up to, but not with, the closing one.
            let strings = prefix_xor(quotes) ^ inside;
            let (opening, closing) = (quotes & strings, quotes & !strings);
            let outside = !strings & seen;
            let (opens, closes, between) =
                (frame.opens & outside, frame.closes & outside, frame.between & outside);
            let wrong_before = (opening | opens) & !((opens | between) << 1 | may_begin);
            let wrong_after = (closing << 1 | closed) & !(closes | between);
            if wrong_before | wrong_after != 0 {
                return None;
            }
            let mut brackets = opens | closes;
            while brackets != 0 {
                let lowest = brackets & brackets.wrapping_neg();
                if opens & lowest != 0 {
                    depth += 1;
                } else if depth == 1 {
                    return Some(place * BLOCK + lowest.trailing_zeros() as usize + 1);
                } else {
                    depth -= 1;
                }
                brackets ^= lowest;
            }
            seen = u64::MAX;
            inside = ((strings as i64) >> 63) as u64;
            closed = closing >> 63;
            may_begin = (opens | between) >> 63;
        }
        None
    }
}

/// Where the bytes of a block are that frames are made of, in strings or not.
struct Frame {
    opens: u64,
    closes: u64,
    /// Commas, colons, spaces.
    between: u64,
}

impl Frame {
    #[inline]
    fn of(block: &[u8; BLOCK]) -> Self {
        let (mut opens, mut closes, mut between) = (0, 0, 0);
        for (step, bytes) in sixteens(block) {
            // This bit tells braces from brackets; the others keep it, control characters apart, of which there are none.
            let bytes = bytes | u8x16::splat(0x20);
            let is = |byte: u8| bytes.simd_eq(u8x16::splat(byte));
            opens |= bits(is(b'{'), step);
            closes |= bits(is(b'}'), step);
            between |= bits(is(b',') | is(b':') | is(b' '), step);
        }
        Self { opens, closes, between }
    }

    fn of_rest(bytes: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        block[..bytes.len()].copy_from_slice(bytes);
        Self::of(&block)
    }
}

/// The bytes of a block that stop a plain string. Those that are no quotes are gathered in `odd`.
#[inline]
fn stops(block: &[u8; BLOCK], odd: &mut u8x16) -> u64 {
    sixteens(block).fold(0, |mask, (step, bytes)| {
        let quote = bytes.simd_eq(u8x16::splat(b'"'));
        let others = others(bytes);
        *odd |= others;
        mask | bits(quote | others, step)
    })
}

/// Backslashes and control characters.
#[inline]
fn others(bytes: u8x16) -> u8x16 {
    bytes.simd_eq(u8x16::splat(b'\\')) | bytes.min(u8x16::splat(0x1f)).simd_eq(bytes)
}

#[inline]
fn sixteens(block: &[u8; BLOCK]) -> impl Iterator<Item = (usize, u8x16)> {
    block.as_chunks::<16>().0.iter().map(|bytes| u8x16::new(*bytes)).enumerate()
}

#[inline]
fn bits(found: u8x16, step: usize) -> u64 {
    u64::from(found.to_bitmask() as u16) << (16 * step)
}

/// Each bit becomes the parity of itself and all bits below it.
#[inline]
fn prefix_xor(bits: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].into_iter().fold(bits, |bits, by| bits ^ bits << by)
}

#[cfg(test)]
mod tests {
    use super::Marks;

    #[test]
    fn every_byte_at_every_offset() {
        let mut marks = Marks::default();
        for byte in 0..=255u8 {
            for length in [0, 1, 63, 64, 65, 130] {
                for at in 0..length {
                    let mut line = vec![0xe1u8; length];
                    line[at] = byte;
                    marks.mark(&line);
                    let stops = byte == b'"' || byte == b'\\' || byte < 0x20;
                    assert_eq!(marks.stop(0), if stops { at } else { length }, "{byte} at {at} of {length}");
                    assert_eq!(marks.stop(at + 1), length);
                    assert_eq!(marks.is_plain, byte == b'"' || !stops);
                }
            }
        }
    }

    fn is_rest(text: &str) -> bool {
        let mut marks = Marks::default();
        marks.mark(text.as_bytes());
        marks.is_rest(text.as_bytes())
    }

    #[test]
    fn rests() {
        let long = format!(r#"{{"a":[{}{{}}]}}}}"#, r#"{"b":"c"},"#.repeat(1_000));
        for whole in ["1}", r#"{"a":"b"}}"#, r#"[{},{"a":[]}],"b":"c"}"#, &long] {
            assert!(is_rest(whole), "{whole}");
            for end in (0..whole.len()).filter(|end| *end < 50 || whole.len() - end < 50) {
                assert!(!is_rest(&whole[..end]), "{}", &whole[..end]);
            }
        }
        for unclear in ["1} ", r#"{"a":"}"}}"#, r#"{"a":"\"b"}}"#, "{\"a\":\"\0\"}}", r#"{"a":"b}}"#] {
            assert!(!is_rest(unclear), "{unclear}");
        }
    }

    fn frame(text: &str) -> Option<usize> {
        // At every offset within a block, with something behind.
        let ends: Vec<_> = (0..70)
            .map(|indent| {
                let line = format!("{}{text}, \"x\": 1", " ".repeat(indent));
                let mut marks = Marks::default();
                marks.mark(line.as_bytes());
                marks.frame_end(line.as_bytes(), indent).map(|end| end - indent)
            })
            .collect();
        assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
        ends[0]
    }

    #[test]
    fn frames() {
        for whole in [
            "{}",
            "[]",
            r#"{"a":1}"#,
            r#"{"a": {"b": [ "}", "]" ], "c":{}}, "d": [[1,2],[3]]}"#,
            r#"{"ㄱ":"{{{[[["}"#,
            r#"["a long string that goes over the end of one block of sixty-four bytes and into the next one", true]"#,
        ] {
            assert_eq!(frame(whole), Some(whole.len()), "{whole}");
        }
        for broken in [
            "{",
            "[[]",
            r#"{"a":"b"#,
            r#"{"a":"b"c"}"#,
            r#"{"a":"b""c":1}"#,
            r#"{"a":1{"b":2}}"#,
            r#"{"a":x"b"}"#,
            r#"{"a":"\n"}"#,
            "{\"a\":\"\t\"}",
        ] {
            assert_eq!(frame(broken), None, "{broken}");
        }
    }
}

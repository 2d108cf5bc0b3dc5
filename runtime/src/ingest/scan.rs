//! A cursor over one JSON line: tokens, and skipping of whole values, with the grammar of RFC 8259 checked to the letter.
//!
//! Knows nothing of events. The text is known to be UTF-8 before, so strings are sliced, never checked again. Nothing here allocates,
//! recurses or panics. Start at [`Cursor`].

use super::bad::{Bad, Problem};
use super::bytes::skip_space;
use super::marks::Marks;

/// Deepest nesting of arrays and objects in a line.
pub const MAX_DEPTH: usize = 64;

/// A place in a line.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    marks: Marks,
    /// The next byte.
    pub(super) at: usize,
}

/// A JSON string as it stands in the line, without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawStr<'a> {
    /// The text between the quotes.
    pub(super) raw: &'a str,
    /// Whether `raw` is not yet the value: it holds (valid) escapes.
    pub(super) escaped: bool,
}

/// A JSON number as it stands in the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RawNumber<'a> {
    /// The token.
    pub(super) raw: &'a str,
    /// Its value where it is written without fraction and exponent and fits.
    pub(super) int: Option<i64>,
    /// Written without fraction and exponent.
    pub(super) integral: bool,
}

impl<'a> Cursor<'a> {
    /// At the start of a line, with marks of another to be reused.
    #[inline]
    pub(super) fn new(text: &'a str, marks: Marks) -> Self {
        let mut cursor = Self { text, marks, at: 0 };
        cursor.marks.mark(text.as_bytes());
        cursor
    }

    /// The marks, for the next line.
    pub(super) fn into_marks(self) -> Marks {
        self.marks
    }

    #[inline]
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The next byte; 0, which no JSON token starts with, at the end.
    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.bytes().get(self.at).copied().unwrap_or(0)
    }

    /// Goes to the next byte that is not white space and looks at it.
    #[inline]
    pub(super) fn peek_token(&mut self) -> u8 {
        if self.peek() <= b' ' {
            self.at = skip_space(self.bytes(), self.at);
        }
        self.peek()
    }

    /// The error at this place.
    #[cold]
    pub(super) fn expected(&self, expected: &'static str) -> Problem {
        let cut = self.at >= self.text.len();
        Box::new(if cut { Bad::Cut } else { Bad::Syntax { column: self.at + 1, expected } })
    }

    /// Takes one byte of structure.
    #[inline]
    pub(super) fn take(&mut self, byte: u8, expected: &'static str) -> Result<(), Problem> {
        if self.peek_token() != byte {
            return Err(self.expected(expected));
        }
        self.at += 1;
        Ok(())
    }

    /// After the last value only white space may follow.
    pub(super) fn end(&mut self) -> Result<(), Problem> {
        self.at = skip_space(self.bytes(), self.at);
        if self.at < self.text.len() { Err(Bad::Trailing(self.at + 1).into()) } else { Ok(()) }
    }

    /// A string; the cursor stands at its quote.
    #[inline]
    pub(super) fn string(&mut self) -> Result<RawStr<'a>, Problem> {
        if self.peek() != b'"' {
            return Err(self.expected("a string"));
        }
        let from = self.at + 1;
        let stop = self.marks.stop(from);
        self.at = stop;
        if self.peek() == b'"' {
            self.at += 1;
            return Ok(RawStr { raw: self.slice(from, stop), escaped: false });
        }
        self.string_with_escapes(from)
    }

    /// Passes over a string; the cursor stands at its quote.
    #[inline]
    fn skip_string(&mut self) -> Result<(), Problem> {
        let from = self.at + 1;
        self.at = self.marks.stop(from);
        if self.peek() == b'"' {
            self.at += 1;
            return Ok(());
        }
        self.string_with_escapes(from).map(drop)
    }

    #[inline]
    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    #[cold]
    fn string_with_escapes(&mut self, from: usize) -> Result<RawStr<'a>, Problem> {
        loop {
            self.at = self.marks.stop(self.at);
            match self.peek() {
                b'"' => {
                    let raw = self.slice(from, self.at);
                    self.at += 1;
                    return Ok(RawStr { raw, escaped: true });
                }
                b'\\' => self.escape()?,
                _ => return Err(self.expected("no control character inside a string")),
            }
        }
    }

    /// Checks one escape, surrogate pairs included.
    fn escape(&mut self) -> Result<(), Problem> {
        self.at += 1;
        match self.peek() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.at += 1;
                Ok(())
            }
            b'u' => {
                let unit = self.hex4()?;
                if (0xDC00..0xE000).contains(&unit) {
                    return Err(self.expected("no lone surrogate"));
                }
                if (0xD800..0xDC00).contains(&unit) {
                    if self.peek() != b'\\' || self.bytes().get(self.at + 1) != Some(&b'u') {
                        return Err(self.expected("the other half of the surrogate pair"));
                    }
                    self.at += 1;
                    if !(0xDC00..0xE000).contains(&self.hex4()?) {
                        return Err(self.expected("the other half of the surrogate pair"));
                    }
                }
                Ok(())
            }
            _ => Err(self.expected("one of `\"\\/bfnrtu` after the backslash")),
        }
    }

    /// Four hex digits after the `u` the cursor stands at.
    fn hex4(&mut self) -> Result<u32, Problem> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let digit = (self.peek() as char).to_digit(16).ok_or_else(|| self.expected("four hex digits"))?;
            unit = unit << 4 | digit;
            self.at += 1;
        }
        Ok(unit)
    }

    /// A number.
    #[inline]
    pub(super) fn number(&mut self) -> Result<RawNumber<'a>, Problem> {
        let from = self.at;
        let negative = self.peek() == b'-';
        self.at += usize::from(negative);
        let digits_from = self.at;
        let mut value: u64 = 0;
        while self.peek().is_ascii_digit() {
            value = value.wrapping_mul(10).wrapping_add(u64::from(self.peek() - b'0'));
            self.at += 1;
        }
        let digits = self.at - digits_from;
        if digits == 0 {
            return Err(self.expected("a value"));
        }
        if digits > 1 && self.bytes()[digits_from] == b'0' {
            self.at = digits_from + 1;
            return Err(self.expected("no digit after a leading zero"));
        }
        let integral = !matches!(self.peek(), b'.' | b'e' | b'E');
        if !integral {
            self.fraction_and_exponent()?;
        }
        let raw = self.slice(from, self.at);
        let int = match (integral, negative) {
            (false, _) => None,
            (true, false) if digits <= 18 => Some(value as i64),
            (true, true) if digits <= 18 => Some(-(value as i64)),
            (true, _) => raw.parse().ok(),
        };
        Ok(RawNumber { raw, int, integral })
    }

    fn fraction_and_exponent(&mut self) -> Result<(), Problem> {
        if self.peek() == b'.' {
            self.at += 1;
            self.digits("a digit after the point")?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            self.digits("a digit in the exponent")?;
        }
        Ok(())
    }

    fn digits(&mut self, expected: &'static str) -> Result<(), Problem> {
        if !self.peek().is_ascii_digit() {
            return Err(self.expected(expected));
        }
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        Ok(())
    }

    /// `true`, `false` or `null`.
    #[inline]
    pub(super) fn literal(&mut self, word: &'static str) -> Result<(), Problem> {
        if self.bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        if word.as_bytes().starts_with(&self.bytes()[self.at..]) {
            self.at = self.text.len();
        }
        Err(self.expected("a value"))
    }

    /// Passes over one value of any kind, checking it. `depth` is how deep the cursor already is.
    #[inline]
    pub(super) fn skip(&mut self, depth: usize) -> Result<(), Problem> {
        match self.peek_token() {
            b'{' | b'[' => self.skip_nested(depth),
            _ => self.skip_scalar(),
        }
    }

    /// Whether the rest of the line closes the object the cursor stands in, judged by its frame: then the cursor goes to the end.
    #[inline]
    pub(super) fn skip_rest(&mut self) -> bool {
        let closes = self.marks.is_rest(&self.bytes()[self.at..]);
        if closes {
            self.at = self.text.len();
        }
        closes
    }

    /// Passes over one value of which only the frame counts: its strings and brackets, not what stands between them.
    #[inline]
    pub(super) fn skip_frame(&mut self, depth: usize) -> Result<(), Problem> {
        if matches!(self.peek_token(), b'{' | b'[')
            && let Some(end) = self.marks.frame_end(self.bytes(), self.at)
        {
            self.at = end;
            return Ok(());
        }
        // Whatever is odd is looked at closely.
        self.skip(depth)
    }

    #[inline]
    fn skip_scalar(&mut self) -> Result<(), Problem> {
        match self.peek() {
            b'"' => self.skip_string(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b'-' | b'0'..=b'9' => self.number().map(drop),
            _ => Err(self.expected("a value")),
        }
    }

    /// Arrays and objects without recursion: one bit per level tells which of them it is.
    fn skip_nested(&mut self, outer: usize) -> Result<(), Problem> {
        let mut objects: u64 = 0;
        let mut depth = 0;
        loop {
            // At the start of a value.
            let open = self.peek_token();
            if open == b'{' || open == b'[' {
                depth += 1;
                if outer + depth > MAX_DEPTH {
                    return Err(Bad::TooDeep(self.at + 1).into());
                }
                objects = objects << 1 | u64::from(open == b'{');
                self.at += 1;
                let close = if open == b'{' { b'}' } else { b']' };
                if self.peek_token() != close {
                    if open == b'{' {
                        self.skip_key()?;
                    }
                    continue;
                }
            } else {
                self.skip_scalar()?;
            }
            // After a value: close what ends here, then on to the next value.
            loop {
                if depth == 0 {
                    return Ok(());
                }
                let object = objects & 1 == 1;
                match self.peek_token() {
                    b',' => {
                        self.at += 1;
                        if object {
                            self.skip_key()?;
                        }
                        break;
                    }
                    b'}' if object => {}
                    b']' if !object => {}
                    _ => return Err(self.expected(if object { "`,` or `}`" } else { "`,` or `]`" })),
                }
                self.at += 1;
                depth -= 1;
                objects >>= 1;
            }
        }
    }

    fn skip_key(&mut self) -> Result<(), Problem> {
        if self.peek_token() != b'"' {
            return Err(self.expected("a key in quotes"));
        }
        self.skip_string()?;
        self.take(b':', "`:`")
    }
}

impl<'a> RawStr<'a> {
    /// The value, unescaped into `scratch` where needed.
    #[inline]
    pub(super) fn unescape<'b>(self, scratch: &'b mut String) -> &'b str
    where
        'a: 'b,
    {
        if !self.escaped {
            return self.raw;
        }
        scratch.clear();
        self.unescape_onto(scratch);
        scratch
    }

    /// Appends the value. The escapes were checked by the scanner.
    pub(super) fn unescape_onto(self, out: &mut String) {
        let mut rest = self.raw;
        while let Some(at) = rest.find('\\') {
            out.push_str(&rest[..at]);
            let kind = rest.as_bytes().get(at + 1).copied().unwrap_or(b'\\');
            rest = rest.get(at + 2..).unwrap_or_default();
            match kind {
                b'b' => out.push('\u{8}'),
                b'f' => out.push('\u{c}'),
                b'n' => out.push('\n'),
                b'r' => out.push('\r'),
                b't' => out.push('\t'),
                b'u' => {
                    let mut unit = hex(rest);
                    rest = rest.get(4..).unwrap_or_default();
                    if (0xD800..0xDC00).contains(&unit) {
                        let low = hex(rest.get(2..).unwrap_or_default());
                        rest = rest.get(6..).unwrap_or_default();
                        unit = 0x1_0000 + ((unit - 0xD800) << 10) + (low.wrapping_sub(0xDC00) & 0x3FF);
                    }
                    out.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                other => out.push(char::from(other)),
            }
        }
        out.push_str(rest);
    }
}

fn hex(text: &str) -> u32 {
    text.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0)
}

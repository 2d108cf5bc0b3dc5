//! Cuts a byte stream into lines of bounded length.
//!
//! Works on anything that reads; knows nothing of JSON. A line longer than [`super::MAX_LINE`] is handed out cut just beyond that, so
//! that the decoder refuses it, and the rest is passed over. Start at [`Lines::next_line`].

use super::MAX_LINE;
use std::io::{self, Read};

/// Bytes asked for at once.
const BLOCK: usize = 1 << 18;

/// The lines of a reader, with their numbers.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Unread bytes are `start..end`.
    start: usize,
    end: usize,
    /// Up to here no line end was found yet.
    searched: usize,
    finished: bool,
    /// The rest of an overlong line is to be passed over.
    skipping: bool,
    number: u64,
    bytes: u64,
}

impl<R: Read> Lines<R> {
    /// Reads lines from `reader`, which needs no buffer of its own.
    pub fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
            searched: 0,
            finished: false,
            skipping: false,
            number: 0,
            bytes: 0,
        }
    }

    /// How many bytes of the input were handed out or passed over.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next line that is not blank, without its line end, and its number from 1.
    ///
    /// # Errors
    /// What the reader says.
    pub fn next_line(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        loop {
            let Some((from, to)) = self.cut()? else { return Ok(None) };
            self.number += 1;
            let from = if self.number == 1 && self.buffer[from..to].starts_with(b"\xef\xbb\xbf") {
                from + 3
            } else {
                from
            };
            if self.buffer[from..to].iter().any(|byte| !byte.is_ascii_whitespace()) {
                return Ok(Some((self.number, &self.buffer[from..to])));
            }
        }
    }

    /// The place of the next line.
    fn cut(&mut self) -> io::Result<Option<(usize, usize)>> {
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[self.searched..self.end]) {
                let (from, stop) = (self.start, self.searched + at);
                self.go_to(stop + 1);
                if !std::mem::take(&mut self.skipping) {
                    return Ok(Some((from, trimmed(&self.buffer, from, stop))));
                }
                continue;
            }
            self.searched = self.end;
            if self.skipping {
                self.go_to(self.end);
            }
            if self.end - self.start > MAX_LINE + 1 {
                let from = self.start;
                self.go_to(self.end);
                self.skipping = true;
                return Ok(Some((from, from + MAX_LINE + 1)));
            }
            if self.finished {
                let (from, stop) = (self.start, self.end);
                self.go_to(stop);
                return Ok((from < stop).then(|| (from, trimmed(&self.buffer, from, stop))));
            }
            self.fill()?;
        }
    }

    fn go_to(&mut self, at: usize) {
        self.bytes += (at - self.start) as u64;
        self.start = at;
        self.searched = at;
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.searched -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < BLOCK / 2 {
            self.buffer.resize(self.buffer.len() + BLOCK, 0);
        }
        match self.reader.read(&mut self.buffer[self.end..]) {
            Ok(0) => self.finished = true,
            Ok(count) => self.end += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// The end of a line without its carriage return.
fn trimmed(buffer: &[u8], from: usize, stop: usize) -> usize {
    if stop > from && buffer[stop - 1] == b'\r' { stop - 1 } else { stop }
}

#[cfg(test)]
mod tests {
    use super::{Lines, MAX_LINE};
    use std::io::Read;

    /// Hands out few bytes at a time.
    struct Drip<'a>(&'a [u8], usize);
    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(out.len());
            out[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn cut(text: &[u8], step: usize) -> Vec<(u64, Vec<u8>)> {
        let mut lines = Lines::new(Drip(text, step));
        let mut all = Vec::new();
        while let Some((number, line)) = lines.next_line().expect("reads") {
            all.push((number, line.to_vec()));
        }
        assert_eq!(lines.bytes(), text.len() as u64);
        all
    }

    #[test]
    fn lines_keep_their_numbers() {
        for step in [1, 2, 7, 1000] {
            let lines = cut(b"\xef\xbb\xbfa\r\n\n  \nb\n\r\nc", step);
            assert_eq!(lines, [(1, b"a".to_vec()), (4, b"b".to_vec()), (6, b"c".to_vec())]);
            assert_eq!(cut(b"", step), []);
        }
    }

    #[test]
    fn an_overlong_line_is_cut_and_its_rest_passed_over() {
        let mut text = vec![b'x'; 3 * MAX_LINE];
        text.extend(b"\nnext\n");
        let lines = cut(&text, 100_000);
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].0, lines[0].1.len()), (1, MAX_LINE + 1));
        assert_eq!(lines[1], (2, b"next".to_vec()));
    }
}

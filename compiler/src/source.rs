//! Source texts and positions in them: [`SourceMap`], [`FileId`], [`Span`], [`LineIndex`].
//!
//! Knows nothing of the language: a file is a name and a text. Names are whatever the host calls the file; nothing here opens one.
//! Start reading at [`SourceMap`].

use std::sync::Arc;

/// A file of a [`SourceMap`]: its index, in the order the files were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

/// A range of bytes, half-open, in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of `file`.
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        Span { file, start: clamp(start), end: clamp(end) }
    }

    /// The empty span before byte `at`.
    #[must_use]
    pub fn point(file: FileId, at: usize) -> Span {
        Span::new(file, at, at)
    }

    /// The smallest span that holds both; `self` when `other` lies in another file.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span at its end.
    #[must_use]
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// The empty span at its start.
    #[must_use]
    pub fn before(self) -> Span {
        Span { end: self.start, ..self }
    }

    /// Whether it holds no byte.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Whether `other` lies wholly inside.
    #[must_use]
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// The byte range, for slicing the file's text.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// A position for people: both counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// Where each line of a text starts.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Finds the lines of `text`.
    #[must_use]
    pub fn new(text: &str) -> LineIndex {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| clamp(at + 1)));
        LineIndex { starts }
    }

    /// The line, from 0, that holds the byte.
    #[must_use]
    pub fn line_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// The first byte of a line counted from 0; the end of the last line for lines beyond it.
    #[must_use]
    pub fn start_of(&self, line: usize) -> u32 {
        self.starts.get(line).or(self.starts.last()).copied().unwrap_or(0)
    }

    /// How many lines there are; at least 1.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Never: a text has at least one line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }
}

/// One source file.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// What the host calls it, mostly a path relative to the project.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
    /// Its lines.
    pub lines: LineIndex,
}

/// The files of a project, in the order they were added.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// A map without files.
    #[must_use]
    pub fn new() -> SourceMap {
        SourceMap::default()
    }

    /// Adds a file.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let text = text.into();
        let lines = LineIndex::new(&text);
        let id = FileId(clamp(self.files.len()));
        self.files.push(SourceFile { name: name.into(), text, lines });
        id
    }

    /// The file of an id that this map gave out.
    #[must_use]
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// Its name; empty for an id of another map.
    #[must_use]
    pub fn name(&self, id: FileId) -> &str {
        self.get(id).map_or("", |file| &file.name)
    }

    /// Its text; empty for an id of another map.
    #[must_use]
    pub fn text(&self, id: FileId) -> &str {
        self.get(id).map_or("", |file| &file.text)
    }

    /// All files with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(clamp(index)), file))
    }

    /// The text a span covers; empty where the span does not fit the file.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.range()).unwrap_or("")
    }

    /// Line and column of a span's start.
    #[must_use]
    pub fn location(&self, span: Span) -> Location {
        self.locate(span.file, span.start)
    }

    /// Line and column of a span's end.
    #[must_use]
    pub fn end_location(&self, span: Span) -> Location {
        self.locate(span.file, span.end)
    }

    fn locate(&self, id: FileId, offset: u32) -> Location {
        let Some(file) = self.get(id) else { return Location { line: 1, column: 1 } };
        let line = file.lines.line_of(offset);
        let before = file.text.get(file.lines.start_of(line) as usize..offset as usize).unwrap_or("");
        Location { line: clamp(line + 1), column: clamp(before.chars().count() + 1) }
    }

    /// The text of a line counted from 1, without its line end; empty beyond the end.
    #[must_use]
    pub fn line(&self, id: FileId, line: u32) -> &str {
        let Some(file) = self.get(id) else { return "" };
        let index = (line as usize).saturating_sub(1);
        if index >= file.lines.len() {
            return "";
        }
        let start = file.lines.start_of(index) as usize;
        let end = if index + 1 < file.lines.len() {
            file.lines.start_of(index + 1) as usize
        } else {
            file.text.len()
        };
        file.text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }
}

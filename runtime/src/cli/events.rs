//! Event logs as byte streams: a file or standard input, gzip seen by its first bytes.
//!
//! Start at [`open`].

use super::Failure;
use flate2::read::MultiGzDecoder;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::rc::Rc;

/// The first bytes of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// An opened event log.
pub(super) struct Events {
    /// Its (unpacked) bytes.
    pub(super) reader: Box<dyn Read>,
    /// How far the file was read, packed as it lies.
    pub(super) read: Rc<Cell<u64>>,
    /// The size of the file, where it is known.
    pub(super) size: Option<u64>,
}

/// Opens the log at `path`; `-` is standard input.
pub(super) fn open(path: &Path) -> Result<Events, Failure> {
    if path.as_os_str() == "-" {
        return unpack(Box::new(io::stdin().lock()), None)
            .map_err(|error| Failure::at(Path::new("standard input"), error));
    }
    let file = File::open(path).map_err(|error| Failure::at(path, error))?;
    let metadata = file.metadata().map_err(|error| Failure::at(path, error))?;
    if metadata.is_dir() {
        return Err(Failure::Message(format!("{}: a folder, not a file of events", path.display())));
    }
    let size = metadata.is_file().then_some(metadata.len());
    unpack(Box::new(file), size).map_err(|error| Failure::at(path, error))
}

fn unpack(reader: Box<dyn Read>, size: Option<u64>) -> io::Result<Events> {
    let read = Rc::new(Cell::new(0));
    let mut counted = Counted { reader, read: Rc::clone(&read) };
    let mut head = Vec::with_capacity(GZIP.len());
    Read::by_ref(&mut counted).take(GZIP.len() as u64).read_to_end(&mut head)?;
    let packed = head == GZIP;
    let whole = Cursor::new(head).chain(counted);
    let reader: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) };
    Ok(Events { reader, read, size })
}

/// Counts what passes.
struct Counted {
    reader: Box<dyn Read>,
    read: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }
}

//! Bytes to text: UTF-8 or a diagnostic that says what the bytes are instead.
//!
//! Knows nothing of the language. Start reading at [`load`].

use crate::codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, SourceMap, Span};

/// Adds a file given as bytes. What is not UTF-8 is reported, and read as far as possible.
pub fn load(sources: &mut SourceMap, name: &str, bytes: &[u8], diagnostics: &mut Diagnostics) -> FileId {
    if bytes.len() > super::MAX_BYTES {
        let file = sources.add(name, "");
        diagnostics.push(super::too_large(Span::point(file, 0)));
        return file;
    }
    if let Some(what) = utf16(bytes) {
        let file = sources.add(name, "");
        let message = format!("this file is {what}, not UTF-8");
        diagnostics.push(
            Diagnostic::new(&codes::ENCODING, Span::point(file, 0), message)
                .help("save it as UTF-8; in most editors that is a choice of `save as`"),
        );
        return file;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => sources.add(name, text),
        Err(error) => {
            let file = sources.add(name, String::from_utf8_lossy(bytes));
            let at = error.valid_up_to();
            let span = Span::new(file, at, at + '\u{FFFD}'.len_utf8());
            let byte = bytes.get(at).copied().unwrap_or(0);
            diagnostics.push(
                Diagnostic::new(&codes::ENCODING, span, format!("byte {at} (0x{byte:02X}) is not UTF-8"))
                    .label("not text from here")
                    .help("save the file as UTF-8; Korean files of older editors are often EUC-KR"),
            );
            file
        }
    }
}

/// Which UTF-16 the bytes are: by their mark, or because every second byte of their start is 0.
fn utf16(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xFE, ..] => return Some("UTF-16 (little-endian)"),
        [0xFE, 0xFF, ..] => return Some("UTF-16 (big-endian)"),
        _ => {}
    }
    let start = bytes.get(..bytes.len().min(64) & !1)?;
    if start.len() < 4 {
        return None;
    }
    let zeros =
        |odd: usize| start.iter().skip(odd).step_by(2).filter(|&&byte| byte == 0).count() * 4 > start.len();
    match (zeros(0), zeros(1)) {
        (false, true) => Some("UTF-16 (little-endian)"),
        (true, false) => Some("UTF-16 (big-endian)"),
        (false, false) | (true, true) => None,
    }
}

//! Text to syntax tree.
//!
//! Knows nothing of names, types or meaning: it reads what is written. Start reading at [`ast`].

pub mod ast;

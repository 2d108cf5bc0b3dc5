//! Hands out the comments of a file in order, as printing passes their places.

use crate::syntax::ast::{Comment, CommentPlace};

/// The comments not yet printed.
pub(super) struct Comments<'a> {
    rest: &'a [Comment],
    source: &'a str,
}

impl<'a> Comments<'a> {
    pub(super) fn new(comments: &'a [Comment], source: &'a str) -> Comments<'a> {
        Comments { rest: comments, source }
    }

    /// The next comment that starts before a byte.
    pub(super) fn next_before(&mut self, at: usize) -> Option<&'a Comment> {
        let (first, rest) = self.rest.split_first()?;
        if first.span.start as usize >= at {
            return None;
        }
        self.rest = rest;
        Some(first)
    }

    /// How many are left.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Whether a comment starts before a byte.
    pub(super) fn any_before(&self, at: usize) -> bool {
        self.rest.first().is_some_and(|first| (first.span.start as usize) < at)
    }

    /// The next comment if it stands after code on the line where `end` lies.
    pub(super) fn trailing(&mut self, end: usize) -> Option<&'a Comment> {
        let (first, rest) = self.rest.split_first()?;
        let between = self.source.get(end..first.span.start as usize)?;
        if first.place != CommentPlace::Trailing || between.contains('\n') {
            return None;
        }
        self.rest = rest;
        Some(first)
    }

    /// The next comment if it stands after code and before a byte: behind a `{` whose first statement starts there.
    pub(super) fn after_brace(&mut self, first_inside: usize) -> Option<&'a Comment> {
        let (first, rest) = self.rest.split_first()?;
        if first.place != CommentPlace::Trailing || first.span.start as usize >= first_inside {
            return None;
        }
        self.rest = rest;
        Some(first)
    }

    /// A comment as written.
    pub(super) fn text(&self, comment: &Comment) -> String {
        self.source.get(comment.span.range()).unwrap_or("").trim_end().to_owned()
    }
}

//! What is due when, over all users: one entry per change of a user's next instant, stale ones ignored.
//!
//! Each user knows its own next thing due; the queue only says whose turn it is. Order within one instant is settled by
//! [`super::Memory`], which knows names. Start at [`Queue::pop_until`].

use super::users::UserNo;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Instants with users, the earliest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<(i64, u32)>>,
}

impl Queue {
    /// Something of `user` is due at `due`.
    #[inline]
    pub(super) fn push(&mut self, due: i64, user: UserNo) {
        self.heap.push(Reverse((due, user.0)));
    }

    /// The earliest entry that is not later than `last`.
    #[inline]
    pub(super) fn pop_until(&mut self, last: i64) -> Option<(i64, UserNo)> {
        let &Reverse((due, user)) = self.heap.peek()?;
        if due > last {
            return None;
        }
        self.heap.pop();
        Some((due, UserNo(user)))
    }
}

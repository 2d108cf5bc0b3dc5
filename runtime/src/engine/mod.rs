//! The engine: `(program, user, input) → effects`, pure and deterministic.
//!
//! One user is one unit of order. An input is applied at the user's clock, the steps it enables run at once; what time enables is
//! told by [`User::next_due`] and done by [`Engine::fire`]. No clock, no IO, no randomness: hosts drive it. Start at
//! [`Engine::apply`]; [`user`] is the state, [`effects`] what comes out.

mod advance;
mod apply;
mod attributes;
mod cx;
mod door;
pub mod effects;
mod entry;
mod fire;
pub mod gate;
mod goals;
mod hash;
pub mod history;
mod index;
pub mod input;
mod json;
mod lane;
mod pairs;
mod react;
mod refresh;
pub mod shared;
mod steps;
pub mod timer;
mod timers;
pub mod trace;
mod turns;
pub mod user;
pub mod versions;
pub mod zone;

use cx::Cx;
use index::Index;
use std::sync::Arc;
use user::Phase;
use wayline_compiler::ir::{Program, Split};
use wayline_compiler::predicates::Predicates;

pub use effects::{Call, Cancel, Decision, Drop, Effects, End, Hold, Kind, Refusal, Text};
pub use input::{Body as InputBody, Fact, Fault, Input};
pub use shared::Shared;
pub use timer::{Class, TimerKey};
pub use turns::{Turn, Turns};
pub use user::{Instance, User};
pub use zone::Zone;

/// The position of a user's arm of a split; `None` for its holdout. A function of the split and the user alone.
pub fn arm_of(split: &Split, user: &str) -> Option<usize> {
    steps::branch::arm_of(split, user)
}

/// A program ready to run.
pub struct Engine {
    program: Arc<Program>,
    predicates: Arc<Predicates>,
    index: Index,
    zone: Zone,
}

impl Engine {
    /// Prepares the program of these predicates.
    pub fn new(predicates: Arc<Predicates>) -> Self {
        let program = Arc::clone(predicates.program());
        let index = Index::of(&program);
        let zone = Zone::named(&program.settings.zone).unwrap_or(Zone::UTC);
        Self { program, predicates, index, zone }
    }
    /// The program.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }
    /// The project's zone.
    pub fn zone(&self) -> Zone {
        self.zone
    }
    /// A user nothing is known of.
    pub fn user(&self) -> User {
        let timezone = self.program.well_known.timezone;
        let slot = timezone.map(|attribute| self.index.defaults.slots[attribute.index()]).unwrap_or_default();
        let text = self.index.defaults.as_row().text(slot);
        User::new(Zone::of_text(slot.sym, text).unwrap_or(self.zone))
    }

    /// Applies one input of the user called `name`: at the greater of its own time and the user's clock. The host has fired all
    /// timers due before the input's time.
    pub fn apply(
        &self,
        name: &str,
        user: &mut User,
        shared: &mut dyn Shared,
        input: &Input<'_>,
        out: &mut Effects,
    ) {
        let rows = shared.catalog_clock();
        if user.clock == i64::MIN {
            user.rows_before = rows;
        } else if rows > user.rows_before {
            user.clock = user.clock.max(rows);
        }
        let now = input.time.max(user.clock);
        let mut cx = self.context(name, user, shared, now, out);
        apply::input(&mut cx, input);
        cx.finish();
    }

    /// Does the one thing that is due first, [`User::next_due`], at its instant. Call again for the next.
    pub fn fire(&self, name: &str, user: &mut User, shared: &mut dyn Shared, out: &mut Effects) {
        let Some(key) = user.next_due() else { return };
        let now = key.due.max(user.clock);
        user.clock = now;
        let mut cx = self.context(name, user, shared, now, out);
        fire::due(&mut cx, key);
        cx.touch();
        cx.finish();
    }

    fn context<'a>(
        &'a self,
        name: &'a str,
        user: &'a mut User,
        shared: &'a mut dyn Shared,
        now: i64,
        out: &'a mut Effects,
    ) -> Cx<'a> {
        let (program, index) = (&*self.program, &self.index);
        let is_of_another_version = user.clock > i64::MIN && user.turns.len() != index.turns.len();
        let mut cx = Cx {
            engine: self,
            program,
            index,
            name,
            user,
            shared,
            out,
            now,
            depth: 0,
            emitted: 0,
            deferred: std::collections::VecDeque::new(),
            is_touched: false,
            has_turned: false,
            last_key: None,
        };
        if is_of_another_version {
            turns::adopt(&mut cx);
        }
        cx
    }
}

impl Cx<'_> {
    /// Removes what is over and notes the next thing due.
    fn finish(&mut self) {
        if !self.is_touched {
            return;
        }
        if self.user.instances.iter().any(|instance| instance.phase == Phase::Over) {
            self.user.instances.retain(|instance| instance.phase != Phase::Over);
        }
        if self.has_turned {
            self.user.turns.tidy();
            self.user.next_turn = timers::next_turn(self);
        }
        self.user.next = timers::next(self);
    }
}

//! The engine: `(program, user, input) → effects`, pure and deterministic.
//!
//! One user is one unit of order. An input is applied at the user's clock, the steps it enables run at once; what time enables is
//! told by [`User::next_due`] and done by [`Engine::fire`]. No clock, no IO, no randomness: hosts drive it. Start at
//! [`Engine::apply`]; [`user`] is the state, [`effects`] what comes out.

pub mod effects;
pub mod gate;
pub mod history;
pub mod input;
pub mod shared;
pub mod timer;
pub mod user;
pub mod zone;

use std::sync::Arc;
use wayline_compiler::ir::Program;

pub use effects::{Call, Cancel, Decision, Drop, Effects, End, Hold, Kind, Refusal, Text};
pub use input::{Body as InputBody, Fact, Fault, Input};
pub use shared::Shared;
pub use timer::{Class, TimerKey};
pub use user::{Instance, User};
pub use zone::Zone;

/// A program ready to run.
pub struct Engine {
    program: Arc<Program>,
}

impl Engine {
    /// Prepares a program.
    pub fn new(program: Arc<Program>) -> Self {
        Self { program }
    }
    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }
    /// A user nothing is known of.
    pub fn user(&self) -> User {
        User::new(self.program.settings.zone.parse().unwrap_or(Zone::UTC))
    }
    /// Applies one input of the user called `name`: at the greater of its own time and the user's clock. The host has fired all
    /// timers due before the input's time.
    pub fn apply(&self, name: &str, user: &mut User, shared: &mut dyn Shared, input: &Input<'_>, out: &mut Effects) {
        let _ = (name, user, shared, input, out);
    }
    /// Does the one thing that is due first, [`User::next_due`], at its instant. Call again for the next.
    pub fn fire(&self, name: &str, user: &mut User, shared: &mut dyn Shared, out: &mut Effects) {
        let _ = (name, user, shared, out);
    }
}

//! Hosts drive the engine: they own users, timers and catalogs, bring inputs in order and carry decisions out.
//!
//! Nothing here decides anything about journeys. [`memory`] is the virtual clock of `run`, tests and simulations; [`writer`] prints
//! decisions, [`tally`] counts them, [`replay`] runs the witnesses of `check`.

pub mod memory;
pub mod replay;
pub mod stamp;
pub mod tally;
pub mod testing;
pub mod writer;

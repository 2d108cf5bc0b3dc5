//! What `check` claims, held against what happens: formulas against brute force, verdicts against everything that can happen in small
//! worlds, bounds against a month of adversarial inputs, witnesses against the engine. `docs/testing.md` names the longer runs.

mod formulas;
mod metamorphic;
mod month;
mod witness;
mod worlds;

/// A number from the environment: longer runs are the same tests with more of something.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

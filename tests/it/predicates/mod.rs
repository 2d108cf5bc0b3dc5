//! What predicates mean: the interpreter by example, time, and machine code against the interpreter.

mod backends;
mod fixture;
mod random;
mod time;
mod values;

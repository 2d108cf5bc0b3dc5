//! One function per step kind: expressions lowered, the step put into the graph, its branches followed, what is known afterwards.

mod at;
mod branch;
mod effects;
mod matching;
mod repeat;
mod send;
mod sequence;
mod split;
mod wait;

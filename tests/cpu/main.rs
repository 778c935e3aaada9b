//! What needs no device: the twin itself, the specification, the reward on known dynamics, every file format, and the
//! order of the layers.

#![allow(clippy::needless_range_loop, reason = "indices are those of the formulas")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod checkpoint;
mod clip;
mod docs;
mod forward;
mod gradients;
mod layers;
mod learning;
mod losses;
mod measures;
mod mutations;
mod pattern;
mod reward;
mod rle;
mod run;
mod scenario;
mod spec;
mod stamp;

#[path = "../reference/mod.rs"]
mod reference;

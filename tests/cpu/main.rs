//! What needs no device: the twin itself, the specification, the reward on known dynamics, and the order of the layers.

#![allow(clippy::needless_range_loop, reason = "indices are those of the formulas")]

mod forward;
mod gradients;
mod layers;
mod learning;
mod reward;
mod spec;

#[path = "../reference/mod.rs"]
mod reference;

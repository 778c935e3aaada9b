//! The independent f64 twin of the whole learning system, written from its definitions and never from the shaders.
//! It shares only `primordia::spec`: shapes, offsets, windows, random numbers, the configuration.
//!
//! Overview. Parameters and gradients are `&[f64]` in the device's layout, so that buffers compare element by element
//! (padding is 0 in every gradient); N windows, H·W pixels, T steps, B worlds; grid (t, world) has index t·B + world.
//!
//! - `Net { table, model, params }`: an architecture and its parameters; every forward and backward starts from one.
//! - `model::forward(&net, &colours) -> Activations` (every activation, `logits` (9, 10), `pooled` (D));
//!   `model::backward(&net, &activations, &dlogits, &dpooled, &mut gradient)`.
//! - `critic::forward(&net, &windows, &pooled) -> critic::Activations` (`value` (N), normalised); `critic::backward`.
//! - `aggregator::votes`, `logits`, `backward`: g, for one pixel.
//! - `sampling::{proposal_uniform, colour_uniform, draw}`: the device's uniforms, and the inverse CDF with its margin.
//! - `credit::credit(block_map, pixel_map, &windows, credit) -> (N)`: what each agent is paid.
//! - `gae::{gae, normalised, explained_variance, ReturnStats}`; `adam::{clip, Adam}`.
//! - `ppo::loss(&net, &hyper, &batch) -> Losses`, pure; `ppo::gradient(…) -> (Losses, Vec<f64>)`, analytic.
//! - `learner::Learner`: `rollout` and `update` of a whole run.
//! - `fixtures`: seeded, non-degenerate parameters, grids and batches.

#![allow(dead_code, reason = "each test binary that includes the twin uses its own part of it")]
#![allow(clippy::needless_range_loop, reason = "indices are those of the formulas")]

pub mod adam;
pub mod aggregator;
pub mod credit;
pub mod critic;
pub mod fixtures;
pub mod gae;
pub mod learner;
pub mod linear;
pub mod model;
pub mod ppo;
pub mod sampling;

use primordia::spec::config::Model;
use primordia::spec::params::Params;

/// An architecture and its parameters, (table.len) in the device's layout.
#[derive(Clone, Copy)]
pub struct Net<'a> {
    pub table: &'a Params,
    pub model: &'a Model,
    pub params: &'a [f64],
}

/// Device values as f64.
pub fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

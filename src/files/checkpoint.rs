//! Checkpoints: a safetensors file with everything that the run's future depends on.

use crate::spec::config::Config;
use crate::spec::grid::Grid;

/// A run between two updates.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The configuration in force.
    pub config: Config,
    /// Updates finished.
    pub update: u32,
    /// Steps that every world has taken: the counter of the random numbers.
    pub step: u32,
    /// How often the worlds were started: the counter of the starting states.
    pub starts: u32,
    /// Agent-steps so far.
    pub agent_steps: u64,
    /// Seconds of learning so far.
    pub seconds: f64,
    /// Parameters in the device's layout (`spec::params`).
    pub params: Vec<f32>,
    /// Adam's first moments, same layout.
    pub adam_m: Vec<f32>,
    /// Adam's second moments, same layout.
    pub adam_v: Vec<f32>,
    /// Gradient steps that Adam has taken.
    pub adam_step: u32,
    /// V's output times `return_std` plus `return_mean` is a return.
    pub return_mean: f32,
    /// See `return_mean`.
    pub return_std: f32,
    /// The training worlds' states.
    pub worlds: Vec<Grid>,
}

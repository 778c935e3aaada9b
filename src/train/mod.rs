//! L2: learning and playing, on the device.

mod metrics;

pub use metrics::Metrics;

use std::sync::Arc;

use crate::files::checkpoint::Checkpoint;
use crate::gpu::{Gpu, GpuError};
use crate::spec::config::Config;
use crate::spec::grid::Grid;

/// Why learning or playing cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The device failed.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// More memory than there is.
    #[error("{what} needs {needed} bytes on the device, and there are {available}; make {smaller} smaller")]
    Memory {
        /// What for.
        what: &'static str,
        /// Bytes needed.
        needed: u64,
        /// Bytes there are.
        available: u64,
        /// What to change.
        smaller: &'static str,
    },
    /// NaN or infinity in the parameters.
    #[error(
        "update {update} left numbers that are not finite in the parameters; the checkpoint of the update before is kept: lower ppo.learning_rate and resume from it"
    )]
    Diverged {
        /// The update that went wrong.
        update: u32,
    },
    /// A change that needs a restart.
    #[error("`{0}` takes effect only with a restart")]
    NeedsRestart(&'static str),
    /// A picture that the configuration names cannot be read, or similar; the sentence is complete.
    #[error("{0}")]
    Input(String),
}

/// What a tick of the trainer came to.
#[derive(Debug)]
pub enum Tick {
    /// A slice of work was done; call again.
    Working,
    /// An update was finished.
    Updated(Box<Metrics>),
}

/// A learning run: B worlds, parameters, and what PPO needs.
pub struct Trainer {}

impl Trainer {
    /// A new run.
    pub fn new(_gpu: &Gpu, _config: Config) -> Result<Self, TrainError> {
        unimplemented!()
    }
    /// A run taken up where a checkpoint left it: what follows is bit for bit what would have followed.
    pub fn resume(_gpu: &Gpu, _checkpoint: Checkpoint) -> Result<Self, TrainError> {
        unimplemented!()
    }
    /// Does a slice of work (some milliseconds on a GPU, tens on a software one) and waits for it.
    pub fn tick(&mut self) -> Result<Tick, TrainError> {
        unimplemented!()
    }
    /// Changes settings that take effect with the next update; refuses those that need a restart.
    pub fn configure(&mut self, _config: Config) -> Result<(), TrainError> {
        unimplemented!()
    }
    /// The configuration that the current update runs under.
    pub fn config(&self) -> &Config {
        unimplemented!()
    }
    /// Updates finished.
    pub fn updates(&self) -> u32 {
        unimplemented!()
    }
    /// The run as it was after the last finished update.
    pub fn checkpoint(&self) -> Result<Checkpoint, TrainError> {
        unimplemented!()
    }
    /// The parameters after the last finished update, in the device's layout (`spec::params`).
    pub fn params(&self) -> Arc<[f32]> {
        unimplemented!()
    }
    /// The worlds as they are now.
    pub fn worlds(&mut self) -> Result<Vec<Grid>, TrainError> {
        unimplemented!()
    }
    /// Bytes that the run takes on the device.
    pub fn device_bytes(&self) -> u64 {
        unimplemented!()
    }
}

/// What the model says of one state: N windows, H×W pixels.
#[derive(Debug, Clone)]
pub struct Probe {
    /// (N, 9) colours.
    pub windows: Vec<u8>,
    /// (N, 9, 10): f_θ's logits, copy bias included, before the temperature.
    pub logits: Vec<f32>,
    /// (N): V in units of return.
    pub value: Vec<f32>,
    /// (H, W, 10): g_ψ's logits for the argmax proposals, before the temperature.
    pub aggregator_logits: Vec<f32>,
}

/// One world under fixed parameters: the stage, and `primordia play`.
pub struct Player {}

impl Player {
    /// A world in this state; `config` gives the architecture, boundary and temperatures.
    pub fn new(_gpu: &Gpu, _config: &Config, _params: &[f32], _grid: &Grid, _seed: u32) -> Result<Self, TrainError> {
        unimplemented!()
    }
    /// Steps once. `greedy`: argmax instead of draws, for f and for g.
    pub fn step(&mut self, _greedy: bool) -> Result<(), TrainError> {
        unimplemented!()
    }
    /// Steps taken since the state was set: with the seed and the state, all that the future depends on.
    pub fn steps(&self) -> u32 {
        unimplemented!()
    }
    /// The state now.
    pub fn grid(&self) -> Result<Grid, TrainError> {
        unimplemented!()
    }
    /// Replaces the state (of the same size) and goes on counting steps.
    pub fn set_grid(&mut self, _grid: &Grid) -> Result<(), TrainError> {
        unimplemented!()
    }
    /// Replaces the parameters (of the same architecture).
    pub fn set_params(&mut self, _params: &[f32]) {
        unimplemented!()
    }
    /// Replaces the temperatures by the configuration's.
    pub fn set_temperatures(&mut self, _config: &Config) {
        unimplemented!()
    }
    /// What the model says of the state now, without stepping. `return_mean` and `return_std` scale the value.
    pub fn probe(&mut self) -> Result<Probe, TrainError> {
        unimplemented!()
    }
}

//! L2: learning and playing, on the device.
//!
//! A [`Trainer`] alternates rollouts and updates of B worlds; a [`Player`] steps one world under given parameters. Both
//! evaluate f_θ once for each distinct window (`forward`), since f_θ depends on a window's key alone; sampling, losses
//! and credit stay per agent, and the gradient that reaches a window is the sum over its agents in a fixed order.

mod buffers;
mod forward;
mod hyper;
mod inspect;
mod metrics;
mod peak;
mod player;
mod rewards;
mod rollout;
pub mod shape;
mod target;
mod trainer;
mod update;

pub use hyper::Hyper;
pub use inspect::{Aftermath, Field, FieldMap, Inspection, Vote};
pub use metrics::Metrics;
pub use peak::{Peak, peak};
pub use player::{Player, Probe};
pub use trainer::Trainer;

use crate::gpu::GpuError;
use crate::spec::grid::Grid;

/// Why learning or playing cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The device failed.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// More memory than there is.
    #[error("{what} needs {needed} bytes on the device, and there are {available}: make {smaller} smaller")]
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
    /// A buffer larger than the device can bind.
    #[error(
        "{what} needs a buffer of {needed} bytes, and this device binds at most {available}: make {smaller} smaller"
    )]
    Binding {
        /// What for.
        what: &'static str,
        /// Bytes needed.
        needed: u64,
        /// Bytes that can be bound.
        available: u64,
        /// What to change.
        smaller: &'static str,
    },
    /// More memory than the device has left.
    #[error("{what} needs {needed} bytes on the device, and it has not so many left: make {smaller} smaller")]
    OutOfMemory {
        /// What for.
        what: &'static str,
        /// Bytes needed.
        needed: u64,
        /// What to change.
        smaller: &'static str,
    },
    /// NaN or infinity in the parameters.
    #[error(
        "update {update} left numbers that are not finite, and learning stopped; the checkpoint of the update before is \
         kept: resume from it with a lower ppo.learning_rate"
    )]
    Diverged {
        /// The update that went wrong.
        update: u32,
    },
    /// A change that needs a restart.
    #[error("`{0}` takes effect in a new run only")]
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

fn cells_from_grid(grid: &Grid) -> Vec<u32> {
    grid.cells.iter().map(|&cell| u32::from(cell)).collect()
}

fn grid_from_cells(height: usize, width: usize, cells: &[u32]) -> Grid {
    Grid { height, width, cells: cells.iter().map(|&cell| cell as u8).collect() }
}

//! What a device does for a learner and a player.
//!
//! [`wgsl`] does it on a GPU, or on a driver that computes on the processor.

pub mod wgsl;

pub use wgsl::{Aftermath, Field, FieldMap, Inspection, Peak, Player, Probe, Vote, peak};

use wgsl::gpu::GpuError;

/// Why learning or playing cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
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

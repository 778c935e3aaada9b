//! What a device does for a learner and a player, as traits; and the engines that do it.
//!
//! An [`Engine`] computes. It counts no updates, opens no file and knows no run: what it needs it is given, a
//! [`Scenario`] or a [`Rule`], and what it finds it hands back. [`wgsl`] does it on a GPU, or on a driver that computes
//! on the processor.

mod player;
mod training;
pub mod wgsl;

pub use player::{Aftermath, Field, FieldMap, Inspection, Player, Probe, Vote};
pub use training::{Minibatch, Report, Rollout, Training};

use std::sync::Arc;

use crate::spec::grid::Grid;
use crate::spec::rule::Rule;
use crate::spec::scenario::Scenario;

/// A device, open.
pub trait Engine: Send + Sync {
    /// What it says of itself.
    fn about(&self) -> About;

    /// Worlds to learn on, for rollouts of so many steps, where there is memory for them.
    fn training(&self, scenario: &Scenario, steps: usize) -> Result<Box<dyn Training>, EngineError>;

    /// A world in this state under a rule, where there is memory for it.
    fn player(&self, rule: &Rule, grid: &Grid, seed: u32) -> Result<Box<dyn Player>, EngineError>;

    /// Measures what it can at most, by work that is nothing else.
    fn peak(&self) -> Result<Peak, EngineError>;
}

/// Opens the engine that serves this machine best.
///
/// # Errors
/// There is no device that can be used.
pub fn open() -> Result<Arc<dyn Engine>, EngineError> {
    Ok(Arc::new(wgsl::gpu::Gpu::open()?))
}

/// What is wrong with an edit of the engine's own files, which a development build takes up while it runs: told once, as
/// `FILE:LINE:COLUMN: message`. Until it is mended all goes on as before.
pub fn edit_fault() -> Option<String> {
    wgsl::gpu::edit_fault()
}

/// What a device says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// As its driver names it.
    pub name: String,
    /// What it is reached by: Vulkan, Metal or Dx12.
    pub backend: String,
    /// Its driver, with the version.
    pub driver: String,
    /// Whether it computes on the processor.
    pub software: bool,
}

/// Rates that no kernel exceeds.
#[derive(Debug, Clone, Copy)]
pub struct Peak {
    /// Floating-point operations a second: a multiply-add is two.
    pub flops: f64,
    /// Bytes read and written a second, by kernels.
    pub bytes: f64,
}

/// Why a device does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is none, or it failed and may be lost; the sentence is complete.
    #[error("{0}")]
    Device(String),
    /// More memory than there is, all together or in one buffer; the sentence says how much.
    #[error("{what} needs {needed} bytes on the device, {but}: make {smaller} smaller")]
    Memory {
        /// What for.
        what: &'static str,
        /// Bytes needed.
        needed: u64,
        /// What there is instead.
        but: String,
        /// What to change.
        smaller: &'static str,
    },
    /// It was asked for what it cannot do; the sentence is complete.
    #[error("{0}")]
    Input(String),
}

//! What a device does for a learner and a player, as traits; and the engines that do it.
//!
//! An [`Engine`] computes. It counts no updates, opens no file and knows no run: what it needs it is given, a
//! [`Scenario`] or a [`Rule`], and what it finds it hands back. [`wgsl`] does it on a GPU, [`native`] on the processor's
//! threads.

pub mod native;
mod player;
mod training;
pub mod wgsl;

pub use player::{Aftermath, Field, FieldMap, Inspection, Player, Probe, Vote};
pub use training::{Minibatch, Report, Rollout, Training};

use std::fmt;
use std::sync::Arc;

use crate::spec::grid::Grid;
use crate::spec::rule::Rule;
use crate::spec::scenario::Scenario;
use wgsl::gpu::{Gpu, GpuError};

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

/// Which engine computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// WGSL on a GPU where there is one, else the processor's own.
    #[default]
    Auto,
    /// WGSL, on a driver that computes on the processor too.
    Wgsl,
    /// The processor's own.
    Native,
}

impl Choice {
    /// Its name, as `--engine` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Wgsl => "wgsl",
            Self::Native => "native",
        }
    }
}

/// Opens an engine.
///
/// # Errors
/// WGSL is chosen and there is no device that can run it, the environment asks for an adapter that is not there, or the
/// system starts no threads.
pub fn open(choice: Choice) -> Result<Arc<dyn Engine>, EngineError> {
    open_on(choice, 0)
}

/// Opens an engine that takes so many threads where it is the processor's own; 0: one for each core.
///
/// # Errors
/// As [`open`].
pub fn open_on(choice: Choice, threads: usize) -> Result<Arc<dyn Engine>, EngineError> {
    let native = || Ok(Arc::new(native::Native::open(threads)?) as Arc<dyn Engine>);
    match choice {
        Choice::Native => native(),
        Choice::Wgsl => Ok(Arc::new(Gpu::open()?)),
        Choice::Auto => match Gpu::open() {
            Ok(gpu) if !gpu.is_software() => Ok(Arc::new(gpu)),
            Err(asked @ (GpuError::NoSuchBackend { .. } | GpuError::NoSuchAdapter(_))) => Err(asked.into()),
            _ => native(),
        },
    }
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
    /// What it is reached by: Vulkan, Metal or Dx12; `native` where it is the processor itself.
    pub backend: String,
    /// Its driver, with the version; of the processor, what of it is used.
    pub driver: String,
    /// Whether it computes on the processor.
    pub software: bool,
}

impl About {
    /// The engine that says it: never [`Choice::Auto`].
    pub fn engine(&self) -> Choice {
        if self.backend == Choice::Native.name() { Choice::Native } else { Choice::Wgsl }
    }
}

/// The device's name, and in brackets the engine and what else is known.
impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} ({}", self.name, self.engine().name())?;
        let more = [&self.backend, self.driver.trim()];
        more.iter()
            .filter(|text| !text.is_empty() && **text != self.engine().name())
            .try_for_each(|text| write!(f, ", {text}"))?;
        write!(f, ")")
    }
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

//! What learns on an engine: a [`Learner`], and the ways to learn, a folder each.
//!
//! A learner counts updates and orders what is learned from; it names no device and opens no file. Each is
//! synchronous and deterministic: the same scenario gives the same bits, resumed or not.

mod metrics;
pub mod ppo;

pub use metrics::{Metrics, charts, curves};

use crate::engine::{Engine, EngineError};
use crate::files::checkpoint::Checkpoint;
use crate::spec::config::Config;
use crate::spec::grid::Grid;
use crate::spec::rule::Rule;
use crate::spec::scenario::Scenario;
use crate::spec::settings::{self, Effect, OutOfRange};

/// A run that learns.
pub trait Learner: Send {
    /// Does a slice of work (some milliseconds, tens where the processor computes) and waits for it.
    ///
    /// # Errors
    /// The device fails, or what is learned is not finite any more; [`Self::checkpoint`] is still good.
    fn tick(&mut self) -> Result<Tick, LearnError>;

    /// Changes settings that take effect with the next update; refuses those that need a restart, and then goes on as
    /// it was.
    ///
    /// # Errors
    /// A setting is out of its range, or takes effect in a new run only.
    fn configure(&mut self, scenario: Scenario) -> Result<(), LearnError>;

    /// The configuration that the current update runs under.
    fn config(&self) -> &Config;

    /// What the next update will run under.
    fn wanted(&self) -> &Scenario;

    /// The run as it was after the last finished update.
    fn checkpoint(&self) -> &Checkpoint;

    /// The worlds as they are now.
    fn worlds(&self) -> Result<Vec<Grid>, LearnError>;

    /// Whether the next tick belongs to a rollout, and not to an update from it.
    fn is_rolling_out(&self) -> bool;

    /// Bytes that the run takes on the device.
    fn device_bytes(&self) -> u64;

    /// The rule that the last finished update left.
    fn rule(&self) -> Rule {
        self.checkpoint().rule.clone()
    }

    /// Updates finished.
    fn updates(&self) -> u32 {
        self.checkpoint().rule.update
    }
}

/// What a tick came to.
#[derive(Debug)]
pub enum Tick {
    /// A slice of work was done; call again.
    Working,
    /// An update was finished.
    Updated(Box<Metrics>),
}

/// Why learning does not begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// What the device cannot.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// NaN or infinity in what was learned.
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
    /// A setting that cannot be.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// A checkpoint that was made to be played.
    #[error("the checkpoint holds nothing that learning could go on with: it can be played, and not resumed")]
    NoOptimiser,
    /// A checkpoint of another way to learn.
    #[error(
        "the checkpoint was learned by the optimiser `{found}`, and this run learns by `{wanted}`: it can be played, and \
         not resumed"
    )]
    OtherOptimiser {
        /// The checkpoint's.
        found: String,
        /// The learner's.
        wanted: String,
    },
}

/// A new run, of the way to learn that the configuration has a section of.
///
/// # Errors
/// The device has not enough memory, or fails.
pub fn begin(engine: &dyn Engine, scenario: Scenario) -> Result<Box<dyn Learner>, LearnError> {
    Ok(Box::new(ppo::Ppo::new(engine, scenario)?))
}

/// A run taken up where a checkpoint left it: what follows is bit for bit what would have followed. The scenario is
/// that of the checkpoint's configuration.
///
/// # Errors
/// The checkpoint holds no state of this way's optimiser, or the device has not enough memory or fails.
pub fn resume(engine: &dyn Engine, scenario: Scenario, checkpoint: Checkpoint) -> Result<Box<dyn Learner>, LearnError> {
    Ok(Box::new(ppo::Ppo::resume(engine, scenario, checkpoint)?))
}

/// Whether a run may go on from one configuration under another.
fn check_change(from: &Config, to: &Config) -> Result<(), LearnError> {
    match settings::differing(from, to).find(|setting| setting.effect == Effect::Restart) {
        Some(setting) => Err(LearnError::NeedsRestart(setting.path)),
        None => Ok(settings::validate(to)?),
    }
}

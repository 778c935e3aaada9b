//! What learning takes of a device: rollouts, and the updates of PPO. Where nothing else is said, a call fails only with the
//! device.

use super::EngineError;
use crate::spec::grid::Grid;
use crate::spec::optimiser::Optimiser;
use crate::spec::scenario::Scenario;
use crate::spec::terms::TERMS;

/// Worlds that step side by side under one rule and are rewarded for it: what any way to learn needs.
pub trait Rollout: Send {
    /// Puts a scenario's settings and pictures in force; its sizes are those that the rollout was made with.
    fn configure(&mut self, scenario: &Scenario);

    /// The parameters to act by, as `spec::params` lays them out.
    fn set_params(&mut self, params: &[f32]);

    /// Begins a rollout from these states, one a world.
    fn begin(&mut self, worlds: &[Grid]);

    /// Makes some of the steps from number `from` on, as many as take some milliseconds, and says how many are made by
    /// then. `noise` is the random numbers' counter of step 0.
    fn steps(&mut self, from: usize, noise: u32) -> Result<usize, EngineError>;

    /// The worlds' states after so many steps.
    fn worlds(&self, steps: usize) -> Result<Vec<Grid>, EngineError>;

    /// Each world's sums, over the steps, of every term's mean over positions, unweighted, by `Term as usize`.
    fn term_sums(&self) -> Result<Vec<[f32; TERMS]>, EngineError>;

    /// Bytes taken on the device.
    fn bytes(&self) -> u64;

    /// The words of a buffer, by the name that the engine gives it: what tests hold to a twin.
    fn read(&self, name: &str) -> Result<Vec<u32>, EngineError>;
}

/// A rollout whose agents are valued, and PPO's updates from it.
pub trait Training: Rollout {
    /// The statistics of returns, and the optimiser to go on with: Adam.
    fn set_learned(&mut self, returns: (f32, f32), optimiser: &Optimiser);

    /// Every agent's advantage, after the last step; the statistics of returns take the rollout in.
    fn advantages(&mut self) -> Result<(), EngineError>;

    /// Learns from a minibatch: of its grids (step · worlds + world) as many from place `done` on as take some
    /// milliseconds; after the last of them the parameters take their step.
    fn minibatch(&mut self, grids: &[u32], done: usize) -> Result<Minibatch, EngineError>;

    /// The parameters, the statistics of returns and the optimiser as they are now.
    fn learned(&self) -> Result<(Vec<f32>, (f32, f32), Optimiser), EngineError>;

    /// What the update has come to.
    fn report(&self) -> Result<Report, EngineError>;
}

/// How far a minibatch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Minibatch {
    /// So many of its grids are done.
    Working(usize),
    /// The parameters have taken their step.
    Taken,
    /// They have not, since its KL was beyond `ppo.target_kl`: the update ends here.
    Stopped,
}

/// What an update has come to; means are over the minibatches that were taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// f's clipped loss.
    pub policy_loss: f64,
    /// Half the mean squared error of V, in units of normalised return.
    pub value_loss: f64,
    /// g's clipped loss.
    pub aggregator_loss: f64,
    /// Mean entropy of a head of f, over ln 10.
    pub entropy: f64,
    /// Mean entropy of g, over ln 10.
    pub aggregator_entropy: f64,
    /// Share of f's ratios outside 1 ± clip.
    pub clip_fraction: f64,
    /// Norm of the gradient before clipping.
    pub grad_norm: f64,
    /// Approximate KL from the policy that acted, of the last minibatch.
    pub kl: f64,
    /// 1 − Var(return − V) / Var(return).
    pub explained_variance: f64,
    /// Windows that the rollout evaluated.
    pub evaluated: u32,
    /// Whether every gradient was finite.
    pub finite: bool,
}

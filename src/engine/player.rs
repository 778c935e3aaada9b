//! What playing takes of a device: one world under a rule, and why it does what it does. Where nothing else is said, a call
//! fails only with the device.

use super::EngineError;
use crate::spec::config::Config;
use crate::spec::grid::Grid;
use crate::spec::rule::Rule;
use crate::spec::terms::TERMS;
use crate::spec::{COLOURS, SLOTS};

/// One world under a rule. The state, the seed, the steps counted and the rule are all that its future depends on.
pub trait Player: Send {
    /// The configuration in force; its worlds' size is not this world's.
    fn config(&self) -> &Config;

    /// Height and width of the world.
    fn size(&self) -> (usize, usize);

    /// Steps counted.
    fn steps(&self) -> u32;

    /// Steps once. `greedy`: argmax instead of draws, for f and for g.
    fn step(&mut self, greedy: bool) -> Result<(), EngineError>;

    /// The state now.
    fn grid(&self) -> Result<Grid, EngineError>;

    /// The state before the last step and the state after it; none where the state was set since.
    fn transition(&self) -> Result<Option<(Grid, Grid)>, EngineError>;

    /// Replaces the state and goes on counting steps.
    ///
    /// # Errors
    /// The state is of another size.
    fn set_grid(&mut self, grid: &Grid) -> Result<(), EngineError>;

    /// Says which state a step led from to the state now, where that was set.
    ///
    /// # Errors
    /// The state is of another size.
    fn set_before(&mut self, grid: &Grid) -> Result<(), EngineError>;

    /// Goes on under this seed, counting steps from here.
    fn set_noise(&mut self, seed: u32, steps: u32);

    /// Goes on under another rule, which fits the one before ([`Rule::fits`]).
    fn set_rule(&mut self, rule: &Rule);

    /// What the model says of the state now, without stepping.
    ///
    /// # Errors
    /// The state has more windows than are evaluated together, or the device fails.
    fn probe(&mut self) -> Result<Probe, EngineError>;

    /// Takes the pixel at a row and column apart: what the coming step draws for it and why, and what the last step was
    /// worth there.
    ///
    /// # Errors
    /// The pixel lies outside, the rule's target picture is missing, or the device fails.
    fn inspect(&mut self, row: usize, column: usize, greedy: bool) -> Result<Inspection, EngineError>;

    /// A map of the state now; none where it is of the last step and the state was set since.
    ///
    /// # Errors
    /// V is asked for of a state that is too large to be seen whole, the rule's target picture is missing, or the
    /// device fails.
    fn field(&mut self, field: Field, greedy: bool) -> Result<Option<FieldMap>, EngineError>;
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

/// A map of the state now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The reward of the step that led here: of the 2×2 block whose upper left cell it is, and of the pixel.
    Reward,
    /// What each cell's own window was paid for that step.
    Credit,
    /// V at each cell's own window.
    Value,
    /// The one-step error r + γV(S_{t+1}) − V(S_t) of that step at each cell's own window. The learner's advantages
    /// sum such errors over a rollout (GAE).
    Advantage,
    /// The mean entropy of the nine proposals of each cell's own window, over ln 10.
    ProposalEntropy,
    /// The entropy of each cell's next colour, given the votes of the coming step, over ln 10.
    ColourEntropy,
}

/// A number for every cell.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldMap {
    /// (H, W); NaN where there is none: on a bounded grid's border, which has no windows of its own.
    pub values: Vec<f32>,
    /// (H, W) for `Reward`, else empty: the directions in which the block at a cell moved, as bits of their indices.
    pub ways: Vec<u8>,
}

/// A window's vote for a pixel: one slot of its proposal for the coming step.
#[derive(Debug, Clone, PartialEq)]
pub struct Vote {
    /// f_θ's logits, copy bias included, before the temperature.
    pub logits: [f32; COLOURS],
    /// Their softmax at the temperature.
    pub probabilities: [f32; COLOURS],
    /// The colour that it draws.
    pub colour: u8,
    /// Its log-probability.
    pub log_prob: f32,
    /// What it adds to z: W_k[colour].
    pub adds: [f32; COLOURS],
}

/// What the step that led to the state now was worth at a pixel.
#[derive(Debug, Clone, PartialEq)]
pub struct Aftermath {
    /// Every term, by `Term as usize`, unweighted, at the 2×2 block whose upper left cell the pixel is; `Target`: at
    /// the pixel.
    pub terms: [f32; TERMS],
    /// Their weighted sum.
    pub reward: f32,
    /// What the pixel's own window was paid; none where there is no such window.
    pub credit: Option<f32>,
    /// The one-step error r + γV(S_{t+1}) − V(S_t) there: an advantage of one step, where the learner's sum over a
    /// rollout. None as `Inspection::value`.
    pub advantage: Option<f32>,
}

/// A pixel taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// Its row.
    pub row: usize,
    /// Its column.
    pub column: usize,
    /// The coming step: its draws are those that [`Player::step`] makes.
    pub step: u32,
    /// The colours of its own window, row-major; none on a bounded grid's border.
    pub window: Option<[u8; SLOTS]>,
    /// Vote k is that of the window centred at the pixel minus slot k's offset, where there is one.
    pub votes: [Option<Vote>; SLOTS],
    /// What z is without votes.
    pub bias: [f32; COLOURS],
    /// z: the bias and what all votes add, before the temperature.
    pub logits: [f32; COLOURS],
    /// The next colour's distribution.
    pub probabilities: [f32; COLOURS],
    /// The colour that is drawn.
    pub colour: u8,
    /// Its log-probability.
    pub log_prob: f32,
    /// (L, heads, 9 queries, 9 keys) of its own window; empty where there is none.
    pub attention: Vec<Vec<[[f32; SLOTS]; SLOTS]>>,
    /// V at its own window; none where there is no such window, or the state is too large to be seen whole.
    pub value: Option<f32>,
    /// What led here; none where the state was set since the last step.
    pub after: Option<Aftermath>,
}

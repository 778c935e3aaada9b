//! The configuration of a run, as RON. Every field has a default, so a file gives only what it changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::grid::Boundary;
use super::settings::{self, OutOfRange};

/// A run: the worlds, the model that is their rule, what it is paid for, and how it learns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The worlds that learning runs on.
    pub world: World,
    /// f_θ, g_ψ and V.
    pub model: Model,
    /// What is rewarded, and whom it is credited to.
    pub reward: Reward,
    /// Independent PPO.
    pub ppo: Ppo,
    /// How long, and from which seed.
    pub run: Run,
}

/// The worlds that learning runs on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// Height and width, (H, W).
    pub size: (usize, usize),
    /// What lies beyond the edge.
    pub boundary: Boundary,
    /// How many worlds, B.
    pub count: usize,
    /// The state each world starts from.
    pub start: Start,
    /// New worlds every so many updates; 0: never.
    pub fresh_every: u32,
}

/// The state each world starts from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Start {
    /// Every cell one of ten colours, uniformly.
    Random,
    /// Colour 0, with this share of the cells one of the other nine.
    Sparse(f32),
    /// A picture or pattern file, the same in every world.
    Picture(String),
    /// Each world one of the pictures and patterns in a folder.
    Folder(String),
    /// This share of the worlds one of a folder's, the others `Random`.
    Mixture(String, f32),
}

/// f_θ, g_ψ and V: their sizes and where they start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Model {
    /// Width of a token, D.
    pub d_model: usize,
    /// Attention blocks, L.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Hidden units of the MLP over D.
    pub mlp_ratio: usize,
    /// β: added to the logit of the colour that a cell has.
    pub copy_bias: f32,
    /// α_4: where g_ψ starts for the vote of a pixel's own window.
    pub aggregator_centre: f32,
    /// α: where g_ψ starts for the other eight votes.
    pub aggregator_others: f32,
    /// τ: f_θ's logits are divided by it.
    pub temperature: f32,
    /// τ_g: g_ψ's logits are divided by it.
    pub aggregator_temperature: f32,
}

/// What is rewarded, and whom it is credited to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reward {
    /// The unit directions D that a block can shift in.
    pub directions: Directions,
    /// The weight of each term.
    pub terms: BTreeMap<Term, f32>,
    /// Which rewards an agent gets.
    pub credit: Credit,
    /// S*, a picture for the term `target`; without one, the built-in emblem.
    pub target: Option<String>,
}

/// The unit directions D.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Directions {
    /// Up, left, right, down.
    Four,
    /// Those and the diagonals.
    Eight,
}

impl Directions {
    /// (row, column) steps, row-major; `Four` are those with one coordinate 0.
    pub fn offsets(self) -> &'static [(i32, i32)] {
        match self {
            Self::Four => &[(-1, 0), (0, -1), (0, 1), (1, 0)],
            Self::Eight => &[(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)],
        }
    }
}

/// A term of the reward; `spec::reward` defines each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[repr(usize)]
pub enum Term {
    /// 2×2 blocks that shift by one tile and keep their colours (the source's).
    Shift,
    /// Shift weighted by how rare the block is.
    Surprise,
    /// Blocks not of one colour that go elsewhere.
    Move,
    /// Move against its surroundings.
    Relative,
    /// Move corrected for chance.
    Lift,
    /// Blocks that go one way, and one way only, not all the same way.
    Flow,
    /// The squared fraction of a block's cells that move: a way in.
    SoftMove,
    /// Pixels that equal a target picture.
    Target,
}

impl Term {
    /// All terms, in the order of their discriminants.
    pub const ALL: [Self; 8] =
        [Self::Shift, Self::Surprise, Self::Move, Self::Relative, Self::Lift, Self::Flow, Self::SoftMove, Self::Target];

    /// As files and tables spell it.
    pub fn name(self) -> &'static str {
        ["shift", "surprise", "move", "relative", "lift", "flow", "soft_move", "target"][self as usize]
    }
}

impl TryFrom<String> for Term {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::ALL.into_iter().find(|term| term.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("there is no reward term `{name}`; the terms are {names}")
        })
    }
}

impl From<Term> for String {
    fn from(term: Term) -> Self {
        term.name().to_owned()
    }
}

/// Which rewards an agent gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Credit {
    /// Every agent gets its grid's mean (the source's shared objective).
    Global,
    /// The mean over the blocks whose corner lies at most `radius` outside the agent's 3×3 footprint.
    Local {
        /// In cells; 0: only the four blocks inside the footprint.
        radius: usize,
    },
}

/// Independent PPO.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ppo {
    /// T: steps of every world between updates.
    pub steps_per_update: usize,
    /// γ: discount per step.
    pub gamma: f32,
    /// λ of generalised advantage estimation.
    pub gae_lambda: f32,
    /// ε: ratios are clipped to 1 ± ε.
    pub clip: f32,
    /// Passes over a rollout.
    pub epochs: usize,
    /// Minibatches per epoch, each a set of whole grids.
    pub minibatches: usize,
    /// Adam's step size.
    pub learning_rate: f32,
    /// Adam's ε.
    pub adam_eps: f32,
    /// Weight of each head's entropy in the loss.
    pub entropy_coef: f32,
    /// Weight of the value loss.
    pub value_coef: f32,
    /// The gradient's global norm is clipped to this.
    pub max_grad_norm: f32,
    /// An update ends early when the approximate KL of a minibatch exceeds this.
    pub target_kl: f32,
}

/// How long, and from which seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Run {
    /// The run's total of updates.
    pub updates: u32,
    /// Everything random follows from it.
    pub seed: u32,
    /// Whether f is evaluated once for each distinct window, however often that occurs.
    pub evaluate_once: bool,
}

impl Default for World {
    fn default() -> Self {
        Self { size: (16, 16), boundary: Boundary::Torus, count: 4, start: Start::Random, fresh_every: 0 }
    }
}

impl Default for Model {
    fn default() -> Self {
        Self {
            d_model: 16,
            layers: 1,
            heads: 2,
            mlp_ratio: 2,
            copy_bias: 3.0,
            aggregator_centre: 1.0,
            aggregator_others: 1.0,
            temperature: 1.0,
            aggregator_temperature: 1.0,
        }
    }
}

impl Default for Reward {
    fn default() -> Self {
        Self {
            directions: Directions::Eight,
            terms: BTreeMap::from([(Term::Shift, 1.0)]),
            credit: Credit::Local { radius: 1 },
            target: None,
        }
    }
}

impl Default for Ppo {
    fn default() -> Self {
        Self {
            steps_per_update: 50,
            gamma: 0.99,
            gae_lambda: 0.95,
            clip: 0.1,
            epochs: 2,
            minibatches: 4,
            learning_rate: 2e-3,
            adam_eps: 1e-5,
            entropy_coef: 0.003,
            value_coef: 0.5,
            max_grad_norm: 0.5,
            target_kl: 0.05,
        }
    }
}

impl Default for Run {
    fn default() -> Self {
        Self { updates: 150, seed: 0, evaluate_once: true }
    }
}

/// Why a text is not a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not RON, an unknown key, or a value of the wrong kind; with line and column.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// A setting out of its range, or two that do not fit each other.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}

impl From<ron::error::SpannedError> for ConfigError {
    fn from(error: ron::error::SpannedError) -> Self {
        Self::Syntax { line: error.span.start.line, column: error.span.start.col, message: error.code.to_string() }
    }
}

impl Config {
    /// Reads and validates RON; what the text leaves out has its default.
    pub fn from_ron(text: &str) -> Result<Self, ConfigError> {
        let config: Self = settings::ron_options().from_str(text)?;
        settings::validate(&config)?;
        Ok(config)
    }

    /// The whole configuration as RON, readable by `from_ron`.
    pub fn to_ron(&self) -> String {
        let pretty = ron::ser::PrettyConfig::new().depth_limit(2);
        settings::ron_options().to_string_pretty(self, pretty).expect("a configuration is plain data")
    }

    /// The weight of a reward term; 0 where it is not named.
    pub fn weight(&self, term: Term) -> f32 {
        self.reward.terms.get(&term).copied().unwrap_or(0.0)
    }
}

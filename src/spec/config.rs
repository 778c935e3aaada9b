//! The configuration of a run: one row a setting. Every setting has a default, so a file gives only what it changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::grid::Boundary;

pub use super::terms::Term;

/// Gives every setting to a macro, section by section, in the order of files and listings. A row is all that a setting
/// needs: its sentence, name, type and default, the range of its numbers (`real`, `log` for a logarithmic control,
/// `whole`, or `ANY`), when a change takes effect, and the type of the word in which kernels read it, if they do.
///
/// The structs of this file follow from the rows, and so do `spec::settings`, the window, and the kernels' uniform.
macro_rules! each_setting {
    ($take:ident) => {
        $take! {
            /// The worlds that learning runs on.
            world: World {
                /// Height and width of a training world, in cells.
                size: (usize, usize) = (16, 16), whole(MIN_SIDE, MAX_SIDE), Restart;
                /// Torus: the edges meet. Bounded: windows lie wholly inside.
                boundary: Boundary = Boundary::Torus, ANY, Restart;
                /// How many worlds learning runs on at once.
                count: usize = 4, whole(1, 4096), Restart;
                /// How a training world starts: Random, Sparse(share), Picture("file"), Folder("folder") of pictures, or
                /// Mixture("folder", share) with Random. A change starts the worlds afresh.
                start: Start = Start::Random, real(0.0, 1.0), NextUpdate;
                /// New training worlds every so many updates; 0: never.
                fresh_every: u32 = 0, whole(0, 1_000_000), NextUpdate;
            }
            /// f_θ, g_ψ and V: their sizes and where they start.
            model: Model {
                /// Width of a token in the transformer f.
                d_model: usize = 16, whole(16, 64).step(8), Restart;
                /// Attention blocks in f.
                layers: usize = 1, whole(1, 4), Restart;
                /// Attention heads in each block.
                heads: usize = 2, whole(1, 16), Restart;
                /// Hidden units of each block's MLP, as a multiple of d_model.
                mlp_ratio: usize = 2, whole(1, 4), Restart;
                /// Added to the logit of the colour a cell has: a new f copies.
                copy_bias: f32 = 3.0, real(-10.0, 10.0), Restart, uniform f32;
                /// Where g starts for the vote of a pixel's own window.
                aggregator_centre: f32 = 1.0, real(-20.0, 20.0), Restart;
                /// Where g starts for the eight neighbours' votes.
                aggregator_others: f32 = 1.0, real(-20.0, 20.0), Restart;
                /// f's logits are divided by it: higher is more random.
                temperature: f32 = 1.0, log(0.05, 20.0), NextUpdate, uniform f32;
                /// g's logits are divided by it.
                aggregator_temperature: f32 = 1.0, log(0.05, 20.0), NextUpdate, uniform f32;
            }
            /// What is rewarded, and whom it is credited to.
            reward: Reward {
                /// The directions in which a block can shift: Four or Eight.
                directions: Directions = Directions::Eight, ANY, NextUpdate, uniform u32;
                /// The weight of each reward term, {"flow": 1.0, …}.
                terms: BTreeMap<Term, f32> = BTreeMap::from([(Term::Shift, 1.0)]), real(-1000.0, 1000.0), NextUpdate;
                /// Which rewards an agent gets: Global, or Local(radius: 1).
                credit: Credit = Credit::Local { radius: 1 }, whole(0, 16), NextUpdate;
                /// The picture for the term `target`; None: the built-in emblem.
                target: Option<String> = None, ANY, NextUpdate;
            }
            /// Independent PPO.
            ppo: Ppo {
                /// Steps of every world between updates, T.
                steps_per_update: usize = 50, whole(1, 1000), Restart;
                /// Discount of the reward per step.
                gamma: f32 = 0.99, real(0.0, 1.0), NextUpdate, uniform f32;
                /// Bias against variance in the advantage estimate (GAE).
                gae_lambda: f32 = 0.95, real(0.0, 1.0), NextUpdate, uniform f32;
                /// How far one update may move a probability: ratios clip to 1 ± this.
                clip: f32 = 0.1, real(0.001, 1.0), NextUpdate, uniform f32;
                /// Passes over each rollout.
                epochs: usize = 2, whole(1, 50), NextUpdate;
                /// Gradient steps per pass, each on a set of whole grids.
                minibatches: usize = 4, whole(1, 1000), NextUpdate;
                /// Adam's step size.
                learning_rate: f32 = 2e-3, log(1e-7, 1.0), NextUpdate, uniform f32;
                /// Adam's epsilon.
                adam_eps: f32 = 1e-5, log(1e-12, 1e-1), NextUpdate, uniform f32;
                /// Bonus for staying random, per head: higher explores more.
                entropy_coef: f32 = 0.003, real(0.0, 1.0), NextUpdate, uniform f32;
                /// Weight of the critic's loss.
                value_coef: f32 = 0.5, real(0.0, 10.0), NextUpdate, uniform f32;
                /// The gradient's norm is clipped to this.
                max_grad_norm: f32 = 0.5, log(1e-4, 1e4), NextUpdate, uniform f32;
                /// An update stops early when the policy has moved this far (KL).
                target_kl: f32 = 0.05, log(1e-5, 1e3), NextUpdate, uniform f32;
            }
            /// How long, and from which seed.
            run: Run {
                /// The run's total of updates.
                updates: u32 = 150, whole(0, u32::MAX as usize), NextUpdate;
                /// Everything random in the run follows from it.
                seed: u32 = 0, whole(0, u32::MAX as usize), Restart;
                /// Whether a window that occurs many times is evaluated once; false shows what that saves.
                evaluate_once: bool = true, ANY, NextUpdate;
            }
        }
    };
}
pub(crate) use each_setting;

macro_rules! structs {
    ($($(#[$about:meta])+ $section:ident: $Section:ident { $(
        $(#[$doc:meta])+
        $setting:ident: $type:ty = $default:expr, $range:expr, $effect:ident $(, uniform $word:ident)?;
    )+ })+) => {
        /// A run: the worlds, the model that is their rule, what it is paid for, and how it learns.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Config {
            $($(#[$about])+ pub $section: $Section,)+
        }

        $(
            $(#[$about])+
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields, default)]
            pub struct $Section {
                $($(#[$doc])+ pub $setting: $type,)+
            }

            impl Default for $Section {
                fn default() -> Self {
                    Self { $($setting: $default,)+ }
                }
            }
        )+
    };
}

each_setting!(structs);

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

/// The unit directions D.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Directions {
    /// Up, left, right, down.
    Four = 4,
    /// Those and the diagonals.
    Eight = 8,
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

impl Config {
    /// The weight of a reward term; 0 where it is not named.
    pub fn weight(&self, term: Term) -> f32 {
        self.reward.terms.get(&term).copied().unwrap_or(0.0)
    }
}

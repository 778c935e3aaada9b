//! The one table of settings: path, range, when a change takes effect, and what it is.
//!
//! `--set`, the validation of files, the window's controls and the reference in the README all read it.

use super::config::{Config, Credit, Start};
use super::grid::{MAX_SIDE, MIN_SIDE};

/// When a change of a setting takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// With the next update.
    NextUpdate,
    /// With a new run: it changes the architecture or the shape of the worlds.
    Restart,
}

/// The values that a setting may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Range {
    /// A real, both ends allowed; `log` where a control should be logarithmic.
    Real {
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
        /// Whether a control should be logarithmic.
        log: bool,
    },
    /// A whole number, both ends allowed.
    Whole {
        /// Smallest value.
        min: u64,
        /// Largest value.
        max: u64,
    },
    /// Anything that RON reads as the field's type, checked by `validate`.
    Ron,
}

/// A row of the table.
pub struct Setting {
    /// Section and field, as in `--set`.
    pub path: &'static str,
    /// The values allowed.
    pub range: Range,
    /// When a change takes effect.
    pub effect: Effect,
    /// One sentence on what it is.
    pub doc: &'static str,
    get: fn(&Config) -> String,
    set: fn(&mut Config, &str) -> Result<(), ron::error::SpannedError>,
}

impl Setting {
    /// The setting's value as RON.
    pub fn get(&self, config: &Config) -> String {
        (self.get)(config)
    }

    /// Whether changing from one configuration to the other changes this setting.
    pub fn differs(&self, a: &Config, b: &Config) -> bool {
        self.get(a) != self.get(b)
    }
}

/// Why a setting cannot have a value.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// No such path.
    #[error("there is no setting `{0}`; `primordia presets --settings` lists them")]
    Unknown(String),
    /// The value is not RON of the right kind.
    #[error("`{path}` cannot be `{value}`: {message}")]
    Value {
        /// The setting.
        path: String,
        /// What was given.
        value: String,
        /// Why not.
        message: String,
    },
    /// Out of range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}

/// A setting out of its range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{path}` is {value}, but {rule}")]
pub struct OutOfRange {
    /// The setting.
    pub path: String,
    /// Its value as RON.
    pub value: String,
    /// What it must be.
    pub rule: String,
}

/// RON as all our files use it: `Some(x)` may be written `x`.
pub fn ron_options() -> ron::Options {
    ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME)
}

macro_rules! setting {
    ($section:ident . $field:ident, $range:expr, $effect:ident, $doc:literal) => {
        Setting {
            path: concat!(stringify!($section), ".", stringify!($field)),
            range: $range,
            effect: Effect::$effect,
            doc: $doc,
            get: |config| ron_options().to_string(&config.$section.$field).expect("a setting is plain data"),
            set: |config, text| {
                config.$section.$field = ron_options().from_str(text)?;
                Ok(())
            },
        }
    };
}

const fn real(min: f64, max: f64) -> Range {
    Range::Real { min, max, log: false }
}

const fn log(min: f64, max: f64) -> Range {
    Range::Real { min, max, log: true }
}

const fn whole(min: u64, max: u64) -> Range {
    Range::Whole { min, max }
}

/// Every setting, in the order of the configuration's fields.
pub static SETTINGS: &[Setting] = &[
    setting!(world.size, Range::Ron, Restart, "Height and width of a training world, in cells."),
    setting!(world.boundary, Range::Ron, Restart, "Torus: the edges meet. Bounded: windows lie wholly inside."),
    setting!(world.count, whole(1, 4096), Restart, "How many worlds learning runs on at once."),
    setting!(
        world.start,
        Range::Ron,
        NextUpdate,
        "How a training world starts: Random, Sparse(share), Picture(\"file\"), Folder(\"folder\") of pictures, or \
         Mixture(\"folder\", share) with Random. A change starts the worlds afresh."
    ),
    setting!(
        world.fresh_every,
        whole(0, 1_000_000),
        NextUpdate,
        "New training worlds every so many updates; 0: never."
    ),
    setting!(model.d_model, whole(16, 64), Restart, "Width of a token in the transformer f."),
    setting!(model.layers, whole(1, 4), Restart, "Attention blocks in f."),
    setting!(model.heads, whole(1, 16), Restart, "Attention heads in each block."),
    setting!(model.mlp_ratio, whole(1, 4), Restart, "Hidden units of each block's MLP, as a multiple of d_model."),
    setting!(
        model.copy_bias,
        real(-10.0, 10.0),
        Restart,
        "Added to the logit of the colour a cell has: a new f copies."
    ),
    setting!(
        model.aggregator_centre,
        real(-20.0, 20.0),
        Restart,
        "Where g starts for the vote of a pixel's own window."
    ),
    setting!(model.aggregator_others, real(-20.0, 20.0), Restart, "Where g starts for the eight neighbours' votes."),
    setting!(model.temperature, log(0.05, 20.0), NextUpdate, "f's logits are divided by it: higher is more random."),
    setting!(model.aggregator_temperature, log(0.05, 20.0), NextUpdate, "g's logits are divided by it."),
    setting!(reward.directions, Range::Ron, NextUpdate, "The directions in which a block can shift: Four or Eight."),
    setting!(reward.terms, Range::Ron, NextUpdate, "The weight of each reward term, {\"flow\": 1.0, …}."),
    setting!(reward.credit, Range::Ron, NextUpdate, "Which rewards an agent gets: Global, or Local(radius: 1)."),
    setting!(reward.target, Range::Ron, NextUpdate, "The picture for the term `target`; None: the built-in emblem."),
    setting!(ppo.steps_per_update, whole(1, 1000), Restart, "Steps of every world between updates, T."),
    setting!(ppo.gamma, real(0.0, 1.0), NextUpdate, "Discount of the reward per step."),
    setting!(ppo.gae_lambda, real(0.0, 1.0), NextUpdate, "Bias against variance in the advantage estimate (GAE)."),
    setting!(
        ppo.clip,
        real(0.001, 1.0),
        NextUpdate,
        "How far one update may move a probability: ratios clip to 1 ± this."
    ),
    setting!(ppo.epochs, whole(1, 50), NextUpdate, "Passes over each rollout."),
    setting!(ppo.minibatches, whole(1, 1000), NextUpdate, "Gradient steps per pass, each on a set of whole grids."),
    setting!(ppo.learning_rate, log(1e-7, 1.0), NextUpdate, "Adam's step size."),
    setting!(ppo.adam_eps, log(1e-12, 1e-1), NextUpdate, "Adam's epsilon."),
    setting!(ppo.entropy_coef, real(0.0, 1.0), NextUpdate, "Bonus for staying random, per head: higher explores more."),
    setting!(ppo.value_coef, real(0.0, 10.0), NextUpdate, "Weight of the critic's loss."),
    setting!(ppo.max_grad_norm, log(1e-4, 1e4), NextUpdate, "The gradient's norm is clipped to this."),
    setting!(
        ppo.target_kl,
        log(1e-5, 1e3),
        NextUpdate,
        "An update stops early when the policy has moved this far (KL)."
    ),
    setting!(run.updates, whole(0, u32::MAX as u64), NextUpdate, "The run's total of updates."),
    setting!(run.seed, whole(0, u32::MAX as u64), Restart, "Everything random in the run follows from it."),
    setting!(
        run.evaluate_once,
        Range::Ron,
        NextUpdate,
        "Whether a window that occurs many times is evaluated once; false shows what that saves."
    ),
];

/// The row of a path.
pub fn setting(path: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.path == path)
}

/// Sets one path to a value written as RON; the configuration is unchanged on error.
pub fn set(config: &mut Config, path: &str, value: &str) -> Result<(), SetError> {
    let setting = setting(path).ok_or_else(|| SetError::Unknown(path.to_owned()))?;
    let mut changed = config.clone();
    (setting.set)(&mut changed, value).map_err(|error| SetError::Value {
        path: path.to_owned(),
        value: value.to_owned(),
        message: error.code.to_string(),
    })?;
    validate(&changed)?;
    *config = changed;
    Ok(())
}

/// Checks every range, and the rules between settings.
pub fn validate(config: &Config) -> Result<(), OutOfRange> {
    for setting in SETTINGS {
        let value = setting.get(config);
        let rule = match setting.range {
            Range::Real { min, max, .. } => {
                let inside = value.parse::<f64>().is_ok_and(|v| (min..=max).contains(&v));
                (!inside).then(|| format!("must lie from {min} to {max}"))
            }
            Range::Whole { min, max } => {
                let inside = value.parse::<u64>().is_ok_and(|v| (min..=max).contains(&v));
                (!inside).then(|| format!("must be a whole number from {min} to {max}"))
            }
            Range::Ron => rule_of(config, setting.path),
        };
        if let Some(rule) = rule {
            return Err(OutOfRange { path: setting.path.to_owned(), value, rule });
        }
    }
    let model = &config.model;
    let misfit =
        |path: &str, value: usize, rule: String| OutOfRange { path: path.to_owned(), value: value.to_string(), rule };
    if !model.d_model.is_multiple_of(8) {
        return Err(misfit("model.d_model", model.d_model, "must be a multiple of 8".to_owned()));
    }
    if !model.d_model.is_multiple_of(4 * model.heads) {
        let rule = format!("must divide d_model / 4 = {}", model.d_model / 4);
        return Err(misfit("model.heads", model.heads, rule));
    }
    let grids = config.world.count * config.ppo.steps_per_update;
    if config.ppo.minibatches > grids {
        let rule =
            format!("must be at most world.count × ppo.steps_per_update = {grids}, since a minibatch is whole grids");
        return Err(misfit("ppo.minibatches", config.ppo.minibatches, rule));
    }
    Ok(())
}

fn rule_of(config: &Config, path: &str) -> Option<String> {
    match path {
        "world.size" => {
            let (height, width) = config.world.size;
            let sides = MIN_SIDE..=MAX_SIDE;
            let bad = !sides.contains(&height) || !sides.contains(&width);
            bad.then(|| format!("height and width must lie from {MIN_SIDE} to {MAX_SIDE}"))
        }
        "world.start" => match config.world.start {
            Start::Sparse(share) | Start::Mixture(_, share) if !(0.0..=1.0).contains(&share) => {
                Some("the share must lie from 0 to 1".to_owned())
            }
            _ => None,
        },
        "reward.credit" => match config.reward.credit {
            Credit::Local { radius } if radius > 16 => Some("the radius must be at most 16".to_owned()),
            _ => None,
        },
        "reward.terms" => {
            let bad = config.reward.terms.values().any(|weight| !weight.is_finite() || weight.abs() > 1e3);
            bad.then(|| "each weight must lie from -1000 to 1000".to_owned())
        }
        _ => None,
    }
}

//! What follows from the rows of `spec::config`: each setting by its path, as text and by its type, and the checks.
//!
//! `--set`, the validation of files, the listing and the window's controls all go through it.

use std::collections::BTreeMap;

use super::config::{Config, Credit, Directions, Start, Term, each_setting};
use super::grid::{Boundary, MAX_SIDE, MIN_SIDE};

/// When a change of a setting takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// With the next update.
    NextUpdate,
    /// With a new run: it changes the architecture or the shape of the worlds.
    Restart,
}

/// Where the numbers in a setting may lie, both ends allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Whether a control should be logarithmic.
    pub log: bool,
    /// What whole numbers are multiples of.
    pub step: usize,
}

const fn real(min: f64, max: f64) -> Range {
    Range { min, max, log: false, step: 1 }
}

const fn log(min: f64, max: f64) -> Range {
    Range { log: true, ..real(min, max) }
}

const fn whole(min: usize, max: usize) -> Range {
    real(min as f64, max as f64)
}

/// Of a setting without numbers.
const ANY: Range = real(f64::NEG_INFINITY, f64::INFINITY);

impl Range {
    const fn step(self, step: usize) -> Self {
        Self { step, ..self }
    }

    /// Compares as f32: the end 0.1 is a setting's 0.1.
    fn has(&self, value: f32) -> bool {
        (self.min as f32..=self.max as f32).contains(&value)
    }

    fn has_whole(&self, value: usize) -> bool {
        (self.min..=self.max).contains(&(value as f64))
    }

    fn rule_of_whole(&self, value: usize) -> Option<String> {
        let Self { min, max, step, .. } = self;
        if !self.has_whole(value) {
            return Some(format!("must be a whole number from {min} to {max}"));
        }
        (!value.is_multiple_of(*step)).then(|| format!("must be a multiple of {step}"))
    }
}

/// A type of settings.
trait Field {
    fn value(&mut self) -> Value<'_>;

    /// What the value must be, where it is not.
    fn misfit(&self, range: &Range) -> Option<String>;
}

macro_rules! values {
    ($($(#[$doc:meta])+ $name:ident($type:ty) = $misfit:expr;)+) => {
        /// A setting's value, to be changed in place.
        pub enum Value<'a> {
            $($(#[$doc])+ $name(&'a mut $type),)+
        }

        $(impl Field for $type {
            fn value(&mut self) -> Value<'_> {
                Value::$name(self)
            }

            fn misfit(&self, range: &Range) -> Option<String> {
                let misfit: fn(&Self, &Range) -> Option<String> = $misfit;
                misfit(self, range)
            }
        })+
    };
}

values! {
    /// A real.
    Real(f32) = |value, range| {
        (!range.has(*value)).then(|| format!("must lie from {} to {}", range.min, range.max))
    };
    /// A whole number that measures something in memory.
    Count(usize) = |value, range| range.rule_of_whole(*value);
    /// A whole number.
    Number(u32) = |value, range| range.rule_of_whole(*value as usize);
    /// Yes or no.
    Switch(bool) = |_, _| None;
    /// Height and width.
    Size((usize, usize)) = |(height, width), range| {
        let fits = range.has_whole(*height) && range.has_whole(*width);
        (!fits).then(|| format!("height and width must lie from {} to {}", range.min, range.max))
    };
    /// What lies beyond the edge.
    Boundary(Boundary) = |_, _| None;
    /// What worlds start from; the range is a share's.
    Start(Start) = |start, range| match start {
        Start::Sparse(share) | Start::Mixture(_, share) if !range.has(*share) => {
            Some(format!("the share must lie from {} to {}", range.min, range.max))
        }
        _ => None,
    };
    /// The directions of the reward.
    Directions(Directions) = |_, _| None;
    /// Weights of reward terms.
    Terms(BTreeMap<Term, f32>) = |terms, range| {
        let fit = terms.values().all(|weight| range.has(*weight));
        (!fit).then(|| format!("each weight must lie from {} to {}", range.min, range.max))
    };
    /// Whom rewards are credited to; the range is the radius's.
    Credit(Credit) = |credit, range| match credit {
        Credit::Local { radius } if !range.has_whole(*radius) => {
            Some(format!("the radius must be at most {}", range.max))
        }
        _ => None,
    };
    /// The path of a picture.
    Picture(Option<String>) = |_, _| None;
}

/// A setting: a row of `spec::config`.
pub struct Setting {
    /// Section and name, as in `--set`.
    pub path: &'static str,
    /// Where its numbers may lie.
    pub range: Range,
    /// When a change takes effect.
    pub effect: Effect,
    /// What it is.
    pub doc: &'static str,
    get: fn(&Config) -> String,
    set: fn(&mut Config, &str) -> Result<(), ron::error::SpannedError>,
    value: fn(&mut Config) -> Value<'_>,
    take: fn(&mut Config, &Config),
    differs: fn(&Config, &Config) -> bool,
    misfit: fn(&Config, &Range) -> Option<String>,
}

macro_rules! table {
    ($($(#[$about:meta])+ $section:ident: $Section:ident { $(
        $(#[doc = $doc:literal])+
        $name:ident: $type:ty = $default:expr, $range:expr, $effect:ident $(, uniform $word:ident)?;
    )+ })+) => {
        /// Every setting, in the order of the configuration's fields.
        pub static SETTINGS: &[Setting] = &[$($(Setting {
            path: concat!(stringify!($section), ".", stringify!($name)),
            range: $range,
            effect: Effect::$effect,
            doc: concat!($($doc),+).trim_ascii(),
            get: |config| ron_options().to_string(&config.$section.$name).expect("a setting is plain data"),
            set: |config, text| Ok(config.$section.$name = ron_options().from_str(text)?),
            value: |config| config.$section.$name.value(),
            take: |config, from| config.$section.$name.clone_from(&from.$section.$name),
            differs: |a, b| a.$section.$name != b.$section.$name,
            misfit: |config, range| config.$section.$name.misfit(range),
        }),+),+];
    };
}

each_setting!(table);

impl Setting {
    /// The setting's value as RON.
    pub fn get(&self, config: &Config) -> String {
        (self.get)(config)
    }

    /// The setting's value in place; whoever changes it validates the configuration.
    pub fn value<'a>(&self, config: &'a mut Config) -> Value<'a> {
        (self.value)(config)
    }

    /// Takes the value over from another configuration.
    pub fn take(&self, config: &mut Config, from: &Config) {
        (self.take)(config, from);
    }

    /// Whether changing from one configuration to the other changes this setting.
    pub fn differs(&self, a: &Config, b: &Config) -> bool {
        (self.differs)(a, b)
    }
}

/// The settings in which two configurations differ.
pub fn differing(a: &Config, b: &Config) -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(|setting| setting.differs(a, b))
}

/// Takes over what takes effect with the next update; the caller validates the configuration.
pub fn take_live(config: &mut Config, from: &Config) {
    for setting in SETTINGS.iter().filter(|setting| setting.effect == Effect::NextUpdate) {
        setting.take(config, from);
    }
}

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
        if let Some(rule) = (setting.misfit)(config, &setting.range) {
            return Err(OutOfRange { path: setting.path, value: setting.get(config), rule });
        }
    }
    let (model, grids) = (&config.model, config.world.count * config.ppo.steps_per_update);
    let misfit = |path, value: usize, rule| Err(OutOfRange { path, value: value.to_string(), rule });
    if !model.d_model.is_multiple_of(4 * model.heads) {
        return misfit("model.heads", model.heads, format!("must divide d_model / 4 = {}", model.d_model / 4));
    }
    if config.ppo.minibatches > grids {
        let rule =
            format!("must be at most world.count × ppo.steps_per_update = {grids}, since a minibatch is whole grids");
        return misfit("ppo.minibatches", config.ppo.minibatches, rule);
    }
    Ok(())
}

/// RON as all our files use it: `Some(x)` may be written `x`.
pub fn ron_options() -> ron::Options {
    ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME)
}

impl Config {
    /// Reads and validates RON; what the text leaves out has its default.
    pub fn from_ron(text: &str) -> Result<Self, ConfigError> {
        let config: Self = ron_options().from_str(text)?;
        validate(&config)?;
        Ok(config)
    }

    /// The whole configuration as RON, readable by `from_ron`.
    pub fn to_ron(&self) -> String {
        let pretty = ron::ser::PrettyConfig::new().depth_limit(2);
        ron_options().to_string_pretty(self, pretty).expect("a configuration is plain data")
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
    pub path: &'static str,
    /// Its value as RON.
    pub value: String,
    /// What it must be.
    pub rule: String,
}

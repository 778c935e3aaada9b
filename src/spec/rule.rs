//! A rule: what decides a world's next state, as an update of a run left it.

use std::sync::Arc;

use super::config::Config;
use super::grid::Grid;
use super::settings::take_live;

/// A configuration and the parameters that were learned under it. Whoever plays, compares or inspects holds one.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The update that left these parameters.
    pub update: u32,
    /// The configuration in force. A world played under the rule may be of another size.
    pub config: Arc<Config>,
    /// The parameters of f, g and V, laid out as `spec::params` says.
    pub params: Arc<[f32]>,
    /// The mean and the standard deviation of returns, which scale V's outputs.
    pub returns: (f32, f32),
    /// The picture that the configuration names for the term `target`, in its own size, where it was read.
    pub target: Option<Arc<Grid>>,
}

impl Rule {
    /// Parameters that no update has left yet.
    pub fn new(config: &Config, params: Vec<f32>) -> Self {
        let config = Arc::new(config.clone());
        Self { update: 0, config, params: params.into(), returns: (0.0, 1.0), target: None }
    }

    /// Whether a player that was made for the one can play the other: the rest is what it can be told.
    pub fn fits(&self, other: &Self) -> bool {
        let mut told = Config::clone(&self.config);
        take_live(&mut told, &other.config);
        (&told.model, told.world.boundary) == (&other.config.model, other.config.world.boundary)
    }

    /// The same parameters under another configuration.
    pub fn under(&self, config: Config) -> Self {
        Self { config: Arc::new(config), ..self.clone() }
    }
}

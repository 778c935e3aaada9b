//! A rule: what decides a world's next state, as an update of a run left it.

use std::sync::Arc;

use super::config::{Config, Model};

/// A configuration and the parameters that were learned under it. Whoever plays, compares or inspects holds one.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The update that left these parameters.
    pub update: u32,
    /// The configuration in force. A world played under the rule may be of another size.
    pub config: Arc<Config>,
    /// The parameters of f, g and V, laid out as `spec::params` says.
    pub params: Arc<[f32]>,
    /// The mean and the standard deviation of returns, which scale V's outputs.
    pub returns: (f32, f32),
}

impl Rule {
    /// Parameters that no update has left yet.
    pub fn new(config: &Config, params: Vec<f32>) -> Self {
        Self { update: 0, config: Arc::new(config.clone()), params: params.into(), returns: (0.0, 1.0) }
    }

    /// Whether a player that was made for the one can play the other: the rest is what it can be told.
    pub fn fits(&self, other: &Self) -> bool {
        let made = |rule: &Self| {
            let model = Model { temperature: 1.0, aggregator_temperature: 1.0, ..rule.config.model.clone() };
            (model, rule.config.world.boundary)
        };
        made(self) == made(other)
    }

    /// The same parameters under another configuration.
    pub fn under(&self, config: Config) -> Self {
        Self { config: Arc::new(config), ..self.clone() }
    }
}

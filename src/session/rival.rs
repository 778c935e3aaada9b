//! What runs beside the stage, for comparison.

use std::fmt;
use std::path::PathBuf;

use crate::spec::grid::Boundary;
use crate::spec::rule::Rule;

/// What runs beside the stage from the same state, for comparison. What is not said is as on the stage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rival {
    /// The checkpoint whose rule it runs under.
    pub checkpoint: Option<PathBuf>,
    /// The update of the run whose rule it runs under, or the newest before it that is kept.
    pub update: Option<u32>,
    /// The seed of its random numbers.
    pub seed: Option<u32>,
    /// Whether it takes the most probable colours.
    pub greedy: Option<bool>,
    /// What f's logits are divided by.
    pub temperature: Option<f32>,
    /// What g's logits are divided by.
    pub aggregator_temperature: Option<f32>,
    /// What lies beyond its edges.
    pub boundary: Option<Boundary>,
    /// The cell (row, column) whose colour is changed at its start: how far does the damage spread?
    pub flip: Option<(usize, usize)>,
}

impl Rival {
    /// The rule that it runs under, made of another.
    pub(super) fn rule(&self, rule: &Rule) -> Rule {
        let mut config = (*rule.config).clone();
        let model = &mut config.model;
        model.temperature = self.temperature.unwrap_or(model.temperature);
        model.aggregator_temperature = self.aggregator_temperature.unwrap_or(model.aggregator_temperature);
        config.world.boundary = self.boundary.unwrap_or(config.world.boundary);
        rule.under(config)
    }
}

impl fmt::Display for Rival {
    /// What is not as on the stage.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = |path: &PathBuf| path.display().to_string();
        let parts = [
            self.checkpoint.as_ref().map(file),
            self.update.map(|update| format!("update {update}")),
            self.seed.map(|seed| format!("seed {seed}")),
            self.greedy.map(|greedy| if greedy { "no chance" } else { "chance" }.to_owned()),
            self.temperature.map(|temperature| format!("temperature {temperature}")),
            self.aggregator_temperature.map(|temperature| format!("g's temperature {temperature}")),
            self.boundary.map(|boundary| format!("{boundary:?}").to_lowercase()),
            self.flip.map(|_| "one cell flipped".to_owned()),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

//! A configuration together with the pictures that it names, so that whoever computes or learns opens no file.

use std::sync::Arc;

use super::config::Config;
use super::grid::Grid;
use super::start;

/// What a run needs to begin, and to go on under other settings.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The configuration.
    pub config: Config,
    /// The picture for the term `target`, in its own size; without one it is the built-in emblem.
    pub target: Option<Arc<Grid>>,
    /// The pictures that worlds start from, in the worlds' size; not read where no world is going to start.
    pub pictures: Option<Arc<[Grid]>>,
}

impl Scenario {
    /// A configuration without pictures.
    pub fn new(config: Config) -> Self {
        Self { config, target: None, pictures: None }
    }

    /// The worlds' states after start number `number`.
    pub fn worlds(&self, number: u32) -> Vec<Grid> {
        let (world, seed) = (&self.config.world, self.config.run.seed);
        let pictures = self.pictures.as_deref().unwrap_or_default();
        let state = |n| start::state(&world.start, pictures, world.size, seed, (number, n));
        (0..world.count as u32).map(state).collect()
    }
}

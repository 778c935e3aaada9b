//! S*, the picture that the reward term `target` compares with.

use std::path::Path;

use super::EngineError;
use crate::files::{Colours, pattern};
use crate::spec::config::Config;
use crate::spec::grid::Grid;

/// The configuration's target, or the built-in emblem, on a grid of the worlds' size.
pub fn picture(config: &Config) -> Result<Grid, EngineError> {
    let (height, width) = config.world.size;
    match &config.reward.target {
        Some(path) => pattern::open(Path::new(path), Colours::Exact)
            .map(|picture| picture.centred(height, width))
            .map_err(|error| EngineError::Input(error.to_string())),
        None => Ok(emblem(height, width)),
    }
}

/// A disc of rings: colour by the distance from the centre.
fn emblem(height: usize, width: usize) -> Grid {
    let radius = height.min(width) as f64 / 2.0;
    let ring = |row: usize, column: usize| {
        let (y, x) = (row as f64 + 0.5 - height as f64 / 2.0, column as f64 + 0.5 - width as f64 / 2.0);
        let share = y.hypot(x) / radius;
        if share < 0.9 { 9 - (share / 0.9 * 3.0) as u8 * 3 } else { 0 }
    };
    let cells = (0..height * width).map(|i| ring(i / width, i % width)).collect();
    Grid { height, width, cells }
}

//! The engine whose kernels are WGSL.
//!
//! It evaluates f_θ once for each distinct window (`forward`), since f_θ depends on a window's key alone; sampling, losses
//! and credit stay per agent, and the gradient that reaches a window is the sum over its agents in a fixed order.

mod buffers;
mod forward;
pub mod gpu;
mod hyper;
mod peak;
pub(crate) mod places;
mod player;
mod rewards;
mod rollout;
pub mod shape;
mod training;
mod update;

pub use hyper::{Hyper, TERM_QUADS};

use super::{About, Engine, EngineError, Peak};
use crate::spec::grid::Grid;
use crate::spec::rule::Rule;
use crate::spec::scenario::Scenario;
use gpu::{Gpu, GpuError};
use player::Player;
use training::Training;

impl Engine for Gpu {
    fn about(&self) -> About {
        About {
            name: self.info.name.clone(),
            backend: format!("{:?}", self.info.backend),
            driver: format!("{} {}", self.info.driver, self.info.driver_info),
            software: self.is_software(),
        }
    }

    fn training(&self, scenario: &Scenario, steps: usize) -> Result<Box<dyn super::Training>, EngineError> {
        Ok(Box::new(Training::new(self, scenario, steps)?))
    }

    fn player(&self, rule: &Rule, grid: &Grid, seed: u32) -> Result<Box<dyn super::Player>, EngineError> {
        Ok(Box::new(Player::new(self, rule, grid, seed)?))
    }

    fn peak(&self) -> Result<Peak, EngineError> {
        peak::peak(self)
    }
}

impl From<GpuError> for EngineError {
    fn from(error: GpuError) -> Self {
        Self::Device(error.to_string())
    }
}

fn cells_from_grid(grid: &Grid) -> Vec<u32> {
    grid.cells.iter().map(|&cell| u32::from(cell)).collect()
}

fn grid_from_cells(height: usize, width: usize, cells: &[u32]) -> Grid {
    Grid { height, width, cells: cells.iter().map(|&cell| cell as u8).collect() }
}

//! The engine whose kernels are WGSL.
//!
//! It evaluates f_θ once for each distinct window (`forward`), since f_θ depends on a window's key alone; sampling, losses
//! and credit stay per agent, and the gradient that reaches a window is the sum over its agents in a fixed order.

pub(crate) mod buffers;
pub(crate) mod forward;
pub mod gpu;
mod hyper;
mod inspect;
mod peak;
mod player;
mod rewards;
pub(crate) mod rollout;
pub mod shape;
pub(crate) mod target;
pub(crate) mod update;

pub use hyper::Hyper;
pub use inspect::{Aftermath, Field, FieldMap, Inspection, Vote};
pub use peak::{Peak, peak};
pub use player::{Player, Probe};

use super::EngineError;
use crate::spec::grid::Grid;

pub(crate) fn cells_from_grid(grid: &Grid) -> Vec<u32> {
    grid.cells.iter().map(|&cell| u32::from(cell)).collect()
}

pub(crate) fn grid_from_cells(height: usize, width: usize, cells: &[u32]) -> Grid {
    Grid { height, width, cells: cells.iter().map(|&cell| cell as u8).collect() }
}

//! L0: what the system *is*, without a device: grids and windows, the configuration and its settings, the parameter
//! table, counter-based random numbers, the reward terms in f64, measures of order and motion.
//!
//! Everything here is plain data; every other layer reads its shapes and constants from here.

pub mod config;
pub mod grid;
pub mod measures;
pub mod optimiser;
pub mod params;
pub mod philox;
pub mod presets;
pub mod reward;
pub mod rule;
pub mod scenario;
pub mod settings;
pub mod start;
pub mod target;
pub mod terms;
pub mod transition;

/// Number of colours, C.
pub const COLOURS: usize = 10;
/// Cells of a window, and votes that a pixel can get.
pub const SLOTS: usize = 9;
/// Hidden units of the critic, V.
pub const CRITIC_WIDTH: usize = 16;
/// The critic's parameters learn so many times faster than the others: it must foresee returns while they still change.
pub const CRITIC_RATE: f32 = 3.0;
/// Added to the variance in every layer norm.
pub const NORM_EPS: f32 = 1e-5;

//! The player, as every engine has one.

use super::player::Player;
use crate::engine::{self, EngineError, Field, FieldMap, Inspection, Probe};
use crate::spec::config::Config;
use crate::spec::grid::Grid;
use crate::spec::rule::Rule;

impl engine::Player for Player {
    fn config(&self) -> &Config {
        self.config()
    }

    fn size(&self) -> (usize, usize) {
        self.size()
    }

    fn steps(&self) -> u32 {
        self.steps()
    }

    fn step(&mut self, greedy: bool) -> Result<(), EngineError> {
        self.step(greedy)
    }

    fn grid(&self) -> Result<Grid, EngineError> {
        self.grid()
    }

    fn transition(&self) -> Result<Option<(Grid, Grid)>, EngineError> {
        self.transition()
    }

    fn set_grid(&mut self, grid: &Grid) -> Result<(), EngineError> {
        self.set_grid(grid)
    }

    fn set_before(&mut self, grid: &Grid) -> Result<(), EngineError> {
        self.set_before(grid)
    }

    fn set_noise(&mut self, seed: u32, steps: u32) {
        self.set_noise(seed, steps);
    }

    fn set_rule(&mut self, rule: &Rule) {
        self.set_rule(rule);
    }

    fn probe(&mut self) -> Result<Probe, EngineError> {
        self.probe()
    }

    fn inspect(&mut self, row: usize, column: usize, greedy: bool) -> Result<Inspection, EngineError> {
        self.inspect(row, column, greedy)
    }

    fn field(&mut self, field: Field, greedy: bool) -> Result<Option<FieldMap>, EngineError> {
        self.field(field, greedy)
    }
}

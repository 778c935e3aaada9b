//! A world in play: the stage, and `primordia play`.

use super::gpu::Gpu;
use super::world::{Lens, World};
use crate::engine::{self, EngineError, Field, FieldMap, Inspection, Probe};
use crate::spec::config::Config;
use crate::spec::grid::Grid;
use crate::spec::rule::Rule;

/// A world, and what looks into it.
pub struct Player {
    world: World,
    /// Made when somebody looks.
    lens: Option<Lens>,
}

impl Player {
    pub fn new(gpu: &Gpu, rule: &Rule, grid: &Grid, seed: u32) -> Result<Self, EngineError> {
        Ok(Self { world: World::new(gpu, rule, grid, seed)?, lens: None })
    }

    fn look(&mut self) -> Result<(&Lens, &mut World), EngineError> {
        let lens = match self.lens.take() {
            Some(lens) => lens,
            None => Lens::new(&self.world)?,
        };
        Ok((self.lens.insert(lens), &mut self.world))
    }
}

impl engine::Player for Player {
    fn config(&self) -> &Config {
        self.world.config()
    }

    fn size(&self) -> (usize, usize) {
        self.world.size()
    }

    fn steps(&self) -> u32 {
        self.world.steps()
    }

    fn step(&mut self, greedy: bool) -> Result<(), EngineError> {
        self.world.step(greedy)
    }

    fn grid(&self) -> Result<Grid, EngineError> {
        self.world.grid()
    }

    fn transition(&self) -> Result<Option<(Grid, Grid)>, EngineError> {
        self.world.transition()
    }

    fn set_grid(&mut self, grid: &Grid) -> Result<(), EngineError> {
        self.world.set_grid(grid)
    }

    fn set_before(&mut self, grid: &Grid) -> Result<(), EngineError> {
        self.world.set_before(grid)
    }

    fn set_noise(&mut self, seed: u32, steps: u32) {
        self.world.set_noise(seed, steps);
    }

    fn set_rule(&mut self, rule: &Rule) {
        let before = self.world.aim();
        self.world.set_rule(rule);
        if self.world.aim() != before {
            // It holds the picture.
            self.lens = None;
        }
    }

    fn probe(&mut self) -> Result<Probe, EngineError> {
        let (lens, world) = self.look()?;
        lens.probe(world)
    }

    fn inspect(&mut self, row: usize, column: usize, greedy: bool) -> Result<Inspection, EngineError> {
        let (lens, world) = self.look()?;
        lens.inspect(world, (row, column), greedy)
    }

    fn field(&mut self, field: Field, greedy: bool) -> Result<Option<FieldMap>, EngineError> {
        let (lens, world) = self.look()?;
        lens.field(world, field, greedy)
    }
}

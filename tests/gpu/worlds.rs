//! Worlds of telling sizes: one window, a workgroup of windows and one more or less, ragged rows, several grids.

use primordia::engine::wgsl::Hyper;
use primordia::spec::config::Config;
use primordia::spec::grid::{Boundary, Windows};
use rand::seq::SliceRandom;

use crate::compare::Case;
use crate::reference::fixtures::{self, Noise};

#[derive(Debug, Clone, Copy)]
pub struct World {
    pub height: usize,
    pub width: usize,
    pub boundary: Boundary,
    /// Grids looked at together.
    pub grids: usize,
}

const fn case(name: &'static str, height: usize, width: usize, boundary: Boundary, grids: usize) -> Case<World> {
    Case { name, of: World { height, width, boundary, grids } }
}

pub const WORLDS: &[Case<World>] = &[
    case("one window", 3, 3, Boundary::Bounded, 1),
    case("the smallest torus", 3, 3, Boundary::Torus, 2),
    case("63 windows", 9, 7, Boundary::Torus, 1),
    case("64 windows", 8, 8, Boundary::Torus, 1),
    case("65 windows", 7, 15, Boundary::Bounded, 1),
    case("ragged, bounded", 8, 13, Boundary::Bounded, 3),
    case("ragged, torus", 6, 11, Boundary::Torus, 3),
    case("wide", 4, 29, Boundary::Torus, 2),
];

impl World {
    pub fn windows(&self) -> Windows {
        Windows::new(self.height, self.width, self.boundary)
    }

    pub fn cells(&self) -> usize {
        self.height * self.width
    }

    /// Of all grids.
    pub fn agents(&self) -> usize {
        self.grids * self.windows().count()
    }

    /// Settings away from their defaults, on these worlds.
    pub fn config(&self) -> Config {
        let mut config = Config { model: fixtures::model(16, 1, 2, 1), ..Config::default() };
        config.world.size = (self.height, self.width);
        config.world.boundary = self.boundary;
        config.world.count = self.grids;
        config.run.seed = 77;
        config.ppo.clip = 0.2;
        config.ppo.entropy_coef = 0.03;
        config.ppo.value_coef = 0.75;
        config.ppo.steps_per_update = 5;
        config
    }

    pub fn hyper(&self) -> Hyper {
        hyper(&self.config())
    }
}

/// The uniform of a configuration.
pub fn hyper(config: &Config) -> Hyper {
    Hyper::new(config, config.world.size, config.world.count, config.run.seed)
}

/// `n` normal numbers.
pub fn normals(n: usize, what: u32) -> Vec<f64> {
    let mut noise = Noise::new(11, what);
    (0..n).map(|_| f64::from(noise.normal() as f32)).collect()
}

/// 0..n in a seeded order.
pub fn shuffled(n: usize, what: u32) -> Vec<u32> {
    let mut noise = Noise::new(12, what);
    let mut order: Vec<u32> = (0..n as u32).collect();
    order.shuffle(&mut noise.0);
    order
}

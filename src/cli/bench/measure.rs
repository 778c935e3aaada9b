//! What is measured: runs and stages whose windows are as alike as asked.

use std::collections::HashSet;
use std::fmt;
use std::time::Instant;

use primordia::engine::Engine;
use primordia::learn::{self, Learner, Tick};
use primordia::spec::COLOURS;
use primordia::spec::config::Config;
use primordia::spec::grid::{Grid, Windows, key_from_colours};
use primordia::spec::params::Params;
use primordia::spec::philox::{Philox, Stream};
use primordia::spec::rule::Rule;
use primordia::spec::scenario::Scenario;
use rand::RngExt;
use serde::Serialize;

use super::CliError;

/// Worlds of a run.
const WORLDS: usize = 4;
/// Updates that are timed, after one that compiles.
const UPDATES: usize = 3;

/// A run to be timed.
#[derive(Debug, Clone, Copy)]
pub struct LearningCase {
    side: usize,
    d_model: usize,
    /// Distinct windows over agent-steps, as far as the worlds allow; 1: noise, new at every step.
    distinct: f64,
}

impl LearningCase {
    pub fn all(quick: bool) -> Vec<Self> {
        let (sides, widths): (&[usize], &[usize]) = if quick { (&[16], &[16]) } else { (&[16, 64], &[16, 32]) };
        let shares: &[f64] = if quick { &[1.0, 0.01] } else { &[1.0, 0.1, 0.01, 0.001] };
        let mut all = Vec::new();
        for &side in sides {
            for &d_model in widths {
                all.extend(shares.iter().map(|&distinct| Self { side, d_model, distinct }));
            }
        }
        all
    }

    pub fn of(side: usize, d_model: usize, distinct: f64) -> Self {
        Self { side, d_model, distinct }
    }

    fn steps(self) -> usize {
        // No more agent-steps than a minute or two allow; fewer steps where frozen worlds have to differ more.
        let most = (1 << 17) / (WORLDS * self.side * self.side);
        let few = if self.distinct < 1.0 { (1.0 / self.distinct) as usize } else { usize::MAX };
        50.min(most).min(few).max(4)
    }

    /// A run with these worlds; it learns at a rate that leaves them so.
    pub fn learner(self, engine: &dyn Engine) -> Result<Box<dyn Learner>, CliError> {
        let frozen = self.distinct < 1.0;
        let mut config = Config::default();
        config.model.d_model = self.d_model;
        config.world.size = (self.side, self.side);
        config.world.count = WORLDS;
        config.ppo.steps_per_update = self.steps();
        config.ppo.learning_rate = 1e-7;
        still(&mut config, frozen);
        let scenario = Scenario::new(config);
        let learner = learn::begin(engine, scenario.clone())?;
        if !frozen {
            return Ok(learner);
        }
        let windows = (self.distinct * (self.steps() * WORLDS * self.side * self.side) as f64) as usize;
        let mut checkpoint = learner.checkpoint().clone();
        checkpoint.worlds = (0..WORLDS as u32).map(|n| patch(self.side, windows / WORLDS, n)).collect();
        Ok(learn::resume(engine, scenario, checkpoint)?)
    }
}

impl fmt::Display for LearningCase {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { side, d_model, distinct } = self;
        write!(f, "learning: {WORLDS} worlds of {side}×{side}, d {d_model}, {} % distinct", 100.0 * distinct)
    }
}

/// A rule that keeps its state, or one that draws every cell anew.
fn still(config: &mut Config, frozen: bool) {
    let model = &mut config.model;
    (model.copy_bias, model.temperature) = if frozen { (10.0, 0.2) } else { (0.0, 1.0) };
    (model.aggregator_centre, model.aggregator_others) = if frozen { (20.0, 0.0) } else { (0.0, 0.0) };
}

/// A state of one colour with a patch of noise in it that makes about so many windows.
fn patch(side: usize, windows: usize, number: u32) -> Grid {
    let mut draws = Philox { seed: 1, stream: Stream::Hand }.draws(number, 0);
    // Every window that the patch touches, and the one of a single colour.
    let around = (windows as f64 - 1.0).max(9.0).sqrt() - 2.0;
    let (mut rows, mut columns) = (around.floor() as usize, around.ceil() as usize);
    if windows >= side * side {
        (rows, columns) = (side, side);
    }
    let colour = |cell: usize| {
        let inside = cell / side < rows && cell % side < columns;
        if inside { draws.random_range(0..COLOURS as u8) } else { 0 }
    };
    Grid { height: side, width: side, cells: (0..side * side).map(colour).collect() }
}

/// A run's speed.
#[derive(Debug, Serialize)]
pub struct Learning {
    pub worlds: usize,
    pub side: usize,
    pub d_model: usize,
    pub steps_per_update: usize,
    pub distinct: f64,
    /// Agent-steps over the rollout's seconds alone.
    pub rollout_per_second: f64,
    /// Agent-steps over the update's seconds alone, all epochs together.
    pub update_per_second: f64,
    pub agent_steps_per_second: f64,
    pub mebibytes: f64,
}

pub fn learning(engine: &dyn Engine, case: LearningCase) -> Result<Learning, CliError> {
    let mut trainer = case.learner(engine)?;
    let mut distinct = 0.0;
    let (mut rollout, mut update) = (0.0, 0.0);
    for counted in std::iter::once(false).chain([true; UPDATES]) {
        loop {
            let rolling = trainer.is_rolling_out();
            let began = Instant::now();
            let tick = trainer.tick()?;
            let seconds = if counted { began.elapsed().as_secs_f64() } else { 0.0 };
            *(if rolling { &mut rollout } else { &mut update }) += seconds;
            if let Tick::Updated(metrics) = tick {
                distinct = metrics.distinct_windows;
                break;
            }
        }
    }
    let agent_steps = (UPDATES * case.steps() * WORLDS * case.side * case.side) as f64;
    Ok(Learning {
        worlds: WORLDS,
        side: case.side,
        d_model: case.d_model,
        steps_per_update: case.steps(),
        distinct,
        rollout_per_second: agent_steps / rollout,
        update_per_second: agent_steps / update,
        agent_steps_per_second: agent_steps / (rollout + update),
        mebibytes: trainer.device_bytes() as f64 / f64::from(1 << 20),
    })
}

/// A stage to be timed.
#[derive(Debug, Clone, Copy)]
pub struct StageCase {
    side: usize,
    d_model: usize,
    distinct: f64,
}

impl StageCase {
    /// Sizes at one share of distinct windows, then shares at one size.
    pub fn all(quick: bool) -> Vec<Self> {
        let (sides, shares): (&[usize], &[f64]) =
            if quick { (&[64, 256], &[0.1]) } else { (&[64, 128, 256, 512, 1024], &[1.0, 0.3, 0.1, 0.03, 0.001]) };
        let of = |side, distinct| Self { side, d_model: 16, distinct };
        sides.iter().map(|&side| of(side, 0.01)).chain(shares.iter().map(|&share| of(256, share))).collect()
    }
}

impl fmt::Display for StageCase {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "a stage of {0}×{0}, {1} % distinct", self.side, 100.0 * self.distinct)
    }
}

/// Distinct windows over windows.
fn share(grid: &Grid) -> f64 {
    let windows = Windows::new(grid.height, grid.width, Config::default().world.boundary);
    let keys: HashSet<u32> =
        (0..windows.count()).map(|window| key_from_colours(&windows.colours(grid, window))).collect();
    keys.len() as f64 / windows.count() as f64
}

/// A stage's speed.
#[derive(Debug, Serialize)]
pub struct Stage {
    pub side: usize,
    pub d_model: usize,
    /// The share of distinct windows that was asked for.
    pub asked: f64,
    /// What share of the state's windows they are.
    pub distinct: f64,
    /// A step under a rule that has just changed: no window is known yet.
    pub first_milliseconds: f64,
    /// A step while the rule stays: windows that were seen are known.
    pub milliseconds: f64,
    pub cells_per_second: f64,
}

pub fn stage(engine: &dyn Engine, case: StageCase) -> Result<Stage, CliError> {
    let mut config = Config::default();
    config.model.d_model = case.d_model;
    still(&mut config, true);
    let rule = Rule::new(&config, Params::new(&config.model).initial(0));
    let cells = case.side * case.side;
    let grid = patch(case.side, (case.distinct * cells as f64) as usize, 0);
    let mut player = engine.player(&rule, &grid, 0)?;
    let mut timed = |steps: usize| {
        let began = Instant::now();
        (0..steps).try_for_each(|_| player.step(false)).map(|()| began.elapsed().as_secs_f64() / steps as f64)
    };
    let later = (1 << 21) / cells + 2;
    let (_compiled, _) = (timed(1)?, timed(2)?);
    let seconds = timed(later)?;
    player.set_rule(&rule);
    let began = Instant::now();
    player.step(false)?;
    let first = began.elapsed().as_secs_f64();
    Ok(Stage {
        side: case.side,
        d_model: case.d_model,
        asked: case.distinct,
        distinct: share(&grid),
        first_milliseconds: 1e3 * first,
        milliseconds: 1e3 * seconds,
        cells_per_second: cells as f64 / seconds,
    })
}

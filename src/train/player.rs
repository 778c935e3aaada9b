//! One world under fixed parameters: the stage, and `primordia play`.

use std::sync::Arc;

use super::buffers::{Buffers, Plan};
use super::forward::{Draw, Forward, Memory, Span, pass};
use super::hyper::Hyper;
use super::inspect::Lens;
use super::shape::Shape;
use super::{TrainError, cells_from_grid, grid_from_cells};
use crate::gpu::Gpu;
use crate::spec::COLOURS;
use crate::spec::config::{Config, Term};
use crate::spec::grid::{Grid, Windows};

/// Agents that a player looks at together.
const CHUNK: usize = 1 << 16;

/// What the model says of one state: N windows, H×W pixels.
#[derive(Debug, Clone)]
pub struct Probe {
    /// (N, 9) colours.
    pub windows: Vec<u8>,
    /// (N, 9, 10): f_θ's logits, copy bias included, before the temperature.
    pub logits: Vec<f32>,
    /// (N): V in units of return.
    pub value: Vec<f32>,
    /// (H, W, 10): g_ψ's logits for the argmax proposals, before the temperature.
    pub aggregator_logits: Vec<f32>,
}

/// One world under fixed parameters.
pub struct Player {
    pub(super) gpu: Gpu,
    pub(super) config: Config,
    pub(super) windows: Windows,
    seed: u32,
    pub(super) steps: u32,
    pub(super) forward: Forward,
    pub(super) buffers: Buffers,
    /// Which of the first two grids in `states` is the state now; steps go from each to the other.
    pub(super) now: usize,
    /// Whether a step led from the other one to it.
    pub(super) stepped: bool,
    /// Whether V of each of the two is known, at its place in `values`.
    pub(super) valued: [bool; 2],
    /// Made when somebody looks.
    pub(super) lens: Option<Arc<Lens>>,
}

/// Grids in `states`: two in turn, and one for colours that are drawn to be looked at only.
const GRIDS: usize = 3;
/// The one to be looked at only.
pub(super) const SKETCH: usize = 2;

impl Player {
    /// A world in this state; `config` gives the architecture, boundary and temperatures.
    pub fn new(gpu: &Gpu, config: &Config, params: &[f32], grid: &Grid, seed: u32) -> Result<Self, TrainError> {
        let windows = Windows::new(grid.height, grid.width, config.world.boundary);
        let shape = Shape::new(&config.model, windows.count().min(CHUNK));
        let cells = grid.cells.len();
        let mut plan = Plan::default();
        Forward::plan(&shape, &mut plan);
        plan.add("states", GRIDS * cells, 4);
        plan.add("grids", GRIDS, 4);
        plan.add("proposals", 2 * windows.count(), 4);
        plan.add("log_probs", windows.count(), 4);
        plan.add("colour_log_probs", cells, 4);
        plan.add("values", 2 * windows.count(), 4);
        let buffers = plan.allocate(gpu, "this world", "its size")?;
        let forward = Forward::new(gpu, &buffers, &shape, &shape.constants(gpu))?;
        let mut player = Self {
            gpu: gpu.clone(),
            config: config.clone(),
            windows,
            seed,
            steps: 0,
            forward,
            buffers,
            now: 0,
            stepped: false,
            valued: [false; 2],
            lens: None,
        };
        player.write("grids", &[0, 1, 2]);
        player.set_params(params);
        player.set_returns(0.0, 1.0);
        player.write_hyper();
        player.set_grid(grid)?;
        Ok(player)
    }

    /// Steps once. `greedy`: argmax instead of draws, for f and for g.
    pub fn step(&mut self, greedy: bool) -> Result<(), TrainError> {
        let draw = self.draw(greedy);
        let next = 1 - self.now;
        let mut encoder = self.gpu.encoder();
        for span in self.spans() {
            if span.first > 0 {
                self.gpu.finish(encoder)?;
                encoder = self.gpu.encoder();
            }
            self.forward.make_room(&self.gpu, &self.buffers, span.n)?;
            self.forward.evaluate(&mut encoder, &self.buffers, span, false, Memory::Kept);
            self.forward.propose(&mut pass(&mut encoder), span, draw);
        }
        self.forward.aggregate(&mut pass(&mut encoder), 0..self.cells(), next, draw);
        self.gpu.finish(encoder)?;
        (self.now, self.stepped) = (next, true);
        self.valued[next] = false;
        self.steps += 1;
        Ok(())
    }

    /// The draws of the coming step.
    pub(super) fn draw(&self, greedy: bool) -> Draw {
        Draw { grid: 0, step: self.steps, world: 0, greedy }
    }

    pub(super) fn cells(&self) -> usize {
        self.windows.height * self.windows.width
    }

    /// The configuration in force; its worlds' size is not this world's.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Steps taken: with the seed and the states set, all that the future depends on.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// Goes on under this seed, counting steps from here: the same state, seed and count have the same future.
    pub fn set_noise(&mut self, seed: u32, steps: u32) {
        (self.seed, self.steps) = (seed, steps);
        self.write_hyper();
    }

    /// Height and width of the world.
    pub fn size(&self) -> (usize, usize) {
        (self.windows.height, self.windows.width)
    }

    /// The state now.
    pub fn grid(&self) -> Result<Grid, TrainError> {
        Ok(self.grids(&[self.now])?.remove(0))
    }

    /// The state before the last step and the state after it; none where the state was set since.
    pub fn transition(&self) -> Result<Option<(Grid, Grid)>, TrainError> {
        if !self.stepped {
            return Ok(None);
        }
        let mut grids = self.grids(&[1 - self.now, self.now])?;
        Ok(grids.pop().and_then(|after| Some((grids.pop()?, after))))
    }

    fn grids(&self, which: &[usize]) -> Result<Vec<Grid>, TrainError> {
        let bytes = 4 * self.cells() as u64;
        let parts: Vec<_> = which.iter().map(|&grid| (&self.buffers["states"], grid as u64 * bytes, bytes)).collect();
        let (height, width) = (self.windows.height, self.windows.width);
        Ok(self.gpu.read::<u32>(&parts)?.iter().map(|cells| grid_from_cells(height, width, cells)).collect())
    }

    /// Replaces the state (of the same size) and goes on counting steps.
    pub fn set_grid(&mut self, grid: &Grid) -> Result<(), TrainError> {
        if (grid.height, grid.width) != (self.windows.height, self.windows.width) {
            return Err(TrainError::Input(format!(
                "a state of {}×{} cells does not fit a world of {}×{}",
                grid.height, grid.width, self.windows.height, self.windows.width
            )));
        }
        let at = 4 * (self.now * self.cells()) as u64;
        self.gpu.queue.write_buffer(&self.buffers["states"], at, bytemuck::cast_slice(&cells_from_grid(grid)));
        self.stepped = false;
        self.valued[self.now] = false;
        Ok(())
    }

    /// Says which state (of the same size) a step led from to the state now, where that was set.
    pub fn set_before(&mut self, grid: &Grid) -> Result<(), TrainError> {
        self.now = 1 - self.now;
        let done = self.set_grid(grid);
        self.now = 1 - self.now;
        self.stepped = done.is_ok();
        done
    }

    /// Replaces the parameters (of the same architecture).
    pub fn set_params(&mut self, params: &[f32]) {
        self.valued = [false; 2];
        self.forward.forget();
        self.write("params", params);
    }

    /// Replaces the mean and the standard deviation of returns, which V's outputs are scaled by.
    pub fn set_returns(&mut self, mean: f32, std: f32) {
        self.valued = [false; 2];
        self.write("returns", &[mean, std]);
    }

    /// Takes over the settings that count while a world is played: temperatures, the reward and the discount.
    pub fn set_settings(&mut self, config: &Config) {
        let target = |config: &Config| (config.reward.target.clone(), config.weight(Term::Target) != 0.0);
        if target(&self.config) != target(config) {
            // It holds the picture.
            self.lens = None;
        }
        if self.config.model.temperature != config.model.temperature {
            self.forward.forget();
        }
        self.config.model.temperature = config.model.temperature;
        self.config.model.aggregator_temperature = config.model.aggregator_temperature;
        self.config.reward = config.reward.clone();
        self.config.ppo.gamma = config.ppo.gamma;
        self.write_hyper();
    }

    fn write<T: bytemuck::Pod>(&self, name: &str, values: &[T]) {
        self.gpu.queue.write_buffer(&self.buffers[name], 0, bytemuck::cast_slice(values));
    }

    fn write_hyper(&self) {
        let mut hyper = Hyper::new(&self.config, (self.windows.height, self.windows.width), 1, self.seed);
        // A step is looked at by itself.
        hyper.steps = 1;
        self.write("hyper", &[hyper]);
    }

    /// The windows of the state now, as many at a time as are looked at together.
    pub(super) fn spans(&self) -> Vec<Span> {
        let n = self.windows.count();
        (0..n)
            .step_by(self.forward.shape.chunk)
            .map(|first| Span { grids_first: self.now, first, n: self.forward.shape.chunk.min(n - first) })
            .collect()
    }

    /// Whether all windows are looked at together, which V needs: it takes from a window's neighbours.
    pub(super) fn sees_whole(&self) -> bool {
        self.windows.count() <= self.forward.shape.chunk
    }

    /// V of every window of one of the two grids, from place N·`grid` on, unless it is known.
    pub(super) fn values(&mut self, encoder: &mut wgpu::CommandEncoder, grid: usize) {
        if self.valued[grid] {
            return;
        }
        let n = self.windows.count();
        self.evaluate(encoder, grid, Memory::Kept);
        self.forward.value(&mut pass(encoder), n, n * grid);
        self.valued[grid] = true;
    }

    /// f of every window of one of the two grids, and what V takes from it.
    fn evaluate(&mut self, encoder: &mut wgpu::CommandEncoder, grid: usize, memory: Memory) {
        let span = Span { grids_first: grid, first: 0, n: self.windows.count() };
        self.forward.evaluate(encoder, &self.buffers, span, true, memory);
        self.forward.hidden(&mut pass(encoder), 1, &self.windows);
    }

    /// What the model says of the state now, without stepping. V's outputs are scaled by the mean and the standard
    /// deviation of returns.
    pub fn probe(&mut self, return_mean: f32, return_std: f32) -> Result<Probe, TrainError> {
        let n = self.windows.count();
        if !self.sees_whole() {
            return Err(TrainError::Input(format!("a probe takes at most {CHUNK} windows, and this state has {n}")));
        }
        let lens = self.lens()?;
        self.set_returns(return_mean, return_std);
        let span = Span { grids_first: self.now, first: 0, n };
        let mut encoder = self.gpu.encoder();
        self.evaluate(&mut encoder, self.now, Memory::Fresh);
        self.forward.value(&mut pass(&mut encoder), n, n * self.now);
        self.forward.propose(&mut pass(&mut encoder), span, self.draw(true));
        lens.scores(&mut pass(&mut encoder), 0..self.cells());
        self.gpu.finish(encoder)?;

        let words = |name, count: usize| (&lens.buffers[name], 0, 4 * count as u64);
        let values = (&self.buffers["values"], 4 * (n * self.now) as u64, 4 * n as u64);
        let floats = self.gpu.read::<f32>(&[words("logits", n * 108), values, words("scores", 12 * self.cells())])?;
        let slots = self.gpu.read::<u32>(&[words("agent_slot", n)])?.remove(0);
        let grid = self.grid()?;
        let temperature = self.config.model.temperature;
        let logits = slots.iter().flat_map(|&slot| {
            let rows = &floats[0][slot as usize * 108..][..108];
            rows.chunks_exact(12).flat_map(|row| row[..COLOURS].iter().map(|logit| logit * temperature))
        });
        Ok(Probe {
            windows: (0..n).flat_map(|index| self.windows.colours(&grid, index)).collect(),
            logits: logits.collect(),
            value: floats[1].clone(),
            aggregator_logits: floats[2].chunks_exact(12).flat_map(|row| &row[..COLOURS]).copied().collect(),
        })
    }
}

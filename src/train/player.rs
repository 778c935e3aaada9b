//! One world under fixed parameters: the stage, and `primordia play`.

use super::buffers::{Buffers, Plan};
use super::forward::{Draw, Forward, Span, pass};
use super::hyper::Hyper;
use super::shape::Shape;
use super::{TrainError, cells_from_grid, grid_from_cells};
use crate::gpu::Gpu;
use crate::spec::config::Config;
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
    gpu: Gpu,
    config: Config,
    windows: Windows,
    seed: u32,
    steps: u32,
    forward: Forward,
    buffers: Buffers,
}

impl Player {
    /// A world in this state; `config` gives the architecture, boundary and temperatures.
    pub fn new(gpu: &Gpu, config: &Config, params: &[f32], grid: &Grid, seed: u32) -> Result<Self, TrainError> {
        let windows = Windows::new(grid.height, grid.width, config.world.boundary);
        let shape = Shape::new(&config.model, windows.count().min(CHUNK));
        let cells = grid.cells.len();
        let mut plan = Plan::default();
        Forward::plan(&shape, &mut plan);
        plan.add("states", 2 * cells, 4);
        plan.add("grids", 1, 4);
        plan.add("proposals", 2 * windows.count(), 4);
        plan.add("log_probs", windows.count(), 4);
        plan.add("colour_log_probs", cells, 4);
        plan.add("values", windows.count(), 4);
        let buffers = plan.allocate(gpu, "this world", "its size")?;
        let forward = Forward::new(gpu, &buffers, &shape, &shape.constants(gpu))?;
        let mut player = Self { gpu: gpu.clone(), config: config.clone(), windows, seed, steps: 0, forward, buffers };
        player.set_params(params);
        player.write_hyper();
        player.set_grid(grid)?;
        Ok(player)
    }

    /// Steps once. `greedy`: argmax instead of draws, for f and for g.
    pub fn step(&mut self, greedy: bool) -> Result<(), TrainError> {
        let cells = self.windows.height * self.windows.width;
        let draw = Draw { grid: 0, step: self.steps, world: 0, greedy };
        let mut encoder = self.gpu.encoder();
        for span in self.spans() {
            self.forward.distinct(&mut encoder, &self.buffers, span, false);
            self.forward.evaluate(&mut encoder, &self.buffers, span.n, false);
            self.forward.propose(&mut pass(&mut encoder), span, draw);
        }
        self.forward.aggregate(&mut pass(&mut encoder), cells, 1, draw);
        let bytes = 4 * cells as u64;
        // By way of a buffer that is free by now: a copy within one buffer is not allowed.
        let [states, free] = ["states", "colour_log_probs"].map(|name| &self.buffers[name]);
        encoder.copy_buffer_to_buffer(states, bytes, free, 0, bytes);
        encoder.copy_buffer_to_buffer(free, 0, states, 0, bytes);
        self.gpu.finish(encoder)?;
        self.steps += 1;
        Ok(())
    }

    /// Steps taken: with the seed and the states set, all that the future depends on.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// Goes on counting steps from here: the same state, seed and count have the same future.
    pub fn set_steps(&mut self, steps: u32) {
        self.steps = steps;
    }

    /// Height and width of the world.
    pub fn size(&self) -> (usize, usize) {
        (self.windows.height, self.windows.width)
    }

    /// The state now.
    pub fn grid(&self) -> Result<Grid, TrainError> {
        let bytes = 4 * (self.windows.height * self.windows.width) as u64;
        let cells = self.gpu.read::<u32>(&[(&self.buffers["states"], 0, bytes)])?.remove(0);
        Ok(grid_from_cells(self.windows.height, self.windows.width, &cells))
    }

    /// Replaces the state (of the same size) and goes on counting steps.
    pub fn set_grid(&mut self, grid: &Grid) -> Result<(), TrainError> {
        if (grid.height, grid.width) != (self.windows.height, self.windows.width) {
            return Err(TrainError::Input(format!(
                "a state of {}×{} cells does not fit a world of {}×{}",
                grid.height, grid.width, self.windows.height, self.windows.width
            )));
        }
        self.gpu.queue.write_buffer(&self.buffers["states"], 0, bytemuck::cast_slice(&cells_from_grid(grid)));
        Ok(())
    }

    /// Replaces the parameters (of the same architecture).
    pub fn set_params(&mut self, params: &[f32]) {
        self.gpu.queue.write_buffer(&self.buffers["params"], 0, bytemuck::cast_slice(params));
    }

    /// Replaces the temperatures by the configuration's.
    pub fn set_temperatures(&mut self, config: &Config) {
        self.config.model.temperature = config.model.temperature;
        self.config.model.aggregator_temperature = config.model.aggregator_temperature;
        self.write_hyper();
    }

    fn write_hyper(&self) {
        let hyper = Hyper::new(&self.config, (self.windows.height, self.windows.width), 1, self.seed);
        self.gpu.queue.write_buffer(&self.buffers["hyper"], 0, bytemuck::bytes_of(&hyper));
    }

    fn spans(&self) -> Vec<Span> {
        let n = self.windows.count();
        (0..n)
            .step_by(self.forward.shape.chunk)
            .map(|first| Span { grids_first: 0, first, n: self.forward.shape.chunk.min(n - first) })
            .collect()
    }

    /// What the model says of the state now, without stepping. V's outputs are scaled by the mean and the standard
    /// deviation of returns.
    pub fn probe(&mut self, return_mean: f32, return_std: f32) -> Result<Probe, TrainError> {
        let n = self.windows.count();
        if n > self.forward.shape.chunk {
            return Err(TrainError::Input(format!("a probe takes at most {CHUNK} windows, and this state has {n}")));
        }
        self.gpu.queue.write_buffer(&self.buffers["returns"], 0, bytemuck::cast_slice(&[return_mean, return_std]));
        let span = Span { grids_first: 0, first: 0, n };
        let mut encoder = self.gpu.encoder();
        self.forward.distinct(&mut encoder, &self.buffers, span, false);
        self.forward.evaluate(&mut encoder, &self.buffers, n, true);
        {
            let mut pass = pass(&mut encoder);
            self.forward.value(&mut pass, n, 0);
            let draw = Draw { grid: 0, step: self.steps, world: 0, greedy: true };
            self.forward.propose(&mut pass, span, draw);
        }
        self.gpu.finish(encoder)?;

        let buffers = &self.buffers;
        let words = |name, count: usize| (&buffers[name], 0, 4 * count as u64);
        let aggregator = self.forward.shape.params.aggregator;
        let weights = (&buffers["params"], 4 * aggregator.offset as u64, 4 * aggregator.len() as u64);
        let floats = self.gpu.read::<f32>(&[words("logits", n * 108), words("values", n), weights])?;
        let whole = self.gpu.read::<u32>(&[words("agent_slot", n), words("proposals", 2 * n)])?;
        let grid = self.grid()?;
        let temperature = self.config.model.temperature;
        let logits = whole[0].iter().flat_map(|&slot| {
            let rows = &floats[0][slot as usize * 108..][..108];
            rows.chunks_exact(12).flat_map(|row| row[..10].iter().map(|logit| logit * temperature))
        });
        Ok(Probe {
            windows: (0..n).flat_map(|index| self.windows.colours(&grid, index)).collect(),
            logits: logits.collect(),
            value: floats[1].clone(),
            aggregator_logits: self.aggregator_logits(&floats[2], &whole[1]),
        })
    }

    /// z for given proposals: b + Σ_k W_k[vote_k], summed here for want of a kernel that keeps it.
    fn aggregator_logits(&self, weights: &[f32], proposals: &[u32]) -> Vec<f32> {
        let w = self.windows;
        let stride = self.forward.shape.params.aggregator.stride;
        let row = |index: usize| &weights[index * stride..][..10];
        let mut out = Vec::with_capacity(w.height * w.width * 10);
        for pixel in 0..w.height * w.width {
            let mut z: Vec<f32> = row(90).to_vec();
            for k in 0..9 {
                let r = (pixel / w.width + w.height + 1 - k / 3) % w.height;
                let c = (pixel % w.width + w.width + 1 - k % 3) % w.width;
                let (r, c) = (r.wrapping_sub(w.origin), c.wrapping_sub(w.origin));
                if r < w.rows && c < w.columns {
                    let agent = r * w.columns + c;
                    let vote = (proposals[2 * agent + k / 8] >> (4 * (k % 8))) & 15;
                    for (sum, weight) in z.iter_mut().zip(row(10 * k + vote as usize)) {
                        *sum += weight;
                    }
                }
            }
            out.extend(z);
        }
        out
    }
}

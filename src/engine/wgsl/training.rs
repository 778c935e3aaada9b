//! Worlds to learn on: the buffers and kernels of rollouts and updates, put together.

use super::buffers::{Buffers, Plan};
use super::forward::Forward;
use super::gpu::{self, Gpu};
use super::hyper::{Hyper, TERM_QUADS};
use super::places::{counts, report, sums};
use super::rollout::{Extent, Rollout};
use super::shape::Shape;
use super::update::{Chunk, Update};
use super::{cells_from_grid, grid_from_cells};
use crate::engine::{self, EngineError, Minibatch, Report};
use crate::spec::config::Term;
use crate::spec::grid::{Grid, Windows};
use crate::spec::optimiser::Optimiser;
use crate::spec::scenario::Scenario;
use crate::spec::target;
use crate::spec::terms::TERMS;

/// B worlds, parameters, and what PPO needs.
pub struct Training {
    gpu: Gpu,
    /// Of the shaders that the kernels were made from.
    generation: u32,
    extent: Extent,
    forward: Forward,
    rollout: Rollout,
    learning: Update,
    buffers: Buffers,
    /// Windows of the rollout that were evaluated: no fewer than there are distinct ones.
    distinct: usize,
}

fn kernels(gpu: &Gpu, buffers: &Buffers, shape: &Shape) -> Result<(Forward, Rollout, Update), EngineError> {
    let constants = shape.constants(gpu).with("LOG_PROBS");
    let forward = Forward::new(gpu, buffers, shape, &constants)?;
    Ok((forward, Rollout::new(gpu, buffers, &constants)?, Update::new(gpu, buffers, shape, &constants)?))
}

impl Training {
    /// For rollouts of so many steps.
    pub fn new(gpu: &Gpu, scenario: &Scenario, steps: usize) -> Result<Self, EngineError> {
        let config = &scenario.config;
        let (height, width) = config.world.size;
        let windows = Windows::new(height, width, config.world.boundary);
        let worlds = config.world.count;
        // Larger chunks share more windows; smaller ones let a software device's other users through sooner.
        let largest = if gpu.is_software() { 1 << 14 } else { 1 << 17 };
        let chunk_grids = (largest / windows.count()).clamp(1, worlds * steps);
        let extent = Extent { windows, worlds, steps, chunk_grids };
        let shape = Shape::new(&config.model, chunk_grids * windows.count());

        let mut plan = Plan::default();
        Forward::plan(&shape, shape.chunk, 0, &mut plan);
        Rollout::plan(&extent, &mut plan);
        Update::plan(&shape, &extent, chunk_grids * extent.cells(), &mut plan);
        let buffers = plan.allocate(gpu, "this run", "world.size, world.count or ppo.steps_per_update")?;
        let (generation, (forward, rollout, learning)) = (gpu::generation(), kernels(gpu, &buffers, &shape)?);
        let mut training =
            Self { gpu: gpu.clone(), generation, forward, rollout, learning, extent, buffers, distinct: 0 };
        let grids: Vec<u32> = (0..((steps + 1) * worlds) as u32).collect();
        training.write("grids", &grids);
        engine::Rollout::configure(&mut training, scenario);
        Ok(training)
    }

    /// Makes the kernels anew where their files were edited; what they work on stays in the buffers.
    fn refresh(&mut self) -> Result<(), EngineError> {
        let generation = gpu::generation();
        if self.generation != generation {
            let once = self.forward.once;
            (self.forward, self.rollout, self.learning) = kernels(&self.gpu, &self.buffers, &self.forward.shape)?;
            (self.generation, self.forward.once) = (generation, once);
        }
        Ok(())
    }

    fn write<T: bytemuck::Pod>(&self, name: &str, values: &[T]) {
        self.write_at(name, 0, values);
    }

    fn write_at<T: bytemuck::Pod>(&self, name: &str, first: usize, values: &[T]) {
        self.gpu.queue.write_buffer(&self.buffers[name], 4 * first as u64, bytemuck::cast_slice(values));
    }

    fn count(&self, which: usize) -> Result<u32, EngineError> {
        Ok(self.gpu.read::<u32>(&[(&self.buffers["counts"], 4 * which as u64, 4)])?[0][0])
    }

    /// Floats from the beginnings of buffers.
    fn floats<const N: usize>(&self, parts: [(&str, usize); N]) -> Result<[Vec<f32>; N], EngineError> {
        let parts = parts.map(|(name, len)| (&self.buffers[name], 0, 4 * len as u64));
        Ok(self.gpu.read::<f32>(&parts)?.try_into().expect("a part comes back for each"))
    }
}

impl engine::Rollout for Training {
    fn configure(&mut self, scenario: &Scenario) {
        let config = &scenario.config;
        let (height, width) = config.world.size;
        self.forward.once = config.run.evaluate_once;
        let mut hyper = Hyper::new(config, (height, width), self.extent.worlds, config.run.seed);
        hyper.steps = self.extent.steps as u32;
        self.write("hyper", &[hyper]);
        if config.weight(Term::Target) != 0.0 {
            let picture = target::on_grid(scenario.target.as_deref(), height, width);
            self.write("target_picture", &cells_from_grid(&picture));
        }
    }

    fn set_params(&mut self, params: &[f32]) {
        self.write("params", params);
        self.forward.forget();
    }

    fn begin(&mut self, worlds: &[Grid]) {
        let cells: Vec<u32> = worlds.iter().flat_map(cells_from_grid).collect();
        self.write("states", &cells);
        let mut encoder = self.gpu.encoder();
        encoder.clear_buffer(&self.buffers["report"], 0, None);
        encoder.clear_buffer(&self.buffers["counts"], 0, Some(4 * counts::ADAM_STEPS as u64));
        self.gpu.queue.submit([encoder.finish()]);
        self.forward.forget();
    }

    fn steps(&mut self, from: usize, noise: u32) -> Result<usize, EngineError> {
        if from == 0 {
            self.refresh()?;
        }
        let slice = if self.gpu.is_software() { 1 << 14 } else { 1 << 18 };
        let made = (from + (slice / self.extent.agents()).max(1)).min(self.extent.steps);
        self.forward.make_room(&self.gpu, &self.buffers, (made - from) * self.extent.agents())?;
        let mut encoder = self.gpu.encoder();
        let step = noise.wrapping_add(from as u32);
        self.rollout.steps(&mut encoder, &self.buffers, &mut self.forward, &self.extent, from..made, step);
        self.rollout.judge(&mut encoder, &self.buffers, &self.extent, from..made);
        self.gpu.finish(encoder)?;
        Ok(made)
    }

    fn worlds(&self, steps: usize) -> Result<Vec<Grid>, EngineError> {
        let bytes = 4 * (self.extent.cells() * self.extent.worlds) as u64;
        let cells = self.gpu.read::<u32>(&[(&self.buffers["states"], steps as u64 * bytes, bytes)])?.remove(0);
        let (height, width) = (self.extent.windows.height, self.extent.windows.width);
        Ok(cells.chunks_exact(self.extent.cells()).map(|cells| grid_from_cells(height, width, cells)).collect())
    }

    fn term_sums(&self) -> Result<Vec<[f32; TERMS]>, EngineError> {
        let [sums] = self.floats([("term_sums", 4 * TERM_QUADS * self.extent.worlds)])?;
        Ok(sums.chunks_exact(4 * TERM_QUADS).map(|sums| std::array::from_fn(|term| sums[term])).collect())
    }

    fn bytes(&self) -> u64 {
        self.buffers.bytes
    }

    fn read(&self, name: &str) -> Result<Vec<u32>, EngineError> {
        let buffer = &self.buffers[name];
        Ok(self.gpu.read::<u32>(&[(buffer, 0, buffer.size())])?.remove(0))
    }
}

impl engine::Training for Training {
    fn set_learned(&mut self, (mean, std): (f32, f32), adam: &Optimiser) {
        self.write("returns", &[mean, std, 0.0, 1.0]);
        self.write("adam_m", &adam.state["m"]);
        self.write("adam_v", &adam.state["v"]);
        self.write_at("counts", counts::ADAM_STEPS, &[adam.step]);
    }

    fn advantages(&mut self) -> Result<(), EngineError> {
        self.forward.make_room(&self.gpu, &self.buffers, self.extent.agents())?;
        let mut encoder = self.gpu.encoder();
        self.rollout.last_values(&mut encoder, &self.buffers, &mut self.forward, &self.extent);
        self.learning.advantages(&mut encoder, &self.buffers, &self.extent);
        self.gpu.finish(encoder)?;
        self.distinct = self.count(counts::DISTINCT)? as usize;
        Ok(())
    }

    fn minibatch(&mut self, grids: &[u32], done: usize) -> Result<Minibatch, EngineError> {
        // Behind every grid in order.
        let place = (self.extent.steps + 1) * self.extent.worlds;
        let here = (grids.len() - done).min(self.extent.chunk_grids);
        let mut encoder = self.gpu.encoder();
        if done == 0 {
            self.write_at("grids", place, grids);
            self.learning.begin(&mut encoder, &self.buffers);
        }
        let chunk = Chunk { grids_first: place + done, grids: here, of: grids.len(), distinct: self.distinct };
        self.learning.chunk(&mut encoder, &self.buffers, &mut self.forward, &self.extent, chunk);
        let done = done + here;
        if done < grids.len() {
            self.gpu.finish(encoder)?;
            return Ok(Minibatch::Working(done));
        }
        self.learning.end(&mut encoder, &self.forward.shape, &self.extent, grids.len());
        self.gpu.finish(encoder)?;
        let stopped = self.count(counts::STOPPED)? != 0;
        Ok(if stopped { Minibatch::Stopped } else { Minibatch::Taken })
    }

    fn learned(&self) -> Result<(Vec<f32>, (f32, f32), Optimiser), EngineError> {
        let len = self.forward.shape.params.len;
        let [params, m, v, returns] =
            self.floats([("params", len), ("adam_m", len), ("adam_v", len), ("returns", 2)])?;
        let adam = Optimiser::adam(self.count(counts::ADAM_STEPS)?, m, v);
        Ok((params, (returns[0], returns[1]), adam))
    }

    fn report(&self) -> Result<Report, EngineError> {
        let [report, sums] = self.floats([("report", report::LEN), ("sums", 4 * sums::LEN)])?;
        let taken = f64::from(report[report::TAKEN]).max(1.0);
        let mean = |entry: usize| f64::from(report[entry]) / taken;
        let spread = |lane: usize| f64::from(sums[4 * sums::SPREADS + lane]);
        Ok(Report {
            policy_loss: mean(report::POLICY_LOSS),
            value_loss: mean(report::VALUE_LOSS),
            aggregator_loss: mean(report::AGGREGATOR_LOSS),
            entropy: mean(report::ENTROPY),
            aggregator_entropy: mean(report::AGGREGATOR_ENTROPY),
            clip_fraction: mean(report::CLIP_FRACTION),
            grad_norm: mean(report::GRAD_NORM),
            kl: f64::from(report[report::KL]),
            explained_variance: if spread(1) > 1e-9 { 1.0 - spread(0) / spread(1) } else { 0.0 },
            evaluated: self.count(counts::DISTINCT)?,
            finite: report[report::NOT_FINITE] == 0.0,
        })
    }
}

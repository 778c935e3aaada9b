//! A learning run: rollout, update, report, again. Synchronous and deterministic.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::{Metrics, Tick};
use crate::engine::EngineError;
use crate::engine::wgsl::Hyper;
use crate::engine::wgsl::buffers::{Buffers, Plan};
use crate::engine::wgsl::forward::{Forward, counts};
use crate::engine::wgsl::gpu::Gpu;
use crate::engine::wgsl::rollout::{Extent, Rollout};
use crate::engine::wgsl::shape::Shape;
use crate::engine::wgsl::update::{Chunk, Update, report, sums};
use crate::engine::wgsl::{cells_from_grid, grid_from_cells, target};
use crate::files::checkpoint::Checkpoint;
use crate::files::pattern;
use crate::spec::config::{Config, Term};
use crate::spec::grid::{Grid, Windows};
use crate::spec::philox::{Philox, Stream};
use crate::spec::rule::Rule;
use crate::spec::settings::{Effect, SETTINGS};
use crate::spec::start::{self, start_state};

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum Phase {
    Step(usize),
    Advantages,
    Chunk { epoch: usize, minibatch: usize, chunk: usize },
    Report,
}

/// A learning run: B worlds, parameters, and what PPO needs.
pub struct Trainer {
    gpu: Gpu,
    /// In force.
    config: Config,
    /// In force with the next update.
    wanted: Config,
    extent: Extent,
    forward: Forward,
    rollout: Rollout,
    learning: Update,
    buffers: Buffers,
    phase: Phase,
    /// Windows of the rollout that were evaluated: no fewer than there are distinct ones.
    distinct: usize,
    /// As of the last finished update.
    saved: Checkpoint,
    params: Arc<[f32]>,
    fresh: bool,
    update_seconds: f64,
}

impl Trainer {
    /// A new run.
    pub fn new(gpu: &Gpu, config: Config) -> Result<Self, EngineError> {
        let mut trainer = Self::build(gpu, config)?;
        let table = &trainer.forward.shape.params;
        let worlds = starts(&trainer.config, 0)?;
        trainer.saved.params = table.initial(trainer.config.run.seed);
        trainer.saved.adam_m = vec![0.0; table.len];
        trainer.saved.adam_v = vec![0.0; table.len];
        trainer.saved.worlds = worlds;
        trainer.saved.starts = 1;
        trainer.load()?;
        Ok(trainer)
    }

    /// A run taken up where a checkpoint left it: what follows is bit for bit what would have followed.
    pub fn resume(gpu: &Gpu, checkpoint: Checkpoint) -> Result<Self, EngineError> {
        let mut trainer = Self::build(gpu, checkpoint.config.clone())?;
        trainer.saved = checkpoint;
        trainer.load()?;
        Ok(trainer)
    }

    /// The device's side of a run: buffers and kernels, before there is a state.
    fn build(gpu: &Gpu, config: Config) -> Result<Self, EngineError> {
        let (height, width) = config.world.size;
        let windows = Windows::new(height, width, config.world.boundary);
        let (worlds, steps) = (config.world.count, config.ppo.steps_per_update);
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
        let constants = shape.constants(gpu).with("LOG_PROBS");
        let forward = Forward::new(gpu, &buffers, &shape, &constants)?;
        let rollout = Rollout::new(gpu, &buffers, &constants)?;
        let learning = Update::new(gpu, &buffers, &shape, &constants)?;

        let saved = Checkpoint {
            config: config.clone(),
            update: 0,
            step: 0,
            starts: 0,
            agent_steps: 0,
            seconds: 0.0,
            params: Vec::new(),
            adam_m: Vec::new(),
            adam_v: Vec::new(),
            adam_step: 0,
            return_mean: 0.0,
            return_std: 1.0,
            worlds: Vec::new(),
        };
        Ok(Self {
            gpu: gpu.clone(),
            wanted: config.clone(),
            config,
            extent,
            forward,
            rollout,
            learning,
            buffers,
            phase: Phase::Step(0),
            distinct: 0,
            saved,
            params: Arc::new([]),
            fresh: false,
            update_seconds: 0.0,
        })
    }

    /// What the last finished update left.
    pub fn rule(&self) -> Rule {
        let returns = (self.saved.return_mean, self.saved.return_std);
        Rule {
            update: self.saved.update,
            config: Arc::new(self.config.clone()),
            params: Arc::clone(&self.params),
            returns,
        }
    }

    /// Puts the saved state on the device.
    fn load(&mut self) -> Result<(), EngineError> {
        let c = &self.saved;
        self.write("params", &c.params);
        self.write("adam_m", &c.adam_m);
        self.write("adam_v", &c.adam_v);
        self.write("returns", &[c.return_mean, c.return_std, 0.0, 1.0]);
        self.write("counts", &[0, 0, 0, c.adam_step, 0, 0]);
        let grids: Vec<u32> = (0..((self.extent.steps + 1) * self.extent.worlds) as u32).collect();
        self.write("grids", &grids);
        self.write_worlds(&c.worlds);
        self.params = c.params.clone().into();
        self.apply()
    }

    fn write<T: bytemuck::Pod>(&self, name: &str, values: &[T]) {
        self.gpu.queue.write_buffer(&self.buffers[name], 0, bytemuck::cast_slice(values));
    }

    fn write_worlds(&self, worlds: &[Grid]) {
        let cells: Vec<u32> = worlds.iter().flat_map(cells_from_grid).collect();
        self.write("states", &cells);
    }

    /// Puts the configuration in force on the device.
    fn apply(&mut self) -> Result<(), EngineError> {
        self.forward.once = self.config.run.evaluate_once;
        let (height, width) = self.config.world.size;
        self.write("hyper", &[Hyper::new(&self.config, (height, width), self.extent.worlds, self.config.run.seed)]);
        if self.config.weight(Term::Target) != 0.0 {
            self.write("target_picture", &cells_from_grid(&target::picture(&self.config)?));
        }
        Ok(())
    }

    /// Does a slice of work (some milliseconds on a GPU, tens on a software one) and waits for it.
    pub fn tick(&mut self) -> Result<Tick, EngineError> {
        let began = Instant::now();
        let mut metrics = None;
        self.phase = match self.phase {
            Phase::Step(t) => self.steps(t)?,
            Phase::Advantages => self.advantages()?,
            Phase::Chunk { epoch, minibatch, chunk } => self.chunk(epoch, minibatch, chunk)?,
            Phase::Report => {
                metrics = Some(self.report()?);
                Phase::Step(0)
            }
        };
        let seconds = began.elapsed().as_secs_f64();
        self.update_seconds += seconds;
        self.saved.seconds += seconds;
        Ok(match metrics {
            Some(mut metrics) => {
                metrics.seconds = self.saved.seconds;
                metrics.agent_steps_per_second = self.agent_steps() as f64 / self.update_seconds;
                self.update_seconds = 0.0;
                Tick::Updated(Box::new(metrics))
            }
            None => Tick::Working,
        })
    }

    fn agent_steps(&self) -> u64 {
        (self.extent.agents() * self.extent.steps) as u64
    }

    fn begin(&mut self, encoder: &mut wgpu::CommandEncoder) -> Result<(), EngineError> {
        let begun_anew = self.wanted.world.start != self.config.world.start;
        if self.wanted != self.config {
            self.config = self.wanted.clone();
            self.apply()?;
        }
        let every = self.config.world.fresh_every;
        let due = every > 0 && self.saved.update > 0 && self.saved.update.is_multiple_of(every);
        self.fresh = begun_anew || due;
        if self.fresh {
            self.write_worlds(&starts(&self.config, self.saved.starts)?);
        } else if self.saved.update > 0 {
            self.write_worlds(&self.saved.worlds);
        }
        encoder.clear_buffer(&self.buffers["report"], 0, None);
        encoder.clear_buffer(&self.buffers["counts"], 0, Some(4 * counts::ADAM_STEPS as u64));
        self.forward.forget();
        Ok(())
    }

    fn steps(&mut self, first: usize) -> Result<Phase, EngineError> {
        let slice = if self.gpu.is_software() { 1 << 14 } else { 1 << 18 };
        let last = (first + (slice / self.extent.agents()).max(1)).min(self.extent.steps);
        self.forward.make_room(&self.gpu, &self.buffers, (last - first) * self.extent.agents())?;
        let mut encoder = self.gpu.encoder();
        if first == 0 {
            self.begin(&mut encoder)?;
        }
        let step = self.saved.step.wrapping_add(first as u32);
        self.rollout.steps(&mut encoder, &self.buffers, &mut self.forward, &self.extent, first..last, step);
        self.rollout.judge(&mut encoder, &self.buffers, &self.extent, first..last);
        self.gpu.finish(encoder)?;
        Ok(if last < self.extent.steps { Phase::Step(last) } else { Phase::Advantages })
    }

    fn advantages(&mut self) -> Result<Phase, EngineError> {
        self.forward.make_room(&self.gpu, &self.buffers, self.extent.agents())?;
        let mut encoder = self.gpu.encoder();
        self.rollout.last_values(&mut encoder, &self.buffers, &mut self.forward, &self.extent);
        self.learning.advantages(&mut encoder, &self.buffers, &self.extent);
        self.gpu.finish(encoder)?;
        self.distinct =
            self.gpu.read::<u32>(&[(&self.buffers["counts"], 4 * counts::DISTINCT as u64, 4)])?[0][0] as usize;
        Ok(Phase::Chunk { epoch: 0, minibatch: 0, chunk: 0 })
    }

    fn chunk(&mut self, epoch: usize, minibatch: usize, chunk: usize) -> Result<Phase, EngineError> {
        let grids = self.extent.steps * self.extent.worlds;
        let minibatches = self.config.ppo.minibatches;
        let order_at = grids + self.extent.worlds;
        if (minibatch, chunk) == (0, 0) {
            let bytes = 4 * order_at as u64;
            let order = self.order(epoch, grids);
            self.gpu.queue.write_buffer(&self.buffers["grids"], bytes, bytemuck::cast_slice(&order));
        }
        let begin = minibatch * grids / minibatches;
        let end = (minibatch + 1) * grids / minibatches;
        let size = self.forward.shape.chunk / self.extent.windows.count();
        let first = begin + chunk * size;
        let last = (first + size).min(end);

        let mut encoder = self.gpu.encoder();
        if chunk == 0 {
            self.learning.begin(&mut encoder, &self.buffers);
        }
        let of = end - begin;
        let part = Chunk { grids_first: order_at + first, grids: last - first, of, distinct: self.distinct };
        self.learning.chunk(&mut encoder, &self.buffers, &mut self.forward, &self.extent, part);
        if last < end {
            self.gpu.finish(encoder)?;
            return Ok(Phase::Chunk { epoch, minibatch, chunk: chunk + 1 });
        }
        self.learning.end(&mut encoder, &self.forward.shape, &self.extent, end - begin);
        self.gpu.finish(encoder)?;
        let stopped = self.gpu.read::<u32>(&[(&self.buffers["counts"], 4 * counts::STOPPED as u64, 4)])?[0][0] != 0;
        Ok(if stopped || (epoch + 1, minibatch + 1) == (self.config.ppo.epochs, minibatches) {
            Phase::Report
        } else if minibatch + 1 == minibatches {
            Phase::Chunk { epoch: epoch + 1, minibatch: 0, chunk: 0 }
        } else {
            Phase::Chunk { epoch, minibatch: minibatch + 1, chunk: 0 }
        })
    }

    /// The rollout's grids, shuffled: sorted by a random word each.
    fn order(&self, epoch: usize, grids: usize) -> Vec<u32> {
        let noise = Philox { seed: self.config.run.seed, stream: Stream::Order };
        let mut order: Vec<u32> = (0..grids as u32).collect();
        order.sort_by_cached_key(|&grid| (noise.word(self.saved.update, epoch as u32, grid), grid));
        order
    }

    /// Ends an update: what it came to, and the run's state as it is now.
    fn report(&mut self) -> Result<Metrics, EngineError> {
        let extent = self.extent;
        let (len, cells) = (4 * self.forward.shape.params.len as u64, 4 * extent.cells() as u64);
        let buffers = &self.buffers;
        let whole = |name: &str, bytes: u64| (&buffers[name], 0, bytes);
        let floats = self.gpu.read::<f32>(&[
            whole("params", len),
            whole("adam_m", len),
            whole("adam_v", len),
            whole("returns", 16),
            whole("report", 4 * report::LEN as u64),
            whole("sums", 16 * sums::ROWS as u64),
            whole("term_sums", 32 * extent.worlds as u64),
        ])?;
        let [params, adam_m, adam_v, returns, report, sums, term_sums] =
            <[Vec<f32>; 7]>::try_from(floats).expect("seven parts were asked for");
        let finite = params.iter().chain(&adam_m).chain(&adam_v).chain(&returns).all(|value| value.is_finite());
        if !finite || report[report::NOT_FINITE] != 0.0 {
            return Err(EngineError::Diverged { update: self.saved.update + 1 });
        }
        let last = (extent.steps * extent.worlds) as u64 * cells;
        let whole = self
            .gpu
            .read::<u32>(&[(&buffers["counts"], 0, 16), (&buffers["states"], last, extent.worlds as u64 * cells)])?;

        let agent_steps = self.agent_steps() as f64;
        let terms: BTreeMap<Term, f64> = Term::ALL
            .into_iter()
            .map(|term| {
                let sum: f64 = term_sums.iter().skip(term as usize).step_by(8).map(|&sum| f64::from(sum)).sum();
                (term, sum / (extent.worlds * extent.steps) as f64)
            })
            .collect();
        let taken = f64::from(report[report::TAKEN]).max(1.0);
        let mean = |entry: usize| f64::from(report[entry]) / taken;
        let spread = |lane: usize| f64::from(sums[4 * sums::SPREADS + lane]);
        self.params = params.clone().into();
        self.saved = Checkpoint {
            config: self.config.clone(),
            update: self.saved.update + 1,
            step: self.saved.step.wrapping_add(extent.steps as u32),
            starts: self.saved.starts + u32::from(self.fresh),
            agent_steps: self.saved.agent_steps + self.agent_steps(),
            seconds: self.saved.seconds,
            params,
            adam_m,
            adam_v,
            adam_step: whole[0][counts::ADAM_STEPS],
            return_mean: returns[0],
            return_std: returns[1],
            worlds: whole[1]
                .chunks_exact(extent.cells())
                .map(|cells| grid_from_cells(extent.windows.height, extent.windows.width, cells))
                .collect(),
        };
        // The windows of T + 1 states.
        let looked_at = agent_steps * (extent.steps + 1) as f64 / extent.steps as f64;
        Ok(Metrics {
            update: self.saved.update,
            agent_steps: self.saved.agent_steps,
            seconds: self.saved.seconds,
            reward: terms.iter().map(|(&term, mean)| f64::from(self.config.weight(term)) * mean).sum(),
            terms,
            policy_loss: mean(report::POLICY_LOSS),
            value_loss: mean(report::VALUE_LOSS),
            aggregator_loss: mean(report::AGGREGATOR_LOSS),
            entropy: mean(report::ENTROPY),
            aggregator_entropy: mean(report::AGGREGATOR_ENTROPY),
            kl: f64::from(report[report::KL]),
            clip_fraction: mean(report::CLIP_FRACTION),
            explained_variance: if spread(1) > 1e-9 { 1.0 - spread(0) / spread(1) } else { 0.0 },
            grad_norm: mean(report::GRAD_NORM),
            distinct_windows: f64::from(whole[0][counts::DISTINCT]) / looked_at,
            agent_steps_per_second: 0.0,
        })
    }

    /// Changes settings that take effect with the next update; refuses those that need a restart.
    pub fn configure(&mut self, config: Config) -> Result<(), EngineError> {
        let restart =
            SETTINGS.iter().find(|setting| setting.effect == Effect::Restart && setting.differs(&self.config, &config));
        if let Some(setting) = restart {
            return Err(EngineError::NeedsRestart(setting.path));
        }
        crate::spec::settings::validate(&config).map_err(|error| EngineError::Input(error.to_string()))?;
        if config.weight(Term::Target) != 0.0 {
            target::picture(&config)?;
        }
        if config.world.start != self.config.world.start {
            starts(&config, 0)?;
        }
        self.wanted = config;
        Ok(())
    }

    /// The configuration that the current update runs under.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The configuration that the next update will run under.
    pub fn wanted(&self) -> &Config {
        &self.wanted
    }

    /// Whether the next tick belongs to the rollout, and not to the update.
    pub fn is_rolling_out(&self) -> bool {
        matches!(self.phase, Phase::Step(_))
    }

    /// Updates finished.
    pub fn updates(&self) -> u32 {
        self.saved.update
    }

    /// The run as it was after the last finished update.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.saved
    }

    /// The parameters after the last finished update, in the device's layout (`spec::params`).
    pub fn params(&self) -> Arc<[f32]> {
        Arc::clone(&self.params)
    }

    /// The worlds as they are now.
    pub fn worlds(&self) -> Result<Vec<Grid>, EngineError> {
        let t = match self.phase {
            Phase::Step(0) => return Ok(self.saved.worlds.clone()),
            Phase::Step(t) => t,
            _ => self.extent.steps,
        };
        let bytes = 4 * (self.extent.cells() * self.extent.worlds) as u64;
        let cells = self.gpu.read::<u32>(&[(&self.buffers["states"], t as u64 * bytes, bytes)])?.remove(0);
        let (height, width) = (self.extent.windows.height, self.extent.windows.width);
        Ok(cells.chunks_exact(self.extent.cells()).map(|cells| grid_from_cells(height, width, cells)).collect())
    }

    /// The words of a buffer on the device, by the name that the kernels call it: what the tests hold to the twin.
    pub fn read(&self, name: &str) -> Result<Vec<u32>, EngineError> {
        let buffer = &self.buffers[name];
        Ok(self.gpu.read::<u32>(&[(buffer, 0, buffer.size())])?.remove(0))
    }

    /// Bytes that the run takes on the device.
    pub fn device_bytes(&self) -> u64 {
        self.buffers.bytes
    }
}

/// The worlds' states after start number `number`.
fn starts(config: &Config, number: u32) -> Result<Vec<Grid>, EngineError> {
    let ((height, width), start, seed) = (config.world.size, &config.world.start, config.run.seed);
    let pictures = pattern::of_start(start, height, width).map_err(|error| EngineError::Input(error.to_string()))?;
    let state = |world| match start::picture(start, pictures.len(), seed, number, world) {
        Some(picture) => pictures[picture].clone(),
        None => start_state(start, height, width, seed, number, world).expect("a start is drawn or a picture"),
    };
    Ok((0..config.world.count as u32).map(state).collect())
}

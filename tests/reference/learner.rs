//! A whole run: rollouts, and updates by PPO.
//!
//! Rollout: for t in 0..T and each world, every window proposes, every pixel is drawn, the two states are rewarded;
//! V is taken at S_0..S_T. Update: GAE, return statistics, normalised advantages over everything; then epochs of
//! minibatches, each one clipped Adam step, until a minibatch's KL exceeds the target: its step and all later ones of
//! the update are skipped.

use primordia::spec::SLOTS;
use primordia::spec::config::{Config, Term};
use primordia::spec::grid::{Grid, Windows};
use primordia::spec::params::Params;
use primordia::spec::reward;

use super::adam::{self, Adam};
use super::gae::ReturnStats;
use super::linear::softmax;
use super::ppo::{self, Hyper, Losses, Sample};
use super::{Net, aggregator, credit, critic, gae, model, sampling, widened};

/// Steps of all worlds; grid (t, world) is number t·B + world.
#[derive(Debug, Clone)]
pub struct Rollout {
    /// (T·B): advantages and returns are empty until `update`.
    pub samples: Vec<Sample>,
    /// ((T + 1)·B, N): V in units of return.
    pub values: Vec<Vec<f64>>,
    /// (T·B, N).
    pub rewards: Vec<Vec<f64>>,
    /// (T·B, N): raw; empty until `update`.
    pub advantages: Vec<Vec<f64>>,
    /// The mean of the weighted reward over steps, worlds and positions.
    pub reward: f64,
    /// How near a draw came to another colour; see `sampling::draw`.
    pub margin: f64,
}

impl Rollout {
    /// Of V, by the raw returns; after `update`.
    pub fn explained_variance(&self) -> f64 {
        let (advantages, mut values) = (self.advantages.concat(), self.values.concat());
        values.truncate(advantages.len());
        let returns: Vec<f64> = advantages.iter().zip(&values).map(|(a, v)| a + v).collect();
        gae::explained_variance(&returns, &values)
    }
}

/// What one minibatch came to.
#[derive(Debug, Clone)]
pub struct Step {
    pub losses: Losses,
    /// Before clipping.
    pub gradient: Vec<f64>,
    /// Before clipping.
    pub gradient_norm: f64,
    /// Whether Adam stepped.
    pub taken: bool,
}

/// A run between two updates.
#[derive(Debug, Clone)]
pub struct Learner {
    pub config: Config,
    pub table: Params,
    pub windows: Windows,
    pub params: Vec<f64>,
    pub adam: Adam,
    pub returns: ReturnStats,
    pub worlds: Vec<Grid>,
    /// Steps that every world has taken.
    pub step: u32,
    /// Updates finished.
    pub updates: u32,
}

impl Learner {
    pub fn new(config: Config, params: &[f32], worlds: Vec<Grid>) -> Self {
        let table = Params::new(&config.model);
        let (height, width) = config.world.size;
        Self {
            windows: Windows::new(height, width, config.world.boundary),
            params: widened(params),
            adam: Adam::new(table.len),
            returns: ReturnStats::START,
            worlds,
            step: 0,
            updates: 0,
            config,
            table,
        }
    }

    pub fn net(&self) -> Net<'_> {
        Net { table: &self.table, model: &self.config.model, params: &self.params }
    }

    /// (N): V at every window, in units of return.
    pub fn values(&self, grid: &Grid) -> Vec<f64> {
        let net = self.net();
        let pooled: Vec<_> =
            (0..self.windows.count()).map(|p| model::forward(&net, &self.windows.colours(grid, p)).pooled).collect();
        let normalised = critic::forward(&net, &self.windows, &pooled).value;
        normalised.iter().map(|v| v * self.returns.std + self.returns.mean).collect()
    }

    /// One step of one world: the sample, without advantages and returns, and the smallest margin of its draws.
    pub fn act(&self, grid: &Grid, world: usize) -> (Sample, f64) {
        let (net, hyper, seed) = (self.net(), Hyper::from(&self.config), self.config.run.seed);
        let mut margin = f64::INFINITY;
        let mut draw = |probabilities: &[f64], uniform: f64| {
            let (colour, near) = sampling::draw(probabilities, uniform);
            margin = margin.min(near);
            colour
        };
        let proposals: Vec<[u8; SLOTS]> = (0..self.windows.count())
            .map(|p| {
                let logits = model::forward(&net, &self.windows.colours(grid, p)).logits;
                std::array::from_fn(|k| {
                    let uniform = sampling::proposal_uniform(seed, self.step, world, p, k);
                    draw(&softmax(&logits[k], hyper.temperature), uniform)
                })
            })
            .collect();
        let next: Vec<u8> = (0..grid.cells.len())
            .map(|q| {
                let logits = aggregator::logits(&net, &aggregator::votes(&self.windows, &proposals, q));
                let uniform = sampling::colour_uniform(seed, self.step, world, self.windows.width, q);
                draw(&softmax(&logits, hyper.aggregator_temperature), uniform)
            })
            .collect();
        (self.acted(grid, proposals, next), margin)
    }

    /// One step of one world that was drawn already.
    pub fn acted(&self, grid: &Grid, proposals: Vec<[u8; SLOTS]>, next: Vec<u8>) -> Sample {
        let (net, hyper) = (self.net(), Hyper::from(&self.config));
        let logp = (0..self.windows.count())
            .map(|p| {
                let logits = model::forward(&net, &self.windows.colours(grid, p)).logits;
                ppo::agent_logp(&logits, hyper.temperature, &proposals[p])
            })
            .collect();
        let aggregator_logp = (0..next.len())
            .map(|q| {
                let logits = aggregator::logits(&net, &aggregator::votes(&self.windows, &proposals, q));
                ppo::pixel_logp(&logits, hyper.aggregator_temperature, next[q])
            })
            .collect();
        let (advantages, returns) = (Vec::new(), Vec::new());
        Sample { state: grid.clone(), proposals, logp, next, aggregator_logp, advantages, returns }
    }

    /// The weighted sum of the reward terms of one transition: per block position, and per pixel (`target`).
    pub fn reward_maps(&self, state: &Grid, next: &Grid, target: Option<&Grid>) -> (Vec<f64>, Vec<f64>) {
        let (reward, boundary) = (&self.config.reward, self.config.world.boundary);
        let maps = reward::maps(state, next, reward.directions, boundary, target);
        let (rows, columns) = credit::block_positions(&self.windows);
        let (mut blocks, mut pixels) = (vec![0.0; rows * columns], vec![0.0; state.cells.len()]);
        for term in Term::ALL {
            let sum = if term.is_of_pixels() { &mut pixels } else { &mut blocks };
            for (sum, r) in sum.iter_mut().zip(maps.of(term)) {
                *sum += f64::from(self.config.weight(term)) * r;
            }
        }
        (blocks, pixels)
    }

    /// T steps of every world, which go on from where they are.
    pub fn rollout(&mut self, target: Option<&Grid>) -> Rollout {
        self.rollout_by(target, Self::act)
    }

    /// The same with each step by `act`, given its grid and world: as drawn here, or as it was drawn elsewhere.
    pub fn rollout_by(
        &mut self,
        target: Option<&Grid>,
        mut act: impl FnMut(&Self, &Grid, usize) -> (Sample, f64),
    ) -> Rollout {
        let mut rollout = Rollout {
            samples: Vec::new(),
            values: Vec::new(),
            rewards: Vec::new(),
            advantages: Vec::new(),
            reward: 0.0,
            margin: f64::INFINITY,
        };
        let steps = self.config.ppo.steps_per_update;
        let mean = |map: &[f64]| map.iter().sum::<f64>() / map.len() as f64;
        for _ in 0..steps {
            for world in 0..self.worlds.len() {
                let state = &self.worlds[world];
                rollout.values.push(self.values(state));
                let (sample, margin) = act(self, state, world);
                let next = Grid { cells: sample.next.clone(), ..*state };
                let (blocks, pixels) = self.reward_maps(state, &next, target);
                rollout.rewards.push(credit::credit(&blocks, &pixels, &self.windows, self.config.reward.credit));
                rollout.reward += (mean(&blocks) + mean(&pixels)) / (steps * self.worlds.len()) as f64;
                rollout.margin = rollout.margin.min(margin);
                rollout.samples.push(sample);
                self.worlds[world] = next;
            }
            self.step += 1;
        }
        for world in &self.worlds {
            rollout.values.push(self.values(world));
        }
        rollout
    }

    /// Advantages and returns of a rollout, and the return statistics that follow from it.
    pub fn assess(&mut self, rollout: &mut Rollout) {
        let (worlds, agents) = (self.worlds.len(), self.windows.count());
        let steps = rollout.samples.len() / worlds;
        let (gamma, lambda) = (self.config.ppo.gamma.into(), self.config.ppo.gae_lambda.into());
        rollout.advantages = vec![vec![0.0; agents]; rollout.samples.len()];
        for world in 0..worlds {
            for p in 0..agents {
                let rewards: Vec<f64> = (0..steps).map(|t| rollout.rewards[t * worlds + world][p]).collect();
                let values: Vec<f64> = (0..=steps).map(|t| rollout.values[t * worlds + world][p]).collect();
                for (t, advantage) in gae::gae(&rewards, &values, gamma, lambda).into_iter().enumerate() {
                    rollout.advantages[t * worlds + world][p] = advantage;
                }
            }
        }
        let raw = rollout.advantages.concat();
        let returns: Vec<f64> = raw.iter().zip(rollout.values.iter().flatten()).map(|(a, v)| a + v).collect();
        self.returns = ReturnStats::of(&returns);
        let normalised = gae::normalised(&raw);
        for (i, sample) in rollout.samples.iter_mut().enumerate() {
            let span = i * agents..(i + 1) * agents;
            sample.advantages = normalised[span.clone()].to_vec();
            sample.returns = returns[span].iter().map(|&r| self.returns.normalised(r)).collect();
        }
    }

    /// An update; `epochs` lists each epoch's minibatches, each a list of grids (t·B + world).
    pub fn update(&mut self, rollout: &mut Rollout, epochs: &[Vec<Vec<usize>>]) -> Vec<Step> {
        self.assess(rollout);
        let hyper = Hyper::from(&self.config);
        let config = self.config.ppo.clone();
        let mut reports: Vec<Step> = Vec::new();
        for minibatch in epochs.iter().flatten() {
            let batch: Vec<Sample> = minibatch.iter().map(|&i| rollout.samples[i].clone()).collect();
            let (losses, mut gradient) = ppo::gradient(&self.net(), &self.windows, &hyper, &batch);
            let unclipped = gradient.clone();
            let gradient_norm = adam::clip(&mut gradient, config.max_grad_norm.into());
            let going = reports.last().is_none_or(|step| step.taken);
            let taken = going && losses.kl <= f64::from(config.target_kl);
            if taken {
                let rates = adam::rates(&Params::new(&self.config.model), config.learning_rate.into());
                self.adam.step(&mut self.params, &gradient, rates, config.adam_eps.into());
            }
            reports.push(Step { losses, gradient: unclipped, gradient_norm, taken });
        }
        self.updates += 1;
        reports
    }
}

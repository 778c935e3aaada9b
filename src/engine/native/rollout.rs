//! Rollouts: worlds that step side by side, what happens to them, and what it was worth.

use super::agents::{Noise, Pairs, collect, draw, propose};
use super::critic::Critic;
use super::judge::Judge;
use super::known::{KNOWN, Keep, Keys, Known};
use super::lanes::{LANES, Lanes, Real, Wide};
use super::model::Net;
use crate::spec::config::Config;
use crate::spec::grid::Windows;
use crate::spec::terms::TERMS;

/// The sizes of a rollout.
#[derive(Clone, Copy)]
pub struct Extent {
    pub windows: Windows,
    pub worlds: usize,
    pub steps: usize,
    /// Windows and cells of a grid, to whole vectors.
    pub agents: usize,
    pub cells: usize,
}

impl Extent {
    pub fn new(config: &Config, steps: usize) -> Self {
        let ((height, width), worlds) = (config.world.size, config.world.count);
        let windows = Windows::new(height, width, config.world.boundary);
        let agents = windows.count().next_multiple_of(LANES);
        Self { windows, worlds, steps, agents, cells: (height * width).next_multiple_of(LANES) }
    }

    pub fn size(&self) -> usize {
        self.windows.height * self.windows.width
    }
}

/// What happened to one world, a grid a step.
pub struct World<R> {
    pub states: Vec<u8>,
    pub ids: Vec<u32>,
    pub proposals: Vec<Pairs>,
    pub votes: Vec<Pairs>,
    pub log_p: Vec<R>,
    pub colour_log_p: Vec<R>,
    /// In units of return, of T + 1 states.
    pub values: Vec<R>,
    /// Rewards until the rollout is at its end.
    pub advantages: Vec<R>,
    pub term_sums: [f64; TERMS],
    /// Sums over agents and steps of advantages and returns, then of their squared deviations.
    pub moments: [f64; 4],
}

impl<R: Real> World<R> {
    pub fn new(extent: &Extent) -> Self {
        let (agents, cells, steps) = (extent.agents, extent.cells, extent.steps);
        let zeros = |n| vec![R::default(); n];
        Self {
            states: vec![0; (steps + 1) * cells],
            ids: vec![0; (steps + 1) * agents],
            proposals: vec![Pairs::default(); steps * agents],
            votes: vec![Pairs::default(); steps * cells],
            log_p: zeros(steps * agents),
            colour_log_p: zeros(steps * cells),
            values: zeros((steps + 1) * agents),
            advantages: zeros(steps * agents),
            term_sums: [0.0; TERMS],
            moments: [0.0; 4],
        }
    }
}

/// Worlds that share a table of windows, and the room to look at them.
pub struct Shard<L: Lanes> {
    pub first: usize,
    pub worlds: Vec<World<L::Real>>,
    pub known: Known<L>,
    /// Whether the table was begun anew since the rollout began: numbers of windows then mean several.
    pub forgot: bool,
    pub keys: Keys,
    pub critic: Critic<L>,
    pub judge: Judge,
    pub reals: Vec<L::Real>,
}

impl<L: Lanes> Shard<L> {
    /// Knows, and values, the windows of every world's state after `t` steps.
    #[inline(always)]
    pub fn look(&mut self, net: &Net<L>, of: &Settings, world: usize, t: usize) {
        let Extent { windows, agents, cells, .. } = of.extent;
        let world = &mut self.worlds[world];
        self.keys.look(&windows, &world.states[t * cells..][..of.extent.size()], 0..windows.rows);
        let ids = &mut world.ids[t * agents..][..agents];
        if self.known.ids.keys.len() > KNOWN {
            self.known.clear(Keep::All);
            self.forgot = true;
        }
        self.known.look_up(net, &self.keys.keys, of.once, ids);
        let values = &mut world.values[t * agents..][..agents];
        let (mean, std) = (L::Real::of(of.returns.0), L::Real::of(of.returns.1));
        self.critic.forward(
            net,
            &self.known.projected,
            #[inline(always)]
            |p| ids[p] as usize,
            #[inline(always)]
            |p, value, _| {
                values[p] = value.mul_add(std, mean);
                Wide::default()
            },
        );
    }

    #[inline(always)]
    pub fn step(&mut self, net: &Net<L>, of: &Settings, t: usize, step: u32) {
        let Extent { windows, agents, cells, .. } = of.extent;
        for w in 0..self.worlds.len() {
            self.look(net, of, w, t);
            let (world, noise) = (&mut self.worlds[w], Noise { seed: of.seed, step, world: (self.first + w) as u32 });
            let (here, pixels) = (t * agents..(t + 1) * agents, t * cells..(t + 1) * cells);
            let proposals = &mut world.proposals[here.clone()];
            let (ids, log_p) = (&world.ids[here.clone()], &mut world.log_p[here.clone()]);
            propose(&self.known, ids, 0, noise, false, &mut proposals[..windows.count()], Some(log_p));
            let votes = &mut world.votes[pixels.clone()];
            for (row, votes) in votes[..of.extent.size()].chunks_exact_mut(windows.width).enumerate() {
                collect(&windows, proposals, row, votes);
            }
            noise.of_pixels::<L>(&windows, 0..windows.height, &mut self.reals);
            let (before, after) = world.states.split_at_mut((t + 1) * cells);
            let next = &mut after[..of.extent.size()];
            draw(net, votes, &self.reals, false, next, Some(&mut world.colour_log_p[pixels]));
            self.judge.judge(&before[t * cells..][..of.extent.size()], next);
            self.judge.pay(&mut world.advantages[here]);
            for (sum, mean) in world.term_sums.iter_mut().zip(self.judge.means) {
                *sum += mean;
            }
        }
    }

    /// Advantages in place of rewards, and the sums of them and of returns.
    #[inline(always)]
    pub fn advantages(&mut self, of: &Settings) {
        let Extent { windows, agents, steps, .. } = of.extent;
        let (gamma, decay) = (L::Real::of(of.gamma), L::Real::of(of.gamma * of.lambda));
        for world in &mut self.worlds {
            let mut ahead = vec![L::Real::default(); agents];
            for t in (0..steps).rev() {
                let paid = &mut world.advantages[t * agents..][..agents];
                let (now, next) = world.values[t * agents..][..2 * agents].split_at(agents);
                for p in 0..agents {
                    ahead[p] = paid[p] + gamma * next[p] - now[p] + decay * ahead[p];
                    paid[p] = ahead[p];
                }
            }
            world.moments = [0.0; 4];
            for (advantages, values) in world.advantages.chunks_exact(agents).zip(world.values.chunks_exact(agents)) {
                for (a, v) in advantages[..windows.count()].iter().zip(values) {
                    world.moments[0] += a.f64();
                    world.moments[1] += (*a + *v).f64();
                }
            }
        }
    }

    /// Sums of squared deviations from the means of all.
    #[inline(always)]
    pub fn spreads(&mut self, of: &Settings, means: (f64, f64)) {
        let Extent { windows, agents, .. } = of.extent;
        for world in &mut self.worlds {
            for (advantages, values) in world.advantages.chunks_exact(agents).zip(world.values.chunks_exact(agents)) {
                for (a, v) in advantages[..windows.count()].iter().zip(values) {
                    world.moments[2] += (a.f64() - means.0).powi(2);
                    world.moments[3] += ((*a + *v).f64() - means.1).powi(2);
                }
            }
        }
    }
}

/// What a rollout and an update depend on besides parameters and data.
#[derive(Clone)]
pub struct Settings {
    pub extent: Extent,
    pub seed: u32,
    pub once: bool,
    pub gamma: f64,
    pub lambda: f64,
    pub clip: f64,
    pub entropy_coef: f64,
    pub value_coef: f64,
    /// Of the rollout before: V's mean and deviation.
    pub returns: (f64, f64),
}

pub fn settings(config: &Config, extent: Extent, returns: (f64, f64)) -> Settings {
    let ppo = &config.ppo;
    Settings {
        extent,
        seed: config.run.seed,
        once: config.run.evaluate_once,
        gamma: ppo.gamma.into(),
        lambda: ppo.gae_lambda.into(),
        clip: ppo.clip.into(),
        entropy_coef: ppo.entropy_coef.into(),
        value_coef: ppo.value_coef.into(),
        returns,
    }
}

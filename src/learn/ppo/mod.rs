//! PPO: a rollout, epochs of minibatches from it, a report, again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::{LearnError, Learner, Metrics, Tick, check_change};
use crate::engine::{Engine, EngineError, Minibatch, Training};
use crate::files::checkpoint::{Checkpoint, Progress};
use crate::spec::config::{Config, Term};
use crate::spec::grid::{Grid, Windows};
use crate::spec::optimiser::Optimiser;
use crate::spec::params::Params;
use crate::spec::philox::{Philox, Stream};
use crate::spec::rule::Rule;
use crate::spec::scenario::Scenario;

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// The rollout's step of this number.
    Step(usize),
    Advantages,
    /// The minibatch's grids from place `done` on.
    Minibatch {
        epoch: usize,
        minibatch: usize,
        done: usize,
    },
    Report,
}

/// A run that learns by PPO.
pub struct Ppo {
    training: Box<dyn Training>,
    /// In force.
    scenario: Scenario,
    /// In force with the next update.
    wanted: Scenario,
    phase: Phase,
    /// The rollout's grids in the order of the epoch.
    order: Vec<u32>,
    /// As of the last finished update.
    saved: Checkpoint,
    /// Whether the update's worlds were started afresh.
    fresh: bool,
    update_seconds: f64,
}

impl Ppo {
    /// A new run.
    ///
    /// # Errors
    /// The device has not enough memory, or fails.
    pub fn new(engine: &dyn Engine, scenario: Scenario) -> Result<Self, LearnError> {
        let config = &scenario.config;
        let table = Params::new(&config.model);
        let saved = Checkpoint {
            rule: Rule { target: scenario.target.clone(), ..Rule::new(config, table.initial(config.run.seed)) },
            progress: Progress { starts: 1, ..Progress::default() },
            optimiser: Some(start(&table)),
            worlds: Vec::new(),
        };
        let mut learner = Self::resume(engine, scenario, saved)?;
        // Once it is known that there is room for them.
        learner.saved.worlds = learner.scenario.worlds(0);
        Ok(learner)
    }

    /// A run taken up where a checkpoint left it.
    ///
    /// # Errors
    /// The checkpoint holds no state of Adam's, or the device has not enough memory or fails.
    pub fn resume(engine: &dyn Engine, scenario: Scenario, saved: Checkpoint) -> Result<Self, LearnError> {
        let optimiser = saved.optimiser.as_ref().ok_or(LearnError::NoOptimiser)?;
        let wanted = start(&Params::new(&scenario.config.model));
        if !optimiser.fits(&wanted) {
            return Err(LearnError::OtherOptimiser { found: optimiser.name.clone(), wanted: wanted.name });
        }
        let mut training = engine.training(&scenario, scenario.config.ppo.steps_per_update)?;
        training.set_params(&saved.rule.params);
        training.set_learned(saved.rule.returns, optimiser);
        Ok(Self {
            training,
            wanted: scenario.clone(),
            scenario,
            phase: Phase::Step(0),
            order: Vec::new(),
            saved,
            fresh: false,
            update_seconds: 0.0,
        })
    }

    /// The words of a buffer of the engine's: what the tests hold to the twin.
    ///
    /// # Errors
    /// The device fails.
    pub fn read(&self, name: &str) -> Result<Vec<u32>, EngineError> {
        self.training.read(name)
    }

    /// Agent-steps of an update.
    fn agent_steps(&self) -> u64 {
        let world = &self.scenario.config.world;
        let windows = Windows::new(world.size.0, world.size.1, world.boundary);
        (windows.count() * self.grids()) as u64
    }

    /// Grids of a rollout.
    fn grids(&self) -> usize {
        self.scenario.config.world.count * self.scenario.config.ppo.steps_per_update
    }

    fn begin(&mut self) {
        let begun_anew = self.wanted.config.world.start != self.scenario.config.world.start;
        if self.wanted.config != self.scenario.config {
            self.scenario = self.wanted.clone();
            self.training.configure(&self.scenario);
        }
        let (every, update) = (self.scenario.config.world.fresh_every, self.saved.rule.update);
        self.fresh = begun_anew || (every > 0 && update > 0 && update.is_multiple_of(every));
        if self.fresh {
            self.training.begin(&self.scenario.worlds(self.saved.progress.starts));
        } else {
            self.training.begin(&self.saved.worlds);
        }
    }

    fn steps(&mut self, first: usize) -> Result<Phase, LearnError> {
        if first == 0 {
            self.begin();
        }
        let made = self.training.steps(first, self.saved.progress.steps)?;
        Ok(if made < self.scenario.config.ppo.steps_per_update { Phase::Step(made) } else { Phase::Advantages })
    }

    fn minibatch(&mut self, epoch: usize, minibatch: usize, done: usize) -> Result<Phase, LearnError> {
        if (minibatch, done) == (0, 0) {
            self.order = self.order(epoch);
        }
        let ppo = &self.scenario.config.ppo;
        let place = |minibatch: usize| minibatch * self.order.len() / ppo.minibatches;
        let grids = &self.order[place(minibatch)..place(minibatch + 1)];
        let last = (epoch + 1, minibatch + 1) == (ppo.epochs, ppo.minibatches);
        Ok(match self.training.minibatch(grids, done)? {
            Minibatch::Working(done) => Phase::Minibatch { epoch, minibatch, done },
            Minibatch::Stopped => Phase::Report,
            Minibatch::Taken if last => Phase::Report,
            Minibatch::Taken if minibatch + 1 == ppo.minibatches => {
                Phase::Minibatch { epoch: epoch + 1, minibatch: 0, done: 0 }
            }
            Minibatch::Taken => Phase::Minibatch { epoch, minibatch: minibatch + 1, done: 0 },
        })
    }

    /// The rollout's grids, shuffled: sorted by a random word each.
    fn order(&self, epoch: usize) -> Vec<u32> {
        let noise = Philox { seed: self.scenario.config.run.seed, stream: Stream::Order };
        let mut order: Vec<u32> = (0..self.grids() as u32).collect();
        order.sort_by_cached_key(|&grid| (noise.word(self.saved.rule.update, epoch as u32, grid), grid));
        order
    }

    /// Ends an update: what it came to, and the run's state as it is now.
    fn report(&mut self) -> Result<Metrics, LearnError> {
        let (report, term_sums) = (self.training.report()?, self.training.term_sums()?);
        let (params, returns, optimiser) = self.training.learned()?;
        let update = self.saved.rule.update + 1;
        let finite = params.iter().chain([&returns.0, &returns.1]).all(|value| value.is_finite());
        if !finite || !optimiser.is_finite() || !report.finite {
            return Err(LearnError::Diverged { update });
        }
        let config = &self.scenario.config;
        let steps = config.ppo.steps_per_update;
        let progress = Progress {
            steps: self.saved.progress.steps.wrapping_add(steps as u32),
            starts: self.saved.progress.starts + u32::from(self.fresh),
            agent_steps: self.saved.progress.agent_steps + self.agent_steps(),
            ..self.saved.progress
        };
        let mean = |term: Term| {
            let sum: f64 = term_sums.iter().map(|sums| f64::from(sums[term as usize])).sum();
            (term, sum / self.grids() as f64)
        };
        let terms: BTreeMap<Term, f64> = Term::ALL.into_iter().map(mean).collect();
        // The windows of T + 1 states.
        let windows = self.agent_steps() as f64 * (steps + 1) as f64 / steps as f64;
        let metrics = Metrics {
            update,
            agent_steps: progress.agent_steps,
            seconds: progress.seconds,
            reward: terms.iter().map(|(&term, mean)| f64::from(config.weight(term)) * mean).sum(),
            terms,
            policy_loss: report.policy_loss,
            value_loss: report.value_loss,
            aggregator_loss: report.aggregator_loss,
            entropy: report.entropy,
            aggregator_entropy: report.aggregator_entropy,
            kl: report.kl,
            clip_fraction: report.clip_fraction,
            explained_variance: report.explained_variance,
            grad_norm: report.grad_norm,
            distinct_windows: f64::from(report.evaluated) / windows,
            agent_steps_per_second: 0.0,
        };
        let (config, target) = (Arc::new(config.clone()), self.scenario.target.clone());
        self.saved = Checkpoint {
            rule: Rule { update, config, params: params.into(), returns, target },
            progress,
            optimiser: Some(optimiser),
            worlds: self.training.worlds(steps)?,
        };
        Ok(metrics)
    }
}

/// The optimiser before its first step.
fn start(table: &Params) -> Optimiser {
    Optimiser::adam(0, vec![0.0; table.len], vec![0.0; table.len])
}

impl Learner for Ppo {
    fn tick(&mut self) -> Result<Tick, LearnError> {
        let began = Instant::now();
        let mut metrics = None;
        self.phase = match self.phase {
            Phase::Step(first) => self.steps(first)?,
            Phase::Advantages => {
                self.training.advantages()?;
                Phase::Minibatch { epoch: 0, minibatch: 0, done: 0 }
            }
            Phase::Minibatch { epoch, minibatch, done } => self.minibatch(epoch, minibatch, done)?,
            Phase::Report => {
                metrics = Some(self.report()?);
                Phase::Step(0)
            }
        };
        let seconds = began.elapsed().as_secs_f64();
        self.update_seconds += seconds;
        self.saved.progress.seconds += seconds;
        Ok(match metrics {
            Some(mut metrics) => {
                metrics.seconds = self.saved.progress.seconds;
                metrics.agent_steps_per_second = self.agent_steps() as f64 / self.update_seconds;
                self.update_seconds = 0.0;
                Tick::Updated(Box::new(metrics))
            }
            None => Tick::Working,
        })
    }

    fn configure(&mut self, scenario: Scenario) -> Result<(), LearnError> {
        check_change(&self.scenario.config, &scenario.config)?;
        self.wanted = scenario;
        Ok(())
    }

    fn config(&self) -> &Config {
        &self.scenario.config
    }

    fn wanted(&self) -> &Scenario {
        &self.wanted
    }

    fn checkpoint(&self) -> &Checkpoint {
        &self.saved
    }

    fn worlds(&self) -> Result<Vec<Grid>, LearnError> {
        Ok(match self.phase {
            Phase::Step(0) => self.saved.worlds.clone(),
            Phase::Step(made) => self.training.worlds(made)?,
            _ => self.training.worlds(self.scenario.config.ppo.steps_per_update)?,
        })
    }

    fn is_rolling_out(&self) -> bool {
        matches!(self.phase, Phase::Step(_))
    }

    fn device_bytes(&self) -> u64 {
        self.training.bytes()
    }
}

//! Whole updates: rollout, advantages, losses, gradients and steps together, against the twin on the draws that the
//! device made; and what must hold of a run whatever its numbers are.

use std::collections::{BTreeMap, BTreeSet};

use primordia::engine::Engine;
use primordia::files::checkpoint::Checkpoint;
use primordia::learn::ppo::Ppo;
use primordia::learn::{self, Learner, Metrics, Tick};
use primordia::spec::config::{Config, Credit, Directions, Start, Term};
use primordia::spec::grid::{Boundary, Grid};
use primordia::spec::optimiser::Optimiser;
use primordia::spec::params::Params;
use primordia::spec::philox::{Philox, Stream};
use primordia::spec::reward;
use primordia::spec::scenario::Scenario;

use crate::compare::{check, check_bits};
use crate::harness::on_engines;
use crate::reference::fixtures;
use crate::reference::learner::{Learner as Twin, Rollout, Step};
use crate::reference::ppo::Sample;
use crate::sample::unpacked;

on_engines! {
    one_minibatch_of_everything,
    many_minibatches_on_bounded_worlds,
    one_reward_for_all,
    chunks_and_tiles_add_up,
    twelve_steps_go_as_the_twins_do,
    an_update_stops_where_the_twin_does,
    draws_are_where_they_should_be,
    the_same_seed_gives_the_same_bits,
    evaluating_windows_once_changes_only_rounding,
    a_resumed_run_goes_on_bit_for_bit,
    only_what_was_learned_by_the_same_optimiser_goes_on,
    a_run_learns,
    learning_one_batch_again_and_again_lowers_its_loss,
    memory_grows_by_96_bytes_an_agent_step_at_most,
}

pub fn update(trainer: &mut Ppo) -> Metrics {
    loop {
        if let Tick::Updated(metrics) = trainer.tick().unwrap() {
            return *metrics;
        }
    }
}

/// A new run under a configuration that names no picture.
pub fn begun(engine: &dyn Engine, config: Config) -> Ppo {
    Ppo::new(engine, Scenario::new(config)).unwrap()
}

fn floats(trainer: &Ppo, name: &str, len: usize) -> Vec<f32> {
    trainer.read(name).unwrap()[..len].iter().copied().map(f32::from_bits).collect()
}

/// A run whose every part is at work, on small worlds.
pub fn small() -> Config {
    let mut config = Config { model: fixtures::model(16, 1, 2, 1), ..Config::default() };
    config.world.size = (5, 6);
    config.world.count = 3;
    config.reward.terms = fixtures::weights();
    config.ppo.steps_per_update = 6;
    config.ppo.target_kl = 1e3;
    config.run.seed = 5;
    config
}

/// The twin at a trainer's side: it takes the device's draws and nothing else.
struct Pair {
    trainer: Ppo,
    twin: Twin,
    target: Grid,
}

impl Pair {
    fn new(engine: &dyn Engine, config: Config) -> Self {
        // A picture of both sides' own: the built-in emblem is not the twin's business.
        let (height, width) = config.world.size;
        let target = fixtures::grid(height, width, 10, 7);
        let scenario = Scenario { target: Some(target.clone().into()), ..Scenario::new(config.clone()) };
        let mut checkpoint = Ppo::new(engine, scenario.clone()).unwrap().checkpoint().clone();
        // Parameters of which none is at rest, biases included.
        checkpoint.rule.params = fixtures::params(&Params::new(&config.model), 121).into();
        let twin = Twin::new(config, &checkpoint.rule.params, checkpoint.worlds.clone());
        let trainer = Ppo::resume(engine, scenario, checkpoint).unwrap();
        Self { trainer, twin, target }
    }

    /// An update on both sides.
    fn update(&mut self) -> (Metrics, Rollout, Vec<Step>) {
        let number = self.twin.updates;
        let metrics = update(&mut self.trainer);
        let (states, proposals) = (self.trainer.read("states").unwrap(), self.trainer.read("proposals").unwrap());
        let (worlds, agents) = (self.twin.worlds.len(), self.twin.windows.count());
        let cells = self.twin.windows.height * self.twin.windows.width;
        let mut grid = 0;
        let mut rollout = self.twin.rollout_by(Some(&self.target), |twin, state, _| {
            let now: Vec<u8> = states[grid * cells..][..cells].iter().map(|&c| c as u8).collect();
            assert_eq!(now, state.cells, "grid {grid}");
            let proposed = (0..agents).map(|p| unpacked(&proposals[2 * (grid * agents + p)..])).collect();
            let next = states[(grid + worlds) * cells..][..cells].iter().map(|&c| c as u8).collect();
            grid += 1;
            (twin.acted(state, proposed, next), f64::INFINITY)
        });
        let epochs = self.epochs(number);
        let steps = self.twin.update(&mut rollout, &epochs);
        (metrics, rollout, steps)
    }

    /// Each epoch's minibatches: the grids sorted by a random word each, and cut in parts.
    fn epochs(&self, update: u32) -> Vec<Vec<Vec<usize>>> {
        let ppo = &self.twin.config.ppo;
        let grids = ppo.steps_per_update * self.twin.worlds.len();
        let noise = Philox { seed: self.twin.config.run.seed, stream: Stream::Order };
        let minibatches = |epoch: usize| {
            let mut order: Vec<usize> = (0..grids).collect();
            order.sort_by_key(|&grid| (noise.word(update, epoch as u32, grid as u32), grid));
            (0..ppo.minibatches)
                .map(|i| order[i * grids / ppo.minibatches..(i + 1) * grids / ppo.minibatches].to_vec())
                .collect()
        };
        (0..ppo.epochs).map(minibatches).collect()
    }

    /// Everything that an update leaves on the device, and what it reports.
    fn check(&self, metrics: &Metrics, rollout: &Rollout, steps: &[Step], tolerance: f64) {
        let of = |name: &str, want: &[f64]| {
            check(name, &floats(&self.trainer, name, want.len()), want, tolerance, tolerance);
        };
        let each = |f: fn(&Sample) -> &Vec<f64>| rollout.samples.iter().flat_map(f).copied().collect::<Vec<_>>();
        of("values", &rollout.values.concat());
        of("log_probs", &each(|sample| &sample.logp));
        of("colour_log_probs", &each(|sample| &sample.aggregator_logp));
        of("advantages", &rollout.advantages.concat());
        of("returns", &[self.twin.returns.mean, self.twin.returns.std]);
        // The last minibatch that was looked at.
        let last = steps.iter().find(|step| !step.taken).or(steps.last()).unwrap();
        let largest = last.gradient.iter().fold(0.0, |most: f64, g| most.max(g.abs()));
        let gradient = floats(&self.trainer, "gradient", last.gradient.len());
        check("gradient", &gradient, &last.gradient, tolerance * largest, tolerance);
        of("adam_m", &self.twin.adam.m);
        of("adam_v", &self.twin.adam.v);
        of("params", &self.twin.params);

        let taken: Vec<&Step> = steps.iter().filter(|step| step.taken).collect();
        let mean = |f: fn(&Step) -> f64| taken.iter().map(|step| f(step)).sum::<f64>() / taken.len().max(1) as f64;
        let pairs = [
            ("reward", metrics.reward, rollout.reward),
            ("policy loss", metrics.policy_loss, mean(|s| s.losses.policy)),
            ("value loss", metrics.value_loss, mean(|s| s.losses.value)),
            ("aggregator loss", metrics.aggregator_loss, mean(|s| s.losses.aggregator)),
            ("entropy", metrics.entropy, mean(|s| s.losses.entropy) / (9.0 * 10f64.ln())),
            ("aggregator entropy", metrics.aggregator_entropy, mean(|s| s.losses.aggregator_entropy) / 10f64.ln()),
            ("kl", metrics.kl, last.losses.kl),
            ("clip fraction", metrics.clip_fraction, mean(|s| s.losses.clip_fraction)),
            ("gradient norm", metrics.grad_norm, mean(|s| s.gradient_norm)),
            ("explained variance", metrics.explained_variance, rollout.explained_variance()),
            ("distinct windows", metrics.distinct_windows, self.distinct_windows(rollout)),
        ];
        for (name, got, want) in pairs {
            check(name, &[got as f32], &[want], 3.0 * tolerance, 3.0 * tolerance);
        }
        for (term, mean) in self.term_means(rollout) {
            // The picture is on the device only where it counts.
            if term.is_of_pixels() && self.trainer.config().weight(term) == 0.0 {
                continue;
            }
            check(term.name(), &[metrics.terms[&term] as f32], &[mean], tolerance, tolerance);
        }
    }

    /// Distinct windows over windows, of all states that were looked at.
    fn distinct_windows(&self, rollout: &Rollout) -> f64 {
        let states: Vec<&Grid> = rollout.samples.iter().map(|sample| &sample.state).chain(&self.twin.worlds).collect();
        let windows = self.twin.windows;
        let keys = states.iter().flat_map(|grid| (0..windows.count()).map(|p| windows.colours(grid, p)));
        keys.collect::<BTreeSet<_>>().len() as f64 / (states.len() * windows.count()) as f64
    }

    fn term_means(&self, rollout: &Rollout) -> BTreeMap<Term, f64> {
        let (directions, boundary) = (self.twin.config.reward.directions, self.twin.config.world.boundary);
        let mut means = BTreeMap::new();
        for sample in &rollout.samples {
            let next = Grid { cells: sample.next.clone(), ..sample.state };
            let maps = reward::maps(&sample.state, &next, directions, boundary, Some(&self.target));
            for term in Term::ALL {
                *means.entry(term).or_insert(0.0) += maps.mean(term) / rollout.samples.len() as f64;
            }
        }
        means
    }
}

/// Whether an engine computes in f64.
fn is_exact(engine: &dyn Engine) -> bool {
    engine.about().driver.contains("double")
}

/// Follows a run for some updates.
pub fn follow(engine: &dyn Engine, config: Config, updates: usize, tolerance: f64) -> Vec<Vec<Step>> {
    let mut pair = Pair::new(engine, config);
    // What is read of it is rounded to f32.
    let tolerance = if is_exact(engine) { 1e-6 } else { tolerance };
    (0..updates)
        .map(|_| {
            let (metrics, rollout, steps) = pair.update();
            pair.check(&metrics, &rollout, &steps, tolerance);
            steps
        })
        .collect()
}

fn one_minibatch_of_everything(engine: &dyn Engine) {
    let mut config = small();
    (config.ppo.epochs, config.ppo.minibatches) = (1, 1);
    follow(engine, config, 1, 1e-4);
}

fn many_minibatches_on_bounded_worlds(engine: &dyn Engine) {
    let mut config = small();
    config.model = fixtures::model(24, 2, 3, 2);
    config.world.boundary = Boundary::Bounded;
    config.world.size = (7, 5);
    config.reward.directions = Directions::Four;
    config.reward.credit = Credit::Local { radius: 2 };
    (config.ppo.epochs, config.ppo.minibatches) = (3, 4);
    // Two twins of which one rounds its gradients to a millionth of their largest are 8e-4 apart after these 24 steps.
    let steps = follow(engine, config, 2, 2e-3).concat();
    assert!(steps.iter().all(|step| step.taken) && steps.len() == 24);
    assert!(steps.iter().any(|step| step.losses.clip_fraction > 0.0), "nothing was clipped");
}

fn one_reward_for_all(engine: &dyn Engine) {
    let mut config = small();
    config.model = fixtures::model(32, 1, 4, 2);
    config.reward.credit = Credit::Global;
    // Eight steps, and a model twice as wide as elsewhere: what f32 rounds grows with both, on some seeds beyond 2e-4.
    follow(engine, config, 1, 1e-3);
}

/// Worlds so large that a rollout and a minibatch are looked at in parts.
fn chunks_and_tiles_add_up(engine: &dyn Engine) {
    let mut config = small();
    config.model = fixtures::model(16, 1, 2, 2);
    config.world.size = (64, 64);
    config.world.count = 9;
    config.reward.terms.remove(&Term::Target);
    config.ppo.steps_per_update = 1;
    (config.ppo.epochs, config.ppo.minibatches) = (1, 1);
    follow(engine, config, 1, 2e-4);
}

fn twelve_steps_go_as_the_twins_do(engine: &dyn Engine) {
    let mut config = small();
    (config.ppo.epochs, config.ppo.minibatches) = (2, 2);
    // Three updates of four: neither side is put right between them, and what f32 rounds grows with every step.
    follow(engine, config, 3, 2e-3);
}

fn an_update_stops_where_the_twin_does(engine: &dyn Engine) {
    let mut config = small();
    config.ppo.target_kl = 1e-4;
    (config.ppo.epochs, config.ppo.minibatches) = (2, 3);
    let steps = follow(engine, config, 1, 2e-4).concat();
    assert!(steps[0].taken && !steps[5].taken, "{:?}", steps.iter().map(|s| s.losses.kl).collect::<Vec<_>>());
}

/// Draws are those of the twin, but where single precision cannot tell.
fn draws_are_where_they_should_be(engine: &dyn Engine) {
    let mut pair = Pair::new(engine, small());
    let twin = pair.twin.clone();
    let (_, rollout, _) = pair.update();
    let (mut differ, mut all) = (0, 0);
    for (i, sample) in rollout.samples.iter().enumerate() {
        let worlds = twin.worlds.len();
        let drawn = Twin { step: (i / worlds) as u32, ..twin.clone() }.act(&sample.state, i % worlds).0;
        differ += drawn.proposals.iter().zip(&sample.proposals).filter(|(a, b)| a != b).count();
        all += sample.proposals.len();
    }
    assert!(differ * 100 < all, "{differ} of {all} proposals differ");
}

#[derive(Debug, PartialEq)]
pub struct Outcome {
    params: Vec<u32>,
    adam_m: Vec<u32>,
    adam_v: Vec<u32>,
    worlds: Vec<Grid>,
    counters: (u32, u32, u32, u32),
}

fn outcome(trainer: &Ppo) -> Outcome {
    let c = trainer.checkpoint();
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect();
    let adam = c.optimiser.as_ref().unwrap();
    Outcome {
        params: bits(&c.rule.params),
        adam_m: bits(&adam.state["m"]),
        adam_v: bits(&adam.state["v"]),
        worlds: c.worlds.clone(),
        counters: (c.rule.update, c.progress.steps, c.progress.starts, adam.step),
    }
}

pub fn after(trainer: &mut Ppo, updates: usize) -> Outcome {
    (0..updates).for_each(|_| drop(update(trainer)));
    outcome(trainer)
}

/// Worlds large enough that lanes race for the table of windows.
fn repeatable() -> Config {
    let mut config = small();
    config.world.size = (24, 24);
    config.world.fresh_every = 3;
    config
}

fn the_same_seed_gives_the_same_bits(engine: &dyn Engine) {
    let run = |seed: u32| {
        let mut config = repeatable();
        config.run.seed = seed;
        after(&mut begun(engine, config), 4)
    };
    let first = run(5);
    assert_eq!(first, run(5));
    assert_ne!(first.params, run(6).params);
}

/// Evaluating each distinct window once adds the same numbers up in another order, and nothing else.
fn evaluating_windows_once_changes_only_rounding(engine: &dyn Engine) {
    let run = |once: bool| {
        let mut config = small();
        // A few cells of noise, and a rule that keeps nearly every state as it is: few draws are close. And a
        // clip that no ratio reaches: at its edge rounding decides.
        config.world.start = Start::Sparse(0.1);
        config.ppo.clip = 0.5;
        let model = &mut config.model;
        (model.copy_bias, model.aggregator_centre, model.aggregator_others) = (6.0, 8.0, 0.0);
        config.run.evaluate_once = once;
        let mut trainer = begun(engine, config);
        (0..20).for_each(|_| drop(update(&mut trainer)));
        trainer.checkpoint().clone()
    };
    let (once, each) = (run(true), run(false));
    assert_eq!(once.worlds, each.worlds, "a draw went the other way");
    let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    let off = norm(&mut once.rule.params.iter().zip(&*each.rule.params).map(|(a, b)| a - b));
    let relative = off / norm(&mut once.rule.params.iter().copied());
    println!("after 20 updates the parameters are {relative:.1e} apart");
    assert!(relative > 0.0 && relative < 1e-4, "{relative}");
}

fn a_resumed_run_goes_on_bit_for_bit(engine: &dyn Engine) {
    if is_exact(engine) {
        // A checkpoint rounds it to f32.
        return;
    }
    let mut whole = begun(engine, repeatable());
    let half = after(&mut whole, 5);
    let mut resumed = Ppo::resume(engine, whole.wanted().clone(), whole.checkpoint().clone()).unwrap();
    assert_eq!(outcome(&resumed), half);
    let (whole, resumed) = (after(&mut whole, 5), after(&mut resumed, 5));
    check_bits("params", &resumed.params, &whole.params);
    assert_eq!(resumed, whole);
}

fn only_what_was_learned_by_the_same_optimiser_goes_on(engine: &dyn Engine) {
    let run = begun(engine, small());
    let refusal = |optimiser| {
        let checkpoint = Checkpoint { optimiser, ..run.checkpoint().clone() };
        learn::resume(engine, run.wanted().clone(), checkpoint).err().unwrap().to_string()
    };
    assert!(refusal(None).contains("can be played, and not resumed"));
    let adam = run.checkpoint().optimiser.clone().unwrap();
    assert!(refusal(Some(Optimiser { name: "lion".to_owned(), ..adam.clone() })).contains("`lion`"));
    assert!(refusal(Some(Optimiser { state: BTreeMap::new(), ..adam })).contains("not resumed"));
}

/// Paid for pixels that equal a picture: easy, so that a short run must learn it.
fn painting() -> Config {
    let mut config = small();
    config.reward.terms = BTreeMap::from([(Term::Target, 1.0)]);
    config.world.size = (8, 8);
    config.world.count = 4;
    config.ppo.steps_per_update = 8;
    config.ppo.learning_rate = 0.01;
    config
}

fn a_run_learns(engine: &dyn Engine) {
    let mut trainer = begun(engine, painting());
    let rewards: Vec<f64> = (0..40).map(|_| update(&mut trainer).reward).collect();
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    // Chance is a tenth.
    assert!(mean(&rewards[..5]) < 0.13 && mean(&rewards[35..]) > 0.22, "{rewards:?}");
}

fn learning_one_batch_again_and_again_lowers_its_loss(engine: &dyn Engine) {
    let run = |epochs: usize| {
        let mut config = painting();
        (config.ppo.epochs, config.ppo.minibatches) = (epochs, 1);
        update(&mut begun(engine, config))
    };
    // Means over the epochs, of the same rollout.
    let (first, all) = (run(1), run(100));
    assert_eq!(first.reward, all.reward);
    let (policy, value) = (all.policy_loss - first.policy_loss, all.value_loss / first.value_loss);
    assert!(policy < -1e-3 && value < 0.8, "policy loss by {policy}, value loss by a factor of {value}");
}

/// What a run takes grows with its rollout by so much and no more.
fn memory_grows_by_96_bytes_an_agent_step_at_most(engine: &dyn Engine) {
    let bytes = |steps: usize| {
        let mut config = small();
        config.world.size = (16, 16);
        config.world.count = 16;
        config.ppo.steps_per_update = steps;
        begun(engine, config).device_bytes()
    };
    let (steps, more) = (64, 128);
    let grown = (bytes(more) - bytes(steps)) as f64 / ((more - steps) * 16 * 256) as f64;
    assert!(grown > 0.0 && grown <= 96.0, "{grown} bytes an agent-step");
}

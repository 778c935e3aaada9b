//! GAE, Adam, return statistics, draws, credit and whole runs, each against something simpler.

use std::collections::BTreeMap;

use primordia::spec::COLOURS;
use primordia::spec::config::{Config, Credit, Term};
use primordia::spec::grid::{Boundary, Grid, Windows};
use primordia::spec::params::Params;

use crate::reference::adam::{self, Adam};
use crate::reference::fixtures::{self, Noise};
use crate::reference::gae::ReturnStats;
use crate::reference::learner::Learner;
use crate::reference::ppo::Sample;
use crate::reference::{aggregator, credit, critic, gae, linear, sampling};

fn near(got: f64, want: f64) -> bool {
    (got - want).abs() <= 1e-12 * (1.0 + want.abs())
}

#[test]
fn gae_is_the_double_sum() {
    let mut noise = Noise::new(1, 9);
    for steps in [1, 2, 17] {
        let rewards: Vec<f64> = (0..steps).map(|_| noise.normal()).collect();
        let values: Vec<f64> = (0..=steps).map(|_| noise.normal()).collect();
        let got = gae::gae(&rewards, &values, 0.97, 0.9);
        for t in 0..steps {
            let delta = |s: usize| rewards[s] + 0.97 * values[s + 1] - values[s];
            let want: f64 = (t..steps).map(|s| (0.97f64 * 0.9).powf((s - t) as f64) * delta(s)).sum();
            assert!(near(got[t], want), "step {t} of {steps}: {} and {want}", got[t]);
        }
        // With λ = 1 the raw return is the discounted sum of rewards, bootstrapped.
        let whole = gae::gae(&rewards, &values, 0.97, 1.0)[0] + values[0];
        let sum: f64 = rewards.iter().rev().fold(values[steps], |next, r| r + 0.97 * next);
        assert!(near(whole, sum), "{whole} and {sum}");
    }
}

#[test]
fn adam_steps_as_by_hand() {
    // g = 2, then −1: m = .2, .08; v = .004, .004996; m̂ = 2, .08/.19; v̂ = 4, .004996/.001999.
    let (mut params, mut optimiser) = (vec![1.0], Adam::new(1));
    optimiser.step(&mut params, &[2.0], |_| 0.1, 1e-5);
    assert!(near(params[0], 1.0 - 0.1 * 2.0 / (2.0 + 1e-5)), "{}", params[0]);
    let first = params[0];
    optimiser.step(&mut params, &[-1.0], |_| 0.1, 1e-5);
    let step = 0.1 * (0.08 / 0.19) / ((0.004_996f64 / 0.001_999).sqrt() + 1e-5);
    assert!(near(params[0], first - step), "{}", params[0]);

    let mut gradient = vec![3.0, -4.0];
    assert!(near(adam::clip(&mut gradient, 10.0), 5.0));
    assert_eq!(gradient, [3.0, -4.0]);
    adam::clip(&mut gradient, 0.5);
    assert!(near(gradient[0], 0.3) && near(gradient[1], -0.4), "{gradient:?}");
}

#[test]
fn returns_are_normalised_by_their_own_statistics() {
    let stats = ReturnStats::of(&[1.0, 3.0, 5.0, 7.0]);
    assert!(near(stats.mean, 4.0) && near(stats.std, 5f64.sqrt()), "{stats:?}");
    assert!(near(stats.normalised(3.0), -1.0 / 5f64.sqrt()));
    // Returns that are all the same leave a deviation to divide by.
    assert_eq!(ReturnStats::of(&[2.0; 3]), ReturnStats { mean: 2.0, std: gae::MIN_STD });

    // What V said before an update is not said again after it: V̂ stays, and is scaled by the new statistics.
    let mut learner = learner(small());
    let state = learner.worlds[0].clone();
    let normalised = learner.values(&state);
    let mut rollout = learner.rollout(Some(&Grid::filled(4, 5, 0)));
    learner.assess(&mut rollout);
    for (after, before) in learner.values(&state).iter().zip(&normalised) {
        assert!(near(*after, before * learner.returns.std + learner.returns.mean), "{after} and {before}");
    }
    assert!(rollout.values[0] == normalised, "values stay as they were at the time");
}

#[test]
fn draws_follow_the_distribution() {
    let probabilities = [0.0, 0.5, 0.0, 0.25, 0.25];
    let drawn = |u: f64| sampling::draw(&probabilities, u).0;
    assert_eq!([0.0, 0.49, 0.5, 0.74, 0.75, 0.99].map(drawn), [1, 1, 3, 3, 4, 4]);
    // Rounding can leave the sum below u: the last colour.
    assert_eq!(sampling::draw(&[0.5, 0.499], 0.9999).0, 1);
    assert!(near(sampling::draw(&probabilities, 0.7).1, 0.05));
    let mut counts = [0; 5];
    for step in 0..4000 {
        counts[usize::from(drawn(sampling::colour_uniform(3, step, 1, 5, 2)))] += 1;
    }
    for (count, p) in counts.into_iter().zip(probabilities) {
        assert!((f64::from(count) / 4000.0 - p).abs() < 0.03, "{counts:?}");
    }
    // The nine slots of a window, its neighbour, another world and another step all draw apart.
    let mut uniforms: Vec<f64> = (0..9).map(|k| sampling::proposal_uniform(1, 2, 3, 4, k)).collect();
    uniforms.extend([(2, 3, 5), (2, 4, 4), (3, 3, 4)].map(|(s, w, p)| sampling::proposal_uniform(1, s, w, p, 0)));
    uniforms.sort_by(f64::total_cmp);
    assert!(uniforms.windows(2).all(|pair| pair[0] < pair[1]), "{uniforms:?}");
}

#[test]
fn each_pixel_gets_its_votes() {
    for (boundary, corner, inner) in [(Boundary::Bounded, 1, 9), (Boundary::Torus, 9, 9)] {
        let windows = Windows::new(5, 6, boundary);
        let count = |q: usize| (0..9).filter(|&k| aggregator::voter(&windows, q, k).is_some()).count();
        assert_eq!((count(0), count(29), count(2 * 6 + 2)), (corner, corner, inner));
        // Slot k of window p covers the pixel that Windows::colours reads there: each grid of pixel numbers says which.
        let numbers = Grid { height: 5, width: 6, cells: (0..30).collect() };
        for q in 0..30 {
            for k in 0..9 {
                if let Some(p) = aggregator::voter(&windows, q, k) {
                    assert_eq!(usize::from(windows.colours(&numbers, p)[k]), q, "{boundary:?}: slot {k} of window {p}");
                }
            }
        }
        let votes: usize = (0..30).map(count).sum();
        assert_eq!(votes, 9 * windows.count());
        assert_eq!(aggregator::own_window(&windows, 0), 0);
        assert_eq!(aggregator::own_window(&windows, 29), windows.count() - 1);
        for p in 0..windows.count() {
            assert_eq!(aggregator::own_window(&windows, usize::from(windows.colours(&numbers, p)[4])), p);
        }
    }
}

#[test]
fn means_are_over_the_windows_that_exist() {
    let torus = Windows::new(5, 7, Boundary::Torus);
    let bounded = Windows::new(7, 6, Boundary::Bounded);
    assert_eq!(critic::neighbours(&torus, 0, 1), [34, 28, 29, 6, 0, 1, 13, 7, 8]);
    assert_eq!(critic::neighbours(&bounded, 0, 1), [0, 1, 4, 5]);
    assert_eq!(critic::neighbours(&bounded, 0, 3), [0, 3, 12, 15]);
    assert_eq!(critic::neighbours(&Windows::new(3, 3, Boundary::Bounded), 0, 3), [0]);
    let constant = vec![vec![2.5]; bounded.count()];
    assert!(critic::mean(&bounded, &constant, 3).iter().all(|z| near(z[0], 2.5)));
}

#[test]
fn credit_is_the_mean_around_the_footprint() {
    let windows = Windows::new(5, 6, Boundary::Bounded);
    let blocks: Vec<f64> = (0..20).map(f64::from).collect();
    let pixels = vec![0.0; 30];
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    let local = |radius| credit::credit(&blocks, &pixels, &windows, Credit::Local { radius });
    // Window 0 is centred at (1, 1): corners (0, 0), (0, 1), (1, 0), (1, 1); a radius of 1 adds row and column 2.
    assert!(near(local(0)[0], mean(&[0.0, 1.0, 5.0, 6.0])));
    assert!(near(local(1)[0], mean(&[0.0, 1.0, 2.0, 5.0, 6.0, 7.0, 10.0, 11.0, 12.0])));
    assert!(near(local(16)[0], mean(&blocks)) && near(local(16)[11], mean(&blocks)));
    assert!(credit::credit(&blocks, &pixels, &windows, Credit::Global).iter().all(|r| near(*r, mean(&blocks))));

    let torus = Windows::new(4, 4, Boundary::Torus);
    let map: Vec<f64> = (0..16).map(f64::from).collect();
    let local = |blocks: &[f64], pixels: &[f64]| credit::credit(blocks, pixels, &torus, Credit::Local { radius: 0 });
    // Window (0, 0): corners (3, 3), (3, 0), (0, 3), (0, 0); pixels: rows and columns 3, 0, 1.
    assert!(near(local(&map, &[0.0; 16])[0], mean(&[15.0, 12.0, 3.0, 0.0])));
    assert!(near(local(&[0.0; 16], &map)[0], mean(&[15.0, 12.0, 13.0, 3.0, 0.0, 1.0, 7.0, 4.0, 5.0])));
}

#[test]
fn layers_of_the_model_are_what_they_say() {
    let y = linear::norm(&[1.0, 2.0, 3.0, 6.0]);
    let (mean, variance) = gae::moments(&y);
    assert!(mean.abs() < 1e-12 && (variance - 1.0).abs() < 1e-5, "{y:?}");
    assert!(near(linear::gelu(0.0), 0.0) && (linear::gelu(1.0) - 0.841_192).abs() < 1e-6);
    assert!((linear::entropy(&[0.1; COLOURS]) - 10f64.ln()).abs() < 1e-12);
}

/// A run that is paid for pixels of colour 0: easy, so that a short one must learn it.
fn small() -> Config {
    let mut config = Config { model: fixtures::model(16, 1, 2, 1), ..Config::default() };
    config.reward.terms = BTreeMap::from([(Term::Target, 1.0)]);
    config.world.size = (4, 5);
    config.world.count = 4;
    config.ppo.steps_per_update = 8;
    config.ppo.learning_rate = 0.01;
    config
}

fn learner(config: Config) -> Learner {
    let table = Params::new(&config.model);
    let worlds = (0..config.world.count).map(|world| fixtures::grid(4, 5, COLOURS, world as u32)).collect();
    Learner::new(config, &table.initial(1), worlds)
}

#[test]
fn a_run_learns_and_repeats() {
    let epochs = vec![vec![(0..32).step_by(2).collect::<Vec<_>>(), (1..32).step_by(2).collect()]; 2];
    let run = || {
        let mut learner = learner(small());
        let target = Grid::filled(4, 5, 0);
        let rewards: Vec<f64> = (0..40)
            .map(|_| {
                let mut rollout = learner.rollout(Some(&target));
                let steps = learner.update(&mut rollout, &epochs);
                assert_eq!(steps.len(), 4);
                assert!(steps[0].losses.kl.abs() < 1e-12 && steps[0].taken, "the first minibatch is on policy");
                rollout.reward
            })
            .collect();
        (rewards, learner.params)
    };
    let (rewards, params) = run();
    assert!(rewards[39] > rewards[0] + 0.2, "{rewards:?}");
    assert_eq!(run(), (rewards, params));
}

#[test]
fn learning_one_batch_again_and_again_lowers_its_loss() {
    let mut config = small();
    config.ppo.target_kl = 1e3;
    let mut learner = learner(config);
    let mut rollout = learner.rollout(Some(&Grid::filled(4, 5, 0)));
    let steps = learner.update(&mut rollout, &vec![vec![(0..32).collect()]; 30]);
    let (first, last) = (steps[0].losses, steps[29].losses);
    assert!(last.policy < first.policy && last.value < 0.8 * first.value, "{first:?}, then {last:?}");
}

#[test]
fn a_rollout_replays_from_any_step() {
    let mut learner = learner(small());
    let at_start = learner.clone();
    let rollout = learner.rollout(None);
    assert_eq!((learner.step, rollout.samples.len(), rollout.values.len()), (8, 32, 36));
    for (i, sample) in rollout.samples.iter().enumerate() {
        let replayed = Learner { step: (i / 4) as u32, ..at_start.clone() }.act(&sample.state, i % 4).0;
        assert_eq!((&replayed.proposals, &replayed.next), (&sample.proposals, &sample.next), "grid {i}");
        let after = if i + 4 < 32 { &rollout.samples[i + 4].state } else { &learner.worlds[i % 4] };
        assert_eq!(after.cells, sample.next, "grid {i}");
        assert_eq!(rollout.values[i], at_start.values(&sample.state), "grid {i}");
    }
    assert!(rollout.margin > 0.0 && rollout.margin < 0.01, "{}", rollout.margin);
}

#[test]
fn advantages_are_each_agents_own() {
    let mut learner = learner(small());
    let mut rollout = learner.rollout(Some(&Grid::filled(4, 5, 0)));
    learner.assess(&mut rollout);
    let (world, p) = (2, 7);
    let series = |of: &[Vec<f64>]| of.iter().skip(world).step_by(4).map(|agents| agents[p]).collect::<Vec<_>>();
    let (gamma, lambda) = (f64::from(0.99f32), f64::from(0.95f32));
    let want = gae::gae(&series(&rollout.rewards), &series(&rollout.values), gamma, lambda);
    assert_eq!(series(&rollout.advantages), want);

    // Normalised by the rollout's own statistics, both have mean 0 and variance 1.
    for of in [|s: &Sample| s.advantages.clone(), |s: &Sample| s.returns.clone()] {
        let (mean, variance) = gae::moments(&rollout.samples.iter().flat_map(of).collect::<Vec<_>>());
        assert!(mean.abs() < 1e-9 && (variance - 1.0).abs() < 1e-6, "{mean}, {variance}");
    }
    let (sample, raw) = (&rollout.samples[9], rollout.advantages[9][3] + rollout.values[9][3]);
    assert!(near(sample.returns[3] * learner.returns.std + learner.returns.mean, raw));
    assert!(rollout.explained_variance() < 1.0);
}

#[test]
fn nothing_is_learned_after_the_stop() {
    let mut config = small();
    config.ppo.target_kl = 1e-9;
    let whole: Vec<usize> = (0..32).collect();
    let grids: Vec<Vec<usize>> = whole.iter().map(|&i| vec![i]).collect();
    let start = learner(config.clone());
    let run = |mut learner: Learner, epochs: Vec<Vec<Vec<usize>>>| {
        let mut rollout = learner.rollout(Some(&Grid::filled(4, 5, 0)));
        learner.update(&mut rollout, &epochs)
    };
    // After one step the policy rests, so the grids' KL can be compared; then the farthest comes before the nearest.
    let kl: Vec<f64> = run(start, vec![vec![whole.clone()], grids])[1..].iter().map(|step| step.losses.kl).collect();
    let nearest = (0..32).min_by(|&a, &b| kl[a].total_cmp(&kl[b])).expect("there are grids");
    let farthest = (0..32).max_by(|&a, &b| kl[a].total_cmp(&kl[b])).expect("there are grids");
    config.ppo.target_kl = ((kl[nearest] + kl[farthest]) / 2.0) as f32;
    let steps = run(learner(config), vec![vec![whole], vec![vec![farthest], vec![nearest]]]);
    assert!(steps[2].losses.kl < steps[1].losses.kl);
    assert_eq!(steps.iter().map(|step| step.taken).collect::<Vec<_>>(), [true, false, false]);
}

#[test]
fn an_update_stops_where_the_policy_has_moved_far() {
    let mut config = small();
    config.ppo.target_kl = 1e-5;
    let mut learner = learner(config);
    let mut rollout = learner.rollout(Some(&Grid::filled(4, 5, 0)));
    let steps = learner.update(&mut rollout, &vec![vec![(0..32).collect()]; 4]);
    assert_eq!(steps.iter().map(|step| step.taken).collect::<Vec<_>>(), [true, false, false, false]);
    assert_eq!(learner.adam.step, 1);
}

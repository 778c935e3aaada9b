//! What holds of the processor's engine on any number of threads, at any size, and beside the other engine.

use primordia::engine::native::Native;
use primordia::engine::{Engine, Field};
use primordia::learn::Learner;
use primordia::learn::ppo::Ppo;
use primordia::spec::config::{Config, Start};
use primordia::spec::grid::Boundary;
use primordia::spec::params::Params;
use primordia::spec::rule::Rule;
use primordia::spec::scenario::Scenario;

use crate::harness::gpu;
use crate::reference::fixtures;
use crate::whole::{after, begun, follow, small, update};

/// By the best instructions there are, by AVX2 where it is there, and by those that every processor has.
fn natives() -> impl Iterator<Item = Native> {
    [Native::open(0), Native::plain(3)].into_iter().chain(Native::avx2()).map(Result::unwrap)
}

/// Worlds that neither two nor four threads share evenly; the larger ones are learned from in two chunks, and one thread
/// begins its table of windows anew.
#[test]
fn any_number_of_threads_learns_the_same_bits() {
    for (count, size, boundary, steps) in [(3, (7, 11), Boundary::Torus, 6), (5, (90, 91), Boundary::Bounded, 1)] {
        let mut config = small();
        (config.world.count, config.world.size, config.world.boundary) = (count, size, boundary);
        (config.ppo.steps_per_update, config.ppo.epochs, config.ppo.minibatches) = (steps, 1, 1);
        let native = Native::open(0).unwrap();
        let run = |threads| after(&mut begun(&native.on(threads).unwrap(), config.clone()), 3);
        let one = run(1);
        assert!([2, 4].into_iter().all(|threads| run(threads) == one), "{count} worlds");
    }
}

#[test]
fn any_number_of_threads_plays_the_same() {
    for boundary in [Boundary::Bounded, Boundary::Torus] {
        let mut config = Config { model: fixtures::model(24, 2, 3, 1), ..Config::default() };
        config.world.boundary = boundary;
        let rule = Rule::new(&config, fixtures::params(&Params::new(&config.model), 31));
        let start = fixtures::grid(37, 29, 10, 32);
        for native in natives() {
            let play = |threads| {
                let mut player = native.on(threads).unwrap().player(&rule, &start, 33).unwrap();
                let mut steps = Vec::new();
                for step in 0..6 {
                    player.step(step % 3 == 2).unwrap();
                    let entropy = player.field(Field::ColourEntropy, false).unwrap().unwrap().values;
                    let bits: Vec<u32> = entropy.into_iter().map(f32::to_bits).collect();
                    steps.push((player.grid().unwrap(), bits));
                }
                steps
            };
            let one = play(1);
            assert!([2, 4].into_iter().all(|threads| play(threads) == one), "{boundary:?}");
        }
    }
}

/// Both engines draw by the same random numbers, so after an update only rounding lies between them.
#[test]
fn both_engines_learn_the_same() {
    let mut config = small();
    config.model = fixtures::model(24, 2, 3, 2);
    // A few cells of noise and a rule that keeps most of them: few draws are close.
    config.world.start = Start::Sparse(0.1);
    let model = &mut config.model;
    (model.copy_bias, model.aggregator_centre, model.aggregator_others) = (6.0, 8.0, 0.0);
    let first = begun(gpu(), config.clone()).checkpoint().clone();
    let learned = |engine: &dyn Engine| {
        let mut run = Ppo::resume(engine, Scenario::new(config.clone()), first.clone()).unwrap();
        update(&mut run);
        run.checkpoint().clone()
    };
    let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    let wgsl = learned(gpu());
    for native in natives() {
        let native = learned(&native);
        assert_eq!(native.worlds, wgsl.worlds, "a draw went the other way");
        let off = norm(&mut native.rule.params.iter().zip(&*wgsl.rule.params).map(|(a, b)| a - b));
        let learned = norm(&mut native.rule.params.iter().zip(&*first.rule.params).map(|(a, b)| a - b));
        let whole = norm(&mut wgsl.rule.params.iter().copied());
        println!("{:.1e} of the parameters are learned, {:.1e} differ", learned / whole, off / whole);
        assert!(learned / whole > 1e-3 && off / whole < 1e-5, "{off:e} of {whole}");
    }
}

/// Heads, layers and widths at the ends of their ranges, on worlds that fill no vector.
#[test]
fn sizes_at_the_ends_of_their_ranges_are_the_twins() {
    for (model, size, count, boundary) in [
        (fixtures::model(40, 3, 10, 4), (3, 5), 3, Boundary::Torus),
        (fixtures::model(16, 4, 1, 1), (5, 7), 1, Boundary::Bounded),
        // One window a world.
        (fixtures::model(64, 1, 16, 3), (3, 3), 5, Boundary::Bounded),
        (fixtures::model(16, 1, 4, 1), (3, 3), 1, Boundary::Torus),
    ] {
        let mut config = small();
        config.model = model;
        (config.world.size, config.world.count, config.world.boundary) = (size, count, boundary);
        (config.ppo.epochs, config.ppo.minibatches) = (2, 2);
        for native in natives().chain(Native::double(2)) {
            follow(&native, config.clone(), 1, 1e-3);
        }
    }
}

//! What makes a world's step visible: its kernels, and whole inspections and maps against the twin.

use std::array::from_fn;
use std::f64::consts::LN_10;
use std::sync::Arc;

use primordia::args;
use primordia::engine::wgsl::shape::{Shape, place};
use primordia::engine::{Engine, Field, Inspection, Player};
use primordia::spec::config::{Config, Term};
use primordia::spec::grid::{Boundary, Grid, Windows, key_from_colours};
use primordia::spec::params::Params;
use primordia::spec::rule::Rule;
use primordia::spec::{COLOURS, SLOTS, reward};

use crate::compare::{check, check_cases};
use crate::harness::{Over, Run, floats, kernels, on_engines};
use crate::reference::fixtures::{self, Noise};
use crate::reference::linear::{entropy, softmax};
use crate::reference::{Net, aggregator, credit, critic, model, sampling, widened};
use crate::sample::{packed, padded_logits, proposals, vote_sums};
use crate::worlds::{WORLDS, World, normals};

kernels! {
    "view/scores" => scores,
    "view/adds" => adds,
    "view/attention" => attention,
    "view/entropy" => entropies,
}

/// A draw nearer than this to another colour may come out as that one.
const MARGIN: f64 = 1e-5;

/// g's parameters, and two grids' proposals: the second grid's are looked at.
fn bench(world: World) -> (Config, Params, Vec<f64>, [Vec<[u8; SLOTS]>; 2]) {
    let config = world.config();
    let table = Params::new(&config.model);
    let params = widened(&fixtures::params(&table, 51));
    let drawn = [52, 53].map(|seed| proposals(world.windows().count(), seed));
    (config, table, params, drawn)
}

fn scores(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let (config, table, params, drawn) = bench(world);
        let net = Net { table: &table, model: &config.model, params: &params };
        let first = world.cells() / 3;
        let n = world.cells() - first;
        let temperature = f64::from(config.model.aggregator_temperature);
        let mut want: Vec<f64> = (first..world.cells())
            .flat_map(|cell| {
                let z = aggregator::logits(&net, &aggregator::votes(&world.windows(), &drawn[1], cell));
                let lse = z.iter().map(|z| (z / temperature).exp()).sum::<f64>().ln();
                z.into_iter().chain([lse, entropy(&softmax(&z, temperature))]).collect::<Vec<_>>()
            })
            .collect();
        want.extend([f64::NAN; 12]);
        Run::new(kernel, &Shape::new(&config.model, world.agents()), &world.hyper())
            .words("proposals", &drawn.iter().flatten().flat_map(packed).collect::<Vec<_>>())
            .floats("vote_sums", &vote_sums(&net).concat())
            .blank("scores", want.len())
            .check(args![first, grid: 1], Over::Each(n), vec![floats("scores", want, 1e-5)])
    });
}

fn adds(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let (config, table, params, drawn) = bench(world);
        let g = table.aggregator;
        let row = |r: usize| params[g.offset + r * g.stride..][..g.stride].to_vec();
        // A corner, an inner cell, and the corner across.
        [0, world.width + 1, world.cells() - 1].into_iter().try_for_each(|cell| {
            let votes = aggregator::votes(&world.windows(), &drawn[1], cell);
            let mut want: Vec<f64> = votes
                .iter()
                .enumerate()
                .flat_map(|(k, vote)| vote.map_or(vec![0.0; 12], |v| row(k * COLOURS + usize::from(v))))
                .collect();
            want.extend(row(SLOTS * COLOURS));
            Run::new(kernel, &Shape::new(&config.model, world.agents()), &world.hyper())
                .words("proposals", &drawn.iter().flatten().flat_map(packed).collect::<Vec<_>>())
                .floats("aggregator", &params[g.offset..][..g.len()])
                .blank("adds", want.len())
                .check(args![cell, grid: 1], Over::Groups([1, 1, 1]), vec![floats("adds", want, 1e-6)])
        })
    });
}

fn attention(kernel: &'static str) {
    for (d_model, heads) in [(16, 1), (24, 3), (32, 8), (64, 16)] {
        let architecture = fixtures::model(d_model, 2, heads, 1);
        let table = Params::new(&architecture);
        let params = widened(&fixtures::params(&table, 54));
        let net = Net { table: &table, model: &architecture, params: &params };
        let mut noise = Noise::new(55, 1);
        let forward = model::forward(&net, &from_fn(|_| noise.below(COLOURS) as u8));
        let shape = Shape::new(&architecture, 70);
        let (slot, out, config) = (67, 5, Config { model: architecture.clone(), ..WORLDS[0].of.config() });
        let mut keys = vec![0; slot + 1];
        keys[slot] = key_from_colours(&forward.colours);
        for (layer, block) in forward.blocks.iter().enumerate() {
            let mut activations = vec![f64::NAN; 4 * 9 * shape.tile * shape.activations()];
            let mut embedded = vec![f64::NAN; 4 * shape.embedded()];
            for (k, token) in block.qkv.iter().enumerate() {
                if layer == 0 {
                    let pair = 10 * k + usize::from(forward.colours[k]);
                    embedded[pair * 4 * d_model..][..3 * d_model].copy_from_slice(token);
                    continue;
                }
                for (f, value) in token.iter().enumerate() {
                    let at = place(shape.qkv(layer), token.len() / 4, (9 * shape.tile, 9), (k, slot), f / 4);
                    activations[4 * at + f % 4] = *value;
                }
            }
            let mut want = vec![f64::NAN; out];
            want.extend(block.attention.iter().flatten().flatten());
            Run::new(kernel, &shape, &crate::worlds::hyper(&config))
                .layer(layer)
                .floats("activations", &activations)
                .floats("embedded", &embedded)
                .words("row_key", &keys)
                .blank("attention", want.len())
                .check(
                    args![row: slot, qkv: shape.qkv(layer), out],
                    Over::Each(heads * SLOTS),
                    vec![floats("attention", want, 1e-5)],
                )
                .unwrap_or_else(|failure| panic!("{d_model} features, {heads} heads, layer {layer}: {failure}"));
        }
    }
}

fn entropies(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let (n, first) = (world.agents(), 7);
        let slots = n.div_ceil(2);
        let slot_of = |a: usize| (3 * a + 1) % slots;
        let logits: Vec<[f64; COLOURS]> =
            normals(slots * 90, 56).chunks_exact(10).map(|z| from_fn(|c| 2.0 * z[c])).collect();
        let mut want = vec![f64::NAN; first];
        want.extend((0..n).map(|a| {
            let head = &logits[SLOTS * slot_of(a)..][..SLOTS];
            head.iter().map(|z| entropy(&softmax(z, 1.0))).sum::<f64>() / (SLOTS as f64 * LN_10)
        }));
        Run::new(kernel, &Shape::new(&world.config().model, n), &world.hyper())
            .words("row_of_agent", &[vec![u32::MAX; first], (0..n).map(|a| slot_of(a) as u32).collect()].concat())
            .floats("logits", &padded_logits(&logits))
            .blank("entropy", want.len())
            .check(args![first], Over::Each(n), vec![floats("entropy", want, 1e-5)])
    });
}

on_engines! {
    inspections_are_the_twins_and_foretell_the_step,
    greedy_inspections_foretell_too,
    inspections_are_the_probes,
    values_are_those_of_the_rule_in_force,
    a_window_is_known_until_the_rule_changes,
    a_target_that_could_not_be_read_is_named_where_it_counts,
}

fn rule(config: &Config, params: &[f32]) -> Rule {
    Rule { returns: RETURNS, ..Rule::new(config, params.to_vec()) }
}

/// A world in play, and the twin's numbers of its last step.
struct Stage {
    config: Config,
    table: Params,
    params: Vec<f64>,
    windows: Windows,
    player: Box<dyn Player>,
    target: Arc<Grid>,
}

const RETURNS: (f32, f32) = (0.7, 2.3);
const SEED: u32 = 91;

impl Stage {
    fn new(engine: &dyn Engine, height: usize, width: usize, boundary: Boundary) -> Self {
        let mut config = Config { model: fixtures::model(24, 2, 3, 1), ..Config::default() };
        config.world.boundary = boundary;
        config.reward.terms = fixtures::weights();
        // Of the stage's own size, which is not that of the training worlds.
        let target = Arc::new(fixtures::grid(height, width, COLOURS, 92));
        let table = Params::new(&config.model);
        let params = fixtures::params(&table, 93);
        // Few colours, so that some blocks find themselves again.
        let start = fixtures::grid(height, width, 2, 94);
        let rule = Rule { target: Some(Arc::clone(&target)), ..rule(&config, &params) };
        let player = engine.player(&rule, &start, SEED).unwrap();
        let windows = Windows::new(height, width, boundary);
        Self { config, table, params: widened(&params), windows, player, target }
    }

    /// Other parameters, paid as the stage's are.
    fn rule(&self, params: &[f32]) -> Rule {
        Rule { target: Some(Arc::clone(&self.target)), ..rule(&self.config, params) }
    }

    fn net(&self) -> Net<'_> {
        Net { table: &self.table, model: &self.config.model, params: &self.params }
    }

    fn activations(&self, grid: &Grid) -> Vec<model::Activations> {
        (0..self.windows.count()).map(|p| model::forward(&self.net(), &self.windows.colours(grid, p))).collect()
    }

    /// V in units of return.
    fn values(&self, activations: &[model::Activations]) -> Vec<f64> {
        let pooled: Vec<_> = activations.iter().map(|of| of.pooled.clone()).collect();
        let values = critic::forward(&self.net(), &self.windows, &pooled).value;
        values.iter().map(|v| v * f64::from(RETURNS.1) + f64::from(RETURNS.0)).collect()
    }

    /// (block map, pixel map), weighted; and every term's.
    fn rewards(&self, before: &Grid, after: &Grid) -> (Vec<f64>, Vec<f64>, reward::Maps) {
        let (directions, boundary) = (self.config.reward.directions, self.config.world.boundary);
        let maps = reward::maps(before, after, directions, boundary, Some(&self.target));
        let weighted = |term: Term| maps.of(term).iter().map(move |r| r * f64::from(self.config.weight(term)));
        let mut blocks = vec![0.0; maps.blocks.0 * maps.blocks.1];
        for term in Term::ALL.into_iter().filter(|term| !term.is_of_pixels()) {
            blocks.iter_mut().zip(weighted(term)).for_each(|(sum, r)| *sum += r);
        }
        let mut pixels = vec![0.0; before.cells.len()];
        for term in Term::ALL.into_iter().filter(|term| term.is_of_pixels()) {
            pixels.iter_mut().zip(weighted(term)).for_each(|(sum, r)| *sum += r);
        }
        (blocks, pixels, maps)
    }

    /// The block map's place of a pixel.
    fn block(&self, row: usize, column: usize) -> Option<usize> {
        let (rows, columns) = credit::block_positions(&self.windows);
        (row < rows && column < columns).then_some(row * columns + column)
    }
}

fn near(name: &str, got: &[f32], want: &[f64]) {
    check(name, got, want, 2e-5, 2e-5);
}

/// The coming step of one pixel.
fn check_coming(stage: &Stage, found: &Inspection, grid: &Grid, f: &[model::Activations], greedy: bool) {
    let (row, column, model) = (found.row, found.column, &stage.config.model);
    let pixel = row * grid.width + column;
    let argmax = |values: &[f64]| (1..COLOURS).fold(0, |best, c| if values[c] > values[best] { c } else { best }) as u8;
    let drawn = |what: &str, probabilities: &[f64; COLOURS], uniform: f64, got: u8| {
        let (colour, margin) =
            if greedy { (argmax(probabilities), 1.0) } else { sampling::draw(probabilities, uniform) };
        assert!(colour == got || margin < MARGIN, "{what}: {got}, not {colour}");
    };
    let step = found.step;
    for (k, vote) in found.votes.iter().enumerate() {
        let voter = aggregator::voter(&stage.windows, pixel, k);
        assert_eq!(vote.is_some(), voter.is_some(), "vote {k} at {row}, {column}");
        let (Some(vote), Some(p)) = (vote, voter) else { continue };
        let logits = f[p].logits[k];
        let probabilities = softmax(&logits, model.temperature.into());
        near("a vote's logits", &vote.logits, &logits);
        near("a vote's probabilities", &vote.probabilities, &probabilities);
        drawn("vote", &probabilities, sampling::proposal_uniform(SEED, step, 0, p, k), vote.colour);
        let colour = usize::from(vote.colour);
        near("a vote's log-probability", &[vote.log_prob], &[probabilities[colour].ln()]);
        let g = stage.table.aggregator;
        near("a vote's part", &vote.adds, &stage.params[g.offset + (k * COLOURS + colour) * g.stride..][..COLOURS]);
    }
    let votes = from_fn(|k| found.votes[k].as_ref().map(|vote| vote.colour));
    let z = aggregator::logits(&stage.net(), &votes);
    let probabilities = softmax(&z, model.aggregator_temperature.into());
    near("z", &found.logits, &z);
    let parts = |c: usize| found.votes.iter().flatten().map(|vote| f64::from(vote.adds[c])).sum::<f64>();
    near("z", &found.logits, &from_fn::<_, COLOURS, _>(|c| f64::from(found.bias[c]) + parts(c)));
    near("the next colour's probabilities", &found.probabilities, &probabilities);
    drawn(
        "next colour",
        &probabilities,
        sampling::colour_uniform(SEED, step, 0, stage.windows.width, pixel),
        found.colour,
    );
    near("its log-probability", &[found.log_prob], &[probabilities[usize::from(found.colour)].ln()]);

    let own = aggregator::voter(&stage.windows, pixel, SLOTS / 2);
    assert_eq!(found.window, own.map(|p| stage.windows.colours(grid, p)));
    let attention: Vec<f32> = found.attention.iter().flatten().flatten().flatten().copied().collect();
    match own {
        Some(p) => {
            let want: Vec<f64> =
                f[p].blocks.iter().flat_map(|block| block.attention.iter().flatten().flatten()).copied().collect();
            near("attention", &attention, &want);
        }
        None => assert!(attention.is_empty()),
    }
}

/// Every pixel, two steps long: what the twin says of it, what the step then draws, what the maps say.
fn check_inspections(engine: &dyn Engine, height: usize, width: usize, boundary: Boundary, greedy: bool) {
    let mut stage = Stage::new(engine, height, width, boundary);
    let mut before: Option<Grid> = None;
    for _ in 0..3 {
        let now = stage.player.grid().unwrap();
        let f = stage.activations(&now);
        let values = stage.values(&f);
        let cells: Vec<(usize, usize)> = (0..height * width).map(|q| (q / width, q % width)).collect();
        let found: Vec<Inspection> =
            cells.iter().map(|&(row, column)| stage.player.inspect(row, column, greedy).unwrap()).collect();
        let mut map = |field| stage.player.field(field, greedy).unwrap();
        let maps = [
            Field::Reward,
            Field::Credit,
            Field::Value,
            Field::Advantage,
            Field::ProposalEntropy,
            Field::ColourEntropy,
        ]
        .map(&mut map);
        assert_eq!(stage.player.grid().unwrap(), now, "looking changes nothing");
        for (q, found) in found.iter().enumerate() {
            check_coming(&stage, found, &now, &f, greedy);
            let own = aggregator::voter(&stage.windows, q, SLOTS / 2);
            assert_eq!(found.value.is_some(), own.is_some());
            if let (Some(value), Some(p)) = (found.value, own) {
                near("V", &[value], &[values[p]]);
                let of = f[p].logits.iter().map(|z| entropy(&softmax(z, stage.config.model.temperature.into())));
                near("f's entropy", &[maps[4].as_ref().unwrap().values[q]], &[of.sum::<f64>() / (9.0 * LN_10)]);
            }
            let at = |i: usize| maps[i].as_ref().map(|map| Some(map.values[q]).filter(|value| !value.is_nan()));
            assert_eq!(at(2), Some(found.value), "the map of V");
            let of = entropy(&found.probabilities.map(f64::from)) / LN_10;
            near("g's entropy", &[maps[5].as_ref().unwrap().values[q]], &[of]);
            assert_eq!(at(0), found.after.as_ref().map(|after| Some(after.reward)), "the map of rewards");
            assert_eq!(at(1), found.after.as_ref().map(|after| after.credit), "the map of credit");
            assert_eq!(at(3), found.after.as_ref().map(|after| after.advantage), "the map of advantages");
        }
        assert_eq!(found[0].after.is_some(), before.is_some());
        if let Some(before) = &before {
            let (blocks, pixels, terms) = stage.rewards(before, &now);
            let credits = credit::credit(&blocks, &pixels, &stage.windows, stage.config.reward.credit);
            let was = stage.values(&stage.activations(before));
            for (q, found) in found.iter().enumerate() {
                let after = found.after.as_ref().unwrap();
                let block = stage.block(found.row, found.column);
                near("reward", &[after.reward], &[block.map_or(0.0, |block| blocks[block]) + pixels[q]]);
                let of = Term::ALL.map(|term| match (term, block) {
                    (term, _) if term.is_of_pixels() => terms.of(term)[q],
                    (_, block) => block.map_or(0.0, |block| terms.of(term)[block]),
                });
                near("terms", &after.terms, &of);
                if let Some(p) = aggregator::voter(&stage.windows, q, SLOTS / 2) {
                    near("credit", &[after.credit.unwrap()], &[credits[p]]);
                    let error = credits[p] + f64::from(stage.config.ppo.gamma) * values[p] - was[p];
                    near("advantage", &[after.advantage.unwrap()], &[error]);
                }
            }
        }
        stage.player.step(greedy).unwrap();
        let next = stage.player.grid().unwrap();
        assert_eq!(stage.player.transition().unwrap(), Some((now.clone(), next.clone())));
        assert_eq!(next.cells, found.iter().map(|found| found.colour).collect::<Vec<_>>(), "the step foreseen");
        before = Some(now);
    }
    let now = stage.player.grid().unwrap();
    // Borders are NaN, which equals nothing.
    let advantages = |player: &mut dyn Player| {
        let map = player.field(Field::Advantage, greedy).unwrap().unwrap();
        map.values.into_iter().map(f32::to_bits).collect::<Vec<_>>()
    };
    let behind = advantages(&mut *stage.player);
    stage.player.set_grid(&now).unwrap();
    assert_eq!(stage.player.inspect(1, 1, greedy).unwrap().after, None, "a state that was set has no step behind it");
    assert_eq!(stage.player.field(Field::Reward, greedy).unwrap(), None);
    assert!(stage.player.inspect(height, 0, greedy).is_err());
    stage.player.set_before(&before.unwrap()).unwrap();
    assert_eq!(stage.player.grid().unwrap(), now);
    assert_eq!(advantages(&mut *stage.player), behind, "the same step, set by hand");
}

fn inspections_are_the_twins_and_foretell_the_step(engine: &dyn Engine) {
    check_inspections(engine, 5, 4, Boundary::Bounded, false);
    check_inspections(engine, 4, 3, Boundary::Torus, false);
}

fn greedy_inspections_foretell_too(engine: &dyn Engine) {
    check_inspections(engine, 4, 5, Boundary::Bounded, true);
}

/// `primordia probe` and the inspector are the same numbers, bit for bit.
fn inspections_are_the_probes(engine: &dyn Engine) {
    for boundary in [Boundary::Bounded, Boundary::Torus] {
        let mut stage = Stage::new(engine, 6, 7, boundary);
        stage.player.step(false).unwrap();
        let probe = stage.player.probe().unwrap();
        for q in 0..42 {
            let found = stage.player.inspect(q / 7, q % 7, true).unwrap();
            assert_eq!(found.logits[..], probe.aggregator_logits[10 * q..][..10]);
            let own = stage.windows.at(q / 7, q % 7);
            assert_eq!(found.value, own.map(|p| probe.value[p]));
            assert_eq!(found.window.map(|w| w.to_vec()), own.map(|p| probe.windows[9 * p..][..9].to_vec()));
            for (k, vote) in found.votes.iter().enumerate() {
                let voter = stage.windows.voter(q / 7, q % 7, k);
                let logits = voter.map(|p| probe.logits[90 * p + 10 * k..][..10].to_vec());
                assert_eq!(vote.as_ref().map(|vote| vote.logits.to_vec()), logits);
            }
        }
    }
}

/// V is kept from look to look, but never beyond the rule that it belongs to.
fn values_are_those_of_the_rule_in_force(engine: &dyn Engine) {
    let mut stage = Stage::new(engine, 5, 5, Boundary::Torus);
    stage.player.step(false).unwrap();
    let advantage = |player: &mut dyn Player| player.field(Field::Advantage, false).unwrap().unwrap().values;
    let before = advantage(&mut *stage.player);
    assert_eq!(advantage(&mut *stage.player), before);
    let other = fixtures::params(&stage.table, 95);
    stage.player.set_rule(&stage.rule(&other));
    let after = advantage(&mut *stage.player);
    assert_ne!(after, before);
    let (was, now) = stage.player.transition().unwrap().unwrap();
    let mut config = stage.config.clone();
    config.reward.terms.remove(&Term::Target);
    let mut fresh = engine.player(&rule(&config, &other), &now, SEED).unwrap();
    fresh.set_before(&was).unwrap();
    assert_eq!(
        fresh.field(Field::Value, false).unwrap().unwrap().values,
        stage.player.field(Field::Value, false).unwrap().unwrap().values
    );
    let returns = (RETURNS.0 + 1.0, RETURNS.1);
    stage.player.set_rule(&Rule { returns, ..stage.rule(&other) });
    assert_ne!(advantage(&mut *stage.player), after);
}

/// Windows that are known are not evaluated again, and nothing shows it: not while there is room for more, and not when
/// there is none.
fn a_window_is_known_until_the_rule_changes(engine: &dyn Engine) {
    for side in [16, 150] {
        let config = Config { model: fixtures::model(16, 1, 2, 1), ..Config::default() };
        let table = Params::new(&config.model);
        let params = fixtures::params(&table, 96);
        let start = fixtures::grid(side, side, 10, 97);
        let player = || engine.player(&rule(&config, &params), &start, SEED).unwrap();
        let (mut knowing, mut forgetful) = (player(), player());
        for step in 0..4 {
            forgetful.set_rule(&rule(&config, &params));
            knowing.step(false).unwrap();
            forgetful.step(false).unwrap();
            assert_eq!(knowing.grid().unwrap(), forgetful.grid().unwrap(), "{side}, step {step}");
        }
        let other = fixtures::params(&table, 98);
        knowing.set_rule(&rule(&config, &other));
        let mut fresh = engine.player(&rule(&config, &other), &knowing.grid().unwrap(), SEED).unwrap();
        fresh.set_noise(SEED, knowing.steps());
        knowing.step(false).unwrap();
        fresh.step(false).unwrap();
        assert_eq!(knowing.grid().unwrap(), fresh.grid().unwrap(), "{side}, another rule");
    }
}

/// Whoever plays a rule needs no picture; whoever asks what a step was worth is told which is missing.
fn a_target_that_could_not_be_read_is_named_where_it_counts(engine: &dyn Engine) {
    let mut config = Config { model: fixtures::model(16, 1, 2, 1), ..Config::default() };
    config.reward.target = Some("gone.png".to_owned());
    let params = fixtures::params(&Params::new(&config.model), 95);
    let start = fixtures::grid(6, 7, 10, 96);
    let mut player = engine.player(&rule(&config, &params), &start, SEED).unwrap();
    player.step(false).unwrap();
    player.field(Field::Reward, false).unwrap().unwrap();
    config.reward.terms.insert(Term::Target, 1.0);
    player.set_rule(&rule(&config, &params));
    player.step(false).unwrap();
    assert!(player.field(Field::Reward, false).unwrap_err().to_string().contains("`gone.png`"));
    player.set_rule(&Rule { target: Some(Arc::new(start)), ..rule(&config, &params) });
    player.field(Field::Credit, false).unwrap();
}

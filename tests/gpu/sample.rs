//! The draws: f's proposals and the next colours, exact but where single precision cannot tell.

use std::array::from_fn;

use primordia::spec::params::Params;
use primordia::spec::{COLOURS, SLOTS};
use primordia::train::shape::Shape;

use crate::compare::check_cases;
use crate::harness::{BLANK, Over, Run, floats, kernels, words};
use crate::reference::aggregator::{self, Votes};
use crate::reference::fixtures::{self, Noise};
use crate::reference::linear::softmax;
use crate::reference::{Net, sampling, widened};
use crate::worlds::{WORLDS, World, normals};

kernels! {
    "forward/propose" => propose,
    "forward/aggregate" => aggregate,
}

/// A draw nearer than this to another colour may come out as that one.
const MARGIN: f64 = 1e-5;

/// (slots, 9, 12): logits, their log-sum-exp and their entropy.
pub fn padded_logits(logits: &[[f64; COLOURS]]) -> Vec<f64> {
    let row = |z: &[f64; COLOURS]| {
        let lse = z.iter().map(|z| z.exp()).sum::<f64>().ln();
        let entropy = z.iter().map(|z| (lse - z) * (z - lse).exp()).sum::<f64>();
        z.iter().copied().chain([lse, entropy]).collect::<Vec<_>>()
    };
    logits.iter().flat_map(row).collect()
}

/// Nine colours as the device packs them.
pub fn packed(proposal: &[u8; SLOTS]) -> [u32; 2] {
    [(0..8).map(|k| u32::from(proposal[k]) << (4 * k)).sum(), proposal[8].into()]
}

pub fn unpacked(words: &[u32]) -> [u8; SLOTS] {
    from_fn(|k| (words[k / 8] >> (4 * (k % 8)) & 15) as u8)
}

/// `n` random proposals.
pub fn proposals(n: usize, seed: u32) -> Vec<[u8; SLOTS]> {
    let mut noise = Noise::new(seed, 4);
    (0..n).map(|_| from_fn(|_| noise.below(COLOURS) as u8)).collect()
}

fn argmax(values: &[f64; COLOURS]) -> u8 {
    (1..COLOURS).fold(0, |best, c| if values[c] > values[best] { c } else { best }) as u8
}

/// What must have been drawn where single precision can tell, else what was.
fn drawn(probabilities: &[f64; COLOURS], uniform: f64, greedy: bool, got: u8, unclear: &mut usize) -> u8 {
    if greedy {
        return argmax(probabilities);
    }
    let (colour, margin) = sampling::draw(probabilities, uniform);
    if colour != got && margin < MARGIN {
        *unclear += 1;
        return got;
    }
    colour
}

fn propose(kernel: &'static str) {
    check_cases(WORLDS, |world| propose_case(kernel, world, false).and_then(|()| propose_case(kernel, world, true)));
}

fn propose_case(kernel: &'static str, world: World, greedy: bool) -> Result<(), String> {
    let (hyper, windows) = (world.hyper(), world.windows().count());
    let shape = Shape::new(&world.config().model, world.agents());
    // Not from the first agent on, where there are several, and not from the first grid or world.
    let (first, first_grid, step, first_world) = (world.agents() / 3, 2, 40, 5);
    let n = world.agents() - first;
    let slots = n.div_ceil(2);
    let slot_of = |a: usize| (7 * a + 1) % slots;
    let mut logits: Vec<[f64; COLOURS]> =
        normals(slots * 90, 41).chunks_exact(10).map(|z| from_fn(|c| 1.5 * z[c])).collect();
    logits[0] = [0.0; COLOURS];
    let run = Run::new(kernel, &shape, &hyper)
        .words("agent_slot", &(0..n).map(|a| slot_of(a) as u32).collect::<Vec<_>>())
        .floats("logits", &padded_logits(&logits))
        .blank("proposals", 2 * (first_grid * windows + world.agents() + 3))
        .blank("log_probs", first_grid * windows + world.agents() + 3);
    let ran = run.go(&[first, n, first_grid, step, first_world, usize::from(greedy)], Over::Each(n))?;

    let (mut log_probs, mut colours) =
        (vec![f64::NAN; ran.words("log_probs").len()], vec![BLANK; 2 * ran.words("log_probs").len()]);
    let mut unclear = 0;
    for a in 0..n {
        let (agent, out) = (first + a, first_grid * windows + first + a);
        let got = unpacked(&ran.words("proposals")[2 * out..]);
        let head: [[f64; COLOURS]; SLOTS] = from_fn(|k| softmax(&logits[9 * slot_of(a) + k], 1.0));
        let want: [u8; SLOTS] = from_fn(|k| {
            let (world, window) = (first_world + agent / windows, agent % windows);
            let uniform = sampling::proposal_uniform(hyper.seed, step as u32, world, window, k);
            drawn(&head[k], uniform, greedy, got[k], &mut unclear)
        });
        colours[2 * out..2 * out + 2].copy_from_slice(&packed(&want));
        log_probs[out] = (0..SLOTS).map(|k| head[k][usize::from(want[k])].ln()).sum();
    }
    ran.check(&[words("proposals", colours), floats("log_probs", log_probs, 1e-5)])?;
    (unclear <= n / 50).then_some(()).ok_or_else(|| format!("{unclear} of {n} proposals were unclear"))
}

fn aggregate(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        aggregate_case(kernel, world, false).and_then(|()| aggregate_case(kernel, world, true))
    });
}

fn aggregate_case(kernel: &'static str, world: World, greedy: bool) -> Result<(), String> {
    let (config, windows) = (world.config(), world.windows());
    let hyper = world.hyper();
    let table = Params::new(&config.model);
    let shape = Shape::new(&config.model, world.agents());
    let params = widened(&fixtures::params(&table, 42));
    let net = Net { table: &table, model: &config.model, params: &params };
    let (first_grid, next_grid, step, first_world) = (1, world.grids + 2, 9, 3);
    // Not from the first cell on.
    let (all_cells, cells, first) = (world.grids * world.cells(), world.cells(), world.cells() / 3);
    let n = all_cells - first;
    let all: Vec<Vec<[u8; SLOTS]>> =
        (0..first_grid + world.grids).map(|grid| proposals(windows.count(), 43 + grid as u32)).collect();
    let run = Run::new(kernel, &shape, &hyper)
        .words("proposals", &all.iter().flatten().flat_map(packed).collect::<Vec<_>>())
        .floats("aggregator", &params[table.aggregator.offset..][..table.aggregator.len()])
        .blank("states", (next_grid + world.grids + 1) * cells)
        .blank("colour_log_probs", (first_grid + world.grids + 1) * cells);
    let ran = run.go(&[first, n, first_grid, next_grid, step, first_world, usize::from(greedy)], Over::Each(n))?;

    let mut states = vec![BLANK; ran.words("states").len()];
    let mut log_probs = vec![f64::NAN; ran.words("colour_log_probs").len()];
    let mut unclear = 0;
    for q in first..all_cells {
        let (at, cell) = (q / cells, q % cells);
        let votes: Votes = aggregator::votes(&windows, &all[first_grid + at], cell);
        let probabilities = softmax(&aggregator::logits(&net, &votes), hyper.aggregator_temperature.into());
        let uniform = sampling::colour_uniform(hyper.seed, step as u32, first_world + at, cell);
        let out = next_grid * cells + q;
        let colour = drawn(&probabilities, uniform, greedy, ran.words("states")[out] as u8, &mut unclear);
        states[out] = colour.into();
        log_probs[first_grid * cells + q] = probabilities[usize::from(colour)].ln();
    }
    ran.check(&[words("states", states), floats("colour_log_probs", log_probs, 1e-5)])?;
    (unclear <= n / 50).then_some(()).ok_or_else(|| format!("{unclear} of {n} colours were unclear"))
}

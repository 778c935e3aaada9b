//! The draws: f's proposals and the next colours, exact but where single precision cannot tell.

use std::array::from_fn;

use primordia::args;
use primordia::engine::wgsl::shape::Shape;
use primordia::spec::params::Params;
use primordia::spec::{COLOURS, SLOTS};

use crate::compare::check_cases;
use crate::harness::{BLANK, Over, Run, floats, kernels, words};
use crate::reference::aggregator::{self, Votes};
use crate::reference::fixtures::{self, Noise};
use crate::reference::linear::softmax;
use crate::reference::{Net, sampling, widened};
use crate::worlds::{WORLDS, World, normals};

kernels! {
    "forward/propose" => propose,
    "forward/vote_sums" => sums_of_votes,
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

/// What `shaders/common/draws.wgsl` says of each token: (slots, 9, 10).
pub fn draws(logits: &[[f64; COLOURS]]) -> Vec<u32> {
    const ALL: u32 = 1 << 23;
    let row = |z: &[f64; COLOURS]| {
        let (mut sum, likeliest) = (0.0, argmax(z));
        let mut bounds = softmax(z, 1.0).map(|p| {
            sum += p;
            (sum * f64::from(ALL) - 0.5).ceil().clamp(0.0, f64::from(ALL)) as u32
        });
        bounds[COLOURS - 1] = ALL;
        let colour = usize::from(likeliest);
        let first = if colour == 0 { 0 } else { bounds[colour - 1] };
        let word = (colour as u32) << 28 | first.div_ceil(512) << 14 | ((bounds[colour] / 512).max(1) - 1);
        [&[word], &bounds[..COLOURS - 1]].concat()
    };
    logits.iter().flat_map(row).collect()
}

/// (3, 1331): what three slots' votes add to z, the eleventh of each for none.
pub fn vote_sums(net: &Net) -> Vec<Vec<f64>> {
    let row = |row: usize| {
        let mut votes: Votes = [None; SLOTS];
        for (i, place) in [1, 11, 121].into_iter().enumerate() {
            let vote = row / place % 11;
            votes[row / 1331 * 3 + i] = (vote < COLOURS).then_some(vote as u8);
        }
        let bias = aggregator::logits(net, &[None; SLOTS]);
        let of = aggregator::logits(net, &votes);
        (0..COLOURS).map(|c| if row / 1331 == 1 { of[c] } else { of[c] - bias[c] }).collect()
    };
    (0..3 * 1331).map(row).collect()
}

/// Their leads, as `shaders/common/leads.wgsl` says.
fn vote_leads(sums: &[Vec<f64>]) -> Vec<u32> {
    let row = |z: &Vec<f64>| {
        let z: [f64; COLOURS] = from_fn(|c| z[c]);
        let mut sorted = z;
        sorted.sort_by(f64::total_cmp);
        let [least, second, top] = [0, COLOURS - 2, COLOURS - 1].map(|at| sorted[at]);
        let steps = |by: f64| by.min(16383.0) as u32;
        u32::from(argmax(&z)) << 28
            | steps((256.0 * (top - second)).floor()) << 14
            | steps((256.0 * (top - least)).ceil())
    };
    sums.iter().map(row).collect()
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
    check_cases(WORLDS, |world| {
        let case = |greedy, scale| propose_case(kernel, world, greedy, scale);
        // With one colour likely, and with many.
        case(false, 1.5).and_then(|()| case(false, 8.0)).and_then(|()| case(true, 1.5))
    });
}

fn propose_case(kernel: &'static str, world: World, greedy: bool, scale: f64) -> Result<(), String> {
    let (hyper, windows) = (world.hyper(), world.windows().count());
    let shape = Shape::new(&world.config().model, world.agents());
    // Not from the first agent on, where there are several, and not from the first grid or world.
    let (first, first_grid, step, first_world) = (world.agents() / 3, 2, 40, 5);
    let n = world.agents() - first;
    let slots = n.div_ceil(2);
    let slot_of = |a: usize| (7 * a + 1) % slots;
    let mut logits: Vec<[f64; COLOURS]> =
        normals(slots * 90, 41).chunks_exact(10).map(|z| from_fn(|c| scale * z[c])).collect();
    logits[0] = [0.0; COLOURS];
    let run = Run::new(kernel, &shape, &hyper)
        .words("row_of_agent", &[vec![BLANK; first], (0..n).map(|a| slot_of(a) as u32).collect()].concat())
        .words("draws", &draws(&logits))
        .floats("logits", &padded_logits(&logits))
        .blank("proposals", 2 * (first_grid * windows + world.agents() + 3))
        .blank("log_probs", first_grid * windows + world.agents() + 3);
    // Where nobody learns from them, their log-probabilities are not kept.
    let ran = if greedy { run } else { run.with("LOG_PROBS") }
        .go(args![first, first_grid, step, first_world, greedy], Over::Each(n))?;

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
        if !greedy {
            log_probs[out] = (0..SLOTS).map(|k| head[k][usize::from(want[k])].ln()).sum();
        }
    }
    let kept = (!greedy).then(|| floats("log_probs", log_probs, 1e-5));
    ran.check(&[words("proposals", colours)].into_iter().chain(kept).collect::<Vec<_>>())?;
    (unclear <= n / 50).then_some(()).ok_or_else(|| format!("{unclear} of {n} proposals were unclear"))
}

fn aggregate(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let case = |greedy, learns, scale| aggregate_case(kernel, world, greedy, learns, scale);
        // With many colours likely, and with one.
        case(false, true, 1.0)?;
        case(false, false, 1.0)?;
        case(false, false, 12.0)?;
        case(true, false, 1.0)
    });
}

fn sums_of_votes(kernel: &'static str) {
    let config = WORLDS[0].of.config();
    let (table, shape) = (Params::new(&config.model), Shape::new(&config.model, 64));
    let params = widened(&fixtures::params(&table, 42));
    let sums = vote_sums(&Net { table: &table, model: &config.model, params: &params });
    let run = Run::new(kernel, &shape, &WORLDS[0].of.hyper())
        .floats("aggregator", &params[table.aggregator.offset..][..table.aggregator.len()])
        .blank("vote_sums", sums.len() * COLOURS + 5)
        .blank("vote_leads", sums.len() + 5);
    let ran = run.go(args![], Over::Each(sums.len())).unwrap();
    // A lead that lies between two steps may come out as either.
    let (got, want) = (ran.words("vote_leads").to_vec(), vote_leads(&sums));
    for (row, (&got, &want)) in got.iter().zip(&want).enumerate() {
        let parts = |word: u32| [word >> 28, word >> 14 & 16383, word & 16383];
        let ([colour, lead, apart], wanted) = (parts(got), parts(want));
        let near = lead.abs_diff(wanted[1]) <= 1 && apart.abs_diff(wanted[2]) <= 1;
        assert!(near && (colour == wanted[0] || lead == 0), "row {row}: {:?}, not {wanted:?}", parts(got));
    }
    assert_eq!(got[want.len()..], [BLANK; 5]);
    let flat = sums.concat().into_iter().chain([f64::NAN; 5]).collect();
    ran.check(&[floats("vote_sums", flat, 1e-5), words("vote_leads", got)]).unwrap();
}

fn aggregate_case(kernel: &'static str, world: World, greedy: bool, learns: bool, scale: f64) -> Result<(), String> {
    let (config, windows) = (world.config(), world.windows());
    let hyper = world.hyper();
    let table = Params::new(&config.model);
    let shape = Shape::new(&config.model, world.agents());
    let params: Vec<f64> = widened(&fixtures::params(&table, 42)).iter().map(|w| scale * w).collect();
    let net = Net { table: &table, model: &config.model, params: &params };
    let (first_grid, next_grid, step, first_world) = (1, world.grids + 2, 9, 3);
    // Not from the first row on.
    let (all_cells, cells, first) = (world.grids * world.cells(), world.cells(), world.width);
    let (first_four, fours) = (windows.fours(), world.grids * world.height * windows.fours());
    let n = all_cells - first;
    let all: Vec<Vec<[u8; SLOTS]>> =
        (0..first_grid + world.grids).map(|grid| proposals(windows.count(), 43 + grid as u32)).collect();
    let sums = vote_sums(&net);
    let run = Run::new(kernel, &shape, &hyper)
        .words("proposals", &all.iter().flatten().flat_map(packed).collect::<Vec<_>>())
        .floats("vote_sums", &sums.concat())
        .words("vote_leads", &vote_leads(&sums))
        .blank("states", (next_grid + world.grids + 1) * cells)
        .blank("colour_log_probs", (first_grid + world.grids + 1) * cells);
    let args = args![first: first_four, first_grid, next_grid, step, first_world, greedy];
    let ran = if learns { run.with("LOG_PROBS") } else { run }.go(args, Over::Each(fours - first_four))?;

    let mut states = vec![BLANK; ran.words("states").len()];
    let mut log_probs = vec![f64::NAN; ran.words("colour_log_probs").len()];
    let mut unclear = 0;
    for q in first..all_cells {
        let (at, cell) = (q / cells, q % cells);
        let votes: Votes = aggregator::votes(&windows, &all[first_grid + at], cell);
        let probabilities = softmax(&aggregator::logits(&net, &votes), hyper.aggregator_temperature.into());
        let uniform = sampling::colour_uniform(hyper.seed, step as u32, first_world + at, world.width, cell);
        let out = next_grid * cells + q;
        let colour = drawn(&probabilities, uniform, greedy, ran.words("states")[out] as u8, &mut unclear);
        states[out] = colour.into();
        if learns {
            log_probs[first_grid * cells + q] = probabilities[usize::from(colour)].ln();
        }
    }
    let kept = learns.then(|| floats("colour_log_probs", log_probs, 1e-5));
    ran.check(&[words("states", states)].into_iter().chain(kept).collect::<Vec<_>>())?;
    (unclear <= n / 50).then_some(()).ok_or_else(|| format!("{unclear} of {n} colours were unclear"))
}

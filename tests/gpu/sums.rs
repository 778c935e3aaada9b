//! The sums behind the gradients: over a slot's agents, and over rows that splits share out.

use primordia::args;
use primordia::engine::wgsl::Hyper;
use primordia::engine::wgsl::shape::{PART, SPLITS, Shape, place};
use primordia::spec::params::Block;
use primordia::spec::{COLOURS, SLOTS};

use crate::compare::{Case, check_cases};
use crate::harness::{Over, Run, floats, kernels};
use crate::lists::Lists;
use crate::reference::fixtures;
use crate::reference::linear::gelu;
use crate::reference::ppo::Head;
use crate::sample::{packed, padded_logits, proposals};
use crate::worlds::{WORLDS, normals, shuffled};

kernels! {
    "backward/parts" => parts,
    "backward/logits" => logits_backward,
    "backward/weights" => weights,
    "backward/reduce" => reduce,
    "backward/embedded" => embedded,
    "backward/aggregator" => aggregator,
    "backward/critic_value" => critic_value,
}

/// Slots, and slots of a tile.
pub const SLOT_COUNTS: &[Case<(usize, usize)>] = &[
    Case { name: "one slot", of: (1, 64) },
    Case { name: "a workgroup less one", of: (63, 64) },
    Case { name: "a tile and one", of: (65, 64) },
    Case { name: "ragged", of: (150, 192) },
    Case { name: "more bands than splits", of: (2100, 2112) },
];

fn setup(d_model: usize, tile: usize) -> (Shape, Hyper) {
    let mut shape = Shape::new(&fixtures::model(d_model, 1, 2, 1), tile);
    shape.tile = tile;
    (shape, WORLDS[0].of.hyper())
}

/// How many splits share out the bands of so many slots.
fn splits_of(slots: usize) -> usize {
    slots.div_ceil(8).min(SPLITS)
}

/// (tile, the slots that it has).
fn tiles(slots: usize, tile: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..slots.div_ceil(tile)).map(move |t| (t, tile.min(slots - t * tile)))
}

/// Agents' proposals and their slopes, as the kernels have them.
struct Actions {
    drawn: Vec<[u8; SLOTS]>,
    slopes: Vec<f64>,
}

impl Actions {
    fn new(n: usize) -> Self {
        Self { drawn: proposals(n, 92), slopes: normals(n, 93) }
    }

    fn words(&self) -> Vec<u32> {
        let word = |(drawn, &slope): (_, &f64)| [packed(drawn)[0], packed(drawn)[1], (slope as f32).to_bits(), 0];
        self.drawn.iter().zip(&self.slopes).flat_map(word).collect()
    }

    /// (9, 12): by token and colour the slopes of agents, and where colour 10 would be, of all colours.
    fn sums(&self, agents: &[u32]) -> Vec<f64> {
        let mut sums = vec![0.0; 108];
        for &a in agents {
            for k in 0..SLOTS {
                for c in [usize::from(self.drawn[a as usize][k]), COLOURS] {
                    sums[12 * k + c] += self.slopes[a as usize];
                }
            }
        }
        sums
    }
}

fn parts(kernel: &'static str) {
    check_cases(SLOT_COUNTS, |(slots, tile)| {
        let (shape, hyper) = setup(16, tile);
        let n = 2 * slots + 6 * PART;
        let (lists, actions) = (Lists::new(n, slots), Actions::new(n));
        let (critic, dprojected) = (normals(32 * n, 101), normals(32 * n, 102));
        let sums = |agents: &[u32]| {
            let mut sums = [actions.sums(agents), vec![0.0; 48]].concat();
            for a in agents.iter().map(|&a| a as usize) {
                let row = [&critic[32 * a..][..16], &dprojected[32 * a..][..32]].concat();
                sums[108..].iter_mut().zip(row).for_each(|(sum, slope)| *sum += slope);
            }
            sums
        };
        let want = lists.parts(sums);
        // Once learning has stopped, the lists are old.
        [slots as u32, 0].into_iter().try_for_each(|slots| {
            let wants = if slots == 0 { vec![] } else { vec![floats("part_sums", want.clone(), 2e-5)] };
            Run::new(kernel, &shape, &hyper)
                .words("counts", &[slots, 0, 0, 0])
                .words("row_of_agent", &lists.row_of_agent)
                .words("list_start", &lists.starts)
                .words("list", &lists.list)
                .words("actions", &actions.words())
                .floats("critic", &critic)
                .floats("dprojected", &dprojected)
                .blank("part_sums", want.len())
                .check(args![n], Over::Groups([n.div_ceil(64 * PART), 10, 1]), wants)
        })
    });
}

fn logits_backward(kernel: &'static str) {
    check_cases(SLOT_COUNTS, |(slots, tile)| {
        let (shape, hyper) = setup(16, tile);
        let (n, total, dlogits) = (2 * slots + 6 * PART, 11, shape.gradients().dlogits);
        let (lists, actions) = (Lists::new(n, slots), Actions::new(n));
        let logits: Vec<[f64; COLOURS]> =
            normals(90 * slots, 94).chunks_exact(10).map(|z| std::array::from_fn(|c| 1.5 * z[c])).collect();
        let bonus = -f64::from(hyper.entropy_coef) / f64::from(total);
        let temperature = f64::from(hyper.temperature);
        tiles(slots, tile).try_for_each(|(t, here)| {
            let mut want = vec![f64::NAN; 36 * tile * shape.gradients().len];
            for s in 0..here {
                let slot = t * tile + s;
                for k in 0..SLOTS {
                    // The logits have the temperature in them already; the slopes are by those without it.
                    let mut sum = [0.0; 12];
                    for a in lists.of(slot).iter().map(|&a| a as usize) {
                        let drawn = actions.drawn[a][k];
                        let head = Head::new(&logits[9 * slot + k], 1.0, drawn);
                        let slope = head.backward(drawn, actions.slopes[a], bonus);
                        (0..COLOURS).for_each(|c| sum[c] += slope[c] / temperature);
                    }
                    for (c, value) in sum.iter().enumerate() {
                        want[4 * place(dlogits, 3, (9 * tile, 9), (k, s), c / 4) + c % 4] = *value;
                    }
                }
            }
            Run::new(kernel, &shape, &hyper)
                .words("counts", &[slots as u32, 0, 0, 0])
                .words("list_start", &lists.starts)
                .words("list", &lists.list)
                .words("actions", &actions.words())
                .floats("part_sums", &lists.parts(|agents| [actions.sums(agents), vec![f64::NAN; 48]].concat()))
                .floats("logits", &padded_logits(&logits))
                .blank("dtokens", want.len())
                .check(args![tile: t, total, dlogits], Over::Each(9 * tile), vec![floats("dtokens", want, 2e-5)])
        })
    });
}

/// Inputs and slopes by (rows a slot, inputs, outputs): of a token's layer, of the head with its odd count, of the pooled
/// tokens', of more inputs and outputs than a workgroup has.
const LINEAR: [(usize, usize, usize); 4] = [(9, 16, 32), (9, 24, 12), (1, 16, 48), (9, 40, 36)];

fn weights(kernel: &'static str) {
    check_cases(SLOT_COUNTS, |(slots, tile)| {
        LINEAR.into_iter().try_for_each(|(tokens, inputs, outputs)| {
            let (shape, hyper) = setup(16, tile);
            let (a, b) = (3, 2);
            let from_inputs = normals(4 * (a + inputs / 4) * tokens * tile, 95);
            let from_outputs = normals(4 * (b + outputs / 4) * tokens * tile, 96);
            let at = |first, features: usize, row, f: usize| {
                4 * place(first, features / 4, (tokens * tile, tokens), row, f / 4) + f % 4
            };
            let size = (inputs + 1) * outputs;
            tiles(slots, tile).try_for_each(|(t, here)| {
                let splits = splits_of(here);
                let mut want = vec![f64::NAN; SPLITS * size];
                want[..splits * size].fill(0.0);
                for (k, s) in (0..tokens).flat_map(|k| (0..here).map(move |s| (k, s))) {
                    let sum = &mut want[s / 8 % splits * size..][..size];
                    for j in 0..outputs {
                        let dy = from_outputs[at(b, outputs, (k, s), j)];
                        for i in 0..inputs {
                            sum[i * outputs + j] += from_inputs[at(a, inputs, (k, s), i)] * dy;
                        }
                        sum[inputs * outputs + j] += dy;
                    }
                }
                Run::new(kernel, &shape, &hyper)
                    .words("counts", &[slots as u32, 0, 0, 0])
                    .floats("from_inputs", &from_inputs)
                    .floats("from_outputs", &from_outputs)
                    .blank("partial", want.len())
                    .check(
                        args![tile: t, tokens, a, b, inputs: inputs / 4, outputs: outputs / 4],
                        Over::Groups([SPLITS, inputs.div_ceil(32), outputs.div_ceil(32)]),
                        vec![floats("partial", want, 3e-5)],
                    )
            })
        })
    });
}

fn reduce(kernel: &'static str) {
    check_cases(SLOT_COUNTS, |(slots, tile)| {
        let (shape, hyper) = setup(16, tile);
        let in_use = tiles(slots, tile).map(|(t, here)| (t, splits_of(here), 0));
        in_use.chain([(0, 64, 64), (0, SPLITS, SPLITS)]).try_for_each(|(t, splits, said)| {
            let Block { rows, stride, .. } = shape.params.head;
            let (n, out) = (rows * stride, 12);
            // What splits that are not in use leave behind is not read.
            let mut partial = vec![f64::NAN; SPLITS * n];
            partial[..splits * n].copy_from_slice(&normals(splits * n, 97));
            let before = normals(n + 24, 98);
            let mut want = before.clone();
            for (i, value) in partial[..splits * n].iter().enumerate() {
                want[out + i % n] += value;
            }
            // Once learning has stopped, nothing is added.
            [slots as u32, 0].into_iter().try_for_each(|slots| {
                let wants = if slots == 0 { vec![] } else { vec![floats("gradient", want.clone(), 3e-5)] };
                Run::new(kernel, &shape, &hyper)
                    .words("counts", &[slots, 0, 0, 0])
                    .floats("partial", &partial)
                    .floats("gradient", &before)
                    .check(args![n: n / 4, out: out / 4, tile: t, splits: said], Over::Groups([n / 4, 1, 1]), wants)
            })
        })
    });
}

/// (splits, 9, 10, 4 D): each split's sums of slopes by position and colour.
fn embedded(kernel: &'static str) {
    check_cases(SLOT_COUNTS, |(slots, tile)| {
        let (shape, hyper) = setup(16, tile);
        let (d, dqkv, dmid) = (16, 14, 2);
        let keys: Vec<u32> =
            shuffled(slots, 99).iter().map(|s| s.wrapping_mul(2_654_435_761) % 1_000_000_000).collect();
        let dtokens = normals(36 * tile * shape.gradients().len, 100);
        tiles(slots, tile).try_for_each(|(t, here)| {
            let splits = splits_of(here);
            let mut want = vec![f64::NAN; SPLITS * 90 * 4 * d];
            want[..splits * 90 * 4 * d].fill(0.0);
            for (s, k) in (0..here).flat_map(|s| (0..SLOTS).map(move |k| (s, k))) {
                let colour = keys[t * tile + s] as usize / 10usize.pow(k as u32) % 10;
                let sum = (s / 8 % splits * 9 + k) * 10 + colour;
                for f in 0..4 * d {
                    let (first, width, f_in) = if f < 3 * d { (dqkv, 3 * d, f) } else { (dmid, d, f - 3 * d) };
                    want[sum * 4 * d + f] +=
                        dtokens[4 * place(first, width / 4, (9 * tile, 9), (k, s), f_in / 4) + f % 4];
                }
            }
            Run::new(kernel, &shape, &hyper)
                .words("counts", &[slots as u32, 0, 0, 0])
                .words("row_key", &keys)
                .floats("dtokens", &dtokens)
                .blank("partial", want.len())
                .check(
                    args![tile: t, dqkv, dmid],
                    Over::Groups([(4 * d).div_ceil(4 * 64), SLOTS, SPLITS]),
                    vec![floats("partial", want, 1e-5)],
                )
        })
    });
}

const COUNTS: &[Case<usize>] = &[
    Case { name: "one", of: 1 },
    Case { name: "fewer than splits", of: SPLITS - 1 },
    Case { name: "as many as splits", of: SPLITS },
    Case { name: "ragged", of: 2 * SPLITS + 77 },
];

fn aggregator(kernel: &'static str) {
    check_cases(COUNTS, |n| {
        let (shape, hyper) = setup(16, 64);
        let slopes: Vec<[f64; COLOURS]> =
            normals(10 * n, 103).chunks_exact(10).map(|dz| std::array::from_fn(|c| dz[c])).collect();
        // Some votes are absent: 15.
        let votes: Vec<[u8; SLOTS]> =
            proposals(n, 104).iter().map(|v| v.map(|c| if c == 9 { 15 } else { c })).collect();
        let mut dz = Vec::new();
        let mut want = vec![0.0; SPLITS * 91 * 12];
        for q in 0..n {
            dz.extend(slopes[q].iter().map(|&slope| (slope as f32).to_bits()));
            dz.extend([0, 0]);
            let [low, high] = packed(&votes[q]);
            dz.extend([low & 0xffff, low >> 16, high, 0]);
            let rows = (0..9).filter(|&k| votes[q][k] != 15).map(|k| 10 * k + usize::from(votes[q][k]));
            for row in rows.chain([90]) {
                for c in 0..COLOURS {
                    want[(q % SPLITS * 91 + row) * 12 + c] += slopes[q][c];
                }
            }
        }
        Run::new(kernel, &shape, &hyper)
            .words("counts", &[1, 0, 0, 0])
            .words("dz", &dz)
            .blank("partial", want.len())
            .check(args![n], Over::Groups([(91usize * 3).div_ceil(64), SPLITS, 1]), vec![floats("partial", want, 1e-5)])
    });
}

fn critic_value(kernel: &'static str) {
    check_cases(COUNTS, |n| {
        let (shape, hyper) = setup(16, 64);
        let (hidden, statistics) = (normals(16 * n, 105), normals(4 * n, 106));
        let mut want = vec![0.0; SPLITS * 17 * 4];
        for (a, row) in hidden.chunks_exact(16).enumerate() {
            for i in 0..17 {
                want[(a % SPLITS * 17 + i) * 4] +=
                    statistics[4 * a + 1] * row.get(i).map_or(1.0, |&hidden| gelu(hidden));
            }
        }
        let run = Run::new(kernel, &shape, &hyper).floats("hidden", &hidden).floats("statistics", &statistics);
        run.blank("partial", want.len()).check(
            args![n],
            Over::Groups([SPLITS * 4 / 64, 1, 1]),
            vec![floats("partial", want, 1e-5)],
        )
    });
}

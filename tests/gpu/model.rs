//! f's kernels, forward and backward, each fed with the twin's numbers: an error shows in the kernel that made it.

use std::array::from_fn;

use primordia::args;
use primordia::engine::wgsl::Hyper;
use primordia::engine::wgsl::shape::{Shape, place};
use primordia::spec::COLOURS;
use primordia::spec::grid::key_from_colours;
use primordia::spec::params::{Block, Params};

use crate::compare::{Case, check_cases};
use crate::harness::{Over, Run, floats, kernels, words};
use crate::reference::fixtures::{self, Noise};
use crate::reference::linear::{self, entropy, softmax};
use crate::reference::model::{self, Activations, Slopes, Tokens};
use crate::reference::{Net, widened};
use crate::sample::draws;
use crate::worlds::{WORLDS, hyper, normals};

kernels! {
    "forward/embed" => embed,
    "forward/attention_in" => attention_in,
    "forward/attention" => attention,
    "forward/mlp" => mlp,
    "forward/head" => head,
    "forward/critic_project" => critic_project,
    "backward/head" => head_backward,
    "backward/mlp" => mlp_backward,
    "backward/attention" => attention_backward,
    "backward/attention_in" => attention_in_backward,
    "backward/embed" => embed_backward,
    "backward/embed_weights" => embed_weights,
}

/// An architecture, and how many slots are in use of tiles of what size.
#[derive(Debug, Clone, Copy)]
struct Size {
    d_model: usize,
    layers: usize,
    heads: usize,
    mlp_ratio: usize,
    slots: usize,
    tile: usize,
}

const fn case(name: &'static str, [d_model, layers, heads, mlp_ratio, slots, tile]: [usize; 6]) -> Case<Size> {
    Case { name, of: Size { d_model, layers, heads, mlp_ratio, slots, tile } }
}

const SIZES: &[Case<Size>] = &[
    case("one slot", [16, 1, 1, 1, 1, 64]),
    case("a workgroup less one", [16, 2, 4, 2, 63, 64]),
    case("a workgroup", [24, 1, 2, 2, 64, 64]),
    case("a tile and one", [24, 1, 3, 3, 65, 64]),
    case("two workgroups a tile, ragged", [32, 2, 4, 2, 150, 128]),
];
/// Of the MLP, whose weights exceed a uniform binding here.
const WIDE: &[Case<Size>] = &[case("the widest", [64, 1, 16, 4, 3, 64])];

/// What the twin computed for one slot.
pub struct Slot {
    forward: Activations,
    slopes: Slopes,
    dlogits: Tokens,
    /// du.
    dpooled: Vec<f64>,
}

/// A place in a buffer, in features / 4, and what belongs there.
type Field = (usize, fn(&Slot, usize) -> &Tokens);

/// A kernel at one layer: what it is given and what it gives.
#[derive(Default)]
struct Stage {
    args: Vec<(&'static str, u32)>,
    /// Invocations.
    over: Option<Over>,
    weights: Vec<(&'static str, Block)>,
    activations: Vec<Field>,
    activations_out: Vec<Field>,
    dtokens: Vec<Field>,
    dtokens_out: Vec<Field>,
}

struct Bench {
    size: Size,
    shape: Shape,
    hyper: Hyper,
    params: Vec<f64>,
    slots: Vec<Slot>,
}

impl Bench {
    fn new(size: Size) -> Self {
        let architecture = fixtures::model(size.d_model, size.layers, size.heads, size.mlp_ratio);
        let table = Params::new(&architecture);
        let params = widened(&fixtures::params(&table, 31));
        let net = Net { table: &table, model: &architecture, params: &params };
        let mut noise = Noise::new(32, 1);
        let slots = (0..size.slots)
            .map(|_| {
                let forward = model::forward(&net, &from_fn(|_| noise.below(COLOURS) as u8));
                let dlogits = from_fn(|_| from_fn(|_| noise.normal()));
                let dpooled: Vec<f64> = (0..size.d_model).map(|_| noise.normal()).collect();
                let slopes = model::backward(&net, &forward, &dlogits, &dpooled, &mut vec![0.0; table.len]);
                let padded = dlogits.map(|d| d.iter().copied().chain([0.0; 2]).collect());
                Slot { forward, slopes, dlogits: padded, dpooled }
            })
            .collect();
        let mut config = WORLDS[0].of.config();
        config.model = architecture;
        let mut shape = Shape::new(&config.model, size.slots);
        shape.tile = size.tile;
        Self { size, hyper: hyper(&config), shape, params, slots }
    }

    fn tiles(&self) -> usize {
        self.size.slots.div_ceil(self.size.tile)
    }

    /// The slots of a tile.
    fn tile(&self, tile: usize) -> impl Iterator<Item = (usize, &Slot)> {
        self.slots.iter().skip(tile * self.size.tile).take(self.size.tile).enumerate()
    }

    /// Writes fields into a buffer of rows.
    fn put(&self, buffer: &mut [f64], tile: usize, layer: usize, fields: &[Field]) {
        for &(at, field) in fields {
            for (s, slot) in self.tile(tile) {
                for (k, token) in field(slot, layer).iter().enumerate() {
                    for (f, value) in token.iter().enumerate() {
                        let at = place(at, token.len() / 4, (9 * self.size.tile, 9), (k, s), f / 4);
                        buffer[4 * at + f % 4] = *value;
                    }
                }
            }
        }
    }

    /// Layer 0's q, k, v and x for each position and colour.
    fn embedded(&self) -> Vec<f64> {
        let (d, params) = (self.size.d_model, &self.shape.params);
        let row = |row: usize| &self.params[params.embedding.offset + row * d..][..d];
        (0..90)
            .flat_map(|pair| {
                let x: Vec<f64> = row(pair % 10).iter().zip(row(10 + pair / 10)).map(|(e, p)| e + p).collect();
                [linear::linear(&self.params, params.layers[0].qkv, &linear::norm(&x)), x].concat()
            })
            .collect()
    }

    /// A field that layer 0 takes from its table instead.
    fn after_first(layer: usize, field: Field) -> Vec<Field> {
        if layer == 0 { Vec::new() } else { vec![field] }
    }

    fn weights(&self, block: Block) -> Vec<f64> {
        self.params[block.offset..][..block.len()].to_vec()
    }

    /// A run of `stage` with its buffers, and what becomes of `activations` and `dtokens`.
    fn run(&self, kernel: &'static str, tile: usize, layer: usize, stage: &Stage) -> (Run<'_>, [Vec<f64>; 2]) {
        let row = 4 * 9 * self.size.tile;
        let mut activations = vec![f64::NAN; row * self.shape.activations()];
        let mut dtokens = vec![f64::NAN; row * self.shape.gradients().len];
        self.put(&mut activations, tile, layer, &stage.activations);
        self.put(&mut dtokens, tile, layer, &stage.dtokens);
        let mut run = Run::new(kernel, &self.shape, &self.hyper)
            .layer(layer)
            .floats("embedded", &self.embedded())
            .words("counts", &[self.size.slots as u32, 0, 0, 0, 0, 0])
            .words("row_key", &self.slots.iter().map(|s| key_from_colours(&s.forward.colours)).collect::<Vec<_>>())
            .floats("activations", &activations)
            .floats("dtokens", &dtokens);
        for &(name, block) in &stage.weights {
            run = run.floats(name, &self.weights(block));
        }
        self.put(&mut activations, tile, layer, &stage.activations_out);
        self.put(&mut dtokens, tile, layer, &stage.dtokens_out);
        (run, [activations, dtokens])
    }

    /// Every tile of the slots, by its number.
    fn each_tile(&self, check: impl Fn(usize) -> Result<(), String>) -> Result<(), String> {
        (0..self.tiles()).try_for_each(|tile| check(tile).map_err(|error| format!("tile {tile}: {error}")))
    }
}

/// A kernel that reads and writes activations and gradients alone, at every layer and tile.
fn check_stages(kernel: &'static str, sizes: &[Case<Size>], stage: impl Fn(&Bench, usize) -> Stage) {
    check_cases(sizes, |size| {
        let bench = Bench::new(size);
        // Layer 0 has a table in place of a kernel for q, k and v.
        let first = usize::from(kernel.ends_with("attention_in"));
        (first..size.layers).try_for_each(|layer| {
            let stage = stage(&bench, layer);
            bench.each_tile(|tile| {
                let (run, [activations, dtokens]) = bench.run(kernel, tile, layer, &stage);
                let args = [args![tile], stage.args.as_slice()].concat();
                let mut wants = Vec::new();
                if !stage.activations_out.is_empty() {
                    wants.push(floats("activations", activations, 2e-5));
                }
                if !stage.dtokens_out.is_empty() {
                    wants.push(floats("dtokens", dtokens, 5e-5));
                }
                run.check(&args, stage.over.unwrap_or(Over::Each(9 * size.tile)), wants)
                    .map_err(|error| format!("layer {layer}: {error}"))
            })
        })
    });
}

/// The residual stream after a layer.
fn after(slot: &Slot, layer: usize) -> &Tokens {
    slot.forward.blocks.get(layer + 1).map_or(&slot.forward.last, |block| &block.input)
}

/// Its slope before a layer.
fn slope_before(slot: &Slot, layer: usize) -> &Tokens {
    if layer == 0 { &slot.slopes.input } else { &slot.slopes.blocks[layer - 1].output }
}

fn embed(kernel: &'static str) {
    check_cases(SIZES, |size| {
        let bench = Bench::new(size);
        let params = &bench.shape.params;
        Run::new(kernel, &bench.shape, &bench.hyper)
            .floats("embedding", &bench.weights(params.embedding))
            .floats("w_qkv", &bench.weights(params.layers[0].qkv))
            .blank("embedded", 4 * bench.shape.embedded())
            .check(args![], Over::Each(90), vec![floats("embedded", bench.embedded(), 2e-5)])
    });
}

fn embed_backward(kernel: &'static str) {
    check_cases(SIZES, |size| {
        let bench = Bench::new(size);
        let (d, embedded) = (size.d_model, bench.embedded());
        let slopes = normals(90 * 4 * d, 33);
        let want: Vec<f64> = embedded
            .chunks_exact(4 * d)
            .zip(slopes.chunks_exact(4 * d))
            .flat_map(|(pair, slope)| {
                let (x, block) = (&pair[3 * d..], bench.shape.params.layers[0].qkv);
                let n = linear::norm(x);
                let dn = linear::linear_backward(&bench.params, block, &n, &slope[..3 * d], &mut bench.params.clone());
                let mut dx = linear::norm_backward(x, &dn);
                linear::add(&mut dx, &slope[3 * d..]);
                [n, dx].concat()
            })
            .collect();
        Run::new(kernel, &bench.shape, &bench.hyper)
            .floats("w_qkv", &bench.weights(bench.shape.params.layers[0].qkv))
            .floats("embedded", &embedded)
            .floats("dembedded", &slopes)
            .blank("embedded_rows", want.len())
            .check(args![], Over::Each(90), vec![floats("embedded_rows", want, 5e-5)])
    });
}

fn embed_weights(kernel: &'static str) {
    check_cases(SIZES, |size| {
        let bench = Bench::new(size);
        let (d, rows) = (size.d_model, normals(90 * 2 * size.d_model, 34));
        let slopes = normals(90 * 4 * d, 35);
        let (embedding, qkv) = (8, 16 + 19 * d);
        let before = normals(qkv + (d + 1) * 3 * d + 8, 36);
        let mut want = before.clone();
        for pair in 0..90 {
            let (n, dx) = rows[pair * 2 * d..][..2 * d].split_at(d);
            for f in 0..d {
                want[embedding + pair % 10 * d + f] += dx[f];
                want[embedding + (10 + pair / 10) * d + f] += dx[f];
            }
            for j in 0..3 * d {
                let dy = slopes[pair * 4 * d + j];
                for (i, n) in n.iter().chain([&1.0]).enumerate() {
                    want[qkv + i * 3 * d + j] += n * dy;
                }
            }
        }
        Run::new(kernel, &bench.shape, &bench.hyper)
            .floats("dembedded", &slopes)
            .floats("embedded_rows", &rows)
            .floats("gradient", &before)
            .check(
                args![embedding: embedding / 4, qkv: qkv / 4],
                Over::Each((19 * d + (d + 1) * 3 * d) / 4),
                vec![floats("gradient", want, 5e-5)],
            )
    });
}

fn attention_in(kernel: &'static str) {
    check_stages(kernel, SIZES, |bench, l| Stage {
        args: args![x: bench.shape.x(l), qkv: bench.shape.qkv(l)].to_vec(),
        weights: vec![("w_qkv", bench.shape.params.layers[l].qkv)],
        activations: vec![(bench.shape.x(l), |slot, l| &slot.forward.blocks[l].input)],
        activations_out: vec![(bench.shape.qkv(l), |slot, l| &slot.forward.blocks[l].qkv)],
        ..Stage::default()
    });
}

fn attention(kernel: &'static str) {
    check_stages(kernel, SIZES, |bench, l| Stage {
        args: args![qkv: bench.shape.qkv(l), att: bench.shape.attention(l)].to_vec(),
        over: Some(Over::Each(bench.size.heads * bench.size.tile)),
        activations: Bench::after_first(l, (bench.shape.qkv(l), |slot, l| &slot.forward.blocks[l].qkv)),
        activations_out: vec![(bench.shape.attention(l), |slot, l| &slot.forward.blocks[l].heads)],
        ..Stage::default()
    });
}

fn mlp_weights(bench: &Bench, l: usize) -> Vec<(&'static str, Block)> {
    let layer = &bench.shape.params.layers[l];
    vec![("w_out", layer.attention_out), ("w_mlp_in", layer.mlp_in), ("w_mlp_out", layer.mlp_out)]
}

fn mlp(kernel: &'static str) {
    check_stages(kernel, &[SIZES, WIDE].concat(), |bench, l| {
        let shape = &bench.shape;
        Stage {
            args: args![x: shape.x(l), att: shape.attention(l), mid: shape.middle(l), next: shape.x(l + 1)].to_vec(),
            weights: mlp_weights(bench, l),
            activations: [
                Bench::after_first(l, (shape.x(l), |slot, l| &slot.forward.blocks[l].input)),
                vec![(shape.attention(l), |slot, l| &slot.forward.blocks[l].heads)],
            ]
            .concat(),
            activations_out: vec![(shape.middle(l), |slot, l| &slot.forward.blocks[l].middle), (shape.x(l + 1), after)],
            ..Stage::default()
        }
    });
}

/// The last layer's output, for a kernel that reads no other activation.
fn last(bench: &Bench) -> Stage {
    Stage {
        args: args![x: bench.shape.x(bench.size.layers)].to_vec(),
        activations: vec![(bench.shape.x(bench.size.layers), |slot, _| &slot.forward.last)],
        ..Stage::default()
    }
}

fn head(kernel: &'static str) {
    check_cases(SIZES, |size| {
        let bench = Bench::new(size);
        let temperature = f64::from(bench.hyper.temperature);
        let mut stage = last(&bench);
        stage.weights = vec![("w_head", bench.shape.params.head)];
        bench.each_tile(|tile| {
            let mut want = vec![f64::NAN; size.slots * 9 * 12];
            for (s, slot) in bench.tile(tile) {
                for (k, z) in slot.forward.logits.iter().enumerate() {
                    let z = z.map(|z| z / temperature);
                    let lse = z.iter().map(|z| z.exp()).sum::<f64>().ln();
                    let at = ((tile * size.tile + s) * 9 + k) * 12;
                    want[at..at + 10].copy_from_slice(&z);
                    (want[at + 10], want[at + 11]) = (lse, entropy(&softmax(&z, 1.0)));
                }
            }
            let run = || {
                bench.run(kernel, tile, 0, &stage).0.blank("logits", want.len()).blank("draws", want.len() / 12 * 10)
            };
            let (args, over) = ([args![tile], stage.args.as_slice()].concat(), Over::Each(9 * size.tile));
            run().check(&args, over, vec![floats("logits", want.clone(), 2e-5)])?;
            let ran = run().with("DRAWS").go(&args, over)?;
            let got = ran.words("draws").to_vec();
            let slots = bench.tile(tile).map(|(s, slot)| (tile * size.tile + s, slot));
            let mut tokens = slots.flat_map(|(s, slot)| (0..9).map(move |k| (9 * s + k, slot.forward.logits[k])));
            tokens.try_for_each(|(token, z)| same_draws(&got[10 * token..][..10], &z.map(|z| z / temperature)))?;
            ran.check(&[floats("logits", want, 2e-5), words("draws", got)])
        })
    });
}

/// The bounds as near as the logits are, and the first word what follows from those that there are.
fn same_draws(got: &[u32], z: &[f64; COLOURS]) -> Result<(), String> {
    const ALL: u32 = 1 << 23;
    let want = draws(&[*z]);
    let bounds = [&[0], &got[1..], &[ALL]].concat();
    let colour = (got[0] >> 28) as usize;
    let word = (colour as u32) << 28 | bounds[colour].div_ceil(512) << 14 | (bounds[colour + 1] / 512 - 1);
    let near = got[1..].iter().zip(&want[1..]).all(|(got, want)| got.abs_diff(*want) <= ALL / 20_000);
    let likeliest = z.iter().all(|other| *other <= z[colour] + 2e-5);
    (near && likeliest && got[0] == word).then_some(()).ok_or_else(|| format!("draws {got:?}, not {want:?}"))
}

fn critic_project(kernel: &'static str) {
    check_cases(SIZES, |size| {
        let bench = Bench::new(size);
        let block = bench.shape.params.critic_project;
        let mut stage = last(&bench);
        stage.weights = vec![("w_project", block)];
        bench.each_tile(|tile| {
            let mut want = vec![f64::NAN; size.slots * 48];
            for (s, slot) in bench.tile(tile) {
                let projected = linear::linear(&bench.params, block, &slot.forward.pooled);
                want[(tile * size.tile + s) * 48..][..48].copy_from_slice(&projected);
            }
            let (run, _) = bench.run(kernel, tile, 0, &stage);
            let run = run.blank("projected", want.len());
            run.check(
                &[args![tile], stage.args.as_slice()].concat(),
                Over::Each(size.tile),
                vec![floats("projected", want, 2e-5)],
            )
        })
    });
}

fn head_backward(kernel: &'static str) {
    check_cases(SIZES, |size| {
        let bench = Bench::new(size);
        let (s, layers) = (bench.shape.gradients(), size.layers);
        let stage = Stage {
            weights: vec![("w_head", bench.shape.params.head)],
            dtokens: vec![(s.dlogits, |slot, _| &slot.dlogits)],
            dtokens_out: vec![
                (s.dx, |slot, _| &slot.slopes.blocks[slot.slopes.blocks.len() - 1].output),
                (s.n, |slot, _| &slot.forward.final_norm),
            ],
            ..last(&bench)
        };
        bench.each_tile(|tile| {
            // du follows u, which is of no concern here.
            let mut drows = vec![f64::NAN; (2 * size.d_model + 48) * size.tile];
            for (at, slot) in bench.tile(tile) {
                for (f, du) in slot.dpooled.iter().enumerate() {
                    let d4 = size.d_model / 4;
                    drows[4 * place(d4, d4, (size.tile, 1), (0, at), f / 4) + f % 4] = *du;
                }
            }
            let (run, [_, dtokens]) = bench.run(kernel, tile, 0, &stage);
            let args = args![tile, x: bench.shape.x(layers), dlogits: s.dlogits, dx: s.dx, n: s.n];
            let run = run.floats("drows", &drows);
            run.check(args, Over::Each(9 * size.tile), vec![floats("dtokens", dtokens, 5e-5)])
        })
    });
}

fn mlp_backward(kernel: &'static str) {
    check_stages(kernel, &[SIZES, WIDE].concat(), |bench, l| {
        let s = bench.shape.gradients();
        Stage {
            args: args![mid: bench.shape.middle(l), dx: s.dx, n: s.n, activated: s.activated, dh: s.dh, dmid: s.dmid, datt: s.datt]
                .to_vec(),
            weights: mlp_weights(bench, l),
            activations: vec![(bench.shape.middle(l), |slot, l| &slot.forward.blocks[l].middle)],
            dtokens: vec![(s.dx, |slot, l| &slot.slopes.blocks[l].output)],
            dtokens_out: vec![
                (s.n, |slot, l| &slot.forward.blocks[l].norm2),
                (s.activated, |slot, l| &slot.forward.blocks[l].hidden),
                (s.dh, |slot, l| &slot.slopes.blocks[l].hidden_in),
                (s.dmid, |slot, l| &slot.slopes.blocks[l].middle),
                (s.datt, |slot, l| &slot.slopes.blocks[l].heads),
            ],
            ..Stage::default()
        }
    });
}

fn attention_backward(kernel: &'static str) {
    check_stages(kernel, SIZES, |bench, l| {
        let s = bench.shape.gradients();
        Stage {
            args: args![qkv: bench.shape.qkv(l), datt: s.datt, dqkv: s.dqkv].to_vec(),
            over: Some(Over::Each(bench.size.heads * bench.size.tile)),
            activations: Bench::after_first(l, (bench.shape.qkv(l), |slot, l| &slot.forward.blocks[l].qkv)),
            dtokens: vec![(s.datt, |slot, l| &slot.slopes.blocks[l].heads)],
            dtokens_out: vec![(s.dqkv, |slot, l| &slot.slopes.blocks[l].qkv)],
            ..Stage::default()
        }
    });
}

fn attention_in_backward(kernel: &'static str) {
    check_stages(kernel, SIZES, |bench, l| {
        let s = bench.shape.gradients();
        Stage {
            args: args![x: bench.shape.x(l), dqkv: s.dqkv, dmid: s.dmid, n: s.n, dx: s.dx].to_vec(),
            weights: vec![("w_qkv", bench.shape.params.layers[l].qkv)],
            activations: vec![(bench.shape.x(l), |slot, l| &slot.forward.blocks[l].input)],
            dtokens: vec![
                (s.dqkv, |slot, l| &slot.slopes.blocks[l].qkv),
                (s.dmid, |slot, l| &slot.slopes.blocks[l].middle),
            ],
            dtokens_out: vec![(s.n, |slot, l| &slot.forward.blocks[l].norm1), (s.dx, slope_before)],
            ..Stage::default()
        }
    });
}

//! The one parameter table: what tensors there are, their shapes, where each lies on the device, how each starts.
//!
//! On the device all parameters are one buffer of f32. Tensors that are used together form a **block**: a matrix of
//! `rows × columns` with its rows padded to `stride` (a multiple of 4, so that rows are whole `vec4`s); a linear
//! layer's bias is the row after its weight's. Blocks begin at multiples of 64 floats (256 bytes, the alignment that a
//! uniform binding needs). Padding is 0 and stays 0.

use super::config::Model;
use super::philox::{Philox, Stream};
use super::{COLOURS, CRITIC_WIDTH, SLOTS};

/// How a tensor starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// Independent normals of this standard deviation.
    Normal(f32),
    /// All zero.
    Zero,
    /// g_ψ's weights: α_k·I for slot k.
    Votes,
}

/// A named tensor, row-major in a checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Its name in a checkpoint.
    pub name: String,
    /// Its shape in a checkpoint; the last axis is the block's columns.
    pub shape: Vec<usize>,
    /// Where its first float lies on the device.
    pub offset: usize,
    /// Floats from one row to the next on the device.
    pub stride: usize,
    /// How it starts.
    pub init: Init,
}

impl Tensor {
    /// Floats in a row: the last axis.
    pub fn columns(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// How many numbers it holds.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The device index of each element, in row-major order.
    pub fn indices(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).map(|i| self.offset + i / self.columns() * self.stride + i % self.columns())
    }
}

/// A matrix on the device: one linear layer with its bias, or one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Where it begins, in floats.
    pub offset: usize,
    /// Rows, a bias row included.
    pub rows: usize,
    /// Columns in use.
    pub columns: usize,
    /// Floats from one row to the next.
    pub stride: usize,
}

impl Block {
    /// Floats that it takes.
    pub fn len(&self) -> usize {
        self.rows * self.stride
    }

    /// Whether it takes none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The blocks of one attention block of f_θ.
#[derive(Debug, Clone, Copy)]
pub struct Layer {
    /// (D, 3D): queries, keys and values side by side.
    pub qkv: Block,
    /// (D, D).
    pub attention_out: Block,
    /// (D, R·D).
    pub mlp_in: Block,
    /// (R·D, D).
    pub mlp_out: Block,
}

/// The whole table.
#[derive(Debug, Clone)]
pub struct Params {
    /// Every tensor, in checkpoint order.
    pub tensors: Vec<Tensor>,
    /// (10 colours + 9 positions, D): E above P.
    pub embedding: Block,
    /// f_θ's attention blocks.
    pub layers: Vec<Layer>,
    /// (D, 10).
    pub head: Block,
    /// (D, 3·V): what the critic takes from a window's pooled tokens: for itself, for the 3×3 mean, for the 9×9 mean.
    pub critic_project: Block,
    /// (V, 1).
    pub critic_value: Block,
    /// (9·10, 10): row 10·k + vote.
    pub aggregator: Block,
    /// Floats of the device buffer.
    pub len: usize,
    init: Model,
}

impl Params {
    /// The table for an architecture.
    pub fn new(model: &Model) -> Self {
        let d = model.d_model;
        let hidden = model.mlp_ratio * d;
        let residual = 1.0 / (2.0 * model.layers as f32).sqrt();
        let mut build = Builder::default();

        let embedding = build.block(SLOTS + COLOURS, d);
        build.tensor("f.embedding.colour", &[COLOURS, d], embedding, 0, Init::Normal(0.5));
        build.tensor("f.embedding.position", &[SLOTS, d], embedding, COLOURS, Init::Normal(0.5));
        let layers = (0..model.layers)
            .map(|l| Layer {
                qkv: build.linear(&format!("f.blocks.{l}.attention.qkv"), d, 3 * d, 1.0),
                attention_out: build.linear(&format!("f.blocks.{l}.attention.out"), d, d, residual),
                mlp_in: build.linear(&format!("f.blocks.{l}.mlp.in"), d, hidden, 1.0),
                mlp_out: build.linear(&format!("f.blocks.{l}.mlp.out"), hidden, d, residual),
            })
            .collect();
        // Without a copy bias the reward is flat around uniform proposals, and small weights hardly ever leave them; a
        // copying start needs no such push, and would be led to one colour by it.
        let head = build.linear("f.head", d, COLOURS, 1.0 / (1.0 + model.copy_bias.max(0.0)));
        let critic_project = build.linear("critic.project", d, 3 * CRITIC_WIDTH, 6.0);
        let critic_value = build.linear("critic.value", CRITIC_WIDTH, 1, 0.1);
        let aggregator = build.block(SLOTS * COLOURS + 1, COLOURS);
        build.tensor("g.weight", &[SLOTS, COLOURS, COLOURS], aggregator, 0, Init::Votes);
        build.tensor("g.bias", &[COLOURS], aggregator, SLOTS * COLOURS, Init::Zero);

        let Builder { tensors, len } = build;
        let init = model.clone();
        Self { tensors, embedding, layers, head, critic_project, critic_value, aggregator, len, init }
    }

    /// The device buffer at the start of a run with this seed.
    pub fn initial(&self, seed: u32) -> Vec<f32> {
        let noise = Philox { seed, stream: Stream::Init };
        let mut values = vec![0.0; self.len];
        for (i, tensor) in self.tensors.iter().enumerate() {
            for (element, at) in tensor.indices().enumerate() {
                values[at] = match tensor.init {
                    Init::Zero => 0.0,
                    Init::Normal(deviation) => deviation * noise.normal(0, i as u32, element as u32),
                    Init::Votes => {
                        let (k, vote, colour) = (element / 100, element / 10 % 10, element % 10);
                        let alpha =
                            if k == SLOTS / 2 { self.init.aggregator_centre } else { self.init.aggregator_others };
                        if vote == colour { alpha } else { 0.0 }
                    }
                };
            }
        }
        values
    }
}

#[derive(Default)]
struct Builder {
    tensors: Vec<Tensor>,
    len: usize,
}

impl Builder {
    fn block(&mut self, rows: usize, columns: usize) -> Block {
        let block = Block { offset: self.len, rows, columns, stride: columns.next_multiple_of(4) };
        self.len = (self.len + block.len()).next_multiple_of(64);
        block
    }

    fn tensor(&mut self, name: &str, shape: &[usize], block: Block, row: usize, init: Init) {
        let offset = block.offset + row * block.stride;
        self.tensors.push(Tensor { name: name.to_owned(), shape: shape.to_vec(), offset, stride: block.stride, init });
    }

    fn linear(&mut self, name: &str, inputs: usize, outputs: usize, gain: f32) -> Block {
        let block = self.block(inputs + 1, outputs);
        let deviation = gain / (inputs as f32).sqrt();
        self.tensor(&format!("{name}.weight"), &[inputs, outputs], block, 0, Init::Normal(deviation));
        self.tensor(&format!("{name}.bias"), &[outputs], block, inputs, Init::Zero);
        block
    }
}

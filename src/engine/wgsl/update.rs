//! The kernels of an update: advantages, losses, gradients, Adam.

use super::EngineError;
use super::buffers::{Buffers, Plan, View};
use super::forward::{Forward, Memory, Op, Over, Span, pass};
use super::places::{report, sums};
use super::rollout::Extent;
use super::shape::{ALL_ROWS, BAND, COLOURS4, Gradients, LANES, LISTS, PAIRS, PART, PART_WIDTH, SPLITS, Shape, V4};
use crate::args;
use crate::engine::wgsl::gpu::{Constants, Gpu, GpuError};
use crate::spec::SLOTS;
use crate::spec::params::Block;

/// A linear layer's gradient.
struct Linear {
    weights: Op,
    block: Block,
}

impl Linear {
    /// From the inputs at `a` and the gradients at `b` of a tile's tokens.
    fn gradient(&self, pass: &mut wgpu::ComputePass, add: &Op, tile: usize, tokens: usize, a: usize, b: usize) {
        let inputs = (self.block.rows - 1) / 4;
        let outputs = self.block.stride / 4;
        let groups = [SPLITS, inputs.div_ceil(BAND), outputs.div_ceil(BAND)];
        self.weights.groups(pass, args![tile, tokens, a, b, inputs, outputs], groups);
        reduce(add, pass, self.block, tile, 0);
    }
}

/// Adds up so many splits; 0: those in use for the tile.
fn reduce(op: &Op, pass: &mut wgpu::ComputePass, block: Block, tile: usize, splits: usize) {
    let n = block.len() / 4;
    op.groups(pass, args![n, out: block.offset / 4, tile, splits], [n, 1, 1]);
}

struct Layer {
    mlp: Op,
    attention: Op,
    /// Of q, k and v, and their weights; layer 0 has a table instead.
    attention_in: Option<(Op, Linear)>,
    out: Linear,
    mlp_in: Linear,
    mlp_out: Linear,
}

/// A minibatch's share that is looked at together: whole grids from the order.
#[derive(Debug, Clone, Copy)]
pub struct Chunk {
    /// Place in the buffer `grids`.
    pub grids_first: usize,
    /// How many grids.
    pub grids: usize,
    /// Grids of the whole minibatch.
    pub of: usize,
    /// At most so many distinct windows are in it.
    pub distinct: usize,
}

pub struct Update {
    list_clear: Op,
    list_count: Op,
    list_offsets: Op,
    list_scan: Op,
    list_fill: Op,
    advantage: Op,
    spread: Op,
    sum: Op,
    normalise: Op,
    policy_loss: Op,
    value_loss: Op,
    aggregator_loss: Op,
    aggregator: Op,
    reduce: Op,
    critic_wide: Op,
    critic_box: Op,
    critic_value: Op,
    critic_project: Op,
    parts: Op,
    project: Linear,
    logits: Op,
    head: Op,
    head_weights: Linear,
    layers: Vec<Layer>,
    embedded: Op,
    embedded_reduce: Op,
    embed: Op,
    embed_weights: Op,
    step: Op,
    adam: Op,
}

impl Update {
    pub fn plan(shape: &Shape, extent: &Extent, chunk_cells: usize, plan: &mut Plan) {
        let chunk = shape.chunk;
        plan.add("tally", chunk * LISTS, 4);
        plan.add("list_start", chunk + 1, 4);
        plan.add("list", chunk, 4);
        plan.add("actions", chunk, 16);
        plan.add("critic", chunk * 2 * V4, 16);
        plan.add("dprojected", chunk * 2 * V4, 16);
        plan.add("part_sums", chunk.div_ceil(PART) * PART_WIDTH, 16);
        plan.add("dz", chunk_cells * 4, 16);
        plan.add("statistics", chunk.max(chunk_cells).max(extent.agents()), 16);
        plan.add("sums", sums::LEN, 16);
        plan.add("report", report::LEN, 4);
        plan.add("dtokens", shape.gradients().len * SLOTS * shape.tile, 16);
        plan.add("drows", shape.row_gradients() * shape.tile, 16);
        plan.add("partial", SPLITS * shape.largest_partial(), 16);
        plan.add("gradient", shape.params.len, 4);
        plan.add("dembedded", shape.embedded(), 16);
        plan.add("embedded_rows", PAIRS * 2 * shape.d4, 16);
        plan.add("adam_m", shape.params.len, 4);
        plan.add("adam_v", shape.params.len, 4);
    }

    pub fn new(gpu: &Gpu, buffers: &Buffers, shape: &Shape, constants: &Constants) -> Result<Self, EngineError> {
        let op = |name, views: &[(&str, View)]| Op::new(gpu, buffers, constants, name, views);
        let linear = |block: Block, inputs: &'static str, outputs: &'static str| {
            let views = [("from_inputs", View::Of(inputs)), ("from_outputs", View::Of(outputs))];
            Ok::<_, GpuError>(Linear { weights: op("backward/weights", &views)?, block })
        };
        let params = &shape.params;
        let value = [("w_value", View::Weights(params.critic_value))];
        let layers = params
            .layers
            .iter()
            .enumerate()
            .map(|(l, layer)| {
                let constants = constants.of_layer(l);
                let op = |name, views: &[(&str, View)]| Op::new(gpu, buffers, &constants, name, views);
                let attention_in = || {
                    let kernel = op("backward/attention_in", &[("w_qkv", View::Weights(layer.qkv))])?;
                    Ok::<_, GpuError>((kernel, linear(layer.qkv, "dtokens", "dtokens")?))
                };
                let mlp = [
                    ("w_out", View::Weights(layer.attention_out)),
                    ("w_mlp_in", View::Weights(layer.mlp_in)),
                    ("w_mlp_out", View::Weights(layer.mlp_out)),
                ];
                Ok(Layer {
                    mlp: op("backward/mlp", &mlp)?,
                    attention: op("backward/attention", &[])?,
                    attention_in: (l > 0).then(attention_in).transpose()?,
                    out: linear(layer.attention_out, "activations", "dtokens")?,
                    mlp_in: linear(layer.mlp_in, "dtokens", "dtokens")?,
                    mlp_out: linear(layer.mlp_out, "dtokens", "dtokens")?,
                })
            })
            .collect::<Result<_, GpuError>>()?;
        Ok(Self {
            list_clear: op("distinct/list_clear", &[])?,
            list_count: op("distinct/list_count", &[])?,
            list_offsets: op("distinct/list_offsets", &[])?,
            list_scan: op("distinct/scan", &[("values", View::Of("list_start"))])?,
            list_fill: op("distinct/list_fill", &[])?,
            advantage: op("learn/advantage", &[])?,
            spread: op("learn/spread", &[])?,
            sum: op("learn/sum", &[])?,
            normalise: op("learn/normalise", &[])?,
            policy_loss: op("learn/policy_loss", &[])?,
            value_loss: op("learn/value_loss", &value)?,
            aggregator_loss: op("learn/aggregator_loss", &[])?,
            aggregator: op("backward/aggregator", &[])?,
            reduce: op("backward/reduce", &[])?,
            critic_wide: op("backward/critic_wide", &[])?,
            critic_box: op("backward/critic_box", &[])?,
            critic_value: op("backward/critic_value", &[])?,
            critic_project: op("backward/critic_project", &[("w_project", View::Weights(params.critic_project))])?,
            project: linear(params.critic_project, "drows", "drows")?,
            parts: op("backward/parts", &[])?,
            logits: op("backward/logits", &[])?,
            head: op("backward/head", &[("w_head", View::Weights(params.head))])?,
            head_weights: linear(params.head, "dtokens", "dtokens")?,
            layers,
            embedded: op("backward/embedded", &[])?,
            embedded_reduce: op("backward/reduce", &[("gradient", View::Of("dembedded"))])?,
            embed: op("backward/embed", &[("w_qkv", View::Weights(params.layers[0].qkv))])?,
            embed_weights: op("backward/embed_weights", &[])?,
            step: op("optim/step", &[])?,
            adam: op("optim/adam", &[])?,
        })
    }

    /// Advantages from rewards, and the statistics of returns.
    pub fn advantages(&self, encoder: &mut wgpu::CommandEncoder, buffers: &Buffers, extent: &Extent) {
        encoder.clear_buffer(&buffers["sums"], 0, None);
        let n = extent.agents();
        let mut pass = pass(encoder);
        self.advantage.each(&mut pass, args![], n);
        self.sum.groups(&mut pass, args![n, out: sums::MEANS], [1, 1, 1]);
        self.spread.each(&mut pass, args![], n);
        self.sum.groups(&mut pass, args![n, out: sums::SPREADS], [1, 1, 1]);
        self.normalise.each(&mut pass, args![count: n * extent.steps], 1);
    }

    /// Starts a minibatch.
    pub fn begin(&self, encoder: &mut wgpu::CommandEncoder, buffers: &Buffers) {
        encoder.clear_buffer(&buffers["gradient"], 0, None);
        encoder.clear_buffer(&buffers["dembedded"], 0, None);
        encoder.clear_buffer(&buffers["sums"], 16 * sums::POLICY as u64, None);
    }

    /// Losses and gradients of a chunk, added to the minibatch's.
    pub fn chunk(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        buffers: &Buffers,
        forward: &mut Forward,
        extent: &Extent,
        chunk: Chunk,
    ) {
        let Chunk { grids_first, grids, of, distinct } = chunk;
        let (n, total) = (grids * extent.windows.count(), of * extent.windows.count());
        let (cells, total_cells) = (grids * extent.cells(), of * extent.cells());
        let span = Span { grids_first, first: 0, n };
        forward.evaluate(encoder, buffers, span, true, Memory::Learning(distinct));
        let shape = &forward.shape;

        let mut pass = pass(encoder);
        let pass = &mut pass;
        forward.hidden(pass, n);
        self.list_clear.each(pass, args![], n);
        self.list_count.each(pass, args![agents: n], LISTS);
        self.list_offsets.each(pass, args![], n);
        self.list_scan.groups(pass, args![n: ALL_ROWS], [1, 1, 1]);
        self.list_fill.each(pass, args![agents: n], LISTS);

        self.policy_loss.each(pass, args![grids_first, total], n);
        self.sum.groups(pass, args![n, out: sums::POLICY], [1, 1, 1]);
        self.value_loss.each(pass, args![grids_first, total], n);
        self.sum.groups(pass, args![n, out: sums::VALUE], [1, 1, 1]);
        self.critic_value.groups(pass, args![n], [SPLITS * V4 / LANES, 1, 1]);
        reduce(&self.reduce, pass, shape.params.critic_value, 0, SPLITS);
        self.aggregator_loss.each(pass, args![grids_first, total: total_cells], cells);
        self.sum.groups(pass, args![n: cells, out: sums::AGGREGATOR], [1, 1, 1]);

        let aggregator = (PAIRS + 1) * COLOURS4;
        self.aggregator.groups(pass, args![n: cells], [aggregator.div_ceil(LANES), SPLITS, 1]);
        reduce(&self.reduce, pass, shape.params.aggregator, 0, SPLITS);
        self.critic_wide.each(pass, args![], n * V4);
        self.critic_box.each(pass, args![], n * 2 * V4);

        self.parts.groups(pass, args![n], [n.div_ceil(LANES * PART), SLOTS + 1, 1]);

        let tiles = forward.tiles(distinct.min(n));
        for tile in 0..tiles {
            if tiles > 1 {
                forward.transform(pass, buffers, tile, false);
            }
            self.tile(pass, buffers, shape, tile, total);
        }
    }

    fn tile(&self, pass: &mut wgpu::ComputePass, buffers: &Buffers, shape: &Shape, tile: usize, total: usize) {
        let (s, add) = (shape.gradients(), &self.reduce);
        let last = shape.x(self.layers.len());
        self.logits.tile(pass, buffers, args![tile, total, dlogits: s.dlogits], tile, Over::Tokens);
        self.critic_project.tile(pass, buffers, args![tile, x: last], tile, Over::Once);
        self.project.gradient(pass, add, tile, 1, 0, 2 * shape.d4);
        let args = args![tile, x: last, dlogits: s.dlogits, dx: s.dx, n: s.n];
        self.head.tile(pass, buffers, args, tile, Over::Tokens);
        self.head_weights.gradient(pass, add, tile, SLOTS, s.n, s.dlogits);
        for (l, layer) in self.layers.iter().enumerate().rev() {
            let Gradients { dx, n, activated, dh, dmid, datt, dqkv, .. } = s;
            let args = args![tile, mid: shape.middle(l), dx, n, activated, dh, dmid, datt];
            layer.mlp.tile(pass, buffers, args, tile, Over::Tokens);
            layer.mlp_out.gradient(pass, add, tile, SLOTS, activated, dx);
            layer.mlp_in.gradient(pass, add, tile, SLOTS, n, dh);
            layer.out.gradient(pass, add, tile, SLOTS, shape.attention(l), dmid);
            layer.attention.tile(pass, buffers, args![tile, qkv: shape.qkv(l), datt, dqkv], tile, Over::Heads);
            if let Some((attention_in, qkv)) = &layer.attention_in {
                let args = args![tile, x: shape.x(l), dqkv, dmid, n, dx];
                attention_in.tile(pass, buffers, args, tile, Over::Tokens);
                qkv.gradient(pass, add, tile, SLOTS, n, dqkv);
            }
        }
        let (groups, n) = ([(4 * shape.d4).div_ceil(LANES), SLOTS, SPLITS], shape.embedded());
        self.embedded.groups(pass, args![tile, dqkv: s.dqkv, dmid: s.dmid], groups);
        self.embedded_reduce.groups(pass, args![n, out: 0, tile, splits: 0], [n, 1, 1]);
    }

    /// Ends a minibatch: its report, and Adam's step unless the update stops here.
    pub fn end(&self, encoder: &mut wgpu::CommandEncoder, shape: &Shape, extent: &Extent, grids: usize) {
        let mut pass = pass(encoder);
        let (embedding, qkv) = (shape.params.embedding, shape.params.layers[0].qkv);
        self.embed.each(&mut pass, args![], PAIRS);
        let args = args![embedding: embedding.offset / 4, qkv: qkv.offset / 4];
        self.embed_weights.each(&mut pass, args, (embedding.len() + qkv.len()) / 4);
        let n = shape.params.len;
        let args = args![n, agents: grids * extent.windows.count(), cells: grids * extent.cells()];
        self.step.groups(&mut pass, args, [1, 1, 1]);
        self.adam.each(&mut pass, args![], n);
    }
}

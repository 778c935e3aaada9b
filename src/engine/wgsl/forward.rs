//! Evaluating f_θ, V and g_ψ over chunks of agents: each distinct window once, and again only when f_θ has changed.

use std::ops::Range;

use super::EngineError;
use super::buffers::{Buffers, Plan, View};
use super::places::{counts, returns};
use super::shape::{COLOURS4, DRAW_WORDS, OVERS, PAIRS, PROJECTED, STRETCH, Shape, THREE_VOTES, V4};
use crate::args;
use crate::engine::wgsl::gpu::{Args, Constants, Gpu, GpuError, Kernel};
use crate::spec::{COLOURS, SLOTS};

/// Agents that one workgroup numbers faster than dispatches follow each other.
const FEW: usize = 1 << 10;

/// A kernel with its buffers.
pub struct Op {
    kernel: Kernel,
    bound: wgpu::BindGroup,
}

impl Op {
    pub fn new(
        gpu: &Gpu,
        buffers: &Buffers,
        constants: &Constants,
        name: &'static str,
        views: &[(&str, View)],
    ) -> Result<Self, GpuError> {
        let kernel = Kernel::new(gpu, name, constants)?;
        let bound = buffers.bind(gpu, &kernel, views);
        Ok(Self { kernel, bound })
    }

    /// One invocation for each of `n` things.
    pub fn each(&self, pass: &mut wgpu::ComputePass, args: Args, n: usize) {
        self.kernel.each(pass, &self.bound, args, n);
    }

    /// So many workgroups.
    pub fn groups(&self, pass: &mut wgpu::ComputePass, args: Args, groups: [usize; 3]) {
        self.kernel.dispatch(pass, &self.bound, args, groups.map(|n| n as u32));
    }

    /// Over the rows of a tile, times its tokens, its heads, or once.
    pub fn tile(&self, pass: &mut wgpu::ComputePass, buffers: &Buffers, args: Args, tile: usize, over: Over) {
        let at = 12 * (OVERS * tile + over as usize) as u64;
        self.kernel.indirect(pass, &self.bound, args, &buffers["dispatch"], at);
    }
}

/// What a kernel has an invocation for, with each row of a tile.
#[derive(Clone, Copy)]
#[repr(usize)]
pub enum Over {
    Tokens,
    Heads,
    Once,
}

pub fn pass(encoder: &mut wgpu::CommandEncoder) -> wgpu::ComputePass<'_> {
    encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default())
}

struct Layer {
    /// Layer 0 has a table instead.
    attention_in: Option<Op>,
    attention: Op,
    mlp: Op,
}

/// What an evaluation may take over from those before it, and what it leaves to those after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// Windows seen since f changed are not evaluated again.
    Kept,
    /// All have been seen since f changed, and nothing was forgotten since.
    Again,
    /// Every agent's anew, its row counted from the span's first: none is looked for.
    Alone,
    /// All anew for a minibatch with at most so many distinct windows, rows counted from 0: nothing is left to do once
    /// the update has stopped early.
    Learning(usize),
}

/// The rows that the device knows.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// At most so many.
    rows: usize,
    /// Whether what V takes from them is known too.
    critic: bool,
}

/// The kernels that evaluate f, V and g.
pub struct Forward {
    pub shape: Shape,
    /// Whether each distinct window is evaluated once; otherwise every agent's is.
    pub once: bool,
    known: Option<Known>,
    alone: Op,
    insert: Op,
    count: Op,
    scan: Op,
    assign: Op,
    number: Op,
    agents: Op,
    embed: Op,
    layers: Vec<Layer>,
    /// Where nothing will be drawn, and where something will.
    heads: [Op; 2],
    critic_project: Op,
    critic_box: Op,
    critic_hidden: Op,
    value: Op,
    propose: Op,
    vote_sums: Op,
    aggregate: Op,
}

/// Agents in a row, of whole grids or of one.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Place in the buffer `grids` of the first grid.
    pub grids_first: usize,
    /// First agent, counted from the first grid's.
    pub first: usize,
    /// How many.
    pub n: usize,
}

/// Which draws: those of a step of worlds in a row.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    /// The grid whose proposals and log-probabilities they are.
    pub grid: usize,
    /// The counter of the random numbers.
    pub step: u32,
    /// The first grid's world.
    pub world: usize,
    /// Argmax instead.
    pub greedy: bool,
}

impl Forward {
    /// The buffers that the kernels share, but for those of `states`, `proposals` and what else grows with a rollout.
    /// `agents` are all that have a row, and at most `listed` of them are listed.
    pub fn plan(shape: &Shape, agents: usize, listed: usize, plan: &mut Plan) {
        let chunk = shape.chunk;
        plan.add("hyper", 1, size_of::<super::hyper::Hyper>());
        plan.add("params", shape.params.len, 4);
        plan.add("returns", returns::LEN, 4);
        plan.add("table", 2 * shape.table, 4);
        plan.add("row_from_entry", shape.table, 4);
        plan.add("row_key", shape.rows, 4);
        plan.add("logits", shape.rows * SLOTS * COLOURS4, 16);
        plan.add("draws", shape.rows * SLOTS * DRAW_WORDS, 4);
        plan.add("projected", shape.rows * PROJECTED, 16);
        plan.add("row_of_agent", agents, 4);
        plan.add("fresh", listed, 4);
        plan.add("firsts", chunk.div_ceil(STRETCH) + 1, 4);
        plan.add("counts", counts::LEN, 4);
        plan.add("dispatch", 3 * OVERS * shape.tiles(), 4);
        plan.add("activations", shape.activations() * SLOTS * shape.tile, 16);
        plan.add("boxed", chunk * 2 * V4, 16);
        plan.add("hidden", chunk * V4, 16);
        plan.add("vote_sums", 3 * THREE_VOTES * COLOURS, 4);
        plan.add("vote_leads", 3 * THREE_VOTES, 4);
        plan.add("embedded", shape.embedded(), 16);
    }

    pub fn new(gpu: &Gpu, buffers: &Buffers, shape: &Shape, constants: &Constants) -> Result<Self, EngineError> {
        let op = |name, views: &[(&str, View)]| Op::new(gpu, buffers, constants, name, views);
        let params = &shape.params;
        let head = |constants: &Constants| {
            Op::new(gpu, buffers, constants, "forward/head", &[("w_head", View::Weights(params.head))])
        };
        let layers = params
            .layers
            .iter()
            .enumerate()
            .map(|(l, layer)| {
                let constants = constants.of_layer(l);
                let op = |name, views: &[(&str, View)]| Op::new(gpu, buffers, &constants, name, views);
                let mlp = [
                    ("w_out", View::Weights(layer.attention_out)),
                    ("w_mlp_in", View::Weights(layer.mlp_in)),
                    ("w_mlp_out", View::Weights(layer.mlp_out)),
                ];
                Ok(Layer {
                    attention_in: (l > 0)
                        .then(|| op("forward/attention_in", &[("w_qkv", View::Weights(layer.qkv))]))
                        .transpose()?,
                    attention: op("forward/attention", &[])?,
                    mlp: op("forward/mlp", &mlp)?,
                })
            })
            .collect::<Result<_, GpuError>>()?;
        Ok(Self {
            shape: shape.clone(),
            once: true,
            known: None,
            alone: op("distinct/alone", &[])?,
            insert: op("distinct/insert", &[])?,
            count: op("distinct/count", &[])?,
            scan: op("distinct/scan", &[("values", View::Of("firsts"))])?,
            assign: op("distinct/assign", &[])?,
            number: op("distinct/number", &[])?,
            agents: op("distinct/agents", &[])?,
            embed: op(
                "forward/embed",
                &[("embedding", View::Weights(params.embedding)), ("w_qkv", View::Weights(params.layers[0].qkv))],
            )?,
            layers,
            heads: [head(constants)?, head(&constants.with("DRAWS"))?],
            critic_project: op("forward/critic_project", &[("w_project", View::Weights(params.critic_project))])?,
            critic_box: op("forward/critic_box", &[])?,
            critic_hidden: op("forward/critic_hidden", &[])?,
            value: op("forward/value", &[("w_value", View::Weights(params.critic_value))])?,
            propose: op("forward/propose", &[])?,
            vote_sums: op("forward/vote_sums", &[("aggregator", View::Weights(params.aggregator))])?,
            aggregate: op("forward/aggregate", &[])?,
        })
    }

    /// Forgets every window: f is about to change.
    pub fn forget(&mut self) {
        self.known = None;
    }

    /// Whether the device knows windows' rows, with `critic` what V takes from them too.
    pub fn knows(&self, critic: bool) -> bool {
        self.known.is_some_and(|known| known.critic || !critic)
    }

    /// Whether it does, and has room for `n` more for sure.
    pub fn has_room(&self, n: usize, critic: bool) -> bool {
        self.knows(critic) && self.known.is_some_and(|known| known.rows + n <= self.shape.rows)
    }

    /// Begins anew: no window is known, in a table of so many entries.
    pub fn begin(&mut self, encoder: &mut wgpu::CommandEncoder, buffers: &Buffers, table: usize, critic: bool) {
        encoder.clear_buffer(&buffers["table"], 0, Some(8 * table as u64));
        encoder.clear_buffer(&buffers["row_from_entry"], 0, Some(4 * table as u64));
        encoder.clear_buffer(&buffers["counts"], 4 * counts::KNOWN as u64, Some(4));
        let mut pass = pass(encoder);
        self.embed.each(&mut pass, args![], PAIRS);
        self.vote_sums.each(&mut pass, args![], 3 * THREE_VOTES);
        self.known = Some(Known { rows: 0, critic });
    }

    /// Before `n` more agents are evaluated: finds out how many rows are really taken, where there might be no room.
    /// Nothing may be recorded that is not yet submitted.
    pub fn make_room(&mut self, gpu: &Gpu, buffers: &Buffers, n: usize) -> Result<(), GpuError> {
        if let Some(known) = &mut self.known
            && known.rows + n > self.shape.rows
        {
            known.rows = gpu.read::<u32>(&[(&buffers["counts"], 4 * counts::KNOWN as u64, 4)])?[0][0] as usize;
        }
        Ok(())
    }

    /// f's logits for every window of a span, or where agents are listed those of the first `n`; with `critic`, what V
    /// takes from each too.
    pub fn evaluate(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        buffers: &Buffers,
        span: Span,
        critic: bool,
        memory: Memory,
    ) {
        let Span { grids_first, first, n } = span;
        let once = memory != Memory::Alone && self.once;
        let kept = matches!(memory, Memory::Kept | Memory::Again) && once;
        let table = if kept { self.shape.table } else { (2 * n).next_power_of_two() };
        let (learning, new) = match memory {
            Memory::Learning(distinct) => (1, distinct.min(n)),
            Memory::Again => (0, 0),
            Memory::Kept | Memory::Alone => (0, n),
        };
        if !kept || !self.has_room(new, critic) {
            self.begin(encoder, buffers, table, critic);
        }
        let critic = self.knows(true);
        self.known = self.known.filter(|_| kept).map(|known| Known { rows: known.rows + new, ..known });

        let mut pass = pass(encoder);
        let tiles = self.tiles(n);
        if !once {
            self.alone.each(&mut pass, args![first, grids_first, tiles, learning], n);
        } else {
            self.insert.each(&mut pass, args![grids_first, table], n);
            if n <= FEW {
                self.number.groups(&mut pass, args![agents: n, table, tiles, learning], [1, 1, 1]);
            } else {
                self.count.each(&mut pass, args![agents: n, table], n.div_ceil(STRETCH));
                self.scan.groups(&mut pass, args![n: n.div_ceil(STRETCH)], [1, 1, 1]);
                self.assign.each(&mut pass, args![agents: n, table], n.div_ceil(STRETCH));
                self.agents.each(&mut pass, args![tiles, learning], n);
            }
        }
        for tile in 0..self.tiles(new) {
            self.transform(&mut pass, buffers, tile, learning == 0);
            if critic {
                self.critic_project.tile(&mut pass, buffers, args![tile, x: self.last()], tile, Over::Once);
            }
        }
    }

    /// V's hidden layer for the `n` agents of whole grids, which were evaluated last.
    pub fn hidden(&self, pass: &mut wgpu::ComputePass, n: usize) {
        self.critic_box.each(pass, args![], n * 2 * V4);
        self.critic_hidden.each(pass, args![], n * V4);
    }

    /// Tiles that `n` distinct windows fill.
    pub fn tiles(&self, n: usize) -> usize {
        n.div_ceil(self.shape.tile)
    }

    /// f's activations and logits for a tile of rows, and what draws from them take.
    pub fn transform(&self, pass: &mut wgpu::ComputePass, buffers: &Buffers, tile: usize, draws: bool) {
        let shape = &self.shape;
        for (l, layer) in self.layers.iter().enumerate() {
            let (x, qkv, att) = (shape.x(l), shape.qkv(l), shape.attention(l));
            if let Some(attention_in) = &layer.attention_in {
                attention_in.tile(pass, buffers, args![tile, x, qkv], tile, Over::Tokens);
            }
            layer.attention.tile(pass, buffers, args![tile, qkv, att], tile, Over::Heads);
            let args = args![tile, x, att, mid: shape.middle(l), next: shape.x(l + 1)];
            layer.mlp.tile(pass, buffers, args, tile, Over::Tokens);
        }
        self.heads[usize::from(draws)].tile(pass, buffers, args![tile, x: self.last()], tile, Over::Tokens);
    }

    fn last(&self) -> usize {
        self.shape.x(self.layers.len())
    }

    /// V of `n` agents whose hidden layer is there, from `out` on.
    pub fn value(&self, pass: &mut wgpu::ComputePass, n: usize, out: usize) {
        self.value.each(pass, args![out], n);
    }

    /// Draws a span's proposals.
    pub fn propose(&self, pass: &mut wgpu::ComputePass, span: Span, draw: Draw) {
        let Draw { grid, step, world, greedy } = draw;
        let args = args![first: span.first, first_grid: grid, step, first_world: world, greedy: u32::from(greedy)];
        self.propose.each(pass, args, span.n);
    }

    /// Draws the next colours of cells, `fours` of a row in each, counted from the first grid's row by row, from the
    /// proposals into the states at grid `next`.
    pub fn aggregate(&self, pass: &mut wgpu::ComputePass, fours: Range<usize>, next: usize, draw: Draw) {
        let Draw { grid, step, world, greedy } = draw;
        let first = fours.start;
        let args = args![first, first_grid: grid, next_grid: next, step, first_world: world, greedy: u32::from(greedy)];
        self.aggregate.each(pass, args, fours.len());
    }
}

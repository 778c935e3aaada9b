//! Why a world does what it does: one pixel taken apart, and maps of the whole state.
//!
//! Everything comes from the kernels that step and train; those of `shaders/view` only keep what they leave out.

use std::array::from_fn;
use std::ops::Range;

use super::{CHUNK, SKETCH, World};
use crate::args;
use crate::engine::wgsl::buffers::{Buffers, Plan, View};
use crate::engine::wgsl::cells_from_grid;
use crate::engine::wgsl::forward::{Memory, Op, Span, pass};
use crate::engine::wgsl::hyper::TERM_QUADS;
use crate::engine::wgsl::rewards::{Rewards, Transition};
use crate::engine::wgsl::shape::PADDED;
use crate::engine::{Aftermath, EngineError, Field, FieldMap, Inspection, Probe, Vote};
use crate::spec::terms::TERMS;
use crate::spec::{COLOURS, SLOTS, target};

/// Floats of a window's logits.
const LOGITS: usize = SLOTS * PADDED;

/// What inspecting a world needs beyond stepping it.
pub(super) struct Lens {
    /// The world's and its own.
    buffers: Buffers,
    rewards: Rewards,
    advantage: Op,
    scores: Op,
    adds: Op,
    /// Of each layer.
    attention: Vec<Op>,
    entropy: Op,
    moves: Op,
}

impl Lens {
    pub fn new(world: &World) -> Result<Self, EngineError> {
        let (gpu, shape) = (&world.gpu, &world.forward.shape);
        let (cells, windows) = (world.cells(), world.windows.count());
        let mut plan = Plan::default();
        Rewards::plan(1, cells, &mut plan);
        plan.add("term_sums", 2, 16);
        plan.add("advantages", windows, 4);
        plan.add("credit", windows, 4);
        plan.add("statistics", windows, 16);
        plan.add("transition_values", 2 * windows, 4);
        plan.add("voter_logits", SLOTS * LOGITS, 4);
        plan.add("scores", cells * PADDED, 4);
        plan.add("adds", (SLOTS + 1) * PADDED, 4);
        plan.add("attention", shape.params.layers.len() * shape.heads * SLOTS * SLOTS, 4);
        plan.add("entropy", windows, 4);
        plan.add("ways", cells, 4);
        let buffers = world.buffers.with(plan.allocate(gpu, "looking into this world", "its size")?);
        match world.aim() {
            None => {}
            Some((Some(path), None)) => {
                let problem = format!("`{path}`, which the term `target` compares with, could not be read");
                return Err(EngineError::Input(problem));
            }
            Some((_, picture)) => {
                let picture = target::on_grid(picture.as_deref(), world.windows.height, world.windows.width);
                let cells = cells_from_grid(&picture);
                gpu.queue.write_buffer(&buffers["target_picture"], 0, bytemuck::cast_slice(&cells));
            }
        }
        let constants = shape.constants(gpu);
        let op = |name, views: &[(&str, View)]| Op::new(gpu, &buffers, &constants, name, views);
        Ok(Self {
            rewards: Rewards::new(gpu, &buffers, &constants)?,
            advantage: op("learn/advantage", &[("values", View::Of("transition_values"))])?,
            scores: op("view/scores", &[])?,
            adds: op("view/adds", &[("aggregator", View::Weights(shape.params.aggregator))])?,
            attention: (0..shape.params.layers.len())
                .map(|l| Op::new(gpu, &buffers, &constants.of_layer(l), "view/attention", &[]))
                .collect::<Result<_, _>>()?,
            entropy: op("view/entropy", &[])?,
            moves: op("view/moves", &[])?,
            buffers,
        })
    }

    /// z of cells in a row, from the proposals that were drawn last.
    fn scores(&self, pass: &mut wgpu::ComputePass, cells: Range<usize>) {
        self.scores.each(pass, args![first: cells.start, grid: 0], cells.len());
    }

    /// What the model says of the state now, without stepping.
    pub fn probe(&self, world: &mut World) -> Result<Probe, EngineError> {
        let n = world.windows.count();
        if !world.sees_whole() {
            return Err(EngineError::Input(format!("a probe takes at most {CHUNK} windows, and this state has {n}")));
        }
        world.values(world.now)?;
        let mut encoder = world.propose(true, |_, _| ())?;
        self.scores(&mut pass(&mut encoder), 0..world.cells());
        world.gpu.finish(encoder)?;

        let words = |name, count: usize| (&self.buffers[name], 0, 4 * count as u64);
        let values = (&world.buffers["values"], 4 * (n * world.now) as u64, 4 * n as u64);
        let rows = world.gpu.read::<u32>(&[words("row_of_agent", n)])?.remove(0);
        let known = rows.iter().max().map_or(0, |&last| last as usize + 1);
        let floats = world.gpu.read::<f32>(&[
            words("logits", known * LOGITS),
            values,
            words("scores", PADDED * world.cells()),
        ])?;
        let grid = world.grid()?;
        let temperature = world.config.model.temperature;
        let logits = rows.iter().flat_map(|&row| {
            let logits = &floats[0][row as usize * LOGITS..][..LOGITS];
            logits.chunks_exact(PADDED).flat_map(|token| token[..COLOURS].iter().map(|logit| logit * temperature))
        });
        Ok(Probe {
            windows: (0..n).flat_map(|index| world.windows.colours(&grid, index)).collect(),
            logits: logits.collect(),
            value: floats[1].clone(),
            aggregator_logits: floats[2].chunks_exact(PADDED).flat_map(|row| &row[..COLOURS]).copied().collect(),
        })
    }

    /// Takes the pixel at a row and column apart: what the coming step draws for it and why, and what the last step was
    /// worth there.
    ///
    /// # Errors
    /// The pixel lies outside, or the device fails.
    pub fn inspect(
        &self,
        world: &mut World,
        (row, column): (usize, usize),
        greedy: bool,
    ) -> Result<Inspection, EngineError> {
        let (height, width) = (world.windows.height, world.windows.width);
        if row >= height || column >= width {
            return Err(EngineError::Input(format!(
                "there is no cell at row {row}, column {column} of a world of {height}×{width}"
            )));
        }
        let (cell, own) = (row * width + column, world.windows.at(row, column));
        let valued = own.is_some() && world.sees_whole();
        if valued {
            world.value_transition()?;
        }
        let voters: [Option<usize>; SLOTS] = from_fn(|k| world.windows.voter(row, column, k));
        let mut encoder = world.gpu.encoder();
        for (k, first) in voters.iter().enumerate().filter_map(|(k, voter)| Some((k, (*voter)?))) {
            self.vote(world, &mut encoder, k, first, greedy);
        }
        {
            let mut pass = pass(&mut encoder);
            self.adds.groups(&mut pass, args![cell, grid: 0], [1, 1, 1]);
            self.scores(&mut pass, cell..cell + 1);
            let fours = row * world.windows.fours() + column / 4;
            world.forward.aggregate(&mut pass, fours..fours + 1, SKETCH, world.draw(greedy));
        }
        self.judge(world, &mut encoder, valued);
        world.gpu.finish(encoder)?;
        self.read(world, (row, column), own, &voters, valued)
    }

    /// The vote of one window, which is row 0 of a span of its own; of the pixel's own window, its attention too.
    fn vote(&self, world: &mut World, encoder: &mut wgpu::CommandEncoder, k: usize, first: usize, greedy: bool) {
        let span = Span { grids_first: world.now, first, n: 1 };
        world.forward.evaluate(encoder, &world.buffers, span, false, Memory::Alone);
        {
            let mut pass = pass(encoder);
            world.forward.propose(&mut pass, span, world.draw(greedy));
            if k == SLOTS / 2 {
                let shape = &world.forward.shape;
                let rows = shape.heads * SLOTS;
                for layer in 0..shape.params.layers.len() {
                    let args = args![row: 0, qkv: shape.qkv(layer), out: layer * rows * SLOTS];
                    self.attention[layer].each(&mut pass, args, rows);
                }
            }
        }
        let bytes = 4 * LOGITS as u64;
        encoder.copy_buffer_to_buffer(
            &self.buffers["logits"],
            0,
            &self.buffers["voter_logits"],
            k as u64 * bytes,
            bytes,
        );
    }

    /// The last step's rewards and credit; with `valued`, where V of both states is known, the advantage.
    fn judge(&self, world: &World, encoder: &mut wgpu::CommandEncoder, valued: bool) {
        let windows = world.windows.count();
        if !world.stepped {
            return;
        }
        let of =
            Transition { grid: 1 - world.now, next: world.now, worlds: 1, steps: 1, cells: world.cells(), windows };
        self.rewards.judge(encoder, &self.buffers, of, (0, 0), 0);
        let bytes = 4 * windows as u64;
        encoder.copy_buffer_to_buffer(&self.buffers["advantages"], 0, &self.buffers["credit"], 0, bytes);
        if valued {
            for (place, grid) in [1 - world.now, world.now].into_iter().enumerate() {
                let (from, to) = (&self.buffers["values"], &self.buffers["transition_values"]);
                encoder.copy_buffer_to_buffer(from, grid as u64 * bytes, to, place as u64 * bytes, bytes);
            }
            self.advantage.each(&mut pass(encoder), args![], windows);
        }
    }

    /// Reads back what an inspection has left on the device, and no more.
    fn read(
        &self,
        world: &World,
        (row, column): (usize, usize),
        own: Option<usize>,
        voters: &[Option<usize>; SLOTS],
        valued: bool,
    ) -> Result<Inspection, EngineError> {
        let (cell, cells, windows) = (row * world.windows.width + column, world.cells(), world.windows.count());
        let at = |name: &str, first: usize, len: usize| (&self.buffers[name], 4 * first as u64, 4 * len as u64);
        // Where there is no window of its own, another's numbers are read and left.
        let agent = own.unwrap_or(0);
        let shape = &world.forward.shape;
        let (layers, heads) = (shape.params.layers.len(), shape.heads);
        let floats = world.gpu.read::<f32>(&[
            at("voter_logits", 0, SLOTS * LOGITS),
            at("adds", 0, (SLOTS + 1) * PADDED),
            at("scores", 0, PADDED),
            at("attention", 0, layers * heads * SLOTS * SLOTS),
            at("values", windows * world.now + agent, 1),
            at("terms", 4 * TERM_QUADS * cell, TERMS),
            at("rewards", 2 * cell, 2),
            at("credit", agent, 1),
            at("advantages", agent, 1),
        ])?;
        let mut words = vec![at("states", SKETCH * cells + cell, 1)];
        words.extend(voters.iter().map(|voter| at("proposals", 2 * voter.unwrap_or(0), 2)));
        let beside = |at: usize, step: usize, size: usize| (at + size + step - 1) % size;
        words.extend((0..SLOTS).map(|k| {
            let (r, c) = (beside(row, k / 3, world.windows.height), beside(column, k % 3, world.windows.width));
            at("states", world.now * cells + r * world.windows.width + c, 1)
        }));
        let words = world.gpu.read::<u32>(&words)?;

        let [logits, adds, scores, attention, value, terms, rewards, credit, advantage] =
            <[Vec<f32>; 9]>::try_from(floats).expect("nine parts were asked for");
        let adds = |k: usize| from_fn(|c| adds[k * PADDED + c]);
        let vote = |k: usize| {
            let head = &logits[k * LOGITS + k * PADDED..][..PADDED];
            let colour = (words[1 + k][k / 8] >> (4 * (k % 8)) & 15) as u8;
            Vote {
                logits: from_fn(|c| head[c] * world.config.model.temperature),
                probabilities: from_fn(|c| (head[c] - head[COLOURS]).exp()),
                colour,
                log_prob: head[usize::from(colour)] - head[COLOURS],
                adds: adds(k),
            }
        };
        let map = |head: &[f32]| from_fn(|i| from_fn(|j| head[SLOTS * i + j]));
        let layer = |layer: &[f32]| layer.chunks_exact(SLOTS * SLOTS).map(map).collect();
        let temperature = world.config.model.aggregator_temperature;
        let colour = words[0][0] as u8;
        let log_prob = |colour: usize| scores[colour] / temperature - scores[COLOURS];
        Ok(Inspection {
            row,
            column,
            step: world.steps,
            window: own.map(|_| from_fn(|k| words[1 + SLOTS + k][0] as u8)),
            votes: from_fn(|k| voters[k].map(|_| vote(k))),
            bias: adds(SLOTS),
            logits: from_fn(|c| scores[c]),
            probabilities: from_fn(|c| log_prob(c).exp()),
            colour,
            log_prob: log_prob(usize::from(colour)),
            attention: own
                .map_or_else(Vec::new, |_| attention.chunks_exact(heads * SLOTS * SLOTS).map(layer).collect()),
            value: valued.then_some(value[0]),
            after: world.stepped.then(|| Aftermath {
                terms: from_fn(|term| terms[term]),
                reward: rewards[0] + rewards[1],
                credit: own.map(|_| credit[0]),
                advantage: valued.then_some(advantage[0]),
            }),
        })
    }

    /// A map of the state now; none where it is of the last step and the state was set since.
    ///
    /// # Errors
    /// V is asked for of a state that is too large to be seen whole, or the device fails.
    pub fn field(&self, world: &mut World, field: Field, greedy: bool) -> Result<Option<FieldMap>, EngineError> {
        let (cells, windows) = (world.cells(), world.windows.count());
        let valued = matches!(field, Field::Value | Field::Advantage);
        if valued && !world.sees_whole() {
            return Err(EngineError::Input(format!(
                "V is known for at most {} windows at a time, and this stage has {windows}: make it smaller, or choose \
                 another overlay",
                world.forward.shape.chunk
            )));
        }
        let last = matches!(field, Field::Reward | Field::Credit | Field::Advantage);
        if last && !world.stepped {
            return Ok(None);
        }
        let mut encoder = world.gpu.encoder();
        match field {
            Field::Value => world.values(world.now)?,
            Field::Reward | Field::Credit | Field::Advantage => {
                if valued {
                    world.value_transition()?;
                }
                self.judge(world, &mut encoder, valued);
                self.moves.each(&mut pass(&mut encoder), args![grid: 1 - world.now], cells);
            }
            Field::ProposalEntropy | Field::ColourEntropy => {
                encoder = world.propose(greedy, |pass, span| {
                    self.entropy.each(pass, args![first: span.first], span.n);
                })?;
                self.scores(&mut pass(&mut encoder), 0..cells);
            }
        }
        world.gpu.finish(encoder)?;

        let part = |name: &str, first: usize, len: usize| (&self.buffers[name], 4 * first as u64, 4 * len as u64);
        let read = |part| Ok::<_, EngineError>(world.gpu.read::<f32>(&[part])?.remove(0));
        // By a cell's own window.
        let spread = |values: Vec<f32>| {
            let width = world.windows.width;
            let own = (0..cells).map(|q| world.windows.at(q / width, q % width));
            own.map(|window| window.map_or(f32::NAN, |window| values[window])).collect()
        };
        let mut ways = Vec::new();
        let values = match field {
            Field::Reward => {
                let found = world.gpu.read::<u32>(&[part("ways", 0, cells)])?.remove(0);
                ways = found.iter().map(|&ways| ways as u8).collect();
                read(part("rewards", 0, 2 * cells))?.chunks_exact(2).map(|reward| reward[0] + reward[1]).collect()
            }
            Field::Credit => spread(read(part("credit", 0, windows))?),
            Field::Advantage => spread(read(part("advantages", 0, windows))?),
            Field::Value => spread(read(part("values", windows * world.now, windows))?),
            Field::ProposalEntropy => spread(read(part("entropy", 0, windows))?),
            Field::ColourEntropy => {
                let scores = read(part("scores", 0, PADDED * cells))?;
                scores.chunks_exact(PADDED).map(|row| row[COLOURS + 1] / std::f32::consts::LN_10).collect()
            }
        };
        Ok(Some(FieldMap { values, ways }))
    }
}

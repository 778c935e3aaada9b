//! Why a world does what it does: one pixel taken apart, and maps of the whole state.
//!
//! Everything comes from the kernels that step and train; those of `shaders/view` only keep what they leave out.

use std::array::from_fn;
use std::ops::Range;
use std::sync::Arc;

use super::buffers::{Buffers, Plan, View};
use super::cells_from_grid;
use super::forward::{Memory, Op, Span, pass};
use super::player::{Player, SKETCH};
use super::rewards::{Rewards, Transition};
use crate::args;
use crate::engine::{Aftermath, EngineError, Field, FieldMap, Inspection, Vote};
use crate::spec::config::Term;
use crate::spec::{COLOURS, SLOTS, target};

/// Floats of a row of ten colours on the device, padded.
const ROW: usize = 12;
/// Floats of a slot's logits.
const SLOT: usize = SLOTS * ROW;

/// What looking needs beyond stepping.
pub(super) struct Lens {
    /// The player's and its own.
    pub buffers: Buffers,
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
    fn new(player: &Player) -> Result<Self, EngineError> {
        let (gpu, shape) = (&player.gpu, &player.forward.shape);
        let (cells, windows) = (player.cells(), player.windows.count());
        let mut plan = Plan::default();
        Rewards::plan(1, cells, &mut plan);
        plan.add("term_sums", 2, 16);
        plan.add("advantages", windows, 4);
        plan.add("credit", windows, 4);
        plan.add("statistics", windows, 16);
        plan.add("transition_values", 2 * windows, 4);
        plan.add("voter_logits", SLOTS * SLOT, 4);
        plan.add("scores", cells * ROW, 4);
        plan.add("adds", (SLOTS + 1) * ROW, 4);
        plan.add("attention", shape.params.layers.len() * shape.heads * SLOTS * SLOTS, 4);
        plan.add("entropy", windows, 4);
        plan.add("ways", cells, 4);
        let buffers = player.buffers.with(plan.allocate(gpu, "looking into this world", "its size")?);
        if player.config.weight(Term::Target) != 0.0 {
            if let (Some(path), None) = (&player.config.reward.target, &player.target) {
                let problem = format!("`{path}`, which the term `target` compares with, could not be read");
                return Err(EngineError::Input(problem));
            }
            let picture = target::on_grid(player.target.as_deref(), player.windows.height, player.windows.width);
            let cells = cells_from_grid(&picture);
            gpu.queue.write_buffer(&buffers["target_picture"], 0, bytemuck::cast_slice(&cells));
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
    pub fn scores(&self, pass: &mut wgpu::ComputePass, cells: Range<usize>) {
        self.scores.each(pass, args![first: cells.start, grid: 0], cells.len());
    }
}

impl Player {
    pub(super) fn lens(&mut self) -> Result<Arc<Lens>, EngineError> {
        let lens = match self.lens.take() {
            Some(lens) => lens,
            None => Arc::new(Lens::new(self)?),
        };
        Ok(Arc::clone(self.lens.insert(lens)))
    }

    /// Takes the pixel at a row and column apart: what the coming step draws for it and why, and what the last step was
    /// worth there.
    ///
    /// # Errors
    /// The pixel lies outside, or the device fails.
    pub fn inspect(&mut self, row: usize, column: usize, greedy: bool) -> Result<Inspection, EngineError> {
        let (height, width) = (self.windows.height, self.windows.width);
        if row >= height || column >= width {
            return Err(EngineError::Input(format!(
                "there is no cell at row {row}, column {column} of a world of {height}×{width}"
            )));
        }
        let lens = self.lens()?;
        let (cell, own) = (row * width + column, self.windows.at(row, column));
        let valued = own.is_some() && self.sees_whole();
        if valued {
            self.value_transition()?;
        }
        let voters: [Option<usize>; SLOTS] = from_fn(|k| self.windows.voter(row, column, k));
        let mut encoder = self.gpu.encoder();
        for (k, first) in voters.iter().enumerate().filter_map(|(k, voter)| Some((k, (*voter)?))) {
            self.vote(&mut encoder, &lens, k, first, greedy);
        }
        {
            let mut pass = pass(&mut encoder);
            lens.adds.groups(&mut pass, args![cell, grid: 0], [1, 1, 1]);
            lens.scores(&mut pass, cell..cell + 1);
            let fours = row * self.windows.fours() + column / 4;
            self.forward.aggregate(&mut pass, fours..fours + 1, SKETCH, self.draw(greedy));
        }
        self.judge(&mut encoder, &lens, valued);
        self.gpu.finish(encoder)?;
        self.read(&lens, (row, column), own, &voters, valued)
    }

    /// The vote of one window, which is slot 0 of a span of its own; of the pixel's own window, its attention too.
    fn vote(&mut self, encoder: &mut wgpu::CommandEncoder, lens: &Lens, k: usize, first: usize, greedy: bool) {
        let span = Span { grids_first: self.now, first, n: 1 };
        self.forward.evaluate(encoder, &self.buffers, span, false, Memory::Alone);
        {
            let mut pass = pass(encoder);
            self.forward.propose(&mut pass, span, self.draw(greedy));
            if k == SLOTS / 2 {
                let shape = &self.forward.shape;
                let rows = shape.heads * SLOTS;
                for layer in 0..shape.params.layers.len() {
                    let args = args![slot: 0, qkv: shape.qkv(layer), out: layer * rows * SLOTS];
                    lens.attention[layer].each(&mut pass, args, rows);
                }
            }
        }
        let bytes = 4 * SLOT as u64;
        encoder.copy_buffer_to_buffer(
            &lens.buffers["logits"],
            0,
            &lens.buffers["voter_logits"],
            k as u64 * bytes,
            bytes,
        );
    }

    /// V of the state now, and of the one that a step led from.
    fn value_transition(&mut self) -> Result<(), EngineError> {
        if self.stepped {
            self.values(1 - self.now)?;
        }
        self.values(self.now)
    }

    /// The last step's rewards and credit; with `valued`, where V of both states is known, the advantage.
    fn judge(&self, encoder: &mut wgpu::CommandEncoder, lens: &Lens, valued: bool) {
        let windows = self.windows.count();
        if !self.stepped {
            return;
        }
        let of = Transition { grid: 1 - self.now, next: self.now, worlds: 1, steps: 1, cells: self.cells(), windows };
        lens.rewards.judge(encoder, &lens.buffers, of, (0, 0), 0);
        let bytes = 4 * windows as u64;
        encoder.copy_buffer_to_buffer(&lens.buffers["advantages"], 0, &lens.buffers["credit"], 0, bytes);
        if valued {
            for (place, grid) in [1 - self.now, self.now].into_iter().enumerate() {
                let (from, to) = (&lens.buffers["values"], &lens.buffers["transition_values"]);
                encoder.copy_buffer_to_buffer(from, grid as u64 * bytes, to, place as u64 * bytes, bytes);
            }
            lens.advantage.each(&mut pass(encoder), args![], windows);
        }
    }

    /// Reads back what an inspection has left on the device, and no more.
    fn read(
        &self,
        lens: &Lens,
        (row, column): (usize, usize),
        own: Option<usize>,
        voters: &[Option<usize>; SLOTS],
        valued: bool,
    ) -> Result<Inspection, EngineError> {
        let (cell, cells, windows) = (row * self.windows.width + column, self.cells(), self.windows.count());
        let at = |name: &str, first: usize, len: usize| (&lens.buffers[name], 4 * first as u64, 4 * len as u64);
        // Where there is no window of its own, another's numbers are read and left.
        let agent = own.unwrap_or(0);
        let shape = &self.forward.shape;
        let (layers, heads) = (shape.params.layers.len(), shape.heads);
        let floats = self.gpu.read::<f32>(&[
            at("voter_logits", 0, SLOTS * SLOT),
            at("adds", 0, (SLOTS + 1) * ROW),
            at("scores", 0, ROW),
            at("attention", 0, layers * heads * SLOTS * SLOTS),
            at("values", windows * self.now + agent, 1),
            at("terms", 8 * cell, 8),
            at("rewards", 2 * cell, 2),
            at("credit", agent, 1),
            at("advantages", agent, 1),
        ])?;
        let mut words = vec![at("states", SKETCH * cells + cell, 1)];
        words.extend(voters.iter().map(|voter| at("proposals", 2 * voter.unwrap_or(0), 2)));
        let beside = |at: usize, step: usize, size: usize| (at + size + step - 1) % size;
        words.extend((0..SLOTS).map(|k| {
            let (r, c) = (beside(row, k / 3, self.windows.height), beside(column, k % 3, self.windows.width));
            at("states", self.now * cells + r * self.windows.width + c, 1)
        }));
        let words = self.gpu.read::<u32>(&words)?;

        let [logits, adds, scores, attention, value, terms, rewards, credit, advantage] =
            <[Vec<f32>; 9]>::try_from(floats).expect("nine parts were asked for");
        let adds = |k: usize| from_fn(|c| adds[k * ROW + c]);
        let vote = |k: usize| {
            let head = &logits[k * SLOT + k * ROW..][..ROW];
            let colour = (words[1 + k][k / 8] >> (4 * (k % 8)) & 15) as u8;
            Vote {
                logits: from_fn(|c| head[c] * self.config.model.temperature),
                probabilities: from_fn(|c| (head[c] - head[COLOURS]).exp()),
                colour,
                log_prob: head[usize::from(colour)] - head[COLOURS],
                adds: adds(k),
            }
        };
        let map = |head: &[f32]| from_fn(|i| from_fn(|j| head[SLOTS * i + j]));
        let layer = |layer: &[f32]| layer.chunks_exact(SLOTS * SLOTS).map(map).collect();
        let temperature = self.config.model.aggregator_temperature;
        let colour = words[0][0] as u8;
        let log_prob = |colour: usize| scores[colour] / temperature - scores[COLOURS];
        Ok(Inspection {
            row,
            column,
            step: self.steps,
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
            after: self.stepped.then(|| Aftermath {
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
    pub fn field(&mut self, field: Field, greedy: bool) -> Result<Option<FieldMap>, EngineError> {
        let (cells, windows) = (self.cells(), self.windows.count());
        let valued = matches!(field, Field::Value | Field::Advantage);
        if valued && !self.sees_whole() {
            return Err(EngineError::Input(format!(
                "V is known for at most {} windows at a time, and this stage has {windows}: make it smaller, or choose \
                 another overlay",
                self.forward.shape.chunk
            )));
        }
        let last = matches!(field, Field::Reward | Field::Credit | Field::Advantage);
        if last && !self.stepped {
            return Ok(None);
        }
        let lens = self.lens()?;
        let mut encoder = self.gpu.encoder();
        match field {
            Field::Value => self.values(self.now)?,
            Field::Reward | Field::Credit | Field::Advantage => {
                if valued {
                    self.value_transition()?;
                }
                self.judge(&mut encoder, &lens, valued);
                lens.moves.each(&mut pass(&mut encoder), args![grid: 1 - self.now], cells);
            }
            Field::ProposalEntropy | Field::ColourEntropy => {
                encoder = self.propose(greedy, |pass, span| {
                    lens.entropy.each(pass, args![first: span.first], span.n);
                })?;
                lens.scores(&mut pass(&mut encoder), 0..cells);
            }
        }
        self.gpu.finish(encoder)?;

        let part = |name: &str, first: usize, len: usize| (&lens.buffers[name], 4 * first as u64, 4 * len as u64);
        let read = |part| Ok::<_, EngineError>(self.gpu.read::<f32>(&[part])?.remove(0));
        // By a cell's own window.
        let spread = |values: Vec<f32>| {
            let width = self.windows.width;
            let own = (0..cells).map(|q| self.windows.at(q / width, q % width));
            own.map(|window| window.map_or(f32::NAN, |window| values[window])).collect()
        };
        let mut ways = Vec::new();
        let values = match field {
            Field::Reward => {
                let found = self.gpu.read::<u32>(&[part("ways", 0, cells)])?.remove(0);
                ways = found.iter().map(|&ways| ways as u8).collect();
                read(part("rewards", 0, 2 * cells))?.chunks_exact(2).map(|reward| reward[0] + reward[1]).collect()
            }
            Field::Credit => spread(read(part("credit", 0, windows))?),
            Field::Advantage => spread(read(part("advantages", 0, windows))?),
            Field::Value => spread(read(part("values", windows * self.now, windows))?),
            Field::ProposalEntropy => spread(read(part("entropy", 0, windows))?),
            Field::ColourEntropy => {
                let scores = read(part("scores", 0, ROW * cells))?;
                scores.chunks_exact(ROW).map(|row| row[COLOURS + 1] / std::f32::consts::LN_10).collect()
            }
        };
        Ok(Some(FieldMap { values, ways }))
    }
}

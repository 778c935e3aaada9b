//! The kernels of a rollout beyond f, V and g: what each transition is worth, and to whom.

use std::ops::Range;

use super::EngineError;
use super::buffers::{Buffers, Plan};
use super::forward::{Draw, Forward, Memory, Span, pass};
use super::hyper::TERM_QUADS;
use super::rewards::{Rewards, Transition};
use crate::engine::wgsl::gpu::{Constants, Gpu};
use crate::spec::grid::Windows;

/// What a rollout's buffers are sized by.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    pub windows: Windows,
    /// B.
    pub worlds: usize,
    /// T.
    pub steps: usize,
    /// Grids that are looked at together.
    pub chunk_grids: usize,
}

impl Extent {
    pub fn cells(&self) -> usize {
        self.windows.height * self.windows.width
    }

    /// Agents of all worlds.
    pub fn agents(&self) -> usize {
        self.worlds * self.windows.count()
    }

    /// Worlds that are looked at together.
    fn chunk_worlds(&self) -> usize {
        self.chunk_grids.min(self.worlds)
    }

    /// Steps whose agents are valued together: few worlds alone would be little work for a dispatch.
    fn steps_valued_together(&self) -> usize {
        (self.chunk_grids / self.worlds).max(1)
    }

    /// Steps whose transitions are rewarded together.
    fn steps_rewarded_together(&self) -> usize {
        const TRANSITIONS: usize = 64;
        (TRANSITIONS / self.worlds).clamp(1, self.steps_valued_together().min(self.steps))
    }

    /// Places in the buffer `grids` of step `t`'s states of so many worlds from `first` on.
    fn grids(&self, t: usize, first: usize, worlds: usize) -> Range<usize> {
        t * self.worlds + first..t * self.worlds + first + worlds
    }

    /// Their agents.
    fn span(&self, grids: &Range<usize>) -> Span {
        Span { grids_first: grids.start, first: 0, n: grids.len() * self.windows.count() }
    }

    /// Chunks of worlds: the first, and how many.
    pub fn chunks(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (worlds, size) = (self.worlds, self.chunk_worlds());
        (0..worlds).step_by(size).map(move |first| (first, size.min(worlds - first)))
    }
}

pub struct Rollout {
    rewards: Rewards,
}

impl Rollout {
    pub fn plan(extent: &Extent, plan: &mut Plan) {
        let (cells, agents) = (extent.cells(), extent.agents());
        let grids = extent.steps * extent.worlds;
        plan.add("states", (grids + extent.worlds) * cells, 4);
        plan.add("proposals", extent.steps * agents, 8);
        plan.add("log_probs", extent.steps * agents, 4);
        plan.add("colour_log_probs", grids * cells, 4);
        plan.add("values", (extent.steps + 1) * agents, 4);
        plan.add("advantages", extent.steps * agents, 4);
        // Every grid in order, then an epoch's order.
        plan.add("grids", 2 * grids + extent.worlds, 4);
        plan.add("term_sums", TERM_QUADS * extent.worlds, 16);
        Rewards::plan(extent.chunk_worlds() * extent.steps_rewarded_together(), cells, plan);
    }

    pub fn new(gpu: &Gpu, buffers: &Buffers, constants: &Constants) -> Result<Self, EngineError> {
        Ok(Self { rewards: Rewards::new(gpu, buffers, constants)? })
    }

    /// Makes steps of every world, and values the states that they begin with. `step` counts the run's steps.
    pub fn steps(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        buffers: &Buffers,
        forward: &mut Forward,
        extent: &Extent,
        to_make: Range<usize>,
        step: u32,
    ) {
        let together = if forward.once { extent.steps_valued_together() } else { 1 };
        for begin in to_make.clone().step_by(together) {
            let end = (begin + together).min(to_make.end);
            // What is looked at again below is to be known then.
            if together > 1 && !forward.has_room((end - begin) * extent.agents(), true) {
                forward.forget();
            }
            for t in begin..end {
                for (first, worlds) in extent.chunks() {
                    let grids = extent.grids(t, first, worlds);
                    let span = extent.span(&grids);
                    forward.evaluate(encoder, buffers, span, true, Memory::Kept);
                    let mut pass = pass(encoder);
                    if together == 1 {
                        values(&mut pass, forward, extent, grids.clone());
                    }
                    let step = step.wrapping_add((t - to_make.start) as u32);
                    let draw = Draw { grid: grids.start, step, world: first, greedy: false };
                    forward.propose(&mut pass, span, draw);
                    let fours = worlds * extent.windows.height * extent.windows.fours();
                    forward.aggregate(&mut pass, 0..fours, grids.start + extent.worlds, draw);
                }
            }
            if together > 1 {
                let grids = begin * extent.worlds..end * extent.worlds;
                forward.evaluate(encoder, buffers, extent.span(&grids), true, Memory::Again);
                values(&mut pass(encoder), forward, extent, grids);
            }
        }
    }

    /// The rewards of steps that were made.
    pub fn judge(&self, encoder: &mut wgpu::CommandEncoder, buffers: &Buffers, extent: &Extent, made: Range<usize>) {
        let (cells, windows, together) = (extent.cells(), extent.windows.count(), extent.steps_rewarded_together());
        for (first, worlds) in extent.chunks() {
            for t in made.clone().step_by(together) {
                let grid = t * extent.worlds + first;
                let steps = together.min(made.end - t);
                let of = Transition { grid, next: grid + extent.worlds, worlds, steps, cells, windows };
                self.rewards.judge(encoder, buffers, of, (first, t), grid * windows);
            }
        }
    }

    /// The values of every world's state after the last step.
    pub fn last_values(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        buffers: &Buffers,
        forward: &mut Forward,
        extent: &Extent,
    ) {
        for (first, worlds) in extent.chunks() {
            let grids = extent.grids(extent.steps, first, worlds);
            forward.evaluate(encoder, buffers, extent.span(&grids), true, Memory::Kept);
            values(&mut pass(encoder), forward, extent, grids);
        }
    }
}

/// V of every agent of grids that were evaluated last.
fn values(pass: &mut wgpu::ComputePass, forward: &Forward, extent: &Extent, grids: Range<usize>) {
    let n = grids.len() * extent.windows.count();
    forward.hidden(pass, n);
    forward.value(pass, n, grids.start * extent.windows.count());
}

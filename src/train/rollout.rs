//! The kernels of a rollout beyond f, V and g: what each transition is worth, and to whom.

use std::ops::Range;

use super::TrainError;
use super::buffers::{Buffers, Plan};
use super::forward::{Draw, Forward, Memory, Span, pass};
use super::rewards::{Rewards, Transition};
use crate::gpu::{Constants, Gpu};
use crate::spec::grid::Windows;

/// What a rollout's buffers are sized by.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    pub windows: Windows,
    /// B.
    pub worlds: usize,
    /// T.
    pub steps: usize,
    /// Worlds that are looked at together.
    pub chunk_worlds: usize,
}

impl Extent {
    pub fn cells(&self) -> usize {
        self.windows.height * self.windows.width
    }

    /// Agents of all worlds.
    pub fn agents(&self) -> usize {
        self.worlds * self.windows.count()
    }

    /// Steps whose transitions are rewarded together: few worlds alone would be little work for a dispatch.
    fn steps_together(&self) -> usize {
        const TRANSITIONS: usize = 16;
        if self.chunk_worlds == self.worlds { (TRANSITIONS / self.worlds).clamp(1, self.steps) } else { 1 }
    }

    /// Chunks of worlds: the first, and how many.
    pub fn chunks(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (worlds, size) = (self.worlds, self.chunk_worlds);
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
        plan.add("term_sums", 2 * extent.worlds, 16);
        Rewards::plan(extent.chunk_worlds * extent.steps_together(), cells, plan);
    }

    pub fn new(gpu: &Gpu, buffers: &Buffers, constants: &Constants) -> Result<Self, TrainError> {
        Ok(Self { rewards: Rewards::new(gpu, buffers, constants)? })
    }

    /// Step `t` of every world, and its values. `step` counts the run's steps.
    pub fn step(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        buffers: &Buffers,
        forward: &mut Forward,
        extent: &Extent,
        t: usize,
        step: u32,
    ) {
        let per_world = extent.windows.count();
        for (first, worlds) in extent.chunks() {
            let grid = t * extent.worlds + first;
            let span = Span { grids_first: grid, first: 0, n: worlds * per_world };
            let next = grid + extent.worlds;
            values(encoder, buffers, forward, extent, grid, worlds);
            let draw = Draw { grid, step, world: first, greedy: false };
            {
                let mut pass = pass(encoder);
                forward.propose(&mut pass, span, draw);
                forward.aggregate(&mut pass, 0..worlds * extent.cells(), next, draw);
            }
        }
    }

    /// The rewards of steps that were made.
    pub fn judge(&self, encoder: &mut wgpu::CommandEncoder, buffers: &Buffers, extent: &Extent, made: Range<usize>) {
        let (cells, windows, together) = (extent.cells(), extent.windows.count(), extent.steps_together());
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
            let grid = extent.steps * extent.worlds + first;
            values(encoder, buffers, forward, extent, grid, worlds);
        }
    }
}

/// V of every agent of `worlds` grids from `grid` on.
fn values(
    encoder: &mut wgpu::CommandEncoder,
    buffers: &Buffers,
    forward: &mut Forward,
    extent: &Extent,
    grid: usize,
    worlds: usize,
) {
    let span = Span { grids_first: grid, first: 0, n: worlds * extent.windows.count() };
    forward.evaluate(encoder, buffers, span, Some(&extent.windows), Memory::Kept);
    forward.value(&mut pass(encoder), span.n, grid * extent.windows.count());
}

//! The kernels of a rollout beyond f, V and g: what each transition is worth, and to whom.

use super::TrainError;
use super::buffers::{Buffers, Plan, View};
use super::forward::{Draw, Forward, Op, Span, pass};
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

    /// Chunks of worlds: the first, and how many.
    pub fn chunks(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (worlds, size) = (self.worlds, self.chunk_worlds);
        (0..worlds).step_by(size).map(move |first| (first, size.min(worlds - first)))
    }
}

pub struct Rollout {
    count: Op,
    pixels: Op,
    matching: Op,
    terms: Op,
    means: Op,
    credit: Op,
}

impl Rollout {
    pub fn plan(extent: &Extent, plan: &mut Plan) {
        let (cells, agents) = (extent.cells(), extent.agents());
        let grids = extent.steps * extent.worlds;
        let chunk_cells = extent.chunk_worlds * cells;
        plan.add("states", (grids + extent.worlds) * cells, 4);
        plan.add("proposals", extent.steps * agents, 8);
        plan.add("log_probs", extent.steps * agents, 4);
        plan.add("colour_log_probs", grids * cells, 4);
        plan.add("values", (extent.steps + 1) * agents, 4);
        plan.add("advantages", extent.steps * agents, 4);
        // Every grid in order, then an epoch's order.
        plan.add("grids", 2 * grids + extent.worlds, 4);
        plan.add("target_picture", cells, 4);
        plan.add("histogram", extent.chunk_worlds * 20_000, 4);
        plan.add("headings", extent.chunk_worlds * 8, 4);
        plan.add("pixels", chunk_cells, 4);
        plan.add("terms", 2 * chunk_cells, 16);
        plan.add("rewards", chunk_cells, 8);
        plan.add("world_terms", 2 * extent.chunk_worlds, 16);
        plan.add("term_sums", 2 * extent.worlds, 16);
    }

    pub fn new(gpu: &Gpu, buffers: &Buffers, constants: &Constants) -> Result<Self, TrainError> {
        let op = |name, views: &[(&str, View)]| Op::new(gpu, buffers, constants, name, views);
        Ok(Self {
            count: op("reward/count", &[])?,
            pixels: op("reward/pixels", &[])?,
            matching: op("reward/match", &[])?,
            terms: op("reward/terms", &[])?,
            means: op("reward/means", &[])?,
            credit: op("reward/credit", &[])?,
        })
    }

    /// Step `t` of every world, its values and its rewards. `step` counts the run's steps.
    pub fn step(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        buffers: &Buffers,
        forward: &Forward,
        extent: &Extent,
        t: usize,
        step: u32,
    ) {
        let per_world = extent.windows.count();
        for (first, worlds) in extent.chunks() {
            let grid = t * extent.worlds + first;
            let span = Span { grids_first: grid, first: 0, n: worlds * per_world };
            let cells = worlds * extent.cells();
            let next = grid + extent.worlds;
            values(encoder, buffers, forward, extent, grid, worlds);
            encoder.clear_buffer(&buffers["histogram"], 0, Some(80_000 * worlds as u64));
            encoder.clear_buffer(&buffers["headings"], 0, Some(32 * worlds as u64));
            let mut pass = pass(encoder);
            let draw = Draw { grid, step, world: first, greedy: false };
            forward.propose(&mut pass, span, draw);
            forward.aggregate(&mut pass, cells, next, draw);
            self.count.each(&mut pass, &[cells, grid, next], cells);
            self.pixels.each(&mut pass, &[cells, grid, next], cells);
            self.matching.each(&mut pass, &[cells, grid], cells);
            self.terms.each(&mut pass, &[cells, grid, next], cells);
            self.means.groups(&mut pass, &[first, t], [worlds, 1, 1]);
            self.credit.each(&mut pass, &[span.n, grid * per_world], span.n);
        }
    }

    /// The values of every world's state after the last step.
    pub fn last_values(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        buffers: &Buffers,
        forward: &Forward,
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
    forward: &Forward,
    extent: &Extent,
    grid: usize,
    worlds: usize,
) {
    let span = Span { grids_first: grid, first: 0, n: worlds * extent.windows.count() };
    forward.distinct(encoder, buffers, span, false);
    forward.evaluate(encoder, buffers, span.n, true);
    forward.value(&mut pass(encoder), span.n, grid * extent.windows.count());
}

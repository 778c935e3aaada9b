//! The kernels that say what a transition is worth, and to whom.

use super::EngineError;
use super::buffers::{Buffers, Plan};
use super::forward::{Op, pass};
use super::hyper::TERM_QUADS;
use super::shape::{BLOCK_CODES, DIRECTIONS};
use crate::args;
use crate::engine::wgsl::gpu::{Constants, Gpu};

/// Worlds in a row that step from one grid each to another, for some steps in a row.
#[derive(Debug, Clone, Copy)]
pub struct Transition {
    /// The first world's grid before.
    pub grid: usize,
    /// The first world's grid after.
    pub next: usize,
    /// How many worlds.
    pub worlds: usize,
    /// How many steps: all worlds' grids of a step, then those of the next.
    pub steps: usize,
    /// Cells of each.
    pub cells: usize,
    /// Windows of each.
    pub windows: usize,
}

pub struct Rewards {
    count: Op,
    pixels: Op,
    matching: Op,
    terms: Op,
    means: Op,
    credit: Op,
}

impl Rewards {
    /// The buffers beyond `states`, for so many transitions at a time; credit goes into `advantages`, sums into
    /// `term_sums`.
    pub fn plan(transitions: usize, cells: usize, plan: &mut Plan) {
        plan.add("target_picture", cells, 4);
        plan.add("histogram", transitions * 2 * BLOCK_CODES, 4);
        plan.add("headings", transitions * DIRECTIONS, 4);
        plan.add("pixels", transitions * cells, 4);
        plan.add("terms", TERM_QUADS * transitions * cells, 16);
        plan.add("rewards", transitions * cells, 8);
        plan.add("world_terms", TERM_QUADS * transitions, 16);
    }

    pub fn new(gpu: &Gpu, buffers: &Buffers, constants: &Constants) -> Result<Self, EngineError> {
        let op = |name| Op::new(gpu, buffers, constants, name, &[]);
        Ok(Self {
            count: op("reward/count")?,
            pixels: op("reward/pixels")?,
            matching: op("reward/match")?,
            terms: op("reward/terms")?,
            means: op("reward/means")?,
            credit: op("reward/credit")?,
        })
    }

    /// Rewards transitions: every term everywhere, sums of the worlds from number `first_world` on (begun anew at
    /// `t` = 0), and every agent's credit, from place `out` on.
    pub fn judge(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        buffers: &Buffers,
        of: Transition,
        (first_world, t): (usize, usize),
        out: usize,
    ) {
        let transitions = of.worlds * of.steps;
        encoder.clear_buffer(&buffers["histogram"], 0, Some((8 * BLOCK_CODES * transitions) as u64));
        encoder.clear_buffer(&buffers["headings"], 0, Some((4 * DIRECTIONS * transitions) as u64));
        let mut pass = pass(encoder);
        let (cells, agents) = (transitions * of.cells, transitions * of.windows);
        let (grid, next_grid) = (of.grid, of.next);
        self.count.each(&mut pass, args![grid, next_grid], cells);
        self.pixels.each(&mut pass, args![grid, next_grid], cells);
        self.matching.each(&mut pass, args![grid], cells);
        self.terms.each(&mut pass, args![grid, next_grid], cells);
        let args = args![first_world, worlds: of.worlds, steps: of.steps, next_step: t];
        self.means.groups(&mut pass, args, [of.worlds, 1, 1]);
        self.credit.each(&mut pass, args![out], agents);
    }
}

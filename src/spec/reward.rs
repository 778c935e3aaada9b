//! The maps of reward terms in f64: what `score` reports, and what the kernels are held to.

use super::config::Directions;
use super::grid::{Boundary, Grid};
use super::terms::{TERMS, Term, Worth, flow, lift};
use super::transition::{Block, Transition};

pub use super::transition::block_positions;

/// Every term's map for one transition.
#[derive(Debug, Clone, PartialEq)]
pub struct Maps {
    /// Rows and columns of block positions.
    pub blocks: (usize, usize),
    /// By `Term as usize`: (rows, columns) of blocks, or (H, W) pixels; empty for pixels without a target.
    maps: [Vec<f64>; TERMS],
}

impl Maps {
    /// A term's map, row-major.
    pub fn of(&self, term: Term) -> &[f64] {
        &self.maps[term as usize]
    }

    /// A term's mean over its positions; 0 for an empty map.
    pub fn mean(&self, term: Term) -> f64 {
        let map = self.of(term);
        map.iter().sum::<f64>() / map.len().max(1) as f64
    }
}

/// The maps of a transition between two grids of one size, and `target` of that size too.
pub fn maps(before: &Grid, after: &Grid, directions: Directions, boundary: Boundary, target: Option<&Grid>) -> Maps {
    let of = transition(before, after, directions, boundary);
    let maps = Term::ALL.map(|term| match (term.worth(), target) {
        (Worth::Block(worth), _) => of.blocks().map(worth).collect(),
        (Worth::Pixel(worth), Some(target)) => {
            after.cells.iter().zip(&target.cells).map(|(&after, &target)| worth(after, target)).collect()
        }
        (Worth::Pixel(_), None) => Vec::new(),
    });
    Maps { blocks: of.positions, maps }
}

/// What the blocks of a transition do, without the terms that take long.
#[derive(Debug, Clone, PartialEq)]
pub struct Motion {
    /// For each block, the directions in which it moves, as bits of their indices: `Move` is 1 where there is one.
    pub ways: Vec<u8>,
    /// The mean of `Lift`.
    pub lift: f64,
    /// The mean of `Flow`.
    pub flow: f64,
}

/// The motion in a transition between two grids of one size.
pub fn motion(before: &Grid, after: &Grid, directions: Directions, boundary: Boundary) -> Motion {
    let of = transition(before, after, directions, boundary);
    let ways: Vec<u8> = of.blocks().map(Block::moving).collect();
    let n = ways.len() as f64;
    Motion { lift: of.blocks().map(lift).sum::<f64>() / n, flow: of.blocks().map(flow).sum::<f64>() / n, ways }
}

fn transition(before: &Grid, after: &Grid, directions: Directions, boundary: Boundary) -> Transition {
    let mut of = Transition::new((before.height, before.width), directions.offsets(), boundary);
    of.set(&before.cells, &after.cells);
    of
}

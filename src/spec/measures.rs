//! Measures of order and motion, each beside what chance alone would give.
//!
//! Few colours, or one that is nearly everywhere, make blocks alike and make them find themselves again by luck. So
//! each measure of a transition is taken a second time on the same cells in random places: S_t and S_{t+1} are shuffled
//! apart from each other, which keeps how many cells there are of each colour and nothing else. What a measure has
//! beyond this baseline comes from where the cells are.

use rand::seq::SliceRandom;

use super::COLOURS;
use super::config::Directions;
use super::grid::{Boundary, Grid};
use super::philox::{Philox, Stream};
use super::reward::{block_positions, motion};

/// Values of a block's key.
const BLOCKS: usize = COLOURS.pow(4);

/// What one transition S_t → S_{t+1} looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measures {
    /// The entropy of the colours of S_{t+1}, over ln 10: 1 where all ten are equally common. A shuffle keeps it.
    pub colour_entropy: f64,
    /// The entropy of the 2×2 blocks of S_{t+1}, over that of four independent even colours, 4 ln 10. A grid of N
    /// blocks has at most ln N.
    pub block_entropy: f64,
    /// The share of cells that change their colour.
    pub activity: f64,
    /// By direction: the share of blocks that move that way (see `Term::Move`); unused ones are 0.
    pub ways: [f64; 8],
    /// The mean of `Term::Lift`.
    pub lift: f64,
    /// The mean of `Term::Flow`.
    pub flow: f64,
}

/// A transition's measures, and those of the same cells in random places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The number of the step that led from S_t to S_{t+1}.
    pub step: u32,
    /// As it is.
    pub real: Measures,
    /// Shuffled.
    pub chance: Measures,
}

/// Measures step number `step`, which led from one grid to another of the same size.
pub fn measured(before: &Grid, after: &Grid, directions: Directions, boundary: Boundary, step: u32) -> Measured {
    let [one, other] = [(before, 0), (after, 1)].map(|(grid, which)| shuffled(grid, step, which));
    Measured {
        step,
        real: measures(before, after, directions, boundary),
        chance: measures(&one, &other, directions, boundary),
    }
}

/// Measures a transition between two grids of one size.
pub fn measures(before: &Grid, after: &Grid, directions: Directions, boundary: Boundary) -> Measures {
    let changed = before.cells.iter().zip(&after.cells).filter(|(a, b)| a != b).count();
    let motion = motion(before, after, directions, boundary);
    let mut ways = [0.0; 8];
    for &way in &motion.ways {
        for (d, share) in ways.iter_mut().enumerate() {
            *share += f64::from(way >> d & 1);
        }
    }
    let ln_10 = std::f64::consts::LN_10;
    Measures {
        colour_entropy: entropy(after.histogram()) / ln_10,
        block_entropy: block_entropy(after, boundary) / (4.0 * ln_10),
        activity: changed as f64 / after.cells.len() as f64,
        ways: ways.map(|n| n / motion.ways.len() as f64),
        lift: motion.lift,
        flow: motion.flow,
    }
}

/// The same cells in random places.
pub fn shuffled(grid: &Grid, step: u32, which: u32) -> Grid {
    let mut cells = grid.cells.clone();
    cells.shuffle(&mut Philox { seed: 0, stream: Stream::Shuffle }.draws(step, which));
    Grid { cells, ..*grid }
}

fn block_entropy(grid: &Grid, boundary: Boundary) -> f64 {
    let (rows, columns) = block_positions(grid.height, grid.width, boundary);
    let mut counts = vec![0.0; BLOCKS];
    for row in 0..rows {
        for column in 0..columns {
            let (below, right) = ((row + 1) % grid.height, (column + 1) % grid.width);
            let block = [(row, column), (row, right), (below, column), (below, right)];
            let key = block.iter().fold(0, |key, &(r, c)| key * COLOURS + usize::from(grid.at(r, c)));
            counts[key] += 1.0;
        }
    }
    let n = (rows * columns) as f64;
    entropy(counts.into_iter().map(|count| count / n))
}

/// −Σ p ln p.
fn entropy(shares: impl IntoIterator<Item = f64>) -> f64 {
    shares.into_iter().filter(|&p| p > 0.0).map(|p| p * (1.0 / p).ln()).sum()
}

//! One transition S_t → S_{t+1} as the reward terms look at it: block by block.
//!
//! Blocks are named by their top-left pixel x: H·W of them on a torus, (H−1)(W−1) on a bounded grid, where a direction
//! counts only if the block's target lies inside.

use super::COLOURS;
use super::grid::{Boundary, Grid};

/// Values of a block's key: ten to the number of its cells.
const BLOCK_KEYS: usize = COLOURS.pow(4);
/// A block's cells, row-major.
const CELLS: [(i32, i32); 4] = [(0, 0), (0, 1), (1, 0), (1, 1)];
/// At most this share of a block's surroundings may shift along with one that stands out.
const SURROUNDINGS: f64 = 0.75;

/// Rows and columns of 2×2 blocks on a grid.
pub fn block_positions(height: usize, width: usize, boundary: Boundary) -> (usize, usize) {
    match boundary {
        Boundary::Torus => (height, width),
        Boundary::Bounded => (height - 1, width - 1),
    }
}

/// The directions in which a block finds itself again, as bits of their indices.
#[derive(Debug, Clone, Copy)]
struct Match {
    /// B_{t+1}(x+d) = B_t(x).
    matching: u8,
    /// Matching, and B_t(x+d) ≠ B_t(x).
    moving: u8,
}

/// What a transition's blocks are, and what they do.
pub struct Transition<'a> {
    now: &'a Grid,
    next: &'a Grid,
    directions: &'static [(i32, i32)],
    boundary: Boundary,
    /// Rows and columns of blocks.
    pub positions: (usize, usize),
    /// Keys of the blocks of S_t and of S_{t+1}.
    before: Vec<usize>,
    after: Vec<usize>,
    /// How many blocks of S_t and of S_{t+1} have each key.
    count_before: Vec<usize>,
    count_after: Vec<usize>,
    matches: Vec<Match>,
    /// By direction, how much its share among the blocks that leave one way only exceeds an even one, over the most that
    /// it can.
    excess: Vec<f64>,
}

impl<'a> Transition<'a> {
    /// Between two grids of one size.
    pub fn new(now: &'a Grid, next: &'a Grid, directions: &'static [(i32, i32)], boundary: Boundary) -> Self {
        let positions = block_positions(now.height, now.width, boundary);
        let mut of = Self {
            now,
            next,
            directions,
            boundary,
            positions,
            before: Vec::new(),
            after: Vec::new(),
            count_before: vec![0; BLOCK_KEYS],
            count_after: vec![0; BLOCK_KEYS],
            matches: Vec::new(),
            excess: Vec::new(),
        };
        of.before = of.places().map(|x| of.key(now, x)).collect();
        of.after = of.places().map(|x| of.key(next, x)).collect();
        for (&before, &after) in of.before.iter().zip(&of.after) {
            of.count_before[before] += 1;
            of.count_after[after] += 1;
        }
        of.matches = of.places().map(|x| of.matched(x)).collect();
        of.excess = of.excess();
        of
    }

    /// The blocks, row-major.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        self.places().enumerate().map(|(i, x)| Block { of: self, i, x })
    }

    fn places(&self) -> impl Iterator<Item = (i32, i32)> + use<> {
        let (rows, columns) = self.positions;
        (0..rows as i32).flat_map(move |row| (0..columns as i32).map(move |column| (row, column)))
    }

    /// The index of a position in a field of `rows × columns`; `None` outside a bounded one.
    fn index(&self, (row, column): (i32, i32), (rows, columns): (usize, usize)) -> Option<usize> {
        let (rows, columns) = (rows as i32, columns as i32);
        let inside = (0..rows).contains(&row) && (0..columns).contains(&column);
        (inside || self.boundary == Boundary::Torus)
            .then(|| (row.rem_euclid(rows) * columns + column.rem_euclid(columns)) as usize)
    }

    fn pixel(&self, y: (i32, i32)) -> Option<usize> {
        self.index(y, (self.now.height, self.now.width))
    }

    fn block(&self, x: (i32, i32)) -> Option<usize> {
        self.index(x, self.positions)
    }

    fn key(&self, grid: &Grid, x: (i32, i32)) -> usize {
        let colour = |cell| self.pixel(plus(x, cell)).map_or(0, |at| usize::from(grid.cells[at]));
        CELLS.into_iter().fold(0, |key, cell| key * COLOURS + colour(cell))
    }

    fn excess(&self) -> Vec<f64> {
        let n = self.directions.len();
        let mut counts = vec![0.0; n];
        for d in self.blocks().filter(|block| block.leaves()).filter_map(Block::only_way) {
            counts[d] += 1.0;
        }
        let total = counts.iter().sum::<f64>().max(1.0);
        let even = 1.0 / n as f64;
        counts.iter().map(|count| f64::max(0.0, (count / total - even) / (1.0 - even))).collect()
    }

    fn matched(&self, x: (i32, i32)) -> Match {
        let mut found = Match { matching: 0, moving: 0 };
        let Some(i) = self.block(x) else { return found };
        for (d, &step) in self.directions.iter().enumerate() {
            if let Some(j) = self.block(plus(x, step))
                && self.after[j] == self.before[i]
            {
                found.matching |= 1 << d;
                found.moving |= u8::from(self.before[j] != self.before[i]) << d;
            }
        }
        found
    }
}

/// What a term's function is told: one block of a transition.
#[derive(Clone, Copy)]
pub struct Block<'a> {
    of: &'a Transition<'a>,
    i: usize,
    x: (i32, i32),
}

impl Block<'_> {
    /// N, the number of blocks.
    pub fn count(self) -> f64 {
        self.of.before.len() as f64
    }

    /// How many directions there are.
    pub fn ways(self) -> f64 {
        self.of.directions.len() as f64
    }

    /// How many blocks of S_t equal it, itself included.
    pub fn alike_before(self) -> f64 {
        self.of.count_before[self.of.before[self.i]] as f64
    }

    /// p: the share of the other positions that hold it next, a stand-in for finding it by chance.
    pub fn chance(self) -> f64 {
        let others = self.of.before.len() - 1;
        (self.of.count_after[self.of.before[self.i]] as f64 / others.max(1) as f64).min(1.0)
    }

    /// Whether it is of one colour c: its key is cccc.
    pub fn is_uniform(self) -> bool {
        self.of.before[self.i].is_multiple_of(1111)
    }

    /// Whether it is not of one colour and not where it was.
    pub fn leaves(self) -> bool {
        !self.is_uniform() && self.of.before[self.i] != self.of.after[self.i]
    }

    /// The directions in which it is found again.
    pub fn matching_directions(self) -> impl Iterator<Item = usize> {
        (0..8).filter(move |d| self.of.matches[self.i].matching >> d & 1 == 1)
    }

    /// The directions in which it moves, as bits of their indices: where it is found again, something else was, and it
    /// leaves.
    pub fn moving(self) -> u8 {
        if self.leaves() { self.of.matches[self.i].moving } else { 0 }
    }

    /// 1 where it is found again in some direction.
    pub fn shift(self) -> f64 {
        f64::from(self.of.matches[self.i].matching > 0)
    }

    /// 1 where it moves in some direction.
    pub fn moves(self) -> f64 {
        f64::from(self.moving() > 0)
    }

    /// The direction in which it is found again if that is one only, and something else was there.
    pub fn only_way(self) -> Option<usize> {
        let Match { matching, moving } = self.of.matches[self.i];
        (matching.is_power_of_two() && matching == moving).then_some(matching.trailing_zeros() as usize)
    }

    /// How much the share of direction `d` among the blocks that leave one way only exceeds an even one, 0..1.
    pub fn excess(self, d: usize) -> f64 {
        self.of.excess[d]
    }

    /// Whether at most 75 % of the pixels around it shift along with it in direction `d`.
    pub fn stands_out(self, d: usize) -> bool {
        let of = self.of;
        let ring = (-1..3).flat_map(|r| (-1..3).map(move |c| (r, c))).filter(|cell| !CELLS.contains(cell));
        let pairs = ring.filter_map(|cell| {
            let y = plus(self.x, cell);
            Some((of.pixel(y)?, of.pixel(plus(y, of.directions[d]))?))
        });
        let (mut along, mut all) = (0.0, 0.0);
        for (y, there) in pairs {
            along += f64::from(of.next.cells[there] == of.now.cells[y]);
            all += 1.0;
        }
        along <= SURROUNDINGS * all
    }

    /// The largest share of its cells that move in one direction.
    pub fn most_moved(self) -> f64 {
        let of = self.of;
        let fraction = |step: (i32, i32)| {
            let moved = CELLS.into_iter().filter(|&cell| {
                let y = plus(self.x, cell);
                let (Some(here), Some(there)) = (of.pixel(y), of.pixel(plus(y, step))) else { return false };
                let (now, next) = (&of.now.cells, &of.next.cells);
                next[there] == now[here] && now[there] != now[here] && next[here] != now[here]
            });
            moved.count() as f64 / CELLS.len() as f64
        };
        let inside = of.directions.iter().filter(|&&step| of.block(plus(self.x, step)).is_some());
        inside.map(|&step| fraction(step)).fold(0.0, f64::max)
    }
}

fn plus(a: (i32, i32), b: (i32, i32)) -> (i32, i32) {
    (a.0 + b.0, a.1 + b.1)
}

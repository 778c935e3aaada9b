//! One transition S_t → S_{t+1} as the reward terms look at it: block by block.
//!
//! Blocks are named by their top-left pixel x: H·W of them on a torus, (H−1)(W−1) on a bounded grid, where a direction
//! counts only if the block's target lies inside.

use super::COLOURS;
use super::grid::Boundary;

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

/// What a transition's blocks are, and what they do. One may look at many transitions, one after the other.
pub struct Transition {
    size: (usize, usize),
    directions: &'static [(i32, i32)],
    boundary: Boundary,
    /// Rows and columns of blocks.
    pub positions: (usize, usize),
    now: Vec<u8>,
    next: Vec<u8>,
    /// Keys of the blocks of S_t and of S_{t+1}.
    before: Vec<u16>,
    after: Vec<u16>,
    /// How many blocks of S_t and of S_{t+1} have each key.
    count_before: Vec<u32>,
    count_after: Vec<u32>,
    /// −ln(the share of a key among the blocks of S_t)/ln N, of those that occur.
    rarity: Vec<f64>,
    /// For each block, the directions d with B_{t+1}(x+d) = B_t(x), as bits of their indices.
    matching: Vec<u8>,
    /// Those of them with B_t(x+d) ≠ B_t(x).
    moving: Vec<u8>,
    /// By direction, how much its share among the blocks that leave one way only exceeds an even one, over the most that
    /// it can.
    excess: [f64; 8],
}

impl Transition {
    /// Of grids of this height and width; none is looked at yet.
    pub fn new(size: (usize, usize), directions: &'static [(i32, i32)], boundary: Boundary) -> Self {
        let positions = block_positions(size.0, size.1, boundary);
        let n = positions.0 * positions.1;
        Self {
            size,
            directions,
            boundary,
            positions,
            now: Vec::new(),
            next: Vec::new(),
            before: vec![0; n],
            after: vec![0; n],
            count_before: vec![0; BLOCK_KEYS],
            count_after: vec![0; BLOCK_KEYS],
            rarity: vec![0.0; BLOCK_KEYS],
            matching: vec![0; n],
            moving: vec![0; n],
            excess: [0.0; 8],
        }
    }

    /// Looks at a transition between the cells of two grids.
    pub fn set(&mut self, now: &[u8], next: &[u8]) {
        // The keys of the transition before are all that was counted.
        for (&before, &after) in self.before.iter().zip(&self.after) {
            self.count_before[usize::from(before)] = 0;
            self.count_after[usize::from(after)] = 0;
        }
        for (kept, of) in [(&mut self.now, now), (&mut self.next, next)] {
            kept.clear();
            kept.extend_from_slice(of);
        }
        keys(self.size.1, self.positions, now, &mut self.before);
        keys(self.size.1, self.positions, next, &mut self.after);
        for (&before, &after) in self.before.iter().zip(&self.after) {
            self.count_before[usize::from(before)] += 1;
            self.count_after[usize::from(after)] += 1;
            self.rarity[usize::from(before)] = f64::NAN;
        }
        let n = self.before.len() as f64;
        for &before in &self.before {
            let rarity = &mut self.rarity[usize::from(before)];
            if rarity.is_nan() {
                let share = f64::from(self.count_before[usize::from(before)]) / n;
                *rarity = if n > 1.0 { -share.ln() / n.ln() } else { 0.0 };
            }
        }
        self.matching.fill(0);
        self.moving.fill(0);
        for (d, &step) in self.directions.iter().enumerate() {
            self.find(1 << d, step);
        }
        self.excess = self.excess();
    }

    /// The blocks, row-major.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        let columns = self.positions.1;
        (0..self.before.len()).map(move |i| Block { of: self, i, x: ((i / columns) as i32, (i % columns) as i32) })
    }

    /// The index of a position in a field of `rows × columns`; `None` outside a bounded one.
    fn index(&self, (row, column): (i32, i32), (rows, columns): (usize, usize)) -> Option<usize> {
        let (rows, columns) = (rows as i32, columns as i32);
        let inside = (0..rows).contains(&row) && (0..columns).contains(&column);
        if inside {
            return Some((row * columns + column) as usize);
        }
        (self.boundary == Boundary::Torus)
            .then(|| (row.rem_euclid(rows) * columns + column.rem_euclid(columns)) as usize)
    }

    fn pixel(&self, y: (i32, i32)) -> Option<usize> {
        self.index(y, self.size)
    }

    fn block(&self, x: (i32, i32)) -> Option<usize> {
        self.index(x, self.positions)
    }

    /// Marks the blocks that are found again in one direction, row by row.
    fn find(&mut self, bit: u8, (down, right): (i32, i32)) {
        let (rows, columns) = self.positions;
        let inner = (-right).max(0) as usize..columns.saturating_sub(right.max(0) as usize);
        for row in 0..rows {
            let Some(target) = self.index((row as i32 + down, 0), (rows, 1)) else { continue };
            let here = row * columns..(row + 1) * columns;
            let there = target * columns..(target + 1) * columns;
            let (before, moved) = (&self.before[here.clone()], &self.before[there.clone()]);
            let (matching, moving) = (&mut self.matching[here.clone()], &mut self.moving[here]);
            let after = &self.after[there];
            let first = (inner.start as i32 + right) as usize;
            for (c, to) in inner.clone().zip(first..) {
                let hit = u8::from(after[to] == before[c]);
                matching[c] |= hit * bit;
                moving[c] |= (hit & u8::from(moved[to] != before[c])) * bit;
            }
            if self.boundary == Boundary::Torus {
                for c in (0..inner.start).chain(inner.end..columns) {
                    let to = (c as i32 + right).rem_euclid(columns as i32) as usize;
                    let hit = u8::from(after[to] == before[c]);
                    matching[c] |= hit * bit;
                    moving[c] |= (hit & u8::from(moved[to] != before[c])) * bit;
                }
            }
        }
    }

    fn excess(&self) -> [f64; 8] {
        let n = self.directions.len();
        let mut counts = [0.0; 8];
        for d in self.blocks().filter(|block| block.leaves()).filter_map(Block::only_way) {
            counts[d] += 1.0;
        }
        let total = counts.iter().sum::<f64>().max(1.0);
        let even = 1.0 / n as f64;
        counts.map(|count| f64::max(0.0, (count / total - even) / (1.0 - even)))
    }
}

/// The keys of the blocks of a grid so many cells wide.
fn keys(width: usize, (rows, columns): (usize, usize), cells: &[u8], to: &mut [u16]) {
    let key = |a: u8, b: u8, c: u8, d: u8| 1000 * u16::from(a) + 100 * u16::from(b) + 10 * u16::from(c) + u16::from(d);
    for (row, to) in to.chunks_exact_mut(columns).take(rows).enumerate() {
        let here = &cells[row * width..][..width];
        let down = &cells[(row + 1) * width % cells.len()..][..width];
        for (c, to) in to[..width - 1].iter_mut().enumerate() {
            *to = key(here[c], here[c + 1], down[c], down[c + 1]);
        }
        if columns == width {
            to[width - 1] = key(here[width - 1], here[0], down[width - 1], down[0]);
        }
    }
}

/// What a term's function is told: one block of a transition.
#[derive(Clone, Copy)]
pub struct Block<'a> {
    of: &'a Transition,
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

    fn key(self) -> usize {
        usize::from(self.of.before[self.i])
    }

    /// −ln(the share of the blocks of S_t that equal it)/ln N.
    pub fn rarity(self) -> f64 {
        self.of.rarity[self.key()]
    }

    /// p: the share of the other positions that hold it next, a stand-in for finding it by chance.
    pub fn chance(self) -> f64 {
        let others = self.of.before.len() - 1;
        (f64::from(self.of.count_after[self.key()]) / others.max(1) as f64).min(1.0)
    }

    /// Whether it is of one colour c: its key is cccc.
    pub fn is_uniform(self) -> bool {
        self.key().is_multiple_of(1111)
    }

    /// Whether it is not of one colour and not where it was.
    pub fn leaves(self) -> bool {
        !self.is_uniform() && self.of.before[self.i] != self.of.after[self.i]
    }

    /// The directions in which it is found again.
    pub fn matching_directions(self) -> impl Iterator<Item = usize> {
        (0..8).filter(move |d| self.of.matching[self.i] >> d & 1 == 1)
    }

    /// The directions in which it moves, as bits of their indices: where it is found again, something else was, and it
    /// leaves.
    pub fn moving(self) -> u8 {
        if self.leaves() { self.of.moving[self.i] } else { 0 }
    }

    /// 1 where it is found again in some direction.
    pub fn shift(self) -> f64 {
        f64::from(self.of.matching[self.i] > 0)
    }

    /// 1 where it moves in some direction.
    pub fn moves(self) -> f64 {
        f64::from(self.moving() > 0)
    }

    /// The direction in which it is found again if that is one only, and something else was there.
    pub fn only_way(self) -> Option<usize> {
        let (matching, moving) = (self.of.matching[self.i], self.of.moving[self.i]);
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
            along += f64::from(of.next[there] == of.now[y]);
            all += 1.0;
        }
        along <= SURROUNDINGS * all
    }

    /// The largest share of its cells that move in one direction.
    pub fn most_moved(self) -> f64 {
        let of = self.of;
        let (now, next) = (&of.now, &of.next);
        let places = CELLS.map(|cell| (plus(self.x, cell), of.pixel(plus(self.x, cell))));
        let left =
            |(y, here): ((i32, i32), Option<usize>)| here.filter(|&here| next[here] != now[here]).map(|here| (y, here));
        // Most blocks of most states stay as they are.
        if places.into_iter().filter_map(left).next().is_none() {
            return 0.0;
        }
        let fraction = |step: (i32, i32)| {
            let moved = places.into_iter().filter_map(left).filter(|&(y, here)| {
                of.pixel(plus(y, step)).is_some_and(|there| next[there] == now[here] && now[there] != now[here])
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

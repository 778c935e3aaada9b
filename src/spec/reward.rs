//! The reward terms in f64: what `score` reports, and what the kernels are held to.
//!
//! A term is a map over 2×2 blocks (`Target`: over pixels) of one transition S_t → S_{t+1}. Blocks are named by their
//! top-left pixel x: H·W of them on a torus, (H−1)(W−1) on a bounded grid, where a direction counts only if the block's
//! target lies inside. N is the number of blocks, D the set of directions.

use super::COLOURS;
use super::config::{Directions, Term};
use super::grid::{Boundary, Grid};

/// Values of a block's key: ten to the number of its cells.
const BLOCK_KEYS: usize = COLOURS.pow(4);
/// A block's cells, row-major.
const CELLS: [(i32, i32); 4] = [(0, 0), (0, 1), (1, 0), (1, 1)];
/// `Relative`: at most this share of the surroundings may shift along.
const SURROUNDINGS: f64 = 0.75;

/// Every term's map for one transition.
#[derive(Debug, Clone, PartialEq)]
pub struct Maps {
    /// Rows and columns of block positions.
    pub blocks: (usize, usize),
    /// By `Term as usize`: (rows, columns) of blocks, for `Target` (H, W) pixels; empty for `Target` without a target.
    maps: [Vec<f64>; Term::ALL.len()],
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

/// Rows and columns of 2×2 blocks on a grid.
pub fn block_positions(height: usize, width: usize, boundary: Boundary) -> (usize, usize) {
    match boundary {
        Boundary::Torus => (height, width),
        Boundary::Bounded => (height - 1, width - 1),
    }
}

/// The maps of a transition between two grids of one size, and `target` of that size too.
pub fn maps(before: &Grid, after: &Grid, directions: Directions, boundary: Boundary, target: Option<&Grid>) -> Maps {
    let scene = Scene::new(before, after, directions.offsets(), boundary);
    let matches: Vec<Match> = scene.blocks().map(|x| scene.matched(x)).collect();
    let shares = scene.flow_shares(&matches);
    let log_n = (scene.before.len() as f64).ln();

    let mut maps: [Vec<f64>; Term::ALL.len()] = Default::default();
    for (i, (x, found)) in scene.blocks().zip(&matches).enumerate() {
        let shift = f64::from(found.matching > 0);
        let rarity = -(scene.count_before[scene.before[i]] as f64 / scene.before.len() as f64).ln();
        let leaves = scene.leaves(i);
        let moves = f64::from(leaves && found.moving > 0);
        let relative = moves * f64::from(found.matching_directions().all(|d| scene.stands_out(x, d)));
        let (lift, flow) = scene.beyond_chance(i, *found, &shares);
        let surprise = if log_n > 0.0 { shift * rarity / log_n } else { 0.0 };
        for (term, value) in [
            (Term::Shift, shift),
            (Term::Surprise, surprise),
            (Term::Move, moves),
            (Term::Relative, relative),
            (Term::Lift, lift),
            (Term::Flow, flow),
            (Term::SoftMove, if scene.is_uniform(i) { 0.0 } else { scene.soft_move(x) }),
        ] {
            maps[term as usize].push(value);
        }
    }
    if let Some(target) = target {
        maps[Term::Target as usize] = after.cells.iter().zip(&target.cells).map(|(a, b)| f64::from(a == b)).collect();
    }
    Maps { blocks: scene.positions, maps }
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
    let scene = Scene::new(before, after, directions.offsets(), boundary);
    let matches: Vec<Match> = scene.blocks().map(|x| scene.matched(x)).collect();
    let shares = scene.flow_shares(&matches);
    let (mut lift, mut flow) = (0.0, 0.0);
    for (i, found) in matches.iter().enumerate() {
        let (l, f) = scene.beyond_chance(i, *found, &shares);
        (lift, flow) = (lift + l, flow + f);
    }
    let n = matches.len() as f64;
    let ways = matches.iter().enumerate().map(|(i, found)| if scene.leaves(i) { found.moving } else { 0 });
    Motion { ways: ways.collect(), lift: lift / n, flow: flow / n }
}

/// The directions in which a block finds itself again, as bits of their indices.
#[derive(Debug, Clone, Copy)]
struct Match {
    /// B_{t+1}(x+d) = B_t(x).
    matching: u8,
    /// Matching, and B_t(x+d) ≠ B_t(x).
    moving: u8,
}

impl Match {
    fn matching_directions(self) -> impl Iterator<Item = usize> {
        (0..8).filter(move |d| self.matching >> d & 1 == 1)
    }

    /// The direction of a block with M(x) = 1: exactly one matches, and it moves.
    fn only_way(self) -> Option<usize> {
        (self.matching.is_power_of_two() && self.matching == self.moving)
            .then_some(self.matching.trailing_zeros() as usize)
    }
}

struct Scene<'a> {
    now: &'a Grid,
    next: &'a Grid,
    directions: &'static [(i32, i32)],
    boundary: Boundary,
    positions: (usize, usize),
    /// Keys of the blocks of S_t and of S_{t+1}.
    before: Vec<usize>,
    after: Vec<usize>,
    /// How many blocks of S_t and of S_{t+1} have each key.
    count_before: Vec<usize>,
    count_after: Vec<usize>,
}

impl<'a> Scene<'a> {
    fn new(now: &'a Grid, next: &'a Grid, directions: &'static [(i32, i32)], boundary: Boundary) -> Self {
        let positions = block_positions(now.height, now.width, boundary);
        let mut scene = Self {
            now,
            next,
            directions,
            boundary,
            positions,
            before: Vec::new(),
            after: Vec::new(),
            count_before: vec![0; BLOCK_KEYS],
            count_after: vec![0; BLOCK_KEYS],
        };
        scene.before = scene.blocks().map(|x| scene.key(now, x)).collect();
        scene.after = scene.blocks().map(|x| scene.key(next, x)).collect();
        for (&before, &after) in scene.before.iter().zip(&scene.after) {
            scene.count_before[before] += 1;
            scene.count_after[after] += 1;
        }
        scene
    }

    fn blocks(&self) -> impl Iterator<Item = (i32, i32)> + use<> {
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

    /// Whether block i of S_t is of one colour c: its key is cccc.
    fn is_uniform(&self, i: usize) -> bool {
        self.before[i].is_multiple_of(1111)
    }

    /// Whether a block is not of one colour and not where it was: what `Move`, `Lift` and `Flow` look at.
    fn leaves(&self, i: usize) -> bool {
        !self.is_uniform(i) && self.before[i] != self.after[i]
    }

    /// e_d for each direction: how much the share of d among the blocks that leave one way only exceeds an even one,
    /// over the most that it can.
    fn flow_shares(&self, matches: &[Match]) -> Vec<f64> {
        let n = self.directions.len();
        let mut counts = vec![0.0; n];
        let ways =
            matches.iter().enumerate().filter(|&(i, _)| self.leaves(i)).filter_map(|(_, found)| found.only_way());
        for d in ways {
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

    /// Whether at most 75 % of the pixels around a block shift along with it in direction `d`.
    fn stands_out(&self, x: (i32, i32), d: usize) -> bool {
        let ring = (-1..3).flat_map(|r| (-1..3).map(move |c| (r, c))).filter(|cell| !CELLS.contains(cell));
        let pairs = ring.filter_map(|cell| {
            let y = plus(x, cell);
            Some((self.pixel(y)?, self.pixel(plus(y, self.directions[d]))?))
        });
        let (mut along, mut all) = (0.0, 0.0);
        for (y, there) in pairs {
            along += f64::from(self.next.cells[there] == self.now.cells[y]);
            all += 1.0;
        }
        along <= SURROUNDINGS * all
    }

    /// p: the share of the other positions that hold block i next, a stand-in for finding it by chance.
    fn chance(&self, i: usize) -> f64 {
        let others = self.before.len() - 1;
        (self.count_after[self.before[i]] as f64 / others.max(1) as f64).min(1.0)
    }

    /// `Lift` and `Flow` of block i, with the shares of `flow_shares`.
    fn beyond_chance(&self, i: usize, found: Match, shares: &[f64]) -> (f64, f64) {
        if !self.leaves(i) {
            return (0.0, 0.0);
        }
        let (n, p) = (self.directions.len() as f64, self.chance(i));
        let moves = f64::from(found.moving > 0);
        let kept = found.only_way().map_or(0.0, |d| 1.0 - shares[d]);
        (moves - (1.0 - (1.0 - p).powf(n)), kept - n * p * (1.0 - p).powf(n - 1.0))
    }

    fn soft_move(&self, x: (i32, i32)) -> f64 {
        let fraction = |step: (i32, i32)| {
            let moved = CELLS.into_iter().filter(|&cell| {
                let y = plus(x, cell);
                let (Some(here), Some(there)) = (self.pixel(y), self.pixel(plus(y, step))) else { return false };
                let (now, next) = (&self.now.cells, &self.next.cells);
                next[there] == now[here] && now[there] != now[here] && next[here] != now[here]
            });
            moved.count() as f64 / CELLS.len() as f64
        };
        let inside = self.directions.iter().filter(|&&step| self.block(plus(x, step)).is_some());
        inside.map(|&step| fraction(step).powi(2)).fold(0.0, f64::max)
    }
}

fn plus(a: (i32, i32), b: (i32, i32)) -> (i32, i32) {
    (a.0 + b.0, a.1 + b.1)
}

//! What a transition is worth, and to whom: the terms of `spec::terms`, and credit.

use super::lanes::Real;
use crate::spec::config::{Config, Credit, Term};
use crate::spec::grid::{Grid, Windows};
use crate::spec::target;
use crate::spec::terms::{TERMS, Worth};
use crate::spec::transition::Transition;

/// Rewards the transitions of one size of grids.
pub struct Judge {
    windows: Windows,
    transition: Transition,
    weights: [f64; TERMS],
    credit: Credit,
    /// The picture that the term `target` compares with, where that counts.
    target: Option<Vec<u8>>,
    /// The weighted terms at every block, and at every pixel.
    pub blocks: Vec<f64>,
    pub pixels: Vec<f64>,
    /// Each term's mean over its positions, unweighted.
    pub means: [f64; TERMS],
    across: Vec<f64>,
}

impl Judge {
    pub fn new(config: &Config, windows: Windows, picture: Option<&Grid>) -> Self {
        let (height, width, boundary) = (windows.height, windows.width, config.world.boundary);
        let transition = Transition::new((height, width), config.reward.directions.offsets(), boundary);
        let counts = config.weight(Term::Target) != 0.0;
        Self {
            windows,
            weights: Term::ALL.map(|term| f64::from(config.weight(term))),
            credit: config.reward.credit,
            target: counts.then(|| target::on_grid(picture, height, width).cells),
            blocks: vec![0.0; transition.positions.0 * transition.positions.1],
            pixels: vec![0.0; height * width],
            means: [0.0; TERMS],
            across: Vec::new(),
            transition,
        }
    }

    /// Every term of a transition between two states' cells.
    pub fn judge(&mut self, before: &[u8], after: &[u8]) {
        self.transition.set(before, after);
        self.blocks.fill(0.0);
        self.pixels.fill(0.0);
        for term in Term::ALL {
            let weight = self.weights[term as usize];
            let mut sum = 0.0;
            let count = match (term.worth(), &self.target) {
                (Worth::Block(worth), _) => {
                    for (to, block) in self.blocks.iter_mut().zip(self.transition.blocks()) {
                        let worth = worth(block);
                        sum += worth;
                        *to += weight * worth;
                    }
                    self.blocks.len()
                }
                (Worth::Pixel(worth), Some(target)) => {
                    for ((to, &after), &target) in self.pixels.iter_mut().zip(after).zip(target) {
                        let worth = worth(after, target);
                        sum += worth;
                        *to += weight * worth;
                    }
                    self.pixels.len()
                }
                (Worth::Pixel(_), None) => 1,
            };
            self.means[term as usize] = sum / count as f64;
        }
    }

    /// Each term at one block and pixel of the transition that was judged last, unweighted.
    pub fn terms_at(&self, row: usize, column: usize, after: &[u8]) -> [f64; TERMS] {
        let (rows, columns) = self.transition.positions;
        let cell = row * self.windows.width + column;
        Term::ALL.map(|term| match (term.worth(), &self.target) {
            (Worth::Block(worth), _) if row < rows && column < columns => {
                self.transition.blocks().nth(row * columns + column).map_or(0.0, worth)
            }
            (Worth::Pixel(worth), Some(target)) => worth(after[cell], target[cell]),
            _ => 0.0,
        })
    }

    /// For each cell, the directions in which the block there moves, as bits of their indices.
    pub fn ways(&self) -> Vec<u8> {
        let mut ways = vec![0; self.pixels.len()];
        let columns = self.transition.positions.1;
        for (i, block) in self.transition.blocks().enumerate() {
            ways[i / columns * self.windows.width + i % columns] = block.moving();
        }
        ways
    }

    /// The weighted reward at each cell: of the block there, and of the pixel.
    pub fn rewards(&self) -> Vec<f64> {
        let (mut rewards, columns) = (self.pixels.clone(), self.transition.positions.1);
        for (i, block) in self.blocks.iter().enumerate() {
            rewards[i / columns * self.windows.width + i % columns] += block;
        }
        rewards
    }

    /// What every agent is paid.
    pub fn pay<R: Real>(&mut self, to: &mut [R]) {
        let radius = match self.credit {
            Credit::Global => {
                let sum: f64 = self.weights.iter().zip(&self.means).map(|(weight, mean)| weight * mean).sum();
                return to[..self.windows.count()].fill(R::of(sum));
            }
            Credit::Local { radius } => radius,
        };
        near(&self.windows, &self.blocks, self.transition.positions, (1 + radius, radius), &mut self.across, |p, x| {
            to[p] = R::of(x);
        });
        if self.target.is_some() {
            let (size, reach) = ((self.windows.height, self.windows.width), (1 + radius, 1 + radius));
            near(&self.windows, &self.pixels, size, reach, &mut self.across, |p, x| to[p] += R::of(x));
        }
    }
}

/// At each window the mean of a map over rows and columns from its centre − `reach.0` to its centre + `reach.1`, of those
/// that exist; a torus is met as often as the range goes round it.
fn near(
    windows: &Windows,
    map: &[f64],
    size: (usize, usize),
    reach: (usize, usize),
    across: &mut Vec<f64>,
    mut put: impl FnMut(usize, f64),
) {
    let torus = windows.origin == 0;
    let along = |at: usize, size: usize| {
        let (from, to) = (at as isize + windows.origin as isize - reach.0 as isize, at + windows.origin + reach.1);
        if torus { (from, to as isize) } else { (from.max(0), to.min(size - 1) as isize) }
    };
    let wrapped = |i: isize, size: usize| {
        if (0..size as isize).contains(&i) { i as usize } else { i.rem_euclid(size as isize) as usize }
    };
    across.resize(size.0 * windows.columns, 0.0);
    for (map, across) in map.chunks_exact(size.1).zip(across.chunks_exact_mut(windows.columns)) {
        for (column, across) in across.iter_mut().enumerate() {
            let (from, to) = along(column, size.1);
            *across = (from..=to).map(|i| map[wrapped(i, size.1)]).sum::<f64>() / (to - from + 1) as f64;
        }
    }
    let mut sums = vec![0.0; windows.columns];
    for row in 0..windows.rows {
        let (from, to) = along(row, size.0);
        sums.fill(0.0);
        for i in from..=to {
            let across = &across[wrapped(i, size.0) * windows.columns..][..windows.columns];
            sums.iter_mut().zip(across).for_each(|(sum, x)| *sum += x);
        }
        let share = 1.0 / (to - from + 1) as f64;
        for (column, sum) in sums.iter().enumerate() {
            put(row * windows.columns + column, sum * share);
        }
    }
}

//! Grids of colours, and the windows on them.

use serde::{Deserialize, Serialize};

use super::{COLOURS, SLOTS};

/// The largest height or width of a grid.
pub const MAX_SIDE: usize = 4096;
/// The smallest height or width of a grid: one window.
pub const MIN_SIDE: usize = 3;

/// What lies beyond the edge of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Boundary {
    /// Windows lie wholly inside: (H−2)(W−2) of them.
    Bounded,
    /// The edges meet: H·W windows.
    Torus,
}

/// A state S_t: `height * width` colours in `0..COLOURS`, row-major.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// Rows, H.
    pub height: usize,
    /// Columns, W.
    pub width: usize,
    /// Colours, row-major, `height * width` of them.
    pub cells: Vec<u8>,
}

impl Grid {
    /// A grid of one colour.
    pub fn filled(height: usize, width: usize, colour: u8) -> Self {
        Self { height, width, cells: vec![colour; height * width] }
    }

    /// The colour at a row and column that lie inside.
    pub fn at(&self, row: usize, column: usize) -> u8 {
        self.cells[row * self.width + column]
    }

    /// This pattern on a grid of another size: centred, cropped where it is larger, colour 0 around it.
    pub fn centred(&self, height: usize, width: usize) -> Self {
        let mut out = Self::filled(height, width, 0);
        let (top, left) = (height as i64 - self.height as i64, width as i64 - self.width as i64);
        let (top, left) = (top.div_euclid(2), left.div_euclid(2));
        for row in 0..self.height {
            for column in 0..self.width {
                let (r, c) = (row as i64 + top, column as i64 + left);
                if (0..height as i64).contains(&r) && (0..width as i64).contains(&c) {
                    out.cells[r as usize * width + c as usize] = self.at(row, column);
                }
            }
        }
        out
    }

    /// The share of each colour.
    pub fn histogram(&self) -> [f64; COLOURS] {
        let mut counts = [0.0; COLOURS];
        for &colour in &self.cells {
            counts[usize::from(colour)] += 1.0;
        }
        counts.map(|count| count / self.cells.len() as f64)
    }
}

/// The windows of an H×W grid: one agent each, row-major.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Rows of the grid, H.
    pub height: usize,
    /// Columns of the grid, W.
    pub width: usize,
    /// Rows of windows: H on a torus, H − 2 on a bounded grid.
    pub rows: usize,
    /// Columns of windows: W on a torus, W − 2 on a bounded grid.
    pub columns: usize,
    /// Row and column of window 0's centre: 0 on a torus, 1 on a bounded grid.
    pub origin: usize,
}

impl Windows {
    /// The windows of a grid of this size.
    pub fn new(height: usize, width: usize, boundary: Boundary) -> Self {
        let origin = usize::from(boundary == Boundary::Bounded);
        Self { height, width, rows: height - 2 * origin, columns: width - 2 * origin, origin }
    }

    /// How many windows (agents) a grid has.
    pub fn count(&self) -> usize {
        self.rows * self.columns
    }

    /// How many times four cells a row takes, the last of them not always whole: what one block of random numbers is for.
    pub fn fours(&self) -> usize {
        self.width.div_ceil(4)
    }

    /// The window centred at a cell; none on the border of a bounded grid.
    pub fn at(&self, row: usize, column: usize) -> Option<usize> {
        let (r, c) = (row.checked_sub(self.origin)?, column.checked_sub(self.origin)?);
        (r < self.rows && c < self.columns).then_some(r * self.columns + c)
    }

    /// The window whose slot `k` is this cell: the one centred at the cell minus slot k's offset.
    pub fn voter(&self, row: usize, column: usize, k: usize) -> Option<usize> {
        self.at((row + self.height + 1 - k / 3) % self.height, (column + self.width + 1 - k % 3) % self.width)
    }

    /// The nine colours of window `index`, slot k at offset (k div 3 − 1, k mod 3 − 1) from its centre.
    pub fn colours(&self, grid: &Grid, index: usize) -> [u8; SLOTS] {
        let (row, column) = (index / self.columns + self.origin, index % self.columns + self.origin);
        std::array::from_fn(|k| {
            let r = (row + self.height + k / 3 - 1) % self.height;
            let c = (column + self.width + k % 3 - 1) % self.width;
            grid.at(r, c)
        })
    }
}

/// A window as one integer, Σ_k colour_k·10^k < 10^9.
pub fn key_from_colours(colours: &[u8; SLOTS]) -> u32 {
    colours.iter().rev().fold(0, |key, &colour| key * COLOURS as u32 + u32::from(colour))
}

//! From pixels in RGB to cells in the ten colours.

use std::collections::BTreeMap;
use std::path::Path;

use gif::DisposalMethod;

use crate::files::{FileError, size_problem};
use crate::picture::palette::{PALETTE, exact, nearest};
use crate::spec::COLOURS;
use crate::spec::grid::{Grid, MAX_SIDE, MIN_SIDE};

/// How large a cell may be drawn in the largest clip that is read.
pub(super) const MAX_CELL: usize = 16;
/// The most pixels of all frames together.
pub(super) const MAX_PIXELS: usize = 1 << 28;

/// How the colours of a picture become ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// Only the palette's; others are refused.
    Exact,
    /// Each takes the nearest of the palette.
    Nearest,
    /// Up to ten of any palette: ours stay, every other takes the nearest that is still free.
    Distinct,
}

/// Frames of one size.
#[derive(Debug)]
pub(super) struct Pictures {
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
    /// Red, green and blue of each pixel, row-major, per frame.
    pub frames: Vec<Vec<[u8; 3]>>,
    /// Pixels of a cell's side, where that is known.
    pub cell: Option<usize>,
}

impl Pictures {
    /// The largest whole number of pixels that can be the side of a cell in every frame, with at least a window of
    /// cells each way.
    fn cell_side(&self) -> usize {
        let mut side = gcd(self.height, self.width);
        for frame in &self.frames {
            for row in 0..self.height {
                for column in 0..self.width {
                    let at = row * self.width + column;
                    if column > 0 && frame[at] != frame[at - 1] {
                        side = gcd(side, column);
                    }
                    if row > 0 && frame[at] != frame[at - self.width] {
                        side = gcd(side, row);
                    }
                }
            }
            if side == 1 {
                break;
            }
        }
        let shorter = self.height.min(self.width);
        (1..=side).rev().find(|&s| side.is_multiple_of(s) && shorter / s >= MIN_SIDE).unwrap_or(1)
    }

    /// The frames as grids, whose cells are as large as the pictures show where that is not known.
    pub fn grids(&self, colours: Colours, path: &Path) -> Result<Vec<Grid>, FileError> {
        let side = self.cell.unwrap_or_else(|| self.cell_side());
        let (height, width) = (self.height / side, self.width / side);
        if let Some(problem) = size_problem(height as u64, width as u64) {
            return Err(FileError::content(path, problem));
        }
        let mut counts = BTreeMap::<[u8; 3], usize>::new();
        for pixel in self.frames.iter().flatten() {
            *counts.entry(*pixel).or_default() += 1;
        }
        let table = self.table(&counts, colours, path)?;
        let grid = |frame: &Vec<[u8; 3]>| {
            let cell = |i: usize| table[&frame[i / width * side * self.width + i % width * side]];
            Grid { height, width, cells: (0..height * width).map(cell).collect() }
        };
        Ok(self.frames.iter().map(grid).collect())
    }

    /// The colour that each RGB value becomes.
    fn table(
        &self,
        counts: &BTreeMap<[u8; 3], usize>,
        colours: Colours,
        path: &Path,
    ) -> Result<BTreeMap<[u8; 3], u8>, FileError> {
        let mut table: BTreeMap<_, _> = counts.keys().filter_map(|&rgb| Some((rgb, exact(rgb)?))).collect();
        let foreign: Vec<[u8; 3]> = counts.keys().filter(|rgb| !table.contains_key(*rgb)).copied().collect();
        if colours == Colours::Exact && !foreign.is_empty() {
            let pixels = foreign.iter().map(|rgb| counts[rgb]).sum();
            let of = self.frames.len() * self.height * self.width;
            return Err(FileError::Colours { path: path.to_owned(), colours: counts.len(), pixels, of });
        }
        if colours == Colours::Distinct && counts.len() > COLOURS {
            let problem = format!("has {} colours; a clip has at most {COLOURS}", counts.len());
            return Err(FileError::content(path, problem));
        }
        for rgb in foreign {
            let free = |colour: &u8| colours == Colours::Nearest || !table.values().any(|taken| taken == colour);
            table.insert(rgb, nearest(rgb, (0..COLOURS as u8).filter(free)).unwrap_or(0));
        }
        Ok(table)
    }
}

/// What the frames of an animation are painted on.
pub(super) struct Canvas {
    height: usize,
    width: usize,
    pixels: Vec<[u8; 3]>,
    /// Pixels of a cell's side, where the file says so.
    cell: Option<usize>,
}

/// A frame of an animation, which may cover a part of the canvas.
pub(super) struct Layer<'a> {
    /// The first row.
    pub top: usize,
    /// The first column.
    pub left: usize,
    /// Columns.
    pub width: usize,
    /// Red, green, blue and alpha of each pixel, row-major.
    pub rgba: &'a [u8],
    /// Whether transparent pixels clear what is under them.
    pub replaces: bool,
    /// What becomes of its part once it was seen.
    pub after: DisposalMethod,
}

impl Canvas {
    /// A canvas in colour 0, whose cells have sides of `cell` pixels if that divides it.
    pub fn new(height: usize, width: usize, cell: Option<usize>) -> Self {
        let fits = |side: &usize| height.is_multiple_of(*side) && width.is_multiple_of(*side);
        Self { height, width, pixels: vec![PALETTE[0]; height * width], cell: cell.filter(fits) }
    }

    /// How many pixels are kept of a frame: those of the canvas, or one of each cell.
    pub fn kept(&self) -> usize {
        self.pixels.len() / self.cell.unwrap_or(1).pow(2)
    }

    /// The frames that `lay` has returned.
    pub fn pictures(self, frames: Vec<Vec<[u8; 3]>>) -> Pictures {
        let side = self.cell.unwrap_or(1);
        Pictures { height: self.height / side, width: self.width / side, frames, cell: self.cell.map(|_| 1) }
    }

    /// The picture that a frame shows over those before it, as far as it is kept.
    pub fn lay(&mut self, layer: &Layer) -> Vec<[u8; 3]> {
        let ground = PALETTE[0];
        let (height, width) = (self.height, self.width);
        let inside = |i: usize| {
            let (row, column) = (layer.top + i / layer.width, layer.left + i % layer.width);
            (row < height && column < width).then_some(row * width + column)
        };
        let before = (layer.after == DisposalMethod::Previous).then(|| self.pixels.clone());
        for (i, rgba) in layer.rgba.as_chunks().0.iter().enumerate() {
            match (inside(i), *rgba) {
                (Some(at), [_, _, _, 0]) if layer.replaces => self.pixels[at] = ground,
                (Some(at), [r, g, b, alpha]) if alpha > 0 => self.pixels[at] = [r, g, b],
                _ => {}
            }
        }
        let seen = match self.cell {
            None => self.pixels.clone(),
            Some(side) => {
                let rows = self.pixels.chunks_exact(width).step_by(side);
                rows.flat_map(|row| row.iter().step_by(side)).copied().collect()
            }
        };
        if let Some(before) = before {
            self.pixels = before;
        } else if layer.after == DisposalMethod::Background {
            (0..layer.rgba.len() / 4).filter_map(inside).for_each(|at| self.pixels[at] = ground);
        }
        seen
    }
}

/// The most pixels of a side, whatever the cells.
const MAX_PIXELS_ASIDE: u64 = 1 << 14;

/// Why a picture is too large to be taken apart; `cells` are up to `MAX_SIDE` a side, each drawn `scale` pixels wide.
pub(super) fn pixels_problem(height: u64, width: u64, scale: u64) -> Option<String> {
    let sides = 1..=(MAX_SIDE as u64 * scale).min(MAX_PIXELS_ASIDE);
    (!sides.contains(&height) || !sides.contains(&width))
        .then(|| format!("is {height}×{width} pixels large; a side has from 1 to {} pixels", sides.end()))
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

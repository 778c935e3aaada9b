//! Drawing by hand: what each tool covers, and what becomes of a pattern that is cut, turned and laid down. Pure
//! functions on grids.

mod area;

pub use area::{Area, flipped, flopped, laid, turned};

use rand::RngExt;
use rand::seq::IndexedRandom;

use crate::spec::COLOURS;
use crate::spec::grid::{Boundary, Grid};
use crate::spec::philox::{Philox, Stream};

/// The widest brush, in cells.
pub const MAX_BRUSH: usize = 64;

/// Row and column. A pointer's may lie outside the grid.
pub type Cell = (i32, i32);

/// The outline of a brush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tip {
    /// All of its square.
    Square,
    /// The disc in it.
    Round,
}

/// What draws lines and outlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brush {
    /// Its width in cells, up to [`MAX_BRUSH`].
    pub size: usize,
    /// Its outline.
    pub tip: Tip,
}

impl Brush {
    /// The row and column where it begins when its middle lies on a cell.
    pub fn corner(self, (row, column): Cell) -> Cell {
        let reach = (self.size as i32 - 1) / 2;
        (row - reach, column - reach)
    }

    /// The first column and the number of columns that it covers in its row `row`.
    fn span(self, row: usize) -> (usize, usize) {
        if self.tip == Tip::Square {
            return (0, self.size);
        }
        // In halves of a cell from the middle; the bound is a little inside the disc, which looks rounder.
        let size = self.size as i64;
        let from_middle = |at: usize| 2 * at as i64 - (size - 1);
        let inside = |column: &usize| {
            let (r, c) = (from_middle(row), from_middle(*column));
            r * r + c * c < size * size - size / 2
        };
        let first = (0..self.size).find(inside).unwrap_or(self.size);
        (first, self.size.saturating_sub(2 * first))
    }
}

/// Where what is drawn is drawn again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symmetry {
    /// Nowhere.
    None,
    /// Mirrored left to right.
    LeftRight,
    /// Mirrored top to bottom.
    TopBottom,
    /// Both.
    Both,
    /// Turned by quarters round the middle.
    Turns,
}

impl Symmetry {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::None, Self::LeftRight, Self::TopBottom, Self::Both, Self::Turns];

    /// A cell and its images on a grid; some may coincide, and those of a quarter turn may lie outside.
    fn images(self, (row, column): Cell, height: i32, width: i32) -> [Cell; 4] {
        let (down, right) = (height - 1 - row, width - 1 - column);
        let here = (row, column);
        match self {
            Self::None => [here; 4],
            Self::LeftRight => [here, (row, right), here, here],
            Self::TopBottom => [here, (down, column), here, here],
            Self::Both => [here, (row, right), (down, column), (down, right)],
            Self::Turns => {
                // Twice the way from the middle, which may lie between cells.
                let (y, x) = (2 * row - (height - 1), 2 * column - (width - 1));
                let back = |y: i32, x: i32| ((y + height - 1).div_euclid(2), (x + width - 1).div_euclid(2));
                [here, back(x, -y), (down, right), back(-x, y)]
            }
        }
    }
}

/// A set of a grid's cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    height: usize,
    width: usize,
    covered: Vec<bool>,
}

impl Cover {
    /// None of the cells of a grid.
    pub fn new(height: usize, width: usize) -> Self {
        Self { height, width, covered: vec![false; height * width] }
    }

    /// Adds `cells` cells of a row from a column on; those outside are left out.
    fn add(&mut self, (row, column): Cell, cells: usize) {
        let (width, row) = (self.width as i64, i64::from(row));
        let (first, last) = (i64::from(column).clamp(0, width), (i64::from(column) + cells as i64).clamp(0, width));
        if (0..self.height as i64).contains(&row) {
            let start = (row * width) as usize;
            self.covered[start + first as usize..start + last as usize].fill(true);
        }
    }

    fn stamp(&mut self, at: Cell, brush: Brush) {
        let (top, left) = brush.corner(at);
        for row in 0..brush.size {
            let (first, cells) = brush.span(row);
            self.add((top + row as i32, left + first as i32), cells);
        }
    }

    /// Adds what a brush covers on its straight way from one cell to another.
    pub fn line(&mut self, from: Cell, to: Cell, brush: Brush) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).max(1);
        let along = |a: i32, b: i32, i: i32| a + ((b - a) * i + (b - a).signum() * steps / 2) / steps;
        for i in 0..=steps {
            self.stamp((along(from.0, to.0, i), along(from.1, to.1, i)), brush);
        }
    }

    /// Adds the rectangle between two opposite corners: all of it, or its outline as a brush draws it.
    pub fn rectangle(&mut self, from: Cell, to: Cell, outline: Option<Brush>) {
        let ((top, left), (bottom, right)) = corners(from, to);
        match outline {
            None => (top.max(0)..=bottom.min(self.height as i32 - 1))
                .for_each(|row| self.add((row, left), (right - left + 1) as usize)),
            Some(brush) => {
                let loops = [(top, left), (top, right), (bottom, right), (bottom, left), (top, left)];
                loops.windows(2).for_each(|side| self.line(side[0], side[1], brush));
            }
        }
    }

    /// Adds the ellipse that fills the rectangle between two opposite corners: all of it, or its outline as a brush
    /// draws it.
    pub fn ellipse(&mut self, from: Cell, to: Cell, outline: Option<Brush>) {
        let ((top, left), (bottom, right)) = corners(from, to);
        let (height, width) = (f64::from(bottom - top + 1), f64::from(right - left + 1));
        let middle = (f64::from(top + bottom) / 2.0, f64::from(left + right) / 2.0);
        // The columns of a row that lie inside; their bounds, for both kinds of row.
        let span = |row: i32| {
            let y = (f64::from(row) - middle.0) / (height / 2.0);
            let half = (1.0 - y * y).max(0.0).sqrt() * width / 2.0;
            ((middle.1 - half).ceil() as i32, (middle.1 + half).floor() as i32)
        };
        let reach = outline.map_or(0, |brush| brush.size as i32);
        let rows = top.max(-reach)..=bottom.min(self.height as i32 + reach);
        let Some(brush) = outline else {
            rows.for_each(|row| {
                let (first, last) = span(row);
                self.add((row, first), (last - first + 1).max(0) as usize);
            });
            return;
        };
        for row in rows {
            let (first, last) = span(row);
            // The edge of a row reaches as far in as its outer neighbour's begins, so that the outline has no gaps.
            let outer = if f64::from(row) < middle.0 { row - 1 } else { row + 1 };
            let (begin, end) = if (top..=bottom).contains(&outer) { span(outer) } else { (last + 1, first - 1) };
            self.line((row, first), (row, (begin - 1).clamp(first, last)), brush);
            self.line((row, last), (row, (end + 1).clamp(first, last)), brush);
        }
    }

    /// Adds the connected cells of one colour around a cell; neighbours share a side, on a torus across the edges too.
    pub fn flood(&mut self, grid: &Grid, (row, column): Cell, boundary: Boundary) {
        if !(0..self.height as i32).contains(&row) || !(0..self.width as i32).contains(&column) {
            return;
        }
        let start = row as usize * self.width + column as usize;
        let colour = grid.cells[start];
        let mut open = vec![start];
        while let Some(cell) = open.pop() {
            if std::mem::replace(&mut self.covered[cell], true) {
                continue;
            }
            let (row, column) = (cell / self.width, cell % self.width);
            let (height, width, torus) = (self.height, self.width, boundary == Boundary::Torus);
            let neighbours = [
                (torus || row > 0, (row + height - 1) % height * width + column),
                (torus || row + 1 < height, (row + 1) % height * width + column),
                (torus || column > 0, row * width + (column + width - 1) % width),
                (torus || column + 1 < width, row * width + (column + 1) % width),
            ];
            let same = |&(reached, at): &(bool, usize)| reached && !self.covered[at] && grid.cells[at] == colour;
            open.extend(neighbours.iter().filter(|at| same(at)).map(|&(_, at)| at));
        }
    }

    /// Adds the images of what is covered.
    pub fn mirror(&mut self, symmetry: Symmetry) {
        if symmetry == Symmetry::None {
            return;
        }
        let (height, width) = (self.height as i32, self.width as i32);
        for cell in self.cells() {
            let at = ((cell / self.width as u32) as i32, (cell % self.width as u32) as i32);
            symmetry.images(at, height, width).iter().for_each(|&image| self.add(image, 1));
        }
    }

    /// Keeps a share of the cells, drawn by a number of its own for each.
    pub fn thin(&mut self, share: f32, seed: u32, number: (u32, u32)) {
        if share < 1.0 {
            let mut draws = Philox { seed, stream: Stream::Hand }.draws(number.0, number.1);
            for cell in self.cells() {
                self.covered[cell as usize] = draws.random::<f32>() < share;
            }
        }
    }

    /// The cells, and covers none of them any more.
    pub fn take(&mut self) -> Vec<u32> {
        let cells = self.cells();
        self.covered.fill(false);
        cells
    }

    /// Row-major indices of the covered cells, in order.
    pub fn cells(&self) -> Vec<u32> {
        (0u32..).zip(&self.covered).filter(|(_, covered)| **covered).map(|(cell, _)| cell).collect()
    }
}

/// The upper left and the lower right of two opposite corners.
fn corners(a: Cell, b: Cell) -> (Cell, Cell) {
    ((a.0.min(b.0), a.1.min(b.1)), (a.0.max(b.0), a.1.max(b.1)))
}

/// A share of the cells, each in one of these colours at random.
pub fn scattered(
    cells: impl Iterator<Item = u32>,
    colours: &[u8],
    share: f32,
    seed: u32,
    number: u32,
) -> Vec<(u32, u8)> {
    let mut draws = Philox { seed, stream: Stream::Hand }.draws(number, u32::MAX);
    let drawn = |cell| if draws.random::<f32>() < share { Some((cell, *colours.choose(&mut draws)?)) } else { None };
    cells.filter_map(drawn).collect()
}

/// Puts cells of these colours on a grid; what it does not have is left out.
pub fn paint(grid: &mut Grid, cells: &[(u32, u8)]) {
    for &(cell, colour) in cells {
        if let Some(painted) = grid.cells.get_mut(cell as usize) {
            *painted = colour.min(COLOURS as u8 - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINT: Brush = Brush { size: 1, tip: Tip::Square };

    fn cells(height: usize, width: usize, draw: impl FnOnce(&mut Cover)) -> Vec<u32> {
        let mut cover = Cover::new(height, width);
        draw(&mut cover);
        cover.cells()
    }

    /// As text, `#` for what is covered.
    fn picture(height: usize, width: usize, draw: impl FnOnce(&mut Cover)) -> String {
        let cells = cells(height, width, draw);
        let mark = |i: usize| if cells.contains(&(i as u32)) { '#' } else { '.' };
        let row = |row: usize| (0..width).map(|column| mark(row * width + column)).collect::<String>();
        (0..height).map(row).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lines_have_no_gaps_and_stay_inside() {
        let line = |from, to, size| cells(10, 10, |cover| cover.line(from, to, Brush { size, tip: Tip::Square }));
        assert_eq!(line((2, 1), (2, 4), 1), [21, 22, 23, 24]);
        assert_eq!(line((0, 0), (9, 9), 1).len(), 10);
        assert_eq!(line((0, 0), (0, 0), 3), [0, 1, 10, 11]);
        assert!(line((-5, -5), (-5, -5), 3).is_empty());
        assert_eq!(line((5, 5), (5, 5), 64).len(), 100);
    }

    #[test]
    fn round_brushes_are_round() {
        let dab = |size| {
            picture(size, size, |cover| {
                let middle = (size as i32 - 1) / 2;
                cover.line((middle, middle), (middle, middle), Brush { size, tip: Tip::Round });
            })
        };
        assert_eq!(dab(1), "#");
        assert_eq!(dab(2), "## ##");
        assert_eq!(dab(3), ".#. ### .#.");
        assert_eq!(dab(4), ".##. #### #### .##.");
        assert_eq!(dab(5), ".###. ##### ##### ##### .###.");
    }

    #[test]
    fn shapes_are_filled_or_outlined_whichever_corners_they_are_drawn_between() {
        for (from, to) in [((1, 1), (3, 4)), ((3, 4), (1, 1)), ((1, 4), (3, 1))] {
            assert_eq!(picture(4, 6, |c| c.rectangle(from, to, None)), "...... .####. .####. .####.");
            assert_eq!(picture(4, 6, |c| c.rectangle(from, to, Some(POINT))), "...... .####. .#..#. .####.");
        }
        assert_eq!(picture(4, 6, |c| c.rectangle((-9, -9), (1, 1), None)), "##.... ##.... ...... ......");
        let (from, to) = ((0, 0), (4, 4));
        assert_eq!(picture(5, 5, |c| c.ellipse(from, to, None)), ".###. ##### ##### ##### .###.");
        assert_eq!(picture(5, 5, |c| c.ellipse(from, to, Some(POINT))), ".###. #...# #...# #...# .###.");
        assert_eq!(picture(3, 3, |c| c.ellipse((1, 1), (1, 1), Some(POINT))), "... .#. ...");
        let wide = |brush| picture(3, 9, |c| c.ellipse((0, 0), (2, 8), brush));
        assert_eq!(wide(None), ".#######. ######### .#######.");
        assert_eq!(wide(Some(POINT)), ".#######. #.......# .#######.");
    }

    #[test]
    fn outlines_of_ellipses_are_closed() {
        for (height, width) in [(30, 30), (7, 29), (29, 7), (2, 12), (12, 1)] {
            let mut outline = Cover::new(height + 2, width + 2);
            outline.ellipse((1, 1), (height as i32, width as i32), Some(POINT));
            let mut grid = Grid::filled(height + 2, width + 2, 0);
            outline.cells().iter().for_each(|&cell| grid.cells[cell as usize] = 1);
            let mut outside = Cover::new(height + 2, width + 2);
            outside.flood(&grid, (0, 0), Boundary::Bounded);
            let mut whole = Cover::new(height + 2, width + 2);
            whole.ellipse((1, 1), (height as i32, width as i32), None);
            let inverse: Vec<bool> = whole.covered.iter().map(|covered| !covered).collect();
            assert_eq!(outside.covered, inverse, "{height}×{width}");
        }
    }

    #[test]
    fn a_flood_stops_at_other_colours_and_does_not_pass_corners() {
        let grid = Grid { height: 3, width: 4, cells: vec![0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1] };
        let flood = |at, boundary| cells(3, 4, |cover| cover.flood(&grid, at, boundary));
        assert_eq!(flood((0, 0), Boundary::Bounded), [0]);
        assert_eq!(flood((1, 1), Boundary::Bounded), [2, 3, 5, 6, 7, 8, 9]);
        assert_eq!(flood((0, 0), Boundary::Torus), [0, 2, 3, 5, 6, 7, 8, 9], "on a torus the edges meet");
        assert_eq!(flood((0, 1), Boundary::Torus), [1]);
        assert_eq!(flood((2, 2), Boundary::Torus), [10, 11]);
        assert!(flood((3, 0), Boundary::Torus).is_empty());
        let grid = Grid::filled(1024, 1024, 4);
        for boundary in [Boundary::Bounded, Boundary::Torus] {
            assert_eq!(cells(1024, 1024, |cover| cover.flood(&grid, (512, 3), boundary)).len(), 1 << 20);
        }
    }

    #[test]
    fn symmetry_draws_again_where_it_says() {
        let dot = |symmetry, height, width| {
            picture(height, width, |cover| {
                cover.line((0, 1), (0, 1), POINT);
                cover.mirror(symmetry);
            })
        };
        assert_eq!(dot(Symmetry::None, 3, 4), ".#.. .... ....");
        assert_eq!(dot(Symmetry::LeftRight, 3, 4), ".##. .... ....");
        assert_eq!(dot(Symmetry::TopBottom, 3, 4), ".#.. .... .#..");
        assert_eq!(dot(Symmetry::Both, 3, 4), ".##. .... .##.");
        assert_eq!(dot(Symmetry::Turns, 4, 4), ".#.. ...# #... ..#.");
        assert_eq!(dot(Symmetry::Turns, 5, 5), ".#... ....# ..... #.... ...#.");
    }

    #[test]
    fn sprays_keep_their_share_and_repeat_themselves() {
        let spray = |number| {
            cells(100, 100, |cover| {
                cover.rectangle((0, 0), (99, 99), None);
                cover.thin(0.3, 5, number);
            })
        };
        assert!((2700..3300).contains(&spray((1, 1)).len()));
        assert_eq!(spray((1, 1)), spray((1, 1)));
        assert_ne!(spray((1, 1)), spray((1, 2)));
        let soup = scattered(0..10_000, &[2, 7], 0.5, 1, 1);
        let twos = soup.iter().filter(|(_, colour)| *colour == 2).count();
        assert!((4700..5300).contains(&soup.len()) && (2200..2800).contains(&twos));
        assert!(soup.iter().all(|(_, colour)| [2, 7].contains(colour)));
        assert!(scattered(0..9, &[], 1.0, 1, 1).is_empty());
    }
}

//! Rectangles of a grid, and the patterns that are cut from them, turned and laid down.

use super::{Cell, corners};
use crate::spec::grid::Grid;

/// A rectangle of a grid's cells; it is never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// The first row.
    pub top: usize,
    /// The first column.
    pub left: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Area {
    /// All of a grid.
    pub fn whole(grid: &Grid) -> Self {
        Self { top: 0, left: 0, height: grid.height, width: grid.width }
    }

    /// What lies on a grid of the rectangle between two opposite corners.
    pub fn between(from: Cell, to: Cell, grid: &Grid) -> Option<Self> {
        let ((top, left), (bottom, right)) = corners(from, to);
        let clip = |first: i32, last: i32, side: usize| {
            let (first, last) = (first.max(0), last.min(side as i32 - 1));
            (first <= last).then(|| (first as usize, (last - first + 1) as usize))
        };
        let ((top, height), (left, width)) = (clip(top, bottom, grid.height)?, clip(left, right, grid.width)?);
        Some(Self { top, left, height, width })
    }

    /// Its upper left cell.
    pub fn corner(&self) -> Cell {
        (self.top as i32, self.left as i32)
    }

    /// Where a piece lies about its middle, or as near as it lies wholly on a grid; none where it is larger than that.
    pub fn about(&self, piece: &Grid, grid: &Grid) -> Option<Self> {
        let middle = |first: usize, before: usize, after: usize| first as i32 + (before as i32 - after as i32) / 2;
        let corner = (middle(self.top, self.height, piece.height), middle(self.left, self.width, piece.width));
        Self { height: piece.height, width: piece.width, ..*self }.moved_to(corner, grid)
    }

    /// With its upper left cell at another place, or as near to it as it lies wholly on a grid; none where it is larger
    /// than that.
    pub fn moved_to(&self, (top, left): Cell, grid: &Grid) -> Option<Self> {
        let within = |at: i32, room: Option<usize>| room.map(|room| (at.max(0) as usize).min(room));
        let top = within(top, grid.height.checked_sub(self.height))?;
        let left = within(left, grid.width.checked_sub(self.width))?;
        Some(Self { top, left, ..*self })
    }

    /// Whether a cell lies in it.
    pub fn contains(&self, (row, column): Cell) -> bool {
        let inside = |at: i32, first: usize, cells: usize| (first as i32..(first + cells) as i32).contains(&at);
        inside(row, self.top, self.height) && inside(column, self.left, self.width)
    }

    /// Row-major indices of its cells on a grid of this width.
    pub fn cells(&self, width: usize) -> impl Iterator<Item = u32> + use<> {
        let Self { top, left, height, width: columns } = *self;
        (top..top + height).flat_map(move |row| (left..left + columns).map(move |column| (row * width + column) as u32))
    }

    /// What a grid holds there.
    pub fn cut(&self, grid: &Grid) -> Grid {
        let cells = self.cells(grid.width).map(|cell| grid.cells[cell as usize]).collect();
        Grid { height: self.height, width: self.width, cells }
    }
}

/// Mirrored left to right.
pub fn flipped(grid: &Grid) -> Grid {
    let cells = grid.cells.chunks(grid.width).flat_map(|row| row.iter().rev()).copied().collect();
    Grid { cells, ..*grid }
}

/// Mirrored top to bottom.
pub fn flopped(grid: &Grid) -> Grid {
    let cells = grid.cells.chunks(grid.width).rev().flatten().copied().collect();
    Grid { cells, ..*grid }
}

/// Turned by a quarter, clockwise.
pub fn turned(grid: &Grid) -> Grid {
    let (height, width) = (grid.width, grid.height);
    let cell = |i: usize| grid.at(grid.height - 1 - i % width, i / width);
    Grid { height, width, cells: (0..height * width).map(cell).collect() }
}

/// The cells of a grid of this height and width that a pattern colours when its upper left cell lies there; what is
/// outside is left out.
pub fn laid(pattern: &Grid, (top, left): Cell, height: usize, width: usize) -> Vec<(u32, u8)> {
    let at = |i: usize| (i64::from(top) + (i / pattern.width) as i64, i64::from(left) + (i % pattern.width) as i64);
    let inside = |&(row, column): &(i64, i64)| (0..height as i64).contains(&row) && (0..width as i64).contains(&column);
    let index = |(row, column): (i64, i64)| (row as usize * width + column as usize) as u32;
    let cells = pattern.cells.iter().enumerate();
    cells.filter_map(|(i, &colour)| Some(at(i)).filter(inside).map(|cell| (index(cell), colour))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::paint;

    #[test]
    fn patterns_are_cut_turned_and_laid_down() {
        let grid = Grid { height: 2, width: 3, cells: vec![1, 2, 3, 4, 5, 6] };
        assert_eq!(flipped(&grid).cells, [3, 2, 1, 6, 5, 4]);
        assert_eq!(flopped(&grid).cells, [4, 5, 6, 1, 2, 3]);
        let turn = turned(&grid);
        assert_eq!((turn.height, turn.width, &turn.cells[..]), (3, 2, &[4, 1, 5, 2, 6, 3][..]));
        assert_eq!(turned(&turn), flopped(&flipped(&grid)));
        let area = Area::between((5, 2), (-3, 1), &grid).expect("on the grid");
        assert_eq!((area, area.cut(&grid).cells), (Area { top: 0, left: 1, height: 2, width: 2 }, vec![2, 3, 5, 6]));
        assert_eq!(Area::between((2, 0), (4, 4), &grid), None);
        assert_eq!(Area::whole(&grid).cut(&grid), grid);
        assert_eq!(laid(&grid, (-1, 2), 3, 4), [(2, 4), (3, 5)]);
        let mut painted = Grid::filled(3, 4, 0);
        paint(&mut painted, &laid(&grid, (1, 1), 3, 4));
        paint(&mut painted, &[(99, 1)]);
        assert_eq!(painted.cells, [0, 0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6]);
    }
}

//! All training worlds side by side.

use super::material::GROUND;
use crate::canvas::Cell;
use crate::spec::grid::Grid;

/// The largest picture made of training worlds, in cells a side.
const MAX_SIDE: usize = 2048;

/// How worlds of one size lie side by side, a cell apart; as many as fit.
pub(super) struct Mosaic {
    worlds: usize,
    columns: usize,
    rows: usize,
    /// Of a world, with the gap after it.
    height: usize,
    width: usize,
}

impl Mosaic {
    /// `None` without worlds.
    pub(super) fn new(worlds: &[Grid]) -> Option<Self> {
        let first = worlds.first()?;
        let (height, width) = (first.height + 1, first.width + 1);
        let (most_rows, most_columns) = ((MAX_SIDE / height).max(1), (MAX_SIDE / width).max(1));
        let n = worlds.len().min(most_rows * most_columns);
        let columns = ((n as f32 * height as f32 / width as f32).sqrt().ceil() as usize).clamp(1, n).min(most_columns);
        Some(Self { worlds: n, columns, rows: n.div_ceil(columns), height, width })
    }

    /// All of them as one grid, with the ground between them.
    pub(super) fn cells(&self, worlds: &[Grid]) -> Grid {
        let mut all = Grid::filled(self.rows * self.height - 1, self.columns * self.width - 1, GROUND);
        for (i, world) in worlds.iter().take(self.columns * self.rows).enumerate() {
            let corner = i / self.columns * self.height * all.width + i % self.columns * self.width;
            for (row, cells) in world.cells.chunks(world.width).enumerate() {
                all.cells[corner + row * all.width..][..world.width].copy_from_slice(cells);
            }
        }
        all
    }

    /// The world at a cell of the picture.
    pub(super) fn world_at(&self, (row, column): Cell) -> Option<usize> {
        let (row, column) = (usize::try_from(row).ok()?, usize::try_from(column).ok()?);
        let on_a_world = row % self.height + 1 < self.height && column % self.width + 1 < self.width;
        let (row, column) = (row / self.height, column / self.width);
        let world = row * self.columns + column;
        (on_a_world && column < self.columns && world < self.worlds).then_some(world)
    }

    /// The cell of the picture where a world begins, and the world's height and width.
    pub(super) fn place(&self, world: usize) -> (Cell, usize, usize) {
        let (row, column) = (world / self.columns * self.height, world % self.columns * self.width);
        ((row as i32, column as i32), self.height - 1, self.width - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mosaics_hold_every_world_and_know_where() {
        let worlds = vec![Grid::filled(4, 6, 3); 5];
        let mosaic = Mosaic::new(&worlds).expect("there are worlds");
        let all = mosaic.cells(&worlds);
        assert_eq!(all.cells.iter().filter(|&&cell| cell == 3).count(), 5 * 24);
        assert!(Mosaic::new(&[]).is_none());
        for world in 0..5 {
            let ((row, column), height, width) = mosaic.place(world);
            assert_eq!(mosaic.world_at((row + height as i32 - 1, column + width as i32 - 1)), Some(world));
            assert_eq!(mosaic.world_at((row + height as i32, column)), None);
        }
        assert_eq!([mosaic.world_at((-1, 0)), mosaic.world_at((0, 999))], [None; 2]);
        assert_eq!((0..all.height as i32).filter_map(|row| mosaic.world_at((row, 0))).max(), Some(4));
    }
}

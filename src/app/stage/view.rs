//! Where the grid lies on the screen.

use bevy_egui::egui::{Pos2, Rect, Vec2, pos2, vec2};

use crate::canvas::Cell;

/// The smallest cell, in points: the largest stage, several times in view.
const MIN_SCALE: f32 = 0.03;
/// The largest cell, in points.
const MAX_SCALE: f32 = 96.0;
/// What is left free above a grid at first, for a line of two rows.
const ABOVE: Vec2 = vec2(6.0, 44.0);
/// What is left free below it, for the caption.
const BELOW: Vec2 = vec2(6.0, 30.0);

/// Where the grid lies on the screen: `centre` (in cells) in the middle, `scale` points a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    pub(super) centre: (f32, f32),
    pub(super) scale: f32,
}

impl View {
    /// The whole of `columns` × `rows` cells; cells that are larger than a point get whole points, to be even.
    pub fn fit(rect: Rect, columns: usize, rows: usize) -> Self {
        let scale = (rect.width() / columns as f32).min(rect.height() / rows as f32);
        let scale = if scale > 2.0 { scale.floor() } else { scale };
        Self { centre: (columns as f32 / 2.0, rows as f32 / 2.0), scale }
    }

    /// How a grid is shown in `rect` until it is zoomed or moved.
    pub fn home(rect: Rect, columns: usize, rows: usize) -> Self {
        let mut view = Self::fit(Rect::from_min_max(rect.min + ABOVE, rect.max - BELOW), columns, rows);
        // It lies lower than the middle.
        view.centre.1 -= (ABOVE.y - BELOW.y) / 2.0 / view.scale;
        view
    }

    /// Points a cell.
    pub fn scale(&self) -> f32 {
        self.scale
    }

    /// The screen position of a point given in cells.
    pub fn screen_from_cell(&self, rect: Rect, column: f32, row: f32) -> Pos2 {
        let at = rect.center() + vec2(column - self.centre.0, row - self.centre.1) * self.scale;
        pos2(at.x.round(), at.y.round())
    }

    /// Where `rows` × `columns` cells lie whose upper left one is `cell`.
    pub fn screen_from_cells(&self, rect: Rect, (row, column): Cell, rows: usize, columns: usize) -> Rect {
        let (top, left) = (row as f32, column as f32);
        let opposite = self.screen_from_cell(rect, left + columns as f32, top + rows as f32);
        Rect::from_min_max(self.screen_from_cell(rect, left, top), opposite)
    }

    /// The point in cells under a screen position.
    pub fn cell_from_screen(&self, rect: Rect, at: Pos2) -> (f32, f32) {
        let from_centre = (at - rect.center()) / self.scale;
        (self.centre.0 + from_centre.x, self.centre.1 + from_centre.y)
    }

    /// The cell under a screen position; it may lie outside the grid.
    pub fn cell_at(&self, rect: Rect, at: Pos2) -> Cell {
        let (column, row) = self.cell_from_screen(rect, at);
        (row.floor() as i32, column.floor() as i32)
    }

    /// Zooms by a factor; what lies under `at` stays there.
    pub fn zoom(&mut self, rect: Rect, at: Pos2, factor: f32) {
        let (column, row) = self.cell_from_screen(rect, at);
        self.scale = (self.scale * factor).clamp(MIN_SCALE, MAX_SCALE);
        let from_centre = (at - rect.center()) / self.scale;
        self.centre = (column - from_centre.x, row - from_centre.y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_the_cursor_stays_there() {
        let rect = Rect::from_min_size(pos2(10.0, 20.0), vec2(600.0, 500.0));
        let mut view = View::fit(rect, 40, 30);
        let at = pos2(123.0, 321.0);
        let before = view.cell_from_screen(rect, at);
        view.zoom(rect, at, 2.5);
        let after = view.cell_from_screen(rect, at);
        assert!((before.0 - after.0).abs() < 1e-3 && (before.1 - after.1).abs() < 1e-3);
    }
}

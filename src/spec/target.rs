//! S*, the picture that the reward term `target` compares with.

use super::grid::Grid;

/// S* on worlds of this size: a picture in their middle, or the built-in emblem where there is none.
pub fn on_grid(picture: Option<&Grid>, height: usize, width: usize) -> Grid {
    picture.map_or_else(|| emblem(height, width), |picture| picture.centred(height, width))
}

/// A disc of rings: colour by the distance from the centre.
fn emblem(height: usize, width: usize) -> Grid {
    let radius = height.min(width) as f64 / 2.0;
    let ring = |row: usize, column: usize| {
        let (y, x) = (row as f64 + 0.5 - height as f64 / 2.0, column as f64 + 0.5 - width as f64 / 2.0);
        let share = y.hypot(x) / radius;
        if share < 0.9 { 9 - (share / 0.9 * 3.0) as u8 * 3 } else { 0 }
    };
    let cells = (0..height * width).map(|i| ring(i / width, i % width)).collect();
    Grid { height, width, cells }
}

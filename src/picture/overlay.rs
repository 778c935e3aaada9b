//! A map over the frames of a clip, as the window lays it over the stage: steps of its scale that each of the ten
//! colours shines through, and arrows.

use super::caption::CAPTIONED;
use super::enlarged;
use super::palette::PALETTE;
use super::scale::{self, ARROWS_FROM, Scale, laid};
use crate::spec::COLOURS;
use crate::spec::config::Directions;
use crate::spec::grid::Grid;

/// Colours of a scale: as many as a palette has room for under each of the ten, and an odd number, for a 0 in the middle.
const STEPS: usize = 23;
/// The index of the first of them.
const FIRST: usize = CAPTIONED.len();
const BLACK: u8 = (FIRST + STEPS * COLOURS) as u8;
const WHITE: u8 = BLACK + 1;

/// What lies over a state.
pub struct Layer<'a> {
    /// A number for each cell.
    pub values: &'a [f32],
    /// The scale's ends.
    pub ends: (f32, f32),
    /// The directions of the arrows in each cell, as bits of their indices; may be empty.
    pub ways: &'a [u8],
    /// What the indices are of.
    pub directions: Directions,
}

/// The palette of captioned frames, then each of the ten colours under each step of a scale, black and white.
pub fn palette(scale: Scale) -> Vec<[u8; 3]> {
    let over = |step| scale.colour(step as f32 / (STEPS - 1) as f32);
    let steps = (0..STEPS).flat_map(|step| PALETTE.map(|under| laid(over(step), under)));
    CAPTIONED.into_iter().chain(steps).chain([[0; 3], [255; 3]]).collect()
}

/// The indices of the pixels of a state with cells of this side, under a map.
pub fn draw(state: &Grid, side: usize, layer: &Layer) -> Vec<u8> {
    let tinted = |(&colour, &value): (&u8, &f32)| match scale::share(value, layer.ends) {
        Some(share) => (FIRST + (share * (STEPS - 1) as f32).round() as usize * COLOURS) as u8 + colour,
        None => colour,
    };
    let cells = state.cells.iter().zip(layer.values).map(tinted).collect();
    let mut pixels = enlarged(&Grid { cells, ..*state }, side);
    if side as f32 >= ARROWS_FROM {
        for (cell, &ways) in layer.ways.iter().enumerate() {
            let corner = cell / state.width * side * state.width * side + cell % state.width * side;
            for (_, &way) in layer.directions.offsets().iter().enumerate().filter(|(d, _)| ways >> d & 1 == 1) {
                arrow(&mut pixels[corner..], state.width * side, side, way);
            }
        }
    }
    pixels
}

/// Draws an arrow into the cell that begins at the first pixel.
fn arrow(pixels: &mut [u8], width: usize, side: usize, way: (i32, i32)) {
    let (lines, side_f) = (scale::arrow(way), side as f32);
    let half = scale::arrow_width(side_f) / 2.0;
    for (row, column) in (0..side).flat_map(|row| (0..side).map(move |column| (row, column))) {
        let from_middle = |at: usize| at as f32 + 0.5 - side_f / 2.0;
        let at = (from_middle(row), from_middle(column));
        let line = |line: &[(f32, f32); 2]| distance(at, line.map(|(y, x)| (y * side_f, x * side_f)));
        let away = lines.iter().map(line).fold(f32::INFINITY, f32::min);
        if away <= half + 1.0 {
            pixels[row * width + column] = if away <= half { WHITE } else { BLACK };
        }
    }
}

/// How far a point is from a line between two others.
fn distance((y, x): (f32, f32), [a, b]: [(f32, f32); 2]) -> f32 {
    let (dy, dx) = (b.0 - a.0, b.1 - a.1);
    let along = (((y - a.0) * dy + (x - a.1) * dx) / (dy * dy + dx * dx)).clamp(0.0, 1.0);
    (y - a.0 - along * dy).hypot(x - a.1 - along * dx)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_scales_colours_and_the_stage_shines_through() {
        let state = Grid { height: 3, width: 3, cells: (0..9).collect() };
        let values = [0.0, 1.0, f32::NAN, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0];
        let layer = Layer { values: &values, ends: (0.0, 1.0), ways: &[], directions: Directions::Four };
        let palette = palette(Scale::Fixed(1.0));
        assert!(palette.len() <= 256 && palette[usize::from(WHITE)] == [255; 3]);
        let pixels = draw(&state, 2, &layer);
        let at = |cell: usize| palette[usize::from(pixels[cell / 3 * 12 + cell % 3 * 2])];
        assert_eq!(at(0), laid(scale::ramp(0.0, false), PALETTE[0]));
        assert_eq!(at(1), laid(scale::ramp(1.0, false), PALETTE[1]));
        assert_eq!(at(2), PALETTE[2], "no number, no colour");
        let (seen, meant) = (at(3), laid(scale::ramp(0.5, false), PALETTE[3]));
        assert!((0..3).all(|i| seen[i].abs_diff(meant[i]) <= 8), "{seen:?} for {meant:?}");
    }

    #[test]
    fn arrows_lie_in_their_cells() {
        let state = Grid::filled(3, 3, 4);
        let layer = |ways| Layer { values: &[0.0; 9], ends: (0.0, 1.0), ways, directions: Directions::Four };
        let ways = [0, 0, 0, 0, 0b100, 0, 0, 0, 0];
        let pixels = draw(&state, 16, &layer(&ways));
        let white: Vec<usize> = (0..pixels.len()).filter(|&at| pixels[at] == WHITE).collect();
        assert!(
            white.len() > 8 && white.iter().all(|at| (16..32).contains(&(at / 48)) && (16..32).contains(&(at % 48)))
        );
        // It goes right: its head is taller than its tail.
        let tall = |column: usize| white.iter().filter(|at| **at % 48 == column).count();
        assert!((24..32).map(tall).max() > (16..23).map(tall).max());
        assert!(!draw(&state, 8, &layer(&ways)).contains(&WHITE), "too small for arrows");
    }
}

//! Pixels, without files: the palette, scales of colours, maps over states, captions under them.

pub mod caption;
pub mod overlay;
pub mod palette;
pub mod scale;

use crate::spec::grid::Grid;

/// The pixels of a state whose cells are this large.
pub fn enlarged(state: &Grid, side: usize) -> Vec<u8> {
    let width = state.width * side;
    let mut pixels = Vec::with_capacity(state.height * side * width);
    for row in state.cells.chunks_exact(state.width) {
        let first = pixels.len();
        pixels.extend(row.iter().flat_map(|&colour| std::iter::repeat_n(colour, side)));
        for _ in 1..side {
            pixels.extend_from_within(first..first + width);
        }
    }
    pixels
}

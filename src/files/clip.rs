//! Clips: a sequence of states, as GIF to look at or as NPY to compute with.

use std::path::Path;

use super::pattern::{Format, MAX_BYTES};
use super::{Colours, FileError, gif, npy, read, write_atomically};
use crate::spec::grid::Grid;

pub use super::gif::Delay;

/// Reads a GIF or NPY clip of at most ten colours, ours or others, with one pixel or a whole square of them a cell.
pub fn read_clip(path: &Path) -> Result<Vec<Grid>, FileError> {
    match Format::of_file(path)? {
        Format::Gif => gif::decode(&read(path, MAX_BYTES)?, Colours::Distinct, path),
        Format::Npy => npy::decode(&read(path, MAX_BYTES)?, path),
        _ => Err(FileError::content(path, "is not a clip; a clip is a GIF or an NPY")),
    }
}

/// Writes a GIF that loops: ten indexed colours, losslessly, each cell `side` pixels wide and high.
pub fn write_gif(path: &Path, states: &[Grid], side: usize, delay: Delay) -> Result<(), FileError> {
    write_atomically(path, |out| gif::encode(out, states, side, delay))
}

/// Writes an NPY array, u8 (N, H, W).
pub fn write_npy(path: &Path, states: &[Grid]) -> Result<(), FileError> {
    write_atomically(path, |out| npy::encode(out, states))
}

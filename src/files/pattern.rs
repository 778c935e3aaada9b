//! One state from any file that holds one, the first where it holds more; and one state to a file or to text.

use std::path::Path;

use super::format::{Format, Wanted, endings, names, read_rle, to_rle};
use super::{Colours, FileError, files_in, write_atomically};
use crate::spec::config::Start;
use crate::spec::grid::Grid;

/// The colours of a two-state pattern's dead and living cells, unless others are chosen.
pub const TWO_STATES: (u8, u8) = (0, 1);

/// Reads a state, at least 1×1; `colours` says what becomes of a picture's foreign colours.
pub fn open(path: &Path, colours: Colours) -> Result<Grid, FileError> {
    open_as(path, colours, TWO_STATES)
}

/// Reads a state, where a Golly pattern of two states has the colours (dead, alive).
pub fn open_as(path: &Path, colours: Colours, two_states: (u8, u8)) -> Result<Grid, FileError> {
    let wrong = || FileError::content(path, format!("is not {}", names(Format::readable())));
    let read = Format::of(path, Format::readable())?.and_then(|format| format.read).ok_or_else(wrong)?;
    let states = read(path, Wanted { all: false, colours, two_states })?;
    states.into_iter().next().ok_or_else(|| FileError::content(path, "holds no state"))
}

/// Reads Golly's pattern text, as other programs put it on the clipboard.
pub fn read_text(text: &str, two_states: (u8, u8)) -> Result<Grid, FileError> {
    read_rle(text, two_states).map_err(|problem| FileError::Text { problem })
}

/// Golly's Extended RLE of a state, for the clipboard and for files.
pub fn to_text(grid: &Grid) -> String {
    to_rle(grid)
}

/// Writes a state as the file's name ends.
pub fn write_pattern(path: &Path, grid: &Grid) -> Result<(), FileError> {
    let ends = || format!("is to be a pattern; end its name in {}", endings(Format::of_patterns()));
    let write = Format::asked(path, Format::of_patterns()).and_then(|format| format.write);
    let write = write.ok_or_else(|| FileError::content(path, ends()))?;
    write_atomically(path, |out| write(out, grid))
}

/// The pictures that worlds of one size start from, by `spec::start::picture`: none where they are drawn.
pub fn of_start(start: &Start, height: usize, width: usize) -> Result<Vec<Grid>, FileError> {
    match start {
        Start::Random | Start::Sparse(_) => Ok(Vec::new()),
        Start::Picture(path) => Ok(vec![open(Path::new(path), Colours::Exact)?.centred(height, width)]),
        Start::Folder(path) | Start::Mixture(path, _) => folder(Path::new(path), height, width),
    }
}

/// The first state of every pattern in a folder, in the order of their names, on grids of one size: centred, and cropped
/// where it is larger. What is hidden or a folder is left out; anything else that is no pattern is refused by its name.
pub fn folder(path: &Path, height: usize, width: usize) -> Result<Vec<Grid>, FileError> {
    let files = files_in(path)?;
    if files.is_empty() {
        let files = names(Format::readable().filter(|format| !format.extension().is_empty()));
        return Err(FileError::content(path, format!("holds no pattern; put {files} into it")));
    }
    files.iter().map(|file| Ok(open(file, Colours::Nearest)?.centred(height, width))).collect()
}

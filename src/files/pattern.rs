//! One state from any file that holds one: PNG, RLE, NPY, GIF (its first frame) or a checkpoint (its first world); and
//! one state to a file or to text.

use std::path::Path;

use super::checkpoint::Checkpoint;
use super::picture::{Colours, Pictures};
use super::{FileError, Which, extension, files_in, gif, head, npy, png, read, rle, write_atomically};
use crate::spec::config::Start;
use crate::spec::grid::Grid;

/// The largest file that is read as a pattern or a clip.
pub(super) const MAX_BYTES: u64 = 1 << 30;
/// The colours of a two-state pattern's dead and living cells, unless others are chosen.
pub const TWO_STATES: (u8, u8) = (0, 1);

/// What a file is, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A picture, one pixel a cell, or one of our clips as APNG.
    Png,
    /// A clip.
    Gif,
    /// An array.
    Npy,
    /// A checkpoint.
    Safetensors,
    /// Golly's pattern.
    Rle,
}

impl Format {
    /// The format of a file that begins so.
    fn of(bytes: &[u8], path: &Path) -> Result<Self, FileError> {
        let json_after_length = bytes.get(8) == Some(&b'{') && bytes[..8].ends_with(&[0, 0, 0]);
        if bytes.starts_with(png::MAGIC) {
            Ok(Self::Png)
        } else if bytes.starts_with(b"GIF8") {
            Ok(Self::Gif)
        } else if bytes.starts_with(npy::MAGIC) {
            Ok(Self::Npy)
        } else if json_after_length {
            Ok(Self::Safetensors)
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("rle")) {
            Ok(Self::Rle)
        } else {
            Err(FileError::content(path, "is not a PNG, a GIF, an NPY, an RLE pattern or a checkpoint"))
        }
    }

    /// The format of a file.
    pub fn of_file(path: &Path) -> Result<Self, FileError> {
        Self::of(&head(path)?, path)
    }
}

/// Reads a state, at least 1×1; `colours` says what becomes of a picture's foreign colours.
pub fn open(path: &Path, colours: Colours) -> Result<Grid, FileError> {
    open_as(path, colours, TWO_STATES)
}

/// Reads a state, where a Golly pattern of two states has the colours (dead, alive).
pub fn open_as(path: &Path, colours: Colours, two_states: (u8, u8)) -> Result<Grid, FileError> {
    let states = states(path, colours, two_states, Which::First)?;
    states.into_iter().next().ok_or_else(|| FileError::content(path, "holds no state"))
}

/// Reads every state that a file holds: frames, an array's states, a checkpoint's worlds.
pub fn open_all(path: &Path, colours: Colours, two_states: (u8, u8)) -> Result<Vec<Grid>, FileError> {
    states(path, colours, two_states, Which::All)
}

/// At least the states that are wanted, in their order.
fn states(path: &Path, colours: Colours, two_states: (u8, u8), which: Which) -> Result<Vec<Grid>, FileError> {
    let format = Format::of_file(path)?;
    if format == Format::Safetensors {
        return Ok(Checkpoint::read(path)?.worlds);
    }
    let bytes = read(path, MAX_BYTES)?;
    match format {
        Format::Png => {
            let pictures = png::decode(&bytes, which, path)?;
            Pictures { cell: pictures.cell.or(Some(1)), ..pictures }.grids(colours, path)
        }
        Format::Gif => gif::decode(&bytes, which, path)?.grids(colours, path),
        Format::Npy => npy::decode(&bytes, path),
        _ => match rle::decode(&String::from_utf8_lossy(&bytes), two_states) {
            Ok(grid) => Ok(vec![grid]),
            Err(problem) => Err(FileError::content(path, problem)),
        },
    }
}

/// Reads Golly's pattern text, as other programs put it on the clipboard.
pub fn read_text(text: &str, two_states: (u8, u8)) -> Result<Grid, FileError> {
    rle::decode(text, two_states).map_err(|problem| FileError::Text { problem })
}

/// Golly's Extended RLE of a state, for the clipboard and for files.
pub fn to_text(grid: &Grid) -> String {
    rle::encode(grid)
}

/// Writes a state: `.rle`, `.png` (indexed, one pixel a cell) or `.npy` (u8, (H, W)), as the file's name ends.
pub fn write_pattern(path: &Path, grid: &Grid) -> Result<(), FileError> {
    match extension(path).as_str() {
        "rle" => write_atomically(path, |out| out.write_all(rle::encode(grid).as_bytes())),
        "png" => write_atomically(path, |out| png::encode_state(out, grid)),
        "npy" => write_atomically(path, |out| {
            npy::encode_header(out, &[grid.height, grid.width], "")?;
            out.write_all(&grid.cells)
        }),
        _ => Err(FileError::content(path, "is to be a pattern; end its name in .rle, .png or .npy")),
    }
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
        return Err(FileError::content(path, "holds no pattern; put PNG, RLE, NPY or GIF files into it"));
    }
    files.iter().map(|file| Ok(open(file, Colours::Nearest)?.centred(height, width))).collect()
}

//! One state from any file that holds one: PNG, RLE, NPY, GIF (its first frame) or a checkpoint (its first world).

use std::io::Cursor;
use std::path::Path;

use super::checkpoint::Checkpoint;
use super::picture::{Colours, Pictures, pack, pixels_problem};
use super::{FileError, gif, npy, read, rle};
use crate::spec::PALETTE;
use crate::spec::grid::Grid;

/// The largest file that is read as a pattern or a clip.
pub(super) const MAX_BYTES: u64 = 1 << 30;
const PNG_MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What a file is, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A picture, one pixel a cell.
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
        if bytes.starts_with(PNG_MAGIC) {
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
        use std::io::Read;
        let file = std::fs::File::open(path).map_err(FileError::reading(path))?;
        let mut start = Vec::new();
        file.take(16).read_to_end(&mut start).map_err(FileError::reading(path))?;
        Self::of(&start, path)
    }
}

/// Reads a state, at least 1×1; `colours` says what becomes of a picture's foreign colours.
pub fn open(path: &Path, colours: Colours) -> Result<Grid, FileError> {
    let first = |states: Vec<Grid>| states.into_iter().next().ok_or_else(|| FileError::content(path, "holds no state"));
    match Format::of_file(path)? {
        Format::Safetensors => first(Checkpoint::read(path)?.worlds),
        format => {
            let bytes = read(path, MAX_BYTES)?;
            match format {
                Format::Png => first(png(&bytes, path)?.grids(1, colours, path)?),
                Format::Gif => first(gif::decode(&bytes, colours, path)?),
                Format::Npy => first(npy::decode(&bytes, path)?),
                _ => rle::decode(&String::from_utf8_lossy(&bytes), path),
            }
        }
    }
}

/// A picture's pixels; transparent ones have colour 0.
fn png(bytes: &[u8], path: &Path) -> Result<Pictures, FileError> {
    let wrong = |error: png::DecodingError| FileError::content(path, format!("cannot be read as PNG: {error}"));
    // The size stands at a fixed place, and is judged before anything is allocated for it.
    let side = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes).map(u64::from);
    if let (Some(width), Some(height)) = (side(16), side(20))
        && let Some(problem) = pixels_problem(height, width, 1)
    {
        return Err(FileError::content(path, problem));
    }
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(wrong)?;
    let size = reader.output_buffer_size().ok_or_else(|| FileError::content(path, "is too large"))?;
    let mut buffer = vec![0; size];
    let info = reader.next_frame(&mut buffer).map_err(wrong)?;
    let pixel = |samples: &[u8]| match *samples {
        [_, 0] | [_, _, _, 0] => PALETTE[0],
        [grey] | [grey, _] => [grey; 3],
        [r, g, b, ..] => [r, g, b],
        _ => PALETTE[0],
    };
    let pixels: Vec<u32> =
        buffer[..info.buffer_size()].chunks_exact(info.color_type.samples()).map(|s| pack(pixel(s))).collect();
    let (height, width) = (info.height as usize, info.width as usize);
    if pixels.len() != height * width {
        return Err(FileError::content(path, "is cut short"));
    }
    Ok(Pictures { height, width, frames: vec![pixels] })
}

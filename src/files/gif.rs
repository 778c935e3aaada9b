//! GIF: frames laid over each other as a viewer does, and lossless indexed frames.

use std::borrow::Cow;
use std::io::{self, Write};
use std::num::NonZeroU64;
use std::path::Path;

use gif::{ColorOutput, DecodeOptions, DisposalMethod, Encoder, EncodingError, Extension, Frame, MemoryLimit, Repeat};

use super::picture::{Colours, Pictures, pack, pixels_problem};
use super::{FileError, size_problem};
use crate::spec::PALETTE;
use crate::spec::grid::Grid;

/// How large a cell may be drawn in a clip that is read.
const MAX_CELL: u64 = 16;
/// The most pixels of all frames together.
const MAX_PIXELS: usize = 1 << 28;
/// Begins the comment that names the side of a cell in pixels.
const COMMENT: &str = "primordia cell=";

/// Time from frame to frame; of those that browsers and viewers keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delay(u16);

impl Delay {
    /// 50, 33.3, 25, 20, 10 and 5 frames a second.
    pub const ALL: [Self; 6] = [Self(2), Self(3), Self(4), Self(5), Self(10), Self(20)];
    /// 10 frames a second.
    pub const TENTH: Self = Self(10);

    /// In hundredths of a second.
    pub fn hundredths(self) -> u16 {
        self.0
    }
}

/// The states of a clip.
pub(super) fn decode(bytes: &[u8], colours: Colours, path: &Path) -> Result<Vec<Grid>, FileError> {
    let pictures = frames(bytes, path)?;
    let fits =
        |side: &usize| *side > 0 && pictures.height.is_multiple_of(*side) && pictures.width.is_multiple_of(*side);
    let side = side_from_comment(bytes).filter(fits).unwrap_or_else(|| pictures.cell_side());
    if let Some(problem) = size_problem((pictures.height / side) as u64, (pictures.width / side) as u64) {
        return Err(FileError::content(path, problem));
    }
    pictures.grids(side, colours, path)
}

/// Writes a looping clip.
pub(super) fn encode(out: &mut dyn Write, states: &[Grid], side: usize, delay: Delay) -> io::Result<()> {
    let too_large = || io::Error::other("a GIF has at most 65535 pixels a side");
    let (height, width) = states.first().map_or((0, 0), |grid| (grid.height * side, grid.width * side));
    let (height, width) =
        (u16::try_from(height).map_err(|_| too_large())?, u16::try_from(width).map_err(|_| too_large())?);
    let other = |error: EncodingError| match error {
        EncodingError::Io(error) => error,
        error => io::Error::other(error),
    };
    let mut encoder = Encoder::new(out, width, height, PALETTE.as_flattened()).map_err(other)?;
    encoder.set_repeat(Repeat::Infinite).map_err(other)?;
    let comment = format!("{COMMENT}{side}");
    encoder.write_raw_extension(Extension::Comment.into(), &[comment.as_bytes()]).map_err(other)?;
    for grid in states {
        let pixel = |i: usize| grid.at(i / usize::from(width) / side, i % usize::from(width) / side);
        let pixels: Vec<u8> = (0..usize::from(height) * usize::from(width)).map(pixel).collect();
        let frame = Frame {
            width,
            height,
            delay: delay.0,
            dispose: DisposalMethod::Keep,
            buffer: Cow::Owned(pixels),
            ..Frame::default()
        };
        encoder.write_frame(&frame).map_err(other)?;
    }
    encoder.into_inner().map(|_| ()).map_err(other)
}

/// Every frame as it is seen, over those before it; what no frame has painted has colour 0.
fn frames(bytes: &[u8], path: &Path) -> Result<Pictures, FileError> {
    let wrong = |error: gif::DecodingError| match error {
        gif::DecodingError::UnexpectedEof => FileError::content(path, "is cut short"),
        error => FileError::content(path, format!("cannot be read as GIF: {error}")),
    };
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    options.set_memory_limit(MemoryLimit::Bytes(
        const { NonZeroU64::new(4 * MAX_PIXELS as u64).expect("a limit is not 0") },
    ));
    let mut decoder = options.read_info(bytes).map_err(wrong)?;
    let (height, width) = (usize::from(decoder.height()), usize::from(decoder.width()));
    if let Some(problem) = pixels_problem(height as u64, width as u64, MAX_CELL) {
        return Err(FileError::content(path, problem));
    }

    let ground = pack(PALETTE[0]);
    let mut canvas = vec![ground; height * width];
    let mut seen: Vec<Vec<u32>> = Vec::new();
    while let Some(frame) = decoder.read_next_frame().map_err(wrong)? {
        if (seen.len() + 1) * canvas.len() > MAX_PIXELS {
            let problem = format!("has more than {} frames of {height}×{width} pixels", seen.len());
            return Err(FileError::content(path, problem));
        }
        let restored = (frame.dispose == DisposalMethod::Previous).then(|| canvas.clone());
        let (top, left) = (usize::from(frame.top), usize::from(frame.left));
        let inside = |i: usize| {
            let (row, column) = (top + i / usize::from(frame.width), left + i % usize::from(frame.width));
            (row < height && column < width).then_some(row * width + column)
        };
        let pixels = usize::from(frame.width) * usize::from(frame.height);
        for (i, rgba) in frame.buffer.chunks_exact(4).take(pixels).enumerate() {
            if let (Some(at), [r, g, b, alpha]) = (inside(i), rgba)
                && *alpha > 0
            {
                canvas[at] = pack([*r, *g, *b]);
            }
        }
        seen.push(canvas.clone());
        match (frame.dispose, restored) {
            (_, Some(restored)) => canvas = restored,
            (DisposalMethod::Background, None) => (0..pixels).filter_map(inside).for_each(|at| canvas[at] = ground),
            _ => {}
        }
    }
    if seen.is_empty() {
        return Err(FileError::content(path, "holds no frame"));
    }
    Ok(Pictures { height, width, frames: seen })
}

/// The side of a cell that our own clips name.
fn side_from_comment(bytes: &[u8]) -> Option<usize> {
    // A comment extension: 0x21, 0xFE, a length, the text. Ours stands before the first frame.
    let start = &bytes[..bytes.len().min(1024)];
    let at = start.windows(COMMENT.len()).position(|window| window == COMMENT.as_bytes())?;
    let (head, text) = start.split_at(at);
    let &[.., 0x21, 0xFE, length] = head else { return None };
    std::str::from_utf8(text.get(..usize::from(length))?).ok()?.strip_prefix(COMMENT)?.parse().ok()
}

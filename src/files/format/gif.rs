//! GIF: frames laid over each other as a viewer does, and lossless indexed frames.

use std::borrow::Cow;
use std::io::{self, Write};
use std::num::NonZeroU64;
use std::path::Path;

use gif::streaming_decoder::{Decoded, OutputBuffer, StreamingDecoder};
use gif::{ColorOutput, DecodeOptions, DisposalMethod, Encoder, EncodingError, Extension, Frame, MemoryLimit, Repeat};

use super::film::Film;
use super::frames::{Canvas, Layer, MAX_CELL, MAX_PIXELS, Pictures, pixels_problem};
use crate::files::{FileError, stamp};

/// Every frame as it is seen, over those before it, or the first alone if the size of its cells is known; what no frame
/// has painted has colour 0.
pub(super) fn decode(bytes: &[u8], all: bool, path: &Path) -> Result<Pictures, FileError> {
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
    if let Some(problem) = pixels_problem(height as u64, width as u64, MAX_CELL as u64) {
        return Err(FileError::content(path, problem));
    }

    let cell = note(bytes).as_deref().and_then(stamp::cell);
    let mut canvas = Canvas::new(height, width, cell);
    let mut seen: Vec<Vec<[u8; 3]>> = Vec::new();
    while let Some(frame) = decoder.read_next_frame().map_err(wrong)? {
        if (seen.len() + 1) * canvas.kept() > MAX_PIXELS {
            let problem = format!("has more than {} frames of {height}×{width} pixels", seen.len());
            return Err(FileError::content(path, problem));
        }
        seen.push(canvas.lay(&Layer {
            top: usize::from(frame.top),
            left: usize::from(frame.left),
            width: usize::from(frame.width),
            rgba: &frame.buffer,
            replaces: false,
            after: frame.dispose,
        }));
        if !all && cell.is_some() {
            break;
        }
    }
    if seen.is_empty() {
        return Err(FileError::content(path, "holds no frame"));
    }
    Ok(canvas.pictures(seen))
}

/// Writes a film that loops.
pub(super) fn encode(out: &mut dyn Write, film: &mut Film) -> io::Result<()> {
    let side = |pixels: usize| {
        u16::try_from(pixels)
            .map_err(|_| io::Error::other("a GIF has at most 65535 pixels a side; take a smaller scale"))
    };
    let (height, width, delay) = (side(film.height)?, side(film.width)?, film.delay.hundredths());
    let other = |error: EncodingError| match error {
        EncodingError::Io(error) => error,
        error => io::Error::other(error),
    };
    let mut encoder = Encoder::new(out, width, height, film.palette.as_flattened()).map_err(other)?;
    encoder.set_repeat(Repeat::Infinite).map_err(other)?;
    encoder.write_raw_extension(Extension::Comment.into(), &[film.text(0).as_bytes()]).map_err(other)?;
    // What a frame leaves as it was need not be written again.
    let mut before: Vec<u8> = Vec::new();
    film.play(|_, _, pixels| {
        let (top, left, rows, columns) = changed(&before, pixels, usize::from(width));
        let part = pixels.chunks_exact(usize::from(width)).skip(top).take(rows);
        let frame = Frame {
            top: top as u16,
            left: left as u16,
            width: columns as u16,
            height: rows as u16,
            delay,
            dispose: DisposalMethod::Keep,
            buffer: Cow::Owned(part.flat_map(|row| &row[left..left + columns]).copied().collect()),
            ..Frame::default()
        };
        before.clear();
        before.extend_from_slice(pixels);
        encoder.write_frame(&frame).map_err(other)
    })?;
    encoder.into_inner().map(|_| ()).map_err(other)
}

/// The first row and column, and the number of rows and columns, of the smallest rectangle that holds every change: all
/// of a first picture, and one pixel of one that is as before.
fn changed(before: &[u8], pixels: &[u8], width: usize) -> (usize, usize, usize, usize) {
    if before.len() != pixels.len() {
        return (0, 0, pixels.len() / width, width);
    }
    let differ = |a: &[u8], b: &[u8]| a.iter().zip(b).position(|(a, b)| a != b);
    let rows = || before.chunks_exact(width).zip(pixels.chunks_exact(width)).map(|(a, b)| (differ(a, b), a, b));
    let changed: Vec<_> = rows().enumerate().filter_map(|(row, (first, a, b))| Some((row, first?, a, b))).collect();
    let (Some(&(top, ..)), Some(&(bottom, ..))) = (changed.first(), changed.last()) else { return (0, 0, 1, 1) };
    let left = changed.iter().map(|&(_, first, ..)| first).min().unwrap_or(0);
    let last = |a: &[u8], b: &[u8]| a.iter().zip(b).rposition(|(a, b)| a != b).unwrap_or(0);
    let right = changed.iter().map(|&(_, _, a, b)| last(a, b)).max().unwrap_or(0);
    (top, left, bottom + 1 - top, right + 1 - left)
}

/// The text that our own clips carry: a comment before the first frame.
pub(super) fn note(bytes: &[u8]) -> Option<String> {
    let (mut decoder, mut rest, mut text) = (StreamingDecoder::new(), bytes, Vec::new());
    loop {
        let (read, decoded) = decoder.update(rest, &mut OutputBuffer::None).ok()?;
        rest = &rest[read..];
        match decoded {
            Decoded::SubBlock { ext, is_last } if ext == Extension::Comment.into() => {
                text.extend_from_slice(decoder.last_ext_sub_block());
                if is_last && text.starts_with(stamp::WORD.as_bytes()) {
                    return String::from_utf8(text).ok();
                } else if is_last {
                    text.clear();
                }
            }
            Decoded::HeaderEnd | Decoded::Nothing => return None,
            _ => {}
        }
    }
}

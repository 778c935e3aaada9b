//! PNG: one picture, or the frames of an animation (APNG); and ours, in the palette's indices.

use std::io::{self, Cursor, Write};
use std::path::Path;

use gif::DisposalMethod;
use png::{BlendOp, Decoder, DecodingError, DisposeOp, Encoder, EncodingError, Transformations};

use super::film::Film;
use super::frames::{Canvas, Colours, Layer, MAX_CELL, MAX_PIXELS, Pictures, pixels_problem};
use super::{Wanted, bytes};
use crate::files::{FileError, stamp, write_atomically};
use crate::picture::palette::PALETTE;
use crate::spec::grid::Grid;

pub(super) const MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Writes a picture whose rows are `width` pixels of red, green and blue.
pub fn write_png(path: &Path, width: u32, pixels: &[u8]) -> Result<(), FileError> {
    let height = pixels.len() as u32 / (3 * width.max(1));
    write_atomically(path, |out| {
        let mut encoder = Encoder::new(out, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels)).map_err(io::Error::other)
    })
}

/// The pictures' states: one pixel a cell unless a note says otherwise, or a clip's frames show it.
pub(super) fn read(path: &Path, wanted: Wanted) -> Result<Vec<Grid>, FileError> {
    let pictures = decode(&bytes(path)?, wanted.all, path)?;
    let cell = pictures.cell.or((wanted.colours != Colours::Distinct).then_some(1));
    Pictures { cell, ..pictures }.grids(wanted.colours, path)
}

/// Every picture as it is seen, or the first alone; transparent pixels have colour 0.
pub(super) fn decode(bytes: &[u8], all: bool, path: &Path) -> Result<Pictures, FileError> {
    let wrong = |error: DecodingError| FileError::content(path, format!("cannot be read as PNG: {error}"));
    let cell = note(bytes).as_deref().and_then(stamp::cell);
    // The size stands at a fixed place, and is judged before anything is allocated for it.
    let side = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes).map(u64::from);
    if let (Some(width), Some(height)) = (side(16), side(20))
        && let Some(problem) = pixels_problem(height, width, cell.unwrap_or(1).min(MAX_CELL) as u64)
    {
        return Err(FileError::content(path, problem));
    }
    let mut decoder = decoder(bytes);
    decoder.set_transformations(Transformations::normalize_to_color8() | Transformations::ALPHA);
    let mut reader = decoder.read_info().map_err(wrong)?;
    let (height, width) = (reader.info().height as usize, reader.info().width as usize);
    let mut canvas = Canvas::new(height, width, cell);
    let frames = match reader.info().animation_control() {
        Some(animation) if all => animation.num_frames as usize,
        _ => 1,
    };
    if frames.saturating_mul(canvas.kept()) > MAX_PIXELS {
        return Err(FileError::content(path, format!("has too many frames of {height}×{width} pixels: {frames}")));
    }
    // A picture for programs that know no animations is none of its frames.
    let apart = reader.info().animation_control().is_some() && reader.info().frame_control().is_none();
    let size = reader.output_buffer_size().ok_or_else(|| FileError::content(path, "is too large"))?;
    let mut buffer = vec![0; size];
    if apart {
        reader.next_frame(&mut buffer).map_err(wrong)?;
    }
    let mut seen = Vec::new();
    for _ in 0..frames {
        let info = reader.next_frame(&mut buffer).map_err(wrong)?;
        let samples = &buffer[..info.buffer_size()];
        let grey = |pair: &[u8]| [pair[0], pair[0], pair[0], pair[1]];
        let rgba = match info.color_type.samples() {
            2 => samples.chunks_exact(2).flat_map(grey).collect(),
            _ => samples.to_vec(),
        };
        let control = reader.info().frame_control();
        seen.push(canvas.lay(&Layer {
            top: control.map_or(0, |control| control.y_offset as usize),
            left: control.map_or(0, |control| control.x_offset as usize),
            width: info.width as usize,
            replaces: control.is_none_or(|control| control.blend_op == BlendOp::Source),
            after: match control.map(|control| control.dispose_op) {
                Some(DisposeOp::Background) => DisposalMethod::Background,
                Some(DisposeOp::Previous) => DisposalMethod::Previous,
                _ => DisposalMethod::Keep,
            },
            rgba: &rgba,
        }));
    }
    Ok(canvas.pictures(seen))
}

/// The text that our own pictures carry before their first pixels, damaged or not.
pub(super) fn note(bytes: &[u8]) -> Option<String> {
    let mut decoder = decoder(bytes);
    decoder.ignore_checksums(true);
    let reader = decoder.read_info().ok()?;
    // Ours is not compressed, and what is may have any size.
    let text = reader.info().utf8_text.iter().find(|text| text.keyword == stamp::WORD && !text.compressed)?;
    text.get_text().ok()
}

fn decoder(bytes: &[u8]) -> Decoder<Cursor<&[u8]>> {
    Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: 4 * MAX_PIXELS })
}

/// A state, one pixel a cell.
pub(super) fn encode_state(out: &mut dyn Write, grid: &Grid) -> io::Result<()> {
    let mut encoder = indexed(out, grid.height, grid.width, &PALETTE)?;
    encoder.set_compression(png::Compression::High);
    finish(encoder, |writer| writer.write_image_data(&grid.cells).map_err(other))
}

/// One picture of a film.
pub(super) fn encode(out: &mut dyn Write, film: &Film, pixels: &[u8], text: String) -> io::Result<()> {
    let mut encoder = indexed(out, film.height, film.width, film.palette)?;
    encoder.add_itxt_chunk(stamp::WORD.to_owned(), text).map_err(other)?;
    finish(encoder, |writer| writer.write_image_data(pixels).map_err(other))
}

/// Writes a film that loops.
pub(super) fn encode_film(out: &mut dyn Write, film: &mut Film) -> io::Result<()> {
    let mut encoder = indexed(out, film.height, film.width, film.palette)?;
    encoder.add_itxt_chunk(stamp::WORD.to_owned(), film.text(0)).map_err(other)?;
    encoder.set_animated(film.count as u32, 0).map_err(other)?;
    encoder.set_frame_delay(film.delay.hundredths(), 100).map_err(other)?;
    finish(encoder, |writer| film.play(|_, _, pixels| writer.write_image_data(pixels).map_err(other)))
}

fn indexed<'a>(
    out: &'a mut dyn Write,
    height: usize,
    width: usize,
    palette: &[[u8; 3]],
) -> io::Result<Encoder<'a, &'a mut dyn Write>> {
    let side = |pixels: usize| u32::try_from(pixels).map_err(io::Error::other);
    let mut encoder = Encoder::new(out, side(width)?, side(height)?);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(palette.as_flattened().to_vec());
    // Neighbouring indices say nothing of each other's size.
    encoder.set_filter(png::Filter::NoFilter);
    Ok(encoder)
}

/// Writes the pictures between a header and an end.
fn finish<W: Write>(encoder: Encoder<W>, write: impl FnOnce(&mut png::Writer<W>) -> io::Result<()>) -> io::Result<()> {
    let mut writer = encoder.write_header().map_err(other)?;
    write(&mut writer)?;
    writer.finish().map_err(other)
}

fn other(error: EncodingError) -> io::Error {
    match error {
        EncodingError::IoError(error) => error,
        error => io::Error::other(error),
    }
}

//! NumPy's array file: colours as whole numbers of any width.
//!
//! The header is a Python dictionary with three known entries, read by name rather than by a parser of Python, so that
//! no file can make it recurse; the crates for it bring such a parser, and cannot write our note.

use std::io::{self, Write};
use std::path::Path;

use super::film::Film;
use super::{Wanted, bytes};
use crate::files::{FileError, size_problem, write_atomically};
use crate::spec::COLOURS;
use crate::spec::grid::Grid;

pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
/// Stands between a header's dictionary and a note.
const NOTE: &str = " # ";

/// The states of an array (H, W) or (N, H, W).
pub(super) fn read(path: &Path, _: Wanted) -> Result<Vec<Grid>, FileError> {
    let wrong = |problem: &str| FileError::content(path, problem);
    let bytes = bytes(path)?;
    let (header, data) = split(&bytes).ok_or_else(|| wrong("is cut short or not an NPY file"))?;
    let entry = |key: &str| header.split_once(&format!("'{key}':")).map(|(_, rest)| rest.trim_start());
    let kind = entry("descr").and_then(|rest| rest.strip_prefix('\'')?.split('\'').next());
    let kind = kind.ok_or_else(|| wrong("is not an array of plain numbers; save colours as uint8"))?;
    if !entry("fortran_order").is_some_and(|rest| rest.starts_with("False")) {
        return Err(wrong("is not in C order; save it through numpy.ascontiguousarray"));
    }
    let shape = entry("shape").and_then(|rest| rest.strip_prefix('(')?.split(')').next());
    let shape: Option<Vec<u64>> = shape.and_then(|inside| {
        let axes = inside.split(',').map(str::trim).filter(|axis| !axis.is_empty());
        axes.map(|axis| axis.parse().ok()).collect()
    });
    let (count, height, width) = match shape.as_deref() {
        Some(&[height, width]) => (1, height, width),
        Some(&[count, height, width]) => (count, height, width),
        _ => return Err(wrong("is not an array of shape (H, W) or (N, H, W)")),
    };
    if let Some(problem) = size_problem(height, width) {
        return Err(FileError::content(path, problem));
    }

    let (order, kind) = kind.split_at_checked(1).ok_or_else(|| wrong("has no kind of number"))?;
    let size = match kind {
        "b1" | "u1" | "i1" => 1,
        "u2" | "i2" => 2,
        "u4" | "i4" => 4,
        "u8" | "i8" => 8,
        _ => return Err(FileError::content(path, format!("holds numbers of kind {kind:?}; save colours as uint8"))),
    };
    let needed = u128::from(count) * u128::from(height * width) * size as u128;
    if needed != data.len() as u128 {
        return Err(FileError::content(
            path,
            format!("has {} bytes of numbers, not the {needed} of its shape", data.len()),
        ));
    }
    if count == 0 {
        return Err(wrong("holds no state"));
    }
    let colour = |number: &[u8]| -> Option<u8> {
        let (lowest, rest) = if order == ">" { number.split_last()? } else { number.split_first()? };
        (usize::from(*lowest) < COLOURS && rest.iter().all(|&byte| byte == 0)).then_some(*lowest)
    };
    let cells: Option<Vec<u8>> = data.chunks_exact(size).map(colour).collect();
    let cells = cells.ok_or_else(|| wrong("holds numbers that are not colours; a colour is 0 to 9"))?;
    let (height, width) = (height as usize, width as usize);
    Ok(cells.chunks_exact(height * width).map(|cells| Grid { height, width, cells: cells.to_vec() }).collect())
}

/// Writes an NPY array, u8 (N, H, W).
pub fn write_npy(path: &Path, states: &[Grid]) -> Result<(), FileError> {
    let (height, width) = states.first().map_or((0, 0), |grid| (grid.height, grid.width));
    write_atomically(path, |out| {
        encode_header(out, &[states.len(), height, width], "")?;
        states.iter().try_for_each(|grid| out.write_all(&grid.cells))
    })
}

/// Writes the states of a film, u8 (N, H, W).
pub(super) fn encode_film(out: &mut dyn Write, film: &mut Film) -> io::Result<()> {
    encode_header(out, &[film.count, film.height, film.width], &film.text(0))?;
    film.play(|_, _, cells| out.write_all(cells))
}

/// Writes a state, u8 (H, W).
pub(super) fn encode(out: &mut dyn Write, grid: &Grid) -> io::Result<()> {
    encode_header(out, &[grid.height, grid.width], "")?;
    out.write_all(&grid.cells)
}

/// Writes what precedes the u8 numbers of an array, version 1.0. Readers take the dictionary for Python, in which a
/// comment may follow it: the one place of the format for a note.
fn encode_header(out: &mut dyn Write, shape: &[usize], note: &str) -> io::Result<()> {
    let shape = shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let mut header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({shape}), }}");
    if !note.is_empty() {
        header += NOTE;
        header += note;
    }
    // Magic, version and length take ten bytes; the numbers begin at a multiple of 64, after a newline.
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 10;
    header.extend(std::iter::repeat_n(' ', padded - header.len() - 1));
    header.push('\n');
    let length = u16::try_from(header.len()).map_err(|_| io::Error::other("its header is too long"))?;
    out.write_all(MAGIC)?;
    out.write_all(&[1, 0])?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(header.as_bytes())
}

/// The note that follows a header's dictionary.
pub(super) fn note(bytes: &[u8]) -> Option<String> {
    Some(split(bytes)?.0.split_once(NOTE)?.1.trim().to_owned())
}

/// Header and numbers.
fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (version, rest) = rest.split_at_checked(2)?;
    let (length, rest) = if version[0] == 1 {
        let (length, rest) = rest.split_first_chunk::<2>()?;
        (usize::from(u16::from_le_bytes(*length)), rest)
    } else {
        let (length, rest) = rest.split_first_chunk::<4>()?;
        (u32::from_le_bytes(*length) as usize, rest)
    };
    let (header, data) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(header).ok()?, data))
}

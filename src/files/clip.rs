//! Clips: a sequence of states, to look at or to compute with, each with its [`Stamp`].

use std::path::Path;

use super::format::{Cancelled, FORMATS, Film, Wanted, bytes, endings, names, pngs_in};
use super::pattern::{self, TWO_STATES};
use super::stamp::{self, Stamp};
use super::{Colours, FileError, TAKEN, folder_of};
use crate::spec::grid::Grid;

pub use super::format::{Clip, Delay, Drawing, Format, Holds, Progress, write_npy};

/// The format that a path's end asks for; checks, before there is anything to write, that a clip can be written there.
pub fn format_of(path: &Path) -> Result<&'static Format, FileError> {
    let Some(format) = Format::of_clip(path) else {
        let ends = endings(Format::of_clips());
        let problem = format!("is to be a clip; end its name in {ends}, or in nothing for a folder of PNGs");
        return Err(FileError::content(path, problem));
    };
    folder_of(path).map_err(FileError::writing(path))?;
    let taken = (format.extension().is_empty() && path.exists()).then_some(TAKEN);
    match format.missing().or(taken) {
        Some(problem) => Err(FileError::content(path, format!("cannot be written: {problem}"))),
        None => Ok(format),
    }
}

/// Writes a clip whole or not at all: nothing has its name before it is finished, and nothing stays of one that was
/// cancelled.
pub fn write_clip(path: &Path, format: &Format, clip: &Clip, progress: Progress) -> Result<(), FileError> {
    let wrong = |problem: String| FileError::content(path, format!("cannot be written: {problem}"));
    let write = format.film.ok_or_else(|| wrong(format!("{} holds no clip", format.a)))?;
    let mut film = Film::new(clip, format.holds, progress).map_err(wrong)?;
    write(path, &mut film).map_err(|cause| match cause.get_ref() {
        Some(error) if error.is::<Cancelled>() => FileError::Cancelled { path: path.to_owned() },
        _ => FileError::writing(path)(cause),
    })
}

/// Reads a clip of at most ten colours, ours or others, whose pictures have one pixel or a whole square of them a cell.
pub fn read_clip(path: &Path) -> Result<Vec<Grid>, FileError> {
    let clips = || Format::of_clips().filter(|format| format.read.is_some());
    let read = Format::of(path, clips())?.and_then(|format| format.read);
    let wrong = || FileError::content(path, format!("is not a clip; a clip is {}", names(clips())));
    read.ok_or_else(wrong)?(path, Wanted { all: true, colours: Colours::Distinct, two_states: TWO_STATES })
}

/// The stamp of a clip and its first state; none where the file, or the first PNG of the folder, is not one of ours.
pub fn read_stamp(path: &Path) -> Result<Option<(Stamp, Grid)>, FileError> {
    if path.is_dir() {
        return pngs_in(path)?.first().map_or(Ok(None), |first| read_stamp(first));
    }
    let note = Format::of(path, FORMATS.iter())?.and_then(|format| format.note);
    let Some(text) = note.map(|note| bytes(path).map(|bytes| note(&bytes))).transpose()?.flatten() else {
        return Ok(None);
    };
    let wrong = |problem: String| FileError::content(path, format!("has a stamp that cannot be read: {problem}"));
    let Some((stamp, start)) = stamp::parse(&text).map_err(wrong)? else { return Ok(None) };
    let state = match start {
        Some(text) => pattern::read_text(&text, TWO_STATES).map_err(|error| wrong(error.to_string()))?,
        None => pattern::open(path, Colours::Exact)?,
    };
    Ok(Some((stamp, state)))
}

//! Clips: a sequence of states, to look at (GIF, APNG, PNGs, MP4) or to compute with (NPY), each with its [`Stamp`].

use std::error::Error;
use std::fs;
use std::io::{self, BufWriter};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::pattern::{Format, MAX_BYTES};
use super::picture::Pictures;
use super::stamp::{self, Stamp};
use super::{
    Colours, FileError, Which, beside, extension, files_in, folder_of, gif, mp4, npy, png, read, sync_folder,
    write_atomically,
};
use crate::picture::enlarged;
use crate::spec::PALETTE;
use crate::spec::grid::Grid;

pub use super::mp4::ffmpeg_found;

/// How large a cell may be drawn in the largest clip that is read.
pub(super) const MAX_CELL: usize = 16;
/// The most pixels of all frames together.
pub(super) const MAX_PIXELS: usize = 1 << 28;

/// Why a folder is not written.
const TAKEN: &str = "something has that name already; choose another";

/// What a clip is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClipFormat {
    /// Indexed and lossless; opens everywhere.
    Gif,
    /// An animated PNG: lossless, and smaller.
    Apng,
    /// A folder with a PNG of each frame.
    Pngs,
    /// The states as u8 (N, H, W), whatever the pictures would show.
    Npy,
    /// A film by the user's own `ffmpeg`: lossy, for sites that take nothing else.
    Mp4,
}

impl ClipFormat {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Gif, Self::Apng, Self::Pngs, Self::Npy, Self::Mp4];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gif => "GIF",
            Self::Apng => "APNG",
            Self::Pngs => "folder of PNGs",
            Self::Npy => "NPY",
            Self::Mp4 => "MP4",
        }
    }

    /// How its files' names end; a folder's name ends in nothing.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Gif => "gif",
            Self::Apng => "apng",
            Self::Pngs => "",
            Self::Npy => "npy",
            Self::Mp4 => "mp4",
        }
    }

    /// The format that a path's end asks for; checks, before there is anything to write, that it can be written there.
    pub fn of_output(path: &Path) -> Result<Self, FileError> {
        let end = extension(path);
        let format =
            Self::ALL.into_iter().find(|format| format.extension() == if end == "png" { "apng" } else { &end });
        let Some(format) = format else {
            let problem =
                "is to be a clip; end its name in .gif, .apng, .npy or .mp4, or in nothing for a folder of PNGs";
            return Err(FileError::content(path, problem));
        };
        folder_of(path).map_err(FileError::writing(path))?;
        match format {
            Self::Pngs if path.exists() => Err(FileError::content(path, format!("cannot be written: {TAKEN}"))),
            Self::Mp4 if !ffmpeg_found() => {
                Err(FileError::content(path, format!("cannot be written: {}", mp4::MISSING)))
            }
            _ => Ok(format),
        }
    }
}

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

    /// Frames a second.
    pub fn rate(self) -> f32 {
        100.0 / f32::from(self.0)
    }
}

/// What is to be written.
pub struct Clip<'a> {
    /// The states, all of one size.
    pub states: &'a [Grid],
    /// Pixels of a cell's side.
    pub scale: usize,
    /// Time from frame to frame.
    pub delay: Delay,
    /// Where the first state comes from.
    pub stamp: &'a Stamp,
    /// How a frame is drawn where it shows more than its state: an overlay, a caption.
    pub drawing: Option<Drawing<'a>>,
}

/// Another picture than the state's own cells.
pub struct Drawing<'a> {
    /// Rows and columns of pixels.
    pub size: (usize, usize),
    /// Up to 256 colours.
    pub palette: &'a [[u8; 3]],
    /// The indices of a frame's pixels, row-major; asked for once for each frame, in order. A cell is as large as the
    /// clip's `scale` says.
    pub draw: &'a dyn Fn(usize) -> io::Result<Vec<u8>>,
}

/// Called before each frame with the number of those done and of all; a break ends the writing.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize) -> ControlFlow<()>;

/// Writes a clip whole or not at all: nothing has its name before it is finished, and nothing stays of one that was
/// cancelled. In an MP4 cells have an even number of pixels, since its colours have half the resolution.
pub fn write_clip(path: &Path, format: ClipFormat, clip: &Clip, progress: Progress) -> Result<(), FileError> {
    let wrong = |problem: String| Err(FileError::content(path, format!("cannot be written: {problem}")));
    let Some(first) = clip.states.first() else {
        return wrong("the clip has no frame".to_owned());
    };
    if clip.states.iter().any(|state| (state.height, state.width) != (first.height, first.width)) {
        return wrong("its states have different sizes".to_owned());
    }
    let scale = clip.scale.max(1);
    let mut film = Film {
        height: first.height,
        width: first.width,
        palette: &PALETTE,
        count: clip.states.len(),
        delay: clip.delay,
        scale: if format == ClipFormat::Mp4 { scale.next_multiple_of(2) } else { scale },
        exact: format != ClipFormat::Mp4,
        clip,
        progress,
    };
    match &clip.drawing {
        Some(drawing) if format != ClipFormat::Npy => {
            if !(1..=256).contains(&drawing.palette.len()) {
                return wrong(format!("a picture has 1 to 256 colours, not {}", drawing.palette.len()));
            }
            (film.height, film.width) = drawing.size;
            (film.palette, film.exact) = (drawing.palette, false);
        }
        _ => (film.height, film.width) = (film.height * film.scale, film.width * film.scale),
    }
    let done = match format {
        ClipFormat::Gif => write_atomically(path, |out| gif::encode(out, &mut film)),
        ClipFormat::Apng => write_atomically(path, |out| png::encode_film(out, &mut film)),
        ClipFormat::Pngs => write_pngs(path, &mut film).map_err(FileError::writing(path)),
        ClipFormat::Npy => write_atomically(path, |out| {
            npy::encode_header(out, &[clip.states.len(), first.height, first.width], &film.text(0))?;
            (0..clip.states.len()).try_for_each(|i| {
                film.goes_on(i)?;
                out.write_all(&clip.states[i].cells)
            })
        }),
        ClipFormat::Mp4 => mp4::write(path, &mut film).map_err(FileError::writing(path)),
    };
    done.map_err(|error| match error {
        FileError::Io { path, cause, .. }
            if cause.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<Cancelled>) =>
        {
            FileError::Cancelled { path }
        }
        error => error,
    })
}

/// Writes an NPY array, u8 (N, H, W).
pub fn write_npy(path: &Path, states: &[Grid]) -> Result<(), FileError> {
    let (height, width) = states.first().map_or((0, 0), |grid| (grid.height, grid.width));
    write_atomically(path, |out| {
        npy::encode_header(out, &[states.len(), height, width], "")?;
        states.iter().try_for_each(|grid| out.write_all(&grid.cells))
    })
}

/// Reads a clip of at most ten colours, ours or others: a GIF, an APNG or a folder of PNGs, with one pixel or a whole
/// square of them a cell, or an NPY.
pub fn read_clip(path: &Path) -> Result<Vec<Grid>, FileError> {
    if path.is_dir() {
        return read_pngs(path)?.grids(Colours::Distinct, path);
    }
    match Format::of_file(path)? {
        Format::Gif => gif::decode(&read(path, MAX_BYTES)?, Which::All, path)?.grids(Colours::Distinct, path),
        Format::Png => png::decode(&read(path, MAX_BYTES)?, Which::All, path)?.grids(Colours::Distinct, path),
        Format::Npy => npy::decode(&read(path, MAX_BYTES)?, path),
        _ => Err(FileError::content(path, "is not a clip; a clip is a GIF, an APNG, an NPY or a folder of PNGs")),
    }
}

/// A clip as its encoders see it: pictures of one size, one after the other.
pub(super) struct Film<'a> {
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
    /// What the pixels are indices of.
    pub palette: &'a [[u8; 3]],
    /// How many pictures.
    pub count: usize,
    /// Time from one to the next.
    pub delay: Delay,
    scale: usize,
    /// Whether the states can be read back from the pictures.
    exact: bool,
    clip: &'a Clip<'a>,
    progress: Progress<'a>,
}

impl Film<'_> {
    /// Hands each picture's number and pixels to an encoder, as long as nobody cancels.
    pub fn play(&mut self, mut each: impl FnMut(usize, &[u8]) -> io::Result<()>) -> io::Result<()> {
        for i in 0..self.count {
            self.goes_on(i)?;
            each(i, &self.picture(i)?)?;
        }
        Ok(())
    }

    /// What is written about the pictures from one on.
    pub fn text(&self, frame: usize) -> String {
        let start = (!self.exact).then(|| &self.clip.states[frame]);
        stamp::text(self.clip.stamp, self.exact.then_some(self.scale), frame, start)
    }

    fn goes_on(&mut self, done: usize) -> io::Result<()> {
        match (self.progress)(done, self.count) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(io::Error::other(Cancelled)),
        }
    }

    fn picture(&self, frame: usize) -> io::Result<Vec<u8>> {
        if let Some(drawing) = &self.clip.drawing {
            let mut pixels = (drawing.draw)(frame)?;
            // A picture of another size would make a file that no viewer reads.
            pixels.resize(self.height * self.width, 0);
            return Ok(pixels);
        }
        Ok(enlarged(&self.clip.states[frame], self.scale))
    }
}

/// Why a writing broke off when somebody wanted it to.
#[derive(Debug, thiserror::Error)]
#[error("it was cancelled")]
struct Cancelled;

/// Writes the folder under another name first.
fn write_pngs(path: &Path, film: &mut Film) -> io::Result<()> {
    if path.exists() {
        return Err(io::Error::other(TAKEN));
    }
    let folder = beside(path, 0o777, |builder, folder| builder.tempdir_in(folder))?;
    let digits = film.count.to_string().len();
    for i in 0..film.count {
        film.goes_on(i)?;
        let mut out = BufWriter::new(fs::File::create_new(folder.path().join(format!("{i:0digits$}.png")))?);
        png::encode(&mut out, film, &film.picture(i)?, film.text(i))?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    }
    fs::rename(folder.keep(), path)?;
    sync_folder(path)
}

/// The pictures of a folder in the order of their names.
fn read_pngs(folder: &Path) -> Result<Pictures, FileError> {
    let mut all: Option<Pictures> = None;
    for path in &pngs_in(folder)? {
        let pictures = png::decode(&read(path, MAX_BYTES)?, Which::First, path)?;
        match &mut all {
            None => all = Some(pictures),
            Some(all) if (all.height, all.width) == (pictures.height, pictures.width) => {
                all.frames.extend(pictures.frames);
            }
            Some(_) => return Err(FileError::content(path, "has another size than the pictures before it")),
        }
        if all.as_ref().is_some_and(|all| all.frames.len() * all.height * all.width > MAX_PIXELS) {
            return Err(FileError::content(folder, "has more pictures than are read"));
        }
    }
    all.ok_or_else(|| FileError::content(folder, "holds no PNG"))
}

/// The PNGs of a folder in the order of their names.
pub(super) fn pngs_in(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut files = files_in(folder)?;
    files.retain(|file| extension(file) == "png");
    Ok(files)
}

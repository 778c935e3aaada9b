//! Formats: from the rows of [`FORMATS`] follow how files are told apart, what can be read and written, and what dialogs,
//! help and errors say of it. A new format is a file beside this one and a row.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use super::checkpoint::Checkpoint;
use super::{FileError, extension, read, whole};
use crate::spec::grid::Grid;

mod film;
mod frames;
mod gif;
mod mp4;
mod npy;
mod png;
mod pngs;
mod rle;

pub use film::{Clip, Delay, Drawing, Progress};
pub use frames::Colours;
pub use npy::write_npy;
pub use png::write_png;

pub(super) use film::{Cancelled, Film};
pub(super) use pngs::files as pngs_in;
pub(super) use rle::{decode as read_rle, encode as to_rle};

/// The largest file that is read as a pattern or a clip.
const MAX_BYTES: u64 = 1 << 30;
/// How much of a file tells what it is.
const HEAD: u64 = 16;

/// A kind of file, or of folder, that holds states.
#[derive(Debug)]
pub struct Format {
    /// What it is called, with its article.
    pub a: &'static str,
    /// How its files' names end, without the dot and the usual one first; a folder's name ends in nothing.
    pub ends: &'static [&'static str],
    /// What a clip of it holds.
    pub holds: Holds,
    /// Whether a file with this head is one; of several rows the first has it.
    is: fn(&Head) -> bool,
    /// Reads the states that are wanted, or more.
    pub(super) read: Option<fn(&Path, Wanted) -> Result<Vec<Grid>, FileError>>,
    /// Writes one state.
    pub(super) write: Option<fn(&mut dyn Write, &Grid) -> io::Result<()>>,
    /// Writes a clip.
    pub(super) film: Option<fn(&Path, &mut Film) -> io::Result<()>>,
    /// The text of a file in which its stamp stands.
    pub(super) note: Option<fn(&[u8]) -> Option<String>>,
    /// Why none can be written on this machine.
    missing: fn() -> Option<&'static str>,
}

/// What is in a clip besides its stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// The states, whatever pictures of them would show.
    States,
    /// Pictures, from which the states can be read back unless more is drawn.
    Pictures,
    /// Pictures whose colours have half the resolution: a cell's side is an even number of pixels.
    Blurred,
}

const NOTHING: Format = Format {
    a: "",
    ends: &[],
    holds: Holds::Pictures,
    is: |_| false,
    read: None,
    write: None,
    film: None,
    note: None,
    missing: || None,
};

/// Every format, in the order in which a file is tried and in which they are named.
pub static FORMATS: &[Format] = &[
    Format {
        a: "a PNG",
        ends: &["png"],
        is: |head| head.bytes.starts_with(png::MAGIC),
        read: Some(png::read),
        write: Some(png::encode_state),
        note: Some(png::note),
        ..NOTHING
    },
    Format {
        a: "a GIF",
        ends: &["gif"],
        is: |head| head.bytes.starts_with(b"GIF8"),
        read: Some(|path, wanted| gif::decode(&bytes(path)?, wanted.all, path)?.grids(wanted.colours, path)),
        film: Some(|path, film| whole(path, |out| gif::encode(out, film))),
        note: Some(gif::note),
        ..NOTHING
    },
    Format {
        a: "an APNG",
        ends: &["apng", "png"],
        is: |head| head.bytes.starts_with(png::MAGIC),
        read: Some(png::read),
        film: Some(|path, film| whole(path, |out| png::encode_film(out, film))),
        ..NOTHING
    },
    Format {
        a: "an NPY",
        ends: &["npy"],
        holds: Holds::States,
        is: |head| head.bytes.starts_with(npy::MAGIC),
        read: Some(npy::read),
        write: Some(npy::encode),
        film: Some(|path, film| whole(path, |out| npy::encode_film(out, film))),
        note: Some(npy::note),
        ..NOTHING
    },
    Format {
        a: "an MP4",
        ends: &["mp4"],
        holds: Holds::Blurred,
        is: |head| head.bytes.get(4..8) == Some(b"ftyp"),
        film: Some(mp4::write),
        note: Some(mp4::note),
        missing: mp4::missing,
        ..NOTHING
    },
    Format {
        a: "a folder of PNGs",
        ends: &[""],
        is: |head| head.is_folder,
        read: Some(pngs::read),
        film: Some(pngs::write),
        ..NOTHING
    },
    Format {
        a: "a checkpoint",
        ends: &["safetensors"],
        // The length of its header, as eight bytes, and JSON.
        is: |head| head.bytes.get(5..9) == Some(b"\0\0\0{"),
        read: Some(|path, _| Ok(Checkpoint::read(path)?.worlds)),
        ..NOTHING
    },
    Format {
        a: "an RLE pattern",
        ends: &["rle"],
        is: |head| head.end == "rle",
        read: Some(rle::read),
        write: Some(|out, grid| out.write_all(rle::encode(grid).as_bytes())),
        ..NOTHING
    },
];

impl Format {
    /// The formats that a state is read from.
    pub fn readable() -> impl Iterator<Item = &'static Self> {
        FORMATS.iter().filter(|format| format.read.is_some())
    }

    /// The formats that a state is written in.
    pub fn of_patterns() -> impl Iterator<Item = &'static Self> {
        FORMATS.iter().filter(|format| format.write.is_some())
    }

    /// The formats that a clip is written in.
    pub fn of_clips() -> impl Iterator<Item = &'static Self> {
        FORMATS.iter().filter(|format| format.film.is_some())
    }

    /// The format that a path's end asks for, for a clip.
    pub fn of_clip(path: &Path) -> Option<&'static Self> {
        Self::asked(path, Self::of_clips())
    }

    /// How the names of files end of which anything can be made.
    pub fn openable() -> Vec<&'static str> {
        let mut ends: Vec<&str> = Vec::new();
        for end in FORMATS
            .iter()
            .filter(|format| format.read.is_some() || format.note.is_some())
            .flat_map(|format| format.ends)
        {
            if !end.is_empty() && !ends.contains(end) {
                ends.push(end);
            }
        }
        ends
    }

    /// What it is called.
    pub fn name(&self) -> &'static str {
        self.a.split_once(' ').map_or(self.a, |(_, name)| name)
    }

    /// How its files' names usually end, without the dot.
    pub fn extension(&self) -> &'static str {
        self.ends[0]
    }

    /// Why no clip of it can be written on this machine, if none can.
    pub fn missing(&self) -> Option<&'static str> {
        (self.missing)()
    }

    /// The first of these formats that a file is of.
    pub(super) fn of(
        path: &Path,
        mut formats: impl Iterator<Item = &'static Self>,
    ) -> Result<Option<&'static Self>, FileError> {
        let head = Head::of(path)?;
        Ok(formats.find(|format| (format.is)(&head)))
    }

    /// The one of these formats that a path's end asks for.
    pub(super) fn asked(path: &Path, mut formats: impl Iterator<Item = &'static Self>) -> Option<&'static Self> {
        let end = extension(path);
        formats.find(|format| format.ends.contains(&&*end))
    }
}

/// Formats are told apart by their names.
impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.a == other.a
    }
}

/// What these formats are called, each with its article: "a GIF, an NPY or a checkpoint".
pub fn names<'a>(formats: impl Iterator<Item = &'a Format>) -> String {
    any_of(formats.map(|format| format.a.to_owned()))
}

/// How the names of these formats' files end: ".png, .npy or .rle".
pub fn endings<'a>(formats: impl Iterator<Item = &'a Format>) -> String {
    any_of(formats.map(Format::extension).filter(|end| !end.is_empty()).map(|end| format!(".{end}")))
}

fn any_of(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    match &words[..] {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        _ => words.concat(),
    }
}

/// What a file is told by.
struct Head {
    is_folder: bool,
    /// Its first bytes.
    bytes: Vec<u8>,
    /// How its name ends, in lower case and without the dot.
    end: String,
}

impl Head {
    fn of(path: &Path) -> Result<Self, FileError> {
        let mut head = Self { is_folder: path.is_dir(), bytes: Vec::new(), end: extension(path) };
        if !head.is_folder {
            let file = File::open(path).map_err(FileError::reading(path))?;
            file.take(HEAD).read_to_end(&mut head.bytes).map_err(FileError::reading(path))?;
        }
        Ok(head)
    }
}

/// The whole of a pattern or a clip.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    read(path, MAX_BYTES)
}

/// What is wanted of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Whether more than the first state is.
    pub all: bool,
    /// What becomes of a picture's foreign colours.
    pub colours: Colours,
    /// The colours of a two-state pattern's dead and living cells.
    pub two_states: (u8, u8),
}

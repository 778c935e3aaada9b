//! L1: what is read from and written to disk.
//!
//! - [`checkpoint`]: everything that a run's future depends on.
//! - [`run`]: a run's folder.
//! - [`format`](mod@format): one row for each kind of file that holds states.
//! - [`pattern`]: one state.
//! - [`scenario`]: the pictures that a configuration names.
//! - [`clip`]: many states.
//! - [`stamp`]: what a clip says of its origin.
//! - [`tensors`]: named arrays.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::spec::config::Config;
use crate::spec::grid::MAX_SIDE;
use crate::spec::settings::ConfigError;

pub mod checkpoint;
pub mod clip;
pub mod format;
pub mod pattern;
pub mod run;
pub mod scenario;
pub mod stamp;
pub mod tensors;

pub use format::{Colours, write_png};

/// Why a folder is not written.
const TAKEN: &str = "something has that name already; choose another";

/// Why a file cannot be read or written: one sentence with the file's name.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The disk or its rights.
    #[error("`{}` cannot be {done}: {}", .path.display(), reason(.cause))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// "read" or "written".
        done: &'static str,
        /// What the system says.
        cause: io::Error,
    },
    /// The bytes are not what they should be.
    #[error("`{}` {problem}", .path.display())]
    Content {
        /// The file or folder.
        path: PathBuf,
        /// What it is, what it should be.
        problem: String,
    },
    /// The writing was ended before its end.
    #[error("`{}` is not written: it was cancelled", .path.display())]
    Cancelled {
        /// The file or folder.
        path: PathBuf,
    },
    /// Text that is no pattern, from where there are no names.
    #[error("the text {problem}")]
    Text {
        /// What it is, what it should be.
        problem: String,
    },
    /// A configuration that is none.
    #[error("`{}`: {cause}", .path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// Where, and why.
        cause: ConfigError,
    },
    /// A picture in colours that are not the palette's.
    #[error(
        "`{}` has {colours} colours, and {pixels} of its {of} pixels have none of the ten of the palette; \
         with --nearest each takes the nearest of them", .path.display()
    )]
    Colours {
        /// The file.
        path: PathBuf,
        /// Different colours in it.
        colours: usize,
        /// Pixels whose colour is not the palette's.
        pixels: usize,
        /// All pixels.
        of: usize,
    },
}

impl FileError {
    fn content(path: &Path, problem: impl Into<String>) -> Self {
        Self::Content { path: path.to_owned(), problem: problem.into() }
    }

    fn reading(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Io { path: path.to_owned(), done: "read", cause }
    }

    fn writing(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Io { path: path.to_owned(), done: "written", cause }
    }
}

/// What the system says, without its number.
fn reason(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        _ => cause.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
    }
}

/// Reads a file that people write by hand.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    String::from_utf8(read(path, 1 << 20)?).map_err(|_| FileError::content(path, "is not text; it should be RON"))
}

/// Reads a configuration file.
pub fn read_config(path: &Path) -> Result<Config, FileError> {
    Config::from_ron(&read_text(path)?).map_err(|cause| FileError::Config { path: path.to_owned(), cause })
}

/// Checks, before there is anything to write, that a file's name ends as its format does and that its folder is there.
pub fn check_output(path: &Path, extension: &str) -> Result<(), FileError> {
    if !path.extension().is_some_and(|end| end.eq_ignore_ascii_case(extension)) {
        return Err(FileError::content(
            path,
            format!("is to be written in the format that ends in .{extension}; name it so"),
        ));
    }
    folder_of(path).map(|_| ()).map_err(FileError::writing(path))
}

/// How a file's name ends, in lower case and without the dot.
fn extension(path: &Path) -> String {
    path.extension().map(|end| end.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Makes the folder that a file is to be written in, if need be.
pub fn make_folder_of(path: &Path) -> Result<(), FileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(Ok(()), |folder| fs::create_dir_all(folder).map_err(FileError::writing(folder)))
}

/// The folder that a file is to be written in.
fn folder_of(path: &Path) -> io::Result<&Path> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let missing = || io::Error::other(format!("the folder `{}` does not exist", folder.display()));
    if folder.is_dir() { Ok(folder) } else { Err(missing()) }
}

/// Writes a file whole or not at all: what `write` produces goes to a file beside it that then takes its name.
pub fn write_atomically(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), FileError> {
    whole(path, write).map_err(FileError::writing(path))
}

fn whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file_beside(path)?);
    write(&mut out)?;
    persist(out.into_inner().map_err(io::IntoInnerError::into_error)?, path)
}

/// A file in the same folder that is to take a name, and that goes away if it never does.
fn file_beside(path: &Path) -> io::Result<NamedTempFile> {
    // A rename would replace a folder's or a device's name by a file's.
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::other("something that is not a file has that name"));
    }
    beside(path, 0o666, |builder, folder| builder.tempfile_in(folder))
}

/// Something temporary beside a path, with the mode that the system gives to what is new.
fn beside<T>(
    path: &Path,
    mode: u32,
    make: impl FnOnce(&tempfile::Builder<'_, '_>, &Path) -> io::Result<T>,
) -> io::Result<T> {
    let folder = folder_of(path)?;
    let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?.to_string_lossy();
    let prefix = format!(".{name}.");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(<fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    // The error's own text names the temporary file.
    make(&builder, folder).map_err(|error| io::Error::from(error.kind()))
}

/// Gives a finished file its name.
fn persist(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(path)
}

/// A new name must reach the disk as well; not every system can sync a folder.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder_of(path)?)?.sync_all() } else { Ok(()) }
}

/// The files in a folder that are not hidden, in the order of their names.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(FileError::reading(folder))? {
        let path = entry.map_err(FileError::reading(folder))?.path();
        if path.is_file() && !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A whole file of at most `limit` bytes.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let file = File::open(path).map_err(FileError::reading(path))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(FileError::reading(path))?;
    if bytes.len() as u64 > limit {
        return Err(FileError::content(path, format!("is larger than the {} MiB that are read", limit >> 20)));
    }
    Ok(bytes)
}

/// Why a size cannot be a grid's; patterns may be smaller than a window, since they are laid on a larger grid.
fn size_problem(height: u64, width: u64) -> Option<String> {
    let sides = 1..=MAX_SIDE as u64;
    (!sides.contains(&height) || !sides.contains(&width))
        .then(|| format!("is {height}×{width} cells large; a side has from 1 to {MAX_SIDE} cells"))
}

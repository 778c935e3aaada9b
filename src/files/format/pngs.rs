//! A folder of PNGs, each a frame with a stamp of its own.

use std::fs;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use super::film::Film;
use super::frames::{MAX_PIXELS, Pictures};
use super::{Wanted, bytes, png};
use crate::files::{FileError, TAKEN, beside, extension, files_in, sync_folder};
use crate::spec::grid::Grid;

/// Writes a film; the folder has another name until it is whole.
pub(super) fn write(path: &Path, film: &mut Film) -> io::Result<()> {
    if path.exists() {
        return Err(io::Error::other(TAKEN));
    }
    let folder = beside(path, 0o777, |builder, folder| builder.tempdir_in(folder))?;
    let digits = film.count.to_string().len();
    film.play(|film, i, pixels| {
        let mut out = BufWriter::new(fs::File::create_new(folder.path().join(format!("{i:0digits$}.png")))?);
        png::encode(&mut out, film, pixels, film.text(i))?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    })?;
    fs::rename(folder.keep(), path)?;
    sync_folder(path)
}

/// The pictures of a folder in the order of their names.
pub(super) fn read(folder: &Path, wanted: Wanted) -> Result<Vec<Grid>, FileError> {
    let mut all: Option<Pictures> = None;
    for path in files(folder)?.iter().take(if wanted.all { usize::MAX } else { 1 }) {
        let pictures = png::decode(&bytes(path)?, false, path)?;
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
    all.ok_or_else(|| FileError::content(folder, "holds no PNG"))?.grids(wanted.colours, folder)
}

/// The PNGs of a folder in the order of their names.
pub(in crate::files) fn files(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut files = files_in(folder)?;
    files.retain(|file| extension(file) == "png");
    Ok(files)
}

//! What a run leaves behind: its curves, what happened to it, and a folder with both and a checkpoint.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::files::FileError;
use crate::files::checkpoint::Checkpoint;
use crate::files::run::{Happening, Mark, RunFolder, folder_of_checkpoint, read_marks, read_metrics, touch};
use crate::learn::Metrics;
use crate::spec::config::Config;
use crate::spec::settings::SETTINGS;

/// Time between checkpoints, unless another is asked for.
pub(super) const SAVE_EVERY: Duration = Duration::from_mins(5);

/// Where a run is kept.
enum Home {
    /// Nowhere yet; a run without an update needs no folder.
    New,
    /// It was taken up from this folder after this update.
    Left(PathBuf, u32),
    /// Here.
    Open(RunFolder),
}

/// The record of the run that learns.
pub(super) struct Journal {
    /// Where new runs get their folders; `None`: nothing is kept on disk.
    root: Option<PathBuf>,
    home: Home,
    /// Every update of the run.
    pub(super) history: Vec<Metrics>,
    /// What happened to it, by update.
    pub(super) marks: Vec<Mark>,
    /// How much of the history is on disk.
    written: usize,
    marks_written: bool,
    /// The update of the checkpoint on disk.
    saved: Option<u32>,
    saved_at: Instant,
    /// Time between checkpoints.
    pub(super) every: Duration,
    /// Whether nothing of the run goes to disk yet.
    pub(super) trial: bool,
    /// Stands in for the folder of a run that is not kept, until the session ends.
    scratch: Option<TempDir>,
}

impl Journal {
    pub(super) fn new(root: Option<PathBuf>) -> Self {
        Self {
            root,
            home: Home::New,
            history: Vec::new(),
            marks: Vec::new(),
            written: 0,
            marks_written: true,
            saved: None,
            saved_at: Instant::now(),
            every: SAVE_EVERY,
            trial: false,
            scratch: None,
        }
    }

    /// A new run.
    pub(super) fn begin(&mut self) {
        *self = Self { every: self.every, scratch: self.scratch.take(), ..Self::new(self.root.take()) };
    }

    /// A run taken up from a checkpoint: with its folder, if it lies in one, else as a new run.
    pub(super) fn take_up(&mut self, path: &Path, update: u32) -> Result<(), FileError> {
        self.begin();
        let (Some(folder), true) = (folder_of_checkpoint(path), self.root.is_some()) else { return Ok(()) };
        let mut history = read_metrics(folder, Metrics::parse)?;
        history.retain(|metrics| metrics.update <= update);
        let mut marks = read_marks(folder)?;
        marks.retain(|mark| mark.update <= update);
        (self.written, self.saved) = (history.len(), Some(update));
        (self.history, self.marks) = (history, marks);
        self.home = Home::Left(folder.to_owned(), update);
        // Where it cannot be written, the next update says so.
        if let Err(error) = touch(path) {
            log::warn!("{error}");
        }
        Ok(())
    }

    /// The run goes on from an earlier update, as another run.
    pub(super) fn branch(&mut self, update: u32) {
        let (history, marks) = (std::mem::take(&mut self.history), std::mem::take(&mut self.marks));
        let name = self.folder().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        self.begin();
        self.history = history.into_iter().filter(|metrics| metrics.update <= update).collect();
        self.marks = marks.into_iter().filter(|mark| mark.update <= update).collect();
        self.mark(update, Happening::Branched(name.unwrap_or_else(|| "the run before".to_owned())));
    }

    /// Where the run is kept, once it is.
    pub(super) fn folder(&self) -> Option<&Path> {
        match &self.home {
            Home::New => None,
            Home::Left(path, _) => Some(path),
            Home::Open(folder) => Some(folder.path()),
        }
    }

    /// Where the states lie that the run's worlds start from: in its folder, which is made for them, so that they are
    /// there whenever the run is taken up.
    pub(super) fn starts(&mut self, config: &Config) -> Result<PathBuf, Box<dyn std::error::Error>> {
        if let (Home::New, Some(root)) = (&self.home, &self.root) {
            self.home = Home::Open(RunFolder::create_next(root, config)?);
        }
        let folder = match (self.folder(), &self.scratch) {
            (Some(folder), _) => folder.to_owned(),
            (None, Some(scratch)) => scratch.path().to_owned(),
            (None, None) => {
                let made = tempfile::Builder::new().prefix("primordia-").tempdir()?;
                self.scratch.insert(made).path().to_owned()
            }
        };
        Ok(folder.join("starts"))
    }

    /// The update of the checkpoint on disk.
    pub(super) fn saved(&self) -> Option<u32> {
        self.saved
    }

    /// Something happened.
    pub(super) fn mark(&mut self, update: u32, what: Happening) {
        let at = self.marks.partition_point(|mark| mark.update <= update);
        self.marks.insert(at, Mark { update, what });
        self.marks_written = false;
    }

    /// Settings changed, with `update` as the first under the new ones.
    pub(super) fn changed(&mut self, update: u32, before: &Config, after: &Config) {
        for setting in SETTINGS.iter().filter(|setting| setting.differs(before, after)) {
            let (path, from, to) = (setting.path.to_owned(), setting.get(before), setting.get(after));
            self.mark(update, Happening::Changed { path, from, to });
        }
    }

    /// Takes a mark away.
    pub(super) fn forget(&mut self, mark: &Mark) {
        self.marks.retain(|kept| kept != mark);
        self.marks_written = false;
    }

    /// Puts on disk what is not there yet; a run of no updates leaves nothing, and one on trial neither.
    pub(super) fn write(&mut self, config: &Config) -> Result<(), FileError> {
        let Some(root) = &self.root else { return Ok(()) };
        if self.history.is_empty() || self.trial {
            return Ok(());
        }
        let folder = match &mut self.home {
            Home::Open(folder) => folder,
            home => {
                let folder = match home {
                    Home::Left(path, update) => RunFolder::resume(path, config, *update)?,
                    _ => RunFolder::create_next(root, config)?,
                };
                *home = Home::Open(folder);
                return self.write(config);
            }
        };
        let rows: Vec<_> = self.history[self.written..].iter().map(Metrics::row).collect();
        folder.append(&rows)?;
        self.written = self.history.len();
        if !self.marks_written {
            folder.write_marks(&self.marks)?;
            self.marks_written = true;
        }
        Ok(())
    }

    /// Whether it is time for another checkpoint.
    pub(super) fn is_due(&self) -> bool {
        self.saved_at.elapsed() >= self.every
    }

    /// Writes the rest and a checkpoint; whether there was anything to write.
    pub(super) fn save(&mut self, checkpoint: &Checkpoint) -> Result<bool, FileError> {
        // A save that fails is tried again when the next one is due.
        self.saved_at = Instant::now();
        self.write(&checkpoint.rule.config)?;
        let Home::Open(folder) = &self.home else { return Ok(false) };
        if self.saved == Some(checkpoint.rule.update) {
            return Ok(false);
        }
        folder.save(checkpoint)?;
        self.saved = Some(checkpoint.rule.update);
        Ok(true)
    }
}

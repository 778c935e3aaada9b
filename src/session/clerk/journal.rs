//! What a run leaves behind: its curves, what happened to it, and a folder with both and a checkpoint.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::files::FileError;
use crate::files::checkpoint::Checkpoint;
use crate::files::run::{Happening, Mark, RunFolder, folder_of_checkpoint, read_marks, read_metrics, touch};
use crate::learn::Metrics;
use crate::session::command::Origin;
use crate::spec::config::Config;
use crate::spec::rule::Rule;
use crate::spec::settings;

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

/// Where runs are kept.
#[derive(Debug, Clone)]
pub enum Runs {
    /// Nowhere.
    Nowhere,
    /// In folders of their own under this one; a run without an update needs none.
    Under(PathBuf),
    /// In this folder, from the first moment on; what it holds after the update that the run begins from is dropped.
    In(PathBuf),
}

impl Runs {
    /// Where other runs lie.
    pub(super) fn root(&self) -> Option<&Path> {
        if let Self::Under(root) = self { Some(root) } else { None }
    }

    /// Whether the folder was chosen beforehand.
    pub(super) fn is_given(&self) -> bool {
        matches!(self, Self::In(_))
    }
}

/// The record of the run that learns.
pub(super) struct Journal {
    pub(super) runs: Runs,
    home: Home,
    /// The run after its last update.
    pub(super) checkpoint: Option<Arc<Checkpoint>>,
    /// Every update of the run.
    pub(super) history: Vec<Metrics>,
    /// What happened to it, by update.
    pub(super) marks: Vec<Mark>,
    /// How much of the history is on disk.
    written: usize,
    marks_written: bool,
    /// The update of the checkpoint on disk.
    pub(super) saved: Option<u32>,
    saved_at: Instant,
    /// Time between checkpoints.
    pub(super) every: Duration,
    /// Whether nothing of the run goes to disk yet.
    pub(super) trial: bool,
    /// Stands in for the folder of a run that is not kept, until the session ends.
    scratch: Option<TempDir>,
}

impl Journal {
    pub(super) fn new(runs: Runs, trial: bool) -> Self {
        Self {
            runs,
            home: Home::New,
            checkpoint: None,
            history: Vec::new(),
            marks: Vec::new(),
            written: 0,
            marks_written: true,
            saved: None,
            saved_at: Instant::now(),
            every: SAVE_EVERY,
            trial,
            scratch: None,
        }
    }

    /// Another run.
    pub(super) fn begin(&mut self, origin: Origin, checkpoint: Arc<Checkpoint>) -> Result<(), FileError> {
        let update = checkpoint.rule.update;
        let runs = std::mem::replace(&mut self.runs, Runs::Nowhere);
        // The first run alone begins on trial.
        let trial = self.trial && self.checkpoint.is_none();
        let (every, scratch, checkpoint) = (self.every, self.scratch.take(), Some(checkpoint));
        let next = Self { every, scratch, checkpoint, ..Self::new(runs, trial) };
        let before = std::mem::replace(self, next);
        match origin {
            Origin::New => Ok(()),
            Origin::File(path) => self.take_up(&path, update),
            Origin::Branch => {
                let name = before.folder().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
                self.history = before.history.into_iter().filter(|metrics| metrics.update <= update).collect();
                self.marks = before.marks.into_iter().filter(|mark| mark.update <= update).collect();
                self.mark(update, Happening::Branched(name.unwrap_or_else(|| "the run before".to_owned())));
                Ok(())
            }
        }
    }

    /// A run taken up from a checkpoint goes on in its folder, if it lies in one.
    fn take_up(&mut self, path: &Path, update: u32) -> Result<(), FileError> {
        let (Some(folder), Some(_)) = (folder_of_checkpoint(path), self.runs.root()) else { return Ok(()) };
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
    pub(super) fn starts(&mut self) -> Result<PathBuf, Box<dyn std::error::Error>> {
        let config = &self.checkpoint.as_ref().ok_or("There is no run to train yet.")?.rule.config;
        if let (Home::New, Runs::Under(root)) = (&self.home, &self.runs) {
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

    /// Something happened.
    pub(super) fn mark(&mut self, update: u32, what: Happening) {
        let at = self.marks.partition_point(|mark| mark.update <= update);
        self.marks.insert(at, Mark { update, what });
        self.marks_written = false;
    }

    /// Settings changed, with `update` as the first under the new ones.
    pub(super) fn changed(&mut self, update: u32, before: &Config, after: &Config) {
        for setting in settings::differing(before, after) {
            let (path, from, to) = (setting.path.to_owned(), setting.get(before), setting.get(after));
            self.mark(update, Happening::Changed { path, from, to });
        }
    }

    /// Takes a mark away.
    pub(super) fn forget(&mut self, mark: &Mark) {
        self.marks.retain(|kept| kept != mark);
        self.marks_written = false;
    }

    /// Puts on disk what is not there yet; a run of no updates leaves nothing, unless it has a folder already, and one on
    /// trial neither.
    pub(super) fn write(&mut self) -> Result<(), FileError> {
        let Some(Rule { config, update, .. }) = self.checkpoint.as_ref().map(|checkpoint| &checkpoint.rule) else {
            return Ok(());
        };
        if self.trial || (self.history.is_empty() && !self.runs.is_given()) {
            return Ok(());
        }
        let made = match (&self.home, &self.runs) {
            (Home::Open(_), _) => None,
            (Home::Left(path, update), _) => Some(RunFolder::resume(path, config, *update)?),
            (Home::New, Runs::Nowhere) => return Ok(()),
            (Home::New, Runs::Under(root)) => Some(RunFolder::create_next(root, config)?),
            (Home::New, Runs::In(path)) => Some(RunFolder::resume(path, config, *update)?),
        };
        if let Some(folder) = made {
            self.home = Home::Open(folder);
        }
        let Home::Open(folder) = &self.home else { return Ok(()) };
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

    /// Writes the rest and a checkpoint.
    pub(super) fn save(&mut self) -> Result<(), FileError> {
        // A save that fails is tried again when the next one is due.
        self.saved_at = Instant::now();
        self.write()?;
        let (Home::Open(folder), Some(checkpoint)) = (&self.home, &self.checkpoint) else { return Ok(()) };
        if self.saved != Some(checkpoint.rule.update) {
            folder.save(checkpoint)?;
            self.saved = Some(checkpoint.rule.update);
        }
        Ok(())
    }
}

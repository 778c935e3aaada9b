//! What the session has said.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bevy::prelude::Resource;

use super::{Latest, Notice, Offer};
use crate::engine::About;
use crate::files::run::{Mark, checkpoint_in};
use crate::learn::Metrics;
use crate::session::{Event, Picture};
use crate::spec::config::Config;
use crate::spec::grid::Grid;

/// Lines that are kept; older ones make room.
const NOTICES: usize = 3;
/// How long a note stays; an error stays until it is dismissed.
const NOTE_STAYS: Duration = Duration::from_secs(12);

/// What the session has said.
#[derive(Resource, Debug, Default)]
pub struct Seen {
    /// The learner's adapter, once its device is open.
    pub adapter: Option<About>,
    /// Whether learning runs.
    pub learning: bool,
    /// Whether the stage runs.
    pub playing: bool,
    /// The configuration that the current update runs under.
    pub applied: Config,
    /// Goes up with every run: edits of the last one are over.
    pub run: u32,
    /// Bytes that the run takes on the device.
    pub device_bytes: u64,
    /// Updates that the run has behind it.
    pub updates: u32,
    /// Every update of the run whose curves are known.
    pub history: Vec<Metrics>,
    /// What happened to the run, by update.
    pub marks: Vec<Mark>,
    /// Where the run is kept.
    pub folder: Option<PathBuf>,
    /// The update of the checkpoint there.
    pub kept: Option<u32>,
    /// The update whose rule the stage keeps to.
    pub stage_at: Option<u32>,
    /// Folders of other runs, the newest first.
    pub runs: Vec<PathBuf>,
    /// Curves of other runs that are laid over, by folder.
    pub others: BTreeMap<PathBuf, Vec<Metrics>>,
    /// The run that was open last, until it is taken up or not wanted.
    pub resumable: Option<Offer>,
    /// Its pictures and worlds, and what it was asked to look into.
    pub latest: Latest,
    /// Where the run was last saved or opened.
    pub file: Option<PathBuf>,
    /// Frames written of the clip that is being written, and all of them.
    pub clip: Option<(usize, usize)>,
    /// The settings of the clip that was opened, until they are taken or not wanted.
    pub clip_config: Option<Config>,
    /// Patterns that were written.
    pub exported: u32,
    /// Lines to show.
    pub notices: VecDeque<(Notice, Instant)>,
}

impl Seen {
    /// Nothing yet, but what was asked for.
    pub fn new(config: Config) -> Self {
        Self { applied: config, ..Self::default() }
    }

    /// The stage.
    pub fn picture(&self) -> Option<&Picture> {
        self.latest.get()
    }

    /// The training worlds, while they are watched.
    pub fn worlds(&self) -> &[Grid] {
        self.latest.get::<Vec<Grid>>().map_or(&[], Vec::as_slice)
    }

    /// Takes in what has happened.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Device(adapter) => {
                self.adapter = Some(adapter);
            }
            Event::Started { config, bytes, updates, history } => {
                self.applied = *config;
                self.device_bytes = bytes;
                self.updates = updates;
                self.run += 1;
                self.history = history;
                (self.file, self.folder, self.kept) = (None, None, None);
            }
            Event::Kept { folder, saved } => (self.folder, self.kept) = (Some(folder), saved),
            Event::Marks(marks) => self.marks = marks,
            Event::StageAt(update) => self.stage_at = update,
            Event::Runs(runs) => self.runs = runs,
            Event::Run { folder, history } => drop(self.others.insert(folder, history)),
            Event::Opened { path, run } => {
                let rests = if run { "" } else { "; the stage rests on it" };
                self.notify(Notice::Note(format!("Opened {}{rests}.", path.display())));
                if run {
                    self.file = Some(path);
                }
            }
            Event::ClipOpened { path, stamp } => {
                self.notify(Notice::Note(format!(
                    "Opened {}: the stage rests at step {} under seed {}, where it begins.",
                    path.display(),
                    stamp.step,
                    stamp.seed
                )));
                self.clip_config = Some(stamp.config);
            }
            Event::Exported(path) => {
                self.exported += 1;
                self.notify(Notice::Note(format!("Saved {}.", path.display())));
            }
            Event::Saved(path) => {
                self.notify(Notice::Note(format!("Saved {}.", path.display())));
                self.file = Some(path);
            }
            Event::Learning(learning) => self.learning = learning,
            Event::Playing(playing) => self.playing = playing,
            Event::Applied(config) => self.applied = *config,
            Event::Updated(metrics) => {
                self.updates = metrics.update;
                self.history.push(*metrics);
            }
            // The desk follows it.
            Event::StopsAt(_) => {}
            Event::ClipProgress { done, of } => self.clip = Some((done, of)),
            Event::ClipWritten { path, frames } => {
                self.clip = None;
                self.notify(Notice::Note(format!("Saved a clip of {frames} states: {}.", path.display())));
            }
            Event::ClipCancelled => {
                self.clip = None;
                self.notify(Notice::Note("The clip was cancelled; nothing of it was kept.".to_owned()));
            }
            Event::ClipFailed(text) => {
                self.clip = None;
                self.notify(Notice::Error(text));
            }
            Event::Note(text) => self.notify(Notice::Note(text)),
            Event::Failed(text) => self.notify(Notice::Error(text)),
        }
    }

    /// Shows a line, unless it is shown already.
    pub fn notify(&mut self, notice: Notice) {
        if self.notices.iter().any(|(shown, _)| *shown == notice) {
            return;
        }
        if self.notices.len() == NOTICES {
            // Errors outlast notes.
            let note = self.notices.iter().position(|(notice, _)| matches!(notice, Notice::Note(_))).unwrap_or(0);
            self.notices.remove(note);
        }
        self.notices.push_back((notice, Instant::now()));
    }

    /// Lets go of notes that have been shown long enough.
    pub fn expire(&mut self) {
        self.notices.retain(|(notice, since)| matches!(notice, Notice::Error(_)) || since.elapsed() < NOTE_STAYS);
    }

    /// Where a save goes unless another place is chosen.
    pub fn save_path(&self) -> PathBuf {
        let folder = || self.folder.as_deref().map(checkpoint_in);
        let new = || Path::new("runs").join(format!("window-{}", self.applied.run.seed));
        self.file.clone().or_else(folder).unwrap_or_else(|| checkpoint_in(&new()))
    }
}

//! What a session says and shows.

use std::path::PathBuf;
use std::time::Duration;

use super::command::Stop;
use super::mail::{Message, Trait, messages};
use super::timeline::Record;
use crate::engine::About;
use crate::files::run::Mark;
use crate::files::stamp::Stamp;
use crate::learn::Metrics;
use crate::spec::config::Config;
use crate::spec::grid::Grid;

messages! {
    /// What a session has to say. What may be lost says so; the rest never is.
    Event {
        /// The learner's device is open.
        Device(About) [];
        /// A run has begun, or was taken up.
        Started {
            /// The configuration in force.
            config: Box<Config>,
            /// Bytes that it takes on the device.
            bytes: u64,
            /// Updates that it has behind it.
            updates: u32,
            /// Those whose curves are known.
            history: Vec<Metrics>,
        } [];
        /// A file was opened.
        Opened {
            /// The file.
            path: PathBuf,
            /// Whether it is a run's: learning is paused then; else the stage rests on it.
            run: bool,
        } [];
        /// One of our own clips was opened: the stage rests where it begins.
        ClipOpened {
            /// The file or folder.
            path: PathBuf,
            /// What it says of its origin.
            stamp: Box<Stamp>,
        } [];
        /// Where the run is kept, and the update of the checkpoint there.
        Kept {
            /// The run's folder.
            folder: PathBuf,
            /// As of the last checkpoint written there.
            saved: Option<u32>,
        } [Folds];
        /// All that has happened to the run.
        Marks(Vec<Mark>) [Folds];
        /// When learning pauses by itself, after a condition has come true.
        StopsAt(Stop) [];
        /// The update whose parameters the stage keeps to; `None`: it follows the newest.
        StageAt(Option<u32>) [];
        /// The folders of the runs there are, the newest first.
        Runs(Vec<PathBuf>) [];
        /// The curves of another run.
        Run {
            /// Its folder.
            folder: PathBuf,
            /// Its updates.
            history: Vec<Metrics>,
        } [];
        /// A state was written.
        Exported(PathBuf) [];
        /// A checkpoint was written.
        Saved(PathBuf) [];
        /// Learning runs or pauses.
        Learning(bool) [];
        /// The stage runs or pauses.
        Playing(bool) [];
        /// The configuration that the current update runs under has changed.
        Applied(Box<Config>) [Folds];
        /// An update was finished.
        Updated(Box<Metrics>) [MayDrop];
        /// A clip is being written.
        ClipProgress {
            /// Frames that are written.
            done: usize,
            /// All of them.
            of: usize,
        } [Folds, MayDrop];
        /// A clip was written.
        ClipWritten {
            /// The file or folder.
            path: PathBuf,
            /// States in it.
            frames: usize,
        } [];
        /// A clip was given up; nothing of it stays.
        ClipCancelled [];
        /// A clip could not be written, and why.
        ClipFailed(String) [];
        /// Something worth a line, not an error.
        Note(String) [];
        /// Something went wrong; a sentence that says what, and what to do. The session goes on.
        Failed(String) [];
    }
}

/// The stage at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Goes up whenever the stage is replaced as a whole.
    pub epoch: u32,
    /// Steps since the stage's start.
    pub step: u32,
    /// The seed of the steps to come.
    pub seed: u32,
    /// The update whose parameters made it.
    pub update: u32,
    /// The state.
    pub grid: Grid,
    /// The state of the rival.
    pub rival: Option<Grid>,
    /// Strokes that the stage has taken in, or refused, so far.
    pub painted: u32,
    /// Where the stage's timeline stands.
    pub record: Record,
}

/// Where the time went since the session began.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    /// Learning.
    pub learning: Duration,
    /// On the stage.
    pub playing: Duration,
    /// Steps of the stage.
    pub steps: u64,
}

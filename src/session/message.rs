//! What goes into a session and what comes out of it.

use std::mem::discriminant;
use std::path::PathBuf;
use std::time::Duration;

use super::clips::ClipOrder;
use super::look::Overlay;
use super::mail::Message;
use super::rival::Rival;
use super::timeline::Record;
use crate::canvas::Area;
use crate::engine::About;
use crate::files::run::Mark;
use crate::files::stamp::Stamp;
use crate::learn::Metrics;
use crate::spec::config::Config;
use crate::spec::grid::Grid;

/// Whose a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worker {
    /// Trains.
    Learner,
    /// Plays one world.
    Stage,
}

/// Steps of the stage a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// This many.
    PerSecond(f32),
    /// As many as there is time for.
    Max,
}

/// Cells of the stage that get colours by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Stroke {
    /// [`Picture::epoch`] of the stage it was painted on; it is lost when the stage has been replaced since.
    pub epoch: u32,
    /// Which gesture it is a part of: the parts of one are undone together.
    pub gesture: u32,
    /// Row-major indices of the cells, with their colours.
    pub cells: Vec<(u32, u8)>,
}

/// When learning pauses by itself. A condition that has come true is over.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stop {
    /// This update is done.
    pub update: Option<u32>,
    /// An update's reward is so high.
    pub reward: Option<f64>,
    /// An update's KL is so high.
    pub kl: Option<f64>,
    /// So much time has passed since this was asked for.
    pub after: Option<Duration>,
}

impl Stop {
    /// Why an update ends learning; what was reached is no condition any more.
    pub(super) fn reached(&mut self, metrics: &Metrics) -> Option<String> {
        if self.update.take_if(|update| *update <= metrics.update).is_some() {
            return Some(format!("update {} is done.", metrics.update));
        }
        if let Some(wanted) = self.reward.take_if(|wanted| metrics.reward >= *wanted) {
            return Some(format!(
                "the reward of update {} is {:.4}, at least {wanted}.",
                metrics.update, metrics.reward
            ));
        }
        let limit = self.kl.take_if(|limit| metrics.kl >= *limit)?;
        Some(format!("the KL of update {} is {:.4}, at least {limit}.", metrics.update, metrics.kl))
    }
}

/// What a session can be told.
#[derive(Debug, Clone)]
pub enum Command {
    /// Runs or pauses learning.
    Learn(bool),
    /// Takes over the settings that take effect with the next update; the others are left as they are.
    Configure(Box<Config>),
    /// Begins a new run.
    Restart(Box<Config>),
    /// The share of its time that the learner works, in (0, 1].
    Share(f32),
    /// Writes a checkpoint.
    Save(PathBuf),
    /// The time between the checkpoints that the learner writes by itself.
    SaveEvery(Duration),
    /// When learning pauses by itself.
    StopAt(Stop),
    /// Marks an update of the run with a note.
    Note(u32, String),
    /// Takes a mark away.
    Forget(Mark),
    /// The stage plays under the parameters that this update left, or under the newest again.
    StageAt(Option<u32>),
    /// Learning goes on from what this update left, as a new run.
    BranchFrom(u32),
    /// Looks which runs there are to lay over the curves.
    ListRuns,
    /// Reads the curves of the run in this folder.
    ReadRun(PathBuf),
    /// Writes the run's curves as CSV.
    ExportCurves(PathBuf),
    /// Writes a picture as PNG.
    WritePicture {
        /// The file.
        path: PathBuf,
        /// Pixels of a row.
        width: u32,
        /// Red, green and blue of each pixel.
        pixels: Vec<u8>,
    },
    /// Opens a checkpoint (learning paused, the stage on its first world), or a pattern or picture on the stage.
    Open(PathBuf),
    /// The stage goes on as this clip did: under its rule, where that is found, and with its settings.
    Recall(Box<Stamp>),
    /// Whether to show the training worlds.
    WatchWorlds(bool),
    /// Runs or pauses the stage.
    Play(bool),
    /// Steps the stage once and pauses it.
    StepOnce,
    /// How fast the stage runs.
    Speed(Speed),
    /// Whether the stage takes the most probable colours instead of drawing them.
    Greedy(bool),
    /// Keeps a run on disk that began on trial ([`super::Options::trial`]).
    Keep,
    /// Whether anybody looks at the stage; it rests when not.
    Watch(bool),
    /// A stage of noise, of this height and width.
    Noise(usize, usize),
    /// A stage in this state, which may be of another size.
    SetStage(Box<Grid>),
    /// Paints.
    Paint(Stroke),
    /// Writes the stage, or a part of it, as a pattern or a picture, in a folder that is made if it is not there.
    Export(PathBuf, Option<Area>),
    /// Has the training worlds start from this state, afresh with the next update.
    TrainFrom(Box<Grid>),
    /// Back to before the last edit.
    Undo,
    /// On to the next edit that was undone.
    Redo,
    /// One moment back, and pauses.
    StepBack,
    /// Back to where the present world was put on the stage, or from there to where the one before was, and pauses.
    Beginning,
    /// To the moment at this position of [`Picture::record`], and pauses.
    Seek(usize),
    /// Lets the present moment have another future: what followed becomes a branch.
    Branch,
    /// Takes the newest branch up again, and pauses at its fork.
    SwapBranch,
    /// The seed of the steps to come.
    Seed(u32),
    /// Takes a cell (row, column) of the stage apart, a few times a second while it changes, or no more.
    Inspect(Option<(usize, usize)>),
    /// Computes a map over the stage, as often, or no more.
    Overlay(Option<Overlay>),
    /// Whether to measure the stage's steps.
    Measure(bool),
    /// Begins to record, or lets the recording go.
    Record(bool),
    /// Writes a clip; the stage goes on.
    Clip(Box<ClipOrder>),
    /// Gives up the clip that is being written.
    CancelClip,
    /// Runs a rival beside the stage from its present state, or no more.
    Compare(Option<Box<Rival>>),
}

impl Command {
    /// Whose it is.
    pub fn worker(&self) -> Worker {
        match self {
            // The learner keeps the run's rules.
            Self::Compare(Some(rival)) if rival.update.is_some() => Worker::Learner,
            Self::Open(path) if path.extension() != Some("safetensors".as_ref()) => Worker::Stage,
            Self::Learn(_)
            | Self::Configure(_)
            | Self::Restart(_)
            | Self::TrainFrom(_)
            | Self::Share(_)
            | Self::Save(_)
            | Self::SaveEvery(_)
            | Self::StopAt(_)
            | Self::Note(..)
            | Self::Forget(_)
            | Self::StageAt(_)
            | Self::BranchFrom(_)
            | Self::ListRuns
            | Self::ReadRun(_)
            | Self::ExportCurves(_)
            | Self::WritePicture { .. }
            | Self::Open(_)
            | Self::Recall(_)
            | Self::WatchWorlds(_)
            | Self::Keep => Worker::Learner,
            _ => Worker::Stage,
        }
    }

    /// Whether it is more than a look: somebody has a hand in the run, or makes something of it.
    pub(super) fn takes_part(&self) -> bool {
        match self {
            Self::Open(_) => self.worker() == Worker::Stage,
            Self::Share(_)
            | Self::ListRuns
            | Self::ReadRun(_)
            | Self::WatchWorlds(_)
            | Self::Play(_)
            | Self::StepOnce
            | Self::StepBack
            | Self::Beginning
            | Self::Seek(_)
            | Self::Speed(_)
            | Self::Greedy(_)
            | Self::Inspect(_)
            | Self::Overlay(_)
            | Self::Measure(_)
            | Self::Keep => false,
            _ => true,
        }
    }
}

impl Message for Command {
    fn replaces(&self, earlier: &Self) -> bool {
        let setting = matches!(
            self,
            Self::Learn(_)
                | Self::Configure(_)
                | Self::Share(_)
                | Self::WatchWorlds(_)
                | Self::SaveEvery(_)
                | Self::StopAt(_)
                | Self::StageAt(_)
                | Self::Play(_)
                | Self::Speed(_)
                | Self::Greedy(_)
                | Self::Watch(_)
                | Self::Seek(_)
                | Self::Seed(_)
                | Self::Inspect(_)
                | Self::Overlay(_)
                | Self::Measure(_)
        );
        setting && discriminant(self) == discriminant(earlier)
    }

    fn may_drop(&self) -> bool {
        false
    }
}

/// What a session has to say.
#[derive(Debug, Clone)]
pub enum Event {
    /// The learner's device is open.
    Device(About),
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
    },
    /// A file was opened.
    Opened {
        /// The file.
        path: PathBuf,
        /// A world that belongs on the stage.
        world: Option<Grid>,
    },
    /// One of our own clips was opened: the stage rests where it begins.
    ClipOpened {
        /// The file or folder.
        path: PathBuf,
        /// What it says of its origin.
        stamp: Box<Stamp>,
    },
    /// Where the run is kept, and the update of the checkpoint there.
    Kept {
        /// The run's folder.
        folder: PathBuf,
        /// As of the last checkpoint written there.
        saved: Option<u32>,
    },
    /// All that has happened to the run.
    Marks(Vec<Mark>),
    /// When learning pauses by itself, after a condition has come true.
    StopsAt(Stop),
    /// The update whose parameters the stage keeps to; `None`: it follows the newest.
    StageAt(Option<u32>),
    /// The folders of the runs there are, the newest first.
    Runs(Vec<PathBuf>),
    /// The curves of another run.
    Run {
        /// Its folder.
        folder: PathBuf,
        /// Its updates.
        history: Vec<Metrics>,
    },
    /// A state was written.
    Exported(PathBuf),
    /// A checkpoint was written.
    Saved(PathBuf),
    /// Learning runs or pauses.
    Learning(bool),
    /// The stage runs or pauses.
    Playing(bool),
    /// The configuration that the current update runs under has changed.
    Applied(Box<Config>),
    /// An update was finished.
    Updated(Box<Metrics>),
    /// A clip is being written.
    ClipProgress {
        /// Frames that are written.
        done: usize,
        /// All of them.
        of: usize,
    },
    /// A clip was written.
    ClipWritten {
        /// The file or folder.
        path: PathBuf,
        /// States in it.
        frames: usize,
    },
    /// A clip was given up; nothing of it stays.
    ClipCancelled,
    /// A clip could not be written, and why.
    ClipFailed(String),
    /// Something worth a line, not an error.
    Note(String),
    /// Something went wrong; a sentence that says what, and what to do. The session goes on.
    Failed(String),
}

impl Message for Event {
    fn replaces(&self, earlier: &Self) -> bool {
        matches!(
            (self, earlier),
            (Self::Applied(_), Self::Applied(_))
                | (Self::Marks(_), Self::Marks(_))
                | (Self::Kept { .. }, Self::Kept { .. })
                | (Self::ClipProgress { .. }, Self::ClipProgress { .. })
        )
    }

    fn may_drop(&self) -> bool {
        matches!(self, Self::Updated(_) | Self::ClipProgress { .. })
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

//! What a session can be told, worker by worker. A new command is a row here and an arm at its worker.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::look::{Overlay, Query};
use super::mail::{Message, Trait, messages};
use super::rival::Rival;
use crate::canvas::Area;
use crate::files::checkpoint::Checkpoint;
use crate::files::clip::{Delay, Format};
use crate::files::run::Mark;
use crate::files::stamp::Stamp;
use crate::learn::Metrics;
use crate::spec::config::Config;
use crate::spec::grid::Grid;
use crate::spec::rule::Rule;

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
    /// [`super::Picture::epoch`] of the stage it was painted on; it is lost when the stage has been replaced since.
    pub epoch: u32,
    /// Which gesture it is a part of: the parts of one are undone together.
    pub gesture: u32,
    /// Row-major indices of the cells, with their colours.
    pub cells: Vec<(u32, u8)>,
}

/// Which states a clip shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frames {
    /// The last so many.
    Last(usize),
    /// Those since recording began, which ends it.
    Recorded,
}

/// A clip to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipOrder {
    /// The file, or the folder of PNGs.
    pub path: PathBuf,
    /// What it is written as.
    pub format: &'static Format,
    /// Which states.
    pub frames: Frames,
    /// A part of the stage; none: all of it.
    pub area: Option<Area>,
    /// Pixels of a cell's side.
    pub scale: usize,
    /// Time from frame to frame.
    pub delay: Delay,
    /// The map that is laid over the states.
    pub overlay: Option<Overlay>,
    /// Whether a line under each frame names its update, step and seed, and the map with its scale.
    pub caption: bool,
}

/// Which rule is looked for.
#[derive(Debug, Clone)]
pub enum Which {
    /// What this update left, or the newest before it that is kept.
    Update(u32),
    /// That of a checkpoint, or of the run in a folder.
    File(PathBuf),
    /// That which made a clip, with the clip's settings; without it, the newest with those.
    Clip(Box<Stamp>),
}

/// How a run came about.
#[derive(Debug, Clone)]
pub enum Origin {
    /// It is new.
    New,
    /// It was taken up from this file.
    File(PathBuf),
    /// It left the one before at the update that it begins from.
    Branch,
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

messages! {
    /// What the worker that trains can be told.
    ToLearner {
        /// Runs or pauses learning.
        Learn(bool) [Folds];
        /// Takes over the settings that take effect with the next update; the others are left as they are.
        Configure(Box<Config>) [Folds];
        /// Begins a new run.
        Restart(Box<Config>) [];
        /// Learning goes on from what this update left, as a new run.
        BranchFrom(u32) [];
        /// The share of its time that the learner works, in (0, 1].
        Share(f32) [Folds, Looks];
        /// When learning pauses by itself.
        StopAt(Stop) [Folds];
        /// Whether to show the training worlds.
        WatchWorlds(bool) [Folds, Looks];
        /// Takes up a run that lay in this file.
        TakeUp(PathBuf, Box<Checkpoint>) [];
        /// The training worlds start from the picture in this file.
        StartFrom(PathBuf) [];
        /// Passes this on, so that it comes to the run that was meant.
        Run(ToRun) [];
    }
}

messages! {
    /// What can be done with the run that learns, beside learning.
    ToRun {
        /// Writes a checkpoint.
        Save(PathBuf) [];
        /// The time between the checkpoints that are written without being asked for.
        SaveEvery(Duration) [Folds];
        /// Marks an update of the run with a note.
        Note(u32, String) [];
        /// Takes a mark away.
        Forget(Mark) [];
        /// Has the training worlds start from this state, afresh with the next update.
        TrainFrom(Box<Grid>) [];
        /// Writes the run's curves as CSV.
        ExportCurves(PathBuf) [];
        /// Keeps a run on disk that began on trial ([`super::Options::trial`]).
        Keep [Looks];
    }
}

messages! {
    /// What the worker that plays one world can be told.
    ToStage {
        /// Runs or pauses the stage.
        Play(bool) [Folds, Looks];
        /// Steps the stage once and pauses it.
        StepOnce [Looks];
        /// How fast the stage runs.
        Speed(Speed) [Folds, Looks];
        /// Whether the stage takes the most probable colours instead of drawing them.
        Greedy(bool) [Folds, Looks];
        /// Whether anybody looks at the stage; it rests when not.
        Watch(bool) [Folds];
        /// The stage plays under the parameters that this update left, or under the newest again.
        StageAt(Option<u32>) [Folds];
        /// A stage of noise, of this height and width.
        Noise(usize, usize) [];
        /// A stage in this state, which may be of another size.
        SetStage(Box<Grid>) [];
        /// Paints.
        Paint(Stroke) [];
        /// Writes the stage, or a part of it, as a pattern or a picture, in a folder that is made if it is not there.
        Export(PathBuf, Option<Area>) [];
        /// Back to before the last edit.
        Undo [];
        /// On to the next edit that was undone.
        Redo [];
        /// One moment back, and pauses.
        StepBack [Looks];
        /// Back to where the present world was put on the stage, or from there to where the one before was, and pauses.
        Beginning [Looks];
        /// To the moment at this position of [`super::Picture::record`], and pauses.
        Seek(usize) [Folds, Looks];
        /// Lets the present moment have another future: what followed becomes a branch.
        Branch [];
        /// Takes the newest branch up again, and pauses at its fork.
        SwapBranch [];
        /// The seed of the steps to come.
        Seed(u32) [Folds];
        /// Looks into this, a few times a second while the stage changes, and into nothing else.
        Look(Vec<Query>) [Folds, Looks];
        /// Begins to record, or lets the recording go.
        Record(bool) [];
        /// Writes a clip; the stage goes on.
        Clip(Box<ClipOrder>) [];
        /// Gives up the clip that is being written.
        CancelClip [];
        /// Runs a rival beside the stage from its present state, or no more.
        Compare(Option<Box<Rival>>) [];
        /// Rests on a state that lay in this file.
        RestOn(PathBuf, Box<Grid>) [];
        /// Goes on as a clip did that lay in this file and begins in this state, once its rule was looked for.
        GoOn(PathBuf, Box<Stamp>, Box<Grid>) [];
        /// The rule that was asked for under this number.
        Found(u32, Box<Rule>) [];
    }
}

messages! {
    /// What the worker that reads and writes files can be told.
    ToFiles {
        /// Opens a checkpoint (learning paused, the stage on its first world), or a pattern or picture on the stage.
        Open(PathBuf) [Looks];
        /// Looks which runs there are to lay over the curves.
        ListRuns [Looks];
        /// Reads the curves of the run in this folder.
        ReadRun(PathBuf) [Looks];
        /// Writes a picture as PNG: its width, and red, green and blue of each pixel.
        WritePicture(PathBuf, u32, Vec<u8>) [];
        /// Writes a state as a pattern or a picture.
        WriteState(PathBuf, Box<Grid>) [];
        /// Looks for a rule, for the stage, which gave the question a number.
        Find(u32, Which) [];
        /// Another run learns: how it came about, its bytes on the device, and what it begins from.
        Begun(Origin, u64, Arc<Checkpoint>) [];
        /// From the update after this one on, learning goes on under the second configuration in place of the first.
        Changed(u32, Box<(Config, Config)>) [];
        /// An update is done, and this is what it left.
        Updated(Box<Metrics>, Arc<Checkpoint>) [];
        /// Learning runs or pauses, which is said after what was learned before.
        Learning(bool) [];
        /// Puts the run on disk as it is.
        Store [];
        /// Does something with the run.
        Run(ToRun) [];
    }
}

/// Whether a file is opened as a run that learning goes on with, as its name says; else it goes on the stage.
pub fn opens_run(path: &Path) -> bool {
    path.extension() == Some("safetensors".as_ref())
}

/// What a session can be told.
#[derive(Debug, Clone)]
pub enum Command {
    /// Of learning.
    Learner(ToLearner),
    /// Of the stage.
    Stage(ToStage),
    /// Of files.
    Files(ToFiles),
}

impl Command {
    /// Whether it is more than a look: somebody has a hand in the run, or makes something of it.
    pub(super) fn takes_part(&self) -> bool {
        let looks = match self {
            Self::Learner(ToLearner::Run(command)) => command.has(Trait::Looks),
            Self::Learner(command) => command.has(Trait::Looks),
            Self::Stage(command) => command.has(Trait::Looks),
            Self::Files(ToFiles::Open(path)) => opens_run(path),
            Self::Files(command) => command.has(Trait::Looks),
        };
        !looks
    }
}

macro_rules! commands {
    ($($name:ident => $of:expr;)*) => {
        $(impl From<$name> for Command {
            fn from(command: $name) -> Self {
                $of(command)
            }
        })*
    };
}

commands! {
    ToLearner => Command::Learner;
    ToRun => |run| Command::Learner(ToLearner::Run(run));
    ToStage => Command::Stage;
    ToFiles => Command::Files;
}

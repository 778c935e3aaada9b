//! Learning and a stage on threads of their own, driven by messages.
//!
//! A [`Session`] has three workers: the *learner* trains, the *stage* plays one world under the newest rule, each on its
//! own device; the *clerk* reads and writes files. [`Command`]s go in, [`Event`]s come out, and the workers write to each
//! other; of pictures and answers, only the latest is held. Nobody waits for anybody: a full channel queues at
//! the sender, and repeated settings fold into the last.

mod clerk;
mod clips;
mod command;
mod event;
mod frames;
mod learner;
mod look;
mod mail;
mod play;
mod rival;
mod shelf;
mod stage;
mod thread;
mod timeline;

pub use clerk::Runs;
pub use command::{
    ClipOrder, Command, Frames, Origin, Speed, Stop, Stroke, ToFiles, ToLearner, ToRun, ToStage, Which, opens_run,
};
pub use event::{Event, Picture, Spent};
pub use look::{Inspected, Overlaid, Overlay, Query};
pub use rival::Rival;
pub use thread::sentence;
pub use timeline::Record;

use std::any::Any;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, never};

use crate::engine::Choice;
use crate::files::checkpoint::Checkpoint;
use crate::spec::config::Config;
use clerk::Clerk;
use learner::Learner;
use look::Look;
use mail::{Inbox, Latest, Post};
use shelf::Shelf;
use stage::Stage;

/// Messages that fit a channel.
const ROOM: usize = 256;

/// How the first run begins.
#[derive(Debug, Clone)]
pub enum Beginning {
    /// As a new one.
    New(Box<Config>),
    /// Where this left it.
    Resumed(Box<Checkpoint>),
}

/// How a session begins.
#[derive(Debug, Clone)]
pub struct Options {
    /// The first run.
    pub run: Beginning,
    /// Height and width of the stage; without one, learning waits for [`ToLearner::Learn`].
    pub stage: Option<(usize, usize)>,
    /// A checkpoint, pattern or picture to open instead, where there is a stage.
    pub open: Option<PathBuf>,
    /// Where runs are kept.
    pub runs: Runs,
    /// Whether the run begins while another one is offered: it is kept once somebody has a hand in it, or by
    /// [`ToRun::Keep`].
    pub trial: bool,
    /// Whether the engine computes on the processor beside a window: the workers then give way to it, and learning
    /// leaves it a core.
    pub software: bool,
    /// What computes.
    pub engine: Choice,
}

/// Learning and a stage, running.
pub struct Session {
    learner: Post<ToLearner>,
    stage: Post<ToStage>,
    files: Post<ToFiles>,
    events: Receiver<Event>,
    shared: Shared,
    /// The learner's and the stage's inboxes close with it.
    open: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
    /// Whether the run is not kept yet.
    trial: bool,
}

/// What the workers and the window see.
#[derive(Clone, Default)]
struct Shared {
    engine: Choice,
    /// Threads that learning takes of the processor; 0: one for each core.
    threads: usize,
    shelf: Arc<Shelf>,
    latest: Arc<Latest>,
    spent: Arc<Mutex<Spent>>,
}

impl Shared {
    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Starts the workers; what goes wrong there comes out as [`Event::Failed`].
    ///
    /// # Errors
    /// The system gives no more threads.
    pub fn start(options: Options) -> std::io::Result<Self> {
        let threads = if options.software { thread::beside_a_window() } else { 0 };
        let shared = Shared { engine: options.engine, threads, ..Shared::default() };
        let (events_in, events) = bounded(ROOM);
        let (open, end) = bounded(0);
        let (learner, learner_mail) = bounded(ROOM);
        let (stage, stage_mail) = bounded(ROOM);
        let (files, files_mail) = bounded(ROOM);
        let says = || Post::new(events_in.clone());
        let (to_learner, to_stage) = (|| Post::new(learner.clone()), || Post::new(stage.clone()));
        let to_files = || Post::new(files.clone());
        let (software, trial) = (options.software, options.trial);

        // It ends once nobody is left who writes to it.
        let inbox = Inbox { mail: files_mail, end: never() };
        let clerk = Clerk::new(inbox, says(), (to_learner(), to_stage()), Arc::clone(&shared.shelf), &options);
        let seed = match &options.run {
            Beginning::New(config) => config.run.seed,
            Beginning::Resumed(checkpoint) => checkpoint.rule.config.run.seed,
        };
        let mut threads = Vec::new();
        if let Some(size) = options.stage {
            let (jobs, jobs_out) = bounded(1);
            let look = Look::new(Arc::clone(&shared.latest), jobs);
            let inbox = Inbox { mail: stage_mail, end: end.clone() };
            let stage = Stage::new(inbox, says(), to_files(), shared.clone(), look, (size, seed));
            threads.push(thread::spawn("stage", software, move || thread::work(stage))?);
            let latest = Arc::clone(&shared.latest);
            threads.push(thread::spawn("measures", software, move || look::measure(&jobs_out, &latest))?);
        }
        let inbox = Inbox { mail: learner_mail, end };
        let learning = Learner::new(inbox, says(), (to_files(), to_stage()), shared.clone(), options.run);
        threads.push(thread::spawn("learner", software, move || thread::work(learning))?);
        threads.push(thread::spawn("files", software, move || thread::work(clerk))?);

        let (learner, stage, files) = (to_learner(), to_stage(), to_files());
        let mut session = Self { learner, stage, files, events, shared, open: Some(open), threads, trial: false };
        if options.stage.is_some() {
            // A clip of ours rests at its first state.
            session.send(ToStage::Play(true));
            // A checkpoint is looked at first; anything else is watched while a new run learns.
            if !options.open.as_deref().is_some_and(opens_run) {
                session.send(ToLearner::Learn(true));
            }
            if let Some(path) = options.open {
                session.send(ToFiles::Open(path));
            }
        }
        session.trial = trial;
        Ok(session)
    }

    /// Gives a command to the worker whose it is. Never waits.
    pub fn send(&mut self, command: impl Into<Command>) {
        let command = command.into();
        if self.trial && command.takes_part() {
            self.trial = false;
            self.send(ToRun::Keep);
        }
        match command {
            Command::Learner(command) => self.learner.send(command),
            Command::Stage(command) => self.stage.send(command),
            Command::Files(command) => self.files.send(command),
        }
    }

    /// What has happened since the last call. Never waits.
    pub fn events(&mut self) -> Vec<Event> {
        self.learner.flush();
        self.stage.flush();
        self.files.flush();
        self.events.try_iter().collect()
    }

    /// What has happened since the last call; waits a while for the first.
    pub fn wait(&mut self, patience: Duration) -> Vec<Event> {
        let first = self.events.recv_timeout(patience).ok();
        first.into_iter().chain(self.events()).collect()
    }

    /// Ends it as dropping it does, and returns what happened last.
    pub fn close(mut self) -> Vec<Event> {
        self.end();
        self.events.try_iter().collect()
    }

    /// The newest of what is too large or too frequent for events, where it is new since the last call, by its type:
    /// [`Picture`]; and a few times a second, as it was asked for, [`Inspected`], [`Overlaid`],
    /// [`Measured`](crate::spec::measures::Measured) with the stage's epoch, and the training worlds as grids.
    pub fn latest<T: Any>(&self) -> Option<T> {
        self.shared.latest.take()
    }

    /// All that [`Session::latest`] would give.
    pub fn news(&self) -> Vec<Box<dyn Any + Send + Sync>> {
        self.shared.latest.take_all()
    }

    /// The time that the workers have spent working.
    pub fn spent(&self) -> Spent {
        *self.shared.spent()
    }

    /// Lets the workers finish what they are at, and the clerk all that it was told.
    fn end(&mut self) {
        self.open = None;
        self.files = Post::new(bounded(0).0);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                log::error!("a worker ended with a panic");
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end();
    }
}

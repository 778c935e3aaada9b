//! L3: learning and the stage on threads of their own, driven by messages.
//!
//! A [`Session`] has two workers, each with its own device: the *learner* trains, the *stage* plays one world under
//! the newest parameters. [`Command`]s go in, [`Event`]s come out, pictures lie in slots that hold only the latest.
//! Nobody waits for anybody: a full channel queues at the sender, and repeated settings fold into the last.

mod learner;
mod load;
mod mail;
mod message;
mod stage;
#[cfg(test)]
mod tests;
mod thread;
mod timeline;

pub use load::Load;
pub use mail::Slot;
pub use message::{Adapter, Command, Event, Picture, Rival, Speed, Stroke, Worker};
pub use timeline::Record;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::spec::config::Config;
use crate::spec::grid::Grid;
use learner::Learner;
use mail::Post;
use stage::Stage;

/// Messages that fit a channel.
const ROOM: usize = 256;

/// How a session begins.
#[derive(Debug, Clone)]
pub struct Options {
    /// The run to begin.
    pub config: Config,
    /// Height and width of the stage.
    pub stage: (usize, usize),
    /// A checkpoint, pattern or picture to open instead.
    pub open: Option<PathBuf>,
    /// Whether the adapter computes on the processor: the workers then give way to the window.
    pub software: bool,
}

/// Learning and a stage, running.
pub struct Session {
    learner: Post<Command>,
    stage: Post<Command>,
    events: Receiver<Event>,
    shared: Shared,
    threads: Vec<JoinHandle<()>>,
}

/// What both workers and the window see.
#[derive(Clone, Default)]
struct Shared {
    policy: Arc<Slot<stage::Policy>>,
    picture: Arc<Slot<Picture>>,
    worlds: Arc<Slot<Vec<Grid>>>,
    load: Arc<Load>,
}

impl Session {
    /// Starts both workers; what goes wrong there comes out as [`Event::Failed`].
    ///
    /// # Errors
    /// The system gives no more threads.
    pub fn start(options: Options) -> std::io::Result<Self> {
        let shared = Shared::default();
        let (events_in, events) = bounded(ROOM);
        let (learner, learner_commands) = bounded(ROOM);
        let (stage, stage_commands) = bounded(ROOM);
        let post = |sender: &Sender<Event>| Post::new(sender.clone());
        let mut learning = Learner::new(learner_commands, post(&events_in), shared.clone(), &options);
        let mut playing = Stage::new(stage_commands, post(&events_in), shared.clone(), &options);
        let software = options.software;
        let threads = vec![
            thread::spawn("learner", software, move || learning.work())?,
            thread::spawn("stage", software, move || playing.work())?,
        ];
        let mut session = Self { learner: Post::new(learner), stage: Post::new(stage), events, shared, threads };
        // A checkpoint is looked at first; anything else is watched while a new run learns.
        let open = options.open.map(Command::Open);
        if open.as_ref().is_none_or(|open| open.worker() == Worker::Stage) {
            session.send(Command::Learn(true));
        }
        if let Some(open) = open {
            session.send(open);
        }
        session.send(Command::Play(true));
        Ok(session)
    }

    /// Gives a command to the worker whose it is. Never waits.
    pub fn send(&mut self, command: Command) {
        match command.worker() {
            Worker::Learner => self.learner.send(command),
            Worker::Stage => self.stage.send(command),
        }
    }

    /// What has happened since the last call. Never waits; call it often, it also moves the mail.
    pub fn events(&mut self) -> Vec<Event> {
        let events: Vec<Event> = self.events.try_iter().collect();
        for event in &events {
            if let Event::Opened { world: Some(world), .. } = event {
                self.stage.send(Command::SetStage(Box::new(world.clone())));
            }
        }
        self.learner.flush();
        self.stage.flush();
        events
    }

    /// The stage, where it has changed since the last call.
    pub fn picture(&self) -> Option<Picture> {
        self.shared.picture.take()
    }

    /// The training worlds, a few times a second after [`Command::WatchWorlds`].
    pub fn worlds(&self) -> Option<Vec<Grid>> {
        self.shared.worlds.take()
    }

    /// The time that the workers have spent working.
    pub fn load(&self) -> &Load {
        &self.shared.load
    }
}

impl Drop for Session {
    /// Lets both workers finish the slice they are at.
    fn drop(&mut self) {
        let closed = || Post::new(bounded(0).0);
        (self.learner, self.stage) = (closed(), closed());
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                log::error!("a worker ended with a panic");
            }
        }
    }
}

//! L3: learning and the stage on threads of their own, driven by messages.
//!
//! A [`Session`] has two workers, each with its own device: the *learner* trains, the *stage* plays one world under
//! the newest parameters; a third thread measures what the stage does. [`Command`]s go in, [`Event`]s come out, pictures lie in slots that hold only the latest.
//! Nobody waits for anybody: a full channel queues at the sender, and repeated settings fold into the last.

mod clips;
mod journal;
mod learner;
mod load;
mod look;
mod mail;
mod maps;
mod message;
mod rival;
mod snapshots;
mod stage;
#[cfg(test)]
mod tests;
mod thread;
mod timeline;

pub use clips::{ClipOrder, Frames};
pub use load::Load;
pub use look::{Inspected, Overlaid, Overlay};
pub use mail::Slot;
pub use message::{Command, Event, Picture, Speed, Stop, Stroke, Worker};
pub use rival::Rival;
pub use timeline::Record;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::spec::config::Config;
use crate::spec::grid::Grid;
use crate::spec::measures::Measured;
use crate::spec::rule::Rule;
use learner::Learner;
use look::Look;
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
    /// Where runs get their folders; `None`: they are not kept.
    pub runs: Option<PathBuf>,
    /// Whether the run begins while another one is offered: it is kept once somebody has a hand in it, or by
    /// [`Command::Keep`].
    pub trial: bool,
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
    /// Whether the run is not kept yet.
    trial: bool,
}

/// What both workers and the window see.
#[derive(Clone, Default)]
struct Shared {
    policy: Arc<Slot<Rule>>,
    picture: Arc<Slot<Picture>>,
    /// A rival under a rule that the learner keeps, for the stage.
    rival: Arc<Slot<(Rival, Rule)>>,
    worlds: Arc<Slot<Vec<Grid>>>,
    results: look::Results,
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
        let (jobs, jobs_out) = bounded(1);
        let look = Look::new(shared.results.clone(), jobs);
        let mut playing = Stage::new(stage_commands, post(&events_in), shared.clone(), look, &options);
        let results = shared.results.clone();
        let software = options.software;
        let threads = vec![
            thread::spawn("learner", software, move || learning.work())?,
            thread::spawn("stage", software, move || playing.work())?,
            thread::spawn("measures", software, move || look::measure(&jobs_out, &results))?,
        ];
        let (learner, stage) = (Post::new(learner), Post::new(stage));
        let mut session = Self { learner, stage, events, shared, threads, trial: false };
        // A clip of ours rests at its first state.
        session.send(Command::Play(true));
        // A checkpoint is looked at first; anything else is watched while a new run learns.
        let open = options.open.map(Command::Open);
        if open.as_ref().is_none_or(|open| open.worker() == Worker::Stage) {
            session.send(Command::Learn(true));
        }
        if let Some(open) = open {
            session.send(open);
        }
        session.trial = options.trial;
        Ok(session)
    }

    /// Gives a command to the worker whose it is. Never waits.
    pub fn send(&mut self, command: Command) {
        if self.trial && command.takes_part() {
            self.trial = false;
            self.learner.send(Command::Keep);
        }
        // The stage waits for the rule that the learner is asked for, unless something else is wanted by then.
        if let Command::Compare(Some(rival)) = &command
            && rival.update.is_some()
        {
            self.stage.send(command.clone());
        }
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
            if let Event::ClipOpened { stamp, .. } = event {
                self.learner.send(Command::Recall(stamp.clone()));
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

    /// The cell that [`Command::Inspect`] asks for, taken apart, where it is new.
    pub fn inspection(&self) -> Option<Inspected> {
        self.shared.results.inspection.take()
    }

    /// The map that [`Command::Overlay`] asks for, where it is new.
    pub fn overlay(&self) -> Option<Overlaid> {
        self.shared.results.overlay.take()
    }

    /// The measures of one of the last steps after [`Command::Measure`], with the stage's epoch; where they are new.
    pub fn measured(&self) -> Option<(u32, Measured)> {
        self.shared.results.measures.take()
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

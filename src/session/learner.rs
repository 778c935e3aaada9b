//! The worker that trains.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::command::{Origin, Stop, ToFiles, ToLearner, ToRun, ToStage};
use super::event::Event;
use super::mail::{Inbox, Post};
use super::thread::{Work, sentence};
use super::{Beginning, Shared};
use crate::engine::{self, Engine, EngineError};
use crate::files::checkpoint::Checkpoint;
use crate::files::scenario;
use crate::learn::{self, LearnError, Metrics, Tick};
use crate::spec::config::{Config, Start};
use crate::spec::grid::Grid;
use crate::spec::settings;

/// How often the training worlds are shown.
const WORLDS_EVERY: Duration = Duration::from_millis(250);
/// The longest that the learner rests between two slices.
const LONGEST_REST: Duration = Duration::from_millis(200);
/// How long it waits for a command when it does not learn.
const IDLE: Duration = Duration::from_millis(100);
/// Updates that may wait to be put on record: a disk that hangs holds learning up, and costs no memory.
const UNRECORDED: usize = 64;

pub(super) struct Learner {
    inbox: Inbox<ToLearner>,
    events: Post<Event>,
    files: Post<ToFiles>,
    stage: Post<ToStage>,
    shared: Shared,
    first: Option<Beginning>,
    engine: Option<Arc<dyn Engine>>,
    trainer: Option<Box<dyn learn::Learner>>,
    applied: Option<Config>,
    learning: bool,
    share: f32,
    worlds: Option<Instant>,
    /// The start that was asked for from the stage and is not in force yet.
    start: Option<Start>,
    stop: Stop,
    stop_since: Instant,
}

impl Work for Learner {
    fn serve(&mut self) {
        if let Some(first) = self.first.take() {
            let begun = self.begin(first);
            self.report(begun);
        }
        loop {
            self.events.flush();
            self.files.flush();
            self.stage.flush();
            let Some(commands) = self.inbox.take(if self.learning { Duration::ZERO } else { IDLE }) else { return };
            for command in commands {
                let done = self.obey(command);
                self.report(done);
            }
            if let Some(fault) = engine::edit_fault() {
                self.events.send(Event::Failed(fault));
            }
            let shown = self.show_worlds();
            self.report(shown);
            if self.learning && self.files.pending() > UNRECORDED {
                std::thread::sleep(LONGEST_REST);
            } else if self.learning {
                let before = Instant::now();
                let ticked = self.tick();
                self.shared.spent().learning += before.elapsed();
                self.report(ticked);
                let rest = before.elapsed().mul_f32(1.0 / self.share.max(0.01) - 1.0);
                std::thread::sleep(rest.min(LONGEST_REST));
            }
        }
    }

    /// The run that broke is given up.
    fn broke(&mut self, message: &str) {
        self.give_up();
        self.events.send(Event::Failed(format!(
            "Learning broke off ({message}); restart the run, or open its last checkpoint."
        )));
    }

    fn finish(&mut self) {
        self.files.finish();
    }
}

impl Learner {
    pub(super) fn new(
        inbox: Inbox<ToLearner>,
        events: Post<Event>,
        (files, stage): (Post<ToFiles>, Post<ToStage>),
        shared: Shared,
        first: Beginning,
    ) -> Self {
        Self {
            inbox,
            events,
            files,
            stage,
            shared,
            first: Some(first),
            engine: None,
            trainer: None,
            applied: None,
            learning: false,
            share: 1.0,
            worlds: None,
            start: None,
            stop: Stop::default(),
            stop_since: Instant::now(),
        }
    }

    fn obey(&mut self, command: ToLearner) -> Result<(), Box<dyn Error>> {
        match command {
            ToLearner::Learn(learning) => self.set_learning(learning && self.trainer.is_some()),
            ToLearner::Share(share) => self.share = share,
            ToLearner::WatchWorlds(watched) => self.worlds = watched.then(Instant::now),
            ToLearner::Configure(config) => self.configure(&config)?,
            ToLearner::Restart(config) => {
                let learning = self.learning;
                self.begin(Beginning::New(config))?;
                self.set_learning(learning);
            }
            ToLearner::BranchFrom(update) => {
                let checkpoint = self.shared.shelf.at(update)?;
                let trainer = self.resume(Checkpoint::clone(&checkpoint))?;
                let text = format!("A new run goes on from update {}; the one before is kept.", trainer.updates());
                self.take_up(trainer, Origin::Branch);
                self.events.send(Event::Note(text));
            }
            ToLearner::TakeUp(path, checkpoint) => {
                // Where it cannot be, the run goes on in its place.
                self.open(path, *checkpoint).inspect_err(|_| self.files.send(ToFiles::Run(ToRun::Keep)))?;
            }
            ToLearner::StartFrom(path) => self.start_from(path)?,
            ToLearner::StopAt(stop) => (self.stop, self.stop_since) = (stop, Instant::now()),
            ToLearner::Run(command) => self.files.send(ToFiles::Run(command)),
        }
        Ok(())
    }

    fn begin(&mut self, beginning: Beginning) -> Result<(), Box<dyn Error>> {
        // The old run stays until the new one stands, so that a refused configuration costs nothing.
        let trainer = match beginning {
            Beginning::New(config) => learn::begin(&*self.device()?, scenario::new(*config)?)?,
            Beginning::Resumed(checkpoint) => self.resume(*checkpoint)?,
        };
        self.take_up(trainer, Origin::New);
        Ok(())
    }

    fn resume(&mut self, checkpoint: Checkpoint) -> Result<Box<dyn learn::Learner>, Box<dyn Error>> {
        let scenario = scenario::resumed(&checkpoint.rule.config)?;
        Ok(learn::resume(&*self.device()?, scenario, checkpoint)?)
    }

    fn open(&mut self, path: PathBuf, checkpoint: Checkpoint) -> Result<(), Box<dyn Error>> {
        let world = checkpoint.worlds.first().cloned();
        let trainer = self.resume(checkpoint)?;
        self.set_learning(false);
        self.take_up(trainer, Origin::File(path));
        if let Some(world) = world {
            self.stage.send(ToStage::SetStage(Box::new(world)));
        }
        Ok(())
    }

    /// Takes the run up again as it was after its last finished update.
    fn go_back(&mut self) -> Result<(), Box<dyn Error>> {
        let Some(checkpoint) = self.trainer.as_ref().map(|trainer| trainer.checkpoint().clone()) else { return Ok(()) };
        let trainer = self.resume(checkpoint)?;
        self.events.send(Event::Note(format!("The run is back at update {}, paused.", trainer.updates())));
        (self.trainer, self.start) = (Some(trainer), None);
        Ok(())
    }

    fn take_up(&mut self, trainer: Box<dyn learn::Learner>, origin: Origin) {
        let checkpoint = Arc::new(trainer.checkpoint().clone());
        match origin {
            Origin::Branch => self.shared.shelf.cut(trainer.updates()),
            Origin::New | Origin::File(_) => self.shared.shelf.clear(),
        }
        self.shared.shelf.keep(Arc::clone(&checkpoint));
        self.files.send(ToFiles::Begun(origin, trainer.device_bytes(), checkpoint));
        self.stage.send(ToStage::StageAt(None));
        self.applied = Some(trainer.config().clone());
        (self.trainer, self.start) = (Some(trainer), None);
    }

    fn tick(&mut self) -> Result<(), LearnError> {
        let Some(trainer) = &mut self.trainer else {
            self.set_learning(false);
            return Ok(());
        };
        let ticked = trainer.tick()?;
        self.note_changes();
        if let Tick::Updated(metrics) = ticked {
            self.updated(metrics);
        }
        if let Some(after) = self.stop.after.filter(|&after| self.stop_since.elapsed() >= after) {
            self.stop.after = None;
            self.pause(format!("{:.0} minutes have passed.", after.as_secs_f64() / 60.0));
        }
        Ok(())
    }

    /// Settings that are in force since the update that is being learned.
    fn note_changes(&mut self) {
        let (Some(trainer), Some(before)) = (&self.trainer, &mut self.applied) else { return };
        let config = trainer.config();
        if config != before {
            let before = std::mem::replace(before, config.clone());
            self.files.send(ToFiles::Changed(trainer.updates(), Box::new((before, config.clone()))));
            self.start = None;
        }
    }

    /// An update is done: it is put on the shelf and on record, and is perhaps the last for now.
    fn updated(&mut self, metrics: Box<Metrics>) {
        let Some(trainer) = &self.trainer else { return };
        let checkpoint = Arc::new(trainer.checkpoint().clone());
        let total = trainer.config().run.updates;
        self.shared.shelf.keep(Arc::clone(&checkpoint));
        let (reached, done) = (self.stop.reached(&metrics), metrics.update == total);
        self.files.send(ToFiles::Updated(metrics, checkpoint));
        if let Some(reason) = reached {
            self.pause(reason);
        }
        if done {
            self.set_learning(false);
            self.events.send(Event::Note(format!(
                "The run's {total} updates are done. Learn goes on; run.updates sets another total."
            )));
        }
    }

    fn pause(&mut self, reason: String) {
        self.set_learning(false);
        self.events.send(Event::Note(format!("Learning is paused: {reason}")));
        self.events.send(Event::StopsAt(self.stop));
    }

    fn configure(&mut self, wanted: &Config) -> Result<(), Box<dyn Error>> {
        let Some(trainer) = &mut self.trainer else { return Ok(()) };
        let mut config = trainer.config().clone();
        settings::take_live(&mut config, wanted);
        // Whoever sends settings before it is in force does not know of it, and leaves the start as it is.
        match &self.start {
            Some(start) if wanted.world.start == trainer.config().world.start => config.world.start = start.clone(),
            _ => self.start = None,
        }
        trainer.configure(scenario::changed(config, trainer.wanted())?)?;
        Ok(())
    }

    fn start_from(&mut self, path: PathBuf) -> Result<(), Box<dyn Error>> {
        let trainer = self.trainer.as_ref().ok_or("There is no run to train yet.")?;
        let mut config = trainer.wanted().config.clone();
        let start = Start::Picture(path.to_string_lossy().into_owned());
        config.world.start = start.clone();
        self.configure(&config)?;
        self.start = Some(start);
        let text = format!("With the next update the training worlds start from {}.", path.display());
        self.events.send(Event::Note(text));
        Ok(())
    }

    fn device(&mut self) -> Result<Arc<dyn Engine>, LearnError> {
        if let Some(engine) = &self.engine {
            return Ok(Arc::clone(engine));
        }
        let engine = engine::open_on(self.shared.engine, self.shared.threads)?;
        self.events.send(Event::Device(engine.about()));
        self.engine = Some(Arc::clone(&engine));
        Ok(engine)
    }

    fn show_worlds(&mut self) -> Result<(), LearnError> {
        let due = self.worlds.is_some_and(|at| at <= Instant::now());
        if let (true, Some(trainer)) = (due && self.shared.latest.lacks::<Vec<Grid>>(), &mut self.trainer) {
            self.worlds = Some(Instant::now() + WORLDS_EVERY);
            self.shared.latest.put(trainer.worlds()?);
        }
        Ok(())
    }

    fn set_learning(&mut self, learning: bool) {
        self.learning = learning;
        self.files.send(ToFiles::Learning(learning));
    }

    fn report<E: Into<Box<dyn Error>>>(&mut self, done: Result<(), E>) {
        let Err(error) = done else { return };
        let error = error.into();
        match error.downcast_ref::<LearnError>() {
            // The device may be lost: the next run opens it again.
            Some(LearnError::Engine(EngineError::Device(_))) => self.give_up(),
            Some(LearnError::Diverged { .. }) => {
                self.set_learning(false);
                self.events.send(Event::Failed(sentence(&*error)));
                let back = self.go_back();
                return self.report(back);
            }
            _ => {}
        }
        self.events.send(Event::Failed(sentence(&*error)));
    }

    fn give_up(&mut self) {
        // The state after the last update is not the device's.
        self.files.send(ToFiles::Store);
        (self.engine, self.trainer) = (None, None);
        self.set_learning(false);
    }
}

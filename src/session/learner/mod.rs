//! The worker that trains.

mod runs;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};

use super::journal::Journal;
use super::mail::{Post, fold};
use super::message::{Command, Event, Stop};
use super::snapshots::Snapshots;
use super::thread::{panic_message, sentence};
use super::{Options, Shared};
use crate::engine::{self, Engine, EngineError};
use crate::files::pattern;
use crate::files::run::{self, Happening};
use crate::files::{make_folder_of, scenario, write_png};
use crate::learn::{self, LearnError, Metrics, Tick};
use crate::spec::config::{Config, Start};
use crate::spec::grid::Grid;
use crate::spec::settings::{self, Effect, SETTINGS};

/// How often the training worlds are shown.
const WORLDS_EVERY: Duration = Duration::from_millis(250);
/// The longest that the learner rests between two slices.
const LONGEST_REST: Duration = Duration::from_millis(200);

pub(super) struct Learner {
    commands: Receiver<Command>,
    events: Post<Event>,
    shared: Shared,
    first: Option<Config>,
    engine: Option<Arc<dyn Engine>>,
    trainer: Option<Box<dyn learn::Learner>>,
    applied: Option<Config>,
    learning: bool,
    share: f32,
    worlds: Option<Instant>,
    journal: Journal,
    /// Whether the first run begins on trial.
    trial: bool,
    /// Where other runs lie.
    runs: Option<PathBuf>,
    /// Whether the last attempt to keep the run on disk failed: that is said once.
    unkept: bool,
    snapshots: Snapshots,
    /// Whether the stage keeps to an old update.
    pinned: bool,
    /// The start that was asked for from the stage and is not in force yet.
    start: Option<Start>,
    stop: Stop,
    stop_since: Instant,
}

impl Learner {
    pub(super) fn new(commands: Receiver<Command>, events: Post<Event>, shared: Shared, options: &Options) -> Self {
        Self {
            commands,
            events,
            shared,
            first: Some(options.config.clone()),
            engine: None,
            trainer: None,
            applied: None,
            learning: false,
            share: 1.0,
            worlds: None,
            journal: Journal::new(options.runs.clone()),
            trial: options.trial,
            runs: options.runs.clone(),
            unkept: false,
            snapshots: Snapshots::default(),
            pinned: false,
            start: None,
            stop: Stop::default(),
            stop_since: Instant::now(),
        }
    }

    /// Works until the session ends. A panic becomes an event; the run that it broke is given up.
    pub(super) fn work(&mut self) {
        while let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.serve())) {
            self.give_up();
            let message = panic_message(&*panic);
            self.events.send(Event::Failed(format!(
                "Learning broke off ({message}); restart the run, or open its last checkpoint."
            )));
        }
        self.save_run();
    }

    fn serve(&mut self) {
        if let Some(config) = self.first.take() {
            let begun = self.begin(config);
            self.report(begun);
            self.journal.trial = self.trial;
        }
        loop {
            self.events.flush();
            let Some(commands) = self.next_commands() else { return };
            for command in fold(commands) {
                let done = self.obey(command);
                self.report(done);
            }
            if self.journal.is_due() {
                self.save_run();
            }
            let shown = self.show_worlds();
            self.report(shown);
            if self.learning {
                let before = Instant::now();
                let ticked = self.tick();
                self.shared.load.add_learning(before);
                self.report(ticked);
                let rest = before.elapsed().mul_f32(1.0 / self.share.max(0.01) - 1.0);
                std::thread::sleep(rest.min(LONGEST_REST));
            }
        }
    }

    /// The commands that wait; when idle, waits a moment for the first. `None` when the session has ended.
    fn next_commands(&self) -> Option<Vec<Command>> {
        let first = if self.learning {
            match self.commands.try_recv() {
                Ok(command) => Some(command),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => return None,
            }
        } else {
            match self.commands.recv_timeout(Duration::from_millis(100)) {
                Ok(command) => Some(command),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        };
        Some(first.into_iter().chain(self.commands.try_iter()).collect())
    }

    fn obey(&mut self, command: Command) -> Result<(), Box<dyn std::error::Error>> {
        match command {
            Command::Learn(learning) => self.set_learning(learning && self.trainer.is_some()),
            Command::Share(share) => self.share = share,
            Command::WatchWorlds(watched) => self.worlds = watched.then(Instant::now),
            Command::Configure(config) => self.configure(&config)?,
            Command::Restart(config) => self.restart(*config)?,
            Command::Open(path) => {
                let opened = self.open(&path);
                if opened.is_err() {
                    // The run goes on in its place.
                    self.keep();
                }
                opened?;
            }
            Command::Recall(stamp) => self.recall(&stamp)?,
            Command::TrainFrom(grid) => self.train_from(&grid)?,
            Command::Save(path) => self.save(&path)?,
            Command::SaveEvery(time) => self.journal.every = time,
            Command::Keep => self.keep(),
            Command::StopAt(stop) => (self.stop, self.stop_since) = (stop, Instant::now()),
            Command::Note(update, text) => {
                self.journal.mark(update, Happening::Note(text));
                self.tell_marks();
            }
            Command::Forget(mark) => {
                self.journal.forget(&mark);
                self.tell_marks();
            }
            Command::StageAt(update) => self.stage_at(update)?,
            Command::Compare(Some(rival)) => self.offer_rival(*rival)?,
            Command::BranchFrom(update) => self.branch_from(update)?,
            Command::ListRuns => {
                let runs = self.runs.as_deref().map(run::runs).unwrap_or_default();
                self.events.send(Event::Runs(runs));
            }
            Command::ReadRun(folder) => {
                let history = run::read_metrics(&folder, Metrics::parse)?;
                self.events.send(Event::Run { folder, history });
            }
            Command::ExportCurves(path) => self.export_curves(&path)?,
            Command::WritePicture { path, width, pixels } => {
                make_folder_of(&path)?;
                write_png(&path, width, &pixels)?;
                self.events.send(Event::Note(format!("Wrote {}.", path.display())));
            }
            _ => {}
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), LearnError> {
        let Some(trainer) = &mut self.trainer else {
            self.set_learning(false);
            return Ok(());
        };
        let ticked = trainer.tick()?;
        self.note_changes();
        if let Tick::Updated(metrics) = ticked {
            self.updated(&metrics);
        }
        if let Some(after) = self.stop.after.filter(|&after| self.stop_since.elapsed() >= after) {
            self.stop.after = None;
            self.pause(format!("{:.0} minutes have passed.", after.as_secs_f64() / 60.0));
        }
        Ok(())
    }

    /// Settings that are in force since the update that is being learned.
    fn note_changes(&mut self) {
        let (Some(trainer), Some(before)) = (&self.trainer, &self.applied) else { return };
        let config = trainer.config();
        if config != before {
            self.journal.changed(trainer.updates() + 1, before, config);
            self.applied = Some(config.clone());
            self.start = None;
            self.events.send(Event::Applied(Box::new(config.clone())));
            self.tell_marks();
        }
    }

    /// An update is done: it is shown, kept, and perhaps the last for now.
    fn updated(&mut self, metrics: &Metrics) {
        let Some(trainer) = &self.trainer else { return };
        self.snapshots.keep(trainer.checkpoint());
        let total = trainer.config().run.updates;
        self.journal.history.push(metrics.clone());
        self.events.send(Event::Updated(Box::new(metrics.clone())));
        self.publish();
        self.write_run();
        if let Some(reason) = self.stop.reached(metrics) {
            self.pause(reason);
        }
        if metrics.update == total {
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

    fn tell_marks(&mut self) {
        self.events.send(Event::Marks(self.journal.marks.clone()));
        self.write_run();
    }

    fn configure(&mut self, wanted: &Config) -> Result<(), Box<dyn std::error::Error>> {
        let Some(trainer) = &mut self.trainer else { return Ok(()) };
        let mut config = trainer.config().clone();
        for setting in SETTINGS {
            if setting.effect == Effect::NextUpdate {
                settings::set(&mut config, setting.path, &setting.get(wanted))?;
            }
        }
        // Whoever sends settings before it is in force does not know of it, and leaves the start as it is.
        match &self.start {
            Some(start) if wanted.world.start == trainer.config().world.start => config.world.start = start.clone(),
            _ => self.start = None,
        }
        trainer.configure(scenario::changed(config, trainer.wanted())?)?;
        Ok(())
    }

    fn train_from(&mut self, grid: &Grid) -> Result<(), Box<dyn std::error::Error>> {
        let trainer = self.trainer.as_ref().ok_or("There is no run to train yet.")?;
        let mut config = trainer.wanted().config.clone();
        let folder = self.journal.starts(trainer.config())?;
        self.tell_folder();
        let file = (1..).map(|n| folder.join(format!("stage-{n}.rle"))).find(|file| !file.exists());
        let file = file.ok_or("There are too many starts in the run's folder.")?;
        make_folder_of(&file)?;
        pattern::write_pattern(&file, grid)?;
        let start = Start::Picture(file.to_string_lossy().into_owned());
        config.world.start = start.clone();
        let text = format!("With the next update the training worlds start from {}.", file.display());
        self.configure(&config)?;
        self.start = Some(start);
        self.events.send(Event::Note(text));
        Ok(())
    }

    fn device(&mut self) -> Result<Arc<dyn Engine>, LearnError> {
        if let Some(engine) = &self.engine {
            return Ok(Arc::clone(engine));
        }
        let engine = engine::open()?;
        self.events.send(Event::Device(engine.about()));
        self.engine = Some(Arc::clone(&engine));
        Ok(engine)
    }

    fn show_worlds(&mut self) -> Result<(), LearnError> {
        let due = self.worlds.is_some_and(|at| at <= Instant::now());
        if let (true, Some(trainer)) = (due && self.shared.worlds.is_empty(), &mut self.trainer) {
            self.worlds = Some(Instant::now() + WORLDS_EVERY);
            self.shared.worlds.put(trainer.worlds()?);
        }
        Ok(())
    }

    fn set_learning(&mut self, learning: bool) {
        self.learning = learning;
        self.events.send(Event::Learning(learning));
    }

    fn report<E: Into<Box<dyn std::error::Error>>>(&mut self, done: Result<(), E>) {
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
        self.save_run();
        (self.engine, self.trainer) = (None, None);
        self.set_learning(false);
    }
}

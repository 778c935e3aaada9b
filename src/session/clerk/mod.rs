//! The worker that reads and writes files, so that learning and the stage need not wait for them; it keeps the run on
//! disk, and its record.

mod journal;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::Options;
use super::command::{Origin, ToFiles, ToLearner, ToRun, ToStage, Which, opens_run};
use super::event::Event;
use super::mail::{Inbox, Post};
use super::shelf::Shelf;
use super::thread::{Work, sentence};
use crate::files::checkpoint::Checkpoint;
use crate::files::clip::read_stamp;
use crate::files::run::{self, Happening, checkpoint_at};
use crate::files::stamp::{Stamp, fingerprint};
use crate::files::{Colours, FileError, make_folder_of, pattern, scenario, write_png};
use crate::learn::Metrics;
use crate::spec::config::Config;
use crate::spec::grid::Grid;
use crate::spec::rule::Rule;
use journal::Journal;
pub use journal::Runs;

/// How often it looks whether a checkpoint is due.
const IDLE: Duration = Duration::from_millis(100);

pub(super) struct Clerk {
    inbox: Inbox<ToFiles>,
    events: Post<Event>,
    learner: Post<ToLearner>,
    stage: Post<ToStage>,
    shelf: Arc<Shelf>,
    journal: Journal,
    /// Whether the last attempt to keep the run on disk failed: that is said once.
    unkept: bool,
    /// Where the run lies, and the update of the checkpoint there, as it was said last.
    told: Option<(PathBuf, Option<u32>)>,
}

impl Work for Clerk {
    fn serve(&mut self) {
        loop {
            self.events.flush();
            self.learner.flush();
            self.stage.flush();
            let Some(commands) = self.inbox.take(IDLE) else { return };
            for command in commands {
                if let Err(error) = self.obey(command) {
                    self.events.send(Event::Failed(sentence(&*error)));
                }
            }
            if self.journal.is_due() {
                self.save_run();
            }
        }
    }

    fn broke(&mut self, message: &str) {
        self.events.send(Event::Failed(format!("Work on a file broke off ({message}); the rest goes on.")));
    }

    /// The end of the session saves what there is.
    fn finish(&mut self) {
        self.save_run();
    }
}

impl Clerk {
    pub(super) fn new(
        inbox: Inbox<ToFiles>,
        events: Post<Event>,
        (learner, stage): (Post<ToLearner>, Post<ToStage>),
        shelf: Arc<Shelf>,
        options: &Options,
    ) -> Self {
        let journal = Journal::new(options.runs.clone(), options.trial);
        Self { inbox, events, learner, stage, shelf, journal, unkept: false, told: None }
    }

    fn obey(&mut self, command: ToFiles) -> Result<(), Box<dyn Error>> {
        match command {
            ToFiles::Open(path) => self.open(path)?,
            ToFiles::ListRuns => {
                let runs = self.journal.runs.root().map(run::runs).unwrap_or_default();
                self.events.send(Event::Runs(runs));
            }
            ToFiles::ReadRun(folder) => {
                let history = run::read_metrics(&folder, Metrics::parse)?;
                self.events.send(Event::Run { folder, history });
            }
            ToFiles::WritePicture(path, width, pixels) => {
                make_folder_of(&path)?;
                write_png(&path, width, &pixels)?;
                self.events.send(Event::Note(format!("Wrote {}.", path.display())));
            }
            ToFiles::WriteState(path, grid) => {
                make_folder_of(&path)?;
                pattern::write_pattern(&path, &grid)?;
                self.events.send(Event::Exported(path));
            }
            ToFiles::Find(number, which) => {
                let rule = self.find(which)?;
                self.stage.send(ToStage::Found(number, Box::new(rule)));
            }
            ToFiles::Begun(origin, bytes, checkpoint) => self.begun(origin, bytes, checkpoint),
            ToFiles::Changed(update, configs) => {
                let (before, after) = *configs;
                self.journal.changed(update + 1, &before, &after);
                self.events.send(Event::Applied(Box::new(after)));
                self.tell_marks();
            }
            ToFiles::Updated(metrics, checkpoint) => {
                self.journal.history.push(Metrics::clone(&metrics));
                self.journal.checkpoint = Some(checkpoint);
                self.write_run();
                self.events.send(Event::Updated(metrics));
                self.shelf.spill();
            }
            ToFiles::Learning(learning) => self.events.send(Event::Learning(learning)),
            ToFiles::Store => self.save_run(),
            ToFiles::Run(command) => self.do_with_run(command)?,
        }
        Ok(())
    }

    fn do_with_run(&mut self, command: ToRun) -> Result<(), Box<dyn Error>> {
        match command {
            ToRun::Save(path) => {
                let checkpoint = self.journal.checkpoint.as_ref().ok_or("There is no run to save yet.")?;
                make_folder_of(&path)?;
                checkpoint.write(&path)?;
                self.events.send(Event::Saved(path));
            }
            ToRun::SaveEvery(time) => self.journal.every = time,
            ToRun::Note(update, text) => {
                self.journal.mark(update, Happening::Note(text));
                self.tell_marks();
            }
            ToRun::Forget(mark) => {
                self.journal.forget(&mark);
                self.tell_marks();
            }
            ToRun::TrainFrom(grid) => {
                let folder = self.journal.starts()?;
                self.tell_home(Ok(()));
                let file = (1..).map(|n| folder.join(format!("stage-{n}.rle"))).find(|file| !file.exists());
                let file = file.ok_or("There are too many starts in the run's folder.")?;
                make_folder_of(&file)?;
                pattern::write_pattern(&file, &grid)?;
                self.learner.send(ToLearner::StartFrom(file));
            }
            ToRun::ExportCurves(path) => {
                let rows: Vec<_> = self.journal.history.iter().map(Metrics::row).collect();
                run::write_rows(&path, &rows)?;
                self.events.send(Event::Note(format!("Wrote {}.", path.display())));
            }
            ToRun::Keep => self.keep(),
        }
        Ok(())
    }

    /// Opens a run for the learner, or a pattern or a clip for the stage.
    fn open(&mut self, path: PathBuf) -> Result<(), Box<dyn Error>> {
        if opens_run(&path) {
            // Where it cannot be read, the run goes on in its place.
            let checkpoint = Checkpoint::read(&path).inspect_err(|_| self.keep())?;
            self.learner.send(ToLearner::TakeUp(path, Box::new(checkpoint)));
            return Ok(());
        }
        let command = match read_stamp(&path)? {
            Some((stamp, state)) => ToStage::GoOn(path, Box::new(stamp), Box::new(state)),
            None => {
                let grid = self.read_state(&path)?;
                ToStage::RestOn(path, Box::new(grid))
            }
        };
        self.stage.send(command);
        Ok(())
    }

    fn read_state(&mut self, path: &Path) -> Result<Grid, FileError> {
        match pattern::open(path, Colours::Exact) {
            Err(FileError::Colours { pixels, of, .. }) => {
                self.events.send(Event::Note(format!(
                    "{pixels} of the {of} pixels have none of the ten colours; each took the nearest."
                )));
                pattern::open(path, Colours::Nearest)
            }
            opened => opened,
        }
    }

    fn find(&mut self, which: Which) -> Result<Rule, Box<dyn Error>> {
        let rule = match which {
            Which::Update(update) => self.shelf.at(update)?.rule.clone(),
            Which::File(path) => Checkpoint::read(&checkpoint_at(&path))?.rule,
            Which::Clip(stamp) => self.rule_of_clip(&stamp)?,
        };
        Ok(scenario::with_target(rule))
    }

    fn rule_of_clip(&mut self, stamp: &Stamp) -> Result<Rule, Box<dyn Error>> {
        let named = format!("The rule that made the clip (update {}, parameters {})", stamp.update, stamp.checkpoint);
        let made_it = |rule: &Rule| fingerprint(&rule.params) == stamp.checkpoint;
        let elsewhere = || {
            let read =
                |path: PathBuf| Some((Checkpoint::read(&path).ok()?.rule, path)).filter(|(rule, _)| made_it(rule));
            run::checkpoints(self.journal.runs.root()?).into_iter().find_map(read)
        };
        let (rule, said) = if let Some(of_run) = self.shelf.at(stamp.update).ok().filter(|of_run| made_it(&of_run.rule))
        {
            (of_run.rule.clone(), format!("{named} is this run's, and the stage plays under it."))
        } else if let Some((rule, path)) = elsewhere() {
            (rule, format!("{named} is that of {}, and the stage plays under it.", path.display()))
        } else {
            let rule = self.shelf.newest().ok_or("There is no run yet whose rule the clip could play under.")?;
            let text = format!(
                "{named} is neither kept by this run nor in a run's folder. The stage has the clip's settings under the \
                 present rule; open the clip's checkpoint to see it as it was."
            );
            (Rule::clone(&rule), text)
        };
        self.events.send(Event::Note(said));
        let mut config = (*rule.config).clone();
        config.world.boundary = stamp.config.world.boundary;
        config.model.temperature = stamp.config.model.temperature;
        config.model.aggregator_temperature = stamp.config.model.aggregator_temperature;
        Ok(rule.under(config))
    }

    /// The run before is saved; the other one has its record from here on.
    fn begun(&mut self, origin: Origin, bytes: u64, checkpoint: Arc<Checkpoint>) {
        self.save_run();
        let (config, updates) = (Box::new(Config::clone(&checkpoint.rule.config)), checkpoint.rule.update);
        let opened = match &origin {
            Origin::File(path) => Some(path.clone()),
            Origin::New | Origin::Branch => None,
        };
        let begun = self.journal.begin(origin, checkpoint);
        if self.journal.runs.is_given() {
            self.save_run();
        }
        let history = self.journal.history.clone();
        self.events.send(Event::Started { config, bytes, updates, history });
        self.events.send(Event::Marks(self.journal.marks.clone()));
        self.told = None;
        self.tell_home(Ok(()));
        if let Some(path) = opened {
            self.events.send(Event::Opened { path, run: true });
        }
        if let Err(error) = begun {
            self.events.send(Event::Failed(sentence(&error)));
        }
    }

    fn tell_marks(&mut self) {
        self.events.send(Event::Marks(self.journal.marks.clone()));
        self.write_run();
    }

    /// Puts rows and marks on disk.
    fn write_run(&mut self) {
        let written = self.journal.write();
        self.tell_home(written);
    }

    /// From now on the run goes to disk.
    fn keep(&mut self) {
        self.journal.trial = false;
        self.write_run();
    }

    /// Puts rows, marks and a checkpoint on disk.
    fn save_run(&mut self) {
        let saved = self.journal.save();
        self.tell_home(saved);
    }

    /// Says where the run lies, where that is new, or that it is not kept: it goes on, and what is not on disk is tried
    /// again with the next update.
    fn tell_home(&mut self, kept: Result<(), FileError>) {
        let home = self.journal.folder().map(|folder| (folder.to_owned(), self.journal.saved));
        if let Some((folder, saved)) = home.clone().filter(|_| home != self.told) {
            self.events.send(Event::Kept { folder, saved });
            self.told = home;
        }
        if let Err(error) = &kept
            && !self.unkept
        {
            log::warn!("the run is not kept: {error}");
            self.events.send(Event::Failed(if self.journal.runs.is_given() {
                sentence(error)
            } else {
                format!("The run is not kept on disk: {error}. Learning goes on.")
            }));
        }
        self.unkept = kept.is_err();
    }
}

//! Runs: how they begin, are taken up, branch, and are kept; and which update's rule the stage gets of them.

use std::path::{Path, PathBuf};

use super::Learner;
use crate::files::checkpoint::Checkpoint;
use crate::files::run;
use crate::files::stamp::{Stamp, fingerprint};
use crate::files::{FileError, make_folder_of, scenario, write_atomically};
use crate::learn;
use crate::session::message::Event;
use crate::session::rival::Rival;
use crate::session::snapshots::Snapshots;
use crate::spec::config::Config;
use crate::spec::rule::Rule;

impl Learner {
    pub(super) fn restart(&mut self, config: Config) -> Result<(), Box<dyn std::error::Error>> {
        let learning = self.learning;
        self.begin(config)?;
        self.set_learning(learning);
        Ok(())
    }

    pub(super) fn begin(&mut self, config: Config) -> Result<(), Box<dyn std::error::Error>> {
        // The old run stays until the new one stands, so that a refused configuration costs nothing.
        let scenario = scenario::new(config)?;
        let trainer = learn::begin(&*self.device()?, scenario)?;
        self.save_run();
        self.journal.begin();
        self.snapshots = Snapshots::default();
        self.take_up(trainer);
        Ok(())
    }

    pub(super) fn open(&mut self, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let checkpoint = Checkpoint::read(path)?;
        let world = checkpoint.worlds.first().cloned();
        let trainer = self.resume(checkpoint)?;
        self.set_learning(false);
        self.save_run();
        let curves = self.journal.take_up(path, trainer.updates());
        self.snapshots = Snapshots::default();
        self.take_up(trainer);
        self.events.send(Event::Opened { path: path.to_owned(), world });
        self.report(curves);
        Ok(())
    }

    pub(super) fn branch_from(&mut self, update: u32) -> Result<(), Box<dyn std::error::Error>> {
        let checkpoint = self.snapshot(update)?;
        let update = checkpoint.rule.update;
        let trainer = self.resume(checkpoint)?;
        self.save_run();
        self.journal.branch(update);
        self.snapshots.cut(update);
        self.take_up(trainer);
        self.events.send(Event::Note(format!("A new run goes on from update {update}; the one before is kept.")));
        Ok(())
    }

    /// Takes the run up again as it was after its last finished update.
    pub(super) fn go_back(&mut self) -> Result<(), Box<dyn std::error::Error>> {
        let Some(checkpoint) = self.trainer.as_ref().map(|trainer| trainer.checkpoint().clone()) else { return Ok(()) };
        let trainer = self.resume(checkpoint)?;
        self.events.send(Event::Note(format!("The run is back at update {}, paused.", trainer.updates())));
        (self.trainer, self.start) = (Some(trainer), None);
        self.publish();
        Ok(())
    }

    fn resume(&mut self, checkpoint: Checkpoint) -> Result<Box<dyn learn::Learner>, Box<dyn std::error::Error>> {
        let scenario = scenario::resumed(&checkpoint.rule.config)?;
        Ok(learn::resume(&*self.device()?, scenario, checkpoint)?)
    }

    fn take_up(&mut self, trainer: Box<dyn learn::Learner>) {
        let config = trainer.config().clone();
        let (bytes, updates) = (trainer.device_bytes(), trainer.updates());
        self.snapshots.keep(trainer.checkpoint());
        (self.trainer, self.start) = (Some(trainer), None);
        self.applied = Some(config.clone());
        let history = self.journal.history.clone();
        self.events.send(Event::Started { config: Box::new(config), bytes, updates, history });
        self.events.send(Event::Marks(self.journal.marks.clone()));
        self.tell_folder();
        self.pinned = false;
        self.events.send(Event::StageAt(None));
        self.publish();
    }

    pub(super) fn save(&mut self, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let trainer = self.trainer.as_ref().ok_or("There is no run to save yet.")?;
        make_folder_of(path)?;
        trainer.checkpoint().write(path)?;
        self.events.send(Event::Saved(path.to_owned()));
        Ok(())
    }

    /// Puts rows and marks on disk.
    pub(super) fn write_run(&mut self) {
        let Some(config) = &self.applied else { return };
        let folder = self.journal.folder().is_some();
        let written = self.journal.write(config);
        let opened = written.is_ok() && !folder;
        self.report_keeping(written);
        if opened {
            self.tell_folder();
        }
    }

    /// From now on the run goes to disk.
    pub(super) fn keep(&mut self) {
        self.journal.trial = false;
        self.write_run();
    }

    /// Puts rows, marks and a checkpoint on disk.
    pub(super) fn save_run(&mut self) {
        let Some(trainer) = &self.trainer else { return };
        let saved = self.journal.save(trainer.checkpoint());
        let told = matches!(saved, Ok(true));
        self.report_keeping(saved.map(|_| ()));
        if told {
            self.tell_folder();
        }
    }

    pub(super) fn tell_folder(&mut self) {
        if let Some(folder) = self.journal.folder() {
            let (folder, saved) = (folder.to_owned(), self.journal.saved());
            self.events.send(Event::Kept { folder, saved });
        }
    }

    /// A run that cannot be kept goes on; what is not on disk is tried again with the next update.
    fn report_keeping(&mut self, kept: Result<(), FileError>) {
        if let Err(error) = &kept
            && !self.unkept
        {
            log::warn!("the run is not kept: {error}");
            self.events.send(Event::Failed(format!("The run is not kept on disk: {error}. Learning goes on.")));
        }
        self.unkept = kept.is_err();
    }

    pub(super) fn stage_at(&mut self, update: Option<u32>) -> Result<(), Box<dyn std::error::Error>> {
        let Some(update) = update else {
            self.pinned = false;
            self.events.send(Event::StageAt(None));
            self.publish();
            return Ok(());
        };
        let checkpoint = self.snapshot(update)?;
        self.pin(checkpoint.rule);
        Ok(())
    }

    /// Has the stage keep to a rule.
    fn pin(&mut self, rule: Rule) {
        self.pinned = true;
        self.events.send(Event::StageAt(Some(rule.update)));
        self.shared.policy.put(scenario::with_target(rule));
    }

    /// Has the stage go on as a clip did. Without its rule, that is the present one with the clip's settings.
    pub(super) fn recall(&mut self, stamp: &Stamp) -> Result<(), Box<dyn std::error::Error>> {
        let rule = format!("The rule that made the clip (update {}, parameters {})", stamp.update, stamp.checkpoint);
        let made_it = |checkpoint: &Checkpoint| fingerprint(&checkpoint.rule.params) == stamp.checkpoint;
        let of_run = self.snapshots.at(stamp.update).and_then(Result::ok).filter(made_it);
        let elsewhere = || {
            let read = |path: PathBuf| Some((Checkpoint::read(&path).ok().filter(made_it)?, path));
            run::checkpoints(self.runs.as_deref()?).into_iter().find_map(read)
        };
        let (made, said) = match of_run
            .map(|checkpoint| (checkpoint, None))
            .or_else(|| elsewhere().map(|(checkpoint, path)| (checkpoint, Some(path))))
        {
            Some((checkpoint, None)) => (checkpoint, format!("{rule} is this run's, and the stage plays under it.")),
            Some((checkpoint, Some(path))) => {
                (checkpoint, format!("{rule} is that of {}, and the stage plays under it.", path.display()))
            }
            None => {
                let trainer =
                    self.trainer.as_ref().ok_or("There is no run yet whose rule the clip could play under.")?;
                let text = format!(
                    "{rule} is neither kept by this run nor in a run's folder. The stage has the clip's settings under \
                     the present rule; open the clip's checkpoint to see it as it was."
                );
                (trainer.checkpoint().clone(), text)
            }
        };
        let (mut config, of) = ((*made.rule.config).clone(), &stamp.config);
        config.world.boundary = of.world.boundary;
        config.model.temperature = of.model.temperature;
        config.model.aggregator_temperature = of.model.aggregator_temperature;
        self.events.send(Event::Note(said));
        self.pin(made.rule.under(config));
        Ok(())
    }

    /// Hands the stage a rival under an earlier rule of the run.
    pub(super) fn offer_rival(&mut self, rival: Rival) -> Result<(), Box<dyn std::error::Error>> {
        let Some(update) = rival.update else { return Ok(()) };
        let checkpoint = self.snapshot(update)?;
        if checkpoint.rule.update != update {
            self.events.send(Event::Note(format!(
                "What update {update} left is not kept; the rival runs under the rule of update {}.",
                checkpoint.rule.update
            )));
        }
        self.shared.rival.put((rival, scenario::with_target(checkpoint.rule)));
        Ok(())
    }

    /// The newest snapshot that is not after an update.
    fn snapshot(&self, update: u32) -> Result<Checkpoint, Box<dyn std::error::Error>> {
        match self.snapshots.at(update) {
            Some(checkpoint) => Ok(checkpoint?),
            None => Err(match self.snapshots.oldest() {
                Some(oldest) => {
                    format!("What update {update} left is not here: this session took the run up at {oldest}.")
                }
                None => "There is no run yet.".to_owned(),
            }
            .into()),
        }
    }

    /// Hands the newest parameters to the stage, unless it keeps to old ones.
    pub(super) fn publish(&mut self) {
        let (Some(trainer), false) = (&self.trainer, self.pinned) else { return };
        self.shared.policy.put(trainer.rule());
    }

    pub(super) fn export_curves(&mut self, path: &Path) -> Result<(), FileError> {
        let line = |cells: Vec<String>| cells.join(",") + "\n";
        let header =
            self.journal.history.first().map(|metrics| line(metrics.row().into_iter().map(|row| row.0).collect()));
        let rows =
            self.journal.history.iter().map(|metrics| line(metrics.row().into_iter().map(|row| row.1).collect()));
        let text: String = header.into_iter().chain(rows).collect();
        write_atomically(path, |out| out.write_all(text.as_bytes()))?;
        self.events.send(Event::Note(format!("Wrote {}.", path.display())));
        Ok(())
    }
}

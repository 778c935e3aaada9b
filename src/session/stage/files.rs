//! What the stage takes from files and writes to them: states, clips, a rival's rule.

use std::path::Path;
use std::sync::Arc;

use super::{Other, SMALLEST, Stage};
use crate::canvas::Area;
use crate::engine::EngineError;
use crate::files::checkpoint::Checkpoint;
use crate::files::clip::read_stamp;
use crate::files::run::checkpoint_at;
use crate::files::stamp::{Stamp, VERSION, fingerprint};
use crate::files::{Colours, FileError, make_folder_of, pattern, scenario};
use crate::session::clips::{ClipOrder, Frames, Writer};
use crate::session::look::Overlay;
use crate::session::maps::Reel;
use crate::session::message::Event;
use crate::session::rival::Rival;
use crate::session::timeline::{Made, Moment, Packed};
use crate::spec::COLOURS;
use crate::spec::grid::Grid;
use crate::spec::rule::Rule;

impl Stage {
    /// Opens a pattern or a clip.
    pub(super) fn open(&mut self, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
        if let Some((stamp, state)) = read_stamp(path)? {
            return self.open_clip(path, stamp, &state);
        }
        let grid = match pattern::open(path, Colours::Exact) {
            Err(FileError::Colours { pixels, of, .. }) => {
                self.events.send(Event::Note(format!(
                    "{pixels} of the {of} pixels have none of the ten colours; each took the nearest."
                )));
                pattern::open(path, Colours::Nearest)?
            }
            opened => opened?,
        };
        // It is looked at before it plays.
        self.set_playing(false);
        self.replace(&grid.centred(grid.height.max(SMALLEST), grid.width.max(SMALLEST)), 0)?;
        self.events.send(Event::Opened { path: path.to_owned(), world: None });
        Ok(())
    }

    /// Takes the stage to where one of our own clips begins, and rests there until its rule has been looked for.
    fn open_clip(&mut self, path: &Path, stamp: Stamp, state: &Grid) -> Result<(), Box<dyn std::error::Error>> {
        self.keep()?;
        self.set_playing(false);
        (self.seed, self.greedy) = (stamp.seed, stamp.greedy);
        self.replace(state, stamp.step)?;
        self.events.send(Event::ClipOpened { path: path.to_owned(), stamp: Box::new(stamp) });
        Ok(())
    }

    /// Writes the present state, or a part of it.
    pub(super) fn export(&mut self, path: &Path, area: Option<Area>) -> Result<(), Box<dyn std::error::Error>> {
        self.keep()?;
        let grid = self.timeline.here().state.grid();
        let fits = |area: &Area| area.top + area.height <= grid.height && area.left + area.width <= grid.width;
        let grid = area.filter(fits).map_or_else(|| grid.clone(), |area| area.cut(&grid));
        make_folder_of(path)?;
        pattern::write_pattern(path, &grid)?;
        self.events.send(Event::Exported(path.to_owned()));
        Ok(())
    }

    /// Hands the states of a clip to a thread that writes it.
    pub(super) fn write_clip(&mut self, order: ClipOrder) -> Result<(), Box<dyn std::error::Error>> {
        if self.writer.as_ref().is_some_and(Writer::is_writing) {
            return Err("A clip is being written; wait for it, or cancel it.".into());
        }
        self.keep()?;
        let frames = match (order.frames, self.recording) {
            (Frames::Last(n), _) => self.timeline.last(n).count(),
            (Frames::Recorded, None) => return Err("Nothing is being recorded.".into()),
            (Frames::Recorded, Some(number)) => {
                let (moments, whole) = self.timeline.since(number);
                if !whole {
                    self.events.send(Event::Note(
                        "The recording's beginning is no longer in memory; the clip has what is left.".to_owned(),
                    ));
                }
                moments.len()
            }
        };
        // An overlay may show what came of the moments before.
        let lead = match order.overlay {
            None => 0,
            Some(Overlay::Field(_)) => 1,
            Some(Overlay::Activity | Overlay::Age) => {
                self.look.traced().map_or(0, |from| self.timeline.since(from).0.len().saturating_sub(frames))
            }
        };
        let moments: Vec<Moment> = self.timeline.last(frames + lead).cloned().collect();
        let lead = moments.len() - frames;
        let rules: Option<Vec<_>> = moments.iter().map(|moment| self.rules.at(moment.rule)).collect();
        let (Some(first), Some(rules)) = (moments.get(lead), rules.filter(|rules| !rules.is_empty())) else {
            return Err("There is nothing to make a clip of yet.".into());
        };
        let lost = rules[lead..].iter().filter(|(_, itself)| !itself).count();
        if lost > 0 && matches!(order.overlay, Some(Overlay::Field(_))) {
            self.events.send(Event::Note(format!(
                "The rules of the first {lost} states are no longer in memory; the overlay is of the next one there."
            )));
        }
        // What follows on the first state was computed under the rule of the second.
        let policy = rules[(lead + 1).min(moments.len() - 1)].0;
        let stamp = Stamp {
            version: VERSION.to_owned(),
            seed: first.seed,
            step: first.step,
            greedy: self.greedy,
            update: policy.update,
            checkpoint: fingerprint(&policy.params),
            config: (*policy.config).clone(),
        };
        let rules = rules.into_iter().map(|(rule, _)| Arc::clone(rule)).collect();
        let reel = Reel { rules, moments, lead, greedy: self.greedy };
        if order.frames == Frames::Recorded {
            self.recording = None;
        }
        self.changed = true;
        self.writer = Some(Writer::start(order, reel, stamp, self.events.another())?);
        Ok(())
    }

    /// Takes a rival in, or lets it go.
    pub(super) fn compare_with(&mut self, terms: Option<Rival>) -> Result<(), Box<dyn std::error::Error>> {
        self.awaited = terms.clone().filter(|terms| terms.update.is_some());
        if self.awaited.is_some() {
            return Ok(());
        }
        let rule = match terms.as_ref().and_then(|terms| terms.checkpoint.as_ref()) {
            Some(path) => Some(scenario::with_target(Checkpoint::read(&checkpoint_at(path))?.rule)),
            None => None,
        };
        Ok(self.compare(terms, rule)?)
    }

    /// Takes in the rival whose rule was asked of the learner.
    pub(super) fn compare_with_awaited(&mut self) -> Result<(), EngineError> {
        let Some((terms, rule)) = self.awaited.as_ref().and_then(|_| self.shared.rival.take()) else { return Ok(()) };
        match self.awaited.take_if(|awaited| *awaited == terms) {
            Some(terms) => self.compare(Some(terms), Some(rule)),
            None => Ok(()),
        }
    }

    /// Begins a comparison under a rule of its own, or else the stage's; or ends it.
    pub(super) fn compare(&mut self, terms: Option<Rival>, rule: Option<Rule>) -> Result<(), EngineError> {
        self.keep()?;
        self.other = terms.map(|terms| Other { terms, rule, player: None });
        let here = self.timeline.here();
        let grid = here.state.grid();
        let rival = self.other.as_ref().map(|other| {
            let mut rival = grid.clone();
            if let Some((row, column)) =
                other.terms.flip.filter(|&(row, column)| row < grid.height && column < grid.width)
            {
                let cell = &mut rival.cells[row * grid.width + column];
                *cell = (*cell + 1) % COLOURS as u8;
            }
            Packed::new(&rival)
        });
        let moment = Moment { rival, made: Made::Step, ..here.clone() };
        self.timeline.push(moment);
        (self.loaded, self.changed) = (false, true);
        Ok(())
    }
}

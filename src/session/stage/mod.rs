//! The worker that plays one world under the newest parameters.

mod clip;
mod play;
mod played;

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Shared;
use super::clips::Writer;
use super::command::{Speed, Stroke, ToFiles, ToStage, Which};
use super::event::{Event, Picture};
use super::look::Look;
use super::mail::{Inbox, Post};
use super::rival::Rival;
use super::thread::{Work, sentence};
use super::timeline::{MEMORY, Made, Moment, Packed, Timeline};
use crate::canvas::Area;
use crate::engine::{self, Engine, EngineError, Player};
use crate::spec::config::Start;
use crate::spec::grid::Grid;
use crate::spec::rule::Rule;
use crate::spec::start::start_state;
use played::Played;

/// The least time between two pictures when the stage runs faster than anybody can see.
const PICTURE_EVERY: Duration = Duration::from_millis(15);
/// The least height and width of a stage for a file: a small pattern lies in the middle of it, on colour 0.
const SMALLEST: usize = 24;
/// How long an idle stage waits for a command before it looks for a new rule.
const IDLE: Duration = Duration::from_millis(50);

/// What the players hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// Something else than the timeline's present moment.
    Other,
    /// The present moment.
    Here,
    /// What follows on the timeline's last moment, and is not on it yet.
    Next,
}

/// A world that runs beside the stage.
struct Other {
    terms: Rival,
    /// The rule it runs under, where it is not the stage's.
    rule: Option<Rule>,
    player: Option<Box<dyn Player>>,
}

pub(super) struct Stage {
    inbox: Inbox<ToStage>,
    events: Post<Event>,
    files: Post<ToFiles>,
    shared: Shared,
    engine: Option<Arc<dyn Engine>>,
    /// Computes what follows on the timeline's last moment.
    player: Option<Box<dyn Player>>,
    other: Option<Other>,
    held: Held,
    /// The rule that it plays under.
    rule: Option<Arc<Rule>>,
    /// Whether it keeps to that, whatever the learner leaves.
    pinned: bool,
    played: Played,
    /// Rules that were asked for.
    asked: u32,
    /// The number of the rule that it will keep to.
    awaited: Option<u32>,
    /// A rival, and the number of the rule that it waits for.
    invited: Option<(u32, Rival)>,
    timeline: Timeline,
    /// The number of the moment that recording began at.
    recording: Option<u64>,
    writer: Option<Writer>,
    epoch: u32,
    seed: u32,
    /// Numbers the edits that are no strokes, downwards.
    edits: u32,
    /// Strokes taken in or refused.
    painted: u32,
    playing: bool,
    watched: bool,
    greedy: bool,
    speed: Speed,
    due: Instant,
    shown: Instant,
    /// Whether there is something new to show.
    changed: bool,
    look: Look,
}

impl Work for Stage {
    fn serve(&mut self) {
        loop {
            self.events.flush();
            self.files.flush();
            // Those that come before the next step is due.
            let wait = if self.runs() { self.due.saturating_duration_since(Instant::now()).min(IDLE) } else { IDLE };
            let Some(commands) = self.inbox.take(wait) else { return };
            for command in commands {
                let done = self.obey(command);
                self.report(done);
            }
            if let Some(fault) = engine::edit_fault() {
                self.events.send(Event::Failed(fault));
            }
            let followed = self.follow();
            self.report(followed);
            if self.runs() && self.due <= Instant::now() {
                let stepped = self.step();
                self.report(stepped);
                self.due = match self.speed {
                    Speed::Max => Instant::now(),
                    // A stage that cannot keep up does not try to catch up later.
                    Speed::PerSecond(rate) => (self.due + Duration::from_secs_f32(1.0 / rate)).max(Instant::now()),
                };
            }
            let shown = self.show();
            self.report(shown);
            let looked = self.look();
            self.report(looked);
        }
    }

    /// It pauses.
    fn broke(&mut self, message: &str) {
        self.halt();
        self.events.send(Event::Failed(format!("The stage broke off ({message}); play goes on from its start.")));
    }

    fn finish(&mut self) {
        self.files.finish();
        if let Some(writer) = self.writer.take() {
            writer.finish();
        }
    }
}

impl Stage {
    pub(super) fn new(
        inbox: Inbox<ToStage>,
        events: Post<Event>,
        files: Post<ToFiles>,
        shared: Shared,
        look: Look,
        ((height, width), seed): ((usize, usize), u32),
    ) -> Self {
        let now = Instant::now();
        let first = Moment {
            state: Packed::new(&noise(height, width, seed)),
            rival: None,
            step: 0,
            seed,
            update: 0,
            rule: 0,
            made: Made::Step,
        };
        Self {
            inbox,
            events,
            files,
            shared,
            engine: None,
            player: None,
            other: None,
            held: Held::Other,
            rule: None,
            pinned: false,
            played: Played::default(),
            asked: 0,
            awaited: None,
            invited: None,
            timeline: Timeline::new(first, MEMORY),
            recording: None,
            writer: None,
            epoch: 0,
            seed,
            edits: u32::MAX,
            painted: 0,
            playing: false,
            watched: true,
            greedy: false,
            speed: Speed::PerSecond(10.0),
            due: now,
            shown: now,
            changed: true,
            look,
        }
    }

    fn runs(&self) -> bool {
        self.playing && self.watched && self.rule.is_some()
    }

    fn obey(&mut self, command: ToStage) -> Result<(), Box<dyn Error>> {
        match command {
            ToStage::Play(playing) => self.set_playing(playing),
            ToStage::StepOnce => {
                self.set_playing(false);
                self.step()?;
            }
            ToStage::Speed(speed) => {
                self.speed = speed;
                self.due = Instant::now();
            }
            ToStage::Greedy(greedy) => {
                self.greedy = greedy;
                self.look.refresh();
            }
            ToStage::Look(wanted) => self.look.ask(wanted),
            ToStage::Watch(watched) => self.watched = watched,
            ToStage::Noise(height, width) => {
                self.seed = self.seed.wrapping_add(1);
                self.replace(&noise(height, width, self.seed), 0)?;
            }
            ToStage::SetStage(grid) => self.replace(&grid, 0)?,
            ToStage::Paint(stroke) => self.paint(&stroke)?,
            ToStage::Export(path, area) => {
                self.keep()?;
                let grid = self.timeline.here().state.grid();
                let fits = |area: &Area| area.top + area.height <= grid.height && area.left + area.width <= grid.width;
                let part = area.filter(fits).map(|area| area.cut(&grid));
                self.files.send(ToFiles::WriteState(path, Box::new(part.unwrap_or(grid))));
            }
            ToStage::RestOn(path, grid) => {
                // It is looked at before it plays.
                self.set_playing(false);
                self.replace(&grid.centred(grid.height.max(SMALLEST), grid.width.max(SMALLEST)), 0)?;
                self.events.send(Event::Opened { path, run: false });
            }
            ToStage::GoOn(path, stamp, state) => {
                self.keep()?;
                self.set_playing(false);
                (self.seed, self.greedy) = (stamp.seed, stamp.greedy);
                self.replace(&state, stamp.step)?;
                self.awaited = Some(self.ask_for(Which::Clip(stamp.clone())));
                self.events.send(Event::ClipOpened { path, stamp });
            }
            ToStage::StageAt(update) => self.stage_at(update),
            ToStage::Found(number, rule) => self.found(number, *rule)?,
            ToStage::Undo => self.go(Timeline::undo)?,
            ToStage::Redo => self.go(Timeline::redo)?,
            ToStage::StepBack => self.go(Timeline::back)?,
            ToStage::Beginning => self.go(Timeline::beginning)?,
            ToStage::Seek(position) => self.go(|timeline| {
                timeline.seek(position);
                true
            })?,
            ToStage::Branch => {
                self.keep()?;
                self.timeline.cut();
                self.changed = true;
            }
            ToStage::SwapBranch => self.go(Timeline::swap)?,
            ToStage::Seed(seed) => {
                self.keep()?;
                self.seed = seed;
                self.moved();
            }
            ToStage::Record(recording) => {
                self.keep()?;
                self.recording = recording.then(|| self.timeline.number());
                self.changed = true;
            }
            ToStage::Clip(order) => self.write_clip(*order)?,
            ToStage::CancelClip => {
                if let Some(writer) = &self.writer {
                    writer.cancel();
                }
            }
            ToStage::Compare(rival) => self.invite(rival.map(|rival| *rival))?,
        }
        Ok(())
    }

    /// Makes a moment of a state that has been computed and not kept yet.
    fn keep(&mut self) -> Result<(), EngineError> {
        let (Held::Next, Some(player)) = (self.held, &self.player) else { return Ok(()) };
        let rival = self.other.as_ref().and_then(|other| other.player.as_ref());
        let moment = Moment {
            state: Packed::new(&player.grid()?),
            rival: rival.map(|player| player.grid()).transpose()?.as_ref().map(Packed::new),
            step: player.steps(),
            seed: self.seed,
            update: self.update(),
            rule: self.played.newest(),
            made: Made::Step,
        };
        self.timeline.push(moment);
        self.held = Held::Here;
        Ok(())
    }

    /// The present moment is another now.
    fn moved(&mut self) {
        (self.held, self.changed) = (Held::Other, true);
    }

    /// The update whose rule it plays under.
    fn update(&self) -> u32 {
        self.rule.as_ref().map_or(0, |rule| rule.update)
    }

    /// Moves along the timeline and pauses there.
    fn go(&mut self, to: impl FnOnce(&mut Timeline) -> bool) -> Result<(), EngineError> {
        self.keep()?;
        self.set_playing(false);
        let before = self.timeline.here().state.size();
        if to(&mut self.timeline) {
            self.epoch += u32::from(self.timeline.here().state.size() != before);
            self.moved();
        }
        Ok(())
    }

    /// Puts an edited state on the timeline.
    fn edit(&mut self, state: Packed, rival: Option<Packed>, step: u32, made: Made) {
        let (update, rule) = (self.update(), self.played.newest());
        self.timeline.push(Moment { state, rival, step, seed: self.seed, update, rule, made });
        self.moved();
    }

    /// Another state for the stage; a rival starts anew from it.
    fn replace(&mut self, grid: &Grid, step: u32) -> Result<(), EngineError> {
        self.keep()?;
        self.edits -= 1;
        let state = Packed::new(grid);
        let rival = self.other.as_ref().map(|_| state.clone());
        self.edit(state, rival, step, Made::Placed { gesture: self.edits });
        self.epoch += 1;
        Ok(())
    }

    fn paint(&mut self, stroke: &Stroke) -> Result<(), EngineError> {
        self.painted += 1;
        self.changed = true;
        if stroke.epoch != self.epoch {
            return Ok(());
        }
        self.keep()?;
        let here = self.timeline.here();
        // The rival is painted alike, so that both go on from the same change.
        let state = here.state.painted(&stroke.cells);
        let rival = here.rival.as_ref().map(|rival| rival.painted(&stroke.cells));
        self.edit(state, rival, here.step, Made::Edit { gesture: stroke.gesture });
        Ok(())
    }

    /// Leaves a picture where there is a new state and somebody has taken the last one.
    fn show(&mut self) -> Result<(), EngineError> {
        let wanted = !self.playing || (self.shared.latest.lacks::<Picture>() && self.shown.elapsed() >= PICTURE_EVERY);
        if !self.changed || !wanted || !self.watched {
            return Ok(());
        }
        let before = Instant::now();
        self.keep()?;
        let here = self.timeline.here();
        let grid = here.state.grid();
        self.look.shown(self.epoch, (self.timeline.number(), here.step), &grid);
        self.shared.latest.put(Picture {
            epoch: self.epoch,
            step: here.step,
            seed: self.seed,
            update: here.update,
            grid,
            rival: here.rival.as_ref().map(Packed::grid),
            painted: self.painted,
            record: self.timeline.record(self.recording),
        });
        self.shared.spent().playing += before.elapsed();
        self.changed = false;
        self.shown = Instant::now();
        Ok(())
    }

    /// Looks into the present state, where somebody wants to and it is time.
    fn look(&mut self) -> Result<(), Box<dyn Error>> {
        if !self.watched || !self.look.is_due() {
            return Ok(());
        }
        let before = Instant::now();
        self.load()?;
        let (Some(present), Some(player)) = (&self.rule, &mut self.player) else { return Ok(()) };
        // A step that was shown already is foretold by the rule and the seed that it was drawn under, where they are
        // still known.
        let next = self.timeline.after();
        let then = next.and_then(|next| self.played.at(next.rule));
        let rule = then.filter(|(rule, itself)| *itself && rule.fits(present)).map_or(present, |(rule, _)| rule);
        let seed = next.map_or(self.seed, |next| next.seed);
        let borrowed = !Arc::ptr_eq(rule, present) || seed != self.seed;
        if borrowed {
            player.set_rule(rule);
            player.set_noise(seed, player.steps());
        }
        let next = next.map(|next| &next.state);
        let looked = self.look.at(&mut **player, self.epoch, self.greedy, (rule.update, next));
        if borrowed {
            player.set_rule(present);
            self.held = Held::Other;
        }
        self.shared.spent().playing += before.elapsed();
        looked
    }

    fn set_playing(&mut self, playing: bool) {
        self.playing = playing;
        self.due = Instant::now();
        self.events.send(Event::Playing(playing));
    }

    fn report<E: Into<Box<dyn Error>>>(&mut self, done: Result<(), E>) {
        let Err(error) = done else { return };
        let error = error.into();
        if error.is::<EngineError>() {
            self.halt();
        }
        self.events.send(Event::Failed(sentence(&*error)));
    }
}

fn noise(height: usize, width: usize, seed: u32) -> Grid {
    start_state(&Start::Random, height, width, seed, 0, 0).unwrap_or_else(|| Grid::filled(height, width, 0))
}

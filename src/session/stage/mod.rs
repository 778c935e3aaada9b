//! The worker that plays one world under the newest parameters.

mod files;
mod play;
mod rules;

pub(super) use play::set;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::clips::Writer;
use super::look::Look;
use super::mail::{Post, fold};
use super::message::{Command, Event, Picture, Speed, Stroke};
use super::rival::Rival;
use super::thread::{panic_message, sentence};
use super::timeline::{MEMORY, Made, Moment, Packed, Timeline};
use super::{Options, Shared};
use crate::engine::{Engine, EngineError, Player};
use crate::spec::config::Start;
use crate::spec::grid::Grid;
use crate::spec::rule::Rule;
use crate::spec::start::start_state;
use rules::Rules;

/// The least time between two pictures when the stage runs faster than anybody can see.
const PICTURE_EVERY: Duration = Duration::from_millis(15);
/// The least height and width of a stage for a file: a small pattern lies in the middle of it, on colour 0.
const SMALLEST: usize = 24;
/// How long an idle stage waits for a command before it looks for new parameters.
const IDLE: Duration = Duration::from_millis(50);

/// A world that runs beside the stage.
struct Other {
    terms: Rival,
    /// The rule it runs under, where it is not the stage's.
    rule: Option<Rule>,
    player: Option<Box<dyn Player>>,
}

pub(super) struct Stage {
    commands: Receiver<Command>,
    events: Post<Event>,
    shared: Shared,
    engine: Option<Arc<dyn Engine>>,
    /// Computes what follows on the timeline's last moment.
    player: Option<Box<dyn Player>>,
    other: Option<Other>,
    /// A rival under a rule that the learner has yet to hand over.
    awaited: Option<Rival>,
    policy: Option<Arc<Rule>>,
    rules: Rules,
    timeline: Timeline,
    /// The number of the moment that recording began at.
    recording: Option<u64>,
    writer: Option<Writer>,
    /// Whether the players are steps ahead of the timeline's last moment.
    ahead: bool,
    /// Whether the players hold the timeline's present moment, or what came after it.
    loaded: bool,
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
    changed: bool,
    look: Look,
}

impl Stage {
    pub(super) fn new(
        commands: Receiver<Command>,
        events: Post<Event>,
        shared: Shared,
        look: Look,
        options: &Options,
    ) -> Self {
        let now = Instant::now();
        let (height, width) = options.stage;
        let seed = options.config.run.seed;
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
            commands,
            events,
            shared,
            engine: None,
            player: None,
            other: None,
            awaited: None,
            policy: None,
            rules: Rules::default(),
            timeline: Timeline::new(first, MEMORY),
            recording: None,
            writer: None,
            ahead: false,
            loaded: false,
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

    /// Works until the session ends. A panic becomes an event, and the stage pauses.
    pub(super) fn work(&mut self) {
        while let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.serve())) {
            self.halt();
            let message = panic_message(&*panic);
            self.events.send(Event::Failed(format!("The stage broke off ({message}); play goes on from its start.")));
        }
        if let Some(writer) = self.writer.take() {
            writer.finish();
        }
    }

    fn serve(&mut self) {
        loop {
            self.events.flush();
            let Some(commands) = self.next_commands() else { return };
            for command in fold(commands) {
                let done = self.obey(command);
                self.report(done);
            }
            let compared = self.compare_with_awaited();
            self.report(compared);
            let adopted = self.adopt();
            self.report(adopted);
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

    fn runs(&self) -> bool {
        self.playing && self.watched && self.policy.is_some()
    }

    /// Commands that came before the next step is due; `None` when the session has ended.
    fn next_commands(&self) -> Option<Vec<Command>> {
        let idle = if self.runs() { self.due.saturating_duration_since(Instant::now()).min(IDLE) } else { IDLE };
        match self.commands.recv_timeout(idle) {
            Ok(command) => Some(std::iter::once(command).chain(self.commands.try_iter()).collect()),
            Err(RecvTimeoutError::Timeout) => Some(Vec::new()),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    fn obey(&mut self, command: Command) -> Result<(), Box<dyn std::error::Error>> {
        match command {
            Command::Play(playing) => self.set_playing(playing),
            Command::StepOnce => {
                self.set_playing(false);
                self.step()?;
            }
            Command::Speed(speed) => {
                self.speed = speed;
                self.due = Instant::now();
            }
            Command::Greedy(greedy) => {
                self.greedy = greedy;
                self.look.refresh();
            }
            Command::Inspect(cell) => self.look.inspect(cell),
            Command::Overlay(overlay) => self.look.overlay(overlay),
            Command::Measure(measuring) => self.look.measure(measuring),
            Command::Watch(watched) => self.watched = watched,
            Command::Noise(height, width) => {
                self.seed = self.seed.wrapping_add(1);
                self.replace(&noise(height, width, self.seed), 0)?;
            }
            Command::SetStage(grid) => self.replace(&grid, 0)?,
            Command::Paint(stroke) => self.paint(&stroke)?,
            Command::Export(path, area) => self.export(&path, area)?,
            Command::Open(path) => self.open(&path)?,
            Command::Undo => self.go(Timeline::undo)?,
            Command::Redo => self.go(Timeline::redo)?,
            Command::StepBack => self.go(Timeline::back)?,
            Command::Beginning => self.go(Timeline::beginning)?,
            Command::Seek(position) => self.go(|timeline| {
                timeline.seek(position);
                true
            })?,
            Command::Branch => {
                self.keep()?;
                self.timeline.cut();
                self.changed = true;
            }
            Command::SwapBranch => self.go(Timeline::swap)?,
            Command::Seed(seed) => {
                self.keep()?;
                self.seed = seed;
                (self.loaded, self.changed) = (false, true);
            }
            Command::Record(recording) => {
                self.keep()?;
                self.recording = recording.then(|| self.timeline.number());
                self.changed = true;
            }
            Command::Clip(order) => self.write_clip(*order)?,
            Command::CancelClip => {
                if let Some(writer) = &self.writer {
                    writer.cancel();
                }
            }
            Command::Compare(rival) => self.compare_with(rival.map(|rival| *rival))?,
            _ => {}
        }
        Ok(())
    }

    /// Makes a moment of a state that has been computed and not kept yet.
    fn keep(&mut self) -> Result<(), EngineError> {
        let (true, Some(player)) = (self.ahead, &self.player) else { return Ok(()) };
        let rival = self.other.as_ref().and_then(|other| other.player.as_ref());
        let moment = Moment {
            state: Packed::new(&player.grid()?),
            rival: rival.map(|player| player.grid()).transpose()?.as_ref().map(Packed::new),
            step: player.steps(),
            seed: self.seed,
            update: self.policy.as_ref().map_or(0, |policy| policy.update),
            rule: self.rules.newest(),
            made: Made::Step,
        };
        self.timeline.push(moment);
        self.ahead = false;
        Ok(())
    }

    /// Moves along the timeline and pauses there.
    fn go(&mut self, to: impl FnOnce(&mut Timeline) -> bool) -> Result<(), EngineError> {
        self.keep()?;
        self.set_playing(false);
        let before = self.timeline.here().state.size();
        if to(&mut self.timeline) {
            self.epoch += u32::from(self.timeline.here().state.size() != before);
            (self.loaded, self.changed) = (false, true);
        }
        Ok(())
    }

    /// Puts an edited state on the timeline.
    fn edit(&mut self, state: Packed, rival: Option<Packed>, step: u32, made: Made) {
        let update = self.policy.as_ref().map_or(0, |policy| policy.update);
        let rule = self.rules.newest();
        self.timeline.push(Moment { state, rival, step, seed: self.seed, update, rule, made });
        (self.loaded, self.changed) = (false, true);
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
        let wanted = !self.playing || (self.shared.picture.is_empty() && self.shown.elapsed() >= PICTURE_EVERY);
        if !self.changed || !wanted || !self.watched {
            return Ok(());
        }
        let before = Instant::now();
        self.keep()?;
        let here = self.timeline.here();
        let grid = here.state.grid();
        self.look.shown(self.epoch, (self.timeline.number(), here.step), &grid);
        self.shared.picture.put(Picture {
            epoch: self.epoch,
            step: here.step,
            seed: self.seed,
            update: here.update,
            grid,
            rival: here.rival.as_ref().map(Packed::grid),
            painted: self.painted,
            record: self.timeline.record(self.recording),
        });
        self.shared.load.add_playing(before, 0);
        self.changed = false;
        self.shown = Instant::now();
        Ok(())
    }

    /// Looks into the present state, where somebody wants to and it is time.
    fn look(&mut self) -> Result<(), Box<dyn std::error::Error>> {
        if !self.watched || !self.look.is_due() {
            return Ok(());
        }
        let before = Instant::now();
        self.load()?;
        let (Some(policy), Some(player)) = (&self.policy, &mut self.player) else { return Ok(()) };
        // A step that was shown already is foretold by the rule and the seed that it was drawn under, where they are
        // still known.
        let next = self.timeline.after();
        let then = next.and_then(|next| self.rules.at(next.rule)).filter(|(rule, itself)| *itself && rule.fits(policy));
        let rule = then.map_or(policy, |(rule, _)| rule);
        let seed = next.map_or(self.seed, |next| next.seed);
        let borrowed = !Arc::ptr_eq(rule, policy) || seed != self.seed;
        if borrowed {
            player.set_rule(rule);
            player.set_noise(seed, player.steps());
        }
        let next = next.map(|next| &next.state);
        let looked = self.look.at(&mut **player, self.epoch, self.greedy, (rule.update, next));
        if borrowed {
            player.set_rule(policy);
            self.loaded = false;
        }
        self.shared.load.add_playing(before, 0);
        looked
    }

    fn set_playing(&mut self, playing: bool) {
        self.playing = playing;
        self.due = Instant::now();
        self.events.send(Event::Playing(playing));
    }

    fn report<E: Into<Box<dyn std::error::Error>>>(&mut self, done: Result<(), E>) {
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

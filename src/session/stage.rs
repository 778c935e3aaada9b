//! The worker that plays one world under the newest parameters.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::learner::sentence;
use super::mail::{Post, fold};
use super::message::{Command, Event, Picture, Speed, Stroke};
use super::thread::panic_message;
use super::{Options, Shared};
use crate::files::{Colours, FileError, pattern};
use crate::gpu::Gpu;
use crate::spec::config::{Config, Start};
use crate::spec::grid::Grid;
use crate::spec::start::start_state;
use crate::train::{Player, TrainError};

/// The least time between two pictures when the stage runs faster than anybody can see.
const PICTURE_EVERY: Duration = Duration::from_millis(15);
/// The least height and width of a stage for a file: a small pattern lies in the middle of it, on colour 0.
const SMALLEST: usize = 24;
/// How long an idle stage waits for a command before it looks for new parameters.
const IDLE: Duration = Duration::from_millis(50);

/// The parameters that the learner hands over.
pub(super) struct Policy {
    /// Goes up with every new run, whose architecture may be another.
    pub(super) run: u32,
    /// The update that left these parameters.
    pub(super) update: u32,
    /// The configuration in force.
    pub(super) config: Arc<Config>,
    /// In the device's layout.
    pub(super) params: Arc<[f32]>,
}

pub(super) struct Stage {
    commands: Receiver<Command>,
    events: Post<Event>,
    shared: Shared,
    gpu: Option<Gpu>,
    player: Option<Player>,
    policy: Option<Policy>,
    /// The state that the player starts from; what is shown while there is no player.
    grid: Grid,
    epoch: u32,
    seed: u32,
    playing: bool,
    watched: bool,
    greedy: bool,
    speed: Speed,
    due: Instant,
    shown: Instant,
    changed: bool,
}

impl Stage {
    pub(super) fn new(commands: Receiver<Command>, events: Post<Event>, shared: Shared, options: &Options) -> Self {
        let now = Instant::now();
        let (height, width) = options.stage;
        let mut stage = Self {
            commands,
            events,
            shared,
            gpu: None,
            player: None,
            policy: None,
            grid: Grid::filled(height, width, 0),
            epoch: 0,
            seed: options.config.run.seed,
            playing: false,
            watched: true,
            greedy: false,
            speed: Speed::PerSecond(10.0),
            due: now,
            shown: now,
            changed: true,
        };
        stage.grid = stage.noise(height, width);
        stage
    }

    /// Works until the session ends. A panic becomes an event, and the stage pauses.
    pub(super) fn work(&mut self) {
        while let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.serve())) {
            self.halt();
            let message = panic_message(&*panic);
            self.events.send(Event::Failed(format!("The stage broke off ({message}); play goes on from its start.")));
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
            Command::Greedy(greedy) => self.greedy = greedy,
            Command::Watch(watched) => self.watched = watched,
            Command::Noise(height, width) => {
                self.seed = self.seed.wrapping_add(1);
                let noise = self.noise(height, width);
                self.replace(noise);
            }
            Command::SetStage(grid) => self.replace(*grid),
            Command::Paint(stroke) => self.paint(&stroke)?,
            Command::Open(path) => self.open(&path)?,
            _ => {}
        }
        Ok(())
    }

    fn noise(&self, height: usize, width: usize) -> Grid {
        start_state(&Start::Random, height, width, self.seed, 0, 0).unwrap_or_else(|| Grid::filled(height, width, 0))
    }

    fn replace(&mut self, grid: Grid) {
        self.grid = grid;
        self.player = None;
        self.epoch += 1;
        self.changed = true;
    }

    fn open(&mut self, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let grid = match pattern::open(path, Colours::Exact) {
            Err(FileError::Colours { pixels, of, .. }) => {
                self.events.send(Event::Note(format!(
                    "{pixels} of the {of} pixels have none of the ten colours; each took the nearest."
                )));
                pattern::open(path, Colours::Nearest)?
            }
            opened => opened?,
        };
        self.replace(grid.centred(grid.height.max(SMALLEST), grid.width.max(SMALLEST)));
        self.events.send(Event::Opened { path: path.to_owned(), world: None });
        Ok(())
    }

    fn paint(&mut self, stroke: &Stroke) -> Result<(), TrainError> {
        if stroke.epoch != self.epoch {
            return Ok(());
        }
        let mut grid = self.state()?;
        for &cell in &stroke.cells {
            if let Some(colour) = grid.cells.get_mut(cell as usize) {
                *colour = stroke.colour;
            }
        }
        match &mut self.player {
            Some(player) => player.set_grid(&grid)?,
            None => self.grid = grid,
        }
        self.changed = true;
        Ok(())
    }

    /// Takes over parameters that the learner has left; another run's need another player.
    fn adopt(&mut self) -> Result<(), TrainError> {
        let Some(policy) = self.shared.policy.take() else { return Ok(()) };
        let same_run = self.policy.as_ref().is_some_and(|old| old.run == policy.run);
        match &mut self.player {
            Some(player) if same_run => {
                player.set_params(&policy.params);
                player.set_temperatures(&policy.config);
            }
            Some(player) => {
                self.grid = player.grid()?;
                self.player = None;
            }
            None => {}
        }
        self.policy = Some(policy);
        Ok(())
    }

    fn step(&mut self) -> Result<(), TrainError> {
        let Some(policy) = &self.policy else { return Ok(()) };
        let before = Instant::now();
        let player = match &mut self.player {
            Some(player) => player,
            None => {
                let gpu = match &self.gpu {
                    Some(gpu) => gpu,
                    None => self.gpu.insert(Gpu::open()?),
                };
                let player = Player::new(gpu, &policy.config, &policy.params, &self.grid, self.seed)?;
                self.player.insert(player)
            }
        };
        player.step(self.greedy)?;
        self.changed = true;
        self.shared.load.add_playing(before, 1);
        Ok(())
    }

    /// Leaves a picture where there is a new state and somebody has taken the last one.
    fn show(&mut self) -> Result<(), TrainError> {
        let wanted = !self.playing || (self.shared.picture.is_empty() && self.shown.elapsed() >= PICTURE_EVERY);
        if !self.changed || !wanted || !self.watched {
            return Ok(());
        }
        let before = Instant::now();
        let grid = self.state()?;
        let step = self.player.as_ref().map_or(0, Player::steps);
        let update = self.policy.as_ref().map_or(0, |policy| policy.update);
        self.shared.picture.put(Picture { epoch: self.epoch, step, update, grid });
        self.shared.load.add_playing(before, 0);
        self.changed = false;
        self.shown = Instant::now();
        Ok(())
    }

    fn state(&self) -> Result<Grid, TrainError> {
        self.player.as_ref().map_or_else(|| Ok(self.grid.clone()), Player::grid)
    }

    fn set_playing(&mut self, playing: bool) {
        self.playing = playing;
        self.due = Instant::now();
        self.events.send(Event::Playing(playing));
    }

    fn report<E: Into<Box<dyn std::error::Error>>>(&mut self, done: Result<(), E>) {
        let Err(error) = done else { return };
        let error = error.into();
        if error.is::<TrainError>() {
            self.halt();
        }
        self.events.send(Event::Failed(sentence(&*error)));
    }

    /// Lets go of a player that failed, and of its device, which may be lost.
    fn halt(&mut self) {
        (self.player, self.gpu) = (None, None);
        self.set_playing(false);
    }
}

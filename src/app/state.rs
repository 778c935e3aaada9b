//! What the window knows of the session, and what its panels want.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bevy::prelude::Resource;
use bevy_egui::egui;

use super::capture::Capture;
use super::clips::ClipSettings;
use super::hand::Hand;
use super::keys::Keys;
use super::learn::Plan;
use super::measures::Series;
use crate::files::run::{Mark, checkpoint_in};
use crate::session::{Adapter, Command, Event, Overlaid, Overlay, Picture, Rival, Speed, Stroke};
use crate::spec::config::Config;
use crate::spec::draw;
use crate::spec::grid::Grid;
use crate::train::{Inspection, Metrics};

/// A line above the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Something went wrong; what to do is part of the sentence.
    Error(String),
    /// Good to know.
    Note(String),
}

/// Lines that are kept; older ones make room.
const NOTICES: usize = 3;
/// How long a note stays; an error stays until it is dismissed.
const NOTE_STAYS: Duration = Duration::from_secs(12);

/// Speeds of the stage, slowest first.
pub const SPEEDS: [Speed; 8] = [
    Speed::PerSecond(1.0),
    Speed::PerSecond(2.0),
    Speed::PerSecond(5.0),
    Speed::PerSecond(10.0),
    Speed::PerSecond(20.0),
    Speed::PerSecond(30.0),
    Speed::PerSecond(60.0),
    Speed::Max,
];

/// What the session has said.
#[derive(Resource, Debug)]
pub struct Seen {
    /// The learner's adapter, once its device is open.
    pub adapter: Option<Adapter>,
    /// Whether learning runs.
    pub learning: bool,
    /// Whether the stage runs.
    pub playing: bool,
    /// The configuration that the current update runs under.
    pub applied: Config,
    /// Goes up with every run: edits of the last one are over.
    pub run: u32,
    /// Bytes that the run takes on the device.
    pub device_bytes: u64,
    /// Updates that the run has behind it.
    pub updates: u32,
    /// Every update of the run whose curves are known.
    pub history: Vec<Metrics>,
    /// What happened to the run, by update.
    pub marks: Vec<Mark>,
    /// Where the run is kept.
    pub folder: Option<PathBuf>,
    /// The update of the checkpoint there.
    pub kept: Option<u32>,
    /// The update whose rule the stage keeps to.
    pub stage_at: Option<u32>,
    /// Folders of other runs, the newest first.
    pub runs: Vec<PathBuf>,
    /// Curves of other runs that are laid over, by folder.
    pub others: BTreeMap<PathBuf, Vec<Metrics>>,
    /// The checkpoint of the run that was left last, until it is taken up or not wanted.
    pub resumable: Option<PathBuf>,
    /// The stage.
    pub picture: Option<Picture>,
    /// Goes up with every new picture.
    pub pictures: u64,
    /// The training worlds, while they are watched.
    pub worlds: Vec<Grid>,
    /// Goes up with every new set of worlds.
    pub worlds_seen: u64,
    /// The cell that was taken apart last, with the stage's epoch.
    pub inspection: Option<(u32, Inspection)>,
    /// The map for the stage that came last.
    pub overlaid: Option<Overlaid>,
    /// Goes up with every new map.
    pub overlays: u64,
    /// Measures of the stage's steps, while they are taken.
    pub measures: Series,
    /// Where the run was last saved or opened.
    pub file: Option<PathBuf>,
    /// Frames written of the clip that is being written, and all of them.
    pub clip: Option<(usize, usize)>,
    /// The settings of the clip that was opened, until they are taken or not wanted.
    pub clip_config: Option<Config>,
    /// Patterns that were written.
    pub exported: u32,
    /// Lines to show.
    pub notices: VecDeque<(Notice, Instant)>,
}

impl Seen {
    /// Nothing yet, but what was asked for.
    pub fn new(config: Config) -> Self {
        Self {
            adapter: None,
            learning: false,
            playing: false,
            applied: config,
            run: 0,
            device_bytes: 0,
            updates: 0,
            history: Vec::new(),
            marks: Vec::new(),
            folder: None,
            kept: None,
            stage_at: None,
            runs: Vec::new(),
            others: BTreeMap::new(),
            resumable: None,
            picture: None,
            pictures: 0,
            worlds: Vec::new(),
            worlds_seen: 0,
            inspection: None,
            overlaid: None,
            overlays: 0,
            measures: Series::default(),
            file: None,
            clip: None,
            clip_config: None,
            exported: 0,
            notices: VecDeque::new(),
        }
    }

    /// Takes in what has happened.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Device(adapter) => {
                self.adapter = Some(adapter);
            }
            Event::Started { config, bytes, updates, history } => {
                self.applied = *config;
                self.device_bytes = bytes;
                self.updates = updates;
                self.run += 1;
                self.history = history;
                (self.file, self.folder, self.kept) = (None, None, None);
            }
            Event::Kept { folder, saved } => (self.folder, self.kept) = (Some(folder), saved),
            Event::Marks(marks) => self.marks = marks,
            Event::StageAt(update) => self.stage_at = update,
            Event::Runs(runs) => self.runs = runs,
            Event::Run { folder, history } => drop(self.others.insert(folder, history)),
            Event::Opened { path, world } => {
                self.notify(Notice::Note(format!("Opened {}.", path.display())));
                if world.is_some() {
                    self.file = Some(path);
                }
            }
            Event::ClipOpened { path, stamp } => {
                self.notify(Notice::Note(format!(
                    "Opened {}: the stage rests at step {} under seed {}, where it begins.",
                    path.display(),
                    stamp.step,
                    stamp.seed
                )));
                self.clip_config = Some(stamp.config);
            }
            Event::Exported(path) => {
                self.exported += 1;
                self.notify(Notice::Note(format!("Saved {}.", path.display())));
            }
            Event::Saved(path) => {
                self.notify(Notice::Note(format!("Saved {}.", path.display())));
                self.file = Some(path);
            }
            Event::Learning(learning) => self.learning = learning,
            Event::Playing(playing) => self.playing = playing,
            Event::Applied(config) => self.applied = *config,
            Event::Updated(metrics) => {
                self.updates = metrics.update;
                self.history.push(*metrics);
            }
            // The desk's.
            Event::StopsAt(_) => {}
            Event::ClipProgress { done, of } => self.clip = Some((done, of)),
            Event::ClipWritten { path, frames } => {
                self.clip = None;
                self.notify(Notice::Note(format!("Saved a clip of {frames} states: {}.", path.display())));
            }
            Event::ClipCancelled => {
                self.clip = None;
                self.notify(Notice::Note("The clip was cancelled; nothing of it was kept.".to_owned()));
            }
            Event::ClipFailed(text) => {
                self.clip = None;
                self.notify(Notice::Error(text));
            }
            Event::Note(text) => self.notify(Notice::Note(text)),
            Event::Failed(text) => self.notify(Notice::Error(text)),
        }
    }

    /// Shows a line, unless it is shown already.
    pub fn notify(&mut self, notice: Notice) {
        if self.notices.iter().any(|(shown, _)| *shown == notice) {
            return;
        }
        if self.notices.len() == NOTICES {
            // Errors outlast notes.
            let note = self.notices.iter().position(|(notice, _)| matches!(notice, Notice::Note(_))).unwrap_or(0);
            self.notices.remove(note);
        }
        self.notices.push_back((notice, Instant::now()));
    }

    /// Lets go of notes that have been shown long enough.
    pub fn expire(&mut self) {
        self.notices.retain(|(notice, since)| matches!(notice, Notice::Error(_)) || since.elapsed() < NOTE_STAYS);
    }

    /// Where a save goes unless another place is chosen.
    pub fn save_path(&self) -> PathBuf {
        let folder = || self.folder.as_deref().map(checkpoint_in);
        let new = || Path::new("runs").join(format!("window-{}", self.applied.run.seed));
        self.file.clone().or_else(folder).unwrap_or_else(|| checkpoint_in(&new()))
    }
}

/// What fills the middle of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// The watched world.
    Stage,
    /// All worlds that learning runs on.
    Worlds,
}

/// What the panel beside the stage shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dock {
    /// The run's curves.
    Curves,
    /// A cell taken apart.
    Inspector,
    /// Measures of the stage.
    Measures,
}

/// What the panel at the right shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The run's settings.
    Settings,
    /// Patterns to lay on the stage.
    Patterns,
}

/// A dialog to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialog {
    /// Choose a file to open.
    Open,
    /// Choose where to save.
    Save,
    /// Choose a checkpoint to compare the stage with.
    Compare,
    /// Choose where the curves go as CSV.
    Curves,
    /// Choose where a picture of the curves goes.
    Picture,
    /// Choose where to write the stage.
    Export,
}

/// What the window's user has chosen, and the commands that follow from it.
#[derive(Resource, Debug)]
pub struct Desk {
    /// Commands for the session, sent after every pass.
    pub commands: Vec<Command>,
    /// Index into [`SPEEDS`].
    pub speed: usize,
    /// Whether the stage takes the most probable colours.
    pub greedy: bool,
    /// The learner's share of its time, in (0, 1].
    pub share: f32,
    /// When learning pauses by itself, and how often it is saved.
    pub plan: Plan,
    /// Whether anything is drawn; without it, learning has the machine to itself.
    pub drawing: bool,
    /// What fills the middle.
    pub scene: Scene,
    /// Height and width of the next stage of noise.
    pub stage_size: (usize, usize),
    /// What is drawn with.
    pub hand: Hand,
    /// Numbers the gestures that edit the stage.
    pub gesture: u32,
    /// What runs beside the stage.
    pub rival: Option<Rival>,
    /// What the next rival has otherwise, as far as it was chosen.
    pub draft: Rival,
    /// The map drawn over the stage.
    pub overlay: Option<Overlay>,
    /// The cell (row, column) of the stage that the cursor was over last.
    pub under: Option<(usize, usize)>,
    /// The cell that is inspected wherever the cursor is.
    pub pinned: Option<(usize, usize)>,
    /// What the session was asked to inspect, and whether to measure.
    asked: (Option<(usize, usize)>, bool),
    /// What the panel beside the stage shows.
    pub dock: Dock,
    /// Strokes that were sent.
    pub painted: u32,
    /// Those that no picture has shown yet, with their numbers: they are drawn before the stage has them.
    pub pending: VecDeque<(u32, Stroke)>,
    /// Text for the clipboard.
    pub copied: Option<String>,
    /// Set to paste the clipboard's text.
    pub paste: bool,
    /// Lines to show, from where only the desk is at hand.
    pub notices: Vec<Notice>,
    /// Whether the side panels are shown.
    pub panels: bool,
    /// Whether the theme is dark.
    pub dark: bool,
    /// How clips are made.
    pub clips: ClipSettings,
    /// Whether the window for clips is open.
    pub clip_window: bool,
    /// The keys in force.
    pub keys: Keys,
    /// Whether the sheet of keys is shown.
    pub sheet: bool,
    /// Whether the line for newcomers is shown.
    pub hint: bool,
    /// Set to take over all of these settings.
    pub adopt: Option<Config>,
    /// What the panel at the right shows.
    pub side: Side,
    /// Whether the stage's size and filling are being chosen.
    pub new_stage: bool,
    /// Set to bring the whole grid into view.
    pub fit: bool,
    /// Where the curves lie in the window.
    pub curves: Option<egui::Rect>,
    /// Set to take a picture of the curves, with the file it goes to.
    pub capture: Option<Capture>,
    /// Set to open a dialog.
    pub dialog: Option<Dialog>,
    /// Whether the window fills the screen.
    pub full_screen: bool,
    /// Whether the window is to close.
    pub quit: bool,
    /// Whether the view was moved while Space was held: letting go of it then does not play.
    pub space_dragged: bool,
}

impl Desk {
    /// The defaults for a kind of adapter.
    pub fn new(software: bool, stage_size: (usize, usize)) -> Self {
        let share = if software { 0.5 } else { 1.0 };
        Self {
            commands: vec![Command::Share(share)],
            speed: 3,
            greedy: false,
            share,
            plan: Plan::default(),
            drawing: true,
            scene: Scene::Stage,
            stage_size,
            hand: Hand::default(),
            gesture: 0,
            rival: None,
            draft: Rival::default(),
            overlay: None,
            under: None,
            pinned: None,
            asked: (None, false),
            dock: Dock::Curves,
            painted: 0,
            pending: VecDeque::new(),
            copied: None,
            paste: false,
            notices: Vec::new(),
            panels: true,
            dark: true,
            clips: ClipSettings::default(),
            clip_window: false,
            keys: Keys::new(None),
            sheet: false,
            hint: true,
            adopt: None,
            side: Side::Settings,
            new_stage: false,
            fit: false,
            curves: None,
            capture: None,
            dialog: None,
            full_screen: false,
            quit: false,
            space_dragged: false,
        }
    }

    /// Asks something of the session.
    pub fn send(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// The number of a new gesture: what is painted from now on is undone apart from what was painted before.
    pub fn begin_gesture(&mut self) -> u32 {
        self.gesture += 1;
        self.gesture
    }

    /// Paints cells of the stage that this picture shows, as a part of the gesture.
    pub fn paint(&mut self, picture: &Picture, cells: Vec<(u32, u8)>) {
        if cells.is_empty() {
            return;
        }
        let stroke = Stroke { epoch: picture.epoch, gesture: self.gesture, cells };
        self.painted += 1;
        self.pending.push_back((self.painted, stroke.clone()));
        self.send(Command::Paint(stroke));
    }

    /// The stage as it will be with all that was painted.
    pub fn stage(&self, seen: &Seen) -> Option<Grid> {
        let picture = seen.picture.as_ref()?;
        let mut grid = picture.grid.clone();
        let of_this = |stroke: &Stroke| stroke.epoch == picture.epoch;
        for (_, stroke) in self.pending.iter().filter(|(number, s)| *number > picture.painted && of_this(s)) {
            draw::paint(&mut grid, &stroke.cells);
        }
        Some(grid)
    }

    /// Sets the stage's speed by its index; one past either end stays there.
    pub fn set_speed(&mut self, index: usize) {
        self.speed = index.min(SPEEDS.len() - 1);
        self.send(Command::Speed(SPEEDS[self.speed]));
    }

    /// Stops or resumes drawing; while it is off, the stage rests and learning takes all its time.
    pub fn set_drawing(&mut self, drawing: bool) {
        self.drawing = drawing;
        self.send(Command::Watch(drawing));
        self.send(Command::Share(if drawing { self.share } else { 1.0 }));
    }

    /// Changes what fills the middle.
    pub fn set_scene(&mut self, scene: Scene) {
        self.scene = scene;
        self.fit = true;
        self.send(Command::WatchWorlds(scene == Scene::Worlds));
    }

    /// Runs a rival beside the stage, or no more.
    pub fn compare(&mut self, rival: Option<Rival>) {
        self.rival.clone_from(&rival);
        self.send(Command::Compare(rival.map(Box::new)));
    }

    /// Whether a panel is in view.
    pub fn sees(&self, dock: Dock) -> bool {
        self.panels && self.drawing && self.dock == dock
    }

    /// Asks the session to look into what the panels in view show, and into nothing else.
    pub fn look(&mut self) {
        let cell = self.pinned.or(self.under).filter(|_| self.sees(Dock::Inspector));
        let measure = self.sees(Dock::Measures);
        if cell != self.asked.0 {
            self.send(Command::Inspect(cell));
        }
        if measure != self.asked.1 {
            self.send(Command::Measure(measure));
        }
        self.asked = (cell, measure);
    }

    /// Opens the inspector; where it is open, pins the cell under the cursor or lets the pinned one go.
    pub fn inspect(&mut self) {
        if self.sees(Dock::Inspector) {
            self.pinned = if self.pinned.is_some() { None } else { self.under };
        } else {
            (self.panels, self.dock) = (true, Dock::Inspector);
        }
    }

    /// A stage of fresh noise in the chosen size.
    pub fn noise(&mut self) {
        let (height, width) = self.stage_size;
        self.send(Command::Noise(height, width));
    }
}

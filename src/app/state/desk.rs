//! What the window's user has chosen, and the commands that follow from it.

use std::collections::VecDeque;

use bevy::prelude::Resource;
use bevy_egui::egui;

use super::{Dialog, Dock, Notice, SPEEDS, Scene, Seen, Side};
use crate::app::capture::Capture;
use crate::app::clips::ClipSettings;
use crate::app::hand::Hand;
use crate::app::keys::Keys;
use crate::app::learn::Plan;
use crate::canvas;
use crate::session::{Command, Overlay, Picture, Rival, Stroke};
use crate::spec::config::Config;
use crate::spec::grid::Grid;

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
    /// What was held at each of this frame's presses of the left button.
    pub pressed: Vec<egui::Modifiers>,
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
            pressed: Vec::new(),
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
            canvas::paint(&mut grid, &stroke.cells);
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

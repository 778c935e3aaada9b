//! What the window's user has chosen, and what follows from it: commands for the session, asks of the window.

use std::collections::{BTreeMap, BTreeSet};

use bevy::prelude::Resource;
use bevy_egui::egui;

use super::strokes::Strokes;
use super::{Ask, Dock, Notice, SPEEDS, Scene, Seen};
use crate::app::hand::Hand;
use crate::app::keys::Keys;
use crate::session::{Command, Overlay, Picture, Query, Rival, Stop, ToLearner, ToStage};
use crate::spec::grid::Grid;

/// What the window's user has chosen, and what follows from it.
#[derive(Resource, Debug, Default)]
pub struct Desk {
    /// Commands for the session, sent after every pass.
    pub commands: Vec<Command>,
    /// What the shell does before the next pass.
    pub asks: Vec<Ask>,
    /// What the session was asked to look into.
    queries: Vec<Query>,
    /// The pane in view of each dock, and the windows that are open, by their titles.
    pub(in crate::app) tabs: BTreeMap<Dock, &'static str>,
    pub(in crate::app) windows: BTreeSet<&'static str>,
    /// Whether the panes beside the stage are shown.
    pub panels: bool,
    /// Whether the theme is dark.
    pub dark: bool,
    /// Whether anything is drawn; without it, the stage rests.
    pub drawing: bool,
    /// What fills the middle.
    pub scene: Scene,
    /// Index into [`SPEEDS`].
    pub speed: usize,
    /// Whether the stage takes the most probable colours.
    pub greedy: bool,
    /// The learner's share of its time, in (0, 1].
    pub share: f32,
    /// When learning pauses by itself.
    pub stop: Stop,
    /// Minutes between checkpoints.
    pub save_every: f64,
    /// Height and width of the next stage of noise.
    pub stage_size: (usize, usize),
    /// What is drawn with.
    pub hand: Hand,
    /// What was painted.
    pub strokes: Strokes,
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
    /// The keys in force.
    pub keys: Keys,
    /// What was held at each of this frame's presses of the left button.
    pub pressed: Vec<egui::Modifiers>,
    /// Whether the view was moved while Space was held: letting go of it then does not play.
    pub space_dragged: bool,
}

impl Desk {
    /// The defaults, with the stage's first size.
    pub fn new(stage_size: (usize, usize)) -> Self {
        Self {
            panels: true,
            dark: true,
            drawing: true,
            speed: 3,
            share: 1.0,
            save_every: 5.0,
            stage_size,
            keys: Keys::new(None),
            ..Self::default()
        }
    }

    /// Asks something of the session.
    pub fn send(&mut self, command: impl Into<Command>) {
        self.commands.push(command.into());
    }

    /// Asks something of the window.
    pub fn ask(&mut self, ask: Ask) {
        self.asks.push(ask);
    }

    /// Has a line shown.
    pub fn notify(&mut self, notice: Notice) {
        self.ask(Ask::Notice(notice));
    }

    /// Has the session look into this, and into nothing else.
    pub fn look_into(&mut self, wanted: Vec<Query>) {
        if wanted != self.queries {
            self.queries.clone_from(&wanted);
            self.send(ToStage::Look(wanted));
        }
    }

    /// Whether the session was asked to look into this.
    pub fn looks_into(&self, query: Query) -> bool {
        self.queries.contains(&query)
    }

    /// Paints cells of the stage that this picture shows, as a part of the gesture.
    pub fn paint(&mut self, picture: &Picture, cells: Vec<(u32, u8)>) {
        if !cells.is_empty() {
            let stroke = self.strokes.paint(picture, cells);
            self.send(ToStage::Paint(stroke));
        }
    }

    /// The stage as it will be with all that was painted.
    pub fn stage(&self, seen: &Seen) -> Option<Grid> {
        seen.picture().map(|picture| self.strokes.over(picture))
    }

    /// Sets the stage's speed by its index; one past either end stays there.
    pub fn set_speed(&mut self, index: usize) {
        self.speed = index.min(SPEEDS.len() - 1);
        self.send(ToStage::Speed(SPEEDS[self.speed]));
    }

    /// Stops or resumes drawing; while it is off, the stage rests and learning takes all its time.
    pub fn set_drawing(&mut self, drawing: bool) {
        self.drawing = drawing;
        self.send(ToStage::Watch(drawing));
        self.send(ToLearner::Share(if drawing { self.share } else { 1.0 }));
    }

    /// Changes what fills the middle.
    pub fn set_scene(&mut self, scene: Scene) {
        self.scene = scene;
        self.ask(Ask::Fit);
        self.send(ToLearner::WatchWorlds(scene == Scene::Worlds));
    }

    /// Runs a rival beside the stage, or no more.
    pub fn compare(&mut self, rival: Option<Rival>) {
        self.rival.clone_from(&rival);
        self.send(ToStage::Compare(rival.map(Box::new)));
    }

    /// A stage of fresh noise in the chosen size.
    pub fn noise(&mut self) {
        let (height, width) = self.stage_size;
        self.send(ToStage::Noise(height, width));
    }
}

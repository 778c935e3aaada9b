//! What keys can do.

use std::path::Path;

use serde::Deserialize;

use crate::app::capture::Capture;
use crate::app::clips::{self, free};
use crate::app::hand::{self, Change, Tool};
use crate::app::state::{Desk, Dialog, Scene, Seen};
use crate::app::{dialogs, overlays};
use crate::canvas::{MAX_BRUSH, Symmetry, Tip};
use crate::session::Command;

/// A row of the table: its name in key maps, what the sheet says of it, and what it does.
struct Row {
    action: Action,
    doc: &'static str,
    act: fn(&Seen, &mut Desk),
}

macro_rules! actions {
    ($($name:ident: $doc:literal, $act:expr;)*) => {
        /// What a key can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        pub enum Action {
            $(#[doc = $doc] $name,)*
        }

        /// Every action, in the sheet's order.
        static TABLE: &[Row] = &[$(Row { action: Action::$name, doc: $doc, act: $act }),*];
    };
}

actions! {
    Play: "play or pause the stage", |seen, desk| desk.send(Command::Play(!seen.playing));
    Step: "one step of the stage", |_, desk| desk.send(Command::StepOnce);
    StepBack: "one step back", |_, desk| desk.send(Command::StepBack);
    Beginning: "to where this world began; again: the one before it", |_, desk| desk.send(Command::Beginning);
    End: "to its end", |_, desk| desk.send(Command::Seek(usize::MAX));
    Undo: "undo the last edit of the stage", |_, desk| desk.send(Command::Undo);
    Redo: "do it again", |_, desk| desk.send(Command::Redo);
    Faster: "faster stage", |_, desk| desk.set_speed(desk.speed + 1);
    Slower: "slower stage", |_, desk| desk.set_speed(desk.speed.saturating_sub(1));
    Noise: "fresh noise on the stage", |_, desk| desk.noise();
    Learn: "run or pause learning", |seen, desk| desk.send(Command::Learn(!seen.learning));
    Draw: "stop or resume drawing: learning gets the whole machine", |_, desk| desk.set_drawing(!desk.drawing);
    Worlds: "the stage or the training worlds", |_, desk| {
        desk.set_scene(if desk.scene == Scene::Stage { Scene::Worlds } else { Scene::Stage });
    };
    Inspect: "inspect the cell under the cursor; again: pin it, or let it go", |_, desk| desk.inspect();
    Overlay: "the next overlay: reward, value, entropy, activity and more", |_, desk| overlays::next(desk);
    Fit: "fit the grid into view", |_, desk| desk.fit = true;
    SmallerBrush: "smaller brush", |_, desk| desk.hand.brush.size = (desk.hand.brush.size - 1).max(1);
    LargerBrush: "larger brush", |_, desk| desk.hand.brush.size = (desk.hand.brush.size + 1).min(MAX_BRUSH);
    Brush: "brush", |_, desk| desk.hand.tool = Tool::Brush;
    Line: "line", |_, desk| desk.hand.tool = Tool::Line;
    Rectangle: "rectangle", |_, desk| desk.hand.tool = Tool::Rectangle;
    Ellipse: "ellipse", |_, desk| desk.hand.tool = Tool::Ellipse;
    Fill: "fill what hangs together", |_, desk| desk.hand.tool = Tool::Fill;
    PickColour: "take a cell's colour up", |_, desk| desk.hand.tool = Tool::Pick;
    Select: "select; drag what is selected to move it", |_, desk| desk.hand.tool = Tool::Select;
    Filled: "filled shapes, or outlines", |_, desk| desk.hand.filled = !desk.hand.filled;
    Tip: "square or round brush", |_, desk| {
        let tip = &mut desk.hand.brush.tip;
        *tip = if *tip == Tip::Square { Tip::Round } else { Tip::Square };
    };
    Symmetry: "the next symmetry to paint in", |_, desk| {
        let at = Symmetry::ALL.iter().position(|symmetry| *symmetry == desk.hand.symmetry);
        desk.hand.symmetry = Symmetry::ALL[at.map_or(0, |at| (at + 1) % Symmetry::ALL.len())];
    };
    RandomFill: "fill the selection or the stage at random", hand::scatter;
    SelectAll: "select all", hand::select_all;
    Copy: "copy the selection, or all, as Golly's text", hand::copy;
    Cut: "cut", hand::cut;
    Paste: "paste: a click lays it down, a Shift-click lays down more", |_, desk| desk.paste = true;
    Delete: "delete what is selected", hand::delete;
    Flip: "flip what is selected or pasted left to right", |seen, desk| hand::change(Change::Flip, seen, desk);
    Flop: "flip it top to bottom", |seen, desk| hand::change(Change::Flop, seen, desk);
    Turn: "turn it by a quarter", |seen, desk| hand::change(Change::Turn, seen, desk);
    Cancel: "let go of what is pasted, drawn or selected", |_, desk| hand::cancel(desk);
    NewStage: "another stage: blank, noise, or this one in another size", |_, desk| desk.new_stage = !desk.new_stage;
    Open: "open a checkpoint, pattern, picture or clip", |_, desk| desk.dialog = Some(Dialog::Open);
    Save: "save a checkpoint", |_, desk| desk.dialog = Some(Dialog::Save);
    Export: "write the stage as a pattern or a picture", |_, desk| desk.dialog = Some(Dialog::Export);
    TrainFrom: "have the training worlds start from the stage", dialogs::train_from;
    Record: "begin to record a clip, or end it and save it", clips::toggle;
    Clips: "the window for clips", |_, desk| desk.clip_window = !desk.clip_window;
    Panels: "hide or show the panels", |_, desk| desk.panels = !desk.panels;
    FullScreen: "full screen", |_, desk| desk.full_screen = !desk.full_screen;
    Screenshot: "a picture of the window, into the folder `screenshots`", |_, desk| {
        let path = free(Path::new("screenshots"), "primordia", "png");
        desk.capture = Some(Capture { path, part: None });
    };
    Quit: "save what was learned and close the window", |_, desk| desk.quit = true;
    Keys: "this sheet", |_, desk| desk.sheet = !desk.sheet;
}

impl Action {
    /// All of them, in the sheet's order.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        TABLE.iter().map(|row| row.action)
    }

    /// As the sheet says it.
    pub fn doc(self) -> &'static str {
        TABLE[self as usize].doc
    }

    /// What the mouse does alike.
    pub fn gesture(self) -> Option<&'static str> {
        match self {
            Self::Line => Some("Shift drag"),
            Self::Rectangle => Some("Ctrl drag"),
            Self::PickColour => Some("Alt click, middle click"),
            _ => None,
        }
    }

    /// Does it.
    pub(super) fn act(self, seen: &Seen, desk: &mut Desk) {
        (TABLE[self as usize].act)(seen, desk);
    }
}

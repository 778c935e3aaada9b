//! Shortcuts: one table that acts on key presses and fills the `?` sheet.

use std::path::Path;

use bevy_egui::egui::{self, Event, InputState, Key};

use super::capture::Capture;
use super::clips::free;
use super::hand::{self, Change, Tool};
use super::state::{Desk, Dialog, Scene, Seen};
use crate::session::Command;
use crate::spec::draw::{MAX_BRUSH, Symmetry, Tip};

/// A row of the table.
pub struct Shortcut {
    /// As the sheet writes it.
    pub keys: &'static str,
    /// What it does.
    pub doc: &'static str,
    pressed: fn(&InputState) -> bool,
    act: fn(&Seen, &mut Desk),
}

fn plain(input: &InputState, key: Key) -> bool {
    input.key_pressed(key) && !(input.modifiers.alt || input.modifiers.command)
}

fn control(input: &InputState, key: Key) -> bool {
    input.key_pressed(key) && input.modifiers.command
}

/// Every shortcut, in the sheet's order. The digits, which pick colours, and the mouse have rows without an action.
pub static SHORTCUTS: &[Shortcut] = &[
    Shortcut {
        keys: "Space",
        doc: "play or pause the stage, or one step (see below)",
        // Space also drags the view, so it acts when it is let go.
        pressed: |input| input.key_released(Key::Space),
        act: |seen, desk| {
            if !std::mem::take(&mut desk.space_dragged) {
                desk.send(if desk.golly { Command::StepOnce } else { Command::Play(!seen.playing) });
            }
        },
    },
    Shortcut {
        keys: "Return",
        doc: "play or pause the stage",
        pressed: |input| plain(input, Key::Enter),
        act: |seen, desk| desk.send(Command::Play(!seen.playing)),
    },
    Shortcut {
        keys: "Right arrow",
        doc: "one step of the stage",
        pressed: |input| plain(input, Key::ArrowRight),
        act: |_, desk| desk.send(Command::StepOnce),
    },
    Shortcut {
        keys: "Left arrow",
        doc: "one step back",
        pressed: |input| plain(input, Key::ArrowLeft),
        act: |_, desk| desk.send(Command::StepBack),
    },
    Shortcut {
        keys: "Home",
        doc: "to the beginning of what the stage has shown",
        pressed: |input| plain(input, Key::Home),
        act: |_, desk| desk.send(Command::Seek(0)),
    },
    Shortcut {
        keys: "End",
        doc: "to its end",
        pressed: |input| plain(input, Key::End),
        act: |_, desk| desk.send(Command::Seek(usize::MAX)),
    },
    Shortcut {
        keys: "Ctrl Z",
        doc: "undo the last edit of the stage",
        pressed: |input| control(input, Key::Z) && !input.modifiers.shift,
        act: |_, desk| desk.send(Command::Undo),
    },
    Shortcut {
        keys: "Ctrl Shift Z, Ctrl Y",
        doc: "do it again",
        pressed: |input| (control(input, Key::Z) && input.modifiers.shift) || control(input, Key::Y),
        act: |_, desk| desk.send(Command::Redo),
    },
    Shortcut {
        keys: "+",
        doc: "faster stage",
        pressed: |input| plain(input, Key::Plus) || plain(input, Key::Equals),
        act: |_, desk| desk.set_speed(desk.speed + 1),
    },
    Shortcut {
        keys: "-",
        doc: "slower stage",
        pressed: |input| plain(input, Key::Minus),
        act: |_, desk| desk.set_speed(desk.speed.saturating_sub(1)),
    },
    Shortcut {
        keys: "N",
        doc: "fresh noise on the stage",
        pressed: |input| plain(input, Key::N),
        act: |_, desk| desk.noise(),
    },
    Shortcut {
        keys: "L",
        doc: "run or pause learning",
        pressed: |input| plain(input, Key::L),
        act: |seen, desk| desk.send(Command::Learn(!seen.learning)),
    },
    Shortcut {
        keys: "V",
        doc: "stop or resume drawing: learning gets the whole machine",
        pressed: |input| plain(input, Key::V),
        act: |_, desk| desk.set_drawing(!desk.drawing),
    },
    Shortcut {
        keys: "W",
        doc: "the stage or the training worlds",
        pressed: |input| plain(input, Key::W),
        act: |_, desk| desk.set_scene(if desk.scene == Scene::Stage { Scene::Worlds } else { Scene::Stage }),
    },
    Shortcut {
        keys: "I",
        doc: "inspect the cell under the cursor; again: pin it, or let it go",
        pressed: |input| plain(input, Key::I),
        act: |_, desk| desk.inspect(),
    },
    Shortcut {
        keys: "O",
        doc: "the next overlay: reward, value, entropy, activity and more",
        pressed: |input| plain(input, Key::O),
        act: |_, desk| super::overlays::next(desk),
    },
    Shortcut {
        keys: "F",
        doc: "fit the grid into view",
        pressed: |input| plain(input, Key::F),
        act: |_, desk| desk.fit = true,
    },
    Shortcut {
        keys: "[",
        doc: "smaller brush",
        pressed: |input| plain(input, Key::OpenBracket),
        act: |_, desk| desk.hand.brush.size = (desk.hand.brush.size - 1).max(1),
    },
    Shortcut {
        keys: "]",
        doc: "larger brush",
        pressed: |input| plain(input, Key::CloseBracket),
        act: |_, desk| desk.hand.brush.size = (desk.hand.brush.size + 1).min(MAX_BRUSH),
    },
    Shortcut { keys: "1 … 9, 0", doc: "pick a colour to paint with", pressed: |_| false, act: |_, _| {} },
    Shortcut {
        keys: "B",
        doc: "brush",
        pressed: |input| plain(input, Key::B),
        act: |_, desk| desk.hand.tool = Tool::Brush,
    },
    Shortcut {
        keys: "T, Shift drag",
        doc: "line",
        pressed: |input| plain(input, Key::T),
        act: |_, desk| desk.hand.tool = Tool::Line,
    },
    Shortcut {
        keys: "R, Ctrl drag",
        doc: "rectangle",
        pressed: |input| plain(input, Key::R),
        act: |_, desk| desk.hand.tool = Tool::Rectangle,
    },
    Shortcut {
        keys: "E",
        doc: "ellipse",
        pressed: |input| plain(input, Key::E),
        act: |_, desk| desk.hand.tool = Tool::Ellipse,
    },
    Shortcut {
        keys: "G",
        doc: "fill what hangs together",
        pressed: |input| plain(input, Key::G),
        act: |_, desk| desk.hand.tool = Tool::Fill,
    },
    Shortcut {
        keys: "P, Alt click, middle click",
        doc: "take a cell's colour up",
        pressed: |input| plain(input, Key::P),
        act: |_, desk| desk.hand.tool = Tool::Pick,
    },
    Shortcut {
        keys: "S",
        doc: "select; drag what is selected to move it",
        pressed: |input| plain(input, Key::S),
        act: |_, desk| desk.hand.tool = Tool::Select,
    },
    Shortcut {
        keys: "U",
        doc: "filled shapes, or outlines",
        pressed: |input| plain(input, Key::U),
        act: |_, desk| desk.hand.filled = !desk.hand.filled,
    },
    Shortcut {
        keys: "K",
        doc: "square or round brush",
        pressed: |input| plain(input, Key::K),
        act: |_, desk| {
            let tip = &mut desk.hand.brush.tip;
            *tip = if *tip == Tip::Square { Tip::Round } else { Tip::Square };
        },
    },
    Shortcut {
        keys: "M",
        doc: "the next symmetry to paint in",
        pressed: |input| plain(input, Key::M),
        act: |_, desk| {
            let at = Symmetry::ALL.iter().position(|symmetry| *symmetry == desk.hand.symmetry);
            desk.hand.symmetry = Symmetry::ALL[at.map_or(0, |at| (at + 1) % Symmetry::ALL.len())];
        },
    },
    Shortcut {
        keys: "D",
        doc: "fill the selection or the stage at random",
        pressed: |input| plain(input, Key::D),
        act: hand::scatter,
    },
    Shortcut { keys: "Ctrl A", doc: "select all", pressed: |input| control(input, Key::A), act: hand::select_all },
    Shortcut {
        keys: "Ctrl C",
        doc: "copy the selection, or all, as Golly's text",
        pressed: |input| control(input, Key::C),
        act: hand::copy,
    },
    Shortcut { keys: "Ctrl X", doc: "cut", pressed: |input| control(input, Key::X), act: hand::cut },
    Shortcut {
        keys: "Ctrl V",
        doc: "paste: a click lays it down, a Shift-click lays down more",
        pressed: |_| false,
        act: |_, _| {},
    },
    Shortcut {
        keys: "Delete",
        doc: "delete what is selected",
        pressed: |input| plain(input, Key::Delete) || plain(input, Key::Backspace),
        act: hand::delete,
    },
    Shortcut {
        keys: "X",
        doc: "flip what is selected or pasted left to right",
        pressed: |input| plain(input, Key::X),
        act: |seen, desk| hand::change(Change::Flip, seen, desk),
    },
    Shortcut {
        keys: "Y",
        doc: "flip it top to bottom",
        pressed: |input| plain(input, Key::Y),
        act: |seen, desk| hand::change(Change::Flop, seen, desk),
    },
    Shortcut {
        keys: "Z",
        doc: "turn it by a quarter",
        pressed: |input| plain(input, Key::Z),
        act: |seen, desk| hand::change(Change::Turn, seen, desk),
    },
    Shortcut {
        keys: "Escape",
        doc: "let go of what is pasted, drawn or selected",
        pressed: |input| plain(input, Key::Escape),
        act: |_, desk| hand::cancel(desk),
    },
    Shortcut { keys: "Left drag", doc: "use the tool", pressed: |_| false, act: |_, _| {} },
    Shortcut { keys: "Wheel", doc: "zoom at the cursor", pressed: |_| false, act: |_, _| {} },
    Shortcut { keys: "Middle drag, Space drag", doc: "move the view", pressed: |_| false, act: |_, _| {} },
    Shortcut {
        keys: "Ctrl N",
        doc: "another stage: blank, noise, or this one in another size",
        pressed: |input| control(input, Key::N),
        act: |_, desk| desk.new_stage = !desk.new_stage,
    },
    Shortcut {
        keys: "Ctrl O",
        doc: "open a checkpoint, pattern or picture",
        pressed: |input| control(input, Key::O),
        act: |_, desk| desk.dialog = Some(Dialog::Open),
    },
    Shortcut {
        keys: "Ctrl S",
        doc: "save a checkpoint",
        pressed: |input| control(input, Key::S) && !input.modifiers.shift,
        act: |_, desk| desk.dialog = Some(Dialog::Save),
    },
    Shortcut {
        keys: "F5",
        doc: "begin to record a clip, or end it and save it",
        pressed: |input| plain(input, Key::F5),
        act: super::clips::toggle,
    },
    Shortcut {
        keys: "C",
        doc: "the window for clips",
        pressed: |input| plain(input, Key::C),
        act: |_, desk| desk.clip_window = !desk.clip_window,
    },
    Shortcut {
        keys: "Ctrl Shift S",
        doc: "write the stage as a pattern or a picture",
        pressed: |input| control(input, Key::S) && input.modifiers.shift,
        act: |_, desk| desk.dialog = Some(Dialog::Export),
    },
    Shortcut {
        keys: "Ctrl T",
        doc: "have the training worlds start from the stage",
        pressed: |input| control(input, Key::T),
        act: super::dialogs::train_from,
    },
    Shortcut {
        keys: "H",
        doc: "hide or show the panels",
        pressed: |input| plain(input, Key::H),
        act: |_, desk| desk.panels = !desk.panels,
    },
    Shortcut {
        keys: "F11",
        doc: "full screen",
        pressed: |input| plain(input, Key::F11),
        act: |_, desk| desk.full_screen = !desk.full_screen,
    },
    Shortcut {
        keys: "F12",
        doc: "a picture of the window, into the folder `screenshots`",
        pressed: |input| plain(input, Key::F12),
        act: |_, desk| {
            let path = free(Path::new("screenshots"), "primordia", "png");
            desk.capture = Some(Capture { path, part: None });
        },
    },
    Shortcut {
        keys: "Ctrl Q",
        doc: "save what was learned and close the window",
        pressed: |input| control(input, Key::Q),
        act: |_, desk| desk.quit = true,
    },
    Shortcut {
        keys: "?",
        doc: "this sheet",
        pressed: |input| plain(input, Key::Questionmark) || (plain(input, Key::Slash) && input.modifiers.shift),
        act: |_, desk| desk.sheet = !desk.sheet,
    },
];

const DIGITS: [Key; 10] =
    [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9, Key::Num0];

/// Acts on this frame's key presses, unless they belong to a text field.
pub fn handle(ctx: &egui::Context, seen: &Seen, desk: &mut Desk) {
    if ctx.egui_wants_keyboard_input() {
        return;
    }
    let (pressed, digit, paste) = ctx.input(|input| {
        let pressed: Vec<_> = SHORTCUTS.iter().filter(|shortcut| (shortcut.pressed)(input)).collect();
        // The clipboard's text arrives with the key; which event brings it depends on the system.
        let text = |event: &Event| match event {
            Event::Paste(text) | Event::Text(text) => Some(text.clone()),
            _ => None,
        };
        let paste = control(input, Key::V).then(|| input.events.iter().find_map(text));
        (pressed, DIGITS.iter().position(|&key| plain(input, key)), paste)
    });
    if let Some(text) = paste {
        hand::paste(text.as_deref(), desk);
    }
    for shortcut in pressed {
        (shortcut.act)(seen, desk);
    }
    if let Some(digit) = digit {
        desk.hand.colour = digit as u8;
    }
}

/// The sheet's width: two columns fit.
const SHEET: f32 = 1030.0;

/// The sheet of all shortcuts.
pub fn sheet(ctx: &egui::Context, desk: &mut Desk) {
    let mut open = desk.sheet;
    egui::Window::new("Keys and mouse")
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO)
        .show(ctx, |ui| {
            let (half, room) = (SHORTCUTS.len().div_ceil(2), ctx.viewport_rect().size());
            let high = room.y - 130.0;
            ui.set_width(SHEET.min(room.x - 40.0));
            egui::ScrollArea::both().max_height(high).min_scrolled_height(high).show(ui, |ui| {
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = 28.0;
                    for (id, part) in SHORTCUTS.chunks(half).enumerate() {
                        let grid = egui::Grid::new(("shortcuts", id)).num_columns(2).spacing([16.0, 4.0]);
                        grid.min_row_height(17.0).striped(true).show(ui, |ui| {
                            for shortcut in part {
                                ui.strong(shortcut.keys);
                                ui.label(shortcut.doc);
                                ui.end_row();
                            }
                        });
                    }
                });
            });
            ui.separator();
            ui.checkbox(&mut desk.golly, "As in Golly: Space is one step, Return plays");
        });
    desk.sheet = open && !ctx.input(|input| input.key_pressed(Key::Escape));
}

//! Shortcuts: one table that acts on key presses and fills the `?` sheet.

use bevy_egui::egui::{self, InputState, Key};

use super::state::{Desk, Dialog, Scene, Seen};
use crate::session::Command;

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
        keys: "Space, Return",
        doc: "play or pause the stage",
        // Space also drags the view, so it acts when it is let go.
        pressed: |input| input.key_released(Key::Space) || plain(input, Key::Enter),
        act: |seen, desk| {
            if !std::mem::take(&mut desk.space_dragged) {
                desk.send(Command::Play(!seen.playing));
            }
        },
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
        act: |_, desk| desk.brush = (desk.brush - 1).max(1),
    },
    Shortcut {
        keys: "]",
        doc: "larger brush",
        pressed: |input| plain(input, Key::CloseBracket),
        act: |_, desk| desk.brush = (desk.brush + 1).min(super::stage::MAX_BRUSH),
    },
    Shortcut { keys: "1 … 9, 0", doc: "pick a colour to paint with", pressed: |_| false, act: |_, _| {} },
    Shortcut { keys: "Left drag", doc: "paint", pressed: |_| false, act: |_, _| {} },
    Shortcut { keys: "Wheel", doc: "zoom at the cursor", pressed: |_| false, act: |_, _| {} },
    Shortcut { keys: "Middle drag, Space drag", doc: "move the view", pressed: |_| false, act: |_, _| {} },
    Shortcut {
        keys: "Ctrl O",
        doc: "open a checkpoint, pattern or picture",
        pressed: |input| control(input, Key::O),
        act: |_, desk| desk.dialog = Some(Dialog::Open),
    },
    Shortcut {
        keys: "Ctrl S",
        doc: "save a checkpoint",
        pressed: |input| control(input, Key::S),
        act: |_, desk| desk.dialog = Some(Dialog::Save),
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
    let (pressed, digit) = ctx.input(|input| {
        let pressed: Vec<_> = SHORTCUTS.iter().filter(|shortcut| (shortcut.pressed)(input)).collect();
        (pressed, DIGITS.iter().position(|&key| plain(input, key)))
    });
    for shortcut in pressed {
        (shortcut.act)(seen, desk);
    }
    if let Some(digit) = digit {
        desk.colour = digit as u8;
    }
}

/// The sheet of all shortcuts.
pub fn sheet(ctx: &egui::Context, desk: &mut Desk) {
    let mut open = desk.sheet;
    egui::Window::new("Keys and mouse")
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO)
        .show(ctx, |ui| {
            egui::Grid::new("shortcuts").num_columns(2).spacing([24.0, 5.0]).striped(true).show(ui, |ui| {
                for shortcut in SHORTCUTS {
                    ui.strong(shortcut.keys);
                    ui.label(shortcut.doc);
                    ui.end_row();
                }
            });
        });
    desk.sheet = open && !ctx.input(|input| input.key_pressed(Key::Escape));
}

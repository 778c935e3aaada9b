//! Shortcuts: actions, the map that gives them their keys, and the `?` sheet of both.

mod action;
mod map;

pub use action::Action;
pub use map::Keys;

use bevy::input::keyboard::{Key as Logical, KeyboardInput};
use bevy::input::mouse::MouseButton;
use bevy::window::WindowEvent;
use bevy_egui::egui::{self, Key, Modifiers, Ui};
use bevy_egui::helpers::{bevy_to_egui_key, bevy_to_egui_physical_key};

use super::state::{Desk, Notice, Seen};

/// What is the same whatever the map says.
const FIXED: [(&str, &str); 5] = [
    ("1 … 9, 0", "pick a colour to paint with"),
    ("Tab, Shift+Tab", "from control to control; Space presses one"),
    ("Left drag", "use the tool"),
    ("Wheel", "zoom at the cursor"),
    ("Middle drag, Space drag", "move the view"),
];

const DIGITS: [Key; 10] =
    [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9, Key::Num0];

/// A key that went down or up, while others were held down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stroke {
    /// Which.
    pub key: Key,
    /// Whether it went down.
    pub down: bool,
    /// What was held then.
    pub held: Modifiers,
}

/// A frame's strokes, and what was held at each press of the left mouse button. `held` is what is held down from frame
/// to frame.
///
/// egui is told only what is held at a frame's end; within a slow frame, Ctrl goes down and up again around a key.
pub fn strokes<'a>(
    events: impl Iterator<Item = &'a WindowEvent>,
    held: &mut Modifiers,
) -> (Vec<Stroke>, Vec<Modifiers>) {
    let (mut strokes, mut presses) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            WindowEvent::KeyboardInput(input) => strokes.extend(stroke(input, held)),
            // What is let go elsewhere is not told here.
            WindowEvent::KeyboardFocusLost(_) => *held = Modifiers::NONE,
            WindowEvent::MouseButtonInput(input) if input.button == MouseButton::Left && input.state.is_pressed() => {
                presses.push(*held);
            }
            _ => {}
        }
    }
    (strokes, presses)
}

fn stroke(input: &KeyboardInput, held: &mut Modifiers) -> Option<Stroke> {
    let down = input.state.is_pressed();
    match input.logical_key {
        Logical::Shift => held.shift = down,
        Logical::Alt => held.alt = down,
        Logical::Control => (held.ctrl, held.command) = (down, if MAC { held.command } else { down }),
        Logical::Super | Logical::Meta if MAC => (held.mac_cmd, held.command) = (down, down),
        _ => {}
    }
    // The place of the key counts where the keyboard's letters are not Latin.
    let key = bevy_to_egui_key(&input.logical_key).or(bevy_to_egui_physical_key(&input.key_code))?;
    Some(Stroke { key, down, held: *held })
}

const MAC: bool = cfg!(target_os = "macos");

/// Acts on a frame's strokes, unless they belong to a control.
pub fn handle(ctx: &egui::Context, strokes: &[Stroke], seen: &Seen, desk: &mut Desk) {
    if ctx.egui_wants_keyboard_input() {
        return;
    }
    for &Stroke { key, down, held } in strokes {
        // Space also drags the view, so it acts when it is let go.
        if down == (key == Key::Space) || (key == Key::Space && std::mem::take(&mut desk.space_dragged)) {
            continue;
        }
        if let Some(action) = desk.keys.action(key, held) {
            action.act(seen, desk);
        } else if let Some(digit) = DIGITS.iter().position(|&digit| digit == key)
            && !(held.alt || held.command)
        {
            desk.hand.colour = digit as u8;
        }
    }
}

/// The sheet's width: two columns fit.
const SHEET: f32 = 1030.0;

/// The sheet of all shortcuts.
pub fn sheet(ctx: &egui::Context, desk: &mut Desk) {
    let mut open = desk.sheet;
    let own = Action::all().map(|action| {
        let gesture = action.gesture().map(|gesture| format!(", {gesture}")).unwrap_or_default();
        (desk.keys.text(action) + &gesture, action.doc())
    });
    let rows: Vec<_> = own.chain(FIXED.map(|(keys, doc)| (keys.to_owned(), doc))).collect();
    egui::Window::new("Keys and mouse")
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        // A line above the stage stays in view.
        .anchor(egui::Align2::CENTER_BOTTOM, egui::vec2(0.0, -6.0))
        .show(ctx, |ui| {
            let (half, room) = (rows.len().div_ceil(2), ctx.viewport_rect().size());
            let high = room.y - 190.0;
            ui.set_width(SHEET.min(room.x - 40.0));
            egui::ScrollArea::both().max_height(high).min_scrolled_height(high).show(ui, |ui| {
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = 28.0;
                    for (id, part) in rows.chunks(half).enumerate() {
                        let grid = egui::Grid::new(("shortcuts", id)).num_columns(2).spacing([16.0, 3.0]);
                        grid.min_row_height(17.0).striped(true).show(ui, |ui| {
                            for (keys, doc) in part {
                                ui.strong(keys);
                                ui.label(*doc);
                                ui.end_row();
                            }
                        });
                    }
                });
            });
            ui.separator();
            foot(ui, desk);
        });
    desk.sheet = open && !ctx.input(|input| input.key_pressed(Key::Escape));
}

/// Other keys: Golly's, or the user's own.
fn foot(ui: &mut Ui, desk: &mut Desk) {
    let mut golly = desk.keys.golly();
    let doc = "Space and Enter as those who know Golly have them in their fingers.";
    if ui.checkbox(&mut golly, "As in Golly: Space is one step, Enter plays").on_hover_text(doc).changed() {
        desk.keys.set_golly(golly);
    }
    let Some(file) = desk.keys.file().map(ToOwned::to_owned) else { return };
    let (there, name) = (file.exists(), file.display().to_string());
    ui.horizontal(|ui| {
        if !there {
            ui.label("Other keys are a file of your own:");
            let doc = format!("Write {name}: every action with its keys, each on a line for you to change.");
            if ui.button("Write one to edit").on_hover_text(doc).clicked() {
                desk.notices.push(match desk.keys.write_copy() {
                    Ok(()) => Notice::Note(format!("Wrote {name}: edit it, then read it from the sheet of keys.")),
                    Err(error) => Notice::Error(error.to_string()),
                });
            }
        } else {
            ui.label("Take the // from a line of your file, change its keys, and:");
            if ui.button("Read it again").on_hover_text(format!("Take the keys of {name}.")).clicked() {
                desk.notices.push(match desk.keys.read() {
                    Ok(()) => Notice::Note(format!("The keys of {name} are in force.")),
                    Err(problem) => Notice::Error(problem),
                });
            }
        }
        ui.add(egui::Label::new(egui::RichText::new(&name).monospace()).truncate()).on_hover_text(&name);
    });
}

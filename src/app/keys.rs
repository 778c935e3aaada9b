//! Shortcuts: actions, the map that gives them their keys, and the `?` sheet of both.

mod action;
mod map;

pub use action::Action;
pub use map::Keys;

use bevy_egui::egui::{self, Event, Key, Ui};

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

/// Acts on this frame's key presses, unless they belong to a control.
pub fn handle(ctx: &egui::Context, seen: &Seen, desk: &mut Desk) {
    if ctx.egui_wants_keyboard_input() {
        return;
    }
    let events = ctx.input(|input| input.events.clone());
    for event in events {
        let Event::Key { key, pressed, modifiers, .. } = event else { continue };
        // Space also drags the view, so it acts when it is let go.
        if pressed == (key == Key::Space) || (key == Key::Space && std::mem::take(&mut desk.space_dragged)) {
            continue;
        }
        if let Some(action) = desk.keys.action(key, modifiers) {
            action.act(seen, desk);
        } else if let Some(digit) = DIGITS.iter().position(|&digit| digit == key)
            && !(modifiers.alt || modifiers.command)
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
        .anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO)
        .show(ctx, |ui| {
            let (half, room) = (rows.len().div_ceil(2), ctx.viewport_rect().size());
            let high = room.y - 160.0;
            ui.set_width(SHEET.min(room.x - 40.0));
            egui::ScrollArea::both().max_height(high).min_scrolled_height(high).show(ui, |ui| {
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = 28.0;
                    for (id, part) in rows.chunks(half).enumerate() {
                        let grid = egui::Grid::new(("shortcuts", id)).num_columns(2).spacing([16.0, 4.0]);
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

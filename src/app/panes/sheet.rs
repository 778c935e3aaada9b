//! The sheet of all keys, and the two ways to have others.

use bevy_egui::egui::{Align2, Context, Grid, Label, RichText, ScrollArea, Ui, Window, vec2};

use crate::app::keys::Action;
use crate::app::pane::{About, Dock, Pane};
use crate::app::state::{Desk, Notice, Seen};

/// What is the same whatever the map says.
const FIXED: [(&str, &str); 5] = [
    ("1 … 9, 0", "pick a colour to paint with"),
    ("Tab, Shift+Tab", "from control to control; Space presses one"),
    ("Left drag", "use the tool"),
    ("Wheel", "zoom at the cursor"),
    ("Middle drag, Space drag", "move the view"),
];

/// Its width: two columns fit.
const WIDTH: f32 = 1030.0;

pub(crate) const ABOUT: About = About::new(Dock::Window, "Keys and mouse", "All keys and mouse gestures");

/// The sheet.
pub struct Sheet;

impl Pane for Sheet {
    fn place<'a>(&self, window: Window<'a>, _ctx: &Context) -> Window<'a> {
        // A line above the stage stays in view.
        window.anchor(Align2::CENTER_BOTTOM, vec2(0.0, -6.0))
    }

    fn ui(&mut self, ui: &mut Ui, _seen: &Seen, desk: &mut Desk) {
        let own = Action::all().map(|action| {
            let gesture = action.gesture().map(|gesture| format!(", {gesture}")).unwrap_or_default();
            (desk.keys.text(action) + &gesture, action.doc())
        });
        let rows: Vec<_> = own.chain(FIXED.map(|(keys, doc)| (keys.to_owned(), doc))).collect();
        let (half, room) = (rows.len().div_ceil(2), ui.ctx().viewport_rect().size());
        let high = room.y - 190.0;
        ui.set_width(WIDTH.min(room.x - 40.0));
        ScrollArea::both().max_height(high).min_scrolled_height(high).show(ui, |ui| {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 28.0;
                for (id, part) in rows.chunks(half).enumerate() {
                    let grid = Grid::new(("shortcuts", id)).num_columns(2).spacing([16.0, 3.0]);
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
    }
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
                let said = match desk.keys.write_copy() {
                    Ok(()) => Notice::Note(format!("Wrote {name}: edit it, then read it from the sheet of keys.")),
                    Err(error) => Notice::Error(error.to_string()),
                };
                desk.notify(said);
            }
        } else {
            ui.label("Take the // from a line of your file, change its keys, and:");
            if ui.button("Read it again").on_hover_text(format!("Take the keys of {name}.")).clicked() {
                let said = match desk.keys.read() {
                    Ok(()) => Notice::Note(format!("The keys of {name} are in force.")),
                    Err(problem) => Notice::Error(problem),
                };
                desk.notify(said);
            }
        }
        ui.add(Label::new(RichText::new(&name).monospace()).truncate()).on_hover_text(&name);
    });
}

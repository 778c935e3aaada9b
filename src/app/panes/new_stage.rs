//! The window that makes a new stage, or gives the present one another size.

use bevy_egui::egui::{Align2, Context, DragValue, Ui, Vec2, Window};

use crate::app::keys::Action;
use crate::app::pane::{About, Dock, Pane};
use crate::app::state::{Ask, Desk, Dialog, Seen};
use crate::files::format::{Format, names};
use crate::session::{ToRun, ToStage};
use crate::spec::grid::{Grid, MAX_SIDE, MIN_SIDE};

pub(crate) const ABOUT: About =
    About::new(Dock::Window, "Stage", "Blank, noise or another size; train from it; export it");

/// The window.
pub struct NewStage;

impl Pane for NewStage {
    fn place<'a>(&self, window: Window<'a>, _ctx: &Context) -> Window<'a> {
        window.anchor(Align2::CENTER_CENTER, Vec2::ZERO)
    }

    fn ui(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
        let (height, width) = &mut desk.stage_size;
        ui.horizontal(|ui| {
            let side = |value| DragValue::new(value).range(MIN_SIDE..=MAX_SIDE).speed(0.5);
            ui.add(side(height)).on_hover_text("Rows.");
            ui.label("rows ×");
            ui.add(side(width)).on_hover_text("Columns.");
            ui.label("columns");
        });
        ui.add_space(6.0);
        let (height, width) = desk.stage_size;
        ui.horizontal(|ui| {
            if ui.button("Blank").on_hover_text("A new stage of colour 0.").clicked() {
                desk.send(ToStage::SetStage(Box::new(Grid::filled(height, width, 0))));
                ABOUT.close(desk);
            }
            if ui.button("Noise").on_hover_text("A new stage of noise.").clicked() {
                desk.noise();
                ABOUT.close(desk);
            }
            let doc = "The present stage in this size: what fits is kept, in the middle; the rest is colour 0.";
            if ui.button("Resize").on_hover_text(doc).clicked() {
                if let Some(grid) = desk.stage(seen) {
                    desk.send(ToStage::SetStage(Box::new(grid.centred(height, width))));
                }
                ABOUT.close(desk);
            }
        });
        ui.separator();
        ui.horizontal(|ui| {
            let doc = "The training worlds start from the stage as it is now, afresh with the next update";
            let doc = desk.keys.doc(doc, Action::TrainFrom);
            if ui.button("Train from this").on_hover_text(doc).clicked() {
                train_from(seen, desk);
                ABOUT.close(desk);
            }
            let doc = format!("Write the stage as {}", names(Format::of_patterns()));
            let doc = desk.keys.doc(&doc, Action::Export);
            if ui.button("Export …").on_hover_text(doc).clicked() {
                desk.ask(Ask::Dialog(Dialog::Export));
                ABOUT.close(desk);
            }
        });
    }
}

/// Has the training worlds start from the stage.
pub(crate) fn train_from(seen: &Seen, desk: &mut Desk) {
    if let Some(grid) = desk.stage(seen) {
        desk.send(ToRun::TrainFrom(Box::new(grid)));
    }
}

//! Choosing files, and files dropped on the window.

use std::path::Path;

use bevy_egui::egui::{self, DragValue};
use egui_file_dialog::{DialogState, FileDialog};

use super::capture::Capture;
use super::keys::Action;
use super::state::{Desk, Dialog, Seen};
use crate::session::{Command, Rival};
use crate::spec::grid::{Grid, MAX_SIDE, MIN_SIDE};

/// Extensions that can be opened.
const OPENABLE: [&str; 7] = ["safetensors", "png", "rle", "npy", "gif", "apng", "mp4"];

/// The dialog that is open, or was last.
#[derive(Default)]
pub(super) struct Dialogs {
    open: Option<(Dialog, FileDialog)>,
}

impl Dialogs {
    /// Whether one is open.
    pub(super) fn is_open(&self) -> bool {
        self.open.as_ref().is_some_and(|(_, dialog)| *dialog.state() == DialogState::Open)
    }

    /// Opens what the desk asks for, and sends a command when a file is chosen.
    pub(super) fn ui(&mut self, ctx: &egui::Context, seen: &Seen, desk: &mut Desk) {
        if let Some(dialog) = desk.dialog.take() {
            self.open = Some((dialog, file_dialog(dialog, seen)));
        }
        if let Some((kind, dialog)) = &mut self.open {
            dialog.update(ctx);
            if let Some(path) = dialog.take_picked() {
                let kind = *kind;
                self.open = None;
                match kind {
                    Dialog::Open => desk.send(Command::Open(path)),
                    Dialog::Save => desk.send(Command::Save(path)),
                    Dialog::Curves => desk.send(Command::ExportCurves(path)),
                    Dialog::Picture => desk.capture = Some(Capture { path, part: desk.curves }),
                    Dialog::Export => desk.send(Command::Export(path, None)),
                    Dialog::Compare => desk.compare(Some(Rival { checkpoint: Some(path), ..Rival::default() })),
                }
            }
        }
        if desk.new_stage {
            new_stage(ctx, seen, desk);
        }
        for file in ctx.input(|input| input.raw.dropped_files.clone()) {
            desk.send(Command::Open(file.path().to_owned()));
        }
    }
}

/// Has the training worlds start from the stage.
pub(super) fn train_from(seen: &Seen, desk: &mut Desk) {
    if let Some(grid) = desk.stage(seen) {
        desk.send(Command::TrainFrom(Box::new(grid)));
    }
}

/// The little window that makes a new stage, or gives the present one another size.
fn new_stage(ctx: &egui::Context, seen: &Seen, desk: &mut Desk) {
    let mut open = !ctx.input(|input| input.key_pressed(egui::Key::Escape));
    let mut done = false;
    let window = egui::Window::new("Stage").open(&mut open).collapsible(false).resizable(false);
    window.anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO).show(ctx, |ui| {
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
                desk.send(Command::SetStage(Box::new(Grid::filled(height, width, 0))));
                done = true;
            }
            if ui.button("Noise").on_hover_text("A new stage of noise.").clicked() {
                desk.noise();
                done = true;
            }
            let doc = "The present stage in this size: what fits is kept, in the middle; the rest is colour 0.";
            if ui.button("Resize").on_hover_text(doc).clicked() {
                if let Some(grid) = desk.stage(seen) {
                    desk.send(Command::SetStage(Box::new(grid.centred(height, width))));
                }
                done = true;
            }
        });
        ui.separator();
        ui.horizontal(|ui| {
            let doc = "The training worlds start from the stage as it is now, afresh with the next update";
            let doc = desk.keys.doc(doc, Action::TrainFrom);
            if ui.button("Train from this").on_hover_text(doc).clicked() {
                train_from(seen, desk);
                done = true;
            }
            let doc = "Write the stage as Golly's pattern (.rle), a picture (.png) or an array (.npy)";
            let doc = desk.keys.doc(doc, Action::Export);
            if ui.button("Export …").on_hover_text(doc).clicked() {
                desk.dialog = Some(Dialog::Export);
                done = true;
            }
        });
    });
    desk.new_stage = open && !done;
}

fn file_dialog(kind: Dialog, seen: &Seen) -> FileDialog {
    // The field for a search is black on black in the light theme.
    let dialog = FileDialog::new()
        .default_size(egui::vec2(680.0, 420.0))
        .anchor(egui::Align2::CENTER_CENTER, [0.0, 0.0])
        .show_search(false);
    match kind {
        Dialog::Open => {
            let mut dialog = dialog
                .title("Open a checkpoint, pattern, picture or clip")
                .add_file_filter_extensions("What can be opened", OPENABLE.to_vec())
                .default_file_filter("What can be opened");
            dialog.pick_file();
            dialog
        }
        Dialog::Compare => {
            let mut dialog = dialog
                .title("Compare with a checkpoint")
                .add_file_filter_extensions("Checkpoints", vec!["safetensors"])
                .default_file_filter("Checkpoints");
            dialog.pick_file();
            dialog
        }
        Dialog::Export => {
            let title = dialog.title("Write the stage as .rle, .png or .npy");
            saving(title, &seen.save_path().with_file_name("stage.rle"))
        }
        Dialog::Save => saving(dialog.title("Save a checkpoint"), &seen.save_path()),
        Dialog::Curves => {
            saving(dialog.title("Export the curves as CSV"), &seen.save_path().with_file_name("curves.csv"))
        }
        Dialog::Picture => {
            saving(dialog.title("Export a picture of the curves"), &seen.save_path().with_file_name("curves.png"))
        }
    }
}

/// A dialog that proposes to write a file.
fn saving(dialog: FileDialog, path: &Path) -> FileDialog {
    // The dialog opens in a folder that is there; those that saving makes are part of the name.
    let folder = path.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new(""));
    let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned();
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut dialog = dialog.default_file_name(&name).initial_directory(folder.to_owned());
    dialog.save_file();
    dialog
}

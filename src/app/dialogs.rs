//! Choosing files, and files dropped on the window.

use std::path::Path;

use bevy_egui::egui;
use egui_file_dialog::{DialogState, FileDialog};

use super::state::{Ask, Desk, Dialog, Seen};
use crate::files::format::{Format, endings};
use crate::session::{Rival, ToFiles, ToRun, ToStage};

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

    /// Opens another one.
    pub(super) fn open(&mut self, dialog: Dialog, seen: &Seen) {
        self.open = Some((dialog, file_dialog(dialog, seen)));
    }

    /// Shows the one that is open, and asks for what follows when a file is chosen.
    pub(super) fn ui(&mut self, ctx: &egui::Context, desk: &mut Desk) {
        if let Some((kind, dialog)) = &mut self.open {
            dialog.update(ctx);
            if let Some(path) = dialog.take_picked() {
                let kind = *kind;
                self.open = None;
                match kind {
                    Dialog::Open => desk.send(ToFiles::Open(path)),
                    Dialog::Save => desk.send(ToRun::Save(path)),
                    Dialog::Curves => desk.send(ToRun::ExportCurves(path)),
                    Dialog::Picture(rect) => desk.ask(Ask::Capture(path, Some(rect))),
                    Dialog::Export => desk.send(ToStage::Export(path, None)),
                    Dialog::Compare => desk.compare(Some(Rival { checkpoint: Some(path), ..Rival::default() })),
                }
            }
        }
        for file in ctx.input(|input| input.raw.dropped_files.clone()) {
            desk.send(ToFiles::Open(file.path().to_owned()));
        }
    }
}

fn file_dialog(kind: Dialog, seen: &Seen) -> FileDialog {
    // The field for a search is black on black in the light theme.
    let dialog = FileDialog::new()
        .default_size(egui::vec2(680.0, 420.0))
        .anchor(egui::Align2::CENTER_CENTER, [0.0, 0.0])
        .show_search(false);
    let beside = |name: &str| seen.save_path().with_file_name(name);
    match kind {
        Dialog::Open => {
            opening(dialog, "Open a checkpoint, pattern, picture or clip", "What can be opened", Format::openable())
        }
        Dialog::Compare => opening(dialog, "Compare with a checkpoint", "Checkpoints", vec!["safetensors"]),
        Dialog::Export => {
            let title = format!("Write the stage as {}", endings(Format::of_patterns()));
            saving(dialog, &title, &beside("stage.rle"))
        }
        Dialog::Save => saving(dialog, "Save a checkpoint", &seen.save_path()),
        Dialog::Curves => saving(dialog, "Export the curves as CSV", &beside("curves.csv")),
        Dialog::Picture(_) => saving(dialog, "Export a picture of the curves", &beside("curves.png")),
    }
}

/// A dialog that opens a file with one of these extensions.
fn opening(dialog: FileDialog, title: &str, name: &str, extensions: Vec<&'static str>) -> FileDialog {
    let mut dialog = dialog.title(title).add_file_filter_extensions(name, extensions).default_file_filter(name);
    dialog.pick_file();
    dialog
}

/// A dialog that proposes to write a file.
fn saving(dialog: FileDialog, title: &str, path: &Path) -> FileDialog {
    // The dialog opens in a folder that is there; those that saving makes are part of the name.
    let folder = path.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new(""));
    let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned();
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut dialog = dialog.title(title).default_file_name(&name).initial_directory(folder.to_owned());
    dialog.save_file();
    dialog
}

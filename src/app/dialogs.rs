//! Choosing files, and files dropped on the window.

use std::path::Path;

use bevy_egui::egui;
use egui_file_dialog::FileDialog;

use super::state::{Desk, Dialog, Seen};
use crate::session::Command;

/// Extensions that can be opened.
const OPENABLE: [&str; 5] = ["safetensors", "png", "rle", "npy", "gif"];

/// The dialog that is open, or was last.
#[derive(Default)]
pub(super) struct Dialogs {
    open: Option<(Dialog, FileDialog)>,
}

impl Dialogs {
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
                desk.send(match kind {
                    Dialog::Open => Command::Open(path),
                    Dialog::Save => Command::Save(path),
                });
            }
        }
        for file in ctx.input(|input| input.raw.dropped_files.clone()) {
            desk.send(Command::Open(file.path().to_owned()));
        }
    }
}

fn file_dialog(kind: Dialog, seen: &Seen) -> FileDialog {
    let dialog =
        FileDialog::new().default_size(egui::vec2(680.0, 420.0)).anchor(egui::Align2::CENTER_CENTER, [0.0, 0.0]);
    match kind {
        Dialog::Open => {
            let mut dialog = dialog
                .title("Open a checkpoint, pattern or picture")
                .add_file_filter_extensions("What can be opened", OPENABLE.to_vec())
                .default_file_filter("What can be opened");
            dialog.pick_file();
            dialog
        }
        Dialog::Save => {
            let path = seen.save_path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let folder = path.parent().unwrap_or(Path::new("."));
            let mut dialog = dialog.title("Save a checkpoint").default_file_name(&name);
            // Without its folder the dialog would open somewhere else.
            if std::fs::create_dir_all(folder).is_ok() {
                dialog = dialog.initial_directory(folder.to_owned());
            }
            dialog.save_file();
            dialog
        }
    }
}

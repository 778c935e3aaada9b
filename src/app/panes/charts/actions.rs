//! What can be done at an update, and what happened there.

use bevy_egui::egui::{self, Button, Key, Pos2, RichText, TextEdit, Ui};

use crate::app::state::{Desk, Seen};
use crate::files::run::Happening;
use crate::picture::scale::number;
use crate::session::{ToLearner, ToRun, ToStage};

/// An update that was clicked.
pub(super) struct Picked {
    update: u32,
    at: Pos2,
    note: String,
}

impl Picked {
    pub(super) fn new(update: u32, at: Pos2) -> Self {
        Self { update, at, note: String::new() }
    }

    /// A small window with the update's values and what can be done; whether it stays open.
    pub(super) fn ui(&mut self, ctx: &egui::Context, seen: &Seen, desk: &mut Desk) -> bool {
        let mut open = true;
        let mut done = ctx.input(|input| input.key_pressed(Key::Escape));
        egui::Window::new(format!("Update {}", self.update))
            .id("picked update".into())
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .default_pos(self.at)
            .default_width(230.0)
            .show(ctx, |ui| {
                ui.set_width(230.0);
                done |= self.contents(ui, seen, desk);
            });
        open && !done
    }

    fn contents(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk) -> bool {
        let update = self.update;
        if let Ok(at) = seen.history.binary_search_by_key(&update, |metrics| metrics.update) {
            let metrics = &seen.history[at];
            ui.label(format!("reward {} · KL {}", number(metrics.reward), number(metrics.kl)));
        }
        let mut done = false;
        let wide = |text: &str| Button::new(text.to_owned()).min_size(egui::vec2(230.0, 26.0));
        let doc = "The stage plays under the rule as this update left it (or the nearest one before that is kept), until \
                   you go back to live.";
        if ui.add(wide("▶ Watch this update")).on_hover_text(doc).clicked() {
            desk.send(ToStage::StageAt(Some(update)));
            done = true;
        }
        let doc = "A new run goes on from what this update left: rule, optimiser, worlds. The run so far stays in its \
                   folder.";
        if ui.add(wide("Branch learning from here")).on_hover_text(doc).clicked() {
            desk.send(ToLearner::BranchFrom(update));
            done = true;
        }
        ui.separator();
        for mark in seen.marks.iter().filter(|mark| mark.update == update) {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(mark.what.to_string()).small());
                if matches!(mark.what, Happening::Note(_))
                    && ui.small_button("✖").on_hover_text("Take this note away.").clicked()
                {
                    desk.send(ToRun::Forget(mark.clone()));
                }
            });
        }
        ui.horizontal(|ui| {
            let field = ui.add(TextEdit::singleline(&mut self.note).hint_text("a note here").desired_width(172.0));
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let add = ui.add_enabled(!self.note.trim().is_empty(), Button::new("Add"));
            if add.on_hover_text("Mark this update with the note, on every curve.").clicked() || entered {
                let note = std::mem::take(&mut self.note).trim().to_owned();
                if !note.is_empty() {
                    desk.send(ToRun::Note(update, note));
                }
            }
        });
        done
    }
}

//! The menu beside Learn: when learning pauses by itself, and how often the run is saved.

use std::time::Duration;

use bevy_egui::egui::containers::menu::{MenuButton, MenuConfig};
use bevy_egui::egui::style::StyleModifier;
use bevy_egui::egui::{DragValue, Id, PopupCloseBehavior, RichText, Ui};

use super::state::{Desk, Seen};
use super::theme;
use crate::session::{Stop, ToLearner, ToRun};

/// A button with the menu.
pub fn menu(ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
    let waits = desk.stop != Stop::default();
    let text = if waits { RichText::new("⏱").color(ui.visuals().warn_fg_color) } else { RichText::new("⏱") };
    // Fields look like fields, as they do not in menus.
    let config =
        MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside).style(StyleModifier::default());
    let (button, _) = MenuButton::new(text).config(config).ui(ui, |ui| contents(ui, seen, desk));
    button.on_hover_text(
        "Learn some updates, then pause; pause at a reward, a KL or a time; how often the run is saved.",
    );
}

fn contents(ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
    ui.set_width(280.0);
    let (mut stop, mut save_every, mut learn) = (desk.stop, desk.save_every, false);
    ui.horizontal(|ui| {
        ui.label("Learn");
        let id = Id::new("updates to learn");
        let mut updates: u32 = ui.data(|data| data.get_temp(id)).unwrap_or(10);
        let field = ui.add(DragValue::new(&mut updates).range(1..=1_000_000).suffix(" updates"));
        if field.on_hover_text("Updates to learn from now.").changed() {
            ui.data_mut(|data| data.insert_temp(id, updates));
        }
        learn = ui.button("then pause").on_hover_text("Start, and pause when they are done.").clicked();
        if learn {
            stop.update = Some(seen.updates.saturating_add(updates));
        }
    });
    if let Some(update) = stop.update {
        ui.horizontal(|ui| {
            ui.label(format!("Pauses after update {update}."));
            if ui.small_button("don't").on_hover_text("Go on after it.").clicked() {
                stop.update = None;
            }
        });
    }
    ui.separator();
    ui.label("Pause as soon as");
    let doc = "The reward of an update is at least this.";
    condition(ui, "the reward reaches", doc, &mut stop.reward, 0.1, |value| {
        DragValue::new(value).speed(0.001).max_decimals(4)
    });
    let doc = "An update moved the policy at least this far.";
    condition(ui, "the KL reaches", doc, &mut stop.kl, 0.1, |value| {
        DragValue::new(value).range(0.0..=1e3).speed(0.001).max_decimals(4)
    });
    let mut minutes = stop.after.map(|after| after.as_secs_f64() / 60.0);
    let doc = "So much time has passed since this was set.";
    condition(ui, "time has passed:", doc, &mut minutes, 30.0, |value| {
        DragValue::new(value).range(0.1..=1e5).speed(0.5).suffix(" min")
    });
    stop.after = minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0));
    ui.separator();
    ui.horizontal(|ui| {
        ui.label("Save every");
        ui.add(DragValue::new(&mut save_every).range(0.1..=1440.0).speed(0.1).suffix(" min"))
            .on_hover_text("Minutes between the checkpoints that are written by themselves; one is on closing, too.");
    });
    let saved = match (&seen.folder, seen.kept) {
        (None, _) if seen.resumable.is_some() => {
            "The run gets a folder once you change, paint or note something, or do not want the one that is offered."
                .to_owned()
        }
        (None, _) => "The run gets a folder with its first update.".to_owned(),
        (Some(folder), None) => format!("In {}.", folder.display()),
        (Some(folder), Some(update)) => format!("In {}: update {update}.", folder.display()),
    };
    theme::paragraph(ui, saved);
    if stop != desk.stop {
        desk.stop = stop;
        desk.send(ToLearner::StopAt(stop));
    }
    if save_every != desk.save_every {
        desk.save_every = save_every;
        desk.send(ToRun::SaveEvery(Duration::from_secs_f64(save_every * 60.0)));
    }
    if learn {
        desk.send(ToLearner::Learn(true));
    }
}

/// A condition to tick, with its value; a value that is changed while it is ticked is in force at once, and a typed
/// one when it is whole. One that is not ticked stays in the field, where `first` is at the beginning.
fn condition(
    ui: &mut Ui,
    name: &str,
    doc: &str,
    in_force: &mut Option<f64>,
    first: f64,
    drag: impl Fn(&mut f64) -> DragValue<'_>,
) {
    ui.horizontal(|ui| {
        let id = Id::new(name);
        let mut value = in_force.or(ui.data(|data| data.get_temp(id))).unwrap_or(first);
        let mut ticked = in_force.is_some();
        let changed = ui.checkbox(&mut ticked, name).on_hover_text(doc).changed();
        let field = drag(&mut value).update_while_editing(false);
        if ui.add(field).on_hover_text(doc).changed() || changed {
            *in_force = ticked.then_some(value);
            ui.data_mut(|data| data.insert_temp(id, value));
        }
    });
}

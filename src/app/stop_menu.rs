//! The menu beside Learn: when learning pauses by itself, and how often the run is saved.

use std::time::Duration;

use bevy_egui::egui::containers::menu::{MenuButton, MenuConfig};
use bevy_egui::egui::style::StyleModifier;
use bevy_egui::egui::{DragValue, PopupCloseBehavior, RichText, Ui};

use super::state::{Desk, Seen};
use super::theme;
use crate::session::{Command, Stop};

/// A button with the menu.
pub fn menu(ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
    let waits = desk.plan.stop != Stop::default();
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
    let before = desk.plan.clone();
    let plan = &mut desk.plan;
    let mut learn = false;
    ui.horizontal(|ui| {
        ui.label("Learn");
        ui.add(DragValue::new(&mut plan.updates).range(1..=1_000_000).suffix(" updates"))
            .on_hover_text("Updates to learn from now.");
        learn = ui.button("then pause").on_hover_text("Start, and pause when they are done.").clicked();
        if learn {
            plan.stop.update = Some(seen.updates.saturating_add(plan.updates));
        }
    });
    if let Some(update) = plan.stop.update {
        ui.horizontal(|ui| {
            ui.label(format!("Pauses after update {update}."));
            if ui.small_button("don't").on_hover_text("Go on after it.").clicked() {
                plan.stop.update = None;
            }
        });
    }
    ui.separator();
    ui.label("Pause as soon as");
    let doc = "The reward of an update is at least this.";
    condition(ui, "the reward reaches", doc, &mut plan.stop.reward, &mut plan.reward, |value| {
        DragValue::new(value).speed(0.001).max_decimals(4)
    });
    let doc = "An update moved the policy at least this far.";
    condition(ui, "the KL reaches", doc, &mut plan.stop.kl, &mut plan.kl, |value| {
        DragValue::new(value).range(0.0..=1e3).speed(0.001).max_decimals(4)
    });
    let mut minutes = plan.stop.after.map(|after| after.as_secs_f64() / 60.0);
    let doc = "So much time has passed since this was set.";
    condition(ui, "time has passed:", doc, &mut minutes, &mut plan.minutes, |value| {
        DragValue::new(value).range(0.1..=1e5).speed(0.5).suffix(" min")
    });
    plan.stop.after = minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0));
    ui.separator();
    ui.horizontal(|ui| {
        ui.label("Save every");
        ui.add(DragValue::new(&mut plan.save_every).range(0.1..=1440.0).speed(0.1).suffix(" min"))
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
    if plan.stop != before.stop {
        let stop = plan.stop;
        desk.send(Command::StopAt(stop));
    }
    if desk.plan.save_every != before.save_every {
        desk.send(Command::SaveEvery(Duration::from_secs_f64(desk.plan.save_every * 60.0)));
    }
    if learn {
        desk.send(Command::Learn(true));
    }
}

/// A condition to tick, with its value; a value that is changed while it is ticked is in force at once, and a typed
/// one when it is whole.
fn condition(
    ui: &mut Ui,
    name: &str,
    doc: &str,
    in_force: &mut Option<f64>,
    value: &mut f64,
    drag: impl Fn(&mut f64) -> DragValue<'_>,
) {
    ui.horizontal(|ui| {
        let mut ticked = in_force.is_some();
        let changed = ui.checkbox(&mut ticked, name).on_hover_text(doc).changed();
        let field = drag(value).update_while_editing(false);
        if ui.add(field).on_hover_text(doc).changed() || changed {
            *in_force = ticked.then_some(*value);
        }
    });
}

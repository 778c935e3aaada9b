//! The bar under the stage: everything it has shown, with a cursor, and what can be done from any moment.

use bevy_egui::egui::{Align, Button, DragValue, Layout, PointerButton, Rect, Response, Sense, Stroke, Ui, pos2, vec2};

use super::keys::Action;
use super::panes::clips;
use super::state::{Desk, Seen};
use super::{act, compare};
use crate::session::{Record, ToStage};

/// Fills a bar of one line.
pub fn ui(ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
    let Some(picture) = seen.picture() else { return };
    let record = &picture.record;
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let undo = record.edits.iter().any(|&edit| edit <= record.at);
        let redo = record.edits.iter().any(|&edit| edit > record.at);
        let step = "One step on: what was shown is shown again; at its end, the rule goes on";
        for (enabled, text, doc, action) in [
            (undo, "↺", "Undo the last edit of the stage", Action::Undo),
            (redo, "↻", "Do it again", Action::Redo),
            (record.at > 0, "⏮", "One step back", Action::StepBack),
            (true, "⏭", step, Action::Step),
        ] {
            act::by(button(ui, enabled, text), doc, action, seen, desk);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            compare::menu(ui, seen, desk);
            let (text, doc) = match record.recorded {
                Some(_) => ("⏹ Clip", "A clip is being recorded; a key ends and saves it"),
                None => ("⏺ Clip", clips::ABOUT.doc),
            };
            let doc = desk.keys.doc(doc, Action::Record) + " Click for the window";
            let clip = ui.add(Button::new(text).selected(record.recorded.is_some()));
            act::by(clip, &doc, Action::Clips, seen, desk);
            let mut seed = picture.seed;
            let field = ui.add(DragValue::new(&mut seed).update_while_editing(false).speed(0.2).prefix("seed "));
            let doc = "The seed of the steps to come: the same state, rule and seed have the same future.";
            if field.on_hover_text(doc).changed() {
                desk.send(ToStage::Seed(seed));
            }
            let doc = "Take up the newest branch again: what was cut off when the stage took another way from an \
                       earlier moment.";
            let swap = button(ui, !record.branches.is_empty(), "🔀");
            if swap.on_hover_text(doc).on_disabled_hover_text(doc).clicked() {
                desk.send(ToStage::SwapBranch);
            }
            let past = record.at + 1 < record.len;
            let doc = "Give this moment another future: what followed becomes a branch, and the newest rule goes on \
                       from here.";
            if button(ui, past, "✂").on_hover_text(doc).on_disabled_hover_text(doc).clicked() {
                desk.send(ToStage::Branch);
            }
            scrubber(ui, record, picture.step, desk);
        });
    });
}

fn button(ui: &mut Ui, enabled: bool, text: &str) -> Response {
    ui.add_enabled(enabled, Button::new(text).min_size(vec2(26.0, 22.0)))
}

/// A track with a mark for each edit and branch; a click or drag moves the cursor.
fn scrubber(ui: &mut Ui, record: &Record, step: u32, desk: &mut Desk) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::click_and_drag());
    let track = Rect::from_center_size(rect.center(), vec2(rect.width() - 12.0, 6.0));
    let last = record.len.saturating_sub(1).max(1) as f32;
    let x_from_position = |position: usize| track.left() + track.width() * position as f32 / last;
    let visuals = ui.visuals();
    let painter = ui.painter();
    painter.rect_filled(track, 3.0, visuals.widgets.inactive.bg_fill);
    let here = if record.len > 1 { x_from_position(record.at) } else { track.right() };
    let past = Rect::from_min_max(track.min, pos2(here, track.bottom()));
    painter.rect_filled(past, 3.0, visuals.selection.bg_fill);
    for (positions, colour, y) in [
        (&record.edits, visuals.warn_fg_color, track.top() - 4.0..=track.top() - 1.0),
        (&record.branches, visuals.strong_text_color(), track.bottom() + 1.0..=track.bottom() + 4.0),
    ] {
        // Marks that fall together are one.
        let mut drawn = f32::NEG_INFINITY;
        for x in positions.iter().map(|&position| x_from_position(position)) {
            if (x - drawn).abs() >= 1.0 {
                painter.vline(x, *y.start()..=*y.end(), Stroke::new(1.5, colour));
                drawn = x;
            }
        }
    }
    painter.circle_filled(pos2(here, track.center().y), 6.0, visuals.strong_text_color());
    if let Some(at) = response
        .interact_pointer_pos()
        .filter(|_| response.is_pointer_button_down_on() || response.clicked_by(PointerButton::Primary))
    {
        let position = ((at.x - track.left()) / track.width() * last).round().max(0.0) as usize;
        if position.min(record.len - 1) != record.at {
            desk.send(ToStage::Seek(position));
        }
    }
    response.on_hover_text(format!(
        "Everything that the stage has shown: moment {} of {}, at step {step}. Drag to go back to any of it. Marks above \
         are edits, marks below have a branch. {:.0} of {:.0} MiB are in use; when they are full, the oldest steps go \
         first. At full speed only what is shown is kept.",
        record.at + 1,
        record.len,
        record.bytes as f64 / f64::from(1 << 20),
        record.limit as f64 / f64::from(1 << 20),
    ));
}

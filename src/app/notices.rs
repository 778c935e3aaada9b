//! The line above the stage: errors, notes, offers, and the hint for newcomers.

use std::time::Duration;

use bevy_egui::egui::{
    self, Align, Color32, CornerRadius, Frame, Layout, Margin, RichText, TextStyle, Ui, text::LayoutJob, vec2,
};

use super::keys::Action;
use super::panes::settings;
use super::state::{Ask, Desk, Notice, Seen};
use crate::session::{ToFiles, ToRun, ToStage};

/// How long the hint for newcomers stays, in seconds.
const HINT_STAYS: f64 = 20.0;
/// How long the offer to resume stays.
const OFFER_STAYS: Duration = Duration::from_mins(2);

/// One line at a time, since two would lie on the stage's first cells. Each has a button that dismisses it; `hinted` is
/// whether the hint was.
pub(super) fn ui(hinted: &mut bool, ui: &mut Ui, seen: &mut Seen, desk: &mut Desk) {
    let (now, grey) = (ui.input(|input| input.time), Color32::from_rgb(0x3A, 0x55, 0x4A));
    *hinted |= now >= HINT_STAYS;
    if seen.resumable.take_if(|offer| offer.since.elapsed() >= OFFER_STAYS).is_some() {
        desk.send(ToRun::Keep);
    }
    // What the clip was made with may be in force by now.
    seen.clip_config.take_if(|config| settings::others(config, &seen.applied).is_empty());
    let others = [seen.clip_config.is_some(), seen.resumable.is_some(), seen.stage_at.is_some(), !*hinted];
    let waiting = (seen.notices.len() + others.iter().filter(|&&waits| waits).count()).saturating_sub(1);
    // The newest first, among them the offer: what was said before it can wait.
    let newest = seen.notices.len().checked_sub(1);
    let offered = |index: usize| seen.resumable.as_ref().is_some_and(|offer| offer.since > seen.notices[index].1);
    if let Some(index) = newest.filter(|&index| !offered(index)) {
        let (text, ground) = match &seen.notices[index].0 {
            Notice::Error(text) => (text, Color32::from_rgb(0xA8, 0x32, 0x3A)),
            Notice::Note(text) => (text, grey),
        };
        if line(ui, text, None, waiting, ground) == Answer::Dismissed {
            seen.notices.remove(index);
        }
    } else if let Some(checkpoint) = seen.resumable.as_ref().map(|offer| offer.checkpoint.clone()) {
        let run = checkpoint.parent().unwrap_or(&checkpoint).display().to_string();
        let text = format!("The run in {run} was left here last.");
        let doc = "Take the run up where it was left. The one that has begun meanwhile stays if you did something in \
                   it, and else goes.";
        let answer = line(ui, &text, Some((&format!("Resume {run}"), doc)), waiting, grey);
        if answer != Answer::None {
            seen.resumable = None;
        }
        match answer {
            Answer::Taken => desk.send(ToFiles::Open(checkpoint)),
            Answer::Dismissed => desk.send(ToRun::Keep),
            Answer::None => {}
        }
    } else if let Some(config) = &seen.clip_config {
        let others = settings::others(config, &seen.applied);
        let text = format!("The clip was made with other settings than this run's: {}.", listed(&others));
        let doc = "Those that can change in a run are in force with the next update, and can be undone as every change; \
                   the others wait for a restart.";
        let answer = line(ui, &text, Some(("Take its settings", doc)), waiting, grey);
        let config = seen.clip_config.take_if(|_| answer != Answer::None);
        if answer == Answer::Taken {
            desk.asks.extend(config.map(|config| Ask::Adopt(Box::new(config))));
        }
    } else if let Some(update) = seen.stage_at {
        let text = format!("The stage plays under the rule of update {update}; learning goes on beside it.");
        let button = Some(("Back to live", "Back to the newest rule."));
        if line(ui, &text, button, waiting, Color32::from_rgb(0x8A, 0x5A, 0x16)) != Answer::None {
            desk.send(ToStage::StageAt(None));
        }
    } else if !*hinted {
        let hint = format!(
            "{} pauses the stage, {} learning. Drag to paint, wheel to zoom; hover over anything for help.",
            desk.keys.first(Action::Play),
            desk.keys.first(Action::Learn)
        );
        *hinted = line(ui, &hint, None, waiting, Color32::from_rgb(0x1F, 0x5F, 0xA8)) != Answer::None;
    }
}

/// The first few names, and how many more there are.
fn listed(names: &[String]) -> String {
    const FEW: usize = 4;
    let more = names.len().saturating_sub(FEW);
    let few = names[..names.len() - more].join(", ");
    if more > 0 { format!("{few} and {more} more") } else { few }
}

/// What was done with a line.
#[derive(PartialEq)]
enum Answer {
    None,
    Taken,
    Dismissed,
}

/// A line on a ground of this colour, with a button and its tooltip; `waiting` more come after it.
fn line(ui: &mut Ui, text: &str, button: Option<(&str, &str)>, waiting: usize, ground: Color32) -> Answer {
    let frame = Frame::new().fill(ground).inner_margin(Margin::symmetric(12, 3)).corner_radius(CornerRadius::ZERO);
    let label = |text: &str| RichText::new(text).color(Color32::WHITE);
    let shown = frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.horizontal(|ui| {
            let mut answer = Answer::None;
            let room = if button.is_some() { 210.0 } else { 28.0 + 30.0 * f32::from(waiting > 0) };
            ui.allocate_ui(vec2(ui.available_width() - room, 18.0), |ui| {
                // The stage leaves room for two rows; the whole text is in the tooltip where it takes more.
                let font = TextStyle::Body.resolve(ui.style());
                let mut job = LayoutJob::simple(text.to_owned(), font, Color32::WHITE, f32::INFINITY);
                job.wrap.max_rows = 2;
                ui.add(egui::Label::new(job).wrap());
            });
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.add(egui::Button::new(label("✖")).frame(false)).on_hover_text("Dismiss").clicked() {
                    answer = Answer::Dismissed;
                }
                if waiting > 0 {
                    ui.label(label(&format!("+{waiting}")))
                        .on_hover_text("More lines wait: dismiss this one to see them.");
                }
                if let Some((text, doc)) = button {
                    let button = egui::Button::new(label(text)).fill(Color32::from_black_alpha(90));
                    if ui.add(button).on_hover_text(doc).clicked() {
                        answer = Answer::Taken;
                    }
                }
            });
            answer
        })
        .inner
    });
    shown.inner
}

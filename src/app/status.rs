//! The line at the bottom: what computes, speeds, and where the time goes.

use bevy_egui::egui::{self, Color32, Rect, RichText, Sense, Ui, vec2};

use super::keys::Action;
use super::state::{Desk, Seen};
use super::stats::Stats;
use super::theme;
use crate::engine::Choice;

/// From this width on, each share of the time has its name and figure beside the bar.
const ROOMY: f32 = 1100.0;

/// A count with its unit, to three digits.
pub fn si(value: f64) -> String {
    let (scaled, unit) = match value {
        v if v >= 1e9 => (v / 1e9, " G"),
        v if v >= 1e6 => (v / 1e6, " M"),
        v if v >= 1e3 => (v / 1e3, " k"),
        v => (v, ""),
    };
    let digits = if scaled >= 100.0 || unit.is_empty() { 0 } else { 1 };
    format!("{scaled:.digits$}{unit}")
}

/// Bytes as MiB or GiB.
fn bytes_text(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib < 1000.0 { format!("{mib:.1} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}

/// How far the run is, and how to go on where it rests.
pub fn progress(seen: &Seen) -> String {
    let (done, total) = (seen.updates, seen.applied.run.updates);
    let of = if done <= total { format!(" of {total}") } else { String::new() };
    let next = if seen.learning { "" } else { " · press Learn to go on" };
    format!("update {done}{of}{next}")
}

/// Fills a bar of one line.
pub fn ui(ui: &mut Ui, seen: &Seen, desk: &mut Desk, stats: &Stats) {
    let roomy = ui.available_width() >= ROOMY;
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 14.0;
        adapter(ui, seen);
        let speed = match seen.history.last() {
            Some(metrics) => format!("{} agent-steps/s", si(metrics.agent_steps_per_second)),
            None if seen.updates == 0 => "first update …".to_owned(),
            None => "– agent-steps/s".to_owned(),
        };
        let doc = "How many window decisions a second the learner takes and learns from, rollout and update together, \
                   in its last update.";
        ui.label(speed).on_hover_text(doc);
        if seen.updates > 0 {
            ui.label(progress(seen)).on_hover_text("Updates that the run has finished.");
        }
        ui.label(format!("{:.0} steps/s", stats.steps)).on_hover_text("Steps of the stage over the last second.");
        let doc = format!("Frames over the last second; the longest took {:.0} ms.", stats.longest);
        ui.label(format!("{:.0} fps", stats.frames)).on_hover_text(doc);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let mut drawing = desk.drawing;
            let doc = "Draw the stage and the curves. Off: the stage rests, and nothing takes time from learning";
            let doc = desk.keys.doc(doc, Action::Draw);
            if ui.checkbox(&mut drawing, "draw").on_hover_text(doc).changed() {
                desk.set_drawing(drawing);
            }
            shares(ui, stats, roomy, desk.dark);
        });
    });
}

fn adapter(ui: &mut Ui, seen: &Seen) {
    let Some(adapter) = &seen.adapter else {
        ui.weak("opening the device …");
        return;
    };
    let native = adapter.engine() == Choice::Native;
    let name = if native { "processor" } else { adapter.name.split(" (").next().unwrap_or(&adapter.name) };
    let doc = format!(
        "The engine {} computes, on {adapter}; the run takes {} there.",
        adapter.engine().name(),
        bytes_text(seen.device_bytes)
    );
    ui.label(RichText::new(name).strong()).on_hover_text(doc);
    if adapter.software {
        let (kind, what) = if native {
            ("native", "The processor computes, by the engine native: learning on all cores but one.")
        } else {
            (
                "software",
                "The processor plays a GPU for the engine wgsl, by a software driver; `--engine native` is faster.",
            )
        };
        let text = RichText::new(kind).color(ui.visuals().warn_fg_color);
        ui.label(text).on_hover_text(format!(
            "{what} Learning, the stage and the window share its cores, and learning gives way to the window. With a GPU \
             and its driver, large worlds are faster."
        ));
    }
}

/// A stacked bar, with the figures in its tooltip and, where there is room, beside it.
fn shares(ui: &mut Ui, stats: &Stats, roomy: bool, dark: bool) {
    let names = ["learning", "stage", "drawing"];
    let colours: [Color32; 3] = std::array::from_fn(|i| theme::curve(i, dark));
    let doc = format!(
        "Where the last second went. Learning {:.0} %, the stage {:.0} %, drawing {:.0} % of the time; they overlap \
         where there are cores for it. Drawing is what the window costs: untick `draw` to give it to learning.",
        stats.shares[0] * 100.0,
        stats.shares[1] * 100.0,
        stats.shares[2] * 100.0
    );
    // The layout runs from right to left.
    for i in (0..3).rev().filter(|_| roomy) {
        let text = format!("{} {:>2.0} %", names[i], stats.shares[i] * 100.0);
        ui.label(RichText::new(text).color(colours[i])).on_hover_text(&doc);
    }
    let (rect, response) = ui.allocate_exact_size(vec2(90.0, 8.0), Sense::hover());
    ui.painter().rect_filled(rect, 3.0, ui.visuals().widgets.inactive.bg_fill);
    let total = stats.shares.iter().sum::<f32>().max(1.0);
    let mut left = rect.left();
    for (share, colour) in stats.shares.iter().zip(colours) {
        let width = rect.width() * share / total;
        let part = Rect::from_min_size(egui::pos2(left, rect.top()), vec2(width, rect.height()));
        ui.painter().rect_filled(part, 3.0, colour);
        left += width;
    }
    response.on_hover_text(doc);
}

//! A rival beside the stage: the same state and seed under something else, with the cells that differ lit up.

use bevy_egui::egui::{
    self, Align2, DragValue, FontId, RichText, Sense, Ui,
    containers::menu::{MenuButton, MenuConfig},
};
use egui_plot::{Line, Plot, PlotPoint, PlotPoints};

use super::colours::ColourMap;
use super::keys::Action;
use super::stage::{Sheet, View};
use super::state::{Ask, Desk, Dialog, Seen};
use super::{axes, theme};
use crate::session::{Picture, Rival};
use crate::spec::config::Config;
use crate::spec::grid::{Boundary, Grid};

/// Points of the curve that are kept.
const POINTS: usize = 2000;
/// The height of the curve.
const CURVE: f32 = 106.0;

/// The button that starts and ends a comparison.
pub(super) fn menu(ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
    let on = seen.picture().is_some_and(|picture| picture.rival.is_some());
    let button = egui::Button::new("⚖ Compare").selected(on);
    let menu = MenuButton::from_button(button)
        .config(MenuConfig::new().close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside));
    let (response, _) = menu.ui(ui, |ui| {
        ui.weak("Beside the stage, from its present state:");
        let pinned = desk.pinned;
        let mut chosen = None;
        let mut take = |ui: &mut Ui, text: &str, doc: &str, rival: Rival| {
            if ui.button(text).on_hover_text(doc).clicked() {
                chosen = Some(rival);
            }
        };
        let seed = seen.picture().map(|picture| picture.seed.wrapping_add(1));
        let doc = "The same rule under another seed: what is chance, and what is the rule?";
        take(ui, "Another seed", doc, Rival { seed, ..Rival::default() });
        let doc = "The same rule, but always the most probable colour.";
        take(ui, "Without chance", doc, Rival { greedy: Some(true), ..Rival::default() });
        let middle = seen.picture().map(|picture| (picture.grid.height / 2, picture.grid.width / 2));
        let doc = format!(
            "The same rule and noise with one cell changed, the pinned one ({}) or that in the middle: how far does the \
             damage spread?",
            desk.keys.text(Action::Inspect)
        );
        take(ui, "One cell flipped", &doc, Rival { flip: pinned.or(middle), ..Rival::default() });
        if ui.button("Another checkpoint …").on_hover_text("The same state and seed under another rule.").clicked() {
            desk.ask(Ask::Dialog(Dialog::Compare));
            ui.close();
        }
        ui.separator();
        // In a menu, fields have no ground that would show that they can be changed.
        ui.visuals_mut().widgets.inactive.weak_bg_fill =
            ui.ctx().global_style().visuals.widgets.inactive.weak_bg_fill;
        let draft = earlier(ui, seen, desk).or_else(|| otherwise(ui, &seen.applied, desk));
        if let Some(rival) = chosen.or(draft) {
            desk.compare(Some(rival));
            ui.close();
        }
        if on {
            ui.add_space(4.0);
            if ui.button("End the comparison").clicked() {
                desk.compare(None);
                ui.close();
            }
        }
    });
    response.on_hover_text("Run the same world beside the stage under something else, and light up what differs.");
}

/// A rival under the rule that an earlier update left.
fn earlier(ui: &mut Ui, seen: &Seen, desk: &mut Desk) -> Option<Rival> {
    let doc = "The same state and seed under the rule as this update left it, or the nearest one before that is kept: \
               what has learning changed?";
    let mut update = desk.draft.update.unwrap_or(0).min(seen.updates);
    let mut wanted = None;
    ui.horizontal(|ui| {
        if ui.button("The rule of update").on_hover_text(doc).clicked() {
            wanted = Some(Rival { update: Some(update), ..Rival::default() });
        }
        if ui.add(DragValue::new(&mut update).range(0..=seen.updates)).on_hover_text(doc).changed() {
            desk.draft.update = Some(update);
        }
    });
    wanted
}

/// A rival under the same rule with other settings.
fn otherwise(ui: &mut Ui, applied: &Config, desk: &mut Desk) -> Option<Rival> {
    let draft = &mut desk.draft;
    let temperature = |ui: &mut Ui, name: &str, doc: &str, chosen: &mut Option<f32>, applied: f32| {
        let mut value = chosen.unwrap_or(applied);
        ui.label(name).on_hover_text(doc);
        if ui.add(DragValue::new(&mut value).range(0.05..=20.0).speed(0.01)).on_hover_text(doc).changed() {
            *chosen = Some(value).filter(|value| *value != applied);
        }
        ui.end_row();
    };
    egui::Grid::new("rival's settings").num_columns(2).spacing([8.0, 4.0]).show(ui, |ui| {
        let (f, g) = (applied.model.temperature, applied.model.aggregator_temperature);
        let doc = "f's logits are divided by it: higher is more random.";
        temperature(ui, "temperature", doc, &mut draft.temperature, f);
        temperature(ui, "g's temperature", "g's logits are divided by it.", &mut draft.aggregator_temperature, g);
        let doc = "What lies beyond the rival's edges.";
        ui.label("boundary").on_hover_text(doc);
        ui.horizontal(|ui| {
            let mut boundary = draft.boundary.unwrap_or(applied.world.boundary);
            for choice in [Boundary::Torus, Boundary::Bounded] {
                ui.selectable_value(&mut boundary, choice, format!("{choice:?}")).on_hover_text(doc);
            }
            draft.boundary = Some(boundary).filter(|boundary| *boundary != applied.world.boundary);
        });
        ui.end_row();
    });
    let rival = Rival { update: None, ..draft.clone() };
    let button = ui.add_enabled(rival != Rival::default(), egui::Button::new("Under these settings"));
    let doc = "The same rule and seed under other settings, as far as they are changed here.";
    button.on_hover_text(doc).on_disabled_hover_text("Change one of the three above first.").clicked().then_some(rival)
}

/// The rival's half of the middle.
#[derive(Default)]
pub struct CompareView {
    /// The rival.
    pub sheet: Sheet,
    shown: u64,
    trail: Vec<Difference>,
}

/// How far two worlds are apart at a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Steps since the stage's start.
    pub step: u32,
    /// Cells that differ (Hamming distance).
    pub cells: usize,
    /// The largest distance of one of them from the cell that was flipped, in cells (Chebyshev, on a torus the short
    /// way round).
    pub front: usize,
}

/// How far two states of one size are apart.
pub fn difference(step: u32, grid: &Grid, rival: &Grid, flip: Option<(usize, usize)>) -> Difference {
    let differs = || (0..grid.cells.len()).filter(|&cell| grid.cells[cell] != rival.cells[cell]);
    let around = |a: usize, b: usize, side: usize| a.abs_diff(b).min(side - a.abs_diff(b));
    let front = flip.map_or(0, |(row, column)| {
        let distance = |cell: usize| {
            around(cell / grid.width, row, grid.height).max(around(cell % grid.width, column, grid.width))
        };
        differs().map(distance).max().unwrap_or(0)
    });
    Difference { step, cells: differs().count(), front }
}

impl CompareView {
    /// Whether there is something to compare.
    pub fn wanted(seen: &Seen) -> bool {
        seen.picture().is_some_and(|picture| picture.rival.is_some())
    }

    /// Fills its half.
    pub fn ui(&mut self, ui: &mut Ui, seen: &Seen, desk: &Desk) {
        let Some((picture, rival)) = seen.picture().and_then(|picture| Some((picture, picture.rival.as_ref()?))) else {
            return;
        };
        let flip = desk.rival.as_ref().and_then(|rival| rival.flip);
        let newest = seen.latest.number::<Picture>();
        if self.shown != newest && (rival.height, rival.width) == (picture.grid.height, picture.grid.width) {
            self.shown = newest;
            self.follow(difference(picture.step, &picture.grid, rival, flip));
            self.sheet.set(Some(rival.clone()));
        }
        let Some(last) = self.trail.last() else { return };
        let all = ui.max_rect();
        let share = 100.0 * last.cells as f64 / picture.grid.cells.len() as f64;
        let differ = if last.cells == 1 { "cell differs" } else { "cells differ" };
        let mut text = format!("{} {differ} ({share:.1} %)", last.cells);
        if flip.is_some() {
            text += &format!("  ·  front {} cell{} away", last.front, if last.front == 1 { "" } else { "s" });
        } else if let Some(rival) = &desk.rival {
            text += &format!("  ·  {rival}");
        }
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            ui.add_space(8.0);
            let label = egui::Label::new(RichText::new(&text).strong()).truncate().show_tooltip_when_elided(false);
            ui.add(label).on_hover_text(format!(
                "{text}.\n\nCells whose colour differs from the stage's are bright, all others dim (Hamming distance). \
                 The front is the farthest of them from the cell that was flipped.",
            ));
        });
        let rect = ui.available_rect_before_wrap();
        let (rect, curve) = rect.split_top_bottom_at_y(rect.bottom() - CURVE);
        ui.allocate_rect(rect, Sense::hover());
        // Beside the stage's picture, at its height and in its size, where the curve leaves room for that.
        let home = View::home(all, rival.width, rival.height);
        let (within, view) = match rect.contains_rect(home.screen_from_cells(all, (0, 0), rival.height, rival.width)) {
            true => (all, home),
            false => (rect, View::fit(rect.shrink(6.0), rival.width, rival.height)),
        };
        self.sheet.parts.rival = true;
        self.sheet.draw(rect, within, view, ColourMap::of(ui.ctx()), ui.visuals().panel_fill);
        ui.scope_builder(egui::UiBuilder::new().max_rect(curve.shrink(6.0)), |ui| self.curve(ui, desk));
    }

    /// Adds a point to the curve; one from before the last begins it anew.
    fn follow(&mut self, difference: Difference) {
        if self.trail.last().is_some_and(|last| last.step > difference.step) {
            self.trail.retain(|point| point.step < difference.step);
        }
        if self.trail.last().is_some_and(|last| last.step == difference.step) {
            self.trail.pop();
        }
        self.trail.push(difference);
        if self.trail.len() > POINTS {
            self.trail.remove(0);
        }
    }

    fn curve(&self, ui: &mut Ui, desk: &Desk) {
        let points = |get: fn(&Difference) -> usize| {
            PlotPoints::Owned(
                self.trail.iter().map(|point| PlotPoint::new(f64::from(point.step), get(point) as f64)).collect(),
            )
        };
        let front = desk.rival.as_ref().is_some_and(|rival| rival.flip.is_some());
        ui.horizontal(|ui| {
            for (index, name) in ["cells that differ", "front"].into_iter().enumerate().take(1 + usize::from(front)) {
                ui.label(RichText::new(name).small().color(theme::curve(index, desk.dark)));
            }
            ui.label(RichText::new("by step").small().weak());
        });
        let plot = Plot::new("difference")
            .height(ui.available_height())
            .show_axes([false, true])
            .include_y(0.0)
            .allow_scroll(false)
            .allow_drag(false)
            .allow_zoom(false);
        let shown = axes::vertical(plot, ui, axes::text).show(ui, |plot| {
            plot.line(Line::new("cells that differ", points(|point| point.cells)).color(theme::curve(0, desk.dark)));
            if front {
                plot.line(Line::new("front", points(|point| point.front)).color(theme::curve(1, desk.dark)));
            }
        });
        if self.trail.len() < 2 {
            let font = FontId::proportional(12.0);
            let colour = ui.visuals().weak_text_color();
            let text = "after the next step";
            ui.painter().text(shown.response.rect.center(), Align2::CENTER_CENTER, text, font, colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_counted_and_the_front_goes_round_a_torus() {
        let grid = Grid::filled(10, 8, 0);
        let mut rival = grid.clone();
        assert_eq!(difference(3, &grid, &rival, Some((0, 0))), Difference { step: 3, cells: 0, front: 0 });
        rival.cells[9 * 8 + 7] = 1;
        rival.cells[2 * 8 + 1] = 1;
        assert_eq!(difference(3, &grid, &rival, Some((0, 0))), Difference { step: 3, cells: 2, front: 2 });
        assert_eq!(difference(3, &grid, &rival, None).front, 0);
    }

    #[test]
    fn a_step_back_takes_the_curve_back() {
        let mut view = CompareView::default();
        for step in [1, 2, 3, 2] {
            view.follow(Difference { step, cells: step as usize, front: 0 });
        }
        assert_eq!(view.trail.iter().map(|point| point.step).collect::<Vec<_>>(), [1, 2]);
    }
}

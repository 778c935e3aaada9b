//! Curves of the run: the reward with its terms, and what tells whether learning is sound.

mod actions;
mod series;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bevy_egui::egui::containers::menu::{MenuButton, MenuConfig};
use bevy_egui::egui::{
    Align, Align2, Button, Color32, FontId, Label, Layout, PopupCloseBehavior, Rect, RichText, Sense, Slider, Stroke,
    Ui, vec2,
};
use egui_plot::{HoverPosition, Line, LineStyle, Plot, PlotPoint, PlotPoints, VLine};

use crate::app::pane::{About, Dock, Pane};
use crate::app::state::{Ask, Desk, Dialog, Seen};
use crate::app::{axes, status, theme};
use crate::files::run::Happening;
use crate::learn::{Metrics, charts, curves};
use crate::picture::scale::number;
use crate::session::ToFiles;
use crate::spec::config::Term;
use actions::Picked;
use series::{Axis, Look, points};

/// What a chart takes besides its plot: the heading and the spaces around both.
const HEADING: f32 = 32.0;
/// Room for a term and its value.
const CHIP: f32 = 100.0;
/// How near to a mark the pointer tells what it is, in points; at its update it always does.
const NEAR: f32 = 6.0;

/// A curve to draw.
struct Shown<'a> {
    name: String,
    colour: Color32,
    width: f32,
    get: &'a dyn Fn(&Metrics) -> f64,
}

/// Points of a curve, as they are and smoothed.
type Pair = (Vec<PlotPoint>, Vec<PlotPoint>);

pub(crate) const ABOUT: About = About {
    height: theme::CHARTS,
    ..About::new(Dock::Left, "Curves", "The run's reward, losses and more, update by update")
};

/// The panel.
#[derive(Default)]
pub struct ChartsPanel {
    /// Where the curves lie in the window.
    place: Option<Rect>,
    run: u32,
    shown: BTreeSet<Term>,
    look: Look,
    /// Runs that are laid over.
    over: BTreeSet<PathBuf>,
    /// The update under the pointer: its index in the history, as the plots find it in this frame.
    cursor: Option<usize>,
    /// As they found it in the last.
    at: Option<usize>,
    picked: Option<Picked>,
    /// The points of every curve by its name and run, made anew when there is another update or look.
    cache: BTreeMap<(String, Option<PathBuf>), Pair>,
    cached: (u32, usize, Look, usize),
}

impl Pane for ChartsPanel {
    /// The charts share the pane's height.
    fn ui(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
        if self.run != seen.run {
            self.run = seen.run;
            self.shown = seen.applied.reward.terms.keys().copied().collect();
            (self.picked, self.cursor) = (None, None);
        }
        let others = seen.others.values().map(Vec::len).sum();
        let state = (seen.run, seen.history.len(), self.look, others);
        if self.cached != state {
            self.cache.clear();
            self.cached = state;
        }
        self.menus(ui, seen, desk);
        let top = ui.next_widget_position();
        self.at = self.cursor.take().filter(|&index| index < seen.history.len());
        let at = self.at.map_or(seen.history.last(), |index| seen.history.get(index));
        let charts = charts();
        self.reward(ui, seen, at, (charts.len(), desk.dark));
        let height = ((ui.available_height() - axes::BELOW) / charts.len() as f32 - HEADING).max(36.0);
        for title in &charts {
            self.chart(ui, title, seen, at, (height, Some(title) == charts.last(), desk.dark));
        }
        self.place = Some(ui.max_rect().with_min_y(top.y).expand(4.0));
        if let Some(picked) = &mut self.picked
            && !picked.ui(ui.ctx(), seen, desk)
        {
            self.picked = None;
        }
    }
}

impl ChartsPanel {
    /// How the curves are drawn, other runs, exports, notes.
    fn menus(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
        let stays = || MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let (view, _) = MenuButton::new("Axes ⏷").config(stays()).ui(ui, |ui| self.axes(ui));
            view.on_hover_text("Logarithmic heights, smoothing, and what the horizontal axis counts.");
            let (runs, _) = MenuButton::new("Runs ⏷").config(stays()).ui(ui, |ui| self.runs(ui, seen, desk));
            let runs = runs.on_hover_text("Lay the curves of other runs over these.");
            if runs.clicked() {
                desk.send(ToFiles::ListRuns);
            }
            let export = ui.menu_button("Export ⏷", |ui| {
                let picture = self.place.map(Dialog::Picture);
                for (text, dialog, doc) in [
                    ("CSV …", Some(Dialog::Curves), "Every update of the run with all its numbers."),
                    ("PNG …", picture, "A picture of this panel."),
                ] {
                    if ui.button(text).on_hover_text(doc).clicked() {
                        desk.asks.extend(dialog.map(Ask::Dialog));
                        ui.close();
                    }
                }
            });
            export.response.on_hover_text("Write the curves as a table or as a picture.");
            let note = ui.add_enabled(!seen.history.is_empty(), Button::new("Note"));
            let note = note.on_hover_text("Write a note down at the newest update; click a curve for an older one.");
            if note.clicked() {
                self.picked = Some(Picked::new(seen.updates, note.rect.left_bottom()));
            }
        });
    }

    fn axes(&mut self, ui: &mut Ui) {
        ui.set_width(220.0);
        let doc = "Heights are powers of ten; what is not positive is not drawn.";
        ui.checkbox(&mut self.look.log, "logarithmic heights").on_hover_text(doc);
        let doc = "The share that each value keeps of those before it. The values themselves stay, faintly.";
        let slider = Slider::new(&mut self.look.smoothing, 0.0..=0.99).text("smoothing").max_decimals(2);
        ui.add(slider).on_hover_text(doc);
        ui.horizontal(|ui| {
            for (axis, doc) in [
                (Axis::Updates, "Updates of the run."),
                (Axis::Minutes, "Minutes of learning, pauses left out."),
                (Axis::AgentSteps, "Decisions of all windows so far."),
            ] {
                ui.selectable_value(&mut self.look.axis, axis, axis.name()).on_hover_text(doc);
            }
        });
        theme::paragraph(ui, "Drag moves a chart, Ctrl and the wheel zoom it, a double click shows all again.");
    }

    fn runs(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
        ui.set_width(220.0);
        let mut none = true;
        for folder in seen.runs.iter().filter(|folder| Some(*folder) != seen.folder.as_ref()) {
            none = false;
            let mut chosen = self.over.contains(folder);
            if ui.checkbox(&mut chosen, name(folder)).on_hover_text(folder.display().to_string()).changed() {
                if chosen {
                    self.over.insert(folder.clone());
                    desk.send(ToFiles::ReadRun(folder.clone()));
                } else {
                    self.over.remove(folder);
                }
            }
        }
        if none {
            theme::paragraph(
                ui,
                "There are no other runs with curves yet: each run of the window or of `primordia train` leaves one.",
            );
        }
    }

    /// The reward and its terms, above so many other charts.
    fn reward(&mut self, ui: &mut Ui, seen: &Seen, at: Option<&Metrics>, (others, dark): (usize, bool)) {
        let text = ui.visuals().strong_text_color();
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.label(RichText::new("Reward").strong())
                .on_hover_text("The weighted sum of the terms: mean over steps, worlds and positions of an update.");
            if let Some(metrics) = at {
                ui.label(RichText::new(number(metrics.reward)).color(text).strong());
                if metrics.update != seen.updates {
                    ui.weak(format!("at update {}", metrics.update));
                }
            }
        });
        ui.vertical(|ui| self.chips(ui, at, dark));
        let terms: Vec<_> = Term::ALL.into_iter().enumerate().filter(|(_, term)| self.shown.contains(term)).collect();
        let gets: Vec<_> = terms
            .iter()
            .map(|&(_, term)| move |metrics: &Metrics| metrics.terms.get(&term).copied().unwrap_or(f64::NAN))
            .collect();
        let total = |metrics: &Metrics| metrics.reward;
        let mut curves: Vec<Shown<'_>> = terms
            .iter()
            .zip(&gets)
            .map(|(&(index, term), get)| Shown {
                name: term.name().to_owned(),
                colour: theme::curve(index, dark),
                width: 1.25,
                get,
            })
            .collect();
        curves.push(Shown { name: "reward".to_owned(), colour: text, width: 2.0, get: &total });
        // The reward gets as much as two of the others.
        let rest = ui.available_height() - others as f32 * HEADING - axes::BELOW;
        let height = (rest * 2.0 / (others + 2) as f32).max(72.0);
        self.plot(ui, "reward", (height, false), &curves, seen, dark);
    }

    /// Each term's value, in columns that stay where they are whatever the values.
    fn chips(&mut self, ui: &mut Ui, at: Option<&Metrics>, dark: bool) {
        ui.spacing_mut().item_spacing.y = 1.0;
        let columns = ((ui.available_width() / CHIP) as usize).max(1);
        let width = ui.available_width() / columns as f32;
        let terms: Vec<_> = Term::ALL.into_iter().enumerate().collect();
        for row in terms.chunks(columns) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                for &(index, term) in row {
                    let shown = self.shown.contains(&term);
                    let value = at.and_then(|metrics| metrics.terms.get(&term)).map_or(String::new(), |v| number(*v));
                    let colour = if shown { theme::curve(index, dark) } else { ui.visuals().weak_text_color() };
                    let text = format!("{} {value}", term.name().replace('_', " "));
                    let chip = Label::new(RichText::new(text).small().color(colour)).sense(Sense::click());
                    let cell = Layout::left_to_right(Align::Center);
                    let doc = format!("{} The mean, unweighted. Click to show or hide its curve.", term.doc());
                    let clicked = ui.allocate_ui_with_layout(vec2(width, 18.0), cell, |ui| {
                        ui.set_min_width(width);
                        ui.add(chip.selectable(false).truncate()).on_hover_text(doc).clicked()
                    });
                    if clicked.inner && !self.shown.remove(&term) {
                        self.shown.insert(term);
                    }
                }
            });
        }
    }

    fn chart(
        &mut self,
        ui: &mut Ui,
        title: &str,
        seen: &Seen,
        at: Option<&Metrics>,
        (height, last, dark): (f32, bool, bool),
    ) {
        let curves = || curves().filter(|curve| curve.chart == title);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            ui.label(RichText::new(title).strong());
            for curve in curves() {
                let value = at.map_or(String::new(), |metrics| number((curve.get)(metrics)));
                let text = format!("{} {value}", curve.name);
                ui.label(RichText::new(text).small().color(theme::curve(curve.colour, dark)))
                    .on_hover_text(curve.doc.trim_start());
            }
            if last {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.label(RichText::new(self.look.axis.name()).small().weak())
                        .on_hover_text("What the numbers below count: the horizontal axis of all charts.");
                });
            }
        });
        let shown = curves().map(|curve| Shown {
            name: curve.name.to_owned(),
            colour: theme::curve(curve.colour, dark),
            width: 1.5,
            get: &curve.get,
        });
        let below = if last { axes::BELOW } else { 0.0 };
        self.plot(ui, title, (height + below, last), &shown.collect::<Vec<_>>(), seen, dark);
    }

    /// The last one has the numbers of the horizontal axis, which all share.
    fn plot(
        &mut self,
        ui: &mut Ui,
        id: &str,
        (height, last): (f32, bool),
        curves: &[Shown<'_>],
        seen: &Seen,
        dark: bool,
    ) {
        let look = self.look;
        let runs: Vec<(Option<&PathBuf>, &[Metrics])> = seen
            .others
            .iter()
            .filter(|(folder, _)| self.over.contains(*folder) && Some(*folder) != seen.folder.as_ref())
            .map(|(folder, history)| (Some(folder), history.as_slice()))
            .chain([(None, seen.history.as_slice())])
            .collect();
        let key = |curve: &Shown<'_>, run: Option<&PathBuf>| (format!("{id} {}", curve.name), run.cloned());
        for &(run, history) in &runs {
            for curve in curves {
                self.cache.entry(key(curve, run)).or_insert_with(|| points(history, look, curve.get));
            }
        }
        let mut lines = Vec::new();
        for (curve, &(run, _)) in curves.iter().flat_map(|curve| runs.iter().map(move |run| (curve, run))) {
            let (raw, smoothed) = &self.cache[&key(curve, run)];
            let name = run.map_or(curve.name.clone(), |run| format!("{} of {}", curve.name, name(run)));
            let line = |points, name: &str| {
                let line = Line::new(name.to_owned(), PlotPoints::Borrowed(points)).color(curve.colour);
                if run.is_some() { line.style(LineStyle::dashed_dense()).width(1.0) } else { line.width(curve.width) }
            };
            if smoothed.is_empty() {
                lines.push(line(raw, &name));
            } else {
                if run.is_none() {
                    lines.push(line(raw, "").color(curve.colour.gamma_multiply(0.3)).width(1.0).allow_hover(false));
                }
                lines.push(line(smoothed, &name));
            }
        }
        let weak = ui.visuals().weak_text_color();
        let mut mark_lines = marks(seen, look, theme::mark(dark), ui.visuals().warn_fg_color);
        if let Some(metrics) = self.at.and_then(|index| seen.history.get(index)) {
            let stroke = Stroke::new(1.0, weak.gamma_multiply(0.6));
            mark_lines.push(VLine::new("", look.axis.of(metrics)).stroke(stroke).allow_hover(false));
        }
        let hover = |position: &HoverPosition<'_>| match position {
            HoverPosition::NearDataPoint { plot_name, position, .. } if !plot_name.is_empty() => {
                Some(format!("{plot_name} {}", number(look.value(position.y))))
            }
            _ => None,
        };
        let plot = Plot::new(id)
            .height(height)
            .show_axes([last, true])
            .show_crosshair(false)
            .allow_scroll(false)
            .allow_zoom([true, false])
            .allow_drag([true, false])
            .link_axis("updates", [true, false])
            .grid_color(weak.gamma_multiply(0.5))
            .set_margin_fraction(vec2(0.02, 0.12))
            .label_formatter(hover);
        let text = move |value, step| if look.log { number(look.value(value)) } else { axes::text(value, step) };
        let plot = axes::horizontal(axes::vertical(plot, ui, text), ui, look.axis.least());
        let shown = plot.show(ui, |plot| {
            mark_lines.into_iter().for_each(|line| plot.vline(line));
            lines.into_iter().for_each(|line| plot.line(line));
        });
        let (response, transform) = (shown.response, shown.transform);
        if let Some(pointer) = response.hover_pos() {
            self.cursor = look.axis.nearest(&seen.history, transform.value_from_position(pointer).x);
            let nearest = self.cursor.map(|index| seen.history[index].update);
            let near = |update| {
                let x = look.axis.at(&seen.history, update);
                nearest == Some(update) || (transform.position_from_point_x(x) - pointer.x).abs() <= NEAR
            };
            let texts: Vec<String> = seen
                .marks
                .iter()
                .filter(|mark| near(mark.update))
                .map(|mark| format!("update {}: {}", mark.update, mark.what))
                .collect();
            if !texts.is_empty() {
                response.clone().on_hover_text_at_pointer(texts.join("\n"));
            }
            if let (true, Some(index)) = (response.clicked(), self.cursor) {
                self.picked = Some(Picked::new(seen.history[index].update, pointer));
            }
        }
        if seen.history.is_empty() {
            let at = response.rect.center();
            let font = FontId::proportional(12.0);
            let text = match (seen.updates, seen.learning) {
                (0, _) => "after the first update".to_owned(),
                (_, true) => "after the next update".to_owned(),
                (_, false) => status::progress(seen),
            };
            ui.painter().text(at, Align2::CENTER_CENTER, text, font, weak);
        }
    }
}

/// A line for each mark, and for the update that the stage keeps to.
fn marks(seen: &Seen, look: Look, ink: Color32, strong: Color32) -> Vec<VLine> {
    let line = |update, colour, style| {
        let x = look.axis.at(&seen.history, update);
        VLine::new("", x).stroke(Stroke::new(1.5, colour)).style(style).allow_hover(false)
    };
    let marks = seen.marks.iter().map(|mark| match &mark.what {
        Happening::Changed { .. } => line(mark.update, ink, LineStyle::Solid),
        Happening::Note(_) => line(mark.update, ink, LineStyle::dashed_dense()),
        Happening::Branched(_) => line(mark.update, ink, LineStyle::dotted_dense()),
    });
    // A clip's rule may be of an update that this run has not come to.
    let pinned =
        seen.stage_at.filter(|&update| update <= seen.updates).map(|update| line(update, strong, LineStyle::Solid));
    if seen.history.is_empty() { Vec::new() } else { marks.chain(pinned).collect() }
}

/// A run's folder, as menus write it.
fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned()
}

//! Curves of the run: the reward with its terms, and what tells whether learning is sound.

use std::collections::BTreeSet;

use bevy_egui::egui::{Align2, Color32, FontId, Label, RichText, Sense, Ui, vec2};
use egui_plot::{HoverPosition, Line, Plot, PlotPoint, PlotPoints};

use super::state::Seen;
use super::{status, theme};
use crate::spec::config::Term;
use crate::train::Metrics;

/// Points of a curve that are drawn; longer ones are thinned to their extremes, so that no spike is lost.
const POINTS: usize = 400;

/// What a chart takes besides its plot: the heading and the spaces around both.
const HEADING: f32 = 32.0;

/// A curve.
struct Curve {
    name: &'static str,
    doc: &'static str,
    get: fn(&Metrics) -> f64,
}

/// Curves on one pair of axes.
struct Chart {
    title: &'static str,
    curves: &'static [Curve],
}

static CHARTS: [Chart; 5] = [
    Chart {
        title: "Losses",
        curves: &[
            Curve {
                name: "f",
                doc: "The proposal policy's clipped loss. It hovers around 0; its size says little.",
                get: |metrics| metrics.policy_loss,
            },
            Curve {
                name: "g",
                doc: "The aggregator's clipped loss: the same for the draw of each pixel.",
                get: |metrics| metrics.aggregator_loss,
            },
            Curve {
                name: "V",
                doc: "The critic's loss: half the mean squared error on returns scaled to variance 1. It should fall \
                      below 0.5, which is what guessing the mean costs.",
                get: |metrics| metrics.value_loss,
            },
        ],
    },
    Chart {
        title: "Entropy",
        curves: &[
            Curve {
                name: "f",
                doc: "How random the proposals are: 1 is uniform, 0 certain. A fall to 0 early on means that \
                      exploring has stopped.",
                get: |metrics| metrics.entropy,
            },
            Curve {
                name: "g",
                doc: "How random the drawn colours are: 1 is uniform, 0 certain.",
                get: |metrics| metrics.aggregator_entropy,
            },
        ],
    },
    Chart {
        title: "Step size",
        curves: &[
            Curve {
                name: "KL",
                doc: "How far an update moved the policy. Above target kl the rest of the update is skipped.",
                get: |metrics| metrics.kl,
            },
            Curve {
                name: "clipped",
                doc: "The share of probability ratios outside 1 ± clip. Around 0.1 to 0.3 is usual; much more means \
                      that the learning rate is too high.",
                get: |metrics| metrics.clip_fraction,
            },
        ],
    },
    Chart {
        title: "Insight",
        curves: &[
            Curve {
                name: "explained",
                doc: "Explained variance: how much of the returns' variation the critic foresees. 1 is all, 0 no more \
                      than their mean, below 0 worse than that.",
                get: |metrics| metrics.explained_variance,
            },
            Curve {
                name: "distinct",
                doc: "The share of 3×3 windows that are different from each other: falls as order appears.",
                get: |metrics| metrics.distinct_windows,
            },
        ],
    },
    Chart {
        title: "Gradient",
        curves: &[Curve {
            name: "norm",
            doc: "The gradient's norm before clipping to max grad norm. Steadily far above it, or rising, is a warning.",
            get: |metrics| metrics.grad_norm,
        }],
    },
];

/// The panel.
#[derive(Default)]
pub struct ChartsPanel {
    run: u32,
    shown: BTreeSet<Term>,
}

impl ChartsPanel {
    /// Fills a side panel; the charts share its height.
    pub fn ui(&mut self, ui: &mut Ui, seen: &Seen, dark: bool) {
        if self.run != seen.run {
            self.run = seen.run;
            self.shown = seen.applied.reward.terms.keys().copied().collect();
        }
        self.reward(ui, seen, dark);
        let height = ui.available_height() / CHARTS.len() as f32 - HEADING;
        for chart in &CHARTS {
            self.chart(ui, chart, seen, dark, height.max(36.0));
        }
    }

    fn reward(&mut self, ui: &mut Ui, seen: &Seen, dark: bool) {
        let last = seen.history.last();
        let text = ui.visuals().strong_text_color();
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.label(RichText::new("Reward").strong())
                .on_hover_text("The weighted sum of the terms: mean over steps, worlds and positions of an update.");
            if let Some(metrics) = last {
                ui.label(RichText::new(value_text(metrics.reward)).color(text).strong());
            }
        });
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 2.0);
            for (index, term) in Term::ALL.into_iter().enumerate() {
                let shown = self.shown.contains(&term);
                let value = last.and_then(|metrics| metrics.terms.get(&term)).map_or(String::new(), |v| value_text(*v));
                let colour = if shown { theme::curve(index, dark) } else { ui.visuals().weak_text_color() };
                let chip = RichText::new(format!("{} {value}", term.name().replace('_', " "))).small().color(colour);
                let doc = format!("The mean of `{}`, unweighted. Click to show or hide its curve.", term.name());
                if ui
                    .add(Label::new(chip).sense(Sense::click()).selectable(false).extend())
                    .on_hover_text(doc)
                    .clicked()
                    && !self.shown.remove(&term)
                {
                    self.shown.insert(term);
                }
            }
        });
        let terms: Vec<_> = Term::ALL.into_iter().enumerate().filter(|(_, term)| self.shown.contains(term)).collect();
        let mut lines: Vec<Line<'_>> = terms
            .into_iter()
            .map(|(index, term)| {
                let points = thin(&seen.history, |metrics| metrics.terms.get(&term).copied().unwrap_or(f64::NAN));
                Line::new(term.name(), points).color(theme::curve(index, dark)).width(1.25)
            })
            .collect();
        let total = Line::new("reward", thin(&seen.history, |metrics| metrics.reward)).color(text).width(2.0);
        lines.push(total);
        // The reward gets as much as two of the others.
        let rest = ui.available_height() - CHARTS.len() as f32 * HEADING;
        let height = (rest * 2.0 / (CHARTS.len() + 2) as f32).max(72.0);
        plot(ui, "reward", height, lines, seen);
    }

    fn chart(&self, ui: &mut Ui, chart: &'static Chart, seen: &Seen, dark: bool, height: f32) {
        let last = seen.history.last();
        let colour = |index| -> Color32 { theme::curve(index, dark) };
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            ui.label(RichText::new(chart.title).strong());
            for (index, curve) in chart.curves.iter().enumerate() {
                let value = last.map_or(String::new(), |metrics| value_text((curve.get)(metrics)));
                let text = format!("{} {value}", curve.name);
                ui.label(RichText::new(text).small().color(colour(index))).on_hover_text(curve.doc);
            }
        });
        let lines = chart.curves.iter().enumerate().map(|(index, curve)| {
            Line::new(curve.name, thin(&seen.history, curve.get)).color(colour(index)).width(1.5)
        });
        plot(ui, chart.title, height, lines.collect(), seen);
    }
}

fn plot<'a>(ui: &mut Ui, id: &str, height: f32, lines: Vec<Line<'a>>, seen: &Seen) {
    let hover = |position: &HoverPosition<'_>| match position {
        HoverPosition::NearDataPoint { plot_name, position, .. } => {
            Some(format!("{plot_name} {}\nupdate {:.0}", value_text(position.y), position.x))
        }
        HoverPosition::Elsewhere { .. } => None,
    };
    let weak = ui.visuals().weak_text_color();
    let plot = Plot::new(id)
        .height(height)
        .show_axes([false, true])
        .show_crosshair(false)
        .allow_scroll(false)
        .allow_zoom([true, false])
        .allow_drag([true, false])
        .link_axis("updates", [true, false])
        .link_cursor("updates", [true, false])
        .y_axis_min_width(38.0)
        .y_axis_formatter(|mark, _| value_text(mark.value))
        .grid_color(weak.gamma_multiply(0.5))
        .set_margin_fraction(vec2(0.02, 0.12))
        .label_formatter(hover);
    let shown = plot.show(ui, |plot| {
        for line in lines {
            plot.line(line);
        }
    });
    if seen.history.is_empty() {
        let at = shown.response.rect.center();
        let font = FontId::proportional(12.0);
        let text = match (seen.updates, seen.learning) {
            (0, _) => "after the first update".to_owned(),
            (_, true) => "after the next update".to_owned(),
            (_, false) => status::progress(seen),
        };
        ui.painter().text(at, Align2::CENTER_CENTER, text, font, weak);
    }
}

/// Three significant digits.
fn value_text(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 0.1 || v == 0.0 => format!("{value:.2}"),
        v if v >= 0.0005 => format!("{value:.3}"),
        _ => format!("{value:.0e}"),
    }
}

/// A curve of at most about `POINTS` points; where several updates share one, their least and greatest are drawn.
fn thin(history: &[Metrics], get: impl Fn(&Metrics) -> f64) -> PlotPoints<'static> {
    let per_pair = history.len().div_ceil(POINTS / 2).max(1);
    let point = |metrics: &Metrics| PlotPoint::new(f64::from(metrics.update), get(metrics));
    if per_pair <= 2 {
        return PlotPoints::Owned(history.iter().map(point).collect());
    }
    let extremes = history.chunks(per_pair).flat_map(|chunk| {
        let mut ends: Vec<PlotPoint> = chunk.iter().map(point).collect();
        ends.sort_by(|a, b| a.y.total_cmp(&b.y));
        let mut ends = [ends[0], ends[ends.len() - 1]];
        ends.sort_by(|a, b| a.x.total_cmp(&b.x));
        ends
    });
    PlotPoints::Owned(extremes.collect())
}

//! Measures of the stage's steps, each beside what chance alone would give.

use std::collections::VecDeque;

use bevy_egui::egui::{Align2, Color32, FontId, Rect, RichText, Sense, Stroke, Ui, pos2, vec2};
use egui_plot::{Line, Plot, PlotPoint, PlotPoints};

use crate::app::pane::{About, Dock, Pane};
use crate::app::state::{Desk, Seen};
use crate::app::{axes, theme};
use crate::picture::scale::number;
use crate::session::Query;
use crate::spec::measures::{Measured, Measures};

/// Measured steps that are kept.
const KEPT: usize = 400;
/// What a chart takes besides its plot.
const HEADING: f32 = 33.0;
/// Height of the histogram of directions.
const WAYS: f32 = 66.0;

/// The last measured steps of one stage.
#[derive(Default)]
struct Series {
    epoch: u32,
    steps: VecDeque<Measured>,
}

impl Series {
    /// Takes in the measures of a step. Those of another stage, or of steps that were gone back on, are let go.
    fn push(&mut self, epoch: u32, measured: Measured) {
        if epoch != self.epoch {
            self.steps.clear();
        }
        self.epoch = epoch;
        while self.steps.back().is_some_and(|last| last.step >= measured.step) {
            self.steps.pop_back();
        }
        if self.steps.len() == KEPT {
            self.steps.pop_front();
        }
        self.steps.push_back(measured);
    }

    /// The last one.
    fn last(&self) -> Option<&Measured> {
        self.steps.back()
    }

    fn points(&self, get: impl Fn(&Measured) -> f64) -> PlotPoints<'static> {
        PlotPoints::Owned(self.steps.iter().map(|at| PlotPoint::new(f64::from(at.step), get(at))).collect())
    }
}

/// A chart.
struct Chart {
    title: &'static str,
    doc: &'static str,
    get: fn(&Measures) -> f64,
}

static CHARTS: [Chart; 5] = [
    Chart {
        title: "Colour entropy",
        doc: "How evenly the ten colours are used: 1 is all alike, 0 a single colour. Shuffling keeps it, so both \
              curves are one.",
        get: |measures| measures.colour_entropy,
    },
    Chart {
        title: "Block entropy",
        doc: "How evenly the 10,000 possible 2×2 blocks are used, 1 being even. Below its shuffled twin, cells keep an \
              order with their neighbours. A grid of N blocks reaches ln N / ln 10,000 at most.",
        get: |measures| measures.block_entropy,
    },
    Chart {
        title: "Activity",
        doc: "The share of cells that change in a step. Shuffled: what two unrelated states of these colours differ by.",
        get: |measures| measures.activity,
    },
    Chart {
        title: "Lift",
        doc: "Blocks that move, less those that chance would let seem to move (the reward term `lift`).",
        get: |measures| measures.lift,
    },
    Chart {
        title: "Flow",
        doc: "Blocks that go one way and no other, not all the same way, corrected for chance (the reward term `flow`). \
              Flicker and drift of the whole grid have none.",
        get: |measures| measures.flow,
    },
];

pub(crate) const ABOUT: About = About {
    height: theme::CHARTS,
    ..About::new(Dock::Left, "Measures", "What the stage's steps look like: entropy, activity, lift, flow")
};

/// The measures of the last steps; the charts share the pane's height.
#[derive(Default)]
pub struct MeasuresPane {
    series: Series,
    /// The number of the measures that were taken in last.
    taken: u64,
}

impl Pane for MeasuresPane {
    fn query(&self, _desk: &Desk) -> Option<Query> {
        Some(Query::Measures)
    }

    fn ui(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
        let colours = [theme::curve(0, desk.dark), ui.visuals().weak_text_color()];
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new("the stage").small().color(colours[0]));
            ui.label(RichText::new("the same cells shuffled").small().color(colours[1])).on_hover_text(
                "Each measure is taken again on the same cells in random places. Few colours make blocks alike and let them \
                 seem to move; only what exceeds this baseline comes from where the cells are.",
            );
        });
        let newest = seen.latest.number::<(u32, Measured)>();
        if let Some((epoch, measured)) = seen.latest.get::<(u32, Measured)>().filter(|_| newest != self.taken) {
            self.series.push(*epoch, *measured);
            self.taken = newest;
        }
        let Some(last) = self.series.last() else {
            ui.add_space(4.0);
            ui.weak("Play the stage or step it: its steps are measured here, some of them when it runs fast.");
            return;
        };
        directions(ui, seen, last, colours);
        let height = (ui.available_height() / CHARTS.len() as f32 - HEADING).max(36.0);
        for chart in &CHARTS {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                ui.label(RichText::new(chart.title).strong()).on_hover_text(chart.doc);
                for (measures, colour) in [&last.real, &last.chance].into_iter().zip(colours) {
                    let text = number((chart.get)(measures));
                    ui.label(RichText::new(text).small().color(colour)).on_hover_text(chart.doc);
                }
            });
            let chance =
                Line::new("shuffled", self.series.points(|at| (chart.get)(&at.chance))).color(colours[1]).width(1.0);
            let real = Line::new("stage", self.series.points(|at| (chart.get)(&at.real))).color(colours[0]).width(2.0);
            let plot = Plot::new(chart.title)
                .height(height)
                .show_axes([false, true])
                .show_crosshair(false)
                .allow_scroll(false)
                .allow_zoom(false)
                .allow_drag(false)
                .link_axis("measures", [true, false])
                .link_cursor("measures", [true, false])
                .grid_color(colours[1].gamma_multiply(0.5))
                .set_margin_fraction(vec2(0.02, 0.12));
            axes::vertical(plot, ui, axes::text).show(ui, |plot| {
                plot.line(chance);
                plot.line(real);
            });
        }
    }
}

/// The share of blocks that move each way, in the last measured step.
fn directions(ui: &mut Ui, seen: &Seen, last: &Measured, colours: [Color32; 2]) {
    let offsets = seen.applied.reward.directions.offsets();
    let doc = "The share of 2×2 blocks, in per cent, that move each way in the last measured step, beside the same cells \
               shuffled. A block of which several directions are true counts in each.";
    ui.label(RichText::new("Directions, %").strong()).on_hover_text(doc);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), WAYS), Sense::hover());
    response.on_hover_text(doc);
    let painter = ui.painter();
    let shares = last.real.ways.iter().chain(&last.chance.ways);
    let most = shares.fold(0.01_f64, |most, &share| most.max(share));
    let width = rect.width() / offsets.len() as f32;
    let (foot, head) = (16.0, 13.0);
    let base = rect.bottom() - foot;
    for (d, &(row, column)) in offsets.iter().enumerate() {
        let middle = rect.left() + (d as f32 + 0.5) * width;
        let bar = |from: f32, to: f32, share: f64, colour: Color32| {
            let height = (share / most) as f32 * (rect.height() - foot - head);
            painter.rect_filled(Rect::from_min_max(pos2(from, base - height), pos2(to, base)), 1.0, colour);
        };
        let half = (width * 0.3).min(18.0);
        bar(middle - half, middle, last.real.ways[d], colours[0]);
        bar(middle, middle + half, last.chance.ways[d], colours[1]);
        if last.real.ways[d] > 0.0 {
            let top = base - (last.real.ways[d].max(last.chance.ways[d]) / most) as f32 * (rect.height() - foot - head);
            let (text, font) = (number(100.0 * last.real.ways[d]), FontId::proportional(10.5));
            painter.text(pos2(middle, top - 1.0), Align2::CENTER_BOTTOM, text, font, colours[0]);
        }
        let way = vec2(column as f32, row as f32).normalized() * 9.0;
        painter.arrow(pos2(middle, base + foot / 2.0) - way / 2.0, way, Stroke::new(1.5, ui.visuals().text_color()));
    }
    painter.hline(rect.x_range(), base, Stroke::new(1.0, colours[1]));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(step: u32) -> Measured {
        let none =
            Measures { colour_entropy: 0.0, block_entropy: 0.0, activity: 0.0, ways: [0.0; 8], lift: 0.0, flow: 0.0 };
        Measured { step, real: none, chance: none }
    }

    #[test]
    fn what_was_gone_back_on_is_let_go() {
        let mut series = Series::default();
        for step in [1, 2, 5, 9] {
            series.push(1, at(step));
        }
        series.push(1, at(5));
        assert_eq!(series.steps.iter().map(|at| at.step).collect::<Vec<_>>(), [1, 2, 5]);
        series.push(2, at(7));
        assert_eq!(series.steps.len(), 1);
        for step in 8..2000 {
            series.push(2, at(step));
        }
        assert_eq!((series.steps.len(), series.last().map(|at| at.step)), (KEPT, Some(1999)));
    }
}

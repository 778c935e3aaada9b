//! Cost against size and against the share of distinct windows, as a drawing.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::{Report, Stage};

/// Width and height of a panel.
const PANEL: (u32, u32) = (460, 380);
const FONT: &str = "sans-serif";

/// A line of points, and its name.
type Curve = (String, Vec<(f64, f64)>);

/// A drawing as SVG, all axes logarithmic.
pub fn svg(report: &Report) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    {
        let root = SVGBackend::with_string(&mut out, (3 * PANEL.0, PANEL.1)).into_drawing_area();
        root.fill(&WHITE)?;
        let panels = root.split_evenly((1, 3));
        let (share, curve) = by_size(report);
        let title = format!("A stage, {} % of its windows distinct", 100.0 * share);
        panel(&panels[0], &title, ("cells", "ms a step"), &[curve])?;
        let (side, curves) = by_share(report);
        let title = format!("A stage of {side}×{side}");
        panel(&panels[1], &title, ("% of the windows distinct", "ms a step"), &curves)?;
        panel(&panels[2], "Learning", ("% of the windows distinct", "agent-steps a second"), &learning(report))?;
        root.present()?;
    }
    Ok(out)
}

/// The stages of the share that was measured at many sizes.
fn by_size(report: &Report) -> (f64, Curve) {
    let share = report.stage.first().map_or(0.0, |row| row.asked);
    let rows = report.stage.iter().filter(|row| row.asked == share);
    (share, (String::new(), rows.map(|row| ((row.side * row.side) as f64, row.milliseconds)).collect()))
}

/// The stages of the size that was measured at many shares.
fn by_share(report: &Report) -> (usize, [Curve; 2]) {
    let side = report.stage.last().map_or(0, |row| row.side);
    let curve = |name: &str, cost: fn(&Stage) -> f64| {
        let rows = report.stage.iter().filter(|row| row.side == side);
        let mut points: Vec<_> = rows.map(|row| (100.0 * row.distinct, cost(row))).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        (name.to_owned(), points)
    };
    let first = curve("the first under a rule", |row| row.first_milliseconds);
    (side, [first, curve("later, windows known", |row| row.milliseconds)])
}

/// A line for each size of worlds and width of f.
fn learning(report: &Report) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    for row in &report.learning {
        let name = format!("{} × {1}×{1}, d {2}", row.worlds, row.side, row.d_model);
        let point = (100.0 * row.distinct, row.agent_steps_per_second);
        match curves.iter_mut().find(|curve| curve.0 == name) {
            Some(curve) => curve.1.push(point),
            None => curves.push((name, vec![point])),
        }
    }
    curves
}

fn panel(
    area: &DrawingArea<SVGBackend, Shift>,
    title: &str,
    axes: (&str, &str),
    curves: &[Curve],
) -> Result<(), Box<dyn Error>> {
    // From a power of ten to a power of ten.
    let decades = |value: fn(&(f64, f64)) -> f64| {
        let logs = || curves.iter().flat_map(|curve| &curve.1).map(|point| value(point).max(1e-9).log10());
        let (least, most) =
            (logs().fold(f64::INFINITY, f64::min).floor(), logs().fold(f64::NEG_INFINITY, f64::max).ceil());
        if least.is_finite() { 10f64.powf(least)..10f64.powf(most.max(least + 1.0)) } else { 1.0..10.0 }
    };
    let number = |&value: &f64| match value {
        1e6.. => format!("{} M", value / 1e6),
        1e3.. => format!("{} k", value / 1e3),
        _ => format!("{value}"),
    };
    let mut chart = ChartBuilder::on(area)
        .caption(title, (FONT, 17))
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(58)
        .build_cartesian_2d(decades(|point| point.0).log_scale(), decades(|point| point.1).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.15))
        .axis_desc_style((FONT, 14))
        .label_style((FONT, 12))
        .x_desc(axes.0)
        .y_desc(axes.1)
        .x_label_formatter(&number)
        .y_label_formatter(&number)
        .draw()?;
    for (i, (name, points)) in curves.iter().enumerate() {
        let style = Palette99::pick(i).stroke_width(2);
        let series = chart.draw_series(LineSeries::new(points.iter().copied(), style).point_size(3))?;
        if !name.is_empty() {
            series.label(name).legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], style));
        }
    }
    if curves.iter().any(|curve| !curve.0.is_empty()) {
        chart
            .configure_series_labels()
            .label_font((FONT, 12))
            .background_style(WHITE)
            .border_style(BLACK.mix(0.3))
            .position(SeriesLabelPosition::LowerLeft)
            .draw()?;
    }
    Ok(())
}

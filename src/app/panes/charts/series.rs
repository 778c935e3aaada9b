//! The points of a curve: what its axes count, smoothing, and thinning to what can be seen.

use egui_plot::PlotPoint;

use crate::learn::Metrics;

/// Points of a curve that are drawn; longer ones are thinned to their extremes, so that no spike is lost.
const POINTS: usize = 400;

/// What the horizontal axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// Updates of the run.
    Updates,
    /// Minutes of learning.
    Minutes,
    /// Agent-steps.
    AgentSteps,
}

impl Axis {
    /// What it counts.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Updates => "updates",
            Self::Minutes => "minutes",
            Self::AgentSteps => "agent-steps",
        }
    }

    /// The least distance of two numbers on it: what is counted is whole.
    pub(super) fn least(self) -> f64 {
        if self == Self::Minutes { 0.0 } else { 1.0 }
    }

    /// Where an update lies.
    pub(super) fn of(self, metrics: &Metrics) -> f64 {
        match self {
            Self::Updates => f64::from(metrics.update),
            Self::Minutes => metrics.seconds / 60.0,
            Self::AgentSteps => metrics.agent_steps as f64,
        }
    }

    /// The index of the update nearest to a place on the axis.
    pub(super) fn nearest(self, history: &[Metrics], x: f64) -> Option<usize> {
        let after = history.partition_point(|metrics| self.of(metrics) < x);
        let far = |index: usize| history.get(index).map_or(f64::INFINITY, |metrics| (self.of(metrics) - x).abs());
        let before = after.saturating_sub(1);
        (!history.is_empty()).then_some(if far(before) <= far(after) { before } else { after })
    }

    /// Where update number `update` lies; before and beyond what is known, at its end.
    pub(super) fn at(self, history: &[Metrics], update: u32) -> f64 {
        if self == Self::Updates {
            return f64::from(update);
        }
        let at = history.partition_point(|metrics| metrics.update < update).min(history.len().saturating_sub(1));
        history.get(at).map_or(0.0, |metrics| self.of(metrics))
    }
}

/// How all curves are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    pub(super) axis: Axis,
    /// Whether heights are powers of ten; what is not positive is then not drawn.
    pub(super) log: bool,
    /// The share that a smoothed value keeps of the one before; 0: as it is.
    pub(super) smoothing: f64,
}

impl Default for Look {
    fn default() -> Self {
        Self { axis: Axis::Updates, log: false, smoothing: 0.0 }
    }
}

impl Look {
    /// A value's place on the vertical axis.
    fn height(self, value: f64) -> f64 {
        match self.log {
            true if value > 0.0 => value.log10(),
            true => f64::NAN,
            false => value,
        }
    }

    /// The value at a place on the vertical axis.
    pub(super) fn value(self, height: f64) -> f64 {
        if self.log { 10f64.powf(height) } else { height }
    }
}

/// A curve's points, as they are and smoothed; the latter are none where nothing is smoothed.
pub(super) fn points(
    history: &[Metrics],
    look: Look,
    get: impl Fn(&Metrics) -> f64,
) -> (Vec<PlotPoint>, Vec<PlotPoint>) {
    let values: Vec<f64> = history.iter().map(get).collect();
    let drawn = |values: &[f64]| {
        let points =
            history.iter().zip(values).map(|(metrics, &y)| PlotPoint::new(look.axis.of(metrics), look.height(y)));
        thin(&points.collect::<Vec<_>>())
    };
    let smoothed = if look.smoothing > 0.0 { drawn(&smooth(&values, look.smoothing)) } else { Vec::new() };
    (drawn(&values), smoothed)
}

/// The mean of the values so far, weighted by `by` to the power of their age. Dividing by the sum of the weights makes
/// a constant stay the constant from the first value on; what is not finite is a gap.
fn smooth(values: &[f64], by: f64) -> Vec<f64> {
    let (mut sum, mut weight) = (0.0, 0.0);
    let next = |&value: &f64| {
        if !value.is_finite() {
            return f64::NAN;
        }
        sum = by * sum + (1.0 - by) * value;
        weight = by * weight + (1.0 - by);
        sum / weight
    };
    values.iter().map(next).collect()
}

/// A curve of at most about `POINTS` points; where several share one, their least and greatest are kept.
fn thin(points: &[PlotPoint]) -> Vec<PlotPoint> {
    let per_pair = points.len().div_ceil(POINTS / 2).max(1);
    if per_pair <= 2 {
        return points.to_vec();
    }
    let extremes = points.chunks(per_pair).flat_map(|chunk| {
        let mut ends = chunk.to_vec();
        ends.sort_by(|a, b| a.y.total_cmp(&b.y));
        let mut ends = [ends[0], ends[ends.len() - 1]];
        ends.sort_by(|a, b| a.x.total_cmp(&b.x));
        ends
    });
    extremes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothing_leaves_constants_alone_and_follows_steps() {
        assert!(smooth(&[0.7; 50], 0.9).iter().all(|value| (value - 0.7).abs() < 1e-12));
        let step: Vec<f64> = [0.0; 20].into_iter().chain([1.0; 60]).collect();
        let smoothed = smooth(&step, 0.9);
        assert!(smoothed.windows(2).all(|pair| pair[0] <= pair[1]) && smoothed[20] < 0.2 && smoothed[79] > 0.99);
        let gap = smooth(&[1.0, f64::NAN, 3.0], 0.5);
        assert!(gap[1].is_nan() && (gap[2] - 7.0 / 3.0).abs() < 1e-12, "{gap:?}");
    }

    #[test]
    fn thinning_keeps_the_spikes() {
        let mut points: Vec<_> = (0..9999).map(|x| PlotPoint::new(x, 0.0)).collect();
        points[7777].y = 5.0;
        let thinned = thin(&points);
        assert!(thinned.len() <= POINTS + 2 && thinned.iter().any(|point| point.y == 5.0));
        assert!(thinned.windows(2).all(|pair| pair[0].x <= pair[1].x));
    }
}

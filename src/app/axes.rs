//! The axes of the small charts.

use bevy_egui::egui::{FontId, TextStyle, Ui};
use egui_plot::{AxisHints, GridInput, GridMark, Plot};

/// Room for a number at the left of a chart.
const WIDTH: f32 = 38.0;
/// The least distance of two numbers over and beside each other, in units of the finest grid that the plot would draw.
const APART: f64 = 2.5;
const BESIDE: f64 = 5.0;
/// What the numbers below a chart take of its height.
pub const BELOW: f32 = 18.0;

/// Gives a plot round numbers at its left, as far apart as they can be read however low it is; `text` writes a number
/// that stands so far from the next.
pub fn vertical<'a>(plot: Plot<'a>, ui: &Ui, text: impl Fn(f64, f64) -> String + 'a) -> Plot<'a> {
    let font = FontId::proportional(TextStyle::Small.resolve(ui.style()).size);
    let axis = AxisHints::new_y()
        .min_thickness(WIDTH)
        .label_spacing(15.0..=20.0)
        .tick_label_font(font)
        .tick_label_color(ui.visuals().weak_text_color())
        .formatter(move |mark, _| text(mark.value, mark.step_size));
    plot.custom_y_axes(vec![axis]).y_grid_spacer(|input| marks(input, APART, 0.0))
}

/// Gives a plot round numbers below it, no closer than `least`.
pub fn horizontal<'a>(plot: Plot<'a>, ui: &Ui, least: f64) -> Plot<'a> {
    let font = FontId::proportional(TextStyle::Small.resolve(ui.style()).size);
    let axis = AxisHints::new_x()
        .min_thickness(BELOW)
        .label_spacing(20.0..=30.0)
        .tick_label_font(font)
        .tick_label_color(ui.visuals().weak_text_color())
        .formatter(|mark, _| text(mark.value, mark.step_size));
    plot.custom_x_axes(vec![axis]).x_grid_spacer(move |input| marks(input, BESIDE, least))
}

/// The multiples of one round number that lie within the plot, so many of its finest units apart.
fn marks(input: GridInput, apart: f64, least: f64) -> Vec<GridMark> {
    let step = round((apart * input.base_step_size).max(least));
    let (low, high) = input.bounds;
    if !(step > 0.0 && (high - low).is_finite()) {
        return Vec::new();
    }
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|n| GridMark { value: n as f64 * step, step_size: step }).collect()
}

/// The least of 1, 2 and 5 times a power of ten that is not below `least`.
fn round(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|times| times * power).find(|&step| step >= least).unwrap_or(10.0 * power)
}

/// A number with the digits that tell it from one `step` away.
pub fn text(value: f64, step: f64) -> String {
    let digits = (-(step.log10() + 1e-9).floor()).max(0.0);
    match value {
        v if v.abs() < step / 2.0 => "0".to_owned(),
        // The mantissa needs the digits between the number and its step.
        v if digits > 3.0 => format!("{v:.*e}", (v.abs().log10().floor() + digits).max(0.0) as usize),
        v => format!("{v:.*}", digits as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_plot_has_a_few_round_numbers_that_differ() {
        // 55 points high, with the finest lines 8 points apart.
        for (low, high) in [(0.0, 1.0), (0.931, 0.944), (-3e-4, 1.2e-3), (0.0, 730.0), (-0.4, 0.4)] {
            let marks = marks(GridInput { bounds: (low, high), base_step_size: (high - low) * 8.0 / 55.0 }, APART, 0.0);
            let texts: Vec<String> = marks.iter().map(|mark| text(mark.value, mark.step_size)).collect();
            assert!((1..=3).contains(&texts.len()) && texts.iter().all(|text| text.len() <= 7), "{texts:?}");
            assert!(texts.windows(2).all(|pair| pair[0] != pair[1]), "{texts:?}");
        }
        assert!(marks(GridInput { bounds: (1.0, 1.0), base_step_size: 0.0 }, APART, 0.0).is_empty());
        let whole = marks(GridInput { bounds: (1.0, 3.0), base_step_size: 0.02 }, BESIDE, 1.0);
        assert_eq!(whole.iter().map(|mark| mark.value).collect::<Vec<_>>(), [1.0, 2.0, 3.0]);
    }

    #[test]
    fn numbers_have_the_digits_of_their_step() {
        let texts = [(0.94, 0.005), (-0.5, 0.5), (200.0, 200.0), (0.0, 0.1), (2e-4, 2e-4), (1.25e-3, 5e-5)];
        let texts = texts.map(|(value, step)| text(value, step));
        assert_eq!(texts, ["0.940", "-0.5", "200", "0", "2e-4", "1.25e-3"]);
    }
}

//! How maps over a state look: which number has which colour, and the arrows of what moved.

/// What the ends of a scale are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// From 0 to this.
    Fixed(f32),
    /// From the least to the greatest.
    Range,
    /// From 0 to the greatest.
    Positive,
    /// As far below 0 as above.
    Signed,
}

/// How much of a map hides what is under it.
pub const OPACITY: f32 = 0.94;
/// How much of a scale that is too wide stays with every new map, so that it does not flicker.
const STAYS: f32 = 0.9;

impl Scale {
    /// The ends for these values; wider ones before narrow only slowly.
    pub fn ends(self, values: &[f32], before: Option<(f32, f32)>) -> (f32, f32) {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let (least, most) = (finite().fold(f32::INFINITY, f32::min), finite().fold(f32::NEG_INFINITY, f32::max));
        let (least, most) = if least <= most { (least, most) } else { (0.0, 0.0) };
        let now = match self {
            Self::Fixed(most) => return (0.0, most),
            Self::Range => (least, most),
            Self::Positive => (0.0, most.max(1.0)),
            Self::Signed => (-most.max(-least), most.max(-least)),
        };
        let Some(before) = before else { return now };
        let slow = |before: f32, now: f32| now + (before - now) * STAYS;
        (now.0.min(slow(before.0, now.0)), now.1.max(slow(before.1, now.1)))
    }

    /// The colour from one end of the scale, 0, to the other, 1; with a sign, 0 lies in the middle.
    pub fn colour(self, share: f32) -> [u8; 3] {
        ramp(share, self == Self::Signed)
    }
}

/// Where a value lies between the ends, from 0 to 1; none where it is no number.
pub fn share(value: f32, (low, high): (f32, f32)) -> Option<f32> {
    let share = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
    value.is_finite().then_some(share)
}

/// A colour scale from 0 to 1, readable without telling red from green: dark violet to yellow; with a sign, blue below
/// the middle and orange above it.
pub fn ramp(share: f32, signed: bool) -> [u8; 3] {
    const PLAIN: [[u8; 3]; 6] = [
        [0x16, 0x0B, 0x39],
        [0x4B, 0x1D, 0x6F],
        [0x8C, 0x2D, 0x6B],
        [0xCF, 0x47, 0x46],
        [0xF7, 0x8B, 0x1E],
        [0xFC, 0xF5, 0x9B],
    ];
    const SIGNED: [[u8; 3]; 5] =
        [[0x8F, 0xD3, 0xFF], [0x2B, 0x7F, 0xD0], [0x1B, 0x1E, 0x25], [0xD9, 0x6B, 0x14], [0xFF, 0xD2, 0x7A]];
    let stops: &[[u8; 3]] = if signed { &SIGNED } else { &PLAIN };
    let at = share.clamp(0.0, 1.0) * (stops.len() - 1) as f32;
    let i = (at as usize).min(stops.len() - 2);
    mixed(stops[i], stops[i + 1], at - i as f32)
}

/// What is seen of a map's colour over the stage's: light adds up, as a screen blends it.
pub fn laid(over: [u8; 3], under: [u8; 3]) -> [u8; 3] {
    let light = |colour: f32| {
        let colour = colour / 255.0;
        if colour <= 0.04045 { colour / 12.92 } else { ((colour + 0.055) / 1.055).powf(2.4) }
    };
    let colour = |light: f32| {
        let colour = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
        (colour * 255.0).round() as u8
    };
    std::array::from_fn(|i| {
        colour(light((f32::from(over[i]) * OPACITY).round()) + (1.0 - OPACITY) * light(f32::from(under[i])))
    })
}

/// A colour between two others: 0 is the first, 1 the second.
fn mixed(a: [u8; 3], b: [u8; 3], share: f32) -> [u8; 3] {
    std::array::from_fn(|i| (f32::from(a[i]) + (f32::from(b[i]) - f32::from(a[i])) * share).round() as u8)
}

/// The arrow of a way of one cell, in cells from the middle of its own: its shaft, and the two lines of its head.
pub fn arrow((row, column): (i32, i32)) -> [[(f32, f32); 2]; 3] {
    let length = ((row * row + column * column) as f32).sqrt().max(1.0);
    let (y, x) = (row as f32 / length * LENGTH, column as f32 / length * LENGTH);
    let (from, to) = ((-y / 2.0, -x / 2.0), (y / 2.0, x / 2.0));
    let barb = |side: f32| (to.0 - y * 0.4 + x * side, to.1 - x * 0.4 - y * side);
    [[from, to], [to, barb(0.35)], [to, barb(-0.35)]]
}

/// The length of an arrow in cells.
const LENGTH: f32 = 0.38;
/// Cells with sides below this have no arrows.
pub const ARROWS_FROM: f32 = 9.0;

/// How wide an arrow's lines are in cells of this side; they are light, with one dark pixel around them.
pub fn arrow_width(cell: f32) -> f32 {
    (cell * 0.09).clamp(1.0, 3.0)
}

/// Three significant digits.
pub fn number(value: impl Into<f64>) -> String {
    let value = value.into();
    match value.abs() {
        0.0 => "0".to_owned(),
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 0.1 => format!("{value:.2}"),
        v if v >= 0.001 => format!("{value:.3}"),
        _ => format!("{value:.0e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_widen_at_once_and_narrow_slowly() {
        let values = [f32::NAN, -1.0, 3.0];
        assert_eq!(Scale::Range.ends(&values, None), (-1.0, 3.0));
        assert_eq!(Scale::Signed.ends(&values, None), (-3.0, 3.0));
        assert_eq!(Scale::Fixed(1.0).ends(&values, None), (0.0, 1.0));
        assert_eq!(Scale::Range.ends(&values, Some((0.0, 1.0))), (-1.0, 3.0));
        let (low, high) = Scale::Range.ends(&values, Some((-11.0, 13.0)));
        assert!((low + 10.0).abs() < 1e-4 && (high - 12.0).abs() < 1e-4, "{low} {high}");
        assert_eq!(Scale::Range.ends(&[f32::NAN], None), (0.0, 0.0));
        assert_eq!((share(f32::NAN, (0.0, 1.0)), share(9.0, (0.0, 1.0))), (None, Some(1.0)));
    }

    #[test]
    fn the_stage_shines_through_a_map() {
        // As the window shows it on a screen.
        assert_eq!(laid([0x1B, 0x1E, 0x25], [0x0E, 0xA4, 0xF0]), [25, 52, 74]);
    }

    #[test]
    fn arrows_point_where_they_go() {
        let [[from, to], [tip, left], [_, right]] = arrow((0, 1));
        assert!(from.1 < 0.0 && to.1 > 0.0 && from.0 == 0.0 && tip == to);
        assert!(left.1 < to.1 && right.1 < to.1 && left.0 == -right.0 && left.0 != 0.0);
    }
}

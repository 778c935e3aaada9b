//! Maps drawn over the stage, with a legend and a scale.

use bevy_egui::egui::{
    self, Align2, Color32, ColorImage, CornerRadius, FontId, Mesh, Pos2, Rect, Shape, Stroke, TextureHandle,
    TextureOptions, Ui, pos2, vec2,
};

use super::keys::Action;
use super::stage::View;
use super::state::{Desk, Seen};
use crate::session::{Command, Overlaid, Overlay};
use crate::spec::config::Directions;
use crate::train::{Field, FieldMap};

/// Cells below this many points have no arrows.
const ARROWS_FROM: f32 = 9.0;
/// How much of a scale that is too wide stays with every new map, so that it does not flicker.
const SCALE_STAYS: f32 = 0.9;

/// What a scale's ends are.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Scale {
    /// From 0 to this.
    Fixed(f32),
    /// From the least to the greatest.
    Range,
    /// From 0 to the greatest.
    Positive,
    /// As far below 0 as above.
    Signed,
}

/// An overlay in the menu.
struct Choice {
    overlay: Overlay,
    name: &'static str,
    doc: &'static str,
    scale: Scale,
}

static CHOICES: [Choice; 8] = [
    Choice {
        overlay: Overlay::Field(Field::Reward),
        name: "Reward",
        doc: "What each 2×2 block earned in the last step, shown at its upper left cell. Arrows: the directions in \
              which a block moved.",
        scale: Scale::Signed,
    },
    Choice {
        overlay: Overlay::Field(Field::Credit),
        name: "Credit",
        doc: "What each cell's own window was paid for the last step: the rewards near it, or the grid's mean.",
        scale: Scale::Signed,
    },
    Choice {
        overlay: Overlay::Field(Field::Value),
        name: "Value",
        doc: "V: the return that the critic foresees at each cell's own window.",
        scale: Scale::Range,
    },
    Choice {
        overlay: Overlay::Field(Field::Advantage),
        name: "Advantage (one step)",
        doc: "r + γV(after) − V(before) of the last step: better or worse than foreseen. The learner's advantages sum \
              such errors over a rollout (GAE).",
        scale: Scale::Signed,
    },
    Choice {
        overlay: Overlay::Field(Field::ProposalEntropy),
        name: "Entropy of f",
        doc: "How random the nine proposals of each cell's own window are: 0 certain, 1 uniform.",
        scale: Scale::Fixed(1.0),
    },
    Choice {
        overlay: Overlay::Field(Field::ColourEntropy),
        name: "Entropy of g",
        doc: "How random each cell's next colour is, given the votes for it: 0 certain, 1 uniform.",
        scale: Scale::Fixed(1.0),
    },
    Choice {
        overlay: Overlay::Activity,
        name: "Activity",
        doc: "How often each cell changed lately: an exponential mean over the states shown since this was chosen.",
        scale: Scale::Fixed(1.0),
    },
    Choice {
        overlay: Overlay::Age,
        name: "Age",
        doc: "Steps since each cell last changed, as far as it was seen since this was chosen.",
        scale: Scale::Positive,
    },
];

fn choice(overlay: Overlay) -> Option<&'static Choice> {
    CHOICES.iter().find(|choice| choice.overlay == overlay)
}

/// The menu of overlays.
pub fn menu(ui: &mut Ui, desk: &mut Desk) {
    let name = desk.overlay.and_then(choice).map_or("No overlay", |choice| choice.name);
    let menu = egui::ComboBox::from_id_salt("overlay").width(104.0).selected_text(name).show_ui(ui, |ui| {
        let none = ui.selectable_label(desk.overlay.is_none(), "No overlay");
        let mut chosen = none.on_hover_text("The bare stage.").clicked().then_some(None);
        for choice in &CHOICES {
            let label = ui.selectable_label(desk.overlay == Some(choice.overlay), choice.name);
            if label.on_hover_text(choice.doc).clicked() {
                chosen = Some(Some(choice.overlay));
            }
        }
        chosen
    });
    let doc = "A map over the stage: what it earns, what the model expects, where it is alive";
    menu.response.on_hover_text(desk.keys.doc(doc, Action::Overlay));
    if let Some(overlay) = menu.inner.flatten() {
        set(desk, overlay);
    }
}

/// Chooses an overlay.
fn set(desk: &mut Desk, overlay: Option<Overlay>) {
    desk.overlay = overlay;
    desk.send(Command::Overlay(overlay));
}

/// Chooses the next one of the menu.
pub fn next(desk: &mut Desk) {
    let at = CHOICES.iter().position(|choice| Some(choice.overlay) == desk.overlay);
    let next = CHOICES.get(at.map_or(0, |at| at + 1)).map(|choice| choice.overlay);
    set(desk, next);
}

/// The map that is drawn.
#[derive(Default)]
pub struct OverlayView {
    texture: Option<TextureHandle>,
    /// [`Seen::overlays`] of the texture, and its overlay.
    shown: Option<(u64, Overlay)>,
    /// The ends of its scale.
    ends: (f32, f32),
}

impl OverlayView {
    /// Draws the chosen overlay over the stage's grid, which lies in `rect` as `view` says.
    pub fn draw(&mut self, ui: &Ui, rect: Rect, view: &View, seen: &Seen, desk: &Desk) {
        let Some(choice) = desk.overlay.and_then(choice) else {
            self.shown = None;
            return;
        };
        let epoch = seen.picture.as_ref().map(|picture| picture.epoch);
        let found =
            seen.overlaid.as_ref().filter(|found| found.overlay == choice.overlay && Some(found.epoch) == epoch);
        match found.map(|found| (found, &found.map)) {
            None => legend(ui, rect, choice, Err("Coming with the next look …")),
            Some((_, Err(why))) => legend(ui, rect, choice, Err(why)),
            Some((found, Ok(map))) => {
                self.refresh(ui, choice, found, map, seen.overlays);
                let (rows, columns) = found.size;
                let corner = |row: usize, column: usize| view.screen_from_cell(rect, column as f32, row as f32);
                let grid = Rect::from_min_max(corner(0, 0), corner(rows, columns));
                if let Some(texture) = &self.texture {
                    let uv = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
                    ui.painter_at(rect).image(texture.id(), grid, uv, Color32::WHITE);
                }
                if !map.ways.is_empty() && grid.width() / columns as f32 >= ARROWS_FROM {
                    arrows(ui, rect, view, found.size, &map.ways, seen.applied.reward.directions);
                }
                legend(ui, rect, choice, Ok(self.ends));
            }
        }
    }

    fn refresh(&mut self, ui: &Ui, choice: &Choice, found: &Overlaid, map: &FieldMap, number: u64) {
        if self.shown == Some((number, choice.overlay)) {
            return;
        }
        let same = self.shown.is_some_and(|(_, overlay)| overlay == choice.overlay);
        self.ends = ends(choice.scale, &map.values, same.then_some(self.ends));
        let signed = choice.scale == Scale::Signed;
        let pixels = map.values.iter().map(|&value| tint(value, self.ends, signed)).collect();
        let image = ColorImage::new([found.size.1, found.size.0], pixels);
        match &mut self.texture {
            Some(texture) => texture.set(image, TextureOptions::NEAREST),
            None => self.texture = Some(ui.ctx().load_texture("overlay", image, TextureOptions::NEAREST)),
        }
        self.shown = Some((number, choice.overlay));
    }
}

/// A scale's ends for these values; wider ones before narrow only slowly.
fn ends(scale: Scale, values: &[f32], before: Option<(f32, f32)>) -> (f32, f32) {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (least, most) = (finite().fold(f32::INFINITY, f32::min), finite().fold(f32::NEG_INFINITY, f32::max));
    let (least, most) = if least <= most { (least, most) } else { (0.0, 0.0) };
    let now = match scale {
        Scale::Fixed(most) => return (0.0, most),
        Scale::Range => (least, most),
        Scale::Positive => (0.0, most.max(1.0)),
        Scale::Signed => (-most.max(-least), most.max(-least)),
    };
    let Some(before) = before else { return now };
    let slow = |before: f32, now: f32| now + (before - now) * SCALE_STAYS;
    (now.0.min(slow(before.0, now.0)), now.1.max(slow(before.1, now.1)))
}

/// The colour of a value over the stage; nothing where there is none.
fn tint(value: f32, (low, high): (f32, f32), signed: bool) -> Color32 {
    if !value.is_finite() {
        return Color32::TRANSPARENT;
    }
    let share = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
    ramp(share, signed).gamma_multiply(0.94)
}

/// A colour scale from 0 to 1, readable without telling red from green: dark violet to yellow; with a sign, blue below
/// the middle and orange above it.
pub fn ramp(share: f32, signed: bool) -> Color32 {
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
    let [a, b] = [stops[i], stops[i + 1]].map(|[r, g, b]| Color32::from_rgb(r, g, b));
    a.lerp_to_gamma(b, at - i as f32)
}

/// An arrow in each block that moved, in every direction in which it did; those that are in view.
fn arrows(ui: &Ui, rect: Rect, view: &View, (rows, columns): (usize, usize), ways: &[u8], directions: Directions) {
    let painter = ui.painter_at(rect);
    let corner = |row: usize, column: usize| view.screen_from_cell(rect, column as f32, row as f32);
    let cell = corner(0, 1).x - corner(0, 0).x;
    let (first, last) = (view.cell_from_screen(rect, rect.min), view.cell_from_screen(rect, rect.max));
    let seen = |from: f32, to: f32, n: usize| (from.max(0.0) as usize)..((to.max(0.0) as usize + 1).min(n));
    let width = (cell * 0.09).clamp(1.0, 3.0);
    let (dark, light) = (Stroke::new(width + 2.0, Color32::BLACK), Stroke::new(width, Color32::WHITE));
    for row in seen(first.1, last.1, rows) {
        for column in seen(first.0, last.0, columns) {
            let ways = ways[row * columns + column];
            let taken = directions.offsets().iter().enumerate().filter(|(d, _)| ways >> d & 1 == 1);
            for (_, &(r, c)) in taken {
                let way = vec2(c as f32, r as f32).normalized() * cell * 0.38;
                let from = corner(row, column) + vec2(cell, cell) / 2.0 - way / 2.0;
                let to = from + way;
                let side = vec2(-way.y, way.x) * 0.35;
                let lines = [[from, to], [to, to - way * 0.4 + side], [to, to - way * 0.4 - side]];
                for stroke in [dark, light] {
                    painter.extend(lines.map(|line| Shape::line_segment(line, stroke)));
                }
            }
        }
    }
}

/// The overlay's name and scale, or why it is not there, in the stage's lower right corner.
fn legend(ui: &Ui, rect: Rect, choice: &Choice, scale: Result<(f32, f32), &str>) {
    let painter = ui.painter_at(rect);
    let (strong, weak) = (ui.visuals().strong_text_color(), ui.visuals().weak_text_color());
    let title = painter.layout_no_wrap(choice.name.to_owned(), FontId::proportional(12.5), strong);
    let small = FontId::proportional(11.0);
    let width = 190.0;
    let text = match scale {
        Err(why) => Some(why),
        Ok(_) if choice.overlay == Overlay::Field(Field::Reward) => {
            Some("at each block's upper left cell; arrows: where it moved")
        }
        Ok(_) => None,
    };
    let text = text.map(|text| painter.layout(text.to_owned(), small.clone(), weak, width));
    let bar = if scale.is_ok() { 26.0 } else { 0.0 };
    let below = text.as_ref().map_or(0.0, |text| text.size().y);
    let size = vec2(width, title.size().y + 4.0 + bar + below);
    let area = Align2::RIGHT_BOTTOM.anchor_size(rect.right_bottom() - vec2(17.0, 15.0), size);
    painter.rect_filled(area.expand2(vec2(8.0, 5.0)), CornerRadius::same(4), ui.visuals().window_fill);
    let mut at = area.min;
    let title_height = title.size().y + 4.0;
    painter.galley(at, title, strong);
    at.y += title_height;
    if let Ok((low, high)) = scale {
        let signed = choice.scale == Scale::Signed;
        let strip = Rect::from_min_size(at, vec2(width, 11.0));
        let mut mesh = Mesh::default();
        let stops = 24;
        for i in 0..=stops {
            let share = i as f32 / stops as f32;
            let x = egui::lerp(strip.x_range(), share);
            mesh.colored_vertex(pos2(x, strip.top()), ramp(share, signed));
            mesh.colored_vertex(pos2(x, strip.bottom()), ramp(share, signed));
            if i > 0 {
                let v = 2 * i;
                mesh.add_triangle(v - 2, v - 1, v);
                mesh.add_triangle(v - 1, v, v + 1);
            }
        }
        painter.add(mesh);
        for (x, anchor, value) in [
            (strip.left(), Align2::LEFT_TOP, low),
            (strip.center().x, Align2::CENTER_TOP, (low + high) / 2.0),
            (strip.right(), Align2::RIGHT_TOP, high),
        ] {
            painter.text(pos2(x, strip.bottom() + 1.0), anchor, number(value), small.clone(), strong);
        }
        at.y += bar;
    }
    if let Some(text) = text {
        painter.galley(at, text, weak);
    }
}

/// Three significant digits.
pub fn number(value: f32) -> String {
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
        assert_eq!(ends(Scale::Range, &values, None), (-1.0, 3.0));
        assert_eq!(ends(Scale::Signed, &values, None), (-3.0, 3.0));
        assert_eq!(ends(Scale::Fixed(1.0), &values, None), (0.0, 1.0));
        assert_eq!(ends(Scale::Range, &values, Some((0.0, 1.0))), (-1.0, 3.0));
        let (low, high) = ends(Scale::Range, &values, Some((-11.0, 13.0)));
        assert!((low + 10.0).abs() < 1e-4 && (high - 12.0).abs() < 1e-4, "{low} {high}");
        assert_eq!(ends(Scale::Range, &[f32::NAN], None), (0.0, 0.0));
        assert_eq!(tint(f32::NAN, (0.0, 1.0), false), Color32::TRANSPARENT);
    }
}

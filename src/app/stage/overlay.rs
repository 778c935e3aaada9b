//! A map over the stage, with a legend.

use bevy_egui::egui::{self, Align2, CornerRadius, FontId, Mesh, Rect, Ui, pos2, vec2};

use super::sheet::Sheet;
use crate::app::overlays::{Choice, choice, colour};
use crate::app::state::{Desk, Seen};
use crate::picture::scale::{self, Scale, number};
use crate::session::{Overlaid, Overlay};

/// The map that is drawn.
#[derive(Default)]
pub(super) struct OverlayView {
    /// The number of the [`Overlaid`] on the sheet, and its overlay.
    shown: Option<(u64, Overlay)>,
    /// The ends of its scale.
    ends: (f32, f32),
}

impl OverlayView {
    /// Lays the chosen overlay over the stage's sheet, whose cells are `cell` points large, and its legend over `rect`.
    pub(super) fn draw(&mut self, ui: &Ui, rect: Rect, cell: f32, seen: &Seen, desk: &Desk, sheet: &mut Sheet) {
        (sheet.parts.overlay, sheet.parts.arrows) = (false, false);
        let Some(choice) = desk.overlay.and_then(choice) else {
            self.shown = None;
            return;
        };
        let epoch = seen.picture().map(|picture| picture.epoch);
        let found =
            seen.latest.get::<Overlaid>().filter(|found| found.overlay == choice.overlay && Some(found.epoch) == epoch);
        match found.map(|found| (found, &found.map)) {
            None => legend(ui, rect, choice, Err("Coming with the next look …")),
            Some((_, Err(why))) => legend(ui, rect, choice, Err(why)),
            Some((found, Ok(map))) => {
                let number = seen.latest.number::<Overlaid>();
                if self.shown != Some((number, choice.overlay)) {
                    let same = self.shown.is_some_and(|(_, overlay)| overlay == choice.overlay);
                    let colours = choice.overlay.scale();
                    self.ends = colours.ends(&map.values, same.then_some(self.ends));
                    self.shown = Some((number, choice.overlay));
                    sheet.look.lay(colours, self.ends, seen.applied.reward.directions);
                    sheet.lay(found.size, &map.values, &map.ways);
                }
                sheet.parts.overlay = true;
                sheet.parts.arrows = !map.ways.is_empty() && cell >= scale::ARROWS_FROM;
                legend(ui, rect, choice, Ok(self.ends));
            }
        }
    }
}

/// From this width of the stage's place on, the legend has room beside the caption; else it lies above it.
const BESIDE: f32 = 560.0;

/// The overlay's name and scale, or why it is not there, under the stage at the right.
fn legend(ui: &Ui, rect: Rect, choice: &Choice, scale: Result<(f32, f32), &str>) {
    let painter = ui.painter_at(rect);
    let ink = ui.visuals().strong_text_color();
    let (gap, strip) = (6.0, vec2(64.0, 10.0));
    let (low, high) = match scale {
        Ok((low, high)) => (number(low), number(high)),
        Err(why) => (why.to_owned(), String::new()),
    };
    let text = |text: String, width: f32| painter.layout(text, FontId::proportional(12.0), ink, width);
    let name = text(choice.overlay.name().to_owned(), f32::INFINITY);
    let room = (rect.width() - name.size().x - 40.0).clamp(80.0, 300.0);
    let [low, high] = [low, high].map(|part| text(part, room));
    let bar = if scale.is_ok() { strip.x + 2.0 * gap } else { 0.0 };
    let size = vec2(name.size().x + gap + low.size().x + bar + high.size().x, low.size().y);
    let up = if rect.width() < BESIDE { 36.0 } else { 10.0 };
    let area = Align2::RIGHT_BOTTOM.anchor_size(rect.right_bottom() - vec2(10.0, up), size);
    painter.rect_filled(area.expand2(vec2(7.0, 4.0)), CornerRadius::same(4), ui.visuals().window_fill);
    let from = area.left() + name.size().x + gap;
    let left = from + low.size().x + gap;
    if scale.is_ok() {
        let strip = Rect::from_min_size(pos2(left, area.center().y - strip.y / 2.0), strip);
        painter.add(ramp_mesh(strip, choice.overlay.scale()));
    }
    let right = pos2(area.right() - high.size().x, area.top());
    for (at, text) in [(area.min, name), (pos2(from, area.top()), low), (right, high)] {
        painter.galley(at, text, ink);
    }
}

/// A scale's colours from left to right.
fn ramp_mesh(strip: Rect, scale: Scale) -> Mesh {
    let mut mesh = Mesh::default();
    let stops = 24;
    for i in 0..=stops {
        let share = i as f32 / stops as f32;
        let x = egui::lerp(strip.x_range(), share);
        mesh.colored_vertex(pos2(x, strip.top()), colour(scale.colour(share)));
        mesh.colored_vertex(pos2(x, strip.bottom()), colour(scale.colour(share)));
        if i > 0 {
            let v = 2 * i;
            mesh.add_triangle(v - 2, v - 1, v);
            mesh.add_triangle(v - 1, v, v + 1);
        }
    }
    mesh
}

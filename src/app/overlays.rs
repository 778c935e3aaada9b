//! Maps drawn over the stage, with a legend and a scale.

use bevy_egui::egui::{self, Align2, Color32, CornerRadius, FontId, Mesh, Rect, Ui, pos2, vec2};

use super::keys::Action;
use super::stage::Sheet;
use super::state::{Desk, Seen};
use crate::engine::Field;
use crate::picture::scale::{self, Scale, number};
use crate::session::{Overlaid, Overlay};

/// An overlay in the menu.
struct Choice {
    overlay: Overlay,
    doc: &'static str,
}

static CHOICES: [Choice; 8] = [
    Choice {
        overlay: Overlay::Field(Field::Reward),
        doc: "What each 2×2 block earned in the last step, shown at its upper left cell. Arrows: the directions in \
              which a block moved.",
    },
    Choice {
        overlay: Overlay::Field(Field::Credit),
        doc: "What each cell's own window was paid for the last step: the rewards near it, or the grid's mean.",
    },
    Choice {
        overlay: Overlay::Field(Field::Value),
        doc: "V: the return that the critic foresees at each cell's own window.",
    },
    Choice {
        overlay: Overlay::Field(Field::Advantage),
        doc: "r + γV(after) − V(before) of the last step: better or worse than foreseen. The learner's advantages sum \
              such errors over a rollout (GAE).",
    },
    Choice {
        overlay: Overlay::Field(Field::ProposalEntropy),
        doc: "How random the nine proposals of each cell's own window are: 0 certain, 1 uniform.",
    },
    Choice {
        overlay: Overlay::Field(Field::ColourEntropy),
        doc: "How random each cell's next colour is, given the votes for it: 0 certain, 1 uniform.",
    },
    Choice {
        overlay: Overlay::Activity,
        doc: "How often each cell changed lately: an exponential mean over the states shown since this was chosen.",
    },
    Choice {
        overlay: Overlay::Age,
        doc: "Steps since each cell last changed, as far as it was seen since this was chosen.",
    },
];

fn choice(overlay: Overlay) -> Option<&'static Choice> {
    CHOICES.iter().find(|choice| choice.overlay == overlay)
}

/// The menu of overlays.
pub fn menu(ui: &mut Ui, desk: &mut Desk) {
    let name = desk.overlay.and_then(choice).map_or("No overlay", |choice| choice.overlay.name());
    let menu = egui::ComboBox::from_id_salt("overlay").width(104.0).selected_text(name).show_ui(ui, |ui| {
        let none = ui.selectable_label(desk.overlay.is_none(), "No overlay");
        let mut chosen = none.on_hover_text("The bare stage.").clicked().then_some(None);
        for choice in &CHOICES {
            let label = ui.selectable_label(desk.overlay == Some(choice.overlay), choice.overlay.name());
            if label.on_hover_text(choice.doc).clicked() {
                chosen = Some(Some(choice.overlay));
            }
        }
        chosen
    });
    let doc = "A map over the stage: what it earns, what the model expects, where it is alive";
    menu.response.on_hover_text(desk.keys.doc(doc, Action::Overlay));
    if let Some(overlay) = menu.inner.flatten() {
        desk.overlay = overlay;
    }
}

/// Chooses the next one of the menu.
pub fn next(desk: &mut Desk) {
    let at = CHOICES.iter().position(|choice| Some(choice.overlay) == desk.overlay);
    desk.overlay = CHOICES.get(at.map_or(0, |at| at + 1)).map(|choice| choice.overlay);
}

/// The map that is drawn.
#[derive(Default)]
pub struct OverlayView {
    /// The number of the [`Overlaid`] on the sheet, and its overlay.
    shown: Option<(u64, Overlay)>,
    /// The ends of its scale.
    ends: (f32, f32),
}

impl OverlayView {
    /// Lays the chosen overlay over the stage's sheet, whose cells are `cell` points large, and its legend over `rect`.
    pub fn draw(&mut self, ui: &Ui, rect: Rect, cell: f32, seen: &Seen, desk: &Desk, sheet: &mut Sheet) {
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

fn colour([r, g, b]: [u8; 3]) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// [`scale::ramp`] for egui.
pub fn ramp(share: f32, signed: bool) -> Color32 {
    colour(scale::ramp(share, signed))
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

//! The strip beside the stage: the tools, and what is done to a selection.

use bevy_egui::egui::{
    self, Button, Color32, CornerRadius, Painter, Rect, Response, RichText, Sense, Shape, Slider, Stroke, StrokeKind,
    Ui, epaint::EllipseShape, pos2, vec2,
};

use super::colours::ColourMap;
use super::hand::Tool;
use super::keys::Action;
use super::state::{Desk, Seen};
use super::{act, toolbar};
use crate::canvas::{Symmetry, Tip};
use crate::spec::COLOURS;

/// The strip's width.
pub const WIDTH: f32 = 36.0;
const SIDE: f32 = 26.0;

/// Fills the strip.
pub fn ui(ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
    ui.spacing_mut().item_spacing.y = 3.0;
    let hidden = egui::scroll_area::ScrollBarVisibility::AlwaysHidden;
    egui::ScrollArea::vertical().scroll_bar_visibility(hidden).show(ui, |ui| contents(ui, seen, desk));
}

fn contents(ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
    ui.vertical_centered(|ui| {
        ui.add_space(4.0);
        for tool in Tool::ALL {
            let response = square(ui, desk.hand.tool == tool, |painter, rect, ink| icon(painter, rect, ink, tool));
            if named(response, &tool.doc(&desk.keys)).clicked() {
                desk.hand.tool = tool;
            }
        }
        ui.separator();
        let (round, doc) = match desk.hand.brush.tip {
            Tip::Square => (false, "A square brush; click for a round one"),
            Tip::Round => (true, "A round brush; click for a square one"),
        };
        let tip = square(ui, false, |painter, rect, ink| {
            let radius = if round { rect.width() / 2.0 } else { 0.0 };
            painter.rect_filled(rect, radius, ink);
        });
        does(tip, doc, Action::Tip, seen, desk);
        let filled = square(ui, desk.hand.filled, |painter, rect, ink| {
            painter.rect_stroke(rect, 1.0, Stroke::new(1.5, ink), StrokeKind::Inside);
            painter.rect_filled(rect.shrink(3.5), 0.0, ink);
        });
        let doc = "Rectangles and ellipses are filled; else the brush draws their outline";
        does(filled, doc, Action::Filled, seen, desk);
        symmetry(ui, desk);
        random(ui, seen, desk);
        ui.separator();
        for (text, doc, action) in [
            ("⬌", "Flip left to right what is selected or about to be pasted", Action::Flip),
            ("⬍", "Flip it top to bottom", Action::Flop),
            ("↻", "Turn it by a quarter, clockwise", Action::Turn),
            ("🗑", "Delete what is selected: it becomes colour 0", Action::Delete),
        ] {
            does(ui.add(small(text)), doc, action, seen, desk);
        }
        ui.separator();
        colours(ui);
    });
}

fn colours(ui: &mut Ui) {
    let (response, _) = egui::containers::menu::MenuButton::from_button(small("👁")).ui(ui, |ui| {
        for map in ColourMap::ALL {
            let (name, doc) = map.texts();
            if ui.selectable_label(ColourMap::of(ui.ctx()) == map, name).on_hover_text(doc).clicked() {
                map.choose(ui.ctx());
                ui.close();
            }
        }
    });
    named(response, "The colours that the window draws in. Files keep their palette.");
}

fn small(text: &str) -> Button<'_> {
    Button::new(RichText::new(text).size(14.0)).min_size(vec2(SIDE, SIDE - 2.0))
}

/// A control that says what it does, and does what a key does.
fn does(response: Response, doc: &str, action: Action, seen: &Seen, desk: &mut Desk) {
    if named(response, &desk.keys.doc(doc, action)).clicked() {
        act::act(action, seen, desk);
    }
}

fn named(response: Response, doc: &str) -> Response {
    response.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Button, true, doc));
    response.on_hover_text(doc)
}

/// A button with a drawn face.
fn square(ui: &mut Ui, chosen: bool, face: impl FnOnce(&Painter, Rect, Color32)) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(SIDE, SIDE), Sense::click());
    let visuals = ui.style().interact_selectable(&response, chosen);
    ui.painter().rect_filled(rect, CornerRadius::same(5), visuals.weak_bg_fill);
    face(ui.painter(), rect.shrink(6.0), visuals.fg_stroke.color);
    response
}

/// A tool's face.
fn icon(painter: &Painter, rect: Rect, ink: Color32, tool: Tool) {
    let stroke = Stroke::new(1.5, ink);
    match tool {
        Tool::Brush => {
            painter.line_segment([rect.right_top(), rect.center()], Stroke::new(2.5, ink));
            painter.circle_filled(rect.left_bottom() + vec2(4.0, -4.0), 4.0, ink);
        }
        Tool::Line => {
            painter.line_segment([rect.left_bottom(), rect.right_top()], stroke);
        }
        Tool::Rectangle => {
            painter.rect_stroke(rect.shrink2(vec2(0.0, 1.5)), 0.0, stroke, StrokeKind::Middle);
        }
        Tool::Ellipse => {
            painter.add(EllipseShape::stroke(rect.center(), rect.size() / 2.0 - vec2(0.0, 1.5), stroke));
        }
        Tool::Fill => {
            let (left, bottom) = (rect.left() + 1.0, rect.bottom() - 1.0);
            let top = rect.top() + 5.0;
            let bucket = [pos2(left, top), pos2(left + 2.0, bottom), pos2(left + 9.0, bottom), pos2(left + 11.0, top)];
            painter.add(Shape::convex_polygon(bucket.to_vec(), ink, Stroke::NONE));
            painter.line_segment([pos2(left, top), pos2(left + 6.0, rect.top() - 1.0)], stroke);
            painter.line_segment([pos2(left + 6.0, rect.top() - 1.0), pos2(left + 11.0, top)], stroke);
        }
        Tool::Pick => {
            painter.circle_stroke(rect.center(), 3.5, stroke);
            for (from, to) in [
                (rect.left_center(), vec2(3.0, 0.0)),
                (rect.right_center(), vec2(-3.0, 0.0)),
                (rect.center_top(), vec2(0.0, 3.0)),
                (rect.center_bottom(), vec2(0.0, -3.0)),
            ] {
                painter.line_segment([from, from + to], stroke);
            }
        }
        Tool::Select => {
            let path = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
            painter.extend(Shape::dashed_line(&path, stroke, 3.0, 2.0));
        }
    }
}

/// A symmetry's name and what it does.
fn symmetry_texts(symmetry: Symmetry) -> (&'static str, &'static str) {
    match symmetry {
        Symmetry::None => ("None", "Paint once."),
        Symmetry::LeftRight => ("Left–right", "Paint the mirror image left to right too."),
        Symmetry::TopBottom => ("Top–bottom", "Paint the mirror image top to bottom too."),
        Symmetry::Both => ("Both", "Paint both mirror images, and theirs."),
        Symmetry::Turns => ("Quarter turns", "Paint four times, turned round the middle of the stage."),
    }
}

fn symmetry(ui: &mut Ui, desk: &mut Desk) {
    let hand = &mut desk.hand;
    let face = match hand.symmetry {
        Symmetry::None | Symmetry::Both => "✴",
        Symmetry::LeftRight => "◫",
        Symmetry::TopBottom => "⊟",
        Symmetry::Turns => "⟳",
    };
    let button = small(face).selected(hand.symmetry != Symmetry::None);
    let (response, _) = egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
        for symmetry in Symmetry::ALL {
            let (name, doc) = symmetry_texts(symmetry);
            if ui.selectable_label(hand.symmetry == symmetry, name).on_hover_text(doc).clicked() {
                hand.symmetry = symmetry;
                ui.close();
            }
        }
    });
    let doc = format!("Symmetry of what is painted: {}", symmetry_texts(desk.hand.symmetry).0.to_lowercase());
    named(response, &desk.keys.doc(&doc, Action::Symmetry));
}

fn random(ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
    let menu = egui::containers::menu::MenuButton::from_button(small("🎲")).config(
        egui::containers::menu::MenuConfig::new().close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside),
    );
    let (response, _) = menu.ui(ui, |ui| {
        ui.set_width(240.0);
        ui.strong("Random fill");
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for index in 0..COLOURS {
                let mixed = desk.hand.mixed[index];
                let doc = format!("Whether colour {index} takes part.");
                if toolbar::swatch(ui, ColourMap::of(ui.ctx()).colour(index), mixed).on_hover_text(doc).clicked() {
                    desk.hand.mixed[index] = !mixed;
                }
            }
        });
        let mut percent = desk.hand.share * 100.0;
        let slider = Slider::new(&mut percent, 1.0..=100.0).suffix(" %").fixed_decimals(0);
        if ui.add(slider).on_hover_text("The share of the cells that change.").changed() {
            desk.hand.share = percent / 100.0;
        }
        let text = match desk.hand.selection {
            Some(_) => "Fill the selection",
            None => "Fill the stage",
        };
        let fill = ui.add_enabled(desk.hand.mixed.contains(&true), Button::new(text));
        act::by(fill, "Each changed cell takes one of the chosen colours by chance", Action::RandomFill, seen, desk);
    });
    let doc = "Random fill of the selection or the stage: which colours, and how much of it; a key fills";
    named(response, &desk.keys.doc(doc, Action::RandomFill));
}

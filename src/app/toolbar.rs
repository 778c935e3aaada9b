//! The bars above and below the stage.

use bevy_egui::egui::{
    self, Button, Color32, DragValue, Rect, Response, RichText, Sense, Stroke, StrokeKind, Ui, vec2,
};

use super::colours::ColourMap;
use super::keys::Action;
use super::panes::{new_stage, sheet};
use super::state::{Desk, SPEEDS, Scene, Seen};
use super::{act, overlays, stop_menu};
use crate::canvas::MAX_BRUSH;
use crate::files::format::{Format, names};
use crate::session::{Speed, ToLearner, ToStage};
use crate::spec::COLOURS;

/// From this width on, the bar at the top has room for all its texts.
const ROOMY: f32 = 1100.0;

/// As buttons and menus write it.
fn speed_text(speed: Speed) -> String {
    match speed {
        Speed::PerSecond(rate) => format!("{rate} steps/s"),
        Speed::Max => "max".to_owned(),
    }
}

/// The bar at the top: learning, the stage, files, the window.
pub fn top(ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
    let roomy = ui.available_width() >= ROOMY;
    ui.horizontal_centered(|ui| {
        if roomy {
            ui.label(RichText::new("Primordia").heading().strong());
            ui.separator();
        }
        learning(ui, seen, desk);
        ui.separator();
        stage(ui, seen, desk);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| window(ui, roomy, seen, desk));
    });
}

fn learning(ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
    let (text, doc) = if seen.learning {
        ("⏸ Learning", "The rule is being trained. Click to pause")
    } else {
        ("▶ Learn", "Train the rule: rollouts on the training worlds, then PPO updates")
    };
    let button = Button::new(text).selected(seen.learning).min_size(vec2(92.0, 26.0));
    act::by(ui.add(button), doc, Action::Learn, seen, desk);
    let mut percent = desk.share * 100.0;
    let share = DragValue::new(&mut percent).range(5.0..=100.0).speed(1.0).fixed_decimals(0).suffix(" %");
    let changed = ui.add(share).on_hover_text(
        "The learner's share: the part of its time that it works. Below 100 % it rests for the remainder, and leaves \
         that to the stage, the window and other programs. Drag to change.",
    );
    if changed.changed() {
        desk.share = percent / 100.0;
        desk.send(ToLearner::Share(desk.share));
    }
    stop_menu::menu(ui, seen, desk);
}

fn stage(ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
    let (text, doc) = if seen.playing {
        ("⏸ Stage", "The stage runs under the newest rule. Click to pause")
    } else {
        ("▶ Play", "Run the stage, the world you watch and paint")
    };
    let button = Button::new(text).selected(seen.playing).min_size(vec2(76.0, 26.0));
    act::by(ui.add(button), doc, Action::Play, seen, desk);
    let step = ui.add(Button::new("⏭ Step").min_size(vec2(0.0, 26.0)));
    act::by(step, "One step, then pause", Action::Step, seen, desk);
    act::by(ui.button("−"), "Slower", Action::Slower, seen, desk);
    let menu = egui::ComboBox::from_id_salt("speed").width(92.0).selected_text(speed_text(SPEEDS[desk.speed]));
    let menu = menu.show_ui(ui, |ui| {
        for (index, &speed) in SPEEDS.iter().enumerate() {
            if ui.selectable_label(desk.speed == index, speed_text(speed)).clicked() {
                desk.set_speed(index);
            }
        }
    });
    menu.response.on_hover_text("Steps of the stage a second; max: as many as there is time for.");
    act::by(ui.button("+"), "Faster", Action::Faster, seen, desk);
    let doc = "Take the most probable colours instead of drawing them: how the rule looks without chance.";
    if ui.checkbox(&mut desk.greedy, "greedy").on_hover_text(doc).changed() {
        desk.send(ToStage::Greedy(desk.greedy));
    }
    overlays::menu(ui, desk);
}

/// From right to left; without the words where there is no room for them.
fn window(ui: &mut Ui, roomy: bool, seen: &Seen, desk: &mut Desk) {
    let text = |symbol: &str, word: &str| if roomy { format!("{symbol} {word}") } else { symbol.to_owned() };
    act::by(ui.button(text("?", "Keys")), sheet::ABOUT.doc, Action::Keys, seen, desk);
    let theme = if desk.dark { text("☀", "Light") } else { text("🌙", "Dark") };
    if ui.button(theme).on_hover_text("Change between the dark and the light theme.").clicked() {
        desk.dark = !desk.dark;
    }
    ui.separator();
    let save = "Write a checkpoint: the rule, the optimiser, the worlds";
    act::by(ui.button(text("💾", "Save")), save, Action::Save, seen, desk);
    let files = names(Format::readable());
    let open =
        format!("Open {files}, as dropping it on the window does: a clip of ours, or the first state that it holds");
    act::by(ui.button(text("📂", "Open")), &open, Action::Open, seen, desk);
}

/// The bar below the stage: what is shown, the palette, the brush, fresh noise.
pub fn bottom(ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
    ui.horizontal_centered(|ui| {
        for (scene, text, doc) in [
            (Scene::Stage, "Stage", "The world you watch and paint"),
            (Scene::Worlds, "Worlds", "The worlds that learning runs on, a few times a second"),
        ] {
            let doc = desk.keys.doc(doc, Action::Worlds);
            if ui.selectable_label(desk.scene == scene, text).on_hover_text(doc).clicked() && desk.scene != scene {
                desk.set_scene(scene);
            }
        }
        ui.separator();
        palette(ui, desk);
        brush(ui, desk);
        ui.separator();
        for (text, doc, action) in [
            ("Stage …", new_stage::ABOUT.doc, Action::NewStage),
            ("🎲 Noise", "A fresh stage of noise in this size", Action::Noise),
            ("Fit", "Bring the whole grid into view", Action::Fit),
        ] {
            act::by(ui.button(text), doc, action, seen, desk);
        }
    });
}

fn brush(ui: &mut Ui, desk: &mut Desk) {
    let [smaller, larger] = [Action::SmallerBrush, Action::LargerBrush].map(|action| desk.keys.text(action));
    let hand = &mut desk.hand;
    ui.spacing_mut().item_spacing.x = 4.0;
    let size = DragValue::new(&mut hand.brush.size).range(1..=MAX_BRUSH).speed(0.1);
    let doc = format!("The brush's width in cells ({smaller} and {larger}). Left-drag on the stage paints.");
    ui.add(size).on_hover_text(doc);
    let mut percent = hand.density * 100.0;
    let density = DragValue::new(&mut percent).range(1.0..=100.0).speed(0.5).fixed_decimals(0).suffix(" %");
    let doc = "The share of the cells under the brush that get the colour: below 100 % it sprays.";
    if ui.add(density).on_hover_text(doc).changed() {
        hand.density = percent / 100.0;
    }
    ui.spacing_mut().item_spacing.x = 8.0;
}

fn palette(ui: &mut Ui, desk: &mut Desk) {
    ui.spacing_mut().item_spacing.x = 2.0;
    for index in 0..COLOURS {
        let chosen = usize::from(desk.hand.colour) == index;
        let doc = format!("Paint colour {index} (key {}).", (index + 1) % COLOURS);
        if swatch(ui, ColourMap::of(ui.ctx()).colour(index), chosen).on_hover_text(doc).clicked() {
            desk.hand.colour = index as u8;
        }
    }
    ui.spacing_mut().item_spacing.x = 8.0;
}

/// A colour to click on.
pub(super) fn swatch(ui: &mut Ui, colour: Color32, chosen: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(18.0, 20.0), Sense::click());
    let swatch = Rect::from_center_size(rect.center(), vec2(16.0, if chosen { 20.0 } else { 16.0 }));
    ui.painter().rect_filled(swatch, 3.0, colour);
    if chosen {
        let stroke = Stroke::new(2.0, ui.visuals().strong_text_color());
        ui.painter().rect_stroke(swatch, 3.0, stroke, StrokeKind::Outside);
    }
    response
}

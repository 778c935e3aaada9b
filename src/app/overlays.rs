//! The menu of the maps that can lie over the stage.

use bevy_egui::egui::{self, Color32, Ui};

use super::keys::Action;
use super::state::Desk;
use crate::engine::Field;
use crate::picture::scale;
use crate::session::Overlay;

/// An overlay in the menu.
pub(super) struct Choice {
    /// Which.
    pub(super) overlay: Overlay,
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

/// What the menu says of it.
pub(super) fn choice(overlay: Overlay) -> Option<&'static Choice> {
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

/// A colour of [`scale`] for egui.
pub(super) fn colour([r, g, b]: [u8; 3]) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// [`scale::ramp`] for egui.
pub fn ramp(share: f32, signed: bool) -> Color32 {
    colour(scale::ramp(share, signed))
}

//! What keys do: the last column of the table of actions.

use std::path::Path;

use bevy_egui::egui::{self, Key, Response};

use super::actions::actions;
use super::hand::Tool;
use super::keys::{Action, Stroke};
use super::panes::{clips, inspector, new_stage, sheet};
use super::state::{Ask, Desk, Dialog, Scene, Seen};
use super::{edits, overlays};
use crate::canvas::{MAX_BRUSH, Symmetry, Tip};
use crate::session::{ToLearner, ToStage};
use edits::Change;

macro_rules! acts {
    ($($name:ident: $doc:literal, $keys:expr, $act:expr;)*) => {
        /// Does what a key does.
        pub(super) fn act(action: Action, seen: &Seen, desk: &mut Desk) {
            let act: fn(&Seen, &mut Desk) = match action {
                $(Action::$name => $act,)*
            };
            act(seen, desk);
        }
    };
}

actions!(acts);

const DIGITS: [Key; 10] =
    [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9, Key::Num0];

/// Lets a control do what keys do, which its tooltip names.
pub(super) fn by(control: Response, doc: &str, action: Action, seen: &Seen, desk: &mut Desk) {
    let doc = desk.keys.doc(doc, action);
    if control.on_hover_text(&doc).on_disabled_hover_text(doc).clicked() {
        act(action, seen, desk);
    }
}

/// Acts on a frame's strokes, unless they belong to a control.
pub fn handle(ctx: &egui::Context, strokes: &[Stroke], seen: &Seen, desk: &mut Desk) {
    if ctx.egui_wants_keyboard_input() {
        return;
    }
    for &Stroke { key, down, held } in strokes {
        // Space also drags the view, so it acts when it is let go.
        if down == (key == Key::Space) || (key == Key::Space && std::mem::take(&mut desk.space_dragged)) {
            continue;
        }
        if let Some(action) = desk.keys.action(key, held) {
            act(action, seen, desk);
        } else if let Some(digit) = DIGITS.iter().position(|&digit| digit == key)
            && !(held.alt || held.command)
        {
            desk.hand.colour = digit as u8;
        }
    }
}

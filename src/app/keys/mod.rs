//! Keys: the actions that they can do, the map that gives each its keys, and the strokes of a frame.

mod action;
mod map;

pub use action::Action;
pub use map::Keys;

use bevy::input::keyboard::{Key as Logical, KeyboardInput};
use bevy::input::mouse::MouseButton;
use bevy::window::WindowEvent;
use bevy_egui::egui::{Key, Modifiers};
use bevy_egui::helpers::{bevy_to_egui_key, bevy_to_egui_physical_key};

/// A key that went down or up, while others were held down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stroke {
    /// Which.
    pub key: Key,
    /// Whether it went down.
    pub down: bool,
    /// What was held then.
    pub held: Modifiers,
}

/// A frame's strokes, and what was held at each press of the left mouse button. `held` is what is held down from frame
/// to frame.
///
/// egui is told only what is held at a frame's end; within a slow frame, Ctrl goes down and up again around a key.
pub fn strokes<'a>(
    events: impl Iterator<Item = &'a WindowEvent>,
    held: &mut Modifiers,
) -> (Vec<Stroke>, Vec<Modifiers>) {
    let (mut strokes, mut presses) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            WindowEvent::KeyboardInput(input) => strokes.extend(stroke(input, held)),
            // What is let go elsewhere is not told here.
            WindowEvent::KeyboardFocusLost(_) => *held = Modifiers::NONE,
            WindowEvent::MouseButtonInput(input) if input.button == MouseButton::Left && input.state.is_pressed() => {
                presses.push(*held);
            }
            _ => {}
        }
    }
    (strokes, presses)
}

fn stroke(input: &KeyboardInput, held: &mut Modifiers) -> Option<Stroke> {
    let down = input.state.is_pressed();
    match input.logical_key {
        Logical::Shift => held.shift = down,
        Logical::Alt => held.alt = down,
        Logical::Control => (held.ctrl, held.command) = (down, if MAC { held.command } else { down }),
        Logical::Super | Logical::Meta if MAC => (held.mac_cmd, held.command) = (down, down),
        _ => {}
    }
    // The place of the key counts where the keyboard's letters are not Latin.
    let key = bevy_to_egui_key(&input.logical_key).or(bevy_to_egui_physical_key(&input.key_code))?;
    Some(Stroke { key, down, held: *held })
}

const MAC: bool = cfg!(target_os = "macos");

//! Pictures of the window, or of a part of it.

use std::path::PathBuf;

use bevy::prelude::*;
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};
use bevy_egui::egui;

use super::state::{Desk, Notice};
use crate::session::ToFiles;

/// Takes a picture of this frame, or of a part of it in points.
pub(super) fn take(path: PathBuf, part: Option<egui::Rect>, ctx: &egui::Context, commands: &mut Commands) {
    let rect = part.unwrap_or(ctx.viewport_rect()) * ctx.pixels_per_point();
    let done = move |shot: On<ScreenshotCaptured>, mut desk: ResMut<Desk>| match crop(shot.image.clone(), rect) {
        Some((width, pixels)) => desk.send(ToFiles::WritePicture(path.clone(), width, pixels)),
        None => {
            desk.notify(Notice::Error("The window's picture cannot be read; take one of the screen.".to_owned()));
        }
    };
    commands.spawn(Screenshot::primary_window()).observe(done);
}

/// A part of an image: its width, and red, green and blue of each pixel.
fn crop(mut image: Image, rect: egui::Rect) -> Option<(u32, Vec<u8>)> {
    // The pixels are the same by either name, and not every name can be read.
    image.texture_descriptor.format = image.texture_descriptor.format.add_srgb_suffix();
    let [left, top] = [rect.left(), rect.top()].map(|side| side.max(0.0) as u32);
    let (width, height) = ((rect.right() as u32).checked_sub(left)?, (rect.bottom() as u32).checked_sub(top)?);
    let part = image.try_into_dynamic().ok()?.crop_imm(left, top, width, height).into_rgb8();
    (!part.is_empty()).then(|| (part.width(), part.into_raw()))
}

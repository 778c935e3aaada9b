//! Pictures of the window, or of a part of it.

use std::path::PathBuf;

use bevy::prelude::*;
use bevy::render::render_resource::TextureFormat;
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};
use bevy_egui::egui;

use super::state::{Desk, Notice};
use crate::session::Command;

/// Takes a picture of this frame, or of a part of it in points.
pub(super) fn take(path: PathBuf, part: Option<egui::Rect>, ctx: &egui::Context, commands: &mut Commands) {
    let rect = part.unwrap_or(ctx.viewport_rect()) * ctx.pixels_per_point();
    let done = move |shot: On<ScreenshotCaptured>, mut desk: ResMut<Desk>| match crop(&shot, rect) {
        Some((width, pixels)) => desk.send(Command::WritePicture { path: path.clone(), width, pixels }),
        None => {
            desk.notify(Notice::Error("The window's picture cannot be read; take one of the screen.".to_owned()));
        }
    };
    commands.spawn(Screenshot::primary_window()).observe(done);
}

/// A part of an image: its width, and red, green and blue of each pixel.
fn crop(image: &Image, rect: egui::Rect) -> Option<(u32, Vec<u8>)> {
    let blue_first = match image.texture_descriptor.format {
        TextureFormat::Rgba8Unorm | TextureFormat::Rgba8UnormSrgb => false,
        TextureFormat::Bgra8Unorm | TextureFormat::Bgra8UnormSrgb => true,
        _ => return None,
    };
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (left, right) = (rect.left().max(0.0) as usize, (rect.right() as usize).min(width));
    let (top, bottom) = (rect.top().max(0.0) as usize, (rect.bottom() as usize).min(height));
    let rows = image.data.as_ref()?.chunks_exact(4 * width).take(bottom).skip(top);
    let pixel = |pixel: &[u8]| {
        if blue_first { [pixel[2], pixel[1], pixel[0]] } else { [pixel[0], pixel[1], pixel[2]] }
    };
    if left >= right || top >= bottom {
        return None;
    }
    let pixels = rows.flat_map(|row| row[4 * left..4 * right].chunks_exact(4)).flat_map(pixel).collect();
    Some(((right - left) as u32, pixels))
}

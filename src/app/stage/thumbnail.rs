//! Small pictures of patterns, which egui draws.

use bevy_egui::egui::{Color32, ColorImage, Painter, Pos2, Rect, TextureFilter, TextureHandle, TextureOptions, pos2};

use super::super::colours::ColourMap;
use crate::spec::COLOURS;
use crate::spec::grid::Grid;

/// Pixelated when enlarged, blended when made smaller.
const OPTIONS: TextureOptions = TextureOptions {
    magnification: TextureFilter::Nearest,
    minification: TextureFilter::Linear,
    ..TextureOptions::NEAREST
};

/// A pattern's texture, with what it was made from.
#[derive(Default)]
pub struct Thumbnail(Option<(Grid, ColourMap, TextureHandle)>);

impl Thumbnail {
    /// Draws the pattern in a rectangle.
    pub fn paint(&mut self, painter: &Painter, place: Rect, pattern: &Grid, tint: Color32) {
        let colours = ColourMap::of(painter.ctx());
        if self.0.as_ref().is_none_or(|(drawn, by, _)| drawn != pattern || *by != colours) {
            let table = colours.table();
            let pixels = pattern.cells.iter().map(|&cell| table[usize::from(cell) % COLOURS]).collect();
            let image = ColorImage::new([pattern.width, pattern.height], pixels);
            self.0 = Some((pattern.clone(), colours, painter.ctx().load_texture("pattern", image, OPTIONS)));
        }
        if let Some((.., texture)) = &self.0 {
            let all = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
            painter.image(texture.id(), place, all, tint);
        }
    }
}

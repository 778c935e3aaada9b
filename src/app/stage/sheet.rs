//! Cells that Bevy is to draw in a part of the window: what they are, how they look, and where they lie.

use bevy::math::IVec2;
use bevy_egui::egui::{Color32, Pos2, Rect};

use super::super::colours::ColourMap;
use super::material::{Layer, Look, Parts};
use super::view::View;
use crate::spec::grid::Grid;

/// Rows of a texture that have changed; row-major.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) layer: Layer,
    /// Height and width of the texture.
    pub(super) size: (usize, usize),
    /// The first row.
    pub(super) top: usize,
    pub(super) bytes: Vec<u8>,
}

/// Where cells lie on the screen, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// What of the window they and the ground around them fill.
    pub(super) hole: Rect,
    /// Where cell (0, 0) begins.
    pub(super) corner: Pos2,
    /// Points a cell.
    pub(super) scale: f32,
}

/// A picture of cells: the stage, a rival, or the training worlds.
#[derive(Debug, Default)]
pub struct Sheet {
    cells: Option<Grid>,
    /// How it is drawn.
    pub look: Look,
    /// With what.
    pub parts: Parts,
    /// Where; nowhere unless it is placed in this frame.
    pub(super) place: Option<Place>,
    pub(super) uploads: Vec<Upload>,
}

impl Sheet {
    /// What is shown, once there is something.
    pub fn cells(&self) -> Option<&Grid> {
        self.cells.as_ref()
    }

    /// Takes over what is shown; only rows from the first to the last that changed go to the device.
    pub fn set(&mut self, cells: Option<Grid>) {
        if let Some(new) = &cells {
            let same = |old: &&Grid| (old.height, old.width) == (new.height, new.width);
            let old = self.cells.as_ref().filter(same);
            let differs = |&row: &usize| {
                let row = row * new.width..(row + 1) * new.width;
                old.is_none_or(|old| old.cells[row.clone()] != new.cells[row])
            };
            let mut rows = 0..new.height;
            if let Some(top) = rows.find(differs) {
                let bottom = rows.rfind(differs).unwrap_or(top);
                let bytes = new.cells[top * new.width..(bottom + 1) * new.width].to_vec();
                self.upload(Layer::Cells, (new.height, new.width), top, bytes);
            }
        }
        self.cells = cells;
    }

    /// Numbers over the cells, and arrows in them, if there are any.
    pub fn lay(&mut self, size: (usize, usize), values: &[f32], ways: &[u8]) {
        self.upload(Layer::Values, size, 0, bytemuck::cast_slice(values).to_vec());
        if !ways.is_empty() {
            self.upload(Layer::Ways, size, 0, ways.to_vec());
        }
    }

    fn upload(&mut self, layer: Layer, size: (usize, usize), top: usize, bytes: Vec<u8>) {
        if top == 0 && bytes.len() >= size.0 * size.1 {
            // The whole makes what came before it needless.
            self.uploads.retain(|upload| upload.layer != layer);
        }
        self.uploads.push(Upload { layer, size, top, bytes });
    }

    /// Has the cells drawn in `hole` in this frame, where they lie in `rect` as the view says.
    pub fn draw(&mut self, hole: Rect, rect: Rect, view: View, colours: ColourMap, ground: Color32) {
        let (height, width) = self.cells.as_ref().map_or((0, 0), |cells| (cells.height, cells.width));
        self.look.size = IVec2::new(width as i32, height as i32);
        self.look.paint(colours, ground);
        self.place = Some(Place { hole, corner: view.screen_from_cell(rect, 0.0, 0.0), scale: view.scale });
    }
}

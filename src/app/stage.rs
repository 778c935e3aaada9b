//! The middle of the window: the watched world, or all training worlds, with zoom, pan and a brush.

use bevy_egui::egui::{
    Align2, Color32, ColorImage, CornerRadius, Event, FontId, Key, PointerButton, Pos2, Rect, Response, Sense, Stroke,
    StrokeKind, TextureFilter, TextureHandle, TextureOptions, Ui, pos2, vec2,
};

use super::overlays::OverlayView;
use super::state::{Desk, Dock, Scene, Seen};
use crate::session::{Command, Stroke as Painted};
use crate::spec::config::Config;
use crate::spec::grid::Grid;
use crate::spec::{COLOURS, PALETTE};

/// The widest brush, in cells.
pub const MAX_BRUSH: usize = 64;
/// The largest picture made of training worlds, in cells a side.
const MAX_MOSAIC: usize = 2048;
/// The largest cell, in points.
const MAX_SCALE: f32 = 96.0;

/// The stage's first size: twice the training worlds', and more where there is a GPU.
pub fn first_size(config: &Config, software: bool) -> (usize, usize) {
    let (height, width) = config.world.size;
    let factor = if software { 2 } else { 4 };
    let side = |cells: usize| (cells * factor).clamp(16, if software { 64 } else { 128 });
    (side(height), side(width))
}

/// A colour of the palette.
pub fn colour(index: usize) -> Color32 {
    let [r, g, b] = PALETTE[index % COLOURS];
    Color32::from_rgb(r, g, b)
}

/// Where the grid lies on the screen: `centre` (in cells) in the middle, `scale` points a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    centre: (f32, f32),
    scale: f32,
}

impl View {
    /// The whole of `columns` × `rows` cells; cells that are larger than a point get whole points, to be even.
    pub fn fit(rect: Rect, columns: usize, rows: usize) -> Self {
        let scale = (rect.width() / columns as f32).min(rect.height() / rows as f32);
        let scale = if scale > 2.0 { scale.floor() } else { scale };
        Self { centre: (columns as f32 / 2.0, rows as f32 / 2.0), scale }
    }

    /// The screen position of a point given in cells.
    pub fn screen_from_cell(&self, rect: Rect, column: f32, row: f32) -> Pos2 {
        let at = rect.center() + vec2(column - self.centre.0, row - self.centre.1) * self.scale;
        pos2(at.x.round(), at.y.round())
    }

    /// The point in cells under a screen position.
    pub fn cell_from_screen(&self, rect: Rect, at: Pos2) -> (f32, f32) {
        let from_centre = (at - rect.center()) / self.scale;
        (self.centre.0 + from_centre.x, self.centre.1 + from_centre.y)
    }

    /// Zooms by a factor; what lies under `at` stays there.
    pub fn zoom(&mut self, rect: Rect, at: Pos2, factor: f32) {
        let (column, row) = self.cell_from_screen(rect, at);
        self.scale = (self.scale * factor).clamp(0.25, MAX_SCALE);
        let from_centre = (at - rect.center()) / self.scale;
        self.centre = (column - from_centre.x, row - from_centre.y);
    }
}

/// The panel.
#[derive(Default)]
pub struct StageView {
    texture: Option<TextureHandle>,
    shown: Option<(Scene, u64)>,
    view: Option<View>,
    size: (usize, usize),
    /// The last cell of the stroke that is being painted.
    stroke: Option<(i32, i32)>,
    overlay: OverlayView,
}

impl StageView {
    /// Fills what is left of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
        let rect = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(rect, Sense::click_and_drag());
        let painter = ui.painter_at(rect);
        let ground = ui.visuals().extreme_bg_color;
        self.refresh(ui, seen, desk);
        let Some(texture) = self.texture.as_ref().map(TextureHandle::id) else {
            painter.rect_filled(rect, 0.0, ground);
            self.empty(ui, rect, "The stage opens with the first picture …");
            return;
        };
        if std::mem::take(&mut desk.fit) {
            self.view = None;
        }
        // Until it is zoomed or moved, the view follows the window's size.
        let fitted = View::fit(rect.shrink(6.0), self.size.1, self.size.0);
        let mut view = self.view.unwrap_or(fitted);
        if self.navigate(ui, rect, &response, desk, &mut view) {
            self.view = Some(view);
        }
        let (rows, columns) = (self.size.0 as f32, self.size.1 as f32);
        let grid =
            Rect::from_min_max(view.screen_from_cell(rect, 0.0, 0.0), view.screen_from_cell(rect, columns, rows));
        for strip in around(rect, grid) {
            painter.rect_filled(strip, 0.0, ground);
        }
        painter.image(texture, grid, Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0)), Color32::WHITE);
        if desk.scene == Scene::Stage {
            self.overlay.draw(ui, rect, &view, seen, desk);
            self.inspected(ui, rect, &response, seen, desk, view);
            self.brush(ui, rect, &response, seen, desk, view);
        }
        self.caption(ui, rect, seen, desk, response.hover_pos().map(|at| view.cell_from_screen(rect, at)));
    }

    /// Follows the cursor for the inspector, and outlines a pinned cell.
    fn inspected(&self, ui: &Ui, rect: Rect, response: &Response, seen: &Seen, desk: &mut Desk, view: View) {
        let Some(picture) = &seen.picture else { return };
        let (rows, columns) = (picture.grid.height, picture.grid.width);
        let at = response.hover_pos().map(|at| view.cell_from_screen(rect, at));
        if let Some((column, row)) = at.filter(|at| at.0 >= 0.0 && at.1 >= 0.0) {
            let cell = (row as usize, column as usize);
            if cell.0 < rows && cell.1 < columns {
                desk.under = Some(cell);
            }
        }
        let pinned = desk.pinned.filter(|cell| desk.sees(Dock::Inspector) && cell.0 < rows && cell.1 < columns);
        if let Some((row, column)) = pinned.map(|(row, column)| (row as f32, column as f32)) {
            let (from, to) =
                (view.screen_from_cell(rect, column, row), view.screen_from_cell(rect, column + 1.0, row + 1.0));
            let (painter, cell) = (ui.painter_at(rect), Rect::from_min_max(from, to));
            painter.rect_stroke(cell, 1.0, Stroke::new(4.0, Color32::BLACK), StrokeKind::Outside);
            painter.rect_stroke(cell, 1.0, Stroke::new(2.0, Color32::WHITE), StrokeKind::Outside);
        }
    }

    /// Makes the texture anew where there is a new picture.
    fn refresh(&mut self, ui: &Ui, seen: &Seen, desk: &Desk) {
        let now = match desk.scene {
            Scene::Stage => seen.pictures,
            Scene::Worlds => seen.worlds_seen,
        };
        if self.shown == Some((desk.scene, now)) {
            return;
        }
        let image = match desk.scene {
            Scene::Stage => seen.picture.as_ref().map(|picture| image_from_grid(&picture.grid)),
            Scene::Worlds => mosaic(&seen.worlds, ui.visuals().extreme_bg_color),
        };
        let Some(image) = image else {
            self.texture = None;
            return;
        };
        let size = (image.size[1], image.size[0]);
        if size != self.size {
            (self.size, self.view) = (size, None);
        }
        let options = TextureOptions {
            magnification: TextureFilter::Nearest,
            minification: TextureFilter::Linear,
            ..TextureOptions::NEAREST
        };
        match &mut self.texture {
            Some(texture) => texture.set(image, options),
            None => self.texture = Some(ui.ctx().load_texture("stage", image, options)),
        }
        self.shown = Some((desk.scene, now));
    }

    /// Wheel, middle drag and Space drag; whether the view was changed.
    fn navigate(&self, ui: &Ui, rect: Rect, response: &Response, desk: &mut Desk, view: &mut View) -> bool {
        let (scroll, space) = ui.input(|input| {
            (input.smooth_scroll_delta().y + 200.0 * input.zoom_delta().ln(), input.key_down(Key::Space))
        });
        let mut changed = false;
        if let (Some(at), true) = (response.hover_pos(), scroll != 0.0) {
            view.zoom(rect, at, (scroll * 0.005).exp());
            changed = true;
        }
        let by_space = space && response.dragged_by(PointerButton::Primary);
        if by_space || response.dragged_by(PointerButton::Middle) {
            let moved = response.drag_delta() / view.scale;
            view.centre = (view.centre.0 - moved.x, view.centre.1 - moved.y);
            desk.space_dragged |= by_space;
            changed = true;
        }
        changed
    }

    /// Paints while the left button is down, and outlines what it would paint.
    fn brush(&mut self, ui: &Ui, rect: Rect, response: &Response, seen: &Seen, desk: &mut Desk, view: View) {
        let Some(picture) = &seen.picture else { return };
        let cell_at = |at| {
            let (column, row) = view.cell_from_screen(rect, at);
            (row.floor() as i32, column.floor() as i32)
        };
        let cells = self.paint(ui, response, &picture.grid, desk, cell_at);
        if !cells.is_empty() {
            let cells = cells.into_iter().map(|cell| (cell, desk.colour)).collect();
            desk.send(Command::Paint(Painted { epoch: picture.epoch, gesture: desk.gesture, cells }));
        }
        let Some(cell) = response.interact_pointer_pos().or(response.hover_pos()).map(cell_at) else { return };
        let inside =
            picture.grid.height as i32 > cell.0 && picture.grid.width as i32 > cell.1 && cell.0 >= 0 && cell.1 >= 0;
        if inside && response.hovered() {
            let reach = (desk.brush as i32 - 1) / 2;
            let (top, left) = ((cell.0 - reach) as f32, (cell.1 - reach) as f32);
            let width = desk.brush as f32;
            let outline = Rect::from_min_max(
                view.screen_from_cell(rect, left, top),
                view.screen_from_cell(rect, left + width, top + width),
            );
            let painter = ui.painter_at(rect);
            painter.rect_stroke(outline, 1.0, Stroke::new(2.0, Color32::from_black_alpha(160)), StrokeKind::Outside);
            painter.rect_stroke(outline, 1.0, Stroke::new(1.0, Color32::WHITE), StrokeKind::Outside);
        }
    }

    /// The cells that this frame's part of a stroke covers. A frame may hold a whole stroke, so every event counts, not
    /// only where the pointer is at its end.
    fn paint(
        &mut self,
        ui: &Ui,
        response: &Response,
        grid: &Grid,
        desk: &mut Desk,
        cell_at: impl Fn(Pos2) -> (i32, i32),
    ) -> Vec<u32> {
        // The edge that sizes a panel reaches over the stage.
        let taken = ui.ctx().dragged_id().is_some_and(|id| id != response.id);
        if taken || ui.input(|input| input.key_down(Key::Space)) {
            self.stroke = None;
            return Vec::new();
        }
        let free = |at| response.rect.contains(at) && ui.ctx().layer_id_at(at) == Some(response.layer_id);
        let (events, down) = ui.input(|input| (input.events.clone(), input.pointer.primary_down()));
        let mut cells = Vec::new();
        let mut last = self.stroke;
        for event in events {
            match event {
                Event::PointerButton { pos, button: PointerButton::Primary, pressed: true, .. } if free(pos) => {
                    let cell = cell_at(pos);
                    desk.gesture += 1;
                    cells.extend(stroke_cells(grid, cell, cell, desk.brush));
                    last = Some(cell);
                }
                Event::PointerButton { button: PointerButton::Primary, .. } => last = None,
                Event::PointerMoved(pos) => {
                    let cell = cell_at(pos);
                    if let Some(from) = last.filter(|&from| from != cell) {
                        cells.extend(stroke_cells(grid, from, cell, desk.brush));
                        last = Some(cell);
                    }
                }
                _ => {}
            }
        }
        self.stroke = last.filter(|_| down);
        cells.sort_unstable();
        cells.dedup();
        cells
    }

    fn caption(&self, ui: &Ui, rect: Rect, seen: &Seen, desk: &Desk, under: Option<(f32, f32)>) {
        let mut text = match (desk.scene, &seen.picture) {
            (Scene::Stage, Some(picture)) => format!(
                "{} × {}  ·  step {}  ·  rule of update {}",
                picture.grid.height, picture.grid.width, picture.step, picture.update
            ),
            (Scene::Stage, None) => return,
            (Scene::Worlds, _) => format!("{} training worlds", seen.worlds.len()),
        };
        if let (Scene::Stage, Some(picture), Some((column, row))) = (desk.scene, &seen.picture, under) {
            let inside = column >= 0.0 && row >= 0.0;
            let (row, column) = (row as usize, column as usize);
            if inside && row < picture.grid.height && column < picture.grid.width {
                text += &format!("  ·  row {row}, column {column}: colour {}", picture.grid.at(row, column));
            }
        }
        let painter = ui.painter_at(rect);
        let at = rect.left_bottom() + vec2(10.0, -10.0);
        let galley = painter.layout_no_wrap(text, FontId::proportional(12.0), ui.visuals().strong_text_color());
        let area = Align2::LEFT_BOTTOM.anchor_size(at, galley.size());
        painter.rect_filled(area.expand2(vec2(7.0, 4.0)), CornerRadius::same(4), ui.visuals().window_fill);
        painter.galley(area.min, galley, Color32::WHITE);
    }

    fn empty(&self, ui: &Ui, rect: Rect, text: &str) {
        let font = FontId::proportional(15.0);
        ui.painter_at(rect).text(rect.center(), Align2::CENTER_CENTER, text, font, ui.visuals().weak_text_color());
    }
}

/// What of `rect` lies outside `hole`, as up to four strips. A pixel that is painted twice costs twice, which a
/// software adapter feels.
fn around(rect: Rect, hole: Rect) -> impl Iterator<Item = Rect> {
    let hole = if rect.intersects(hole) { rect.intersect(hole) } else { Rect::from_min_max(rect.min, rect.min) };
    let strip = |left, top, right, bottom| Rect::from_min_max(pos2(left, top), pos2(right, bottom));
    [
        strip(rect.left(), rect.top(), rect.right(), hole.top()),
        strip(rect.left(), hole.bottom(), rect.right(), rect.bottom()),
        strip(rect.left(), hole.top(), hole.left(), hole.bottom()),
        strip(hole.right(), hole.top(), rect.right(), hole.bottom()),
    ]
    .into_iter()
    .filter(|strip| strip.width() > 0.0 && strip.height() > 0.0)
}

/// One texel a cell.
fn image_from_grid(grid: &Grid) -> ColorImage {
    let colours: [Color32; COLOURS] = std::array::from_fn(colour);
    let pixels = grid.cells.iter().map(|&cell| colours[usize::from(cell) % COLOURS]).collect();
    ColorImage::new([grid.width, grid.height], pixels)
}

/// Worlds side by side, a cell apart; as many as fit.
fn mosaic(worlds: &[Grid], ground: Color32) -> Option<ColorImage> {
    let first = worlds.first()?;
    let (height, width) = (first.height + 1, first.width + 1);
    let (most_rows, most_columns) = ((MAX_MOSAIC / height).max(1), (MAX_MOSAIC / width).max(1));
    let n = worlds.len().min(most_rows * most_columns);
    let columns = ((n as f32 * height as f32 / width as f32).sqrt().ceil() as usize).clamp(1, n).min(most_columns);
    let rows = n.div_ceil(columns);
    let mut image = ColorImage::filled([columns * width - 1, rows * height - 1], ground);
    let stride = image.size[0];
    for (i, world) in worlds.iter().take(columns * rows).enumerate() {
        let corner = i / columns * height * stride + i % columns * width;
        for (row, cells) in world.cells.chunks(world.width).enumerate() {
            for (column, &cell) in cells.iter().enumerate() {
                image.pixels[corner + row * stride + column] = colour(usize::from(cell));
            }
        }
    }
    Some(image)
}

/// The cells that a square brush covers on its way from one cell to another, each once; those inside the grid.
fn stroke_cells(grid: &Grid, from: (i32, i32), to: (i32, i32), brush: usize) -> Vec<u32> {
    let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).max(1);
    let reach = (brush as i32 - 1) / 2;
    let mut cells = Vec::new();
    for i in 0..=steps {
        let along = |a: i32, b: i32| a + ((b - a) * i + (b - a).signum() * steps / 2) / steps;
        let (row, column) = (along(from.0, to.0) - reach, along(from.1, to.1) - reach);
        for r in row.max(0)..(row + brush as i32).min(grid.height as i32) {
            for c in column.max(0)..(column + brush as i32).min(grid.width as i32) {
                cells.push((r as usize * grid.width + c as usize) as u32);
            }
        }
    }
    cells.sort_unstable();
    cells.dedup();
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_the_cursor_stays_there() {
        let rect = Rect::from_min_size(pos2(10.0, 20.0), vec2(600.0, 500.0));
        let mut view = View::fit(rect, 40, 30);
        let at = pos2(123.0, 321.0);
        let before = view.cell_from_screen(rect, at);
        view.zoom(rect, at, 2.5);
        let after = view.cell_from_screen(rect, at);
        assert!((before.0 - after.0).abs() < 1e-3 && (before.1 - after.1).abs() < 1e-3);
    }

    #[test]
    fn strokes_have_no_gaps_and_stay_inside() {
        let grid = Grid::filled(10, 10, 0);
        assert_eq!(stroke_cells(&grid, (2, 1), (2, 4), 1), [21, 22, 23, 24]);
        assert_eq!(stroke_cells(&grid, (0, 0), (9, 9), 1).len(), 10);
        assert_eq!(stroke_cells(&grid, (0, 0), (0, 0), 3), [0, 1, 10, 11]);
        assert!(stroke_cells(&grid, (-5, -5), (-5, -5), 3).is_empty());
        assert_eq!(stroke_cells(&grid, (5, 5), (5, 5), 64).len(), 100);
    }

    #[test]
    fn mosaics_hold_every_world() {
        let worlds = vec![Grid::filled(4, 6, 3); 5];
        let image = mosaic(&worlds, Color32::BLACK).expect("there are worlds");
        assert_eq!(image.pixels.iter().filter(|&&pixel| pixel == colour(3)).count(), 5 * 24);
        assert!(mosaic(&[], Color32::BLACK).is_none());
    }
}

//! The middle of the window: the watched world, or all training worlds, with zoom, pan and the tools.

mod gesture;
mod picture;
mod view;

use bevy_egui::egui::{
    Align2, Color32, CornerRadius, FontId, Key, PointerButton, Rect, Response, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, WidgetType, vec2,
};

use super::colours::{ColourMap, ink_on};
use super::overlays::OverlayView;
use super::state::{Desk, Scene, Seen};
use crate::canvas::{Area, Cell};
use crate::session::{Picture, Query, ToStage};
use crate::spec::COLOURS;
use crate::spec::config::Config;
use crate::spec::grid::Grid;
use gesture::Pointer;
pub(super) use picture::upload_picture;
use picture::{Mosaic, Tiles, image_from_grid};
pub use view::View;
use view::around;

/// From this many points a cell on, each has its number in it once the view is zoomed.
const NUMBERED: f32 = 20.0;

/// The stage's first size: twice the training worlds', and more where there is a GPU.
pub fn first_size(config: &Config, software: bool) -> (usize, usize) {
    let (height, width) = config.world.size;
    let factor = if software { 2 } else { 4 };
    let side = |cells: usize| (cells * factor).clamp(16, if software { 64 } else { 128 });
    (side(height), side(width))
}

/// What the texture was made from.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shown {
    scene: Scene,
    picture: u64,
    painted: u32,
    colours: ColourMap,
    ground: Color32,
}

/// The panel.
#[derive(Default)]
pub struct StageView {
    tiles: Tiles,
    shown: Option<Shown>,
    /// The stage with what was painted since its picture was taken.
    grid: Option<Grid>,
    view: Option<View>,
    size: (usize, usize),
    pointer: Pointer,
    overlay: OverlayView,
}

impl StageView {
    /// Brings the whole grid into view.
    pub(super) fn fit(&mut self) {
        self.view = None;
    }

    /// Fills what is left of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
        let rect = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(rect, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Other, true, "What the stage shows"));
        let painter = ui.painter_at(rect);
        let ground = ui.visuals().extreme_bg_color;
        self.refresh(ui, seen, desk, ground);
        if self.tiles.is_empty() {
            painter.rect_filled(rect, 0.0, ground);
            self.empty(ui, rect, "The stage opens with the first picture …");
            return;
        }
        // Until it is zoomed or moved, the view follows the window's size.
        let fitted = View::home(rect, self.size.1, self.size.0);
        let mut view = self.view.unwrap_or(fitted);
        if self.navigate(ui, rect, &response, desk, &mut view) {
            self.view = Some(view);
        }
        let grid = view.screen_from_cells(rect, (0, 0), self.size.0, self.size.1);
        for strip in around(rect, grid) {
            painter.rect_filled(strip, 0.0, ground);
        }
        self.tiles.draw(&painter, |corner, height, width| view.screen_from_cells(rect, corner, height, width));
        let hovered = match desk.scene {
            Scene::Stage => self.stage(ui, rect, &response, seen, desk, view),
            Scene::Worlds => {
                self.worlds(ui, rect, &response, seen, desk, view);
                None
            }
        };
        self.caption(ui, rect, seen, desk, hovered);
    }

    /// Makes the texture anew where there is a new picture.
    fn refresh(&mut self, ui: &Ui, seen: &Seen, desk: &Desk, ground: Color32) {
        let colours = ColourMap::of(ui.ctx());
        let picture = match desk.scene {
            Scene::Stage => seen.latest.number::<Picture>(),
            Scene::Worlds => seen.latest.number::<Vec<Grid>>(),
        };
        let now = Shown { scene: desk.scene, picture, painted: desk.strokes.numbers().1, colours, ground };
        if self.shown == Some(now) {
            return;
        }
        self.grid = desk.stage(seen);
        let image = match desk.scene {
            Scene::Stage => self.grid.as_ref().map(|grid| image_from_grid(grid, colours)),
            Scene::Worlds => Mosaic::new(seen.worlds()).map(|mosaic| mosaic.image(seen.worlds(), colours, ground)),
        };
        let Some(image) = image else {
            self.tiles.clear();
            return;
        };
        let size = (image.size[1], image.size[0]);
        if size != self.size {
            (self.size, self.view) = (size, None);
        }
        self.tiles.set(ui.ctx(), image);
        self.shown = Some(now);
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

    /// The tools, the overlay, and the cells' numbers where they are large; returns the cell under the pointer.
    fn stage(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        response: &Response,
        seen: &Seen,
        desk: &mut Desk,
        view: View,
    ) -> Option<Cell> {
        let (Some(picture), Some(grid)) = (seen.picture(), &self.grid) else { return None };
        // A stage of another size has no such cells.
        let whole = Area::whole(grid);
        let fits = |area: &Area| area.top + area.height <= whole.height && area.left + area.width <= whole.width;
        desk.hand.selection = desk.hand.selection.filter(fits);
        let hover = response.hover_pos();
        let under = hover.map(|at| view.cell_at(rect, at)).filter(|&cell| whole.contains(cell));
        if let Some((row, column)) = under {
            desk.under = Some((row as usize, column as usize));
        }
        let boundary = seen.applied.world.boundary;
        self.pointer.take(ui, response, (picture, grid, boundary), desk, |at| view.cell_at(rect, at));
        if self.view.is_some() && view.scale >= NUMBERED {
            numbers(ui, rect, grid, view);
        }
        self.overlay.draw(ui, rect, &view, seen, desk);
        let pinned = desk.pinned.filter(|&cell| desk.looks_into(Query::Cell(cell)));
        let pinned = pinned.map(|(row, column)| (row as i32, column as i32));
        if let Some(cell) = pinned.filter(|&cell| whole.contains(cell)) {
            let (painter, place) = (ui.painter_at(rect), view.screen_from_cells(rect, cell, 1, 1));
            painter.rect_stroke(place, 1.0, Stroke::new(4.0, Color32::BLACK), StrokeKind::Outside);
            painter.rect_stroke(place, 1.0, Stroke::new(2.0, Color32::WHITE), StrokeKind::Outside);
        }
        self.pointer.preview(ui, rect, grid, desk, view, hover);
        under
    }

    /// Outlines the world under the pointer; a click brings it onto the stage.
    fn worlds(&self, ui: &Ui, rect: Rect, response: &Response, seen: &Seen, desk: &mut Desk, view: View) {
        let (Some(mosaic), Some(at)) = (Mosaic::new(seen.worlds()), response.hover_pos()) else { return };
        let Some(world) = mosaic.world_at(view.cell_at(rect, at)) else { return };
        let (corner, height, width) = mosaic.place(world);
        let place = view.screen_from_cells(rect, corner, height, width);
        let stroke = (2.0, ui.visuals().strong_text_color());
        ui.painter_at(rect).rect_stroke(place, 0.0, stroke, StrokeKind::Outside);
        if response.clicked() {
            desk.send(ToStage::SetStage(Box::new(seen.worlds()[world].clone())));
            desk.set_scene(Scene::Stage);
        }
    }

    fn caption(&self, ui: &Ui, rect: Rect, seen: &Seen, desk: &Desk, hovered: Option<Cell>) {
        let mut text = match (desk.scene, seen.picture()) {
            (Scene::Stage, Some(picture)) => format!(
                "{} × {}  ·  step {}  ·  rule of update {}",
                picture.grid.height, picture.grid.width, picture.step, picture.update
            ),
            (Scene::Stage, None) => return,
            (Scene::Worlds, _) => {
                format!("{} training worlds  ·  a click brings one onto the stage", seen.worlds().len())
            }
        };
        if let (Some((row, column)), Some(grid)) = (hovered, &self.grid) {
            text += &format!("  ·  row {row}, column {column}: colour {}", grid.at(row as usize, column as usize));
        }
        if let (Scene::Stage, Some(area)) = (desk.scene, desk.hand.selection) {
            text += &format!("  ·  selected {} × {}", area.height, area.width);
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

/// Each visible cell's number in it, so that states can be told apart without colour.
fn numbers(ui: &Ui, rect: Rect, grid: &Grid, view: View) {
    let colours = ColourMap::of(ui.ctx());
    let painter = ui.painter_at(rect);
    let font = FontId::proportional((view.scale * 0.5).min(28.0));
    let digits: [_; COLOURS] = std::array::from_fn(|state| {
        let ink = ink_on(colours.colour(state)).gamma_multiply(0.6);
        painter.layout_no_wrap(state.to_string(), font.clone(), ink)
    });
    let Some(visible) = Area::between(view.cell_at(rect, rect.min), view.cell_at(rect, rect.max), grid) else { return };
    for row in visible.top..visible.top + visible.height {
        for column in visible.left..visible.left + visible.width {
            let digit = &digits[usize::from(grid.at(row, column)) % COLOURS];
            let middle = view.screen_from_cells(rect, (row as i32, column as i32), 1, 1).center();
            painter.galley(middle - digit.size() / 2.0, digit.clone(), Color32::WHITE);
        }
    }
}

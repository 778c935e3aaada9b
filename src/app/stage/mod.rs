//! The middle of the window: the watched world, or all training worlds, with zoom, pan and the tools.

mod draw;
mod gesture;
mod material;
mod mosaic;
mod overlay;
mod sheet;
mod thumbnail;
mod view;

use bevy_egui::egui::{
    Align2, Color32, CornerRadius, FontId, Key, PointerButton, Rect, Response, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, WidgetType, vec2,
};

use super::colours::ColourMap;
use super::state::{Desk, Scene, Seen};
use crate::canvas::{Area, Cell};
use crate::session::{Picture, Query, ToStage};
use crate::spec::config::Config;
use crate::spec::grid::Grid;
pub(super) use draw::{Sheets, plugin};
use gesture::Pointer;
use material::Parts;
use mosaic::Mosaic;
use overlay::OverlayView;
pub use sheet::Sheet;
pub(super) use thumbnail::Thumbnail;
pub use view::View;

/// From this many points a cell on, each has its number in it once the view is zoomed.
const NUMBERED: f32 = 20.0;

/// The stage's first size: four times the training worlds'.
pub fn first_size(config: &Config) -> (usize, usize) {
    let (height, width) = config.world.size;
    let side = |cells: usize| (cells * 4).clamp(16, 128);
    (side(height), side(width))
}

/// What the sheet was made from.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shown {
    scene: Scene,
    picture: u64,
    painted: u32,
}

/// The panel.
#[derive(Default)]
pub struct StageView {
    /// The stage with what was painted since its picture was taken, or the training worlds.
    pub sheet: Sheet,
    shown: Option<Shown>,
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
        let ground = ui.visuals().extreme_bg_color;
        self.refresh(seen, desk);
        // Until it is zoomed or moved, the view follows the window's size.
        let fitted = View::home(rect, self.size.1, self.size.0);
        let mut view = self.view.unwrap_or(fitted);
        if self.navigate(ui, rect, &response, desk, &mut view) {
            self.view = Some(view);
        }
        self.sheet.parts = Parts::default();
        self.sheet.draw(rect, rect, view, ColourMap::of(ui.ctx()), ground);
        if self.sheet.cells().is_none() {
            self.empty(ui, rect, "The stage opens with the first picture …");
            return;
        }
        let hovered = match desk.scene {
            Scene::Stage => self.stage(ui, rect, &response, seen, desk, view),
            Scene::Worlds => {
                self.worlds(ui, rect, &response, seen, desk, view);
                None
            }
        };
        self.caption(ui, rect, seen, desk, hovered);
    }

    /// Fills the sheet anew where there is a new picture.
    fn refresh(&mut self, seen: &Seen, desk: &Desk) {
        let picture = match desk.scene {
            Scene::Stage => seen.latest.number::<Picture>(),
            Scene::Worlds => seen.latest.number::<Vec<Grid>>(),
        };
        let now = Shown { scene: desk.scene, picture, painted: desk.strokes.numbers().1 };
        if self.shown == Some(now) {
            return;
        }
        self.shown = Some(now);
        let cells = match desk.scene {
            Scene::Stage => desk.stage(seen),
            Scene::Worlds => Mosaic::new(seen.worlds()).map(|mosaic| mosaic.cells(seen.worlds())),
        };
        if let Some(size) = cells.as_ref().map(|cells| (cells.height, cells.width)).filter(|size| *size != self.size) {
            (self.size, self.view) = (size, None);
        }
        self.sheet.set(cells);
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
        let (Some(picture), Some(grid)) = (seen.picture(), self.sheet.cells()) else { return None };
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
        let pinned = desk.pinned.filter(|&cell| desk.looks_into(Query::Cell(cell)));
        let pinned = pinned.map(|(row, column)| (row as i32, column as i32));
        if let Some(cell) = pinned.filter(|&cell| whole.contains(cell)) {
            let (painter, place) = (ui.painter_at(rect), view.screen_from_cells(rect, cell, 1, 1));
            painter.rect_stroke(place, 1.0, Stroke::new(4.0, Color32::BLACK), StrokeKind::Outside);
            painter.rect_stroke(place, 1.0, Stroke::new(2.0, Color32::WHITE), StrokeKind::Outside);
        }
        self.pointer.preview(ui, rect, grid, desk, view, hover);
        self.sheet.parts.near = self.view.is_some() && view.scale >= NUMBERED;
        self.overlay.draw(ui, rect, view.scale, seen, desk, &mut self.sheet);
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
        if let (Some((row, column)), Some(grid)) = (hovered, self.sheet.cells()) {
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

//! What the pointer does to the stage: presses, drags and releases become cells, with a preview of what they will be.

use bevy_egui::egui::{
    Color32, Event, Key, Modifiers, Painter, PointerButton, Pos2, Rect, Response, Shape, Stroke, StrokeKind, Ui,
    epaint::EllipseShape,
};

use super::super::hand::Tool;
use super::super::state::Desk;
use super::thumbnail::Thumbnail;
use super::view::View;
use crate::canvas::{Area, Cell, Cover, Tip, laid};
use crate::session::Picture;
use crate::spec::grid::{Boundary, Grid};

/// What the left button holds.
enum Gesture {
    Paint { last: Cell },
    Shape { tool: Tool, from: Cell, to: Cell },
    Select { from: Cell, to: Cell },
    Move { area: Area, piece: Grid, from: Cell, to: Cell },
}

/// The gesture that is being made.
#[derive(Default)]
pub(super) struct Pointer {
    held: Option<Gesture>,
    /// The pattern under the pointer, as it was last drawn.
    floating: Thumbnail,
}

impl Pointer {
    /// Takes this frame's part of a gesture in. A frame may hold a whole stroke, so every event counts, not only where
    /// the pointer is at its end.
    pub(super) fn take(
        &mut self,
        ui: &Ui,
        response: &Response,
        (picture, grid, boundary): (&Picture, &Grid, Boundary),
        desk: &mut Desk,
        cell_at: impl Fn(Pos2) -> Cell,
    ) {
        // The edge that sizes a panel reaches over the stage.
        let taken = ui.ctx().dragged_id().is_some_and(|id| id != response.id);
        if taken || ui.input(|input| input.key_down(Key::Space) || input.key_pressed(Key::Escape)) {
            self.held = None;
            return;
        }
        if response.clicked_by(PointerButton::Middle)
            && let Some(at) = response.interact_pointer_pos()
        {
            pick(grid, cell_at(at), desk);
        }
        let free = |at| response.rect.contains(at) && ui.ctx().layer_id_at(at) == Some(response.layer_id);
        let (events, down) = ui.input(|input| (input.events.clone(), input.pointer.primary_down()));
        let mut cover = Cover::new(grid.height, grid.width);
        // egui says what is held at the frame's end.
        let mut held = desk.pressed.clone().into_iter();
        for event in events {
            let at_press = match event {
                Event::PointerButton { button: PointerButton::Primary, pressed: true, modifiers, .. } => {
                    held.next().unwrap_or(modifiers)
                }
                _ => Modifiers::NONE,
            };
            match event {
                Event::PointerButton { pos, button: PointerButton::Primary, pressed: true, .. } if free(pos) => {
                    // What was painted before belongs to the gesture before.
                    self.flush(&mut cover, picture, desk);
                    desk.strokes.begin_gesture();
                    self.press(cell_at(pos), at_press, &mut cover, (picture, grid, boundary), desk);
                }
                Event::PointerButton { button: PointerButton::Primary, .. } => {
                    self.release(&mut cover, (picture, grid), desk);
                }
                Event::PointerMoved(pos) => match &mut self.held {
                    Some(Gesture::Paint { last }) => {
                        let cell = cell_at(pos);
                        if cell != *last {
                            cover.line(*last, cell, desk.hand.brush);
                        }
                        *last = cell;
                    }
                    Some(Gesture::Shape { to, .. } | Gesture::Select { to, .. } | Gesture::Move { to, .. }) => {
                        *to = cell_at(pos);
                    }
                    None => {}
                },
                _ => {}
            }
        }
        if !down {
            self.held = None;
        }
        self.flush(&mut cover, picture, desk);
    }

    /// Paints what is covered.
    fn flush(&self, cover: &mut Cover, picture: &Picture, desk: &mut Desk) {
        cover.thin(desk.hand.density, picture.seed, desk.strokes.numbers());
        cover.mirror(desk.hand.symmetry);
        let colour = desk.hand.colour;
        let cells: Vec<_> = cover.take().into_iter().map(|cell| (cell, colour)).collect();
        desk.paint(picture, cells);
    }

    fn press(
        &mut self,
        cell: Cell,
        modifiers: Modifiers,
        cover: &mut Cover,
        (picture, grid, boundary): (&Picture, &Grid, Boundary),
        desk: &mut Desk,
    ) {
        if let Some(pattern) = desk.hand.floating.take() {
            let corner = corner_under(&pattern, cell);
            let opposite = (corner.0 + pattern.height as i32 - 1, corner.1 + pattern.width as i32 - 1);
            desk.hand.selection = Area::between(corner, opposite, grid);
            desk.paint(picture, laid(&pattern, corner, grid.height, grid.width));
            // Held, Shift lays down more of them.
            desk.hand.floating = Some(pattern).filter(|_| modifiers.shift);
            return;
        }
        let tool = match modifiers {
            Modifiers { alt: true, .. } => Tool::Pick,
            Modifiers { shift: true, .. } => Tool::Line,
            Modifiers { command: true, .. } => Tool::Rectangle,
            _ => desk.hand.tool,
        };
        self.held = match tool {
            Tool::Brush => {
                cover.line(cell, cell, desk.hand.brush);
                Some(Gesture::Paint { last: cell })
            }
            Tool::Line | Tool::Rectangle | Tool::Ellipse => Some(Gesture::Shape { tool, from: cell, to: cell }),
            Tool::Fill => {
                cover.flood(grid, cell, boundary);
                None
            }
            Tool::Pick => {
                pick(grid, cell, desk);
                None
            }
            Tool::Select => Some(match desk.hand.selection.filter(|area| area.contains(cell)) {
                Some(area) => Gesture::Move { area, piece: area.cut(grid), from: cell, to: cell },
                None => Gesture::Select { from: cell, to: cell },
            }),
        };
    }

    fn release(&mut self, cover: &mut Cover, (picture, grid): (&Picture, &Grid), desk: &mut Desk) {
        let brush = desk.hand.brush;
        let outline = Some(brush).filter(|_| !desk.hand.filled);
        match self.held.take() {
            Some(Gesture::Shape { tool: Tool::Rectangle, from, to }) => cover.rectangle(from, to, outline),
            Some(Gesture::Shape { tool: Tool::Ellipse, from, to }) => cover.ellipse(from, to, outline),
            Some(Gesture::Shape { from, to, .. }) => cover.line(from, to, brush),
            // A click selects nothing.
            Some(Gesture::Select { from, to }) => {
                desk.hand.selection = Area::between(from, to, grid).filter(|_| from != to);
            }
            Some(Gesture::Move { area, piece, from, to }) if from != to => {
                let Some(moved) = dragged(area, from, to, grid) else { return };
                let mut cells: Vec<_> = area.cells(grid.width).map(|cell| (cell, 0)).collect();
                cells.extend(laid(&piece, moved.corner(), grid.height, grid.width));
                desk.hand.selection = Some(moved);
                desk.paint(picture, cells);
            }
            Some(Gesture::Move { .. } | Gesture::Paint { .. }) | None => {}
        }
    }

    /// Outlines what is selected, and what a press or release would draw.
    pub(super) fn preview(&mut self, ui: &Ui, rect: Rect, grid: &Grid, desk: &Desk, view: View, hover: Option<Pos2>) {
        let painter = ui.painter_at(rect);
        let area_at = |corner: Cell, height: usize, width: usize| view.screen_from_cells(rect, corner, height, width);
        if let Some(area) = desk.hand.selection {
            dashes(&painter, area_at(area.corner(), area.height, area.width));
        }
        let under = hover.map(|at| view.cell_at(rect, at));
        let floating = match (&self.held, &desk.hand.floating, under) {
            (Some(Gesture::Move { area, piece, from, to }), ..) => {
                dragged(*area, *from, *to, grid).map(|area| (piece, area.corner()))
            }
            (_, Some(pattern), Some(cell)) => Some((pattern, corner_under(pattern, cell))),
            _ => None,
        };
        if let Some((pattern, corner)) = floating {
            let place = area_at(corner, pattern.height, pattern.width);
            self.floating.paint(&painter, place, pattern, Color32::from_white_alpha(215));
            return dashes(&painter, place);
        }
        let brush = desk.hand.brush;
        let brush_at = |cell: Cell| area_at(brush.corner(cell), brush.size, brush.size);
        let box_of = |a: Cell, b: Cell| {
            let (height, width) = ((a.0 - b.0).unsigned_abs() as usize + 1, (a.1 - b.1).unsigned_abs() as usize + 1);
            area_at((a.0.min(b.0), a.1.min(b.1)), height, width)
        };
        match &self.held {
            Some(Gesture::Shape { tool: Tool::Rectangle, from, to }) => outline(&painter, box_of(*from, *to), false),
            Some(Gesture::Shape { tool: Tool::Ellipse, from, to }) => outline(&painter, box_of(*from, *to), true),
            Some(Gesture::Shape { from, to, .. }) => {
                let ends = [brush_at(*from).center(), brush_at(*to).center()];
                for (width, colour) in LINES {
                    painter.line_segment(ends, Stroke::new(width, colour));
                }
                outline(&painter, brush_at(*to), brush.tip == Tip::Round);
            }
            Some(Gesture::Select { from, to }) => dashes(&painter, box_of(*from, *to)),
            _ => {
                let Some(cell) = under.filter(|&cell| Area::whole(grid).contains(cell)) else { return };
                match desk.hand.tool {
                    Tool::Fill | Tool::Pick | Tool::Select => outline(&painter, area_at(cell, 1, 1), false),
                    _ => outline(&painter, brush_at(cell), brush.tip == Tip::Round && brush.size > 2),
                }
            }
        }
    }
}

/// Where what lay in an area goes by a drag; it stays on the stage as a whole.
fn dragged(area: Area, from: Cell, to: Cell, grid: &Grid) -> Option<Area> {
    let (top, left) = area.corner();
    area.moved_to((top + to.0 - from.0, left + to.1 - from.1), grid)
}

fn pick(grid: &Grid, cell: Cell, desk: &mut Desk) {
    if Area::whole(grid).contains(cell) {
        desk.hand.colour = grid.at(cell.0 as usize, cell.1 as usize);
    }
}

/// Where a pattern's upper left cell lies when its middle is under the pointer.
fn corner_under(pattern: &Grid, (row, column): Cell) -> Cell {
    (row - pattern.height as i32 / 2, column - pattern.width as i32 / 2)
}

/// Dark under light, to be seen on every colour.
const LINES: [(f32, Color32); 2] = [(3.0, Color32::from_black_alpha(160)), (1.0, Color32::WHITE)];

fn outline(painter: &Painter, rect: Rect, round: bool) {
    for (width, colour) in LINES {
        let stroke = Stroke::new(width, colour);
        if round {
            painter.add(EllipseShape::stroke(rect.center(), rect.size() / 2.0, stroke));
        } else {
            painter.rect_stroke(rect, 1.0, stroke, StrokeKind::Middle);
        }
    }
}

fn dashes(painter: &Painter, rect: Rect) {
    painter.rect_stroke(rect, 0.0, Stroke::new(2.0, Color32::from_black_alpha(200)), StrokeKind::Middle);
    let path = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
    painter.extend(Shape::dashed_line(&path, Stroke::new(1.5, Color32::WHITE), 5.0, 5.0));
}

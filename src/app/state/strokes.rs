//! What was painted on the stage and no picture has shown yet.

use std::collections::VecDeque;

use crate::canvas;
use crate::session::{Picture, Stroke};
use crate::spec::grid::Grid;

/// Strokes that were sent, with numbers: they are drawn before the stage has them.
#[derive(Debug, Default)]
pub struct Strokes {
    gesture: u32,
    painted: u32,
    pending: VecDeque<(u32, Stroke)>,
}

impl Strokes {
    /// The number of a new gesture: what is painted from now on is undone apart from what was painted before.
    pub fn begin_gesture(&mut self) -> u32 {
        self.gesture += 1;
        self.gesture
    }

    /// The number of the gesture that is made, and of the stroke that was sent last.
    pub fn numbers(&self) -> (u32, u32) {
        (self.gesture, self.painted)
    }

    /// Cells of the stage that this picture shows, as a part of the gesture.
    pub(super) fn paint(&mut self, picture: &Picture, cells: Vec<(u32, u8)>) -> Stroke {
        let stroke = Stroke { epoch: picture.epoch, gesture: self.gesture, cells };
        self.painted += 1;
        self.pending.push_back((self.painted, stroke.clone()));
        stroke
    }

    /// Lets go of what a picture shows.
    pub fn settle(&mut self, picture: &Picture) {
        self.pending.retain(|(number, _)| *number > picture.painted);
    }

    /// The stage that a picture shows as it will be with all that was painted.
    pub(super) fn over(&self, picture: &Picture) -> Grid {
        let mut grid = picture.grid.clone();
        let of_this = |stroke: &Stroke| stroke.epoch == picture.epoch;
        for (_, stroke) in self.pending.iter().filter(|(number, s)| *number > picture.painted && of_this(s)) {
            canvas::paint(&mut grid, &stroke.cells);
        }
        grid
    }
}

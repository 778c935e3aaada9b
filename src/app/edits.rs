//! The edits of the stage that need no pointer.

use super::hand::{Lifted, Tool};
use super::keys::Action;
use super::state::{Ask, Desk, Notice, Seen};
use crate::canvas::{self, Area, flipped, flopped, laid, turned};
use crate::files::pattern;
use crate::spec::grid::Grid;

/// Selects the whole stage.
pub fn select_all(seen: &Seen, desk: &mut Desk) {
    desk.hand.tool = Tool::Select;
    desk.hand.selection = seen.picture().map(|picture| Area::whole(&picture.grid));
}

/// Lets go of what is under the pointer, or else of the selection. A window that is open is closed by the same key, and
/// nothing else is.
pub fn cancel(desk: &mut Desk) {
    if desk.windows.is_empty() && desk.hand.floating.take().is_none() {
        desk.hand.selection = None;
    }
}

/// Copies the selection, or else the whole stage, as text for the clipboard.
pub fn copy(seen: &Seen, desk: &mut Desk) {
    let Some(grid) = desk.stage(seen) else { return };
    let area = desk.hand.selection.unwrap_or(Area::whole(&grid));
    desk.ask(Ask::Copy(pattern::to_text(&area.cut(&grid))));
}

/// Copies the selection and deletes it.
pub fn cut(seen: &Seen, desk: &mut Desk) {
    if desk.hand.selection.is_some() {
        copy(seen, desk);
    }
    delete(seen, desk);
}

/// Colours the selection with colour 0.
pub fn delete(seen: &Seen, desk: &mut Desk) {
    let (Some(picture), Some(area)) = (seen.picture(), selected(desk)) else { return };
    let cells = area.cells(picture.grid.width).map(|cell| (cell, 0)).collect();
    desk.strokes.begin_gesture();
    desk.paint(picture, cells);
}

/// Takes a pattern from the clipboard under the pointer.
pub fn paste(text: Option<&str>, desk: &mut Desk) {
    let Some(text) = text else {
        let copy = desk.keys.text(Action::Copy);
        let text = format!("The clipboard holds no text; copy a pattern first ({copy}).");
        return desk.notify(Notice::Note(text));
    };
    let alive = desk.hand.colour.max(1);
    match pattern::read_text(text, (0, alive)) {
        Ok(pattern) => desk.hand.floating = Some(pattern),
        Err(error) => desk.notify(Notice::Error(error.to_string())),
    }
}

/// A change of a whole pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Left to right.
    Flip,
    /// Top to bottom.
    Flop,
    /// By a quarter, clockwise.
    Turn,
}

/// Flips or turns what is under the pointer, or else what is selected, about its middle.
pub fn change(change: Change, seen: &Seen, desk: &mut Desk) {
    let changed = |grid: &Grid| match change {
        Change::Flip => flipped(grid),
        Change::Flop => flopped(grid),
        Change::Turn => turned(grid),
    };
    if let Some(floating) = &mut desk.hand.floating {
        *floating = changed(floating);
        return;
    }
    let (Some(picture), Some(grid)) = (seen.picture(), desk.stage(seen)) else { return };
    let Some(area) = selected(desk) else { return };
    // Of what was turned last and left alone since, the stage without it is known: nothing that it passed over is lost.
    let go_on = |lifted: &Lifted| lifted.left == grid && lifted.at == area;
    let lifted = desk.hand.lifted.take().filter(go_on);
    let (under, from, piece) = match lifted {
        Some(Lifted { under, from, piece, .. }) => (under, from, piece),
        None => {
            let mut under = grid.clone();
            area.cells(grid.width).for_each(|cell| under.cells[cell as usize] = 0);
            (under, area, area.cut(&grid))
        }
    };
    let piece = changed(&piece);
    let Some(at) = from.about(&piece, &grid) else {
        return desk.notify(Notice::Note(format!(
            "Turned, the selection would have {} rows and {} columns, for which the stage is too small.",
            piece.height, piece.width
        )));
    };
    let mut left = under.clone();
    canvas::paint(&mut left, &laid(&piece, at.corner(), grid.height, grid.width));
    let cells = (0u32..).zip(grid.cells.iter().zip(&left.cells)).filter(|(_, (old, new))| old != new);
    let cells = cells.map(|(cell, (_, new))| (cell, *new)).collect();
    desk.hand.selection = Some(at);
    desk.hand.lifted = Some(Lifted { under, from, piece, at, left });
    desk.strokes.begin_gesture();
    desk.paint(picture, cells);
}

/// Fills a share of the selection, or else of the stage, with the chosen colours at random.
pub fn scatter(seen: &Seen, desk: &mut Desk) {
    let Some(picture) = seen.picture() else { return };
    let grid = &picture.grid;
    let area = desk.hand.selection.unwrap_or(Area::whole(grid));
    let colours: Vec<u8> = (0u8..).zip(desk.hand.mixed).filter(|(_, mixed)| *mixed).map(|(colour, _)| colour).collect();
    let number = desk.strokes.begin_gesture();
    let cells = canvas::scattered(area.cells(grid.width), &colours, desk.hand.share, picture.seed, number);
    desk.paint(picture, cells);
}

/// What is selected; says so where that is nothing.
fn selected(desk: &mut Desk) -> Option<Area> {
    if desk.hand.selection.is_none() {
        let (select, all) = (desk.keys.text(Action::Select), desk.keys.text(Action::SelectAll));
        desk.notify(Notice::Note(format!(
            "Nothing is selected: drag a rectangle with the tool for it ({select}), or select all ({all})."
        )));
    }
    desk.hand.selection
}

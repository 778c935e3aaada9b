//! What the user draws with: the tools, their colours and brushes, and what is selected.

use super::keys::{Action, Keys};
use crate::canvas::{Area, Brush, Symmetry, Tip};
use crate::spec::COLOURS;
use crate::spec::grid::Grid;

/// What a press on the stage begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Paints under the pointer.
    Brush,
    /// A straight line.
    Line,
    /// A rectangle.
    Rectangle,
    /// An ellipse.
    Ellipse,
    /// Colours the connected cells of one colour.
    Fill,
    /// Takes the colour up.
    Pick,
    /// Selects a rectangle, or moves what is selected.
    Select,
}

impl Tool {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Brush, Self::Line, Self::Rectangle, Self::Ellipse, Self::Fill, Self::Pick, Self::Select];

    /// What it does, with its keys.
    pub fn doc(self, keys: &Keys) -> String {
        let (sentence, action) = match self {
            Self::Brush => ("Brush: a left drag paints", Action::Brush),
            Self::Line => ("Line: drag from end to end", Action::Line),
            Self::Rectangle => ("Rectangle: drag from corner to corner", Action::Rectangle),
            Self::Ellipse => ("Ellipse: drag from corner to corner of its box", Action::Ellipse),
            Self::Fill => ("Fill: colours the cells of one colour that hang together", Action::Fill),
            Self::Pick => ("Eyedropper: takes a cell's colour up", Action::PickColour),
            Self::Select => ("Select: drag a rectangle; drag inside it to move what it holds", Action::Select),
        };
        let gesture = action.gesture().map(|gesture| format!("; {gesture} with any tool")).unwrap_or_default();
        let doc = format!("{sentence} ({}{gesture}).", keys.text(action));
        if self != Self::Select {
            return doc;
        }
        let [all, copy, cut, paste] =
            [Action::SelectAll, Action::Copy, Action::Cut, Action::Paste].map(|action| keys.text(action));
        format!("{doc} {all} selects all; {copy}, {cut} and {paste} copy, cut and paste as Golly's text.")
    }
}

/// What was flipped or turned where it lay, to be flipped and turned on from there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lifted {
    /// The stage without it.
    pub(super) under: Grid,
    /// Where it lay first.
    pub(super) from: Area,
    pub(super) piece: Grid,
    /// Where it lies now.
    pub(super) at: Area,
    /// The stage as it was left.
    pub(super) left: Grid,
}

/// The state of the tools.
#[derive(Debug, Clone, PartialEq)]
pub struct Hand {
    /// The one in use.
    pub tool: Tool,
    /// The colour that is painted.
    pub colour: u8,
    /// What lines and outlines are drawn with.
    pub brush: Brush,
    /// The share of the cells under the brush that get the colour.
    pub density: f32,
    /// Whether rectangles and ellipses are filled.
    pub filled: bool,
    /// Where what is painted is painted again.
    pub symmetry: Symmetry,
    /// Whether each colour takes part in a random fill.
    pub mixed: [bool; COLOURS],
    /// The share of the cells that a random fill changes.
    pub share: f32,
    /// What is selected.
    pub selection: Option<Area>,
    /// A pattern under the pointer that waits to be laid down.
    pub floating: Option<Grid>,
    pub(super) lifted: Option<Lifted>,
}

impl Default for Hand {
    fn default() -> Self {
        Self {
            tool: Tool::Brush,
            colour: 9,
            brush: Brush { size: 1, tip: Tip::Square },
            density: 1.0,
            filled: false,
            symmetry: Symmetry::None,
            mixed: [true; COLOURS],
            share: 1.0,
            selection: None,
            floating: None,
            lifted: None,
        }
    }
}

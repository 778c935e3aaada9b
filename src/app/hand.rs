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
        let key = |action| keys.text(action);
        match self {
            Self::Brush => keys.doc("Brush: a left drag paints", Action::Brush),
            Self::Line => format!("Line: drag from end to end ({}; Shift-drag with any tool).", key(Action::Line)),
            Self::Rectangle => {
                format!("Rectangle: drag from corner to corner ({}; Ctrl-drag with any tool).", key(Action::Rectangle))
            }
            Self::Ellipse => keys.doc("Ellipse: drag from corner to corner of its box", Action::Ellipse),
            Self::Fill => keys.doc("Fill: colours the cells of one colour that hang together", Action::Fill),
            Self::Pick => format!(
                "Eyedropper: takes a cell's colour up ({}; Alt-click or middle-click with any tool).",
                key(Action::PickColour)
            ),
            Self::Select => format!(
                "Select: drag a rectangle; drag inside it to move what it holds ({}). {} selects all; {}, {} and {} \
                 copy, cut and paste as Golly's text.",
                key(Action::Select),
                key(Action::SelectAll),
                key(Action::Copy),
                key(Action::Cut),
                key(Action::Paste)
            ),
        }
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

//! What the window knows of the session, and what its panels want.

mod desk;
mod seen;

pub use desk::Desk;
pub use seen::Seen;

use std::path::PathBuf;
use std::time::Instant;

use crate::session::Speed;

/// A line above the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Something went wrong; what to do is part of the sentence.
    Error(String),
    /// Good to know.
    Note(String),
}

/// A run to take up where it was left.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its checkpoint.
    pub checkpoint: PathBuf,
    /// Since when it is offered.
    pub since: Instant,
}

/// Speeds of the stage, slowest first.
pub const SPEEDS: [Speed; 8] = [
    Speed::PerSecond(1.0),
    Speed::PerSecond(2.0),
    Speed::PerSecond(5.0),
    Speed::PerSecond(10.0),
    Speed::PerSecond(20.0),
    Speed::PerSecond(30.0),
    Speed::PerSecond(60.0),
    Speed::Max,
];

/// What fills the middle of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// The watched world.
    Stage,
    /// All worlds that learning runs on.
    Worlds,
}

/// What the panel beside the stage shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dock {
    /// The run's curves.
    Curves,
    /// A cell taken apart.
    Inspector,
    /// Measures of the stage.
    Measures,
}

/// What the panel at the right shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The run's settings.
    Settings,
    /// Patterns to lay on the stage.
    Patterns,
}

/// A dialog to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialog {
    /// Choose a file to open.
    Open,
    /// Choose where to save.
    Save,
    /// Choose a checkpoint to compare the stage with.
    Compare,
    /// Choose where the curves go as CSV.
    Curves,
    /// Choose where a picture of the curves goes.
    Picture,
    /// Choose where to write the stage.
    Export,
}

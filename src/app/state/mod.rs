//! What the window knows of the session, and what its panels want.

mod ask;
mod desk;
mod latest;
mod seen;
mod strokes;

pub use ask::{Ask, Dialog};
pub use desk::Desk;
pub use latest::Latest;
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scene {
    /// The watched world.
    #[default]
    Stage,
    /// All worlds that learning runs on.
    Worlds,
}

/// Where a pane lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dock {
    /// At the left of the stage, behind a tab.
    Left,
    /// At the right.
    Right,
    /// In a window of its own over the stage.
    Window,
}

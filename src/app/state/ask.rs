//! What panels ask of the window and of the session.

use std::path::PathBuf;

use bevy_egui::egui::Rect;

use super::Notice;
use crate::spec::config::Config;

/// What the window is to do, once.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Take all of these settings over.
    Adopt(Box<Config>),
    /// Take a picture of the window, or of a part of it, in points, into this file.
    Capture(PathBuf, Option<Rect>),
    /// Put a text on the clipboard.
    Copy(String),
    /// Choose a file.
    Dialog(Dialog),
    /// Bring the whole grid into view.
    Fit,
    /// Fill the screen, or no more.
    FullScreen,
    /// Show a line.
    Notice(Notice),
    /// Take the clipboard's pattern under the pointer.
    Paste,
    /// Close the window.
    Quit,
    /// Begin to record a clip, or end it and write it.
    Record,
}

/// A dialog to open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Dialog {
    /// Choose a file to open.
    Open,
    /// Choose where to save.
    Save,
    /// Choose a checkpoint to compare the stage with.
    Compare,
    /// Choose where the curves go as CSV.
    Curves,
    /// Choose where a picture of the curves goes, which lie there in the window.
    Picture(Rect),
    /// Choose where to write the stage.
    Export,
}

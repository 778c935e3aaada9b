//! A panel of the window: what it is called, where it lies, what it draws, and what it asks of the session meanwhile.

use bevy_egui::egui::{Context, Ui, Window};

use super::keys::{Action, Keys};
use super::state::{Ask, Desk, Seen};
use crate::session::Query;

pub use super::state::Dock;

/// What the shell knows of a pane.
#[derive(Debug)]
pub struct About {
    /// On its tab or its window; no two have the same.
    pub title: &'static str,
    /// A sentence for its tab's tooltip, without the stop.
    pub doc: &'static str,
    /// The action that opens it.
    pub key: Option<Action>,
    /// Where it lies.
    pub dock: Dock,
    /// The least height that it takes, in points; where there is less, it is scrolled.
    pub height: f32,
}

impl About {
    /// A pane that no action opens, and that fits any height.
    pub(super) const fn new(dock: Dock, title: &'static str, doc: &'static str) -> Self {
        Self { title, doc, key: None, dock, height: 0.0 }
    }

    /// What a tooltip says.
    pub fn tooltip(&self, keys: &Keys) -> String {
        self.key.map_or_else(|| format!("{}.", self.doc), |key| keys.doc(self.doc, key))
    }

    /// Whether it is in view.
    pub fn is_seen(&self, desk: &Desk) -> bool {
        match self.dock {
            Dock::Window => desk.windows.contains(self.title),
            dock => desk.panels && desk.drawing && desk.tabs.get(&dock) == Some(&self.title),
        }
    }

    /// Brings it into view.
    pub fn open(&self, desk: &mut Desk) {
        match self.dock {
            Dock::Window => drop(desk.windows.insert(self.title)),
            dock => {
                desk.panels = true;
                desk.tabs.insert(dock, self.title);
            }
        }
    }

    /// Closes its window.
    pub fn close(&self, desk: &mut Desk) {
        desk.windows.remove(self.title);
    }

    /// Opens its window, or closes it.
    pub fn toggle(&self, desk: &mut Desk) {
        if self.is_seen(desk) { self.close(desk) } else { self.open(desk) }
    }
}

/// A panel beside the stage, or a window over it.
pub trait Pane: Send + Sync {
    /// Fills it.
    fn ui(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk);

    /// What the session is to look into while the pane is in view.
    fn query(&self, _desk: &Desk) -> Option<Query> {
        None
    }

    /// Does what is asked of the window, where it is this pane's to do.
    fn serve(&mut self, _ask: &Ask, _seen: &Seen, _desk: &mut Desk) {}

    /// Where its window lies, for one that has a window of its own.
    fn place<'a>(&self, window: Window<'a>, _ctx: &Context) -> Window<'a> {
        window
    }
}

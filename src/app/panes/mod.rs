//! The panes, one a file: a new one implements [`Pane`], and is named here and given a row below.

pub mod charts;
pub mod clips;
pub mod editors;
pub mod inspector;
pub mod measures;
pub mod new_stage;
pub mod patterns;
pub mod settings;
pub mod sheet;

use crate::app::pane::{About, Dock, Pane};
use crate::app::state::{Desk, Seen};
use crate::session::Query;

/// Panes, each with what the shell knows of it.
pub type Panes = Vec<(&'static About, Box<dyn Pane>)>;

/// All of them, in the order of their tabs; the first of each dock is in view.
pub fn all(seen: &Seen, desk: &mut Desk) -> Panes {
    let panes: Panes = vec![
        (&charts::ABOUT, Box::<charts::ChartsPanel>::default()),
        (&inspector::ABOUT, Box::new(inspector::Inspector)),
        (&measures::ABOUT, Box::<measures::MeasuresPane>::default()),
        (&settings::ABOUT, Box::new(settings::SettingsPanel::new(seen))),
        (&patterns::ABOUT, Box::<patterns::Patterns>::default()),
        (&clips::ABOUT, Box::<clips::Clips>::default()),
        (&new_stage::ABOUT, Box::new(new_stage::NewStage)),
        (&sheet::ABOUT, Box::new(sheet::Sheet)),
    ];
    for (about, _) in panes.iter().filter(|(about, _)| about.dock != Dock::Window) {
        desk.tabs.entry(about.dock).or_insert(about.title);
    }
    panes
}

/// Has the session look into what the panes in view show, and the map over the stage, and into nothing else.
pub fn look(panes: &Panes, desk: &mut Desk) {
    let seen = panes.iter().filter(|(about, _)| about.is_seen(desk));
    let wanted = seen.filter_map(|(_, pane)| pane.query(desk)).chain(desk.overlay.map(Query::Overlay)).collect();
    desk.look_into(wanted);
}

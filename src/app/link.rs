//! The window's end of the session: events in at the start of a frame, commands out at its end.

use std::sync::Mutex;

use bevy::prelude::*;

use super::state::{Desk, Scene, Seen};
use crate::session::{Event, Session};

/// The running session.
#[derive(Resource)]
pub(super) struct Link(pub(super) Session);

/// Holds the session until the app is built.
pub(super) struct LinkPlugin(Mutex<Option<Session>>);

impl LinkPlugin {
    pub(super) fn new(session: Session) -> Self {
        Self(Mutex::new(Some(session)))
    }
}

impl Plugin for LinkPlugin {
    fn build(&self, app: &mut App) {
        if let Some(session) = self.0.lock().ok().and_then(|mut session| session.take()) {
            app.insert_resource(Link(session));
        }
        app.add_systems(First, receive).add_systems(Last, send);
    }
}

fn receive(mut link: ResMut<Link>, mut seen: ResMut<Seen>, mut desk: ResMut<Desk>) {
    for event in link.0.events() {
        if let Event::StopsAt(stop) = &event {
            desk.plan.stop = *stop;
        }
        if let Event::ClipOpened { stamp, .. } = &event {
            desk.greedy = stamp.greedy;
        }
        seen.apply(event);
    }
    seen.expire();
    if let Some(picture) = link.0.picture() {
        // The fields for the next stage's size follow a stage that was opened.
        if seen.picture.as_ref().is_none_or(|last| last.epoch != picture.epoch) {
            desk.stage_size = (picture.grid.height, picture.grid.width);
        }
        desk.pending.retain(|(number, _)| *number > picture.painted);
        seen.picture = Some(picture);
        seen.pictures += 1;
    }
    if let Some(inspection) = link.0.inspection() {
        seen.inspection = Some(inspection);
    }
    if let Some(overlaid) = link.0.overlay() {
        seen.overlaid = Some(overlaid);
        seen.overlays += 1;
    }
    if let Some((epoch, measured)) = link.0.measured() {
        seen.measures.push(epoch, measured);
    }
    if desk.scene == Scene::Worlds
        && let Some(worlds) = link.0.worlds()
    {
        seen.worlds = worlds;
        seen.worlds_seen += 1;
    }
}

fn send(mut link: ResMut<Link>, mut desk: ResMut<Desk>) {
    for command in desk.commands.drain(..) {
        link.0.send(command);
    }
}

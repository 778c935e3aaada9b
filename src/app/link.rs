//! The window's end of the session: events in at the start of a frame, commands out at its end.

use bevy::prelude::*;

use super::state::{Desk, Scene, Seen};
use crate::session::{Event, Inspected, Overlaid, Picture, Session};
use crate::spec::grid::Grid;
use crate::spec::measures::Measured;

/// The running session.
#[derive(Resource)]
pub(super) struct Link(pub(super) Session);

pub(super) fn plugin(app: &mut App) {
    app.add_systems(First, receive).add_systems(Last, send);
}

fn receive(mut link: ResMut<Link>, mut seen: ResMut<Seen>, mut desk: ResMut<Desk>) {
    for event in link.0.events() {
        if let Event::StopsAt(stop) = &event {
            desk.stop = *stop;
        }
        if let Event::ClipOpened { stamp, .. } = &event {
            desk.greedy = stamp.greedy;
        }
        seen.apply(event);
    }
    seen.expire();
    if let Some(picture) = link.0.latest::<Picture>() {
        // The fields for the next stage's size follow a stage that was opened.
        if seen.picture().is_none_or(|last| last.epoch != picture.epoch) {
            desk.stage_size = (picture.grid.height, picture.grid.width);
        }
        desk.strokes.settle(&picture);
        seen.latest.put(picture);
    }
    let latest = &mut seen.latest;
    link.0.latest::<Inspected>().into_iter().for_each(|inspected| latest.put(inspected));
    link.0.latest::<Overlaid>().into_iter().for_each(|overlaid| latest.put(overlaid));
    link.0.latest::<(u32, Measured)>().into_iter().for_each(|measured| latest.put(measured));
    if desk.scene == Scene::Worlds {
        link.0.latest::<Vec<Grid>>().into_iter().for_each(|worlds| latest.put(worlds));
    }
}

fn send(mut link: ResMut<Link>, mut desk: ResMut<Desk>) {
    for command in desk.commands.drain(..) {
        link.0.send(command);
    }
}

//! The window's end of the session: events in at the start of a frame, commands out at its end.

use bevy::prelude::*;

use super::state::{Desk, Seen};
use crate::session::{Event, Picture, Session};

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
    let (shown, epoch) = (seen.latest.number::<Picture>(), seen.picture().map(|picture| picture.epoch));
    link.0.news().into_iter().for_each(|news| seen.latest.put(news));
    if let Some(picture) = seen.picture().filter(|_| seen.latest.number::<Picture>() != shown) {
        // The fields for the next stage's size follow a stage that was opened.
        if epoch != Some(picture.epoch) {
            desk.stage_size = (picture.grid.height, picture.grid.width);
        }
        desk.strokes.settle(picture);
    }
}

fn send(mut link: ResMut<Link>, mut desk: ResMut<Desk>) {
    for command in desk.commands.drain(..) {
        link.0.send(command);
    }
}

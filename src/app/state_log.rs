//! A log of what the window shows, for tests that drive it by mouse and keyboard alone.
//!
//! With `PRIMORDIA_STATE_LOG=FILE` in the environment, every frame that shows something new leaves a line of JSON in
//! FILE: the stage's picture with its cells as hexadecimal digits, x and y of its corner and the length of a cell on the
//! screen, what the session and the desk are at, and each control with what it says and where it lies.

use std::fs::File;
use std::io::Write;

use bevy::prelude::*;
use bevy_egui::egui::PlatformOutput;
use bevy_egui::{EguiContexts, EguiOutput};
use serde_json::{Value, json};

use super::stage::Sheets;
use super::state::{Desk, Seen};
use crate::session::Inspected;

/// Where it is written, and the last line.
#[derive(Resource)]
struct StateLog(File, Value);

pub(super) fn plugin(app: &mut App) {
    let Some(path) = std::env::var_os("PRIMORDIA_STATE_LOG") else { return };
    match File::create(&path) {
        Ok(file) => drop(app.insert_resource(StateLog(file, Value::Null)).add_systems(Last, write)),
        Err(error) => warn!("no state log in {}: {error}", path.display()),
    }
}

fn write(
    mut contexts: EguiContexts,
    output: Single<&EguiOutput>,
    seen: Res<Seen>,
    (desk, sheets): (Res<Desk>, Res<Sheets>),
    mut log: ResMut<StateLog>,
) -> Result {
    // Screen readers are told what each control says and where it lies; so is the log.
    contexts.ctx_mut()?.enable_accesskit();
    let line = line(&seen, &desk, sheets.view(), &output.platform_output);
    if line != log.1 {
        // In one piece, whether it goes to a file or a pipe.
        log.0.write_all(format!("{line}\n").as_bytes())?;
        log.1 = line;
    }
    Ok(())
}

fn line(seen: &Seen, desk: &Desk, view: Option<[f32; 3]>, output: &PlatformOutput) -> Value {
    let digits = |cells: &[u8]| cells.iter().map(|cell| format!("{cell:x}")).collect::<String>();
    let picture = seen.picture().map(|picture| {
        json!({
            "epoch": picture.epoch, "step": picture.step, "seed": picture.seed, "update": picture.update,
            "width": picture.grid.width, "cells": digits(&picture.grid.cells),
            "at": picture.record.at, "len": picture.record.len, "recorded": picture.record.recorded,
            "bytes": picture.record.bytes,
        })
    });
    let inspected = seen.latest.get::<Inspected>().map(|inspected| {
        let found = &inspected.found;
        let window = found.window.map(|window| digits(&window));
        json!({"cell": [found.row, found.column], "step": found.step, "window": window, "colour": found.colour,
            "update": inspected.update})
    });
    let selected = desk.hand.selection.map(|area| [area.top, area.left, area.height, area.width]);
    let controls = output.accesskit_update.iter().flat_map(|update| &update.nodes).filter_map(|(_, node)| {
        let (text, number) = (node.label().or(node.value()), node.numeric_value());
        let at = node.bounds().filter(|_| text.is_some() || number.is_some())?;
        Some(json!({"text": text, "number": number, "at": [at.x0, at.y0, at.x1, at.y1]}))
    });
    json!({
        "picture": picture, "view": view, "playing": seen.playing, "learning": seen.learning, "updates": seen.updates,
        "inspected": inspected, "selected": selected, "pasting": desk.hand.floating.is_some(),
        "controls": controls.collect::<Vec<_>>(),
    })
}

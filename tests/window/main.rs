//! A session at the window on a screen of its own, by mouse and keyboard alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod desk;
mod picture;

use std::path::{Path, PathBuf};

use desk::{Screen, Shown, Window, digits};
use primordia::canvas::Area;
use primordia::files::checkpoint::Checkpoint;
use primordia::files::clip::read_clip;
use primordia::files::run::{Happening, read_marks, read_metrics};
use primordia::learn::Metrics;
use primordia::spec::grid::Grid;

/// Hardly any learning: an update under it changes the rule by less than one before it.
const SLOW: &str = "0.000001";

#[test]
fn a_session_by_mouse_and_keyboard() {
    let screen = Screen::open();
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("runs/run-001");

    let mut window = Window::open(&screen, folder.path());
    window.until("learning and play", |shown| shown.is("/learning") && shown.is("/playing"));
    rest(&mut window);
    paint_and_undo(&mut window);
    copy_and_paste(&mut window);
    step_and_step_back(&mut window);
    picture::look(&mut window, folder.path());
    change_the_learning_rate(&mut window, &run);
    window.key("l");
    let paused = window.until("a pause", |shown| !shown.is("/learning"));
    inspect(&mut window);
    record(&mut window, &folder.path().join("clips"));
    let updates = paused.number("/updates");
    assert!(window.close().success());

    let saved = Checkpoint::read(&run.join("checkpoint.safetensors")).unwrap();
    assert_eq!(u64::from(saved.rule.update), updates);
    assert_eq!(saved.rule.config.ppo.learning_rate, SLOW.parse::<f32>().unwrap());

    let mut window = Window::open(&screen, folder.path());
    let offer = window.until("the offer to resume", |shown| shown.control("Resume runs/run-001").is_some());
    window.click(&offer.control("Resume runs/run-001").unwrap());
    window.until("the run that was left", |shown| shown.number("/updates") == updates && !shown.is("/learning"));
    window.key("l");
    window.until("two more updates", |shown| shown.number("/updates") >= updates + 2);
    assert!(window.close().success());
    let learned: Vec<u64> = rows(&run).iter().map(|row| row.update.into()).collect();
    assert!(learned.len() as u64 >= updates + 2 && learned.iter().copied().eq(1..=learned.len() as u64), "{learned:?}");
}

/// Pauses the stage and waits until it rests.
fn rest(window: &mut Window) -> Shown {
    window.key("space");
    window.until("a pause", |shown| !shown.is("/playing"));
    window.frames(5);
    window.look().clone()
}

fn rows(run: &Path) -> Vec<Metrics> {
    read_metrics(run, Metrics::parse).unwrap_or_default()
}

#[track_caller]
fn until_stage(window: &mut Window, what: &str, stage: &Grid) -> Shown {
    window.until(what, |shown| shown.stage() == *stage)
}

fn paint_and_undo(window: &mut Window) {
    let mut stage = window.look().stage();
    for (key, colour, row) in [("3", 2, 4), ("8", 7, 5)] {
        let before = stage.clone();
        for column in 4..=9 {
            stage.cells[row * stage.width + column] = colour;
        }
        assert_ne!(stage, before, "the stroke changes nothing");
        window.key(key);
        window.drag((row, 4), (row, 9));
        until_stage(window, "a stroke", &stage);
        window.press(&["ctrl"], "z");
        until_stage(window, "its undoing", &before);
        window.press(&["ctrl"], "y");
        until_stage(window, "the stroke again", &stage);
    }
}

fn copy_and_paste(window: &mut Window) {
    let mut stage = window.look().stage();
    let piece = Area { top: 3, left: 4, height: 3, width: 6 }.cut(&stage);
    window.key("s");
    window.drag((3, 4), (5, 9));
    window.until("the selection", |shown| *shown.get("/selected") == serde_json::json!([3, 4, 3, 6]));
    window.press(&["ctrl"], "c");
    window.press(&["ctrl"], "v");
    window.until("what was copied", |shown| shown.is("/pasting"));
    window.drag((14, 12), (14, 12));
    let pasted = window.until("the pasting", |shown| !shown.is("/pasting"));
    // Its middle goes under the pointer.
    assert_eq!(*pasted.get("/selected"), serde_json::json!([13, 9, 3, 6]));
    for (i, &colour) in piece.cells.iter().enumerate() {
        stage.cells[(13 + i / 6) * stage.width + 9 + i % 6] = colour;
    }
    until_stage(window, "the piece on the stage", &stage);
    window.key("Escape");
    window.key("b");
}

/// One step at the end of what was shown.
fn step(window: &mut Window) -> Shown {
    let at = window.look().number("/picture/at");
    window.key("Right");
    window.until("a step", |shown| shown.number("/picture/at") == at + 1)
}

fn step_and_step_back(window: &mut Window) {
    let before = window.look().clone();
    let after = step(window);
    assert_eq!(after.number("/picture/step"), before.number("/picture/step") + 1);
    assert_ne!(after.stage(), before.stage());
    window.key("Left");
    let back = window.until("a step back", |shown| shown.get("/picture/at") == before.get("/picture/at"));
    assert_eq!((back.stage(), back.get("/picture/step")), (before.stage(), before.get("/picture/step")));
    assert_eq!(step(window).stage(), after.stage());
}

/// It leaves a mark in the run's folder, and the first update under it is the first that hardly changes the rule.
fn change_the_learning_rate(window: &mut Window, run: &Path) {
    window.until("two updates", |shown| shown.number("/updates") >= 2);
    let field = window.look().field("learning rate").expect("a field for the learning rate");
    let before = field.number.unwrap();
    window.click(&field);
    window.write(SLOW);
    let mark = |run: &Path| {
        let marks = read_marks(run).unwrap_or_default();
        marks
            .into_iter()
            .find(|mark| matches!(&mark.what, Happening::Changed { path, .. } if path == "ppo.learning_rate"))
    };
    let updates = window.look().number("/updates");
    window.until("two more updates", |shown| shown.number("/updates") >= updates + 2);
    assert_eq!(mark(run), None, "a number counts once it is typed whole");
    window.key("Return");
    let typed: f64 = SLOW.parse().unwrap();
    let is_typed = |shown: &Shown| {
        shown.field("learning rate").is_some_and(|field| (field.number.unwrap() / typed - 1.0).abs() < 1e-3)
    };
    window.until("the learning rate in its field", is_typed);
    window.until("the change's mark", |_| mark(run).is_some());
    let mark = mark(run).unwrap();
    let Happening::Changed { from, to, .. } = &mark.what else { unreachable!("it was found so") };
    assert_eq!(from.parse::<f32>().unwrap(), before as f32);
    assert_eq!(to.parse::<f32>().unwrap(), typed as f32);
    window.until("the first update under it", |_| rows(run).iter().any(|row| row.update == mark.update));
    let (old, new): (Vec<_>, Vec<_>) = rows(run).into_iter().partition(|row| row.update < mark.update);
    let least = old.iter().map(|row| row.kl.abs()).fold(f64::INFINITY, f64::min);
    assert!(new[0].kl.abs() < least / 100.0, "KL {} after {least}", new[0].kl);
}

/// The inspector shows the cell's own window as the stage does, and the colour that the next step draws.
fn inspect(window: &mut Window) {
    let (row, column) = (12, 10);
    window.point((row, column));
    window.key("i");
    let here = window.look().clone();
    let (stage, next) = (here.stage(), here.number("/picture/step"));
    let of_this = |shown: &Shown| {
        let found = shown.get("/inspected");
        found["cell"] == serde_json::json!([row, column]) && found["step"] == next
    };
    let found = window.until("the cell taken apart", of_this);
    assert!(found.control("Row 12, column 10").is_some() && found.control("What adds up to z").is_some());
    let around = Area { top: row - 1, left: column - 1, height: 3, width: 3 }.cut(&stage);
    assert_eq!(digits(found.get("/inspected/window")), around.cells);
    let drawn = found.number("/inspected/colour");
    assert_eq!(u64::from(step(window).stage().at(row, column)), drawn);
}

/// The clip's file has exactly the states that were shown while it was recorded.
fn record(window: &mut Window, clips: &Path) {
    let first = window.look().number("/picture/at");
    window.key("F5");
    window.until("a recording", |shown| !shown.get("/picture/recorded").is_null());
    for _ in 0..3 {
        step(window);
    }
    // Slow enough for every step to be seen.
    for _ in 0..3 {
        window.key("minus");
    }
    window.key("space");
    window.until("a few steps", |shown| shown.number("/picture/at") >= first + 6);
    let last = rest(window);
    window.key("F5");
    let gif = || -> Option<PathBuf> { Some(std::fs::read_dir(clips).ok()?.next()?.unwrap().path()) };
    window.until("the clip", |shown| {
        gif().is_some_and(|path| path.extension().is_some_and(|end| end == "gif"))
            && shown.get("/picture/recorded").is_null()
    });
    let shown: Vec<Grid> = (first..=last.number("/picture/at"))
        .map(|at| {
            let then = |shown: &&Shown| shown.has_stage() && shown.number("/picture/at") == at;
            window.shown.iter().rev().find(then).unwrap_or_else(|| panic!("moment {at} was not shown")).stage()
        })
        .collect();
    assert!(shown.windows(2).any(|pair| pair[0] != pair[1]));
    assert!(read_clip(&gif().unwrap()).unwrap() == shown, "the clip has other states than were shown");
}

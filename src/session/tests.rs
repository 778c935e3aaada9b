//! A whole session on the device: what it is told, it does and says.

use std::path::Path;
use std::time::{Duration, Instant};

use super::*;
use crate::files::clip::write_npy;

fn small() -> Config {
    Config::from_ron("(world: (size: (6, 6), count: 1), ppo: (steps_per_update: 2, minibatches: 1))")
        .expect("it is valid")
}

/// A session of a run that takes little time.
fn session(open: Option<&Path>) -> Session {
    let (config, open) = (small(), open.map(Path::to_owned));
    Session::start(Options { config, stage: (7, 9), open, software: true }).expect("there are threads")
}

/// The events up to the first that `wanted` picks, and what it made of it.
fn wait<T>(session: &mut Session, wanted: impl Fn(&Event) -> Option<T>) -> T {
    let patience = Instant::now() + Duration::from_secs(120);
    while Instant::now() < patience {
        let found = session.events().iter().filter_map(&wanted).next();
        if let Some(found) = found {
            return found;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("nothing of the kind was said");
}

fn picture(session: &Session, wanted: impl Fn(&Picture) -> bool) -> Picture {
    let patience = Instant::now() + Duration::from_secs(120);
    while Instant::now() < patience {
        if let Some(picture) = session.picture().filter(&wanted) {
            return picture;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("no such picture was shown");
}

fn updated(event: &Event) -> Option<u32> {
    if let Event::Updated(metrics) = event { Some(metrics.update) } else { None }
}

#[test]
fn it_learns_and_plays_takes_settings_and_resumes_what_it_saved() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = session(None);
    wait(&mut session, |event| updated(event).filter(|&update| update >= 2));
    let shown = picture(&session, |picture| picture.step >= 2);
    assert_eq!((shown.grid.height, shown.grid.width), (7, 9));

    let mut config = small();
    config.ppo.learning_rate = 0.5e-3;
    config.model.layers = 2;
    session.send(Command::Configure(Box::new(config)));
    let applied =
        wait(&mut session, |event| if let Event::Applied(config) = event { Some(config.clone()) } else { None });
    assert_eq!((applied.ppo.learning_rate, applied.model.layers), (0.5e-3, 1), "restart settings stay");

    session.send(Command::Learn(false));
    wait(&mut session, |event| matches!(event, Event::Learning(false)).then_some(()));
    // The folder is made on the way.
    let path = folder.path().join("runs/one/checkpoint.safetensors");
    session.send(Command::Save(path.clone()));
    wait(&mut session, |event| matches!(event, Event::Saved(_)).then_some(()));
    session.send(Command::Open(path));
    wait(&mut session, |event| matches!(event, Event::Opened { world: Some(_), .. }).then_some(()));
    let shown = picture(&session, |picture| picture.grid.height == 6);
    assert_eq!(shown.grid.width, 6, "the stage shows the run's first world");
}

#[test]
fn the_stage_opens_patterns_and_takes_strokes_of_its_own_epoch_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pattern.npy");
    write_npy(&path, &[Grid::filled(5, 8, 4)]).expect("it can be written");
    let mut session = session(Some(&path));
    session.send(Command::Play(false));
    let shown = picture(&session, |picture| picture.grid.width == 24);
    assert_eq!(
        (shown.grid.height, shown.grid.cells.iter().filter(|&&cell| cell == 4).count()),
        (24, 40),
        "a small pattern has space around it"
    );
    let stroke = |epoch, cell| Command::Paint(Stroke { epoch, colour: 7, cells: vec![cell, 1_000_000] });
    session.send(stroke(shown.epoch + 1, 3));
    session.send(stroke(shown.epoch, 9));
    let painted = picture(&session, |picture| picture.grid.cells.contains(&7));
    assert_eq!(painted.grid.cells[9], 7);
    assert_ne!(painted.grid.cells[3], 7, "a stroke on a stage that is gone is lost");
}

#[test]
fn what_cannot_be_opened_is_a_sentence_and_the_session_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = session(None);
    for name in ["cut.png", "none.rle", "foreign.safetensors"] {
        let path = folder.path().join(name);
        if name != "none.rle" {
            std::fs::write(&path, b"\x89PNG\r\n\x1a\n").expect("it can be written");
        }
        session.send(Command::Open(path));
        let said = wait(&mut session, |event| if let Event::Failed(text) = event { Some(text.clone()) } else { None });
        assert!(said.contains(name) && !said.contains('\n'), "{said}");
    }
    wait(&mut session, updated);
}

#[test]
fn a_run_that_cannot_begin_leaves_the_old_one() {
    let mut session = session(None);
    wait(&mut session, updated);
    let mut config = Config::default();
    config.world.size = (1024, 1024);
    config.world.count = 4096;
    session.send(Command::Restart(Box::new(config)));
    let said = wait(&mut session, |event| if let Event::Failed(text) = event { Some(text.clone()) } else { None });
    assert!(said.contains("bytes"), "{said}");
    wait(&mut session, updated);
}

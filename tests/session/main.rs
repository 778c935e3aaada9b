//! A whole session on the device: what it is told, it does and says.

use std::path::Path;
use std::time::{Duration, Instant};

use primordia::engine::{self, Choice, Field};
use primordia::files::clip::write_npy;
use primordia::files::{Colours, pattern, scenario};
use primordia::learn::{self, Tick};
use primordia::session::*;
use primordia::spec::config::Config;
use primordia::spec::config::Start;
use primordia::spec::grid::{Boundary, Grid};
use primordia::spec::measures::Measured;

mod clips;
mod learning;

fn small() -> Config {
    Config::from_ron("(world: (size: (6, 6), count: 1), ppo: (steps_per_update: 2, minibatches: 1))")
        .expect("it is valid")
}

/// A session of a run that takes little time.
fn session(open: Option<&Path>) -> Session {
    session_in(open, None)
}

/// One whose runs are kept in a folder.
fn session_in(open: Option<&Path>, runs: Option<&Path>) -> Session {
    started(open, runs, false)
}

fn started(open: Option<&Path>, runs: Option<&Path>, trial: bool) -> Session {
    started_on(Choice::Auto, open, runs, trial)
}

/// Whichever engine is the machine's own, these are tried.
const ENGINES: [Choice; 2] = [Choice::Native, Choice::Wgsl];

fn started_on(engine: Choice, open: Option<&Path>, runs: Option<&Path>, trial: bool) -> Session {
    let runs = runs.map_or(Runs::Nowhere, |root| Runs::Under(root.to_owned()));
    let open = open.map(Path::to_owned);
    let run = Beginning::New(Box::new(small()));
    let options = Options { run, stage: Some((7, 9)), open, runs, trial, software: true, engine };
    Session::start(options).expect("there are threads")
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
        if let Some(picture) = session.latest::<Picture>().filter(&wanted) {
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
    ENGINES.into_iter().for_each(it_learns_and_plays);
}

fn it_learns_and_plays(engine: Choice) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = started_on(engine, None, None, false);
    wait(&mut session, |event| updated(event).filter(|&update| update >= 2));
    let shown = picture(&session, |picture| picture.step >= 2);
    assert_eq!((shown.grid.height, shown.grid.width), (7, 9));

    let mut config = small();
    config.ppo.learning_rate = 0.5e-3;
    config.model.layers = 2;
    session.send(ToLearner::Configure(Box::new(config)));
    let applied =
        wait(&mut session, |event| if let Event::Applied(config) = event { Some(config.clone()) } else { None });
    assert_eq!((applied.ppo.learning_rate, applied.model.layers), (0.5e-3, 1), "restart settings stay");

    session.send(ToLearner::Learn(false));
    wait(&mut session, |event| matches!(event, Event::Learning(false)).then_some(()));
    // The folder is made on the way.
    let path = folder.path().join("runs/one/checkpoint.safetensors");
    session.send(ToRun::Save(path.clone()));
    wait(&mut session, |event| matches!(event, Event::Saved(_)).then_some(()));
    session.send(ToFiles::Open(path));
    wait(&mut session, |event| matches!(event, Event::Opened { run: true, .. }).then_some(()));
    let shown = picture(&session, |picture| picture.grid.height == 6);
    assert_eq!(shown.grid.width, 6, "the stage shows the run's first world");
}

#[test]
fn the_stage_opens_patterns_and_takes_strokes_of_its_own_epoch_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pattern.npy");
    write_npy(&path, &[Grid::filled(5, 8, 4)]).expect("it can be written");
    let mut session = session(Some(&path));
    let shown = picture(&session, |picture| picture.grid.width == 24);
    wait(&mut session, |event| matches!(event, Event::Playing(false)).then_some(()));
    assert_eq!(shown.step, 0, "it is seen before it plays");
    assert_eq!(
        (shown.grid.height, shown.grid.cells.iter().filter(|&&cell| cell == 4).count()),
        (24, 40),
        "a small pattern has space around it"
    );
    let stroke = |epoch, cell| ToStage::Paint(Stroke { epoch, gesture: 1, cells: vec![(cell, 7), (1_000_000, 7)] });
    session.send(stroke(shown.epoch + 1, 3));
    session.send(stroke(shown.epoch, 9));
    let painted = picture(&session, |picture| picture.grid.cells.contains(&7));
    assert_eq!(painted.grid.cells[9], 7);
    assert_ne!(painted.grid.cells[3], 7, "a stroke on a stage that is gone is lost");

    // Its beginning is where it was opened, and not what the stage showed before.
    wait(&mut session, updated);
    stepped(&mut session, 2);
    session.send(ToStage::Beginning);
    assert_eq!(picture(&session, |picture| picture.step == 0).grid, shown.grid);
    session.send(ToStage::Beginning);
    assert_eq!(picture(&session, |_| true).grid.width, 9);
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
        session.send(ToFiles::Open(path));
        let said = wait(&mut session, |event| if let Event::Failed(text) = event { Some(text.clone()) } else { None });
        assert!(said.contains(name) && !said.contains('\n'), "{said}");
    }
    wait(&mut session, updated);
}

#[test]
fn a_run_that_cannot_begin_leaves_the_old_one() {
    for engine in ENGINES {
        let mut session = started_on(engine, None, None, false);
        wait(&mut session, updated);
        let mut config = Config::default();
        config.world.size = (1024, 1024);
        config.world.count = 4096;
        session.send(ToLearner::Restart(Box::new(config)));
        let said = wait(&mut session, |event| if let Event::Failed(text) = event { Some(text.clone()) } else { None });
        assert!(said.contains("bytes"), "{said}");
        wait(&mut session, updated);
    }
}

/// Steps a resting stage, and what it shows then.
fn stepped(session: &mut Session, n: u32) -> Picture {
    // What was shown before and is not yet read is no step.
    drop(session.latest::<Picture>());
    let mut shown = None;
    for _ in 0..n {
        session.send(ToStage::StepOnce);
        shown = Some(picture(session, |_| true));
    }
    shown.expect("there is a step at least")
}

/// A session whose rule stays as it is, on a resting stage.
fn resting() -> (Session, Picture) {
    let mut session = session(None);
    session.send(ToStage::Play(false));
    session.send(ToLearner::Learn(false));
    wait(&mut session, |event| matches!(event, Event::Learning(false)).then_some(()));
    // The rule lies ready by now; the stage takes it up within a moment.
    std::thread::sleep(Duration::from_millis(1500));
    session.send(ToStage::StepOnce);
    let first = picture(&session, |picture| picture.step == 1);
    (session, first)
}

#[test]
fn the_stage_goes_back_and_the_same_seed_has_the_same_future() {
    let (mut session, first) = resting();
    let fourth = stepped(&mut session, 3);
    assert_eq!(fourth.step, 4);
    session.send(ToStage::StepBack);
    assert_eq!(picture(&session, |picture| picture.step == 3).record.at, fourth.record.at - 1);
    session.send(ToStage::Seek(first.record.at));
    assert_eq!(picture(&session, |picture| picture.step == 1).grid, first.grid);

    // Replayed, then computed anew under the same seed, then under another.
    assert_eq!(stepped(&mut session, 3).grid, fourth.grid);
    session.send(ToStage::Seek(first.record.at));
    session.send(ToStage::Branch);
    let branched = picture(&session, |picture| picture.record.len == first.record.len);
    assert_eq!(branched.record.branches, [first.record.at]);
    assert_eq!(stepped(&mut session, 3).grid, fourth.grid);
    session.send(ToStage::Seek(first.record.at));
    session.send(ToStage::Branch);
    session.send(ToStage::Seed(99));
    picture(&session, |picture| picture.seed == 99);
    assert_ne!(stepped(&mut session, 3).grid, fourth.grid);
    session.send(ToStage::SwapBranch);
    let swapped = picture(&session, |picture| picture.step == 1);
    assert_eq!(swapped.record.len, fourth.record.len);
}

#[test]
fn a_stage_of_fresh_noise_plays_under_the_seed_that_it_shows() {
    let (mut session, first) = resting();
    session.send(ToStage::Noise(7, 9));
    let fresh = picture(&session, |picture| picture.seed != first.seed);
    let future = stepped(&mut session, 2);
    assert_eq!(future.seed, fresh.seed);
    session.send(ToStage::Seek(fresh.record.at));
    session.send(ToStage::Branch);
    session.send(ToStage::Seed(first.seed));
    picture(&session, |picture| picture.seed == first.seed);
    assert_ne!(stepped(&mut session, 2).grid, future.grid);
    session.send(ToStage::Seek(fresh.record.at));
    session.send(ToStage::Branch);
    session.send(ToStage::Seed(fresh.seed));
    picture(&session, |picture| picture.seed == fresh.seed);
    assert_eq!(stepped(&mut session, 2).grid, future.grid);
}

#[test]
fn edits_are_undone_and_done_again_across_sizes() {
    let (mut session, first) = resting();
    let paint = |picture: &Picture, gesture, cell| {
        ToStage::Paint(Stroke {
            epoch: picture.epoch,
            gesture,
            cells: vec![(cell, (picture.grid.cells[cell as usize] + 1) % 10)],
        })
    };
    session.send(paint(&first, 1, 0));
    let painted = picture(&session, |picture| picture.grid != first.grid);
    session.send(ToStage::SetStage(Box::new(painted.grid.centred(20, 5))));
    let resized = picture(&session, |picture| picture.grid.width == 5);
    assert!(resized.epoch > painted.epoch);
    assert_eq!(stepped(&mut session, 1).grid.height, 20);
    session.send(ToStage::Undo);
    assert_eq!(picture(&session, |picture| picture.grid.width == 9).grid, painted.grid);
    session.send(ToStage::Undo);
    assert_eq!(picture(&session, |picture| picture.grid != painted.grid).grid, first.grid);
    session.send(ToStage::Redo);
    assert_eq!(picture(&session, |picture| picture.grid != first.grid).grid, painted.grid);
    session.send(ToStage::Redo);
    assert_eq!(picture(&session, |picture| picture.grid.width == 5).grid, resized.grid);
}

#[test]
fn a_rival_shares_the_noise_and_one_flipped_cell_spreads() {
    let (mut session, _) = resting();
    session.send(ToStage::Compare(Some(Box::default())));
    (0..4).for_each(|_| session.send(ToStage::StepOnce));
    let same = picture(&session, |picture| picture.step == 5);
    assert_eq!(same.rival.as_ref(), Some(&same.grid), "the same rule, state and noise");
    session.send(ToStage::Compare(Some(Box::new(Rival { flip: Some((3, 3)), ..Rival::default() }))));
    let begun = picture(&session, |picture| picture.rival.as_ref().is_some_and(|rival| *rival != picture.grid));
    let differ = |picture: &Picture| {
        let rival = picture.rival.as_ref().expect("there is a rival");
        rival.cells.iter().zip(&picture.grid.cells).filter(|(a, b)| a != b).count()
    };
    assert_eq!(differ(&begun), 1);
    let next = stepped(&mut session, 1);
    assert!(differ(&next) <= 25, "damage goes two cells a step at most");
    session.send(ToStage::StepBack);
    assert_eq!(differ(&picture(&session, |picture| picture.step == begun.step)), 1);
    session.send(ToStage::Compare(None));
    assert_eq!(picture(&session, |picture| picture.rival.is_none()).grid, begun.grid);
}

#[test]
fn a_rival_runs_under_other_settings() {
    let (mut session, first) = resting();
    let settings = Rival { temperature: Some(20.0), aggregator_temperature: Some(20.0), ..Rival::default() };
    session.send(ToStage::Compare(Some(Box::new(settings))));
    session.send(ToStage::StepOnce);
    let hot = picture(&session, |picture| picture.step == 2);
    // Next to uniform: nine cells of ten change their colour.
    let changed = |state: &Grid| state.cells.iter().zip(&first.grid.cells).filter(|(a, b)| a != b).count();
    let rival = hot.rival.as_ref().expect("there is one");
    assert!(changed(rival) > 40 && changed(&hot.grid) < 40, "{} and {}", changed(rival), changed(&hot.grid));

    session.send(ToStage::Seek(first.record.at));
    session.send(ToStage::Branch);
    session.send(ToStage::Compare(Some(Box::new(Rival { boundary: Some(Boundary::Bounded), ..Rival::default() }))));
    session.send(ToStage::StepOnce);
    let edged = picture(&session, |picture| picture.step == 2);
    let rival = edged.rival.as_ref().expect("there is one");
    assert_ne!(*rival, edged.grid, "fewer windows vote at the edges");
}

/// Asks until there is an answer that will do.
fn answer<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let patience = Instant::now() + Duration::from_secs(120);
    while Instant::now() < patience {
        if let Some(found) = ask() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("there was no answer");
}

#[test]
fn it_is_looked_into_while_it_plays() {
    let (mut session, now) = resting();

    let wanted = |overlay| vec![Query::Cell((2, 3)), Query::Overlay(overlay), Query::Measures];
    session.send(ToStage::Look(wanted(Overlay::Field(Field::Reward))));
    let Inspected { epoch, found, shown, .. } = answer(|| session.latest::<Inspected>());
    assert_eq!(shown, None, "nothing follows yet");
    assert_eq!((epoch, found.step, found.row, found.column), (now.epoch, now.step, 2, 3));
    let overlaid = answer(|| session.latest::<Overlaid>());
    let map = overlaid.map.expect("a step led here");
    assert_eq!((overlaid.size, map.values.len(), map.ways.len()), ((7, 9), 63, 63));
    assert_eq!(map.values[2 * 9 + 3], found.after.expect("a step led here").reward);
    let (_, measured) = answer(|| session.latest::<(u32, Measured)>());
    assert_eq!(measured.step, now.step);

    // It foretells the step, and the reward of a step that is gone back to.
    session.send(ToStage::StepOnce);
    let next = picture(&session, |picture| picture.step == now.step + 1);
    assert_eq!(next.grid.at(2, 3), found.colour);
    let at_next =
        |session: &Session| session.latest::<Inspected>().filter(|inspected| inspected.found.step == next.step);
    let after = answer(|| at_next(&session)).found.after;
    for _ in 0..2 {
        session.send(ToStage::StepBack);
    }
    session.send(ToStage::StepOnce);
    session.send(ToStage::StepOnce);
    session.send(ToStage::Look(wanted(Overlay::Field(Field::Reward))));
    picture(&session, |picture| picture.step == now.step + 1);
    let again = answer(|| at_next(&session)).found.after;
    assert_eq!(again, after);

    // What was set by hand has no step behind it, and outside there is nothing.
    session.send(ToStage::SetStage(Box::new(Grid::filled(5, 5, 1))));
    let why = answer(|| session.latest::<Overlaid>().filter(|overlaid| overlaid.size == (5, 5))).map;
    assert!(why.is_err_and(|why| why.contains("step once")));
    session.send(ToStage::Look(wanted(Overlay::Age)));
    let aged = answer(|| session.latest::<Overlaid>().filter(|overlaid| overlaid.overlay == Overlay::Age));
    assert!(aged.map.is_err());
    session.send(ToStage::StepOnce);
    let aged = answer(|| session.latest::<Overlaid>().filter(|overlaid| overlaid.map.is_ok()));
    assert_eq!(aged.map.expect("it is").values.len(), 25);
}

#[test]
fn what_was_shown_is_foretold_under_the_rule_and_the_seed_of_its_time() {
    let mut session = session(None);
    session.send(ToStage::Play(false));
    let mut config = small();
    config.ppo.learning_rate = 0.05;
    session.send(ToLearner::Configure(Box::new(config)));
    wait(&mut session, updated);
    session.send(ToLearner::Learn(false));
    wait(&mut session, |event| matches!(event, Event::Learning(false)).then_some(()));
    std::thread::sleep(Duration::from_millis(300));
    drop(session.latest::<Picture>());
    let shown = stepped(&mut session, 1);
    session.send(ToLearner::Learn(true));
    wait(&mut session, |event| updated(event).filter(|&update| update >= shown.update + 6));
    session.send(ToLearner::Learn(false));
    wait(&mut session, |event| matches!(event, Event::Learning(false)).then_some(()));
    session.send(ToStage::Seed(99));
    session.send(ToStage::StepBack);
    let mut foretold = |update: u32| {
        let colour = |cell: usize| {
            session.send(ToStage::Look(vec![Query::Cell((cell / 9, cell % 9))]));
            let here = |inspected: &Inspected| {
                (inspected.found.row, inspected.found.column, inspected.found.step)
                    == (cell / 9, cell % 9, shown.step - 1)
            };
            let inspected = answer(|| session.latest::<Inspected>().filter(here));
            assert_eq!(inspected.update, update);
            inspected.found.colour
        };
        (0..63).step_by(7).map(colour).collect::<Vec<_>>()
    };
    let cells = |grid: &Grid| grid.cells.iter().step_by(7).copied().collect::<Vec<_>>();
    assert_eq!(foretold(shown.update), cells(&shown.grid));
}

#[test]
fn the_stage_becomes_the_start_of_the_training_worlds() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = session_in(None, Some(folder.path()));
    wait(&mut session, updated);
    session.send(ToRun::TrainFrom(Box::new(Grid::filled(5, 5, 4))));
    // Sent by whoever does not know of it yet.
    let mut edited = small();
    edited.ppo.clip = 0.125;
    session.send(ToLearner::Configure(Box::new(edited)));
    let (start, clip) = wait(&mut session, |event| match event {
        Event::Applied(config) if config.world.start != Start::Random => {
            Some((config.world.start.clone(), config.ppo.clip))
        }
        _ => None,
    });
    assert_eq!(clip, 0.125);
    let Start::Picture(path) = start else { panic!("the worlds start from {start:?}") };
    assert_eq!(pattern::open(path.as_ref(), Colours::Exact).expect("it was written"), Grid::filled(5, 5, 4));
    assert!(path.starts_with(&*folder.path().to_string_lossy()), "{path}");

    let mut config = small();
    config.world.start = Start::Folder("not there".to_owned());
    session.send(ToLearner::Configure(Box::new(config)));
    let problem = wait(&mut session, |event| if let Event::Failed(text) = event { Some(text.clone()) } else { None });
    assert!(problem.contains("not there"), "{problem}");
    wait(&mut session, updated);
}

#[test]
fn worlds_begin_afresh_when_their_start_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    pattern::write_pattern(&folder.path().join("a.rle"), &Grid::filled(3, 3, 4)).expect("it is written");
    let mut changed = small();
    changed.world.start = Start::Folder(folder.path().to_string_lossy().into_owned());
    let engine = engine::open(Choice::Auto).expect("an adapter");
    let begun = |config| {
        let scenario = scenario::new(config).expect("the pictures are there");
        learn::begin(&*engine, scenario).expect("a run")
    };
    let mut later = begun(small());
    let scenario = scenario::changed(changed.clone(), later.wanted()).expect("the pictures are there");
    later.configure(scenario).expect("the start may change");
    let params = [later, begun(changed)].map(|mut learner| {
        while matches!(learner.tick().expect("it learns"), Tick::Working) {}
        learner.rule().params
    });
    assert_eq!(params[0], params[1]);
}

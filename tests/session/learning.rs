//! What a session keeps of a run, and what it does with it.

use std::cell::RefCell;

use super::*;
use primordia::files::checkpoint::Checkpoint;
use primordia::files::clip::{Delay, Format};
use primordia::files::run::{self, Mark};
use primordia::learn::Metrics;

fn marks(event: &Event) -> Option<Vec<Mark>> {
    if let Event::Marks(marks) = event { Some(marks.clone()).filter(|marks| !marks.is_empty()) } else { None }
}

#[test]
fn a_run_leaves_rows_marks_and_a_checkpoint_and_is_taken_up_with_them() {
    let root = tempfile::tempdir().expect("a folder");
    let mut session = session_in(None, Some(root.path()));
    wait(&mut session, |event| updated(event).filter(|&update| update == 2));
    let mut config = small();
    config.ppo.clip = 0.125;
    session.send(ToLearner::Configure(Box::new(config)));
    let change = wait(&mut session, marks).remove(0);
    let text = change.what.to_string();
    assert_eq!((change.update, text.as_str()), (change.update.max(3), "clip 0.1 → 0.125"));
    session.send(ToRun::Note(1, "odd, \"this\"".to_owned()));
    wait(&mut session, |event| marks(event).filter(|marks| marks.len() == 2));
    wait(&mut session, |event| updated(event).filter(|&update| update > change.update));
    // The end of the session saves what there is.
    drop(session);
    let folder = root.path().join("run-001");
    let rows = run::read_metrics(&folder, Metrics::parse).expect("it can be read");
    let checkpoint = Checkpoint::read(&run::checkpoint_in(&folder)).expect("it can be read");
    assert_eq!(rows.iter().map(|row| row.update).collect::<Vec<_>>(), (1..=checkpoint.rule.update).collect::<Vec<_>>());
    assert_eq!(checkpoint.rule.config.ppo.clip, 0.125);
    let kept = run::read_marks(&folder).expect("it can be read");
    assert_eq!(kept.iter().map(|mark| mark.update).collect::<Vec<_>>(), [1, change.update]);

    // Taken up, it shows its curves and marks, and goes on in its folder.
    let mut session = session_in(Some(&run::checkpoint_in(&folder)), Some(root.path()));
    let (updates, history) = wait(&mut session, |event| match event {
        Event::Started { updates, history, .. } if !history.is_empty() => Some((*updates, history.clone())),
        _ => None,
    });
    assert_eq!((updates, &history), (checkpoint.rule.update, &rows));
    session.send(ToLearner::Learn(true));
    wait(&mut session, |event| updated(event).filter(|&update| update == updates + 1));
    drop(session);
    let rows = run::read_metrics(&folder, Metrics::parse).expect("it can be read");
    assert!(rows.windows(2).all(|rows| rows[1].update == rows[0].update + 1) && rows.len() > updates as usize);
    assert!(!root.path().join("run-002").exists(), "the run that never learned left nothing");
}

#[test]
fn the_run_that_was_open_last_comes_first_and_what_began_on_trial_is_kept_for_a_hand_in_it() {
    let root = tempfile::tempdir().expect("a folder");
    let checkpoint = |run: &str| run::checkpoint_in(&root.path().join(run));
    for _ in 0..2 {
        wait(&mut session_in(None, Some(root.path())), updated);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(run::checkpoints(root.path()), [checkpoint("run-002"), checkpoint("run-001")]);

    // Taken up, it is the last one, though it learns nothing.
    let mut session = started(None, Some(root.path()), true);
    wait(&mut session, |event| updated(event).filter(|&update| update == 2));
    session.send(ToFiles::Open(checkpoint("run-001")));
    wait(&mut session, |event| matches!(event, Event::Opened { .. }).then_some(()));
    drop(session);
    assert_eq!(run::checkpoints(root.path()), [checkpoint("run-001"), checkpoint("run-002")]);

    // One that is only looked at leaves nothing; a stroke on the stage is enough for it to stay, with all its updates.
    let mut session = started(None, Some(root.path()), true);
    wait(&mut session, updated);
    session.send(ToStage::Play(false));
    session.send(ToStage::StepOnce);
    drop(session);
    assert!(!root.path().join("run-003").exists());
    let mut session = started(None, Some(root.path()), true);
    wait(&mut session, |event| updated(event).filter(|&update| update == 2));
    session.send(ToStage::Paint(Stroke { epoch: 0, gesture: 1, cells: vec![(0, 1)] }));
    session.send(ToFiles::Open(checkpoint("run-001")));
    wait(&mut session, |event| matches!(event, Event::Opened { .. }).then_some(()));
    let rows = run::read_metrics(&root.path().join("run-003"), Metrics::parse).expect("it can be read");
    assert!(rows.len() >= 2 && rows[0].update == 1, "{rows:?}");
    assert!(checkpoint("run-003").exists());
}

#[test]
fn a_run_that_cannot_be_kept_goes_on() {
    let root = tempfile::tempdir().expect("a folder");
    let file = root.path().join("runs");
    std::fs::write(&file, "in the way").expect("it can be written");
    let mut session = session_in(None, Some(&file));
    let said = wait(&mut session, |event| if let Event::Failed(text) = event { Some(text.clone()) } else { None });
    assert!(said.contains("not kept") && !said.contains('\n'), "{said}");
    wait(&mut session, |event| updated(event).filter(|&update| update >= 3));
    // Once there is room, the rows that were not written are.
    std::fs::remove_file(&file).expect("it is there");
    wait(&mut session, |event| matches!(event, Event::Kept { .. }).then_some(()));
    let rows = run::read_metrics(&file.join("run-001"), Metrics::parse).expect("it can be read");
    assert!(rows.len() >= 3 && rows[0].update == 1, "{rows:?}");
}

#[test]
fn learning_pauses_when_it_was_told_to() {
    let mut session = session(None);
    let mut paused = |stop: Stop| {
        session.send(ToLearner::StopAt(stop));
        session.send(ToLearner::Learn(true));
        let said = RefCell::new(String::new());
        let left = wait(&mut session, |event| match event {
            Event::StopsAt(stop) => Some(*stop),
            Event::Note(text) => {
                said.replace(text.clone());
                None
            }
            _ => None,
        });
        (said.into_inner(), left)
    };
    let (said, left) = paused(Stop { update: Some(3), reward: Some(1e9), ..Stop::default() });
    assert!(said.contains("update 3 is done"), "{said}");
    assert_eq!(left, Stop { reward: Some(1e9), ..Stop::default() }, "what did not come true stays");
    assert!(paused(Stop { reward: Some(-1e9), ..Stop::default() }).0.contains("reward of update 4"));
    assert!(paused(Stop { kl: Some(-1.0), ..Stop::default() }).0.contains("KL of update 5"));
    assert!(paused(Stop { after: Some(Duration::ZERO), ..Stop::default() }).0.contains("minutes"));
}

#[test]
fn the_stage_keeps_to_an_old_update_and_learning_branches_from_it() {
    let root = tempfile::tempdir().expect("a folder");
    let mut session = session_in(None, Some(root.path()));
    wait(&mut session, |event| updated(event).filter(|&update| update == 4));
    session.send(ToStage::StageAt(Some(2)));
    let at = |event: &Event| if let Event::StageAt(update) = event { Some(*update) } else { None };
    assert_eq!(wait(&mut session, |event| at(event).filter(Option::is_some)), Some(2));
    picture(&session, |picture| picture.update == 2);
    wait(&mut session, |event| updated(event).filter(|&update| update >= 6));
    assert_eq!(picture(&session, |_| true).update, 2, "newer updates do not reach it");
    session.send(ToStage::StageAt(None));
    picture(&session, |picture| picture.update >= 6);

    session.send(ToLearner::Learn(false));
    wait(&mut session, |event| matches!(event, Event::Learning(false)).then_some(()));
    session.send(ToLearner::BranchFrom(2));
    let history = wait(&mut session, |event| match event {
        Event::Started { updates: 2, history, .. } => Some(history.clone()),
        _ => None,
    });
    assert_eq!(history.iter().map(|metrics| metrics.update).collect::<Vec<_>>(), [1, 2]);
    session.send(ToLearner::Learn(true));
    // The same settings and random numbers: what follows is what followed.
    let first = run::read_metrics(&root.path().join("run-001"), Metrics::parse).expect("it can be read");
    let third = wait(&mut session, |event| match event {
        Event::Updated(metrics) => Some(metrics.clone()).filter(|metrics| metrics.update == 3),
        _ => None,
    });
    assert_eq!((third.reward, third.kl), (first[2].reward, first[2].kl));

    // What a run is to start from lies in its own folder, though it has learned nothing yet.
    session.send(ToLearner::Learn(false));
    session.send(ToLearner::BranchFrom(2));
    session.send(ToRun::TrainFrom(Box::new(Grid::filled(5, 5, 4))));
    let start = root.path().join("run-003").join("starts").join("stage-1.rle");
    let said = start.display().to_string();
    wait(&mut session, |event| matches!(event, Event::Note(text) if text.contains(&said)).then_some(()));
    assert_eq!(pattern::open(&start, Colours::Exact).expect("it was written"), Grid::filled(5, 5, 4));
    drop(session);
    let rows = run::read_metrics(&root.path().join("run-002"), Metrics::parse).expect("it can be read");
    assert_eq!(rows[..2], first[..2]);
    let marks = run::read_marks(&root.path().join("run-002")).expect("it can be read");
    assert_eq!(marks[0].what.to_string(), "branched from run-001");
    assert!(first.len() >= 6, "the run before is kept whole");
}

#[test]
fn a_rival_runs_under_the_rule_of_an_earlier_update() {
    let mut session = session(None);
    let mut config = small();
    config.ppo.learning_rate = 0.05;
    session.send(ToLearner::Configure(Box::new(config)));
    wait(&mut session, |event| updated(event).filter(|&update| update >= 6));
    session.send(ToLearner::Learn(false));
    wait(&mut session, |event| matches!(event, Event::Learning(false)).then_some(()));
    session.send(ToStage::Play(false));
    wait(&mut session, |event| matches!(event, Event::Playing(false)).then_some(()));
    let under = |update| Rival { update: Some(update), ..Rival::default() };
    session.send(ToStage::Compare(Some(Box::new(under(1)))));
    let begun = picture(&session, |picture| picture.rival.is_some());
    assert_eq!(begun.rival, Some(begun.grid));
    let future = stepped(&mut session, 3);
    let rival = future.rival.expect("there is one");
    assert_ne!(rival, future.grid, "learning has changed the rule");

    // The same from there under that rule alone.
    session.send(ToStage::Compare(None));
    session.send(ToStage::Seek(begun.record.at));
    session.send(ToStage::Branch);
    session.send(ToStage::StageAt(Some(1)));
    wait(&mut session, |event| matches!(event, Event::StageAt(Some(1))).then_some(()));
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(stepped(&mut session, 3).grid, rival);

    // What was ended before the learner came to it does not begin.
    session.send(ToStage::Compare(Some(Box::new(under(1)))));
    session.send(ToStage::Compare(None));
    std::thread::sleep(Duration::from_millis(1500));
    stepped(&mut session, 1);
    assert_eq!(stepped(&mut session, 1).rival, None);

    session.send(ToStage::Compare(Some(Box::new(under(99)))));
    let said = wait(&mut session, |event| if let Event::Note(text) = event { Some(text.clone()) } else { None });
    assert!(said.contains("update 99 left is not kept"), "{said}");
}

#[test]
fn a_clip_brings_its_rule_and_settings_back() {
    let root = tempfile::tempdir().expect("a folder");
    let clip = |session: &mut Session, name: &str| {
        let path = root.path().join(name);
        session.send(ToStage::Clip(Box::new(ClipOrder {
            path: path.clone(),
            format: Format::of_clip(&path).expect("an APNG is one"),
            frames: Frames::Last(3),
            area: None,
            scale: 1,
            delay: Delay::TENTH,
            overlay: None,
            caption: false,
        })));
        wait(session, |event| matches!(event, Event::ClipWritten { .. }).then_some(()));
        path
    };
    let at = |event: &Event| if let Event::StageAt(Some(update)) = event { Some(*update) } else { None };
    let mut session = session_in(None, Some(&root.path().join("runs")));
    session.send(ToStage::Play(false));
    wait(&mut session, |event| updated(event).filter(|&update| update == 4));
    session.send(ToLearner::Learn(false));
    session.send(ToStage::StageAt(Some(2)));
    wait(&mut session, at);
    std::thread::sleep(Duration::from_millis(1500));
    session.send(ToStage::Greedy(true));
    let third = stepped(&mut session, 3);
    let early = clip(&mut session, "early.apng");

    // Under the newest rule, with other settings.
    session.send(ToStage::StageAt(None));
    session.send(ToStage::Greedy(false));
    std::thread::sleep(Duration::from_millis(1500));
    let sixth = stepped(&mut session, 3);
    let newest = clip(&mut session, "newest.apng");

    session.send(ToFiles::Open(early));
    assert_eq!(wait(&mut session, at), 2);
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(stepped(&mut session, 2).grid, third.grid);
    drop(session);

    // Another run, with another temperature, finds the rule in the first one's folder.
    let mut session = session_in(None, Some(&root.path().join("runs")));
    session.send(ToStage::Play(false));
    let mut config = small();
    config.model.temperature = 3.0;
    session.send(ToLearner::Configure(Box::new(config)));
    wait(&mut session, |event| matches!(event, Event::Applied(_)).then_some(()));
    session.send(ToLearner::Learn(false));
    session.send(ToFiles::Open(newest));
    let said = wait(&mut session, |event| match event {
        Event::Note(text) => Some(text.clone()),
        _ => None,
    });
    assert!(said.contains("run-001"), "{said}");
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(stepped(&mut session, 2).grid, sixth.grid);
}

//! Run folders: what a run leaves, what a resumed one keeps, and what is refused.

use std::fs;

use primordia::files::run::{Happening, Mark, RunFolder, checkpoints, read_marks, read_metrics, runs};
use primordia::spec::config::Config;

use crate::checkpoint::sample;

fn row(update: u32) -> Vec<(String, String)> {
    vec![("update".to_owned(), update.to_string()), ("reward".to_owned(), format!("0.{update}"))]
}

#[test]
fn a_run_and_its_continuation() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("runs/one");
    let (folder, _) = RunFolder::create(&path, &Config::default(), None).unwrap();
    (1..=4).for_each(|update| folder.append(&[row(update)]).unwrap());
    folder.save(&sample()).unwrap();
    assert_eq!(fs::read_to_string(folder.metrics_path()).unwrap(), "update,reward\n1,0.1\n2,0.2\n3,0.3\n4,0.4\n");
    assert_eq!(primordia::files::read_config(&path.join("config.ron")).unwrap(), *sample().rule.config);

    let again = RunFolder::create(&path, &Config::default(), None).unwrap_err().to_string();
    assert!(again.contains("holds a run already") && again.contains("--resume"), "{again}");

    fs::write(folder.metrics_path(), "update,reward\n1,0.1\n2,0.2\n3,0.3\n4,0.").unwrap();
    let folder = RunFolder::resume(&path, &Config::default(), 2).unwrap();
    folder.append(&[row(3)]).unwrap();
    assert_eq!(fs::read_to_string(folder.metrics_path()).unwrap(), "update,reward\n1,0.1\n2,0.2\n3,0.3\n");
    let other = folder.append(&[vec![("update".to_owned(), "4".to_owned())]]).unwrap_err().to_string();
    assert!(other.contains("other columns"), "{other}");
}

#[test]
fn a_file_in_the_way() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("file");
    fs::write(&path, "kept").unwrap();
    let sentence = RunFolder::create(&path.join("run"), &Config::default(), None).unwrap_err().to_string();
    assert!(sentence.contains("cannot be written"), "{sentence}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
}

#[test]
fn numbered_folders_with_marks_and_rows_that_are_read_back() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path().join("runs");
    assert!(checkpoints(&root).is_empty() && runs(&root).is_empty());
    fs::create_dir_all(root.join("run-007")).unwrap();
    let folder = RunFolder::create_next(&root, &Config::default()).unwrap();
    assert_eq!(folder.path(), root.join("run-008"));
    folder.append(&[row(1), row(2)]).unwrap();
    fs::write(folder.metrics_path(), fs::read_to_string(folder.metrics_path()).unwrap() + "3,0.").unwrap();
    let read = read_metrics(folder.path(), |value| Some((value("update")? as u32, value("reward")?, value("none"))));
    assert_eq!(read.unwrap(), [(1, 0.1, None), (2, 0.2, None)], "a row that is not whole is left out");

    assert!(read_marks(folder.path()).unwrap().is_empty());
    let change = Happening::Changed { path: "ppo.clip".into(), from: "0.2".into(), to: "0.1".into() };
    assert_eq!(change.to_string(), "clip 0.2 → 0.1");
    let marks = [change, Happening::Note("a \"note\", with\nlines".into()), Happening::Branched("run-001".into())];
    let marks = marks.map(|what| Mark { update: 2, what });
    folder.write_marks(&marks).unwrap();
    assert_eq!(read_marks(folder.path()).unwrap(), marks);

    assert!(checkpoints(&root).is_empty(), "there is nothing to resume without a checkpoint");
    folder.save(&sample()).unwrap();
    assert_eq!((checkpoints(&root), runs(&root)), (vec![folder.checkpoint_path()], vec![root.join("run-008")]));
}

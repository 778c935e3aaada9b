//! Run folders: what a run leaves, what a resumed one keeps, and what is refused.

use std::fs;

use primordia::files::run::RunFolder;
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
    (1..=4).for_each(|update| folder.append(&row(update)).unwrap());
    folder.save(&sample()).unwrap();
    assert_eq!(fs::read_to_string(folder.metrics_path()).unwrap(), "update,reward\n1,0.1\n2,0.2\n3,0.3\n4,0.4\n");
    assert_eq!(primordia::files::read_config(&path.join("config.ron")).unwrap(), sample().config);

    let again = RunFolder::create(&path, &Config::default(), None).unwrap_err().to_string();
    assert!(again.contains("holds a run already") && again.contains("--resume"), "{again}");

    fs::write(folder.metrics_path(), "update,reward\n1,0.1\n2,0.2\n3,0.3\n4,0.").unwrap();
    let folder = RunFolder::resume(&path, &Config::default(), 2).unwrap();
    folder.append(&row(3)).unwrap();
    assert_eq!(fs::read_to_string(folder.metrics_path()).unwrap(), "update,reward\n1,0.1\n2,0.2\n3,0.3\n");
    let other = folder.append(&[("update".to_owned(), "4".to_owned())]).unwrap_err().to_string();
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

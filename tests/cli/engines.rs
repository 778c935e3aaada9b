//! What computes: as `--engine` says, and without any driver.

use std::fs;
use std::path::Path;

use primordia::files::clip::read_clip;

use crate::{contents, said, succeeds, without_driver};

/// The standard output of a line that must succeed where there is no driver.
#[track_caller]
fn computes(folder: &Path, line: &str) -> String {
    said(&without_driver(folder, line), line)
}

#[test]
#[cfg(target_os = "linux")]
fn the_doctor_says_what_is_used_and_why() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    let used = |text: &str| text.lines().find(|line| line.starts_with("used: ")).unwrap().to_owned();
    let auto = computes(folder, "doctor");
    assert!(auto.starts_with("there is no adapter: "), "{auto}");
    let auto = used(&auto);
    assert!(auto.contains("(native") && auto.ends_with(", because there is no GPU with a driver"), "{auto}");
    for text in [computes(folder, "doctor --engine native"), succeeds(folder, "--engine native doctor")] {
        let native = used(&text);
        assert!(native.contains("(native") && native.ends_with(", because --engine says so"), "{native}");
    }
    assert!(contents(folder).is_empty());
}

#[test]
fn the_doctor_on_a_driver() {
    let folder = tempfile::tempdir().unwrap();
    let text = succeeds(folder.path(), "doctor --engine wgsl");
    assert!(
        text.contains("used: ") && text.contains(" (wgsl, ") && text.contains("because --engine says so"),
        "{text}"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn all_is_done_without_a_driver() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    computes(folder, "train --preset tiny --updates 5 --out run");
    computes(folder, "train --resume run --updates 6 --engine native");
    computes(folder, "play run --steps 3 --states a.npy --clip a.gif");
    computes(folder, "--engine native play run --steps 3 --states b.npy");
    let states = |name: &str| read_clip(&folder.join(name)).unwrap();
    assert!(states("a.npy").len() == 4 && states("a.npy") == states("b.npy") && states("a.npy") == states("a.gif"));
    computes(folder, "probe run --init a.npy --out p.safetensors");
    assert!(fs::metadata(folder.join("p.safetensors")).unwrap().len() > 0);
    computes(folder, "score a.npy");
}

#[test]
#[cfg(target_os = "linux")]
fn a_benchmark_without_a_driver() {
    let folder = tempfile::tempdir().unwrap();
    let report: serde_json::Value =
        serde_json::from_str(&computes(folder.path(), "bench --quick --json --plot cost.svg")).unwrap();
    assert_eq!(report["engine"], "native");
    assert!(report["kernels"].as_array().unwrap().is_empty(), "it has none");
    for name in ["learning", "stage"] {
        let rows = report[name].as_array().unwrap();
        assert!(!rows.is_empty() && rows.iter().all(|row| row["distinct"].as_f64().unwrap() > 0.0), "{report}");
    }
    assert!(report["peak_gflops"].as_f64().unwrap() > 0.0);
}

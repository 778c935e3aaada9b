//! The real `primordia` command, as a user meets it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod device;
mod engines;
mod inputs;
mod listings;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The command, to be run in a folder of its own.
fn primordia(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_primordia"));
    // A user's own would hide that drivers complain where there is none.
    command.current_dir(folder).env_remove("XDG_RUNTIME_DIR");
    command
}

fn run(folder: &Path, line: &str) -> Output {
    primordia(folder).args(line.split_whitespace()).output().unwrap()
}

/// Runs a line as on a machine without any Vulkan driver.
fn without_driver(folder: &Path, line: &str) -> Output {
    let mut command = primordia(folder);
    command.args(line.split_whitespace());
    command.env("VK_ICD_FILENAMES", "/nonexistent.json").env("VK_DRIVER_FILES", "/nonexistent.json");
    command.output().unwrap()
}

/// Runs a line that must succeed; its standard output.
#[track_caller]
fn succeeds(folder: &Path, line: &str) -> String {
    said(&run(folder, line), line)
}

/// The standard output of a line that must have succeeded.
#[track_caller]
fn said(output: &Output, line: &str) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {stderr}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Runs a line that must be refused: exit code 2, one sentence that holds `because`, and nothing written or changed.
#[track_caller]
fn refused(folder: &Path, line: &str, because: &str) {
    let before = contents(folder);
    is_refusal(&run(folder, line), because);
    assert_eq!(contents(folder), before, "{line} left something behind");
}

#[track_caller]
fn is_refusal(output: &Output, because: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.starts_with("error: ") && stderr.trim_end().lines().count() == 1, "{stderr}");
    assert!(stderr.contains(because), "{stderr}");
}

/// Every file below a folder with its bytes.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    found
}

//! What only reads: help, presets, settings, and the score of a clip.

use std::path::Path;

use primordia::spec::config::Term;
use primordia::spec::settings::SETTINGS;

use crate::{refused, succeeds};

fn clip(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name).display().to_string()
}

#[test]
fn help_and_version() {
    let folder = tempfile::tempdir().unwrap();
    assert!(succeeds(folder.path(), "--help").contains("train"));
    let help = succeeds(folder.path(), "train --help");
    assert!(help.contains("--resume") && help.contains("--engine <ENGINE>"), "{help}");
    assert!(succeeds(folder.path(), "--engine native presets").contains("explore"));
    assert!(succeeds(folder.path(), "--version").starts_with("primordia "));
}

#[test]
fn presets_and_settings() {
    let folder = tempfile::tempdir().unwrap();
    let presets = succeeds(folder.path(), "presets");
    assert!(["explore", "faithful", "target", "tiny"].iter().all(|name| presets.contains(name)), "{presets}");
    let table = succeeds(folder.path(), "presets --settings");
    assert_eq!(table.lines().count(), 1 + SETTINGS.len());
    assert!(table.starts_with("setting ") && table.contains(" 3 to 4096 each "), "{table}");
    assert!(SETTINGS.iter().all(|setting| table.contains(setting.path)));
}

#[test]
fn the_sources_clip() {
    let folder = tempfile::tempdir().unwrap();
    let four = [("shift", 0.17525), ("surprise", 0.06850), ("move", 0.01883), ("relative", 0.01775), ("lift", 0.00868)];
    let eight =
        [("shift", 0.22082), ("surprise", 0.09805), ("move", 0.03024), ("relative", 0.02883), ("lift", 0.01051)];
    for name in ["post-clip-1.npy", "post-clip-1.gif"] {
        for (directions, terms, flow) in [(4, four, 0.00296), (8, eight, 0.00464)] {
            let line = format!("score {} --directions {directions} --boundary bounded --json", clip(name));
            let json: serde_json::Value = serde_json::from_str(&succeeds(folder.path(), &line)).unwrap();
            assert_eq!((json["transitions"].as_u64(), json["positions"].as_u64()), (Some(49), Some(361)));
            for (term, want) in terms.into_iter().chain([("flow", flow)]) {
                let got = json["terms"][term].as_f64().unwrap();
                assert!((got - want).abs() < 1e-5, "{term}: {got}");
            }
            assert!(json["terms"]["soft_move"].is_f64() && json["terms"]["target"].is_null());
        }
    }
    let line = format!("score {} --boundary torus --target {}", clip("post-clip-1.gif"), clip("post-clip-1.npy"));
    let table = succeeds(folder.path(), &line);
    assert!(
        table.starts_with("49 transitions, 400 positions") && Term::ALL.iter().all(|term| table.contains(term.name()))
    );
}

#[test]
fn what_has_no_score() {
    let folder = tempfile::tempdir().unwrap();
    refused(folder.path(), "score missing.gif", "`missing.gif` cannot be read");
    std::fs::write(folder.path().join("x.rle"), "bo$2bo$3o!").unwrap();
    refused(folder.path(), "score x.rle", "is not a clip");
    let help = succeeds(folder.path(), "score --help");
    assert!(["[default: 4]", "[default: bounded]", "[default: none"].iter().all(|default| help.contains(default)));
}

#[test]
#[cfg(not(feature = "gui"))]
fn without_a_window() {
    let folder = tempfile::tempdir().unwrap();
    refused(folder.path(), "", "this build has no window");
    std::fs::write(folder.path().join("dot.rle"), "x = 1, y = 1\no!").unwrap();
    refused(folder.path(), "dot.rle", "this build has no window");
}

#[test]
#[cfg(all(feature = "gui", target_os = "linux"))]
fn without_a_display() {
    let folder = tempfile::tempdir().unwrap();
    for display in [None, Some("")] {
        let mut command = crate::primordia(folder.path());
        for name in ["DISPLAY", "WAYLAND_DISPLAY"] {
            match display {
                None => command.env_remove(name),
                Some(value) => command.env(name, value),
            };
        }
        crate::is_refusal(&command.output().unwrap(), "there is no display to open a window on");
    }
}

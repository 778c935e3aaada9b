//! Checkpoints: the round trip, and every kind of file that is not one.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use primordia::files::checkpoint::{Checkpoint, Progress};
use primordia::spec::config::Config;
use primordia::spec::optimiser::Optimiser;
use primordia::spec::params::Params;
use primordia::spec::rule::Rule;
use primordia::spec::settings;
use primordia::spec::start::start_state;

/// A checkpoint of a small run, with distinct numbers everywhere.
pub fn sample() -> Checkpoint {
    let mut config = Config::default();
    config.world.size = (5, 7);
    config.world.count = 2;
    let params = Params::new(&config.model);
    let values = params.initial(3);
    let scaled = |factor: f32| values.iter().map(|value| value * factor).collect();
    let world = |world| start_state(&config.world.start, 5, 7, 0, 0, world).expect("not a picture");
    Checkpoint {
        progress: Progress { steps: 200, starts: 1, agent_steps: 14_000, seconds: 1.25 },
        optimiser: Some(Optimiser::adam(32, scaled(0.1), scaled(0.01))),
        worlds: vec![world(0), world(1)],
        rule: Rule { update: 4, returns: (0.5, 2.0), ..Rule::new(&config, values) },
    }
}

#[track_caller]
fn refused(path: &Path, bytes: &[u8], because: &str) {
    fs::write(path, bytes).unwrap();
    let sentence = Checkpoint::read(path).unwrap_err().to_string();
    assert!(sentence.contains(because), "{sentence}");
    assert!(sentence.contains("x.safetensors"), "{sentence}");
}

#[test]
fn round_trip() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.safetensors");
    sample().write(&path).unwrap();
    assert_eq!(Checkpoint::read(&path).unwrap(), sample());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
}

#[test]
fn a_rule_to_be_played_needs_no_optimiser_and_another_one_keeps_its_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.safetensors");
    let lion = Optimiser {
        name: "lion".to_owned(),
        step: 7,
        state: [("momentum".to_owned(), sample().rule.params.to_vec())].into(),
    };
    for optimiser in [None, Some(lion)] {
        let checkpoint = Checkpoint { optimiser, ..sample() };
        checkpoint.write(&path).unwrap();
        assert_eq!(Checkpoint::read(&path).unwrap(), checkpoint);
    }
}

#[test]
fn refusals_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.safetensors");
    sample().write(&path).unwrap();
    let good = fs::read(&path).unwrap();

    refused(&path, &good[..good.len() - 1], "is cut short");
    refused(&path, &good[..100], "is cut short");
    refused(&path, &[], "is cut short");
    refused(&path, b"\x89PNG\r\n\x1a\n and so on", "is not a checkpoint of Primordia");
    let foreign = safetensors::serialize(Vec::<(String, safetensors::tensor::TensorView)>::new(), None).unwrap();
    refused(&path, &foreign, "is not a checkpoint of Primordia: it has no");

    let edited = |from: &str, to: &str| {
        let at = good.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        [&good[..at], to.as_bytes(), &good[at + from.len()..]].concat()
    };
    refused(&path, &edited("d_model: 16", "d_model: 24"), "is of another architecture");
    refused(&path, &edited("layers: 1", "layers: 2"), "is of another architecture");
    refused(&path, &edited("count: 2", "count: 3"), "is of another architecture");
    refused(&path, &edited("\"primordia\":\"1\"", "\"primordia\":\"7\""), "format \"7\"");
    refused(&path, &edited("gamma: 0.99", "gamma: 9.99"), "wrong configuration");

    let mut coloured = good.clone();
    *coloured.last_mut().unwrap() = 10;
    refused(&path, &coloured, "a colour above 9");
}

#[test]
fn numbers_that_are_not_finite_never_replace_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.safetensors");
    sample().write(&path).unwrap();
    let mut broken = sample();
    let mut params = broken.rule.params.to_vec();
    params[5] = f32::NAN;
    broken.rule.params = params.into();
    assert!(broken.write(&path).unwrap_err().to_string().contains("not finite"));
    assert_eq!(Checkpoint::read(&path).unwrap(), sample());
}

#[test]
fn what_is_written_reads_back_under_every_setting() {
    for setting in settings::SETTINGS {
        let mut config = Config::default();
        let value = setting.get(&config);
        settings::set(&mut config, setting.path, &value).unwrap();
        assert_eq!(config, Config::default(), "{}", setting.path);
    }
}

/// Writes one checkpoint after another where `PRIMORDIA_TEST_SAVE` says, until it is killed; nothing in a usual run.
#[test]
fn saves_until_killed() {
    if let Some(path) = std::env::var_os("PRIMORDIA_TEST_SAVE") {
        for update in 0.. {
            let rule = Rule { update, ..sample().rule };
            Checkpoint { rule, ..sample() }.write(Path::new(&path)).unwrap();
        }
    }
}

#[test]
fn a_kill_during_a_save_leaves_the_checkpoint_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.safetensors");
    sample().write(&path).unwrap();
    for round in 0..10 {
        let mut saver = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "checkpoint::saves_until_killed"])
            .env("PRIMORDIA_TEST_SAVE", &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(60 + 7 * round));
        saver.kill().unwrap();
        saver.wait().unwrap();
        Checkpoint::read(&path).unwrap();
    }
}

//! Bad input: a sentence, exit code 2, and nothing written or damaged. None of it gets as far as a device.

use std::fs::{self, File};
use std::path::Path;

use primordia::files::checkpoint::{Checkpoint, Progress};
use primordia::spec::config::Config;
use primordia::spec::grid::Grid;
use primordia::spec::optimiser::Optimiser;
use primordia::spec::params::Params;
use primordia::spec::rule::Rule;

use crate::{contents, is_refusal, primordia, refused, without_driver};

/// A checkpoint after two of the run's updates.
fn write_checkpoint(path: &Path) {
    let mut config = Config::default();
    config.run.updates = 2;
    config.world.count = 1;
    let values = Params::new(&config.model).initial(0);
    let checkpoint = Checkpoint {
        progress: Progress { steps: 100, starts: 1, ..Progress::default() },
        optimiser: Some(Optimiser::adam(1, values.clone(), values.clone())),
        worlds: vec![Grid::filled(16, 16, 0)],
        rule: Rule { update: 2, ..Rule::new(&config, values) },
    };
    checkpoint.write(path).unwrap();
}

fn write_png(path: &Path, pixels: &[[u8; 3]]) {
    let mut encoder = png::Encoder::new(File::create(path).unwrap(), pixels.len() as u32 / 4, 4);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(pixels.as_flattened()).unwrap();
}

#[test]
fn configurations() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    let config = |text: &str, because: &str| {
        fs::write(folder.join("c.ron"), text).unwrap();
        refused(folder, "train --config c.ron", because);
    };
    config("(\n  world: (size: (16, 16),\n  model: (),\n)", "line 3, column");
    config("(\n  ppo: (clipp: 0.1),\n)", "clipp");
    config("(ppo: (clip: 0.1), policy: ())", "policy");
    config("(ppo: (clip: 7.0))", "`ppo.clip` is 7.0, but must lie from 0.001 to 1");
    config("(world: (size: (2, 2000)))", "`world.size`");
    config("(model: (d_model: 20))", "`model.d_model`");
    config("(reward: (terms: {\"shft\": 1.0}))", "there is no reward term `shft`");
    config("(world: (start: Picture(\"none.png\")))", "`none.png` cannot be read");
    config("(reward: (target: \"none.png\"))", "`none.png` cannot be read");
    refused(folder, "train --config missing.ron", "`missing.ron` cannot be read");
    refused(folder, "train --preset no", "there is no preset `no`; the presets are explore");
    refused(folder, "train --set ppo.clip", "path=value");
    refused(folder, "train --set ppo.clop=1", "there is no setting `ppo.clop`");
    refused(folder, "train --set ppo.clip=lots", "`ppo.clip` cannot be `lots`");
    refused(folder, "train --set ppo.clip=0", "`ppo.clip` is 0");
    refused(folder, "train --set world.size=2x2", "its default is --set 'world.size=(16,16)'");
    refused(folder, "train --set reward.terms=flow", "its default is --set 'reward.terms={\"shift\":1.0}'");
}

#[test]
fn checkpoints() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    let path = folder.join("c.safetensors");
    write_checkpoint(&path);
    let good = fs::read(&path).unwrap();
    let lines = [
        "train --resume c.safetensors",
        "play c.safetensors --steps 1",
        "probe c.safetensors --init c.safetensors --out o.safetensors",
    ];
    let everywhere = |bytes: &[u8], because: &str| {
        fs::write(&path, bytes).unwrap();
        lines.iter().for_each(|line| refused(folder, line, because));
    };
    everywhere(&good[..good.len() / 2], "is cut short");
    everywhere(b"not a tensor in sight", "is not a checkpoint of Primordia");
    let at = good.windows(11).position(|window| window == b"d_model: 16").unwrap();
    everywhere(&[&good[..at], b"d_model: 32", &good[at + 11..]].concat(), "is of another architecture");

    fs::write(&path, &good).unwrap();
    refused(folder, "train --resume c.safetensors", "has had 2 updates, and the run's total is 2");
    refused(
        folder,
        "train --resume c.safetensors --updates 3 --set model.layers=2",
        "`model.layers` takes effect in a new run only",
    );
    refused(folder, "train --resume missing.safetensors", "`missing.safetensors` cannot be read: it does not exist");
    fs::create_dir(folder.join("other")).unwrap();
    for line in ["train --resume other", "play other --steps 1", "probe other --init c.safetensors --out o.safetensors"]
    {
        refused(folder, line, "`other/checkpoint.safetensors` cannot be read: it does not exist");
    }
    fs::write(folder.join("other/metrics.csv"), "update\n1\n").unwrap();
    refused(folder, "train --resume c.safetensors --updates 3 --out other", "`other` holds another run");
}

#[test]
fn pictures_and_sizes() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    write_checkpoint(&folder.join("c.safetensors"));
    let colours: Vec<[u8; 3]> = (0..44).map(|i| [i % 11 * 20; 3]).collect();
    write_png(&folder.join("eleven.png"), &colours);
    let mut bytes = fs::read(folder.join("eleven.png")).unwrap();
    bytes[16..24].fill(0);
    fs::write(folder.join("empty.png"), &bytes).unwrap();
    bytes[16..24].copy_from_slice(&[0, 1, 0x86, 0xA0, 0, 1, 0x86, 0xA0]);
    fs::write(folder.join("huge.png"), &bytes).unwrap();
    let whole = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/post-clip-1.gif")).unwrap();
    fs::write(folder.join("cut.gif"), &whole[..whole.len() - 9]).unwrap();
    fs::write(folder.join("eleven.rle"), "x = 3, y = 3\n.AJ!").unwrap();
    fs::write(folder.join("dot.rle"), "x = 1, y = 1\no!").unwrap();
    fs::write(folder.join("notes.txt"), "nothing to see").unwrap();

    for line in [
        "play c.safetensors --steps 1 --init",
        "probe c.safetensors --out o.safetensors --init",
        "train --out r --init",
    ] {
        refused(folder, &format!("{line} eleven.png"), "has 11 colours, and 44 of its 44 pixels");
        refused(folder, &format!("{line} empty.png"), "is 0×0 pixels large");
        refused(folder, &format!("{line} huge.png"), "is 100000×100000 pixels large");
        refused(folder, &format!("{line} cut.gif"), "is cut short");
        refused(folder, &format!("{line} eleven.rle"), "state 10 (`J`)");
        refused(folder, &format!("{line} notes.txt"), "`notes.txt` is not a PNG");
        refused(folder, &format!("{line} missing.png"), "`missing.png` cannot be read");
    }
    refused(folder, "play c.safetensors --steps 1 --init dot.rle", "a stage of 1×1 cells");
    refused(folder, "play c.safetensors --steps 1 --size 2x9999", "a stage of 2×9999 cells");
    fs::write(folder.join("wide.rle"), "x = 9, y = 4\no!").unwrap();
    let cropped = "is 4×9 cells large, and does not fit on a stage of 8×8";
    refused(folder, "play c.safetensors --steps 1 --init wide.rle --size 8x8", cropped);
    refused(folder, "score cut.gif", "is cut short");
}

#[test]
fn outputs() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    write_checkpoint(&folder.join("c.safetensors"));
    for (line, extension) in [
        ("play c.safetensors --steps 1 --states", "npy"),
        ("probe c.safetensors --init c.safetensors --out", "safetensors"),
    ] {
        refused(folder, &format!("{line} a.mp4"), &format!("the format that ends in .{extension}; name it so"));
        let missing = format!("`no/a.{extension}` cannot be written: the folder `no` does not exist\n");
        refused(folder, &format!("{line} no/a.{extension}"), &missing);
    }
    let play = "play c.safetensors --steps 1 --clip";
    refused(folder, &format!("{play} a.jpeg"), "end its name in .gif, .apng, .npy or .mp4, or in nothing for a folder");
    refused(folder, &format!("{play} no/a.gif"), "the folder `no` does not exist\n");
    fs::create_dir(folder.join("there")).unwrap();
    refused(folder, &format!("{play} there"), "something has that name already");
}

#[test]
fn files_and_commands_that_are_not_there() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    refused(folder, "nosuch.png", "there is no file or command `nosuch.png`; `primordia --help` lists the commands");
    refused(folder, "trian", "there is no file or command `trian`; did you mean `primordia train`?");
    refused(folder, "trian --preset tiny", "there is no file or command `trian`; did you mean `primordia train`?");
    fs::create_dir(folder.join("empty")).unwrap();
    refused(folder, "empty", "there is no checkpoint in the folder `empty`");
}

#[test]
fn usage() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    let missing =
        "the following required arguments were not provided: --steps <N> <CHECKPOINT>; see primordia play --help";
    refused(folder, "play", missing);
    refused(folder, "train --resme x", "'--resme' found (is it --resume?); see primordia train --help\n");
    refused(folder, "score x.gif --directions 5", "[possible values: 4, 8]; see primordia score --help\n");
    refused(folder, "--fast", "unexpected argument '--fast' found; see primordia --help\n");
    fs::write(folder.join("dot.rle"), "x = 1, y = 1\no!").unwrap();
    refused(folder, "dot.rle doctor", "a file opens in the window, without a command");
}

#[test]
#[cfg(unix)]
fn the_program_has_one_name() {
    let parent = tempfile::tempdir().unwrap();
    let other = parent.path().join("other");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_primordia"), &other).unwrap();
    let help = std::process::Command::new(other).args(["train", "--help"]).output().unwrap();
    assert!(String::from_utf8_lossy(&help.stdout).contains("Usage: primordia train"));
}

#[test]
#[cfg(target_os = "linux")]
fn backends() {
    let parent = tempfile::tempdir().unwrap();
    for backend in ["dx12", "foo", ""] {
        for line in [["train", "--preset=tiny"].as_slice(), &["doctor"]] {
            let output = primordia(parent.path()).args(line).env("WGPU_BACKEND", backend).output().unwrap();
            is_refusal(&output, &format!("WGPU_BACKEND is `{backend}`, which names none of the backends"));
        }
    }
    assert!(contents(parent.path()).is_empty());
}

#[test]
fn no_driver() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    for line in ["train --preset tiny --out run --engine wgsl", "doctor --engine wgsl"] {
        is_refusal(&without_driver(folder, line), "install your GPU's driver");
        assert!(contents(folder).is_empty());
    }
}

/// Each command takes it, before its name and after; what is refused here is what follows.
#[test]
fn engines() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    let values = "invalid value 'gpu' for '--engine <ENGINE>' [possible values: auto, wgsl, native]; see primordia";
    for command in ["train", "play", "score", "probe", "bench", "doctor", "presets"] {
        refused(folder, &format!("{command} --engine gpu"), &format!("{values} {command} --help\n"));
    }
    refused(folder, "--engine gpu", &format!("{values} --help\n"));
    refused(folder, "--engine native play", "<CHECKPOINT>; see primordia play --help\n");
    for (line, because) in [
        ("train --preset no", "there is no preset"),
        ("play none --steps 1", "`none` cannot be read"),
        ("score none.gif", "`none.gif` cannot be read"),
        ("probe none --init a.npy --out a.safetensors", "`none` cannot be read"),
        ("bench --plot a.txt", "ends in .svg"),
        ("none.png", "there is no file or command"),
    ] {
        for engine in ["auto", "wgsl", "native"] {
            refused(folder, &format!("{line} --engine {engine}"), because);
            refused(folder, &format!("--engine {engine} {line}"), because);
        }
    }
}

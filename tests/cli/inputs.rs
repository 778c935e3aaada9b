//! Bad input: a sentence, exit code 2, and nothing written or damaged. None of it gets as far as a device.

use std::fs::{self, File};
use std::path::Path;

use primordia::files::checkpoint::Checkpoint;
use primordia::files::clip::{Delay, write_gif};
use primordia::spec::config::Config;
use primordia::spec::grid::Grid;
use primordia::spec::params::Params;

use crate::{contents, is_refusal, primordia, refused};

/// A checkpoint after two of the run's updates.
fn write_checkpoint(path: &Path) {
    let mut config = Config::default();
    config.run.updates = 2;
    config.world.count = 1;
    let values = Params::new(&config.model).initial(0);
    let checkpoint = Checkpoint {
        update: 2,
        step: 100,
        starts: 1,
        agent_steps: 0,
        seconds: 0.0,
        adam_m: values.clone(),
        adam_v: values.clone(),
        params: values,
        adam_step: 1,
        return_mean: 0.0,
        return_std: 1.0,
        worlds: vec![Grid::filled(16, 16, 0)],
        config,
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
        "probe c.safetensors --init c.safetensors --out o",
    ];
    let everywhere = |bytes: &[u8], because: &str| {
        fs::write(&path, bytes).unwrap();
        lines.iter().for_each(|line| refused(folder, line, because));
    };
    everywhere(&good[..good.len() / 2], "is cut short");
    everywhere(b"not a tensor in sight", "is not a safetensors file");
    let at = good.windows(11).position(|window| window == b"d_model: 16").unwrap();
    everywhere(&[&good[..at], b"d_model: 32", &good[at + 11..]].concat(), "is of another architecture");

    fs::write(&path, &good).unwrap();
    refused(folder, "train --resume c.safetensors", "has had 2 updates, and the run's total is 2");
    refused(
        folder,
        "train --resume c.safetensors --updates 3 --set model.layers=2",
        "`model.layers` takes effect only",
    );
    refused(folder, "train --resume missing.safetensors", "`missing.safetensors` cannot be read");
    fs::create_dir(folder.join("other")).unwrap();
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
    write_gif(&folder.join("cut.gif"), &[Grid::filled(9, 9, 3)], 2, Delay::TENTH).unwrap();
    let whole = fs::read(folder.join("cut.gif")).unwrap();
    fs::write(folder.join("cut.gif"), &whole[..whole.len() - 9]).unwrap();
    fs::write(folder.join("eleven.rle"), "x = 3, y = 3\n.AJ!").unwrap();
    fs::write(folder.join("dot.rle"), "x = 1, y = 1\no!").unwrap();
    fs::write(folder.join("notes.txt"), "nothing to see").unwrap();

    for line in ["play c.safetensors --steps 1 --init", "probe c.safetensors --out o --init", "train --out r --init"] {
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
    refused(folder, "score cut.gif", "is cut short");
}

#[test]
fn no_driver() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    for line in ["train --preset tiny --out run", "doctor"] {
        let output = primordia(folder)
            .args(line.split_whitespace())
            .env("VK_ICD_FILENAMES", "/nonexistent.json")
            .env("VK_DRIVER_FILES", "/nonexistent.json")
            .output()
            .unwrap();
        is_refusal(&output, "install your GPU's driver");
        assert!(contents(folder).is_empty());
    }
}

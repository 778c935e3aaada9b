//! Small runs on the machine's adapter: what they leave, that they repeat to the bit, and that they can be stopped.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use primordia::files::checkpoint::Checkpoint;
use primordia::files::clip::read_clip;
use primordia::files::stamp::fingerprint;
use primordia::picture::palette::PALETTE;
use primordia::spec::config::Start;
use primordia::spec::grid::{Boundary, Windows};
use safetensors::SafeTensors;

use crate::{contents, is_refusal, primordia, refused, run, succeeds};

const SMALL: &str = "(
    world: (size: (7, 9), boundary: Torus, count: 2, fresh_every: 3),
    ppo: (steps_per_update: 4, minibatches: 2),
    run: (updates: 10, seed: 5),
)";
const HEADER: &str = "update,agent_steps,seconds,reward,reward_shift,reward_surprise,reward_move,reward_relative,\
reward_lift,reward_flow,reward_soft_move,reward_target,policy_loss,value_loss,aggregator_loss,entropy,\
aggregator_entropy,kl,clip_fraction,explained_variance,grad_norm,distinct_windows,agent_steps_per_second";

fn folder_with_config() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("small.ron"), SMALL).unwrap();
    folder
}

/// Every tensor's bytes: parameters, Adam's moments, return statistics and worlds.
fn tensors(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    file.iter().map(|(name, view)| (name.to_owned(), view.data().to_vec())).collect()
}

#[track_caller]
fn assert_same_tensors(a: &Path, b: &Path) {
    let (a, b) = (tensors(a), tensors(b));
    let differing: Vec<_> = a.keys().filter(|name| a[*name] != b[*name]).collect();
    assert!(a.len() == b.len() && differing.is_empty(), "{differing:?}");
}

#[test]
fn a_run_leaves_its_configuration_metrics_and_checkpoint() {
    let parent = folder_with_config();
    let folder = parent.path();
    succeeds(folder, "train --config small.ron --updates 2 --set ppo.gamma=0.5 --seed 3");
    let run = folder.join("runs/small-3");
    let config = primordia::files::read_config(&run.join("config.ron")).unwrap();
    assert_eq!((config.ppo.gamma, config.run.updates, config.run.seed), (0.5, 2, 3));
    let checkpoint = Checkpoint::read(&run.join("checkpoint.safetensors")).unwrap();
    assert_eq!((checkpoint.rule.update, &*checkpoint.rule.config), (2, &config));
    let metrics = fs::read_to_string(run.join("metrics.csv")).unwrap();
    let lines: Vec<&str> = metrics.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, HEADER));
    for (update, line) in lines.iter().enumerate().skip(1) {
        let values: Vec<f64> = line.split(',').map(|value| value.parse().unwrap()).collect();
        assert_eq!(values.len(), HEADER.split(',').count());
        assert_eq!(values[..2], [update as f64, (update * 4 * 2 * 63) as f64]);
        assert!(values.iter().all(|value| value.is_finite()));
    }
    assert_eq!(fs::read_dir(&run).unwrap().count(), 3, "no temporary file stays");
    refused(folder, "train --config small.ron --seed 3", "holds a run already");
    succeeds(folder, "train --resume runs/small-3 --updates 3");
    assert!(succeeds(folder, "play runs/small-3 --steps 1").starts_with("1 steps"));
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_others() {
    let parent = folder_with_config();
    let folder = parent.path();
    for (out, seed) in [("a", 7), ("b", 7), ("c", 8)] {
        succeeds(folder, &format!("train --config small.ron --updates 3 --seed {seed} --out {out}"));
    }
    let path = |run: &str| folder.join(run).join("checkpoint.safetensors");
    assert_same_tensors(&path("a"), &path("b"));
    assert_ne!(tensors(&path("a"))["f.head.weight"], tensors(&path("c"))["f.head.weight"]);
}

#[test]
fn ten_updates_are_five_and_five_more() {
    let parent = folder_with_config();
    let folder = parent.path();
    succeeds(folder, "train --config small.ron --updates 10 --out whole");
    succeeds(folder, "train --config small.ron --updates 5 --out parts");
    succeeds(folder, "train --resume parts/checkpoint.safetensors --updates 10");
    let path = |run: &str| folder.join(run).join("checkpoint.safetensors");
    assert_same_tensors(&path("whole"), &path("parts"));
    let rows = |run: &str| {
        let text = fs::read_to_string(folder.join(run).join("metrics.csv")).unwrap();
        // Without the columns that are times.
        let steady = |line: &str| {
            let cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            [&cells[..2], &cells[3..cells.len() - 1]].concat()
        };
        text.lines().map(steady).collect::<Vec<_>>()
    };
    assert_eq!(rows("whole").len(), 11);
    assert_eq!(rows("whole"), rows("parts"));
}

#[test]
fn a_picture_is_where_every_world_starts() {
    let parent = folder_with_config();
    let folder = parent.path();
    fs::write(folder.join("glider.rle"), "x = 3, y = 3\nbo$2bo$3o!").unwrap();
    succeeds(folder, "train --config small.ron --init glider.rle --updates 0 --out run");
    let checkpoint = Checkpoint::read(&folder.join("run/checkpoint.safetensors")).unwrap();
    assert!(matches!(&checkpoint.rule.config.world.start, Start::Picture(path) if path == "run/start.npy"));
    for world in &checkpoint.worlds {
        assert_eq!(world.cells.iter().filter(|&&colour| colour == 1).count(), 5);
        assert_eq!(world.at(4, 4), 1);
    }
}

/// A checkpoint that an earlier build wrote plays as it did there on either engine, goes on, and loses nothing where it is
/// saved anew.
#[test]
fn a_checkpoint_of_an_earlier_build() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/checkpoint-1.safetensors");
    let checkpoint = Checkpoint::read(&old).unwrap();
    checkpoint.write(&folder.join("anew.safetensors")).unwrap();
    assert_same_tensors(&old, &folder.join("anew.safetensors"));
    assert_eq!(Checkpoint::read(&folder.join("anew.safetensors")).unwrap(), checkpoint);

    let old = old.display();
    let steps = |checkpoint: &Checkpoint| (checkpoint.rule.update, checkpoint.optimiser.as_ref().unwrap().step);
    let learned = ["native", "wgsl"].map(|engine| {
        succeeds(folder, &format!("play {old} --steps 40 --states states.npy --engine {engine}"));
        let cells = read_clip(&folder.join("states.npy")).unwrap().into_iter().flat_map(|state| state.cells);
        assert_eq!(fingerprint(&cells.map(f32::from).collect::<Vec<_>>()), "78c29b8a9b847cbb", "{engine}");
        succeeds(folder, &format!("train --resume {old} --updates 4 --out {engine} --engine {engine}"));
        let resumed = Checkpoint::read(&folder.join(engine).join("checkpoint.safetensors")).unwrap();
        assert_eq!((steps(&checkpoint), steps(&resumed)), ((3, 24), (4, 32)));
        resumed.rule.params
    });
    let furthest = learned[0].iter().zip(&*learned[1]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(furthest < 1e-3, "a parameter is {furthest} apart");
}

/// What stands in for ffmpeg: it has the encoder that is asked for, and does with the pixels what `does` says.
#[cfg(unix)]
fn fake_ffmpeg(folder: &Path, does: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(folder.join("bin")).unwrap();
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *-encoders*) echo ' V....D libx264 H.264'; exit;; esac\n\
         for last; do :; done\necho \"$*\" > said\n{does}\n"
    );
    fs::write(folder.join("bin/ffmpeg"), script).unwrap();
    fs::set_permissions(folder.join("bin/ffmpeg"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
#[cfg(unix)]
fn films_are_made_by_the_users_own_ffmpeg() {
    let parent = folder_with_config();
    let folder = parent.path();
    succeeds(folder, "train --config small.ron --updates 0 --out run");
    let play = |path: &str| {
        let line = "play run --steps 3 --seed 4 --states a.npy --size 150x9 --clip a.mp4";
        primordia(folder).args(line.split_whitespace()).env("PATH", path).output().unwrap()
    };
    is_refusal(&play("bin"), "`a.mp4` cannot be written: no `ffmpeg` is on the search path; install it, or choose");
    assert!(!folder.join("a.npy").exists(), "nothing was begun");

    fake_ffmpeg(folder, "cat > \"$last\"");
    let path = format!("bin:{}", std::env::var("PATH").unwrap());
    let output = play(&path);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // A scale of 3 would fit, and the next even one is 4.
    let mut expected = Vec::new();
    for state in read_clip(&folder.join("a.npy")).unwrap() {
        for row in state.cells.chunks_exact(9) {
            let line: Vec<u8> = row.iter().flat_map(|&colour| PALETTE[usize::from(colour)].repeat(4)).collect();
            expected.extend(line.repeat(4));
        }
    }
    assert!(fs::read(folder.join("a.mp4")).unwrap() == expected);
    let said = fs::read_to_string(folder.join("said")).unwrap();
    for part in ["-video_size 36x600", "-framerate 100/10", "yuv420p", "-c:v libx264"] {
        assert!(said.contains(part), "{said}");
    }

    fs::remove_file(folder.join("a.mp4")).unwrap();
    for ending in ["cat > \"$last\"", "true"] {
        fake_ffmpeg(folder, &format!("{ending}\necho first >&2\necho 'no room left' >&2\nexit 1"));
        let before = contents(folder).into_keys().collect::<Vec<_>>();
        is_refusal(&play(&path), "`a.mp4` cannot be written: ffmpeg says: no room left");
        assert_eq!(contents(folder).into_keys().collect::<Vec<_>>(), before);
    }
}

#[test]
fn playing_and_probing() {
    let parent = folder_with_config();
    let folder = parent.path();
    succeeds(folder, "train --config small.ron --updates 1 --out run");
    fs::write(folder.join("glider.rle"), "x = 3, y = 3\nbo$2bo$3o!").unwrap();
    let play = "play run/checkpoint.safetensors --steps 6";
    let said = succeeds(folder, &format!("{play} --seed 4 --states a.npy --clip a.gif"));
    assert_eq!(said, "6 steps of 7×9 cells: a.gif and a.npy\n");
    succeeds(folder, &format!("{play} --seed 4 --states b.npy"));
    succeeds(folder, &format!("{play} --seed 5 --states c.npy"));
    succeeds(folder, &format!("{play} --seed 4 --size 12x10 --init glider.rle --greedy --states d.npy"));
    let states = |name: &str| read_clip(&folder.join(name)).unwrap();
    assert_eq!((states("a.npy").len(), states("a.npy")[0].height, states("a.npy")[0].width), (7, 7, 9));
    assert!(states("a.npy") == states("b.npy") && states("a.npy") == states("a.gif"));
    assert!(states("a.npy")[1..] != states("c.npy")[1..]);
    assert_eq!((states("d.npy")[0].height, states("d.npy")[0].at(4, 4)), (12, 1));

    succeeds(folder, "probe run/checkpoint.safetensors --init a.npy --out p.safetensors");
    let bytes = fs::read(folder.join("p.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let shape = |name: &str| file.tensor(name).unwrap().shape().to_vec();
    assert_eq!([shape("windows"), shape("logits"), shape("value")], [vec![63, 9], vec![63, 9, 10], vec![63]]);
    assert_eq!(shape("aggregator_logits"), [7, 9, 10]);
    let start = &states("a.npy")[0];
    let windows = Windows::new(7, 9, Boundary::Torus);
    let expected: Vec<u8> = (0..63).flat_map(|index| windows.colours(start, index)).collect();
    assert_eq!(file.tensor("windows").unwrap().data(), expected);
}

#[test]
#[cfg(unix)]
fn ctrl_c_finishes_the_update_and_says_how_to_resume() {
    let parent = folder_with_config();
    let folder = parent.path();
    let mut child = primordia(folder)
        .args(["train", "--config", "small.ron", "--updates", "100000", "--out", "run"])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("update 1/100000"));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    lines.for_each(drop);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("primordia train --resume run/checkpoint.safetensors"), "{said}");
    let update = Checkpoint::read(&folder.join("run/checkpoint.safetensors")).unwrap().rule.update;
    succeeds(folder, &format!("train --resume run/checkpoint.safetensors --updates {}", update + 1));
}

#[test]
#[cfg(unix)]
fn a_full_disk_leaves_nothing_half_written() {
    let parent = folder_with_config();
    let folder = parent.path();
    // A limit on the size of files stands in for a full disk; the shell keeps its signal from ending the program.
    let line = format!(
        "trap '' XFSZ; ulimit -f 4; exec {} train --config small.ron --out run",
        env!("CARGO_BIN_EXE_primordia")
    );
    let before = contents(folder);
    let mut shell = Command::new("sh");
    let output = shell.args(["-c", &line]).current_dir(folder).output().unwrap();
    is_refusal(&output, "cannot be written");
    assert_eq!(contents(folder), before);
}

#[test]
fn learning_that_diverges_stops_and_keeps_the_checkpoint() {
    let parent = folder_with_config();
    let folder = parent.path();
    succeeds(folder, "train --config small.ron --updates 1 --out run");
    let path = folder.join("run/checkpoint.safetensors");
    let mut wild = Checkpoint::read(&path).unwrap();
    // Finite, so that it loads; infinite after one product.
    wild.rule.params = wild.rule.params.iter().map(|value| (value * 1e38).clamp(-3e38, 3e38)).collect();
    wild.write(&path).unwrap();
    is_refusal(&run(folder, "train --resume run/checkpoint.safetensors --updates 3"), "not finite");
    assert_eq!(Checkpoint::read(&path).unwrap().rule.params, wild.rule.params);
}

#[test]
fn what_does_not_fit_is_refused_in_bytes() {
    let parent = folder_with_config();
    let line = "train --config small.ron --set world.size=(1024,1024) --set world.count=4096 --out run --engine";
    // How much memory there is, the native engine knows on Linux alone.
    let native = cfg!(target_os = "linux").then_some("native");
    for engine in native.into_iter().chain(["wgsl"]) {
        refused(parent.path(), &format!("{line} {engine}"), "bytes");
        assert!(!parent.path().join("run").exists());
    }
}

#[test]
fn the_doctor_names_what_is_used() {
    let folder = tempfile::tempdir().unwrap();
    assert!(succeeds(folder.path(), "doctor").contains("used: "));
    assert_eq!(run(folder.path(), "doctor --now").status.code(), Some(2));
}

/// The benchmark runs, and its figures are those of the device: what is asked for is there, positive, and in order.
#[test]
fn a_benchmark() {
    let folder = tempfile::tempdir().unwrap();
    let report: serde_json::Value =
        serde_json::from_str(&succeeds(folder.path(), "bench --quick --json --plot cost.svg")).unwrap();
    let rows = |name: &str| report[name].as_array().unwrap().clone();
    let number = |row: &serde_json::Value, name: &str| row[name].as_f64().unwrap();
    assert!(number(&report, "peak_gflops") > 0.0 && number(&report, "peak_gbytes_per_second") > 0.0);
    let shares: Vec<f64> = rows("learning").iter().map(|row| number(row, "distinct")).collect();
    assert!(shares[0] > 0.99 && shares[1] < 0.02, "{shares:?}");
    for row in rows("learning") {
        let [rollout, update, together] =
            ["rollout_per_second", "update_per_second", "agent_steps_per_second"].map(|name| number(&row, name));
        let want = 1.0 / (1.0 / rollout + 1.0 / update);
        assert!((together / want - 1.0).abs() < 1e-6 && number(&row, "mebibytes") > 1.0, "{row}");
    }
    assert!(rows("stage").iter().all(|row| number(row, "milliseconds") > 0.0));
    assert!(rows("stage").iter().all(|row| (number(row, "distinct") / number(row, "asked") - 1.0).abs() < 0.1));
    // Every figure that is drawn has its mark: the stage of many shares stands for two curves, by size for one more.
    let svg = std::fs::read_to_string(folder.path().join("cost.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("Learning"));
    assert_eq!(svg.matches("<circle").count(), 2 + 2 * 2 + 2);
    assert_eq!(run(folder.path(), "bench --plot cost.txt").status.code(), Some(2));
    let kernels = rows("kernels");
    if let Some(slowest) = kernels.first() {
        let whole: f64 = kernels.iter().map(|row| number(row, "share")).sum();
        assert!((whole - 1.0).abs() < 1e-6 && number(slowest, "share") > 1.0 / kernels.len() as f64);
    }
}

//! A thousand damaged files of each format: each is read or refused by name, never a panic.

use std::fs;
use std::time::{Duration, Instant};

use primordia::files::checkpoint::Checkpoint;
use primordia::files::clip::{read_clip, read_stamp};
use primordia::files::{Colours, pattern};
use primordia::spec::philox::philox;

use crate::checkpoint::sample;
use crate::clip::{noise, write};
use crate::pattern::write_png;

/// Changes, drops and repeats some bytes.
fn mutated(bytes: &[u8], round: u32) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for change in 0..1 + round % 4 {
        let [kind, at, value, length] = philox([round, change, 0, 0], [7, 7]);
        // Headers are where the danger is: half of the changes go to the first 64 bytes.
        let span = if kind & 8 == 0 { out.len().min(64) } else { out.len() };
        let at = at as usize % span.max(1);
        match kind % 4 {
            0 => out.truncate(at),
            1 => drop(out.splice(at..at, (0..length % 9).map(|i| (value >> i) as u8))),
            2 => drop(out.drain(at..out.len().min(at + length as usize % 9))),
            _ => out.iter_mut().skip(at).take(1).for_each(|byte| *byte = value as u8),
        }
    }
    out
}

#[test]
fn damaged_files_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let states = noise(6, 5, 3);
    for name in ["x.gif", "x.npy", "x.apng"] {
        write(&path(name), &states, 2);
    }
    write_png(&path("x.png"), 6, 5, &[[0x80, 0, 0xFF]; 30]);
    fs::write(path("x.rle"), "#C glider\r\nx = 3, y = 3, rule = B3/S23\r\nbo$2bo$3o!\r\n").unwrap();
    fs::write(path("ours.rle"), pattern::to_text(&states[0])).unwrap();
    sample().write(&path("x.safetensors")).unwrap();

    for name in ["x.gif", "x.npy", "x.apng", "x.png", "x.rle", "ours.rle", "x.safetensors"] {
        let whole = fs::read(path(name)).unwrap();
        for round in 0..1000 {
            let bytes = mutated(&whole, round);
            fs::write(path(name), &bytes).unwrap();
            let begun = Instant::now();
            let results = [
                pattern::open(&path(name), Colours::Nearest).map(|_| ()),
                read_clip(&path(name)).map(|_| ()),
                read_stamp(&path(name)).map(|_| ()),
                Checkpoint::read(&path(name)).map(|_| ()),
            ];
            for error in results.into_iter().filter_map(Result::err) {
                assert!(error.to_string().contains(name), "{error}");
                assert!(!error.to_string().contains('\n'), "{error}");
            }
            // What is pasted may be anything.
            if let Err(error) = pattern::read_text(&String::from_utf8_lossy(&bytes), (2, 3)) {
                assert!(error.to_string().starts_with("the text "), "{error}");
            }
            assert!(begun.elapsed() < Duration::from_secs(2), "{name} of round {round} takes {:?}", begun.elapsed());
        }
    }
}
